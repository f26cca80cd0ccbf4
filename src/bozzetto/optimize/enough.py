"""Whether a prompt says enough about how the picture is to look."""

from __future__ import annotations

from collections.abc import Sequence

from bozzetto.optimize.brief import Brief
from bozzetto.optimize.limits import budget
from bozzetto.optimize.modifiers import facet
from bozzetto.optimize.rich import already_rich
from bozzetto.text.tokens import clip_tokens
from bozzetto.text.words import content_words, stem

__all__ = ["says_enough"]

ENOUGH = ((3, 8), (2, 18))
"""What a text must add to the idea: words about the look, and content words in all."""

ENOUGH_REBUILT = ((5, 14),)
"""The same for a text that lost some of the idea."""

TOUCHED_UP = ((1, 1),)
"""The same where the idea was to be touched up only."""

ROOM = 25
"""CLIP tokens left beside the idea below which one added word will do."""


def says_enough(prompt: str, new: Sequence[str], brief: Brief, *, rebuilt: bool) -> str | None:
    """Why a prompt with these new words says enough, or None; only English looks are told."""
    if budget(brief.profile) - clip_tokens(brief.text) < ROOM:
        return "says as much about the look as the idea leaves room for"
    if already_rich(brief):
        return "has an idea that says by itself how it looks"
    looks = len({stem(word) for word in new if facet(word)})
    if sum(c > "\u024f" for c in prompt) > len(prompt) / 4:
        return "adds to the idea" if len(new) >= ENOUGH[0][1] else None
    added = len(set(content_words(" ".join(new))))
    wanted = TOUCHED_UP if brief.strength == "touch-up" else ENOUGH
    wanted = ENOUGH_REBUILT if rebuilt else wanted
    if any(looks >= least and added >= in_all for least, in_all in wanted):
        return f"says {looks} things about the look"
    return None
