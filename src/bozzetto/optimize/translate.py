"""An idea in another language as English, phrase by phrase, and how it was understood.

The glossary knows the words ideas are made of; what it lacks, a phrase book finds by
meaning. Names, quoted texts and control syntax pass as they are. No grammar beyond that of
short phrases: adjectives go before their noun, particles go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from bozzetto.optimize.english import article
from bozzetto.optimize.glossary import LANGUAGES, Entry, compound, known, look_up, particles
from bozzetto.optimize.modifiers import names_someone
from bozzetto.text.language_names import called
from bozzetto.text.spans import untouched
from bozzetto.types import Phrase

__all__ = ["LEFT_OUT", "PhraseBook", "Translated", "translate", "translate_each"]

LEFT_OUT = "not understood and left out: "
"""How the note on words without an English begins."""

_TOKEN = re.compile(r"[^\W_]+['’]|[^\W_]+(?:-[^\W_]+)*|[^\w\s]|_")
_UNSPACED = frozenset(["ja", "zh"])
_HEAD_LAST = frozenset(["ja", "zh", "ko"])
_NOUN_FIRST = frozenset(["it", "fr", "es", "pt"])
_LONGEST = 5
_SURE = 0.6
_NEAR = 0.35
_CHOICE = 5
_RELATIVE = frozenset(["that", "which", "who"])
_DROPPED = frozenset(["it"])
_PUNCTUATION = {
    "、": ",",
    "，": ",",
    "。": ".",
    "；": ";",
    "：": ":",
    "！": "!",
    "？": "?",
    "·": "",
}


Translated = tuple[str, tuple[Phrase, ...], tuple[str, ...]]
"""The English of a text, its phrases with their originals, notes for a person."""


class PhraseBook(Protocol):
    """English phrases near in meaning to phrases of other languages."""

    def nearest(self, texts: Sequence[str], k: int) -> list[list[tuple[str, float]]]:
        """For each text, up to k English phrases with their cosine, best first."""
        ...


@dataclass(slots=True)
class _Unit:
    """A piece of the text: its words there, its English, its kind, how sure (0-1).

    Kinds are the glossary's, and "?" not understood yet, "N" like a name, "," punctuation,
    "=" kept.
    """

    original: str
    english: str
    kind: str
    sure: float = 1.0


def translate(
    text: str,
    language: str,
    book: PhraseBook | None,
    keep: Sequence[tuple[int, int]] = (),
) -> Translated:
    """The English of a text, its phrases with their originals, notes for a person.

    What stands at the places `keep`, in order, passes to the letter, as control syntax does.
    Languages without a glossary go through the phrase book alone, word by word; without
    that too, the text stays as it is and the note says so.
    """
    units = _whole_names(_units(text, language, keep))
    _ask(units, book)
    return _in_english(text, language, units)


def translate_each(texts: Iterable[tuple[str, str]], book: PhraseBook | None) -> list[Translated]:
    """What `translate` says of each text and its language, the book asked once for them all."""
    read = [(*one, _whole_names(_units(*one, ()))) for one in texts]
    _ask([unit for _, _, units in read for unit in units], book)
    return [_in_english(*one) for one in read]


def _in_english(text: str, language: str, units: list[_Unit]) -> Translated:
    """A text of units that the book has answered for."""
    unknown = [unit.original for unit in units if unit.kind == "?"]
    units = _without_relatives([u for u in units if u.kind != "?"])
    phrases = tuple(_phrases(units, language))
    if not any(unit.kind not in ",px" for unit in units):
        note = f"the idea could not be put into English ({called(language)}); it stands as typed"
        return text, (Phrase(text, "idea"),), (note,)
    english = _joined(phrases)
    return english, phrases, tuple(_notes(english, language, units, unknown))


def _notes(
    english: str, language: str, units: Iterable[_Unit], unknown: Sequence[str]
) -> Iterator[str]:
    yield f"understood from {called(language)} as: {english}"
    unsure = [f"{u.original} ({u.english})" for u in units if u.sure < _SURE]
    if unsure:
        yield f"unsure of: {', '.join(unsure)}"
    if unknown:
        yield f"{LEFT_OUT}{', '.join(unknown)}"


def _units(text: str, language: str, keep: Sequence[tuple[int, int]]) -> Iterator[_Unit]:
    start = 0
    for first, last in untouched(text, keep):
        yield from _read(text[start:first], language)
        yield _Unit(text[first:last], text[first:last], "=")
        start = last
    yield from _read(text[start:], language)


def _whole_names(units: Iterable[_Unit]) -> list[_Unit]:
    """Words of one name as one unit."""
    joined: list[_Unit] = []
    for unit in units:
        if unit.kind == "N" and joined and joined[-1].kind == "N":
            joined[-1].original += " " + unit.original
            joined[-1].english += " " + unit.english
        else:
            joined.append(unit)
    return joined


def _read(text: str, language: str) -> Iterator[_Unit]:
    if language in _UNSPACED:
        for piece in re.findall(r"[^\W_]+|[^\w\s]", text):
            yield from _unspaced(piece, language) if piece[0].isalnum() else [_mark(piece)]
    elif language in LANGUAGES:
        yield from _spaced(_TOKEN.findall(text), language)
    else:
        yield from (
            _mark(t) if not t.isalnum() else _Unit(t, "", "?") for t in _TOKEN.findall(text)
        )


def _mark(token: str) -> _Unit:
    return _Unit(token, _PUNCTUATION.get(token, token), ",")


def _spaced(tokens: Sequence[str], language: str) -> Iterator[_Unit]:
    """Longest listed phrase first, then single words in any form."""
    place = 0
    while place < len(tokens):
        for size in range(min(_LONGEST, len(tokens) - place), 0, -1):
            words = " ".join(tokens[place : place + size]).replace("' ", "'").replace("’ ", "'")
            entry = known(language).get(words.lower().replace("’", "'"))
            if entry is not None:
                yield _Unit(words, entry.english, entry.kind)
                break
        else:
            size = 1
            yield from _word(tokens[place], language, first=place == 0)
        place += size


def _word(token: str, language: str, *, first: bool) -> Iterator[_Unit]:
    if not token[0].isalnum():
        yield _mark(token)
        return
    entry = look_up(token.rstrip("'’"), language) or compound(token, language)
    if entry is not None:
        yield _Unit(token, entry.english, entry.kind)
    elif language == "ko":
        yield from _korean(token)
    elif token.isdigit() or (token[0].isupper() and not first and language != "de"):
        yield _Unit(token, token, "=" if token.isdigit() else "N")
    elif "-" in token:
        for part in token.split("-"):
            yield from _word(part, language, first=True)
    else:
        yield _Unit(token, "", "?")


def _korean(token: str) -> Iterator[_Unit]:
    """A word with its particles: the longest listed beginning, then the rest likewise."""
    for particle in particles("ko"):
        stem = token.removesuffix(particle)
        if stem != token and stem:
            entry = known("ko").get(stem)
            if entry is not None:
                yield _Unit(token, entry.english, entry.kind)
                return
    if not _is_script(token):
        yield _Unit(token, token, "=")
        return
    pieces = list(_unspaced(token, "ko"))
    if all(unit.kind != "?" for unit in pieces):
        yield from pieces
        return
    bare = next(
        (token.removesuffix(p) for p in particles("ko") if token.endswith(p) and token != p), token
    )
    yield _Unit(bare, "", "?")


def _is_script(text: str) -> bool:
    return not text.isascii()


def _unspaced(text: str, language: str) -> Iterator[_Unit]:
    """Longest listed piece at each place; particles dropped; runs of the rest to be asked."""
    listed, small = known(language), frozenset(particles(language))
    place, rest = 0, ""
    while place < len(text):
        piece, entry = _longest(text, place, listed)
        if entry is None and text[place].isascii():
            piece = re.match(r"[\x00-\x7f]+", text[place:]).group()  # type: ignore[union-attr]
            entry = Entry(piece, "=")
        dropped = piece if entry else _particle(text, place, small)
        if entry is None and (not dropped or (rest and _same_script(rest[-1], dropped))):
            rest, place = rest + text[place], place + 1
            continue
        if rest:
            yield _Unit(rest, "", "?")
            rest = ""
        if entry is not None:
            yield _Unit(piece, entry.english, entry.kind)
        place += len(piece if entry else dropped)
    if rest:
        yield _Unit(rest, "", "?")


def _longest(
    text: str, place: int, listed: Iterable[str] | dict[str, Entry]
) -> tuple[str, Entry | None]:
    table = listed if isinstance(listed, dict) else dict.fromkeys(listed)
    for size in range(min(8, len(text) - place), 0, -1):
        piece = text[place : place + size]
        entry = table.get(piece)
        if entry is not None:
            return piece, entry
    return text[place : place + 1], None


def _particle(text: str, place: int, small: frozenset[str]) -> str:
    for size in (3, 2, 1):
        if text[place : place + size] in small:
            return text[place : place + size]
    return ""


def _same_script(last: str, piece: str) -> bool:
    """Whether hiragana goes on from hiragana: an unknown word, not a particle."""
    return "\u3041" <= last <= "\u309f" and "\u3041" <= piece[0] <= "\u309f" and len(piece) == 1


def _ask(units: list[_Unit], book: PhraseBook | None) -> None:
    """Let the phrase book answer for what the glossary lacks, and for names it may know.

    "Medioevo" and "Stati Uniti" are names to the eye only; a name the book does not know
    well stays as it is.
    """
    lacking = [unit for unit in units if unit.kind in ("?", "N")]
    answers = book.nearest([unit.original for unit in lacking], _CHOICE) if book and lacking else []
    for unit, answer in zip(lacking, answers, strict=bool(answers)):
        english, sure = next(((e, s) for e, s in answer if not names_someone(e)), ("", 0.0))
        if sure >= (_NEAR if unit.kind == "?" else _SURE):
            unit.english, unit.sure, unit.kind = english, sure, "n"
    for unit in lacking:
        if unit.kind == "N":
            unit.kind = "="


def _without_relatives(units: list[_Unit]) -> list[_Unit]:
    """Pronouns that lead to an -ing form go: "un uomo che cammina", a man walking."""
    kept = []
    for place, unit in enumerate(units):
        following = units[place + 1].kind if place + 1 < len(units) else ""
        if unit.english in _RELATIVE and unit.kind == "x" and following in ("v", "x", "d"):
            continue
        if unit.english in _DROPPED and unit.kind == "x":
            continue
        if unit.english or unit.kind == "=":
            kept.append(unit)
    return kept


def _phrases(units: Sequence[_Unit], language: str) -> Iterator[Phrase]:
    """Units in runs that begin at a preposition or after punctuation, each one phrase."""
    run: list[_Unit] = []
    for unit in _head_first(units) if language in _HEAD_LAST else units:
        begins = unit.kind in ("p", ",") or (run and run[-1].kind == ",")
        if run and begins and not run[-1].kind == unit.kind == "p":
            yield _phrase(run, language)
            run = []
        run.append(unit)
    if run:
        yield _phrase(run, language)


def _head_first(units: Sequence[_Unit]) -> list[_Unit]:
    """Clauses of languages that put the head last, turned round; punctuation parts them."""
    ordered: list[_Unit] = []
    clause: list[_Unit] = []
    for unit in [*units, _Unit("", "", ",")]:
        if unit.kind != ",":
            clause.append(unit)
            continue
        ordered += _turned(_prepositions(clause))
        clause = []
        if unit.english:
            ordered.append(unit)
    return ordered


def _prepositions(clause: Iterable[_Unit]) -> list[_Unit]:
    """What stands behind its noun ("snow in"), before it and its adjectives."""
    ordered: list[_Unit] = []
    for unit in clause:
        place = len(ordered)
        if unit.kind == "p" and place and ordered[-1].kind in ("n", "=", "?"):
            place -= 1
            while place and ordered[place - 1].kind == "a":
                place -= 1
        ordered.insert(place, unit)
    return ordered


def _turned(clause: list[_Unit]) -> list[_Unit]:
    """Noun phrase, then verb, then the rest: "snow in running dog", dog running in snow."""
    verbs = [place for place, unit in enumerate(clause) if unit.kind == "v"]
    if not verbs:
        return clause
    verb = verbs[-1]
    head = clause[verb + 1 :]
    if any(unit.kind == "n" for unit in head):
        counted = [unit for unit in clause[:1] if unit.kind == "x"]
        return [*counted, *head, clause[verb], *clause[len(counted) : verb]]
    first = next((place for place, unit in enumerate(clause[:verb]) if unit.kind == "p"), verb)
    return [*clause[:first], clause[verb], *clause[first:verb], *head]


def _phrase(run: Sequence[_Unit], language: str) -> Phrase:
    ordered = _nouns_last(run) if language in _NOUN_FIRST else run
    words = [unit.english for unit in ordered if unit.english]
    for place, word in enumerate(words[:-1]):
        if word in ("a", "in a") and article(words[place + 1]) == "an":
            words[place] = word + "n"
    glue = "" if language in _UNSPACED else " "
    return Phrase(" ".join(words), "idea", glue.join(unit.original for unit in run))


def _nouns_last(run: Sequence[_Unit]) -> list[_Unit]:
    """Adjectives behind a noun moved before it."""
    ordered: list[_Unit] = []
    for unit in run:
        place = len(ordered)
        while unit.kind == "a" and place and ordered[place - 1].kind == "n":
            place -= 1
        ordered.insert(place, unit)
    return ordered


def _joined(phrases: Iterable[Phrase]) -> str:
    text = ""
    for phrase in phrases:
        text += phrase.text if not text or phrase.text[0] in ",.;:!?)" else " " + phrase.text
    return text
