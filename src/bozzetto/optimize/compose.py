"""Optimized prompts without an LLM: the idea as it is, and looks that worked for its like.

Keep the user's words and append (what the published rewriters that keep intent do), from
retrieved prompts, several at a time; candidates differ by taking different looks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256

from bozzetto.optimize.brief import Brief
from bozzetto.optimize.check import intent, nearest
from bozzetto.optimize.choose import REACHES, Reach, Room, choose
from bozzetto.optimize.danbooru import as_tags
from bozzetto.optimize.figures import figures
from bozzetto.optimize.limits import bans, budget, counts, cut, fits
from bozzetto.optimize.modifiers import Sides, facet, sides
from bozzetto.optimize.negative import negative_prompt
from bozzetto.optimize.pool import Entry, gather
from bozzetto.optimize.rich import already_rich
from bozzetto.optimize.sentences import TURNS, cost_text, prose, sayable
from bozzetto.optimize.stats import LibraryStats
from bozzetto.optimize.wording import Part, Text, kind, order, tags
from bozzetto.profiles import Profile
from bozzetto.text.tokens import clip_tokens
from bozzetto.text.words import content_words, stem, words
from bozzetto.types import Candidate, Hit, Phrase

__all__ = ["candidate_id", "compose"]

_OFFER = 260
_SHOWN = 200
_TOUCHES = 2
"""Modifiers that the second and further candidates of a rich idea get."""
_IN_PROSE = 10
"""Modifiers that prose takes at most: more read as a list."""
_IN_TAGS = 9
"""Modifiers that a model of Danbooru's tags takes at most."""
_PROSE_CAPS = {"medium": 1, "style": 1, "mood": 1, "quality": 1, "palette": 1}
_TAG_CAPS = {"medium": 1, "style": 1, "palette": 1}
_TRANSLATED = 6
"""Modifiers that an idea put into English phrase by phrase takes at most: behind 14, only .54 of
120 candidates are nearest to their own English idea of 200; behind 8 .63, 6 .71, 4 .77."""
_FOREMOST = 6
"""Modifiers that stand first whatever they speak of: models heed the beginning most."""
_MIDDLE = 50
_ONLY_ONE = frozenset(
    ["medium", "palette", "mood", "light", "lens", "composition", "time", "weather", "style"]
)
"""Facets of which nothing is added where a wish has spoken."""
_RICH = "the idea is rich already: it is left as it is"
_TOUCHED = "the idea is rich already: it is only touched up"


def compose(
    brief: Brief, hits: Sequence[Hit], library: LibraryStats, *, n: int, seed: int
) -> list[Candidate]:
    """Write n candidates: the idea, the wishes, and modifiers of the hits, within the budget.

    Equal arguments give equal candidates. Hits are best first, fifty or more serve well and
    none are needed. An idea that is rich already comes back first as it is, then touched up.
    Never fails; what had to be left out is in a candidate's warnings.
    """
    rich = brief.strength != "reimagine" and already_rich(brief)
    reach = _reach(brief, rich)
    negative, unmet = negative_prompt(brief, hits)
    base = _base(brief)
    base = replace(base, warnings=(*base.warnings, *unmet))
    pool = _pool(brief, base, hits, library, reach) if n > rich else []
    left = budget(brief.profile) - clip_tokens(base.text.prompt)
    room = Room(base.text.prompt, left, _closed(brief), kind(brief.profile))
    looks = choose(pool, room, library, reach, n=n - rich, seed=seed, cost=_cost(brief))
    others = [frozenset(words(hit.prompt)) for hit in hits]
    bases = [base] * n
    if rich:
        looks = [(), *looks]
        bases = [_noted(base, _TOUCHED if look else _RICH) for look in looks]
    turn = sha256(f"{seed}:{brief.text}".encode()).digest()[0]
    return [
        _candidate(replace(one, turn=(turn + number) % TURNS), look, negative, others, library)
        for number, (one, look) in enumerate(zip(bases, looks, strict=True))
    ]


def _noted(base: _Base, note: str) -> _Base:
    return replace(base, warnings=(*base.warnings, note))


def _reach(brief: Brief, rich: bool) -> Reach:
    reach = REACHES["touch-up" if rich else brief.strength]
    if rich:
        return replace(reach, most=_TOUCHES)
    if any(phrase.original for phrase in brief.phrases):
        reach = replace(reach, most=min(reach.most, _TRANSLATED))
    if brief.profile.style == "prose":
        caps = {name: min(most, _PROSE_CAPS.get(name, most)) for name, most in reach.caps.items()}
        return replace(reach, most=min(reach.most, _IN_PROSE), caps=caps)
    if brief.profile.vocabulary == "danbooru":
        caps = {name: min(most, _TAG_CAPS.get(name, most)) for name, most in reach.caps.items()}
        return replace(reach, most=min(reach.most, _IN_TAGS), caps=caps)
    return reach


def _closed(brief: Brief) -> frozenset[str]:
    """The facets on which a wish has spoken for good."""
    return _ONLY_ONE & {*brief.facets, *(facet(wish.text) or "" for wish in brief.wanted)}


def _cost(brief: Brief) -> Callable[[Entry], int]:
    """How many tokens a modifier takes with what the profile puts around it."""
    if brief.profile.style == "prose":
        return lambda entry: clip_tokens(cost_text(entry.look.text, entry.look.facet))
    return lambda entry: clip_tokens(f", {entry.look.text}")


