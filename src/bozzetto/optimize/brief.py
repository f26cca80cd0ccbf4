"""What is asked for: the idea as the prompt will carry it, wishes, picks, a model's profile."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bozzetto.errors import InputError
from bozzetto.optimize.modifiers import table
from bozzetto.optimize.translate import PhraseBook, translate
from bozzetto.profiles import Profile
from bozzetto.text.normalise import normalise
from bozzetto.text.spans import protected
from bozzetto.types import Phrase, Strength

__all__ = ["Brief", "make_brief", "tidy"]

_LONGEST = 20_000
_NEGATION = re.compile(
    r"^(?:(?:but|and|with|please)\s+)*"
    r"(?:no|not|without(?: any)?|avoid|never|don't (?:want|show)|senza|niente|ohne|keine?n?|"
    r"sans|pas de|pas d['’]|sin|nada de|sem|nenhuma?)\b[\s']*(?P<what>.+)$",
    re.I,
)
_NEGATION_BEHIND = re.compile(
    r"^(?P<what>.+?)(?:なし|抜き|を除く|없이|없는|없음)$|^(?:没有|不要|无)(?P<zh>.+)$"
)
_PARTS = re.compile(r"\s*[,;\n、，；]\s*|\s+(?:but|and)\s+(?=no |without |not )", re.I)


@dataclass(frozen=True, slots=True)
class Brief:
    """A request ready to be written out.

    `text` is the idea in a language the model reads, `phrases` its pieces in order (joined
    by the text between them they give `text`). `wanted` are wishes to add, `unwanted` things
    to keep out, `pick` ids of hits to draw on first. `notes` are sentences for a person.
    `keep` are words of `text` that have to stand in the prompt to the letter.
    """

    idea: str
    language: str
    profile: Profile
    text: str
    phrases: tuple[Phrase, ...]
    wanted: tuple[Phrase, ...] = ()
    unwanted: tuple[str, ...] = ()
    pick: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    strength: Strength = "enrich"
    keep: tuple[str, ...] = ()


def make_brief(
    idea: str,
    *,
    language: str,
    profile: Profile,
    prefer: Iterable[str] = (),
    pick: Sequence[str] = (),
    book: PhraseBook | None = None,
) -> Brief:
    """Read an idea and its wishes; translate them where the model does not read their language.

    `language` is ISO 639-1 or "und"; `book` finds English phrases for foreign ones.

    Raises:
        InputError: the idea has nothing to see in it.
    """
    clean = tidy(idea[:_LONGEST])
    if not clean:
        raise InputError("the idea is empty", hint='say what to see: "a small dog in the snow"')
    foreign = language not in (*profile.languages, "und")
    text, phrases, notes = translate(clean, language, book) if foreign else _as_it_is(clean)
    wanted, unwanted = _wishes(prefer, language if foreign else "en", book)
    return Brief(idea, language, profile, text, phrases, wanted, unwanted, tuple(pick), notes)


def _as_it_is(idea: str) -> tuple[str, tuple[Phrase, ...], tuple[str, ...]]:
    return idea, (Phrase(idea, "idea"),), ()


def tidy(idea: str) -> str:
    """An idea as clean text; what has to pass to the letter does so; no full stop at the end."""
    pieces, start = [], 0
    for span in protected(idea):
        pieces += [_between(idea[start : span.start]), idea[span.start : span.end]]
        start = span.end
    pieces.append(_between(idea[start:]))
    return "".join(pieces).strip(" \t\n,;").removesuffix(".").removesuffix("。").rstrip()


def _between(text: str) -> str:
    """Normalised, with the space at either end that parts it from its neighbours."""
    clean = normalise(text)
    before = " " if text[:1].isspace() and clean[:1] not in (",", ".", ";") else ""
    after = " " if text[-1:].isspace() and clean else ""
    return before + clean + after


def _wishes(
    prefer: Iterable[str], language: str, book: PhraseBook | None
) -> tuple[tuple[Phrase, ...], tuple[str, ...]]:
    wanted: list[Phrase] = []
    unwanted: list[str] = []
    for piece in (part for text in prefer for part in _PARTS.split(tidy(text)) if part):
        away = _NEGATION.match(piece) or _NEGATION_BEHIND.match(piece)
        what = next(found for found in away.groups() if found) if away else piece
        english = what if language == "en" else translate(what, language, book)[0]
        said = _plain_wishes().get(english.lower(), english)
        if away:
            unwanted.append(english)
        else:
            wanted.append(Phrase(said, "preference", piece if said != piece else None))
    return tuple(wanted), tuple(unwanted)


def _plain_wishes() -> dict[str, str]:
    """Comparatives as what a prompt would say: "warmer" is "warm colors"."""
    return {row[0]: row[1] for row in table("wishes.tsv")}
