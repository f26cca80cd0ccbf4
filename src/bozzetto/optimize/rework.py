"""A candidate changed by a wish, or written again, without a chat model.

A wish takes out what speaks against it and adds what it asks for; all else stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product

from bozzetto.optimize.brief import Brief
from bozzetto.optimize.check import intent, nearest
from bozzetto.optimize.compose import candidate_id, compose
from bozzetto.optimize.judge import same
from bozzetto.optimize.limits import counts, fits
from bozzetto.optimize.modifiers import clashes, facet, sides
from bozzetto.optimize.negative import carried
from bozzetto.optimize.sentences import TURNS, prose, said_of
from bozzetto.optimize.stats import LibraryStats
from bozzetto.optimize.wording import Part, Text
from bozzetto.text.words import content_words, stem, words
from bozzetto.types import Candidate, Hit, Phrase

__all__ = ["again", "one_wish", "refine"]

_OWN = frozenset({"idea", "preference", "template", "user"})
"""Sources of phrases that are the user's and stay."""

_DRAFTS = 4
"""Drafts among which the one nearest to a candidate's sources is chosen."""

_SEEDS = 3

_READINGS = 256
"""Ways to read a text as sentences of ours that are tried."""


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
class _Prompt:
    """A prompt in its phrases: what is of the idea, what can go, and how it is written out."""

    own: tuple[Phrase, ...]
    rest: tuple[Phrase, ...]
    told: Callable[[Sequence[Phrase], Sequence[Phrase]], Text]
    """From those of the rest that stay and what is new."""


def refine(parent: Candidate, brief: Brief, wish: Brief, hits: Sequence[Hit]) -> Candidate:
    """A candidate with a wish met: `brief` is the one to meet now, `wish` what is new in it.

    What contradicts the wish is taken out, what it asks for is added, and beyond the budget
    the last of the rest goes. Sentences are put together anew; any other text is patched.
    """
    before = _sentences(parent, brief) or _pieces(parent)
    kept = [phrase for phrase in before.rest if not _against(phrase, wish)]
    said = " ".join(phrase.text for phrase in (*before.own, *kept))
    new = [phrase for phrase in wish.wanted if intent(phrase.text, said).score < 1]
    gone = [phrase.text for phrase in before.rest if phrase not in kept]
    text = Text(parent.prompt, parent.phrases)
    if not gone and not new and fits(text.prompt, brief.profile):
        return _candidate(parent, brief, text, hits)
    met = [what for what in brief.unwanted if _stems([what]) & _stems(gone)]
    while not fits((text := before.told(kept, new)).prompt, brief.profile):
        spare = [phrase for phrase in kept if phrase.source not in _OWN]
        if spare:
            kept.remove(spare[-1])
        elif new:
            new.pop()
        else:
            break
    return _candidate(parent, brief, text, hits, met)


def _against(phrase: Phrase, wish: Brief) -> bool:
    """Whether a phrase that is not of the idea contradicts a wish, or names what shall go."""
    if phrase.source == "idea":
        return False
    if _stems([phrase.text]) & _stems(wish.unwanted):
        return True
    side = sides(phrase.text)
    return any(clashes(side, sides(wanted.text)) for wanted in wish.wanted)


# -- running text and lists ---------------------------------------------------------------


def _pieces(parent: Candidate) -> _Prompt:
    """A prompt as it stands: what stays keeps what parts it from its neighbours."""
    glue, end = _glue(parent)
    first = parent.phrases[0] if parent.phrases else None

    def told(kept: Sequence[Phrase], new: Sequence[Phrase]) -> Text:
        place = len(kept)
        if parent.chat == "compose":
            own = (i for i, phrase in enumerate(kept) if phrase.source not in _OWN)
            place = next(own, len(kept))
        every = [*kept[:place], *new, *kept[place:]]
        apart = {id(phrase): between for phrase, between in zip(parent.phrases, glue, strict=True)}
        text = ""
        for phrase in every:
            between = apart.get(id(phrase), ", ")
            text += (between if text or phrase is first else "") + phrase.text
        return Text(text + end, tuple(every))

    return _Prompt((), parent.phrases, told)


def _glue(parent: Candidate) -> tuple[list[str], str]:
    """What stands before each phrase of a prompt, and behind the last."""
    found, at = [], 0
    for phrase in parent.phrases:
        start = parent.prompt.index(phrase.text, at)
        found.append(parent.prompt[at:start])
        at = start + len(phrase.text)
    return found, parent.prompt[at:]


# -- sentences ----------------------------------------------------------------------------


def _sentences(parent: Candidate, brief: Brief) -> _Prompt | None:
    """A prompt that `prose` wrote, or None: what its modifiers speak of is found from that."""
    count = len(brief.phrases)
    if brief.profile.style != "prose" or len(parent.phrases) < count:
        return None
    own = brief.phrases
    glue, _ = _glue(parent)
    places = list(zip(parent.phrases, glue, strict=True))[count:]
    rest = tuple(_inner(phrase, between) for phrase, between in places)
    readings = islice(product(*map(_facets, rest)), _READINGS)
    for facets, turn in product(readings, range(TURNS)):
        parts = [Part(*pair) for pair in zip(rest, facets, strict=True)]
        if prose(brief.text, own, parts, turn, brief.keep).prompt == parent.prompt:
            break
    else:
        return None
    about = {id(phrase): name for phrase, name in zip(rest, facets, strict=True)}

    def told(kept: Sequence[Phrase], new: Sequence[Phrase]) -> Text:
        parts = [
            *(Part(phrase, about[id(phrase)]) for phrase in kept),
            *(Part(phrase, facet(phrase.text)) for phrase in new),
        ]
        return prose(brief.text, own, parts, turn, brief.keep)

    return _Prompt(own, rest, told)


def _inner(phrase: Phrase, before: str) -> Phrase:
    """A phrase as it reads within a sentence, where it began one."""
    text = phrase.text
    if before.endswith(". ") and text[1:2].islower():
        return replace(phrase, text=text[0].lower() + text[1:])
    return phrase


def _facets(phrase: Phrase) -> list[str | None]:
    """What a modifier may speak of as prose says it, the likeliest first."""
    likely = facet(phrase.text)
    others = [name for name in said_of(phrase.text) if name != likely]
    return [likely, *others, *([None] if likely else [])]


# -- the record ---------------------------------------------------------------------------


def _candidate(
    parent: Candidate, brief: Brief, text: Text, hits: Sequence[Hit], met: Sequence[str] = ()
) -> Candidate:
    """The changed candidate; `met` is what was unwanted and went."""
    prompt = text.prompt
    negative, lost = carried(parent.negative, brief, prompt, met)
    if (prompt, negative) == (parent.prompt, parent.negative):
        unchanged = "nothing had to be changed for that wish"
        said = (*brief.notes, *lost, unchanged)
        return replace(
            parent, chat="compose", warnings=said, checks=(), parent=None, usage=None, size=None
        )
    others = [frozenset(words(hit.prompt)) for hit in hits]
    return Candidate(
        id=candidate_id(prompt, negative, brief.profile.name),
        prompt=prompt,
        negative=negative,
        profile=brief.profile.name,
        chat="compose",
        tokens=counts(prompt, brief.profile),
        phrases=text.phrases,
        intent=intent(brief.text, prompt).score,
        novelty=1 - nearest(prompt, brief.text, others),
        warnings=(*brief.notes, *lost),
        parent=parent.id,
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
