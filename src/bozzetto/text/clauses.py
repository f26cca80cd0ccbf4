"""One clause of a prompt, cut into subject, style and credits.

Each word becomes one letter for what it can be, and the cuts are found by regular
expressions over those letters: "a highly detailed oil painting of a fox" reads `aWSWMoaC`.
"""

from __future__ import annotations

import re
from typing import Final

from bozzetto.text.artist_names import FIRST_NAMES, STUDIOS, TELLING_NAMES
from bozzetto.text.english_words import is_english
from bozzetto.text.style_phrases import PHRASES, THEME_PHRASES
from bozzetto.text.style_words import (
    ALWAYS_HEADS,
    ARTICLES,
    CREDIT_STOPS,
    CREDIT_VERBS,
    DONE,
    HEADS,
    MEDIA,
    NAME_LINKS,
    OTHER_FUNCTION_WORDS,
    PREPOSITIONS,
    STRONG,
    THEMES,
    WEAK,
    WEAK_NOUNS,
)

__all__ = ["Piece", "read_clause"]

Piece = tuple[int, int, str]
"""Start, end, and what stands there: one of the kinds below."""

CORE: Final = "core"
STYLE: Final = "style"
THEME: Final = "theme"  # style, but the core where there is no other
HANDLE: Final = "handle"  # one strange word: a credit when it follows one, else the core
NAME: Final = "name"  # several: a credit when it stands beside one, else the core
FULL_NAME: Final = "full name"  # a name that opens with a given one
ARTIST: Final = "artist"
NOTHING: Final = "nothing"  # small words alone
SUBJECT: Final = "subject"  # the core where none came before, else style with its HEAD
HEAD: Final = "head"

_WORD: Final = re.compile(r"[^\W_]+(?:['’.&/][^\W_]+)*|&")


def _letters() -> dict[str, str]:
    """Words to letters; a later table overrules an earlier one."""
    tables = (
        (TELLING_NAMES, "K"),
        (WEAK, "W"),
        (THEMES, "T"),
        (STRONG, "S"),
        (MEDIA - STRONG, "M"),
        (MEDIA & STRONG, "R"),
        (ARTICLES, "a"),
        (PREPOSITIONS, "p"),
        (OTHER_FUNCTION_WORDS, "f"),
        (("of",), "o"),
        (("and", "or", "&", "plus"), "c"),
        (("from", "for"), "g"),
        (("depicting", "showing", "featuring", "portraying"), "o"),
    )
    return {word: letter for words, letter in tables for word in words}


_LETTER: Final = _letters()
_STYLE_LETTERS: Final = frozenset("SRMWT")
_MEASURE: Final = re.compile(r"\d+(?:\.\d+)?(?:k|mm|px|p|fps|dpi|ppi)|f/?\d+(?:\.\d+)?|c4d")
_DECADE: Final = re.compile(r"(?:1\d|20)?\d0'?s|\d+(?:st|nd|rd|th)")
_MOVEMENT: Final = re.compile(r"\w{3,}(?:punk|core|wave|ism|isme)")


def _phrases() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """Fixed expressions by their first word, longest first, with the letters they get.

    One that ends in the name of a medium still opens a frame: "concept art of".
    """
    table: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for phrases, letter in ((PHRASES, "S"), (THEME_PHRASES, "T")):
        for phrase in sorted(phrases, key=len, reverse=True):
            parts = tuple(phrase.split())
            end = "R" if parts[-1] in MEDIA else letter
            table.setdefault(parts[0], []).append((parts, letter * (len(parts) - 1) + end))
    return table


_PHRASES: Final = _phrases()

# The opening of a clause that names the kind of picture, up to its "of".
_FRAME: Final = re.compile(r"[fa]*([^aopfg]{0,12}[MRS])(?:o|g(?=.*[CK]))(?=.)")
# A run of style before the subject: "hyperrealistic 3d render cute cat".
_LEAD: Final = re.compile(r"[fa]*([WTMRSNc]*[SRM])(?=[WTN]*a?[WTN]*[CK])")

_VERBS: Final = "|".join(CREDIT_VERBS.split())
_CREDIT: Final = re.compile(
    rf"(?:(?<!\w)(?P<verb>{_VERBS}) )?(?<!\w)by (?P<article>(?:the|an?|his|her) )?"
    r"|(?<!\w)(?:(?:drawn|painted|art|artwork|done) )?"
    r"(?P<style>(?:in (?:the |an? )?)?(?:art ?)?styles? of"
    r"|^style(?: by)?|in the manner of|reminiscent of) "
)