def _pool(
    brief: Brief, base: _Base, hits: Sequence[Hit], library: LibraryStats, reach: Reach
) -> list[Entry]:
    """The modifiers on offer, less those that the brief or the profile rules out."""
    said = order(brief.profile)
    unwanted = [(_content(what), sides(what)) for what in brief.unwanted]
    found = []
    offered: Sequence[Entry] = gather(base.text.prompt, hits, library, brief.pick, reach.agreed)
    if brief.profile.vocabulary == "danbooru":
        there = figures(_told(brief))
        offered = as_tags(offered, there, brief.profile.weight_syntax, len(hits))
    for entry in offered:
        look = entry.look
        if brief.profile.style == "prose":
            able = sayable(look.text, look.facet)
        else:
            able = look.facet in said
        ruled_out = bans(look.text, brief.profile) or any(_is(entry, *one) for one in unwanted)
        if able and not ruled_out:
            found.append(entry)
    return found[:_OFFER]


@cache
def _content(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in content_words(text))


def _is(entry: Entry, stems: frozenset[str], stance: Sides) -> bool:
    """Whether a modifier says what is unwanted, in its words or in others of their kind."""
    return bool(entry.look.stems & stems or entry.sides & stance)


@dataclass(frozen=True, slots=True)
class _Base:
    """What every candidate begins with: idea and wishes within the budget; its turn of phrase."""

    brief: Brief
    idea: str
    phrases: tuple[Phrase, ...]
    wishes: tuple[Part, ...]
    warnings: tuple[str, ...]
    turn: int = 0

    @property
    def text(self) -> Text:
        """The prompt without anything of ours."""
        return self.told(())

    def told(self, parts: Iterable[Part]) -> Text:
        """The prompt with some parts more, as the profile likes it."""
        every = [*self.wishes, *parts]
        if self.brief.profile.style == "prose":
            return prose(self.idea, self.phrases, every, self.turn, self.brief.keep)
        return tags(self.idea, self.phrases, every, self.brief.profile)


def _base(brief: Brief) -> _Base:
    profile, idea, phrases, warnings = brief.profile, brief.text, brief.phrases, list(brief.notes)
    if not fits(idea, profile):
        idea = cut(idea, profile)
        gone = brief.text[len(idea) :].strip(" ,;")
        shown = gone if len(gone) <= _SHOWN else gone[:_SHOWN] + "…"
        warnings.append(f"the idea alone is over {_limit(profile)}; left out: {shown}")
        phrases = tuple(_within(brief, len(idea)))
    base = _Base(brief, idea, phrases, (), ())
    for part in _asked(brief):
        more = replace(base, wishes=(*base.wishes, part))
        if fits(more.text.prompt, profile):
            base = more
        else:
            said = part.phrase.original or part.phrase.text
            warnings.append(f"no room for {said!r} within {_limit(profile)}")
    return replace(base, warnings=tuple(warnings))


def _limit(profile: Profile) -> str:
    words = [f"{profile.words} words"] if profile.words else []
    return " or ".join([*(f"{n} tokens" for n in profile.tokens.values()), *words])


def _told(brief: Brief) -> str:
    """The idea and what is wished for beside it."""
    unwanted = [f"no {what}" for what in brief.unwanted]
    return ", ".join([brief.text, *(wish.text for wish in brief.wanted), *unwanted])


def _asked(brief: Brief) -> Iterable[Part]:
    """What the profile requires, then the wishes: in a list they follow the idea."""
    profile, said = brief.profile, frozenset(words(brief.text))
    own = profile.quality if "own" in order(profile) else ()
    for text in dict.fromkeys((*profile.required, *own)):
        if not said >= set(words(text)):
            yield Part(Phrase(text, "guideline"), "own")
    if profile.vocabulary == "danbooru":
        for text in figures(_told(brief)).tags:
            yield Part(Phrase(text, "guideline"), "figures")
    for wish in brief.wanted:
        yield Part(wish, facet(wish.text) if profile.style == "prose" else None)


def _within(brief: Brief, end: int) -> Iterable[Phrase]:
    """The idea's phrases that lie before a position of its text, the last one cut there."""
    place = 0
    for phrase in brief.phrases:
        start = brief.text.index(phrase.text, place)
        place = start + len(phrase.text)
        if start < end:
            yield replace(phrase, text=brief.text[start : min(place, end)])


def _candidate(
    base: _Base,
    look: Sequence[Entry],
    negative: str | None,
    others: Sequence[frozenset[str]],
    library: LibraryStats,
) -> Candidate:
    brief = base.brief
    parts = _parts(look, library, _foremost(brief.profile))
    told = base.told(parts)
    while parts and not fits(told.prompt, brief.profile):
        parts.pop()
        told = base.told(parts)
    return Candidate(
        id=candidate_id(told.prompt, negative, brief.profile.name),
        prompt=told.prompt,
        negative=negative,
        profile=brief.profile.name,
        chat="compose",
        tokens=counts(told.prompt, brief.profile),
        phrases=told.phrases,
        intent=intent(brief.text, told.prompt).score,
        novelty=1 - nearest(told.prompt, brief.text, others),
        warnings=base.warnings,
    )


def _foremost(profile: Profile) -> int:
    return _IN_TAGS if profile.vocabulary == "danbooru" else _FOREMOST


def _parts(look: Sequence[Entry], library: LibraryStats, foremost: int) -> list[Part]:
    """A look's modifiers: first the few with the strongest pull, then what rounds it off."""
    return [
        Part(
            Phrase(entry.look.text, entry.source, entry.said or None),
            entry.look.facet,
            (at >= foremost, library.places.get(entry.look.key, _MIDDLE)),
        )
        for at, entry in enumerate(look)
    ]


def candidate_id(prompt: str, negative: str | None, profile: str) -> str:
    """16 hex digits from what the candidate says."""
    return sha256("\0".join((prompt, negative or "", profile)).encode()).hexdigest()[:16]
