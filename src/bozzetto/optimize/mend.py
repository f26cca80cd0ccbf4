"""What can be put right in a chat model's text: too long, idea lost, wishes unmet, syntax."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bozzetto.optimize.brief import Brief
from bozzetto.optimize.check import intent
from bozzetto.optimize.dialect import in_dialect
from bozzetto.optimize.limits import budget, cut, fits
from bozzetto.optimize.parse import Draft, Refusal
from bozzetto.profiles import Profile
from bozzetto.text.spans import protected
from bozzetto.text.tokens import clip_tokens
from bozzetto.text.words import stem, words
from bozzetto.types import Check

__all__ = ["Accepted", "budget", "fitted", "mend", "negatives"]

MENDABLE = 0.6
"""Share of the idea that must be there before the idea is put in front of the rest."""

ROOM = 12
"""CLIP tokens beside the idea below which putting it in front leaves nothing of the rest."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A text that may stand; `notes` say what was mended, in sentences for a person.

    `rebuilt` says that the idea had to be put in front: its writer deserves less trust.
    `mended` says the same as `notes` by the check that each mending made pass.
    """

    prompt: str
    negative: str | None = None
    notes: tuple[str, ...] = ()
    rebuilt: bool = False
    mended: tuple[Check, ...] = ()


def mend(draft: Draft, brief: Brief) -> Accepted | Refusal:
    """The text within the budget, with the whole idea, the wishes, and no syntax of its own."""
    prompt, syntax = in_dialect(draft.prompt, brief)
    prompt, praise = _without_banned(prompt, brief)
    prompt, letters = _to_the_letter(prompt, brief.text)
    kept = _kept(prompt, draft.negative, brief)
    if isinstance(kept, Refusal):
        return kept
    prompt, met, unmet = _with_wishes(kept.prompt, brief)
    prompt, ruled = _with_required(prompt, brief.profile)
    ruled = (*_told("guidelines", praise), *ruled)
    warned = (*_told("dialect", syntax), *_told("intent", letters), *kept.mended)
    notes, mended = (*(check.found for check in warned), *unmet), (*warned, *met, *ruled)
    return Accepted(prompt, draft.negative, notes, kept.rebuilt, mended)


def _told(name: str, notes: Iterable[str]) -> tuple[Check, ...]:
    return tuple(Check(name, True, note) for note in notes)


def _without_banned(prompt: str, brief: Brief) -> tuple[str, tuple[str, ...]]:
    """The prompt less what its profile bans, where that stands between commas by itself."""
    gone: tuple[str, ...] = ()
    for word in brief.profile.banned:
        loose = re.escape(word).replace(r"\ ", r"[\s-]+")
        alone = re.compile(rf",\s*{loose}(?=\s*(?:[,.;]|$))", re.I)
        if alone.search(prompt) and word.lower() not in brief.text.lower():
            prompt, gone = alone.sub("", prompt), (*gone, f"left out {word!r}")
    return prompt, gone


_MARKS = "\"'“”„‘’«»‹›「」『』"


def _to_the_letter(prompt: str, idea: str) -> tuple[str, tuple[str, ...]]:
    """The prompt with the quoted texts of the idea as the idea has them, case and marks too."""
    notes: tuple[str, ...] = ()
    for span in protected(idea):
        quoted = idea[span.start : span.end]
        if span.kind != "quoted" or quoted in prompt:
            continue
        inner = re.escape(quoted.strip(_MARKS + " "))
        loose = re.compile(rf"[{_MARKS}]\s?{inner}\s?[{_MARKS}]|(?<!\w){inner}(?!\w)", re.I)
        if found := loose.search(prompt):
            prompt = prompt[: found.start()] + quoted + prompt[found.end() :]
            notes = (*notes, f"{found[0][:60]} became {quoted[:60]}")
    return prompt, notes


def _kept(prompt: str, negative: str | None, brief: Brief) -> Accepted | Refusal:
    """The prompt within the budget, with the whole idea in it."""
    profile = brief.profile
    shorter = fitted(prompt, profile)
    short = () if shorter == prompt else (f"cut to what {profile.title} reads",)
    negative = negative if profile.negative else None
    found = intent(brief.text, shorter, negative=negative)
    if found.kept and not _broken(brief, shorter):
        return Accepted(shorter, mended=_told("budget", short))
    whole = intent(brief.text, prompt, negative=negative)
    missing = ", ".join(dict.fromkeys((*found.hard, *found.lost)))
    if whole.score < MENDABLE:
        return Refusal(f"lost {missing}")
    front = brief.text + (", " if profile.style == "tags" else ". ")
    text = fitted(front + prompt, profile)
    if not text.startswith(front) or clip_tokens(text[len(front) :]) < ROOM:
        return Refusal(f"lost {missing}, and there is no room to put the idea in front")
    note = f"the idea was put in front: it lost {missing}"
    return Accepted(text, rebuilt=True, mended=_told("intent", (note,)))


def fitted(prompt: str, profile: Profile) -> str:
    """The prompt cut to what a profile reads, at the end of a phrase where there is one."""
    if fits(prompt, profile):
        return prompt
    short = cut(prompt, profile)
    end = max(short.rfind(mark) for mark in (",", ";", ". ", "."))
    return (short[:end] if end > len(short) // 2 else short).rstrip(" ,;.")


def _broken(brief: Brief, prompt: str) -> bool:
    """Whether something that has to come through to the letter did not."""
    syntax = (brief.text[span.start : span.end] for span in protected(brief.text))
    return any(text not in prompt for text in (*syntax, *brief.keep))


def _with_wishes(prompt: str, brief: Brief) -> tuple[str, tuple[Check, ...], tuple[str, ...]]:
    """The prompt with the wishes it did not meet, those added, and those without room."""
    profile = brief.profile
    met: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()
    for wish in brief.wanted:
        if intent(wish.text, prompt).score >= 0.5:
            continue
        longer = f"{prompt.rstrip(' .')}, {wish.text}"
        if fits(longer, profile):
            prompt, met = longer, (*met, f"was given {wish.text!r}")
        else:
            unmet = (*unmet, f"no room for {wish.original or wish.text!r} ({profile.title})")
    return prompt, _told("wishes", met), unmet


def _with_required(prompt: str, profile: Profile) -> tuple[str, tuple[Check, ...]]:
    """The prompt with what its profile requires, as far as there is room."""
    given: tuple[str, ...] = ()
    for text in profile.required:
        longer = f"{prompt.rstrip(' .')}, {text}"
        if text.lower() not in prompt.lower() and fits(longer, profile):
            prompt, given = longer, (*given, f"was given {text!r}")
    return prompt, _told("guidelines", given)


def negatives(said: str | None, prompt: str, base: str | None, brief: Brief) -> str | None:
    """The negative prompt: the profile's and the wishes', and what of the model's is harmless.

    Harmless are short phrases about nothing that the prompt or the idea asks for.
    """
    if not brief.profile.negative or not said:
        return base
    taken = {stem(word) for word in words(f"{prompt} {brief.text}")}
    known = {part.strip().lower() for part in (base or "").split(",")}
    kept: list[str] = []
    for part in (piece.strip(" .") for piece in said.split(",")):
        tokens = words(part)
        fine = 0 < len(tokens) <= 3 and not taken & {stem(word) for word in tokens}
        if fine and part.lower() not in known and part not in kept:
            kept.append(part)
    return ", ".join(filter(None, [base, *kept[:6]])) or None
