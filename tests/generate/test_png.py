"""PNG chunks: texts in and out, nothing else touched."""

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from bozzetto.errors import DataError
from bozzetto.generate.png import SIGNATURE, read_texts, rewrite, text_chunk


def png(**texts: str) -> bytes:
    info = PngImagePlugin.PngInfo()
    for key, text in texts.items():
        info.add_text(key, text)
    file = io.BytesIO()
    picture = Image.linear_gradient("L").resize((16, 16))
    picture.save(file, "PNG", pnginfo=info)
    return file.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(
        ">I", zlib.crc32(kind + content)
    )  # fmt: skip


def test_texts_are_read_whatever_their_kind() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("plain", "a fox")
    info.add_text("packed", "a wolf " * 50, zip=True)
    info.add_itxt("wide", "小狗")
    info.add_itxt("wide packed", "小狗" * 90, zip=True)
    file = io.BytesIO()
    Image.new("L", (4, 4)).save(file, "PNG", pnginfo=info)
    assert read_texts(file.getvalue()) == {
        "plain": "a fox",
        "packed": "a wolf " * 50,
        "wide": "小狗",
        "wide packed": "小狗" * 90,
    }


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=200))
def test_any_text_comes_back_and_pillow_reads_it(text: str) -> None:
    data = rewrite(png(), {"parameters": text}, ())
    assert read_texts(data) == {"parameters": text}
    with Image.open(io.BytesIO(data)) as found:
        assert found.text.get("parameters", "") == text  # type: ignore[attr-defined]


def test_their_texts_stay_pixels_too_and_the_rest_goes() -> None:
    theirs = png(prompt='{"3": {}}', workflow="{}", Comment="GPS 45.07, 7.69")
    odd = theirs[:33] + chunk(b"eXIf", b"MM\0*") + chunk(b"prVt", b"secret") + theirs[33:]
    data = rewrite(
        odd + b"PK\3\4 a zip behind it", {"bozzetto": "{}", "prompt": "ours"}, ("prompt",)
    )
    assert read_texts(data) == {"bozzetto": "{}", "prompt": '{"3": {}}'}
    assert b"secret" not in data
    assert b"a zip" not in data
    assert b"MM\0*" not in data
    with Image.open(io.BytesIO(data)) as found, Image.open(io.BytesIO(theirs)) as before:
        assert found.tobytes() == before.tobytes()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no PNG"),
        (b"GIF89a", "no PNG"),
        (SIGNATURE, "cut off"),
        (png()[:-20], "cut off"),
        (png()[:20] + b"\xff" + png()[21:], "damaged in 'IHDR'"),
        (png()[:33] + chunk(b"acTL", bytes(8)) + png()[33:], "animation"),
        (SIGNATURE + b"\xff\xff\xff\xff" + b"IHDR" + bytes(30), "cut off"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said):
        rewrite(data, {}, ())


def test_a_text_that_unpacks_without_end_is_refused() -> None:
    bomb = chunk(b"zTXt", b"parameters\0\0" + zlib.compress(bytes(50_000_000)))
    data = png()[:33] + bomb + png()[33:]
    with pytest.raises(DataError, match="longer than"):
        read_texts(data)


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(rest: bytes) -> None:
    try:
        read_texts(SIGNATURE + rest)
    except DataError:
        return


def test_a_chunk_is_latin_where_it_can_be() -> None:
    assert text_chunk("k", "café")[4:8] == b"tEXt"
    assert text_chunk("k", "小")[4:8] == b"iTXt"
