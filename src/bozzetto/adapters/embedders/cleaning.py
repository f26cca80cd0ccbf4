"""Texts as services take them: one line, nothing that JSON or a model stumbles over, never empty.

How many tokens a text has is known to the service alone. The estimate here is on the safe side:
half a token for a letter or space of ASCII, one for any other character of it, and one for each
byte of all others, which no byte-level tokenizer exceeds. What is beyond is cut off.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate

__all__ = ["EMPTY", "readable", "size"]

EMPTY = "."
"""What is sent for a text without content: services refuse an empty one."""

_UNREADABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_LONE = re.compile("[\ud800-\udfff]")


def readable(text: str, tokens: int, characters: int) -> str:
    """A text as it is sent: at most so many characters, and by the estimate so many tokens."""
    text = text[: 8 * characters]  # white space may fill the rest; whatever is longer never ends
    if _LONE.search(text):  # pairs are joined, lone ones are not
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    line = " ".join(_UNREADABLE.sub(" ", text).split())[:characters]
    if size(line) > tokens:
        sums = list(accumulate(map(_halves, line)))
        line = line[: bisect_right(sums, 2 * tokens)]
    return line.strip() or EMPTY


def size(text: str) -> int:
    """The most tokens that a text can have: its bytes."""
    return len(text.encode("utf-8", "replace"))


def _halves(character: str) -> int:
    """Half tokens of a character, at most."""
    if character.isascii():
        return 1 if character.isalpha() or character == " " else 2
    return 2 * size(character)
