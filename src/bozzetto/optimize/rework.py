"""A candidate changed by a wish, or written again, without a chat model.

A wish takes out what speaks against it and adds what it asks for; all else stays as it was,
to the letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bozzetto.optimize.brief import Brief
from bozzetto.optimize.check import intent, nearest
from bozzetto.optimize.compose import candidate_id, compose
from bozzetto.optimize.judge import same
from bozzetto.optimize.limits import counts, fits
from bozzetto.optimize.modifiers import clashes, sides
from bozzetto.optimize.negative import carried
from bozzetto.optimize.stats import LibraryStats
from bozzetto.text.words import content_words, stem, words
from bozzetto.types import Candidate, Hit, Phrase

__all__ = ["again", "one_wish", "refine"]

_OWN = frozenset({"idea", "preference", "template"})
"""Sources of phrases that are the user's and stay."""

_DRAFTS = 4
"""Drafts among which the one nearest to a candidate's sources is chosen."""

_SEEDS = 3


def one_wish(brief: Brief, wish: Brief) -> Brief:
    """A brief with one wish more; earlier wishes that speak against it are gone.

    `wish` is the same idea with that wish alone.
    """
    stances = [sides(phrase.text) for phrase in wish.wanted]
    away = _stems(wish.unwanted)
    asked = _stems(phrase.text for phrase in wish.wanted)
    facets = dict(zip(brief.wanted, brief.facets, strict=False))
    facets |= dict(zip(wish.wanted, wish.facets, strict=False))
    earlier = [
        phrase
        for phrase in brief.wanted
        if not any(clashes(sides(phrase.text), stance) for stance in stances)
        and not away & _stems([phrase.text])
        and phrase not in wish.wanted
    ]
    wanted = (*earlier, *wish.wanted)
    unwanted = [text for text in brief.unwanted if not asked & _stems([text])]
    return replace(
        brief,
        wanted=wanted,
        facets=tuple(facets.get(phrase, "") for phrase in wanted),
        unwanted=tuple(dict.fromkeys([*unwanted, *wish.unwanted])),
        notes=tuple(dict.fromkeys([*brief.notes, *wish.notes])),
    )


def _stems(texts: Iterable[str]) -> set[str]:
    return {stem(word) for text in texts for word in content_words(text)}


@dataclass(frozen=True, slots=True)
class _Piece:
    """A phrase of a prompt and the text that parts it from what stands before it."""

    glue: str
    phrase: Phrase


def refine(parent: Candidate, brief: Brief, wish: Brief, hits: Sequence[Hit]) -> Candidate:
    """A candidate with a wish met: `brief` is the one to meet now, `wish` what is new in it.

    What contradicts the wish is taken out, what it asks for is added, and beyond the budget
    the last of the rest goes.
    """
    pieces = list(_pieces(parent))
    gone = [piece for piece in pieces if _against(piece.phrase, wish)]
    kept = [piece for piece in pieces if piece not in gone]
    said = " ".join(piece.phrase.text for piece in kept)
    new = [phrase for phrase in wish.wanted if intent(phrase.text, said).score < 1]
    while not fits(_text(_with(kept, new, parent)), brief.profile):
        spare = [piece for piece in kept if piece.phrase.source not in _OWN]
        if not spare:
            new = new[:-1]
            if not new:
                break
            continue
        kept.remove(spare[-1])
    return _candidate(parent, brief, _with(kept, new, parent), hits)


def _pieces(parent: Candidate) -> Iterator[_Piece]:
    at = 0
    for phrase in parent.phrases:
        start = parent.prompt.index(phrase.text, at)
        yield _Piece(parent.prompt[at:start], phrase)
        at = start + len(phrase.text)


def _against(phrase: Phrase, wish: Brief) -> bool:
    """Whether a phrase that is not of the idea contradicts a wish, or names what shall go."""
    if phrase.source == "idea":
        return False
    if _stems([phrase.text]) & _stems(wish.unwanted):
        return True
    side = sides(phrase.text)
    return any(clashes(side, sides(wanted.text)) for wanted in wish.wanted)


def _with(kept: Sequence[_Piece], new: Sequence[Phrase], parent: Candidate) -> list[_Piece]:
    """The pieces with new phrases: behind the user's own words, at the end of running text."""
    place = len(kept)
    if parent.chat == "compose":
        own = (i for i, piece in enumerate(kept) if piece.phrase.source not in _OWN)
        place = next(own, len(kept))
    added = [_Piece(", ", phrase) for phrase in new]
    return [*kept[:place], *added, *kept[place:]]


def _text(pieces: Sequence[_Piece]) -> str:
    return "".join(
        piece.phrase.text if number == 0 else piece.glue + piece.phrase.text
        for number, piece in enumerate(pieces)
    )


def _candidate(
    parent: Candidate, brief: Brief, pieces: Sequence[_Piece], hits: Sequence[Hit]
) -> Candidate:
    prompt = _text(pieces)
    negative, lost = carried(parent.negative, brief, prompt)
    others = [frozenset(words(hit.prompt)) for hit in hits]
    same_again = (prompt, negative) == (parent.prompt, parent.negative)
    warnings = ("nothing had to be changed for that wish",) if same_again else ()
    return Candidate(
        id=candidate_id(prompt, negative, brief.profile.name),
        prompt=prompt,
        negative=negative,
        profile=brief.profile.name,
        chat="compose",
        tokens=counts(prompt, brief.profile),
        phrases=tuple(piece.phrase for piece in pieces),
        intent=intent(brief.text, prompt).score,
        novelty=1 - nearest(prompt, brief.text, others),
        warnings=(*brief.notes, *lost, *warnings),
        parent=None if same_again else parent.id,
        look=parent.look,
        references=parent.references,
    )


def _same(draft: Candidate, parent: Candidate, brief: Brief) -> bool:
    return draft.prompt == parent.prompt or same(draft.prompt, [parent.prompt], brief.text)


def again(
    parent: Candidate, brief: Brief, hits: Sequence[Hit], library: LibraryStats, *, seed: int
) -> Candidate:
    """Another candidate in a candidate's place: from its hits as far as can be, worded anew."""
    sources = {phrase.source for phrase in parent.phrases} - _OWN
    offered: list[Candidate] = []
    for number in range(_SEEDS):
        drafts = compose(brief, hits, library, n=_DRAFTS, seed=seed + number)
        offered = [d for d in drafts if not _same(d, parent, brief)]
        if offered:
            break
    else:
        offered = [replace(d, warnings=(*d.warnings, "there is little else")) for d in drafts]
    best = max(offered, key=lambda d: len(sources & {phrase.source for phrase in d.phrases}))
    return replace(best, parent=parent.id, seed=seed)
