"""A card in place of a picture, drawn without any model, that says so in itself.

For demonstrations, tests and the first look at a campaign: the prompt, what it was asked with,
colours by the seed. The same request gives the same bytes.
"""

from __future__ import annotations

import asyncio
import colorsys
import hashlib
import io
from collections.abc import AsyncGenerator, Mapping

from bozzetto.errors import InputError
from bozzetto.ports import ImageFeatures
from bozzetto.text.lettering import draw_lines
from bozzetto.types import Effective, ImageEvent, ImageMade, ImageProgress, ImageRequest

__all__ = ["Sketch", "open_images"]

SIZE = 512
SMALLEST, LARGEST = 64, 4096
SAYS = "SKETCH - no model drew this"
"""What stands in every card, and in the drawn file under "Software"."""

NOTE = "a placeholder: no model drew it"
"""What goes with it as a note, and so into the metadata of the file that is kept."""


class Sketch:
    """An image generator that draws a labelled placeholder."""

    @property
    def features(self) -> ImageFeatures:
        """What the generator is."""
        return ImageFeatures(name="sketch:", parallel=2)

    def stream(self, request: ImageRequest) -> AsyncGenerator[ImageEvent]:
        """Draw the card of a request."""
        return _stream(request)

    async def aclose(self) -> None:
        """Nothing is held."""


async def _stream(request: ImageRequest) -> AsyncGenerator[ImageEvent]:
    width, height = request.width or SIZE, request.height or SIZE
    if not all(SMALLEST <= side <= LARGEST for side in (width, height)):
        raise InputError(
            f"sketch: {width}x{height} is no size",
            hint=f"sides are between {SMALLEST} and {LARGEST} pixels",
        )
    yield ImageProgress(0.0)
    data = await asyncio.to_thread(draw_card, request, width, height)
    yield ImageMade(
        data,
        Effective(
            prompt=request.prompt,
            negative=request.negative,
            seed=request.seed,
            width=width,
            height=height,
            model="sketch",
            notes=(NOTE,),
        ),
    )


def draw_card(request: ImageRequest, width: int, height: int) -> bytes:
    """The card as a PNG file."""
    from PIL import Image, ImageDraw
    from PIL.PngImagePlugin import PngInfo

    back, band, ink = _colours(request)
    card = Image.new("RGB", (width, height), back)
    draw = ImageDraw.Draw(card)
    side = min(width, height)
    margin, small, large = side // 16, max(side // 32, 9), max(side // 18, 11)
    draw.rectangle((0, height - 3 * small - margin, width, height), fill=band)
    room = height - 3 * small - 3 * margin - 3 * small
    y = draw_lines(
        draw, (margin, margin), request.prompt, size=large, width=width - 2 * margin,
        most=max(1, room // (large + large // 3)), fill=ink,
    )  # fmt: skip
    if request.negative:
        draw_lines(
            draw, (margin, y + small // 2), f"not: {request.negative}", size=small,
            width=width - 2 * margin, most=2, fill=ink,
        )  # fmt: skip
    foot = f"{SAYS}   seed {request.seed}"
    draw_lines(
        draw, (margin, height - 2 * small - margin // 2), foot, size=small,
        width=width - 2 * margin, most=1, fill="#ffffff",
    )  # fmt: skip
    notes = PngInfo()
    notes.add_text("Software", SAYS)
    file = io.BytesIO()
    card.save(file, "PNG", pnginfo=notes, compress_level=1)
    return file.getvalue()


def _colours(request: ImageRequest) -> tuple[str, str, str]:
    """Back, band and ink: the hue by prompt and seed."""
    digest = hashlib.sha256(f"{request.seed}\n{request.prompt}".encode()).digest()
    hue = digest[0] / 256
    return _hex(hue, 0.90, 0.5), _hex(hue, 0.30, 0.5), _hex(hue, 0.15, 0.4)


def _hex(hue: float, light: float, strength: float) -> str:
    red, green, blue = (round(255 * c) for c in colorsys.hls_to_rgb(hue, light, strength))
    return f"#{red:02x}{green:02x}{blue:02x}"


def open_images(rest: str, *, environ: Mapping[str, str], timeout: float) -> Sketch:
    """Open it; there is nothing to set up.

    Raises:
        InputError: something stands behind the colon.
    """
    if rest.strip():
        raise InputError(f"sketch: takes nothing behind the colon, not {rest!r}")
    return Sketch()