def read_clause(lower: str) -> tuple[Piece, ...]:
    """Cut a lower-case clause without separators inside; the pieces are in order."""
    if ("by " in lower or "style" in lower or " of " in lower) and (found := _credit(lower)):
        start, end = found
        before = read_clause(lower[:start].rstrip()) if start else ()
        shift = end + len(lower) - end - len(lower[end:].lstrip())
        after = read_clause(lower[shift:])
        return (
            *before,
            (start, end, ARTIST),
            *((a + shift, b + shift, kind) for a, b, kind in after),
        )
    return _body(lower.replace("-", " ").replace("_", " "))


def _credit(lower: str) -> tuple[int, int] | None:
    """The range of the first credit ("art by X and Y"), if there is one."""
    for match in _CREDIT.finditer(lower):
        end = _names_end(lower, match.end(), first_is_free=bool(match["style"]))
        if end > match.end() and _is_credit(lower, match, end):
            return match.start(), end
    return None


def _names_end(lower: str, start: int, first_is_free: bool) -> int:
    """Where the names that begin at `start` end: before a word of style or a stop word.

    What is named first after "in the style of" may be a word of style itself.
    """
    for studio in STUDIOS:
        if lower.startswith(studio, start):
            start += len(studio)
            break
    end = start
    before = ""
    for match in _WORD.finditer(lower, start):
        word = match[0]
        if word in CREDIT_STOPS or (
            _LETTER.get(word) in _STYLE_LETTERS
            and before not in FIRST_NAMES
            and (before or not first_is_free)
        ):
            break
        if _MEASURE.fullmatch(word):
            break
        before = word
        if word not in ("and", "&"):
            end = match.end()
    return end


def _is_credit(lower: str, match: re.Match[str], end: int) -> bool:
    """Whether "by" names a maker, not a place ("by the sea") or a doer ("held by two men")."""
    if match["verb"] or match["style"]:
        return True
    if match["article"]:
        return False
    names = _WORD.findall(lower[match.end() : end])
    if not names or names[0] in FIRST_NAMES or names[0] in TELLING_NAMES:
        return True
    if names[0][0].isdigit() or _does(lower[: match.start()].split()[-1:]):
        return False
    return not all(is_english(name) for name in names[:3])


def _does(before: list[str]) -> bool:
    """Whether the word before "by" is a participle, so that a doer follows: "eaten by"."""
    word = before[0] if before else ""
    if word in DONE:
        return True
    return word.endswith("ed") and _LETTER.get(word) not in _STYLE_LETTERS


def _body(text: str) -> tuple[Piece, ...]:
    """Cut a clause that holds no credit."""
    if not text.strip():
        return ()
    words = _WORD.findall(text)
    letters = _read_letters(words)
    if not _CONTENT.search(letters):
        piece = _bare(text, letters)
        return () if piece[2] == NOTHING else (piece,)
    if kind := _name_kind(words, letters):
        return (_whole(text, kind),)
    return _cut(text, words, letters)


_CONTENT: Final = re.compile("[CK]")
_SENTENCE: Final = re.compile(r"(?:it|he|she|they|there|we|you|i) \w+ \w")
_OPENING: Final = re.compile(r"(?:(?:an?|the|and|or|with|in|of) )+(?=\w)")


def _bare(text: str, letters: str) -> Piece:
    """A clause that holds no word of content, without the small words before it."""
    kind = _bare_kind(letters)
    if kind == STYLE and _SENTENCE.match(text) and not set(letters) & set("SRM"):
        kind = CORE
    opening = _OPENING.match(text) if kind != CORE else None
    return (opening.end() if opening else 0), len(text), kind


def _whole(text: str, kind: str) -> Piece:
    return 0, len(text), kind


def _bare_kind(letters: str) -> str:
    """What a clause is that holds no word of content."""
    if "T" in letters:  # "in space" is a place
        return THEME if letters[0] != "p" or set(letters) & set("SRMW") else CORE
    if set(letters) & _STYLE_LETTERS:
        return STYLE
    return CORE if "N" in letters or not letters else NOTHING


def _read_letters(words: list[str]) -> str:
    letters = [_LETTER.get(word) or _unlisted(word) for word in words]
    for start in _PHRASES.keys() & set(words):
        at = words.index(start)
        for phrase, read in _PHRASES[start]:
            if tuple(words[at : at + len(phrase)]) == phrase:
                letters[at : at + len(phrase)] = read
                break
    return "".join(letters)


