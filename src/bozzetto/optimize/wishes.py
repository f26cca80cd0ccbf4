"""Wishes: what a user would like to see, by field or in free text, as a prompt says it.

Comparisons ("warmer", "less crowded") become modifiers, negations things to keep out, an
aspect a size; what is left is added as it stands. All of it is data, whatever it says.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields

from bozzetto.errors import InputError
from bozzetto.optimize.aspect import aspect, read_aspect
from bozzetto.optimize.comparatives import LANGUAGES, Comparison, compared
from bozzetto.optimize.glossary import LANGUAGES as TRANSLATED
from bozzetto.optimize.glossary import english_words, look_up
from bozzetto.optimize.modifiers import facet
from bozzetto.optimize.translate import PhraseBook, translate
from bozzetto.text.english_words import is_english
from bozzetto.text.language import detect
from bozzetto.text.normalise import normalise
from bozzetto.text.spans import protected
from bozzetto.text.words import content_words
from bozzetto.types import Phrase, Wishes

__all__ = ["Heard", "Wish", "from_fields", "hear", "spoken", "texts"]

LONGEST = 4_000
"""Characters of all wishes together."""

FACETS = {
    "mood": "mood", "medium": "medium", "light": "light", "palette": "palette", "camera": "lens",
}  # fmt: skip
"""The fields that add to the prompt, and the facet each settles."""

_NEGATION = re.compile(
    r"^(?:(?:but|and|with|please|there should be)\s+)*"
    r"(?:no|not|without(?: any)?|avoid|never|exclude|remove|leave out|(?:do not|don't) "
    r"(?:want|show|add|include)(?: any)?|senza|niente|nessun[oa]?|non voglio|ohne|keine?[nrsm]?|"
    r"sans|pas de|pas d['’]|aucune?|sin|nada de|ningun[oa]?|ningún|no quiero|sem|nenhuma?)\b"
    r"[\s']*(?P<what>.+)$",
    re.I,
)
_NEGATION_BEHIND = re.compile(
    r"^(?P<what>.+?)(?:は|が|を)?(?:なし(?:で|に)?|無し(?:で)?|抜き(?:で)?|を除く|を入れない|(?:い|入ら)ない|を避けて?)$"
    r"|^(?P<ko>.+?)(?:이|가|은|는|을|를)?\s*(?:없이|없는|없음|없게|빼고|제외)$"
    r"|^(?:没有|不要有?|无|别有|去掉|避免)(?P<zh>.+)$"
)
_AND = r"but|and|ma|e|und|aber|et|mais|y|pero|mas"
_TURNS = (
    r"no |not |without |less |more |fewer |senza |meno |più |ohne |keine?n? |weniger |mehr |sans |"
    r"moins |plus |pas de |sin |menos |más |sem |mais "
)
_PARTS = re.compile(rf"\s*[,;\n、，；。]\s*|[.!]\s+|[.!]$|\s+(?:{_AND})\s+(?={_TURNS})", re.I)
_JOINED = re.compile(
    rf"^(?:(?:(?:{_AND}|or|yet)(?<!mais)|mais(?=\s+(?:pas|plus|moins|sans)\b))\s+)+"
    r"|\s+(?:but|and|or|yet|ma|und|aber|pero|mas)$",
    re.I,
)
"""What joins a wish to its neighbours, less the "mais" that says "more"."""
_COURTESY = re.compile(
    r"^(?:(?:please|make it|i(?:'d| would) like|i want)\s+)+|\s*,?\s*please$", re.I
)
_WHOLE = frozenset(
    ["image", "picture", "scene", "photo", "whole", "look", "everything", "painting", "composition"]
)
_PEOPLE = {"person": "people", "human": "people"}
"""What is meant by nouns of languages that have no plural."""

_BEFORE = re.compile(r"(?:from|with|by|through|in|at|like|of|behind|under)\b", re.I)
_NAMED = {"mood": "mood", "light": "light", "palette": "palette"}
_KIN = {
    "light": {"light", "time"}, "palette": {"palette"}, "mood": {"mood", "style"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wish:
    """A phrase to add, the facet it settles ("" where unknown), the field it came by.

    `relative` are comparisons: they shift what the idea says and contradict nothing.
    """

    phrase: Phrase
    facet: str = ""
    field: str = ""
    relative: bool = False


@dataclass(slots=True)
class Heard:
    """All wishes as they were understood; `implied` is unwanted too, but nobody said so."""

    wanted: list[Wish] = field(default_factory=list)
    unwanted: list[str] = field(default_factory=list)
    implied: list[str] = field(default_factory=list)
    aspect: str | None = None
    notes: list[str] = field(default_factory=list)


# -- fields -------------------------------------------------------------------------------


def from_fields(table: Mapping[str, object]) -> Wishes:
    """The wishes of a JSON object.

    Raises:
        InputError: a field is unknown, or neither a text nor a list of texts.
    """
    known = [item.name for item in fields(Wishes)]
    for name, value in table.items():
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            guess = f"; did you mean {close[0]!r}?" if close else ""
            raise InputError(
                f"wishes: unknown field {name!r}{guess}", hint=f"fields: {', '.join(known)}"
            )
        several = isinstance(value, list | tuple) and all(isinstance(v, str) for v in value)
        if not (value is None or isinstance(value, str) or (several and name != "aspect")):
            raise InputError(f"{name}: {str(value)[:60]!r} is not a text")
    said = {name: value for name, value in table.items() if value is not None}
    return Wishes(**said)  # type: ignore[arg-type]


def texts(value: str | Sequence[str]) -> tuple[str, ...]:
    """A field's texts, blank ones left out."""
    several = (value,) if isinstance(value, str) else tuple(value)
    return tuple(text for text in several if text.strip())


