from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image as Pixels

from bozzetto.review.canvas import absence, loaded, one_line, opened
from bozzetto.types import Image

Make = Callable[..., Image]


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def claims(width: int, height: int) -> bytes:
    """A PNG file that claims a size and has no points."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<html></html>",
        b"\x89PNG\r\n\x1a\n",
        claims(60_000, 60_000),
        claims(10_000, 10_000),
        claims(7_000, 7_000),
        claims(0, 5),
        claims(5, 5),
    ],
)
def test_what_is_no_picture_is_not_there(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(data)
    assert opened(str(path)) is None
    assert opened(str(path), (8, 8)) is None


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_points_becomes_rgb(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "a.png"
    Pixels.new(mode, (40, 20)).save(path)
    points = opened(str(path), (10, 10))
    assert points is not None
    assert (points.mode, points.size, points.info) == ("RGB", (10, 5), {})


def test_a_thumbnail_serves_small_boxes_and_stands_in(make: Make) -> None:
    whole, small = make("a", "red"), make("b", "blue")
    image = replace(whole, thumbnail=small.path)
    lost = replace(image, path="nowhere.png")

    def colour(image: Image, side: int) -> object:
        pixels = loaded(image, (side, side))
        return pixels and pixels.getpixel((0, 0))

    red, blue = (255, 0, 0), (0, 0, 255)
    assert (colour(image, 320), colour(image, 321), colour(lost, 512)) == (blue, red, blue)


def test_why_there_is_no_picture(make: Make) -> None:
    image = make("a")
    assert absence(None) == "not made"
    assert absence(image) == "the file is gone or damaged"
    assert absence(replace(image, state="failed", reason="x")) == "failed: x"
    assert absence(replace(image, state="filtered")) == "filtered: no reason was given"


def test_what_steers_is_shown() -> None:
    assert one_line(" a\n\x1b[31m\u202edog\x00 ") == r"a \x1b[31m\u202edog\x00"