def _unlisted(word: str) -> str:
    if word[0].isdigit() or word[0] == "f":
        if _MEASURE.fullmatch(word):
            return "S"
        if word.isdigit():
            return "N"
        if _DECADE.fullmatch(word):
            return "T"
    return "T" if _MOVEMENT.fullmatch(word) else "C"


def _name_kind(words: list[str], letters: str) -> str | None:
    """ARTIST for a clause of known names alone, NAME for one that can only be names."""
    if (len(words) > 4 and "c" not in letters) or _NO_NAME.search(letters):
        return None
    kind = NAME
    for name in " ".join(words).replace(" & ", " and ").split(" and "):
        own = [word for word in name.split() if word not in NAME_LINKS]
        if len(own) > 3:
            return None
        if any(word in TELLING_NAMES for word in own):
            kind = ARTIST
        elif len(own) > 1 and own[0] in FIRST_NAMES:
            kind = FULL_NAME if kind == NAME else kind
        elif any(is_english(word) for word in own):
            return None
    return HANDLE if kind == NAME and len(words) == 1 else kind


_NO_NAME: Final = re.compile("[SRMpfg]")


def _cut(text: str, words: list[str], letters: str) -> tuple[Piece, ...]:
    """Frame, leading run, closing run and head; what is left is the core."""
    first, last = 0, len(words)
    styles: list[tuple[int, int]] = []
    while match := _FRAME.match(letters[first:]):
        if not _frames(words[first + match.start(1) :], match[1]):
            break
        styles.append((first + match.start(1), first + match.end(1)))
        first += match.end()
    if not styles and (headed := _headed(words, letters)):
        return _place(text, headed)
    if (match := _LEAD.match(letters[first:])) and (
        words[first] == "portrait" or re.search("[SR]", match[1])
    ):
        styles.append((first + match.start(1), first + match.end(1)))
        first += match.end()
    kind = CORE if _CONTENT.search(letters, first) else _bare_kind(letters[first:])
    cut = _tail(words, letters, first)
    if not styles and cut == last and letters[0] not in "oc":
        return (_whole(text, kind),)
    middle = _trim(letters, first, cut)
    pieces = [(a, b, STYLE) for a, b in styles]
    if middle[0] < middle[1]:
        pieces.append((*middle, CORE if kind == STYLE else kind))
    if cut < last:
        pieces.append((cut, last, STYLE))
    return _place(text, pieces)


def _frames(words: list[str], letters: str) -> bool:
    """Whether what stands before a medium goes with it: "movie still", not "holding a photo"."""
    own = [word for word, letter in zip(words, letters, strict=False) if letter == "C"]
    return len(own) <= 3 and not any(word.endswith("ing") for word in own)


def _headed(words: list[str], letters: str) -> list[Piece] | None:
    """A short clause whose last word makes all of it a style: "film noir lighting"."""
    head = words[-1]
    if head not in HEADS or len(words) > 6 or re.search("[opfg]", letters):
        return None
    if head in ALWAYS_HEADS:
        return [(0, len(words), THEME)]
    subject = _last_content(letters) + 1
    if letters.count("C") > 3 or subject == len(words) or "a" in letters[subject:]:
        return None
    return [(0, subject, SUBJECT), (subject, len(words), HEAD)]


def _last_content(letters: str, first: int = 0) -> int:
    return max(letters.rfind("C", first), letters.rfind("K", first))


def _tail(words: list[str], letters: str, first: int) -> int:
    """The number of the word where a closing run of style begins, or how many words there are."""
    start = _last_content(letters, first) + 1
    tail = letters[start:]
    if start == 0 or not re.search("[SR]", tail):
        return len(words)
    while start < len(words) and (letters[start] in "opfgcN" or words[start] in WEAK_NOUNS):
        start += 1
    if start < len(words) and letters[start] == "a":
        if words[-1] not in HEADS:
            return len(words)
        start += 1
    return start if re.search("[SR]", letters[start:]) else len(words)


def _trim(letters: str, first: int, last: int) -> tuple[int, int]:
    """The range without function words that a cut left hanging at its end."""
    if last < len(letters):
        while last > first and letters[last - 1] in "opgca":
            last -= 1
    while first < last and letters[first] in "oc":
        first += 1
    return first, last


def _place(text: str, pieces: list[Piece]) -> tuple[Piece, ...]:
    """Word numbers to character ranges."""
    spans = [match.span() for match in _WORD.finditer(text)]
    whole = len(text)
    return tuple(
        (
            spans[a][0] if a else 0,
            spans[b - 1][1] if b < len(spans) else whole,
            kind,
        )
        for a, b, kind in pieces
    )