def hear(
    prefer: Iterable[str],
    wishes: Wishes,
    *,
    language: str,
    reads: Sequence[str],
    book: PhraseBook | None,
) -> Heard:
    """Understand the fields, then the free text; `reads` are the languages of the model.

    Raises:
        InputError: the wishes are too long, or the aspect is none.
    """
    prefer = texts(tuple(prefer))
    listed = {name: texts(getattr(wishes, name)) for name in (*FACETS, "avoid", "keep")}
    size = sum(len(text) for group in (prefer, *listed.values()) for text in group)
    if size > LONGEST:
        raise InputError(
            f"the wishes have {size} characters, more than {LONGEST}", hint="say it in fewer words"
        )
    every = " ".join([text for group in (prefer, *listed.values()) for text in group])
    ear = _Ear(_surer(every, language), reads, book)
    for name in FACETS:
        for piece in _pieces(listed[name]):
            ear.listen(piece, name)
    for piece in _pieces(listed["avoid"]):
        ear.refuse(_negated(piece) or piece, piece)
    for piece in _pieces(prefer):
        ear.listen(piece, "")
    if wishes.aspect is not None and wishes.aspect.strip():
        ear.heard.aspect = read_aspect(wishes.aspect)
    return ear.heard


def _pieces(several: Iterable[str]) -> Iterator[str]:
    """The single wishes of some texts; what passes to the letter is not cut."""
    for text in several:
        kept = protected(text)
        start = 0
        for match in _PARTS.finditer(text):
            if any(span.start < match.end() and match.start() < span.end for span in kept):
                continue
            yield from _tidy(text[start : match.start()])
            start = match.end()
        yield from _tidy(text[start:])


def _tidy(piece: str) -> Iterator[str]:
    clean = _JOINED.sub("", normalise(piece).strip(" .,;"))
    clean = _COURTESY.sub("", clean).strip(" .,;")
    if clean:
        yield clean


def _negated(piece: str) -> str | None:
    """What a negation speaks of, or None where the piece is none."""
    away = _NEGATION.match(piece) or _NEGATION_BEHIND.match(piece)
    return next((found for found in away.groups() if found), None) if away else None


# -- understanding ------------------------------------------------------------------------


def _surer(text: str, language: str) -> str:
    """The language of an idea, or that of the wishes where their script tells more than Han."""
    found = detect(text) if language == "zh" else language
    return found if found in ("ja", "ko") else language


