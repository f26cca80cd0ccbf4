"""Words of eight languages with their English, found in any of their forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import product

from bozzetto.optimize.english import doing, done, plural
from bozzetto.optimize.modifiers import table

__all__ = ["LANGUAGES", "Entry", "compound", "english_words", "known", "look_up", "particles"]

LANGUAGES = ("it", "de", "fr", "es", "pt", "ja", "zh", "ko")
_STILL = frozenset(["sit", "stand", "lie", "sleep", "hide", "lean", "kneel", "hang", "bloom"])
"""Verbs whose participle says what one is doing: "seduto" is sitting."""
_LINKS = ("", "s", "n", "en", "es", "e", "er")
_SHORTEST = 3
_PARTING = frozenset([
    "a", "à", "ai", "al", "all", "alla", "au", "aux", "col", "com", "con", "d", "da", "dal",
    "de", "dei", "del", "dell", "della", "delle", "des", "di", "do", "dos", "du", "e", "em",
    "en", "et", "in", "na", "no", "sans", "sem", "sin", "su", "sulla", "sur", "y",
])  # fmt: skip
"""The words that part a noun from what is said of it."""
_PLURALS: dict[str, dict[str, str]] = {
    "it": {"o": "i", "a": "e", "e": "i"},
    "fr": {"u": "x"},
    "es": {"n": "es", "l": "es", "r": "es", "d": "es"},
    "pt": {"r": "es"},
}
_KANA = {
    "く": ("い", "き"), "ぐ": ("い", "ぎ"), "す": ("し",), "む": ("ん", "み"), "ぶ": ("ん", "び"),
    "う": ("っ", "い"), "つ": ("っ", "ち"), "る": ("っ", "り", ""), "ぬ": ("ん", "に"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """An English word for a foreign one. `kind` is n, a, v, d, p or x (data/glossary.tsv)."""

    english: str
    kind: str


@cache
def known(language: str) -> Mapping[str, Entry]:
    """All forms listed for a language, lower-case, with their English."""
    found = _listed(language)
    for form, entry in list(found.items()):
        for more, meant in _further(form, entry, language):
            found.setdefault(more, meant)
    return found


@cache
def english_words() -> frozenset[str]:
    """The words that stand in the English column."""
    return frozenset(word for row in table("glossary.tsv") for word in row[0].lower().split())


def _listed(language: str) -> dict[str, Entry]:
    column = 2 + LANGUAGES.index(language)
    found: dict[str, Entry] = {}
    for row in table("glossary.tsv"):
        forms = [form.strip() for form in row[column].lower().split("|") if form.strip()]
        for form in forms:
            found.setdefault(form, _entry(row[0], row[1], form, forms[0], language))
    return found


def _further(form: str, entry: Entry, language: str) -> Iterator[tuple[str, Entry]]:
    """Forms that follow from a listed one by rule, but not by an ending of one word."""
    if language == "ja" and entry.kind == "v":
        yield from ((stem, entry) for stem in _japanese_stems(form))
    elif language == "zh":
        yield from ((written, entry) for written in _in_traditional(form))
    elif language in _PLURALS and entry.kind == "n" and " " in form:
        yield _phrase_plural(form, language), Entry(plural(entry.english), "n")


def _phrase_plural(phrase: str, language: str) -> str:
    """A noun of several words in the plural: those before its "di" or "en" take an ending."""
    tokens = phrase.split(" ")
    parted = (place for place, token in enumerate(tokens) if token.partition("'")[0] in _PARTING)
    head = next(parted, len(tokens))
    return " ".join(
        [_with_plural_ending(token, language) for token in tokens[:head]] + tokens[head:]
    )


def _with_plural_ending(word: str, language: str) -> str:
    if language == "it":
        return word[:-1] + _PLURALS["it"].get(word[-1:], word[-1:])
    if word.endswith(("s", "x")):
        return word
    return word + _PLURALS[language].get(word[-1:], "s")


@cache
def _traditional() -> Mapping[str, str]:
    """Simplified characters to the traditional ones that stand for them."""
    groups = (group for row in table("traditional.tsv") for group in row[0].split(" "))
    return {group[0]: group[1:] for group in groups}


def _in_traditional(text: str) -> Iterator[str]:
    """All ways to write a text of simplified characters in traditional ones."""
    known_as = _traditional()
    if any(char in known_as for char in text):
        yield from map("".join, product(*(known_as.get(char, char) for char in text)))


def _japanese_stems(verb: str) -> Iterator[str]:
    """What a verb's dictionary form turns into before "te", "ta" and "masu"."""
    for base in _KANA.get(verb[-1], ()):
        stem = verb[:-1] + base
        if len(stem) > 1 and any(letter > "\u30ff" for letter in stem):
            yield stem


