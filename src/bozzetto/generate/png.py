"""PNG files as chunks: what stands beside the pixels, read and written without touching them.

Format: PNG specification, third edition (W3C, 2025), sections 5 and 11.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping

from bozzetto.errors import DataError

__all__ = ["SIGNATURE", "read_texts", "rewrite", "text_chunk"]

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_KEPT = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP"})
"""What pixels need to look as they are meant to; place and camera (eXIf) are not among them."""

_TEXTS = frozenset({b"tEXt", b"iTXt", b"zTXt"})
_ANIMATION = frozenset({b"acTL", b"fcTL", b"fdAT"})
MOST_TEXT = 4_000_000
"""Bytes that one text may have when it is unpacked."""

Chunk = tuple[bytes, bytes]


def _chunks(data: bytes) -> Iterator[Chunk]:
    """Kind and content of each chunk, up to IEND; what follows it is no part of the picture."""
    if not data.startswith(SIGNATURE):
        raise DataError("it is no PNG")
    at = len(SIGNATURE)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, end = data[at + 4 : at + 8], at + 12 + length
        if end > len(data):
            break
        content = data[at + 8 : end - 4]
        if zlib.crc32(kind + content) != struct.unpack_from(">I", data, end - 4)[0]:
            raise DataError(f"the PNG is damaged in {kind.decode('latin-1')!r}")
        yield kind, content
        if kind == b"IEND":
            return
        at = end
    raise DataError("the PNG is cut off")


def _pack(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(
        ">I", zlib.crc32(kind + content)
    )  # fmt: skip


def text_chunk(keyword: str, text: str) -> bytes:
    """A text as a chunk: tEXt where it is Latin-1, as most readers expect, else iTXt."""
    key = keyword.encode("latin-1") + b"\0"
    try:
        return _pack(b"tEXt", key + text.encode("latin-1"))
    except UnicodeEncodeError:
        return _pack(b"iTXt", key + b"\0\0\0\0" + text.encode("utf-8", "replace"))


def read_texts(data: bytes) -> dict[str, str]:
    """The texts of a PNG by keyword; of several with one keyword the first.

    Raises:
        DataError: the file is damaged, or no PNG.
    """
    found: dict[str, str] = {}
    for kind, content in _chunks(data):
        if kind in _TEXTS:
            keyword, text = _read_text(kind, content)
            found.setdefault(keyword, text)
    return found


def _read_text(kind: bytes, content: bytes) -> tuple[str, str]:
    key, _, rest = content.partition(b"\0")
    keyword = key.decode("latin-1")
    if kind == b"tEXt":
        return keyword, rest.decode("latin-1")
    if kind == b"zTXt":
        return keyword, _unpack(rest[1:]).decode("latin-1")
    packed, rest = rest[:1] == b"\1", rest[2:]
    _, _, rest = rest.partition(b"\0")  # the language
    _, _, rest = rest.partition(b"\0")  # the keyword in that language
    return keyword, (_unpack(rest) if packed else rest).decode("utf-8", "replace")


def _unpack(data: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(data, MOST_TEXT)
    except zlib.error as error:
        raise DataError("a text of the PNG is damaged") from error
    if unpacker.unconsumed_tail:
        raise DataError(f"a text of the PNG is longer than {MOST_TEXT:,} bytes")
    return text


def rewrite(data: bytes, texts: Mapping[str, str], keep: Iterable[str]) -> bytes:
    """The same pixels with these texts; of those in the file only the ones named in `keep` stay.

    Where both have a keyword, the file's own stands. Everything that is neither pixels nor
    colour is left out, and whatever follows the end.

    Raises:
        DataError: the file is damaged, animated, or no PNG.
    """
    kept = frozenset(keep)
    head: list[bytes] = []
    rest: list[bytes] = []
    there: set[str] = set()
    for kind, content in _chunks(data):
        if kind in _ANIMATION:
            raise DataError("it is an animation, not a picture")
        keyword = content.partition(b"\0")[0].decode("latin-1") if kind in _TEXTS else ""
        if keyword in kept:
            there.add(keyword)
        elif kind not in _KEPT:
            continue
        (head if kind == b"IHDR" else rest).append(_pack(kind, content))
    ours = [text_chunk(key, text) for key, text in texts.items() if key not in there]
    return b"".join((SIGNATURE, *head, *ours, *rest))
