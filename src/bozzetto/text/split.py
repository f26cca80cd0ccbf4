"""A prompt in its two halves: what is in the picture, and how it is made to look."""

from __future__ import annotations

import re

from bozzetto.text.style_words import STYLE_WORDS
from bozzetto.types import Split

__all__ = ["split"]

_SEPARATOR = re.compile(r"\s*[,;|\n]+\s*|\.\s+|\s+(?=by [a-z])|\s+(?=in (?:the )?style of)", re.I)
_WORD = re.compile(r"[a-z0-9]+")
_STYLE_START = re.compile(
    r"(?:art |painted |designed |directed )?by |in (?:the )?style of|style of|<lora", re.I
)


def split(text: str) -> Split:
    """Split a prompt; the core is never empty unless the text is."""
    core: list[tuple[int, int]] = []
    modifiers: list[tuple[int, int]] = []
    start = 0
    after_by = False
    for cut in [*((m.start(), m.end()) for m in _SEPARATOR.finditer(text)), (len(text), len(text))]:
        piece = text[start : cut[0]]
        a = start + len(piece) - len(piece.lstrip(" .,"))
        b = start + len(piece.rstrip(" .,"))
        start = cut[1]
        if b <= a:
            continue
        piece = text[a:b]
        tokens = _WORD.findall(piece.lower())
        style = sum(t in STYLE_WORDS for t in tokens)
        if _STYLE_START.match(piece):
            modifiers.append((a, b))
            after_by = True
        elif tokens and style / len(tokens) > 0.4 or (after_by and len(tokens) <= 3):
            modifiers.append((a, b))
        else:
            core.append((a, b))
            after_by = False
    if not core and modifiers:
        core.append(modifiers.pop(0))
    return Split(text, tuple(core), tuple(modifiers))
