"""How far a translation of an idea is to be trusted, without anybody who speaks both languages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bozzetto.optimize.brief import Brief
from bozzetto.optimize.fluency import odd
from bozzetto.optimize.translate import LEFT_OUT
from bozzetto.text.words import content_words, words

__all__ = ["FAR", "Doubt", "Similar", "doubt"]

Similar = Callable[[str, str], float]
"""How near two texts of any languages are in meaning, as a cosine."""

FAR = 0.5
"""Cosine of idea and translation below which it is of something else: of 80 ideas in eight
languages 2 % lie below with their own translation, 99.9 % with that of another idea."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """What speaks against a translation; `share` (0-1) is how much of the idea it leaves.

    `odd` are pairs of words that English does not put together, `left_out` words that were not
    understood, `near` the cosine where it is too low, else None.
    """

    share: float = 1.0
    odd: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    near: float | None = None

    @property
    def reason(self) -> str:
        """What to tell a person, empty where there is no doubt."""
        said = [f"reads oddly ({', '.join(self.odd)})"] if self.odd else []
        said += [f"leaves out {', '.join(self.left_out)}"] if self.left_out else []
        said += [f"is far from the idea ({self.near:.2f})"] if self.near is not None else []
        return f"unsure of the translation: it {', '.join(said)}" if said else ""


def doubt(brief: Brief, similar: Similar | None = None) -> Doubt:
    """What speaks against the English of a brief's idea; nothing where none was translated."""
    if not any(phrase.original for phrase in brief.phrases if phrase.source == "idea"):
        return Doubt()
    pairs, left_out = odd(brief.text), _left_out(brief)
    said = dict.fromkeys(content_words(brief.text))
    suspect = {word for pair in pairs for word in words(pair)}
    sound = sum(word not in suspect for word in said) / max(1, len(said) + len(left_out))
    near = similar(brief.idea, brief.text) if similar else 1.0
    share = sound * min(1.0, max(0.0, near) / FAR)
    return Doubt(share, pairs, left_out, near if near < FAR else None)


def _left_out(brief: Brief) -> tuple[str, ...]:
    """The words of the idea that were not understood, as the translation's notes have them."""
    notes = (note for note in brief.notes if note.startswith(LEFT_OUT))
    return tuple(word for note in notes for word in note.removeprefix(LEFT_OUT).split(", "))
