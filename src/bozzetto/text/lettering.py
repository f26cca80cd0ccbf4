"""Words on a picture: a font that has their letters, and lines that fit a width."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import ImageDraw, ImageFont

    Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

__all__ = ["draw_lines", "font", "legible", "wrap"]

_WIDE = (  # fonts with Chinese, Japanese and Korean letters, by the systems that bring them
    "NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "wqy-microhei.ttc", "wqy-zenhei.ttc",
    "DroidSansFallbackFull.ttf", "PingFang.ttc", "Hiragino Sans GB.ttc", "AppleSDGothicNeo.ttc",
    "Arial Unicode.ttf", "msyh.ttc", "malgun.ttf", "msgothic.ttc",
)  # fmt: skip
_NARROW = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "Arial.ttf", "arial.ttf", "segoeui.ttf")
_ASCII = 0x80  # Pillow's own font has no accents
_FIRST_WIDE = 0x1100


@cache
def _load(names: tuple[str, ...], size: int) -> Font:
    """The first of these fonts that the system has; Pillow's own, of English letters, else."""
    from PIL import ImageFont

    for name in names:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return _load((), size) if names else ImageFont.load_default(size)


def font(text: str, size: int) -> Font:
    """A font with the letters of a text where the system has one; size in pixels."""
    highest = max(map(ord, text), default=0)
    if highest >= _FIRST_WIDE:
        return _load(_WIDE + _NARROW, size)
    return _load(_NARROW if highest >= _ASCII else (), size)


def legible(text: str, letters: Font) -> str:
    """A text without its accents where the font is Pillow's own, which has none."""
    if text.isascii() or letters is not _load((), round(getattr(letters, "size", 0))):
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def wrap(text: str, font: Font, width: int, most: int) -> list[str]:
    """A text as lines of at most `width` pixels, `most` of them; what is cut ends in an ellipsis.

    Lines break at spaces, and inside a word that is wider than a line, as Chinese ones are.
    """
    lines: list[str] = []
    rest = " ".join(text.split())
    while rest:
        if len(lines) == most:
            lines[-1] = _shorten(lines[-1], font, width)
            break
        end = _fitting(rest, font, width)
        lines.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return lines


def _fitting(text: str, font: Font, width: int) -> int:
    """How many characters fit on a line; at least one."""
    low, high = 1, min(len(text), width)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if font.getlength(text[:middle]) <= width else (low, middle - 1)
    if low == len(text) or text[low] == " ":
        return low
    return text.rfind(" ", 1, low) + 1 or low


def _shorten(line: str, font: Font, width: int) -> str:
    while line and font.getlength(line + "…") > width:
        line = line[:-1]
    return line.rstrip() + "…"


def draw_lines(
    draw: ImageDraw.ImageDraw,
    at: tuple[int, int],
    text: str,
    *,
    size: int,
    width: int,
    most: int,
    fill: str,
) -> int:
    """Draw a text as lines from a corner on; the y under the last one is returned."""
    letters = font(text, size)
    x, y = at
    for line in wrap(legible(text, letters), letters, width, most):
        draw.text((x, y), line, font=letters, fill=fill)
        y += size + size // 3
    return y
