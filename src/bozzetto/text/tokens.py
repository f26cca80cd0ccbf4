"""Exact token counts of CLIP's text encoder, from CLIP's own byte-pair merges.

Radford et al. 2021; the vocabulary file is `bpe_simple_vocab_16e6.txt.gz` of openai/CLIP
(MIT), put into the wheel by the build. 77 positions, two of them markers: 75 are free.
"""

from __future__ import annotations

import gzip
import html
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from bozzetto.errors import SetupError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["CHUNK", "clip_chunks", "clip_cut", "clip_tokens"]

CHUNK = 75
"""Tokens that fit one pass of the encoder beside its two markers."""

_FILE = Path(__file__).with_name("clip_merges.txt.gz")
_SHA256 = "924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a"
_MERGES = 49152 - 256 - 2
_PATTERN = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def _read_merges() -> list[tuple[str, str]]:
    try:
        data = _FILE.read_bytes()
    except OSError as error:
        raise SetupError(
            f"CLIP's vocabulary {_FILE} is missing", hint="pip install --force-reinstall bozzetto"
        ) from error
    if sha256(data).hexdigest() != _SHA256:
        raise SetupError(
            f"CLIP's vocabulary {_FILE} has the wrong sha256",
            hint="pip install --force-reinstall bozzetto",
        )
    lines = gzip.decompress(data).decode().split("\n")[1 : _MERGES + 1]
    return [(a, b) for a, b in (line.split() for line in lines)]


def _byte_symbols() -> list[str]:
    """The 256 characters that stand for bytes: printable ones for themselves."""
    own = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in set(own)]
    return [chr(byte) for byte in own] + [chr(256 + n) for n in range(len(rest))]


@cache
def _tokenizer() -> Tokenizer:
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    merges = _read_merges()
    symbols = _byte_symbols()
    entries = symbols + [s + "</w>" for s in symbols] + [a + b for a, b in merges]
    vocabulary = {entry: number for number, entry in enumerate(entries)}
    tokenizer = Tokenizer(
        models.BPE(vocabulary, merges, end_of_word_suffix="</w>", continuing_subword_prefix="")
    )
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PATTERN), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    return tokenizer


def _clean(text: str) -> str:
    if "&" in text:
        text = html.unescape(html.unescape(text))
    if not text.isascii():
        from ftfy import fix_text

        text = fix_text(text.encode("utf-8", "replace").decode())
        text = html.unescape(html.unescape(text))
    return text


def clip_tokens(text: str) -> int:
    """How many CLIP tokens a text has, start and end markers not counted."""
    return len(_tokenizer().encode(_clean(text), add_special_tokens=False).ids)


def clip_chunks(text: str) -> tuple[int, ...]:
    """Tokens of each 75-token chunk, as A1111 cuts a long prompt."""
    counts = []
    for part in text.split("BREAK"):
        total = clip_tokens(part)
        counts += [CHUNK] * (total // CHUNK)
        if total % CHUNK or not total:
            counts.append(total % CHUNK)
    return tuple(counts)


def clip_cut(text: str, limit: int) -> str:
    """The longest prefix of whole words that has at most `limit` tokens."""
    pieces = text.split(" ")
    low, high = 0, len(pieces)
    while low < high:
        middle = (low + high + 1) // 2
        if clip_tokens(" ".join(pieces[:middle])) <= limit:
            low = middle
        else:
            high = middle - 1
    return " ".join(pieces[:low]).rstrip(" ,;")
