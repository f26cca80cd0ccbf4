"""What a back end sends, looked at before it is kept: kind, bounds, every pixel decoded."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from bozzetto.errors import DataError
from bozzetto.generate.infotext import infotext
from bozzetto.generate.plan import MOST_PIXELS
from bozzetto.generate.png import SIGNATURE, rewrite
from bozzetto.text.places import without_place
from bozzetto.types import Effective, ImageTask

if TYPE_CHECKING:
    from PIL import Image as Pixels

__all__ = [
    "MEDIA_TYPES",
    "MOST_BYTES",
    "MOST_PIXELS",
    "OURS",
    "Received",
    "receive",
    "small_copy",
    "sniff",
]

MOST_BYTES = 128 * 1024 * 1024

_BOUND = f"up to {MOST_PIXELS / 1e6:.0f} megapixels are taken"

OURS = "bozzetto"
"""The keyword of our own text: request, effective values and lineage as JSON."""

_THEIRS = ("prompt", "workflow", "parameters")
"""Texts of the tool that drew the picture, left as they are (ComfyUI, AUTOMATIC1111)."""

_SIDE = 384
"""Pixels of the longer side of a thumbnail."""

_KINDS = (
    (SIGNATURE, "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"RIFF", "WEBP"),
)


MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


@dataclass(frozen=True, slots=True)
class Received:
    """A picture to keep: a PNG file with its texts, a WebP thumbnail, its size in pixels.

    `black` is one of black pixels alone, which filters send in place of what they hide.
    """

    file: bytes
    thumbnail: bytes
    size: tuple[int, int]
    black: bool = False


def receive(data: bytes, task: ImageTask, effective: Effective) -> Received:
    """Check what came for a task and make of it what is kept.

    A PNG keeps its pixels byte for byte; a JPEG or WebP becomes a PNG of the same pixels,
    turned the way up that its EXIF says.

    Raises:
        DataError: it is no picture, damaged, cut off, animated or too large; says what it is.
    """
    kind = sniff(data)
    pixels = _decode(data, kind)
    size = pixels.size
    texts = {
        "parameters": infotext(task.request, effective, size),
        OURS: json.dumps(_ours(task, effective), ensure_ascii=False, sort_keys=True),
    }
    plain = data if kind == "PNG" else _as_png(pixels)
    small = _reduced(pixels)
    black = _is_black(small) and _is_black(pixels.convert("RGB"))
    return Received(rewrite(plain, texts, _THEIRS), _as_webp(small), size, black)


def _is_black(pixels: Pixels.Image) -> bool:
    """Whether all pixels of an RGB picture are black."""
    return pixels.getextrema() == ((0, 0),) * 3


def small_copy(data: bytes) -> bytes:
    """The thumbnail of a picture's file.

    Raises:
        DataError: it is no picture, damaged, cut off, animated or too large; says what it is.
    """
    return _as_webp(_reduced(_decode(data, sniff(data))))


def _ours(task: ImageTask, effective: Effective) -> Mapping[str, Any]:
    """What is told of a picture; folders and addresses stay in the database."""
    images = without_place(task.request.images)
    return {
        "request": {**asdict(task.request), **_model(task.request.model), "images": images},
        "effective": {**asdict(effective), **_model(effective.model)},
        "lineage": asdict(task.lineage),
    }


def _model(name: str | None) -> Mapping[str, str | None]:
    return {"model": name and without_place(name)}


def sniff(data: bytes) -> str:
    """The kind of a picture by its first bytes.

    Raises:
        DataError: it is none of those that are taken.
    """
    if len(data) > MOST_BYTES:
        raise DataError(f"{len(data):,} bytes came; a picture of at most {MOST_BYTES:,} is taken")
    for start, kind in _KINDS:
        if data.startswith(start) and (kind != "WEBP" or data[8:12] == b"WEBP"):
            return kind
    head = data[:200].lstrip().lower()
    if not data:
        raise DataError("nothing came")
    if head.startswith((b"<svg", b"<?xml", b"<!doctype svg")):
        raise DataError("an SVG drawing came, not a picture of pixels")
    if head.startswith((b"<!doctype html", b"<html")):
        raise DataError("a web page came, not a picture")
    raise DataError(f"no picture came: it begins with {data[:8]!r}")


def _decode(data: bytes, kind: str) -> Pixels.Image:
    """All the pixels; the size is read, and judged, before any is decoded."""
    import warnings

    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of many pixels, which we count, and of damaged EXIF
            found = Image.open(io.BytesIO(data), formats=[kind])
        width, height = found.size
        if width * height > MOST_PIXELS:
            raise DataError(f"a picture of {width}x{height} came; {_BOUND}")
        if getattr(found, "n_frames", 1) > 1:
            raise DataError("it is an animation, not a picture")
        found.load()
    except DataError:
        raise
    except Image.DecompressionBombError as error:
        raise DataError(f"a picture of far too many pixels came; {_BOUND}") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise DataError(f"the {kind} cannot be read: {error}") from error
    return found if kind == "PNG" else _upright(found)


def _upright(pixels: Pixels.Image) -> Pixels.Image:
    """A picture as its EXIF has it turned, which a PNG of ours would lose; junk turns nothing."""
    import struct
    import warnings

    from PIL import ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ImageOps.exif_transpose(pixels)
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, EOFError, struct.error):
        return pixels


def _as_png(pixels: Pixels.Image) -> bytes:
    file = io.BytesIO()
    mode = "RGBA" if pixels.has_transparency_data else "RGB"
    pixels.convert(mode).save(file, "PNG", compress_level=1)
    return file.getvalue()


def _reduced(pixels: Pixels.Image) -> Pixels.Image:
    factor = max(1, min(pixels.size) // _SIDE)
    whole = pixels if pixels.mode == "RGB" else pixels.convert("RGB")
    small = whole.reduce(factor) if factor > 1 else whole.copy()
    small.thumbnail((_SIDE, _SIDE))
    return small


def _as_webp(small: Pixels.Image) -> bytes:
    file = io.BytesIO()
    small.save(file, "WEBP", quality=80, method=0)
    return file.getvalue()
