"""Paper to put pictures and words on: what every sheet is drawn with."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bozzetto.text.lettering import draw_lines, font, wrap
from bozzetto.text.normalise import visible
from bozzetto.text.places import without_places
from bozzetto.types import Image

if TYPE_CHECKING:
    from PIL import Image as Pixels
    from PIL import ImageDraw

__all__ = [
    "GREEN",
    "GREY",
    "INK",
    "RED",
    "Canvas",
    "absence",
    "lines",
    "loaded",
    "one_line",
    "opened",
    "png",
]

INK, GREY, LINE, HOLLOW = "#1c1c1e", "#6b6b70", "#c9c9ce", "#f2f2f4"
GREEN, RED, GOLD = "#1a7f37", "#b3261e", "#b07800"

MOST_PIXELS = 40_000_000
"""Pixels of a picture that is opened; none larger is ever kept."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """A white sheet of a size in pixels."""

    sheet: Pixels.Image
    draw: ImageDraw.ImageDraw

    @classmethod
    def blank(cls, width: int, height: int) -> Canvas:
        """A new one."""
        from PIL import Image as Pixels
        from PIL import ImageDraw

        sheet = Pixels.new("RGB", (width, height), "#ffffff")
        return cls(sheet, ImageDraw.Draw(sheet))

    def words(
        self,
        at: tuple[int, int],
        text: str,
        *,
        size: int,
        width: int,
        most: int = 1,
        fill: str = INK,
    ) -> int:
        """Write a text as up to `most` lines; the y under the last one is returned."""
        return draw_lines(
            self.draw, at, one_line(text), size=size, width=width, most=most, fill=fill
        )

    def right(self, at: tuple[int, int], text: str, *, size: int, fill: str = GREY) -> None:
        """Write one line that ends at `at`."""
        letters = font(text, size)
        self.draw.text(
            (at[0] - round(letters.getlength(text)), at[1]), text, font=letters, fill=fill
        )

    def stars(self, at: tuple[int, int], n: int, *, size: int) -> None:
        """Draw `n` of five stars as filled; few fonts have them as letters."""
        for place in range(5):
            x = at[0] + place * (size + size // 5) + size / 2
            y = at[1] + size / 2
            points = [
                (x + r * math.sin(k * math.pi / 5), y - r * math.cos(k * math.pi / 5))
                for k in range(10)
                for r in (size / 2 if k % 2 == 0 else size / 5,)
            ]
            self.draw.polygon(points, fill=GOLD if place < n else None, outline=GOLD)

    def picture(self, at: tuple[int, int], box: tuple[int, int], image: Image | None) -> None:
        """Put a picture into a box, in the middle; what is not there says why, in words."""
        x, y = at
        width, height = box
        pixels = loaded(image, box) if image else None
        if pixels is not None:
            self.sheet.paste(
                pixels, (x + (width - pixels.width) // 2, y + (height - pixels.height) // 2)
            )
            return
        self.draw.rectangle((x, y, x + width - 1, y + height - 1), fill=HOLLOW, outline=LINE)
        size = max(9, min(width // 12, 18))
        self.words(
            (x + size // 2, y + size // 2), absence(image), size=size, width=width - size,
            most=max(1, (height - size) // (size + size // 3)), fill=GREY,
        )  # fmt: skip


def one_line(text: str) -> str:
    """A stranger's text as one line without anything that steers."""
    return visible(" ".join(text.split()))


def lines(text: str, *, size: int, width: int, most: int) -> int:
    """How many lines a text takes."""
    words = one_line(text)
    return len(wrap(words, font(words, size), width, most))


def absence(image: Image | None) -> str:
    """Why there is no picture."""
    if image is None:
        return "not made"
    if image.state != "ok":
        return f"{image.state}: {without_places(image.reason or 'no reason was given')}"
    return "the file is gone or damaged"


def loaded(image: Image, box: tuple[int, int]) -> Pixels.Image | None:
    """A picture as large as a box holds it, on white; None where its file is gone or broken."""
    if image.state != "ok":
        return None
    for path in _files(image, max(box)):
        pixels = opened(path, box)
        if pixels is not None:
            return pixels
    return None


_THUMBNAIL = 320
"""Pixels of a box up to which a thumbnail is sharp enough."""


def _files(image: Image, side: int) -> list[str]:
    order = (image.path, image.thumbnail)
    return [path for path in (order if side > _THUMBNAIL else reversed(order)) if path]


def opened(path: str, box: tuple[int, int] | None = None) -> Pixels.Image | None:
    """The points of a picture's file, on white where it is transparent; None where it is none.

    With a box as large as that holds it.
    """
    from PIL import Image as Pixels
    from PIL import ImageOps

    try:
        with Pixels.open(path) as file:
            if file.width * file.height > MOST_PIXELS:
                return None
            file.draft("RGB", box)
            points = file.convert("RGBA" if file.has_transparency_data else "RGB")
    except (OSError, ValueError, SyntaxError, Warning, Pixels.DecompressionBombError):
        return None
    if box:
        points = ImageOps.contain(points, box, Pixels.Resampling.LANCZOS)
    if points.mode == "RGBA":
        paper = Pixels.new("RGBA", points.size, "#ffffff")
        points = Pixels.alpha_composite(paper, points).convert("RGB")
    points.info = {}
    return points


def png(sheet: Pixels.Image) -> bytes:
    """A sheet as a PNG file, with nothing in it but the picture."""
    file = io.BytesIO()
    sheet.save(file, "PNG")
    return file.getvalue()
