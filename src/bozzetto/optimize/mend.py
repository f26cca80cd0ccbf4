"""What can be put right in a chat model's text: too long, idea lost, wishes unmet, syntax."""

from __future__ import annotations

from dataclasses import dataclass

from bozzetto.optimize.brief import Brief
from bozzetto.optimize.check import intent
from bozzetto.optimize.parse import Draft, Refusal
from bozzetto.profiles import Profile
from bozzetto.text.spans import Span, protected
from bozzetto.text.tokens import clip_cut, clip_tokens
from bozzetto.text.weights import strip_weights
from bozzetto.text.words import stem, words

__all__ = ["Accepted", "budget", "fitted", "mend", "negatives"]

MENDABLE = 0.6
"""Share of the idea that must be there before the idea is put in front of the rest."""

ROOM = 12
"""CLIP tokens beside the idea below which putting it in front leaves nothing of the rest."""

UNLIMITED = 150
"""CLIP tokens to write where the image model's own limit is not counted in them."""


def budget(profile: Profile) -> int:
    """CLIP tokens that a prompt for a profile may have."""
    return profile.tokens.get("clip", UNLIMITED)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A text that may stand; `notes` say what was mended, in sentences for a person.

    `rebuilt` says that the idea had to be put in front: its writer deserves less trust.
    """

    prompt: str
    negative: str | None = None
    notes: tuple[str, ...] = ()
    rebuilt: bool = False


def mend(draft: Draft, brief: Brief) -> Accepted | Refusal:
    """The text within the budget, with the whole idea, the wishes, and no syntax of its own."""
    prompt, notes = _in_dialect(draft.prompt, brief)
    kept = _kept(prompt, brief)
    if isinstance(kept, Refusal):
        return kept
    prompt, notes = _with_wishes(kept.prompt, brief, (*notes, *kept.notes))
    return Accepted(prompt, draft.negative, notes, kept.rebuilt)


def _in_dialect(prompt: str, brief: Brief) -> tuple[str, tuple[str, ...]]:
    """The text less what only a front end reads and the idea does not have.

    A model that sees `<lora:...>` in a reference repeats it, though no such file may exist.
    """
    notes: tuple[str, ...] = ()
    for span in reversed(protected(prompt)):
        said = prompt[span.start : span.end]
        instead = said if said in brief.text else _instead(said, span, brief.profile)
        if instead != said:
            prompt = prompt[: span.start] + instead + prompt[span.end :]
            notes = (f"{said[:60]!r} became {instead[:60]!r}", *notes)
    if not notes:
        return prompt, ()
    pieces = (piece.strip() for piece in prompt.split(","))
    return ", ".join(piece for piece in pieces if piece), notes


def _instead(said: str, span: Span, profile: Profile) -> str:
    if span.kind == "weight":
        return said if profile.weight_syntax == "a1111" else strip_weights(said)
    return said if span.kind == "quoted" else ""


def _kept(prompt: str, brief: Brief) -> Accepted | Refusal:
    """The prompt within the budget, with the whole idea in it."""
    limit = budget(brief.profile)
    shorter = fitted(prompt, limit)
    cut = () if shorter == prompt else (f"cut to {limit} tokens",)
    found = intent(brief.text, shorter)
    if found.kept and not _broken(brief.text, shorter):
        return Accepted(shorter, notes=cut)
    whole = intent(brief.text, prompt)
    missing = ", ".join(dict.fromkeys((*found.hard, *found.lost)))
    if whole.score < MENDABLE:
        return Refusal(f"lost {missing}")
    glue = ", " if brief.profile.style == "tags" else ". "
    room = limit - clip_tokens(brief.text + glue)
    if room < ROOM:
        return Refusal(f"lost {missing}, and there is no room to put the idea in front")
    text = f"{brief.text}{glue}{fitted(prompt, room)}"
    notes = (f"the idea was put in front: it lost {missing}",)
    return Accepted(fitted(text, limit), notes=notes, rebuilt=True)


def fitted(prompt: str, limit: int) -> str:
    """The prompt cut to a limit of CLIP tokens, at the end of a phrase where there is one."""
    if clip_tokens(prompt) <= limit:
        return prompt
    short = clip_cut(prompt, limit)
    end = max(short.rfind(mark) for mark in (",", ";", ". ", "."))
    return (short[:end] if end > len(short) // 2 else short).rstrip(" ,;.")


def _broken(idea: str, prompt: str) -> bool:
    """Whether control syntax or a quoted text of the idea did not come through to the letter."""
    return any(idea[span.start : span.end] not in prompt for span in protected(idea))


def _with_wishes(prompt: str, brief: Brief, notes: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The prompt with the wishes it did not meet, as far as there is room."""
    limit = budget(brief.profile)
    for wish in brief.wanted:
        if intent(wish.text, prompt).score >= 0.5:
            continue
        longer = f"{prompt.rstrip(' .')}, {wish.text}"
        if clip_tokens(longer) <= limit:
            prompt = longer
        else:
            notes = (*notes, f"no room for {wish.original or wish.text!r} within {limit} tokens")
    return prompt, notes


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
