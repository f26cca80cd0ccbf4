"""Optimized prompts without an LLM: the idea as it is, and looks that worked for its like.

Keep the user's words and append (what the published rewriters that keep intent do), from
retrieved prompts, several at a time; candidates differ by taking different looks.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from bozzetto.optimize.brief import Brief
from bozzetto.optimize.check import intent, nearest
from bozzetto.optimize.modifiers import Sides, clashes, sides
from bozzetto.optimize.pool import Entry, gather
from bozzetto.optimize.stats import LibraryStats
from bozzetto.text.tokens import clip_cut, clip_tokens
from bozzetto.text.words import stem, words
from bozzetto.types import Candidate, Hit, Phrase

__all__ = ["candidate_id", "compose", "negative_prompt"]

_MOST, _FEWEST = 15, 4
"""Modifiers added at most; and those a draft takes where the drafts must share a few."""
_MOST_USUAL = 4
_CAPS = {"quality": 4, "site": 1, "engine": 1, "time": 1}
_CAP = 3
"""Modifiers of one facet at most."""
_PROSE = frozenset({"site", "engine"})
"""Facets that mean something only to models trained on tag lists."""
_FROM_ONE_HIT = 5
_OFFER = 160
_AVOIDED = 12
_UNLIMITED = 150
_SHOWN = 200
_GLUE = ", "
_COMPANY = 0.15
_AGAIN = 0.02
_WORN = 3.0
_SPREAD = 0.7


@dataclass(slots=True)
class _Draft:
    """A prompt being put together: what it says so far and what room is left."""

    room: int
    stems: set[str]
    stances: list[Sides]
    chosen: list[Entry] = field(default_factory=list)
    facets: Counter[str] = field(default_factory=Counter)
    hits: Counter[int] = field(default_factory=Counter)
    usual: int = 0

    def takes(self, entry: Entry, cost: int) -> bool:
        look = entry.look
        return (
            cost <= self.room
            and self.facets[look.facet] < _CAPS.get(look.facet, _CAP)
            and len(look.stems - self.stems) * 2 > len(look.stems)
            and (not entry.usual or self.usual < _MOST_USUAL)
            and (not entry.hits or any(self.hits[rank] < _FROM_ONE_HIT for rank in entry.hits))
            and not any(clashes(entry.sides, stance) for stance in self.stances)
        )

    def add(self, entry: Entry, cost: int) -> None:
        self.room -= cost
        self.stems |= entry.look.stems
        self.stances.append(entry.sides)
        self.chosen.append(entry)
        self.facets[entry.look.facet] += 1
        self.hits.update(entry.hits)
        self.usual += entry.usual


def compose(
    brief: Brief, hits: Sequence[Hit], library: LibraryStats, *, n: int, seed: int
) -> list[Candidate]:
    """Write n candidates: the idea, the wishes, and modifiers of the hits, within the budget.

    Equal arguments give equal candidates. Hits are best first, fifty or more serve well and
    none are needed. Never fails; what had to be left out is in a candidate's warnings.
    """
    base = _base(brief)
    pool = [
        entry
        for entry in gather(base.text, hits, library, brief.pick)
        if brief.profile.style == "tags" or entry.look.facet not in _PROSE
    ][:_OFFER]
    negative, unmet = negative_prompt(brief, hits)
    base = replace(base, warnings=(*base.warnings, *unmet))
    others = [frozenset(words(hit.prompt)) for hit in hits]
    return [
        _candidate(brief, base, draft, negative, others) for draft in _drafts(pool, base, n, seed)
    ]


@dataclass(frozen=True, slots=True)
class _Base:
    """What every candidate begins with: idea and wishes within the budget."""

    text: str
    phrases: tuple[Phrase, ...]
    limit: int
    warnings: tuple[str, ...]


def _base(brief: Brief) -> _Base:
    limit = brief.profile.tokens.get("clip", _UNLIMITED)
    text, warnings = brief.text, list(brief.notes)
    phrases = list(brief.phrases)
    if clip_tokens(text) > limit:
        text = clip_cut(text, limit)
        gone = brief.text[len(text) :].strip(" ,;")
        shown = gone if len(gone) <= _SHOWN else gone[:_SHOWN] + "…"
        warnings.append(f"the idea alone is over {limit} tokens; left out: {shown}")
        phrases = list(_within(brief, len(text)))
    for wish in brief.wanted:
        if clip_tokens(text + _GLUE + wish.text) <= limit:
            text += _GLUE + wish.text
            phrases.append(wish)
        else:
            warnings.append(f"no room for {wish.original or wish.text!r} within {limit} tokens")
    return _Base(text, tuple(phrases), limit, tuple(warnings))


def _within(brief: Brief, end: int) -> Iterable[Phrase]:
    """The idea's phrases that lie before a position of its text, the last one cut there."""
    place = 0
    for phrase in brief.phrases:
        start = brief.text.index(phrase.text, place)
        place = start + len(phrase.text)
        if start < end:
            yield replace(phrase, text=brief.text[start : min(place, end)])


