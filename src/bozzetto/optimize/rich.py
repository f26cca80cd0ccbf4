"""Whether an idea already says how it is to look: then it is left alone."""

from __future__ import annotations

from bozzetto.optimize.brief import Brief
from bozzetto.optimize.modifiers import facet
from bozzetto.text.split import split
from bozzetto.text.tokens import clip_tokens
from bozzetto.text.words import content_words

__all__ = ["already_rich"]

SHORT = 25
"""CLIP tokens up to which an idea has room for more, whatever it says."""

MODIFIERS, MATTERS = 5, 4
"""Modifiers that a rich list has at least, and what they speak of: light, medium, an artist."""

PROSE_WORDS, PROSE_MATTERS = 30, 5
"""Content words of a rich description, and the matters of look that they speak of."""


def already_rich(brief: Brief) -> bool:
    """Whether an idea is as rich as the prompts it would be written after.

    Of 10,000 real prompts about two in five are, of 2,385 plain ideas (DrawBench, GenEval,
    PartiPrompts) one. It is about the idea alone: wishes are still to be added to it.
    """
    text = brief.text
    return clip_tokens(text) > SHORT and (_rich_list(text) or _rich_prose(text))


def _rich_list(text: str) -> bool:
    """Modifiers of several kinds; one without a facet of its own is a credit or a name."""
    halves = split(text)
    about = [text[a:b] for a, b in halves.core_spans[1:] if facet(text[a:b])]
    matters = {facet(piece) or "credit" for piece in (*halves.modifiers, *about)}
    return len(halves.modifiers) >= MODIFIERS and len(matters) >= MATTERS


def _rich_prose(text: str) -> bool:
    said = content_words(text)
    matters = {facet(word) for word in said} - {None}
    return len(said) >= PROSE_WORDS and len(matters) >= PROSE_MATTERS
