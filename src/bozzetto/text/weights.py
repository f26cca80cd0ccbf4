"""A1111's attention weights taken out: "(x:1.2)", "((x))", "[x]" become "x".

Syntax after AUTOMATIC1111's stable-diffusion-webui, wiki page Features, "Attention/emphasis":
round brackets raise, square ones lower, a backslash makes a bracket an ordinary character.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["strip_weights"]

_NUMBER: Final = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)"
_TOKEN: Final = re.compile(
    rf"\\(?P<kept>[()\[\]\\])"  # an escaped bracket is itself
    rf"|(?P<apart><[^<>]*>|__[\w*/-]+__)"  # lora and wildcard syntax has its own colons
    rf"|(?P<edit>\[[^\[\]()<>]*:\s*{_NUMBER}\s*\])"  # prompt editing "[a:b:0.5]" is no weight
    rf"|\s*:\s*{_NUMBER}\s*\)|[()\[\]]"
)


def strip_weights(text: str) -> str:
    r"""Take the weights out: brackets and numbers go, "\(x\)" gives "(x)".

    Unbalanced brackets go too. `<lora:...>`, wildcards and prompt editing ("[cat:dog:0.5]")
    are another syntax and stay.
    """
    if not _MARK.search(text):
        return text
    return _TOKEN.sub(_replace, text)


_MARK: Final = re.compile(r"[()\[\]]")


def _replace(match: re.Match[str]) -> str:
    return match["kept"] or match["apart"] or match["edit"] or ""