def _drafts(pool: Sequence[Entry], base: _Base, n: int, seed: int) -> Iterable[_Draft]:
    """Drafts, each of modifiers the earlier ones did not take, as long as there are any."""
    room = base.limit - clip_tokens(base.text)
    costs = {entry.look.key: clip_tokens(_GLUE + entry.look.text) for entry in pool}
    past = _Past(seed)
    most = max(_FEWEST, min(_MOST, len(pool) // n))
    for _ in range(n):
        draft = _Draft(room, {stem(w) for w in words(base.text)}, [sides(base.text)])
        _fill(draft, pool, costs, past, most)
        past.add(draft)
        yield draft


@dataclass(slots=True)
class _Past:
    """What the earlier drafts of a run have taken and said."""

    seed: int
    drafts: int = 0
    taken: set[str] = field(default_factory=set)
    said: Counter[str] = field(default_factory=Counter)

    def add(self, draft: _Draft) -> None:
        self.drafts += 1
        self.taken |= {entry.look.key for entry in draft.chosen}
        self.said.update(word for entry in draft.chosen for word in entry.look.stems)

    def pull(self, entry: Entry, draft: _Draft) -> float:
        """How much a draft wants a modifier: its weight, its company, its being new."""
        look = entry.look
        company = 1 + _COMPANY * sum(bool(entry.hits & other.hits) for other in draft.chosen)
        worn = 1 + _WORN * sum(self.said[word] for word in look.stems) / len(look.stems)
        again = _AGAIN if look.key in self.taken else 1.0
        return entry.weight * company * again / worn * _jitter(look.key, self.drafts, self.seed)


def _fill(
    draft: _Draft, pool: Sequence[Entry], costs: Mapping[str, int], past: _Past, most: int
) -> None:
    """Take the modifier with the strongest pull until nothing fits or there are enough."""
    left = list(pool)
    while len(draft.chosen) < most:
        left = [entry for entry in left if draft.takes(entry, costs[entry.look.key])]
        if not left:
            return
        best = max(left, key=lambda entry: past.pull(entry, draft))
        draft.add(best, costs[best.look.key])
        left.remove(best)


def _jitter(key: str, number: int, seed: int) -> float:
    """A factor around 1 that depends on seed, candidate and modifier alone; 1 for seed 0."""
    if seed == 0:
        return 1.0
    digest = sha256(f"{seed}:{number}:{key}".encode()).digest()
    return math.exp(_SPREAD * (int.from_bytes(digest[:4]) / 2**31 - 1))


def _candidate(
    brief: Brief,
    base: _Base,
    draft: _Draft,
    negative: str | None,
    others: Sequence[frozenset[str]],
) -> Candidate:
    chosen = list(draft.chosen)
    while clip_tokens(_prompt(base, chosen)) > base.limit and chosen:
        chosen.pop()
    prompt = _prompt(base, chosen)
    added = tuple(Phrase(entry.look.text, entry.source) for entry in chosen)
    return Candidate(
        id=candidate_id(prompt, negative, brief.profile.name),
        prompt=prompt,
        negative=negative,
        profile=brief.profile.name,
        chat="compose",
        tokens={"clip": clip_tokens(prompt)},
        phrases=(*base.phrases, *added),
        intent=intent(brief.text, prompt).score,
        novelty=1 - nearest(prompt, brief.text, others),
        warnings=base.warnings,
    )


def _prompt(base: _Base, chosen: Iterable[Entry]) -> str:
    return _GLUE.join([base.text, *(entry.look.text for entry in chosen)])


def candidate_id(prompt: str, negative: str | None, profile: str) -> str:
    """16 hex digits from what the candidate says."""
    return sha256("\0".join((prompt, negative or "", profile)).encode()).hexdigest()[:16]


def negative_prompt(brief: Brief, hits: Sequence[Hit]) -> tuple[str | None, tuple[str, ...]]:
    """What to keep out, for a model that takes a negative prompt; and wishes that got lost.

    The unwanted first, then the picked hits' negatives or, without any, the profile's own;
    nothing the idea asks for.
    """
    if not brief.profile.negative:
        lost = tuple(
            f"{brief.profile.title} takes no negative prompt: 'no {what}' was left out"
            for what in brief.unwanted
        )
        return None, lost
    theirs = [h.negative for h in hits if h.id in brief.pick and h.negative]
    parts = list(brief.unwanted)
    for source in (*theirs, brief.profile.avoid):
        parts += [part.strip() for part in source.split(",")]
    own = {stem(word) for word in words(brief.text)}
    kept: dict[str, str] = {}
    for part in parts:
        if part and not own & {stem(word) for word in words(part)}:
            kept.setdefault(part.lower(), part)
    most = len(brief.unwanted) + _AVOIDED
    return ", ".join(list(kept.values())[:most]) or None, ()