def _entry(english: str, kind: str, form: str, base: str, language: str) -> Entry:
    if kind == "n" and _is_plural(form, base, language):
        return Entry(plural(english), kind)
    if kind == "v":
        return Entry(doing(english), kind)
    return Entry(english, kind)


def _is_plural(form: str, base: str, language: str) -> bool:
    """Whether a listed form of a noun is the plural of its base: their first words tell."""
    form, base = form.split(" ")[0], base.split(" ")[0]
    if form == base or form[:2] != base[:2]:
        return False
    if language == "it":
        return form[-1] == "i" or (form[-1] == "e" and base[-1] == "a")
    if language in ("fr", "es", "pt"):
        return form[-1] in "sx" and base[-1] not in "sx"
    if language == "de":
        return form[-1:] in "enrs" and len(form) >= len(base)
    return False


@cache
def _endings(language: str) -> tuple[tuple[str, tuple[str, ...], str], ...]:
    rows = [row for row in table("inflections.tsv") if row[0] == language]
    rows.sort(key=lambda row: (_rank(row[3]), -len(row[1])))
    return tuple(
        (ending, tuple("" if base == "-" else base for base in bases.split("|")), says)
        for _, ending, bases, says in rows
    )


def _rank(says: str) -> int:
    """Which reading to try first: "violini" are violins before they are small violets."""
    return 3 if "m" in says else {"g": 1, "d": 2}.get(says, 0)


@cache
def particles(language: str) -> tuple[str, ...]:
    """Pieces of grammar that English does without, longest first."""
    found = [
        piece for row in table("particles.tsv") if row[0] == language for piece in row[1].split("|")
    ]
    if language == "zh":
        found += [written for piece in tuple(found) for written in _in_traditional(piece)]
    return tuple(sorted(found, key=lambda piece: -len(piece)))


def look_up(word: str, language: str) -> Entry | None:
    """The English of a word (or set phrase) in any form: as listed, or by its ending."""
    lower = word.lower()
    exact = known(language).get(lower)
    if exact is not None or " " in lower:
        return exact
    return next(_inflected(lower, language), None)


def _inflected(word: str, language: str) -> Iterator[Entry]:
    for ending, bases, says in _endings(language):
        if not word.endswith(ending) or len(word) - len(ending) < 2:
            continue
        trunk = word[: len(word) - len(ending)]
        for base in dict.fromkeys(t + b for b in bases for t in _trunks(trunk, language, says)):
            entry = known(language).get(base)
            if entry is not None and _suits(entry, says):
                yield _said(entry, says)


def _trunks(trunk: str, language: str, says: str) -> tuple[str, ...]:
    """A German stem with and without its umlaut, and without the "ge" of a participle."""
    if language != "de":
        return (trunk,)
    plain = trunk.translate(str.maketrans("äöü", "aou"))
    bare = (trunk.removeprefix("ge"),) if trunk.startswith("ge") and says in "gd" else ()
    return (trunk, plain, *bare)


def _suits(entry: Entry, says: str) -> bool:
    if says in ("g", "d"):
        return entry.kind == "v"
    if says == "f":
        return entry.kind == "a"
    return entry.kind in ("n", "a", "x", "d") if says in ("s", ".") else entry.kind == "n"


def _said(entry: Entry, says: str) -> Entry:
    english = entry.english
    if "m" in says:
        english = "small " + english
    if "s" in says and entry.kind == "n":
        english = plural(english)
    if says == "d":
        return _participle(entry)
    return replace(entry, english=english)


def _participle(entry: Entry) -> Entry:
    base = _verbs().get(entry.english, entry.english)
    return entry if base in _STILL else Entry(done(base), "a")


@cache
def _verbs() -> Mapping[str, str]:
    """-ing forms to their verbs."""
    return {doing(row[0]): row[0] for row in table("glossary.tsv") if row[1] == "v"}


def compound(word: str, language: str) -> Entry | None:
    """A German compound as its parts in English: "Bergdorf" is "mountain village"."""
    lower = word.lower()
    if language != "de":
        return None
    for cut in range(_SHORTEST, len(lower) - _SHORTEST + 1):
        head = look_up(lower[cut:], language)
        if head is None or head.kind not in ("n", "a") or len(lower) - cut < _SHORTEST:
            continue
        front = _front(lower[:cut], language)
        if front is not None:
            return Entry(f"{front} {head.english}", head.kind)
    return None


def _front(part: str, language: str) -> str | None:
    for link in _LINKS:
        if part.endswith(link) and len(part) - len(link) >= _SHORTEST:
            found = known(language).get(part[: len(part) - len(link)])
            if found is not None and found.kind in ("n", "a", "v"):
                return found.english
    nested = compound(part, language)
    return nested.english if nested else None
