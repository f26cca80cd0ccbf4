"""A1111 attention weights: "(x:1.2)", "((x))", "[x]". Pure text in, plain text out.

Syntax after AUTOMATIC1111's stable-diffusion-webui, wiki page Features, "Attention/emphasis".
"""

from __future__ import annotations

import re

__all__ = ["strip_weights"]

_ESCAPED = re.compile(r"\\([()\[\]\\])")
_WEIGHT = re.compile(r"\s*:\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)\s*(?=\))")
_MARKS = "()[]"


def strip_weights(text: str) -> str:
    """The text without its weights: brackets and numbers gone, escaped brackets kept.

    Unbalanced brackets go too; "(x:1.2)" gives "x", "\\(x\\)" gives "(x)".
    """
    if not any(mark in text for mark in _MARKS):
        return text
    kept = _ESCAPED.sub(lambda m: chr(0xE000 + ord(m[1])), text)
    plain = _WEIGHT.sub("", kept)
    for mark in _MARKS:
        plain = plain.replace(mark, "")
    return re.sub("[\ue028\ue029\ue05b\ue05c\ue05d]", lambda m: chr(ord(m[0]) - 0xE000), plain)
