"""How many tokens a text has: CLIP's exactly, T5's and Qwen's estimated on the high side.

CLIP: Radford et al. 2021; the vocabulary file is `bpe_simple_vocab_16e6.txt.gz` of openai/CLIP
(MIT), put into the wheel by the build. 77 positions, two of them markers: 75 are free.
T5 and Qwen: from CLIP's tokens, for their vocabularies are in no package fit to depend on;
docs/decisions/0007 has the measurement.
"""

from __future__ import annotations

import html
import math
import re
import zlib
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bozzetto.errors import SetupError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = [
    "CHUNK",
    "ENCODERS",
    "ESTIMATED",
    "clip_chunks",
    "clip_cut",
    "clip_tokens",
    "longest",
    "qwen_tokens",
    "read_merges",
    "t5_tokens",
]

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
_UNIT: Final = re.compile(rf"[{_HAN}]|[^\s,;{_HAN}][^\s{_HAN}]*")
_HAN_CHARACTER: Final = re.compile(f"[{_HAN}]")
_RARE: Final = 20_000  # merges of a higher rank are of words that other vocabularies split


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


def clip_tokens(text: str) -> int:
    """How many CLIP tokens a text has, start and end markers not counted.

    Raises:
        SetupError: the vocabulary file is missing or broken.
    """
    return _kinds(text)[0]


@lru_cache(maxsize=1 << 14)
def _kinds(text: str) -> tuple[int, int, int]:
    """CLIP's tokens of a text: how many, how many of them rare, how many digits."""
    encoding = _tokenizer().encode(_clean(text), add_special_tokens=False)
    rare = sum(number >= _RARE for number in encoding.ids)
    return len(encoding.ids), rare, sum(token[0].isdigit() for token in encoding.tokens)


def t5_tokens(text: str) -> int:
    """About how many tokens T5 (v1.1, 32,000 pieces) makes of a text, end marker not counted.

    On prose 20-25 % high in the mean; too low for 0 of 662 long prompts.
    """
    rest, characters = _HAN_CHARACTER.subn(" ", text)
    tokens, rare, _ = _kinds(rest)
    return characters + math.ceil(1.35 * tokens + 1.3 * rare)


def qwen_tokens(text: str) -> int:
    """About how many tokens Qwen 2.5 and 3 (151,643 pieces) make of a text.

    On English prose about 20 % high in the mean; too low for 1 of 662 long prompts.
    """
    rest, characters = _HAN_CHARACTER.subn(" ", text)
    tokens, rare, digits = _kinds(rest)
    return characters + math.ceil(1.15 * tokens + 0.7 * rare + 0.8 * digits)


ENCODERS: Final[Mapping[str, Callable[[str], int]]] = {
    "clip": clip_tokens,
    "t5": t5_tokens,
    "qwen": qwen_tokens,
}
"""How to count for each encoder that a profile may name."""

ESTIMATED: Final = frozenset({"t5", "qwen"})
"""Those whose counts are estimates, rather too high than too low."""


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
    """The longest beginning made of whole words that has at most `limit` CLIP tokens.

    As `longest`.
    """
    return longest(text, lambda beginning: clip_tokens(beginning) <= limit)


def longest(
    text: str, fits: Callable[[str], bool], may_end: Callable[[int], bool] = lambda place: True
) -> str:
    """The longest beginning made of whole words that fits; a text that fits comes back as it is.

    Chinese and Japanese are cut between characters. Commas at the cut are dropped. `fits` must
    hold for all that is shorter than what fits; `may_end` tells where a cut may be.
    """
    if fits(text):
        return text
    units = (match.start() + len(match[0].rstrip(",;")) for match in _UNIT.finditer(text))
    ends = [end for end in units if may_end(end)]
    low, high = 0, len(ends)
    while low < high:
        middle = (low + high + 1) // 2
        if fits(text[: ends[middle - 1]]):
            low = middle
        else:
            high = middle - 1
    return text[: ends[low - 1]] if low else ""
