"""Syntax that only a front end reads, in a prompt: what is not the idea's own, or not the model's.

A chat model that sees `<lora:...>` in a reference repeats it, though no such file may exist.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bozzetto.optimize.brief import Brief
from bozzetto.profiles import Profile
from bozzetto.text.spans import Span, protected
from bozzetto.text.weights import convert, recognise

__all__ = ["foreign_syntax", "in_dialect"]

_SETTINGS = re.compile(r"(?<!\S)--[a-z]{1,12}\b(?:[ =][\d.:x]+)?|::-?\d*\.?\d*")
"""Midjourney's "--ar 16:9" and "::2", which no model of ours reads."""


def foreign_syntax(prompt: str, brief: Brief) -> tuple[tuple[int, int, str], ...]:
    """Where a prompt has syntax that is not the idea's or not the model's: start, end, instead."""
    return tuple(sorted(_places(prompt, brief)))


def _places(prompt: str, brief: Brief) -> Iterator[tuple[int, int, str]]:
    spans = protected(prompt)
    for span in spans:
        said = prompt[span.start : span.end]
        instead = said if said in brief.text else _instead(said, span, brief.profile)
        if instead != said:
            yield span.start, span.end, instead
    for match in _SETTINGS.finditer(prompt):
        inside = any(span.start <= match.start() < span.end for span in spans)
        if match[0] not in brief.text and not inside:
            yield match.start(), match.end(), ""


def _instead(said: str, span: Span, profile: Profile) -> str:
    if span.kind == "weight":
        return convert(said, recognise(said), profile.weight_syntax)
    return said if span.kind == "quoted" else ""


def in_dialect(prompt: str, brief: Brief) -> tuple[str, tuple[str, ...]]:
    """The prompt without foreign syntax, and a sentence for each that went."""
    places = foreign_syntax(prompt, brief)
    if not places:
        return prompt, ()
    notes = tuple(
        f"{prompt[a:b][:60]!r} became {text[:60]!r}" if text else f"{prompt[a:b][:60]!r} went"
        for a, b, text in places
    )
    for start, end, instead in reversed(places):
        prompt = prompt[:start] + instead + prompt[end:]
    pieces = (" ".join(piece.split()) for piece in prompt.split(","))
    return ", ".join(piece for piece in pieces if piece), notes