def spoken(text: str, language: str) -> str:
    """The language of a few words beside an idea in a language: one they are surely of, or its.

    Terms of art such as "film noir", and names, count as English.
    """
    if not any(char.isalpha() for char in text):
        return "en"
    found = detect(text)
    if facet(text) and found != language:
        return "en"
    if all(is_english(word) for word in content_words(text)) and found in ("en", "und"):
        return "en"
    likely = [code for code in (language, found) if code in TRANSLATED]
    sure = next((code for code in likely if _known(text, code)), None)
    name = text[:1].isupper() and language != "de"
    english = all(word in english_words() for word in content_words(text))
    return sure or (language if language in TRANSLATED and not (name or english) else "en")


def _known(text: str, language: str) -> bool:
    """Whether a glossary has every word; a text of a script of its own is known by that."""
    if language in ("ja", "zh", "ko"):
        return not text.isascii()
    said = content_words(text, language)
    return bool(said) and all(look_up(word, language) for word in said)


@dataclass(slots=True)
class _Ear:
    """What is heard so far, and how to understand more."""

    language: str
    reads: Sequence[str]
    book: PhraseBook | None
    heard: Heard = field(default_factory=Heard)

    def listen(self, piece: str, name: str) -> None:
        """Take in one wish of a field, or of the free text where there is no name."""
        if not name and (shape := aspect(piece)):
            self.heard.aspect = shape
        elif comparison := self._compared(piece):
            self._shift(piece, *comparison, name)
        elif what := _negated(piece):
            self.refuse(what, piece)
        else:
            said = _named(self._english(piece), name)
            about = _settles(said, name)
            self._want(said, piece, about, name)

    def _want(
        self, said: str, piece: str, about: str, name: str, *, relative: bool = False
    ) -> None:
        """Take in something to add, once."""
        if all(wish.phrase.text.lower() != said.lower() for wish in self.heard.wanted):
            phrase = Phrase(said, "preference", piece if said != piece else None)
            self.heard.wanted.append(Wish(phrase, about, name, relative))

    def refuse(self, what: str, piece: str) -> None:
        """Take in something to keep out; the whole piece tells its language."""
        code = spoken(what, self.language)
        english = self._english(what, spoken(piece, self.language) if code == "en" else code)
        english = _PEOPLE.get(english, english)
        if english not in self.heard.unwanted:
            self.heard.unwanted.append(english)

    def _compared(self, piece: str) -> tuple[Comparison, str] | None:
        """A comparison and its language: the likely ones first, any other if all is known."""
        likely = dict.fromkeys(["en", self.language, detect(piece)])
        own = spoken(piece, self.language)
        for code in (*likely, *(code for code in LANGUAGES if code not in likely)):
            found = compared(piece, code, plain=code == own != "en")
            if found and (found.quality or found.rest) and (code in likely or not found.rest):
                return found, code
        return None

    def _shift(self, piece: str, comparison: Comparison, code: str, name: str) -> None:
        """Add what a comparison comes to."""
        quality = comparison.quality
        rest = self._english(comparison.rest, code) if comparison.rest else ""
        if quality is None and not comparison.more:
            self.refuse(rest, rest)
            return
        if quality is None:
            said = rest
        elif not rest or rest in _WHOLE or facet(rest) == quality.facet:
            said = quality.more if comparison.more else quality.less
            self.heard.implied += () if comparison.more else quality.less_of
        else:
            said = f"{quality.name if comparison.more else quality.opposite} {rest}"
        self._want(said, piece, _settles(said, name), name, relative=True)

    def _english(self, text: str, code: str | None = None) -> str:
        """A wish in a language the model reads; what is not understood is noted."""
        code = code or spoken(text, self.language)
        if code in ("en", "und") or (code in self.reads and code == self.language):
            return text
        english, _, notes = translate(text, code, self.book)
        failed = ("it could not be put into English",) if english == text else notes[1:]
        self.heard.notes += [f"wish {text!r}: {note}" for note in failed]
        return english


def _settles(said: str, name: str) -> str:
    """The facet of a wish: its field's, but for a camera, which has two: lens, composition."""
    about = facet(said) or ""
    return about if name in ("", "camera") and about else FACETS.get(name, about)


def _named(text: str, name: str) -> str:
    """A field's words with what they are about: light "soft" is "soft light"."""
    noun = _NAMED.get(name)
    if noun is None or facet(text) in _KIN[name]:
        return text
    return f"{noun} {text}" if _BEFORE.match(text) else f"{text} {noun}"
