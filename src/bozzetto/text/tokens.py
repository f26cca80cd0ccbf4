"""Exact token counts of CLIP's text encoder, from CLIP's own byte-pair merges.

Radford et al. 2021; the vocabulary file is `bpe_simple_vocab_16e6.txt.gz` of openai/CLIP
(MIT), put into the wheel by the build. 77 positions, two of them markers: 75 are free.
"""

from __future__ import annotations

import html
import re
import zlib
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bozzetto.errors import SetupError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["CHUNK", "clip_chunks", "clip_cut", "clip_tokens", "read_merges"]

CHUNK: Final = 75
"""Tokens that fit one pass of the encoder beside its two markers."""

_BACKTRACK: Final = 20  # tokens after a comma that A1111 may carry over to the next chunk
_FILE: Final = Path(__file__).with_name("clip_merges.txt.gz")
_SHA256: Final = "924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a"
_MERGES: Final = 49152 - 256 - 2
_MERGES_BYTES: Final = 1 << 20  # the merges CLIP uses lie in the first part of the file
_MARKERS: Final = ("<|startoftext|>", "<|endoftext|>")
_PIECE: Final = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
_PLAIN: Final = re.compile(r"[ -%'-~\t\n\r]*")  # what ftfy and HTML unescaping leave alone
_HAN: Final = "\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff"
_UNIT: Final = re.compile(rf"[{_HAN}]|[^\s,;{_HAN}][^\s{_HAN}]*?(?=[,;]*(?:\s|$|[{_HAN}]))")


def read_merges(file: Path) -> list[tuple[str, str]]:
    """CLIP's merges in order of rank, from its vocabulary file, checked by hash."""
    hint = "reinstall: pip install --force-reinstall bozzetto"
    try:
        data = file.read_bytes()
    except OSError as error:
        raise SetupError(f"CLIP's vocabulary is missing: {file}", hint=hint) from error
    if sha256(data).hexdigest() != _SHA256:
        raise SetupError(f"CLIP's vocabulary has an unexpected sha256: {file}", hint=hint)
    text = zlib.decompressobj(wbits=31).decompress(data, _MERGES_BYTES).decode(errors="ignore")
    parts = iter(text.partition("\n")[2].split(maxsplit=2 * _MERGES)[: 2 * _MERGES])
    return list(zip(parts, parts, strict=True))


def _byte_symbols() -> list[str]:
    """The 256 characters that stand for bytes: printable ones for themselves."""
    own = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = 256 - len(own)
    return [chr(byte) for byte in own] + [chr(256 + number) for number in range(rest)]


@cache
def _tokenizer() -> Tokenizer:
    from tokenizers import AddedToken, Regex, Tokenizer, models, pre_tokenizers

    merges = read_merges(_FILE)
    symbols = _byte_symbols()
    entries = [*symbols, *(s + "</w>" for s in symbols), *(a + b for a, b in merges), *_MARKERS]
    vocabulary = {entry: number for number, entry in enumerate(entries)}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, end_of_word_suffix="</w>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECE), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.add_tokens([AddedToken(marker, normalized=False) for marker in _MARKERS])
    return tokenizer


def _clean(text: str) -> str:
    """The text as CLIP's own preprocessing leaves it: ftfy, HTML unescaped twice, lower case."""
    if _PLAIN.fullmatch(text):
        return text.lower()
    from ftfy import fix_text

    fixed = fix_text(text.encode("utf-8", "replace").decode())
    return html.unescape(html.unescape(fixed)).lower()


@lru_cache(maxsize=1 << 14)
def clip_tokens(text: str) -> int:
    """How many CLIP tokens a text has, start and end markers not counted.

    Raises:
        SetupError: the vocabulary file is missing or broken.
    """
    return len(_tokenizer().encode(_clean(text), add_special_tokens=False).ids)


def clip_chunks(text: str) -> tuple[int, ...]:
    """Tokens in each chunk of 75 that A1111 makes of a prompt; (0,) for an empty one.

    "BREAK" ends a chunk. A chunk that is full ends after its last comma where that lies at
    most 20 tokens back, so that no phrase is torn (A1111's "comma padding backtrack").
    Weight syntax is counted as text: strip it first for the count of what is encoded.
    """
    chunks: list[int] = []
    for part in re.split(r"\bBREAK\b", text):
        encoding = _tokenizer().encode(_clean(part), add_special_tokens=False)
        chunks += _fill([token == ",</w>" for token in encoding.tokens])
    return tuple(chunks)


def _fill(commas: list[bool]) -> list[int]:
    """Sizes of the chunks for tokens of which we know which ones are commas."""
    sizes: list[int] = []
    start = 0
    while len(commas) - start > CHUNK:
        end = start + CHUNK
        if not commas[end]:  # a comma that comes next stays with its phrase's chunk
            back = next((n for n in range(end, end - _BACKTRACK - 1, -1) if commas[n - 1]), end)
            end = back
        sizes.append(end - start)
        start = end
    return [*sizes, len(commas) - start]


def clip_cut(text: str, limit: int) -> str:
    """The longest beginning made of whole words that has at most `limit` tokens.

    Chinese and Japanese are cut between characters. Commas at the cut are dropped; a text
    within the limit comes back as it is.
    """
    if clip_tokens(text) <= limit:
        return text
    ends = [match.end() for match in _UNIT.finditer(text)]
    low, high = 0, len(ends)
    while low < high:  # the count grows with the words
        middle = (low + high + 1) // 2
        if clip_tokens(text[: ends[middle - 1]]) <= limit:
            low = middle
        else:
            high = middle - 1
    return text[: ends[low - 1]] if low else ""
