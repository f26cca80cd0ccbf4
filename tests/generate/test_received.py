"""What arrives: sniffed, bounded, decoded."""

import asyncio
import io
import json
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from bozzetto.errors import DataError
from bozzetto.generate.png import SIGNATURE, read_texts
from bozzetto.generate.received import OURS, receive, sniff
from bozzetto.plugins import load
from bozzetto.testing.images import collect
from bozzetto.types import Effective, ImageMade, ImageRequest, ImageTask, Lineage

TASK = ImageTask(
    ImageRequest("a fox", seed=3), Lineage("candidate", "una volpe", "c0ffee", ("0" * 16,))
)
MADE = Effective("a fox", seed=3, notes=("no negative prompt here",))


def file_of(kind: str, size: tuple[int, int] = (40, 30), **options: object) -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(file, kind, **options)
    return file.getvalue()


def claiming(width: int, height: int) -> bytes:
    """A PNG whose header claims a size."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + crc

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(b"\0" * 100)
    return SIGNATURE + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def test_a_png_keeps_its_pixels_and_says_how_it_was_made() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("workflow", '{"nodes": []}')
    data = file_of("PNG", pnginfo=info)
    kept = receive(data, TASK, MADE)
    texts = read_texts(kept.file)
    assert texts["workflow"] == '{"nodes": []}'
    assert texts["parameters"] == (
        'a fox\nSeed: 3, Size: 40x30, Notes: no negative prompt here, Version: "bozzetto sketch:"'
    )
    ours = json.loads(texts[OURS])
    assert ours["lineage"] == {
        "kind": "candidate", "idea": "una volpe", "candidate": "c0ffee", "hits": ["0" * 16],
    }  # fmt: skip
    assert ours["effective"]["notes"] == ["no negative prompt here"]
    assert kept.size == (40, 30)
    with Image.open(io.BytesIO(kept.file)) as a, Image.open(io.BytesIO(data)) as b:
        assert a.tobytes() == b.tobytes()
    with Image.open(io.BytesIO(kept.thumbnail)) as small:
        assert (small.format, small.size) == ("WEBP", (40, 30))


def test_a_card_of_no_model_says_so_in_the_kept_file() -> None:
    request = ImageRequest("a fox", width=64, height=64)
    made = asyncio.run(collect(load("images", "sketch")("", environ={}, timeout=1.0), request))[-1]
    assert isinstance(made, ImageMade)
    texts = read_texts(receive(made.data, ImageTask(request), made.effective).file)
    assert 'Model: sketch, Notes: "a placeholder: no model drew it"' in texts["parameters"]
    assert json.loads(texts[OURS])["effective"]["notes"] == ["a placeholder: no model drew it"]


def test_no_folder_and_no_address_goes_with_a_picture() -> None:
    images = "comfyui:/srv/ann/secret/flow.json@http://secret.lan:8188"
    request = ImageRequest("a fox", images=images, model="/srv/ann/secret/asked")
    kept = receive(file_of("PNG"), ImageTask(request), Effective("a fox", model="C:\\secret\\m"))
    assert b"secret" not in kept.file
    ours = json.loads(read_texts(kept.file)[OURS])
    assert ours["request"]["images"] == "comfyui:flow.json"
    assert (ours["request"]["model"], ours["effective"]["model"]) == ("asked", "m")


def test_the_same_picture_is_the_same_file() -> None:
    data = file_of("PNG")
    assert receive(data, TASK, MADE) == receive(data, TASK, MADE)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_others_become_png_of_the_same_pixels_without_their_metadata(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "a camera of somebody"
    data = file_of(kind, exif=exif)
    kept = receive(data, TASK, MADE)
    assert b"somebody" in data
    assert b"somebody" not in kept.file
    with Image.open(io.BytesIO(kept.file)) as a, Image.open(io.BytesIO(data)) as b:
        assert a.format == "PNG"
        assert a.tobytes() == b.convert("RGB").tobytes()


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_one_that_lies_on_its_side_is_turned(kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    kept = receive(file_of(kind, exif=exif), TASK, MADE)
    assert kept.size == (30, 40)
    with Image.open(io.BytesIO(kept.file)) as a, Image.open(io.BytesIO(file_of(kind))) as b:
        assert a.tobytes() == b.transpose(Image.Transpose.ROTATE_270).convert("RGB").tobytes()
        assert not a.getexif()
    with Image.open(io.BytesIO(kept.thumbnail)) as small:
        assert small.size == (30, 40)


@pytest.mark.parametrize(
    "junk", [b"", b"II*\0", b"MM\0*\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\0\xff"]
)
def test_exif_that_is_none_turns_nothing(junk: bytes) -> None:
    assert receive(file_of("JPEG", exif=b"Exif\0\0" + junk), TASK, MADE).size == (40, 30)


def test_a_thumbnail_is_small() -> None:
    with Image.open(io.BytesIO(receive(file_of("PNG", (2000, 1000)), TASK, MADE).thumbnail)) as t:
        assert t.size == (384, 192)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "nothing came"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
        (b'<?xml version="1.0"?><svg/>', "an SVG drawing"),
        (b"<!DOCTYPE html><title>Log in", "a web page"),
        (b"PK\3\4rest", "no picture came"),
        (b"RIFF\0\0\0\0WAVE", "no picture came"),
        (file_of("PNG")[:-30], "cannot be read|cut off"),
        (file_of("JPEG", (400, 300))[:900], "cannot be read"),
        (claiming(9_000, 9_000), "9000x9000 came; up to 40 megapixels"),
        (claiming(20_000, 20_000), "far too many pixels"),
        (claiming(60_000, 60_000), "far too many pixels"),
        (claiming(100, 100), "cannot be read"),
    ],
)
def test_what_is_no_picture_is_said(data: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said):
        receive(data, TASK, MADE)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_animation_is_no_picture(kind: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    file = io.BytesIO()
    frames[0].save(file, kind, save_all=True, append_images=frames[1:])
    with pytest.raises(DataError, match="animation"):
        receive(file.getvalue(), TASK, MADE)


def test_the_first_bytes_tell_the_kind() -> None:
    assert [sniff(file_of(kind)) for kind in ("PNG", "JPEG", "WEBP")] == ["PNG", "JPEG", "WEBP"]
