"""CLIP token counts against the textbook algorithm, written out here from the paper."""

import gzip
import html
import time
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from ftfy import fix_text
from hypothesis import given
from hypothesis import strategies as st

import bozzetto.text.tokens as tokens
from bozzetto.errors import SetupError
from bozzetto.text.tokens import (
    ENCODERS,
    ESTIMATED,
    clip_chunks,
    clip_cut,
    clip_tokens,
    longest,
    qwen_tokens,
    t5_tokens,
)

FILE = Path(tokens.__file__).with_name("clip_merges.txt.gz")


@cache
def ranks() -> dict[tuple[str, str], int]:
    lines = gzip.decompress(FILE.read_bytes()).decode().split("\n")[1 : 49152 - 256 - 1]
    pairs = [line.split() for line in lines]
    return {(a, b): rank for rank, (a, b) in enumerate(pairs)}


@cache
def alphabet() -> dict[int, str]:
    own = [b for b in range(256) if 33 <= b <= 126 or 161 <= b <= 172 or b >= 174]
    table = {b: chr(b) for b in own}
    table |= {b: chr(256 + n) for n, b in enumerate(b for b in range(256) if b not in own)}
    return table


def kind(char: str) -> str:
    """Letter, number, space or sign: what the pattern of CLIP's tokenizer tells apart."""
    from unicodedata import category

    if char.isspace():
        return " "
    return category(char)[0] if category(char)[0] in "LN" else "S"


def pieces(text: str) -> list[str]:
    found: list[str] = []
    at = 0
    while at < len(text):
        ends = [e for e in ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d") if text.startswith(e, at)]
        end = at + 1
        if ends:
            end = at + len(ends[0])
        elif kind(text[at]) in "LS":
            while end < len(text) and kind(text[end]) == kind(text[at]):
                end += 1
        if kind(text[at]) != " ":
            found.append(text[at:end])
        at = end
    return found


@cache
def merge(piece: str) -> list[str]:
    word = [alphabet()[b] for b in piece.encode()]
    word[-1] += "</w>"
    while True:
        pairs = [(ranks().get(pair, 10**9), n) for n, pair in enumerate(pairwise(word))]
        best, at = min(pairs, default=(10**9, 0))
        if best == 10**9:
            return word
        word[at : at + 2] = [word[at] + word[at + 1]]


def textbook(text: str) -> list[str]:
    clean = html.unescape(html.unescape(fix_text(text))).lower()
    return [token for piece in pieces(clean) for token in merge(piece)]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("   \n", 0),
        ("a photo of a cat", 5),
        ("A  PHOTO\tof a cat", 5),
        ("trending on artstation, 8k, octane render", 10),
        ("don't we'll they're", 6),
        ("1980s", 5),
        ("(a fox:1.2)", 8),
        ("d&amp;d", 3),
        ("a" * 1000, 126),
        ("<|endoftext|>", 1),
    ],
)
def test_clip_tokens(text: str, count: int) -> None:
    assert clip_tokens(text) == count


def test_real_prompts_count_as_in_the_textbook(prompts: list[str]) -> None:
    wrong = [text for text in prompts[::8] if clip_tokens(text) != len(textbook(text))]
    assert wrong == []


SAMPLES = ["a", "the ", "fox", "'s", "'T", "8", "k", ",", "!!", " ", "é", "ß", "İ", "½", "你好"]
CHARACTERS = st.characters(exclude_categories=("Cs", "Cn", "Co"))
TEXTS = st.lists(st.one_of(st.sampled_from(SAMPLES), CHARACTERS), max_size=12).map("".join)


@given(TEXTS)
def test_any_text_counts_as_in_the_textbook(text: str) -> None:
    assert clip_tokens(text) == len(textbook(text))


def test_real_prompts_count_as_in_another_tokenizer(prompts: list[str]) -> None:
    other = pytest.importorskip("instant_clip_tokenizer", reason="no wheel for this Python")
    tokenizer = other.Tokenizer()
    plain = [text for text in prompts if text.isascii() and "&" not in text]
    wrong = [text for text in plain if clip_tokens(text) != len(tokenizer.encode(text))]
    assert wrong == []


def test_clip_chunks() -> None:
    assert clip_chunks("") == (0,)
    assert clip_chunks("a fox") == (2,)
    assert clip_chunks("a fox BREAK in the snow") == (2, 3)
    assert clip_chunks("a fox BREAKFAST") == (3,)
    assert clip_chunks("fox " * 75) == (75,)
    assert clip_chunks("fox " * 160) == (75, 75, 10)


def test_a_full_chunk_ends_after_a_comma_up_to_twenty_tokens_back() -> None:
    assert clip_chunks("fox " * 60 + ", " + "fox " * 30) == (61, 30)
    assert clip_chunks("fox " * 50 + ", " + "fox " * 30) == (75, 6)
    assert clip_chunks("fox " * 74 + ", " + "fox " * 30) == (75, 30)


@given(st.text(st.sampled_from("ab ,.é你"), max_size=400), st.integers(0, 60))
def test_clip_cut_is_the_longest_beginning_of_whole_words(text: str, limit: int) -> None:
    cut = clip_cut(text, limit)
    assert clip_tokens(cut) <= limit
    assert text.startswith(cut)
    if cut != text:
        rest = text[len(cut) :].lstrip(" ,;")
        following = rest[:1] if rest[:1] == "你" else rest.replace("你", " ").split(" ")[0]
        longer = text[: len(text) - len(rest)] + following.rstrip(",;")
        assert clip_tokens(longer) > limit


def test_clip_cut_examples() -> None:
    assert clip_cut("a red fox, in the snow", 3) == "a red fox"
    assert clip_cut("a red fox, in the snow", 4) == "a red fox"
    assert clip_cut("a red fox, in the snow", 5) == "a red fox, in"
    assert clip_cut("a red fox", 3) == "a red fox"
    assert clip_cut("unbelievablylongwordwithoutspaces", 1) == ""
    assert clip_cut("a fox", 0) == ""
    assert clip_cut("你好你好", clip_tokens("你好你")) == "你好你"


def test_a_missing_or_wrong_vocabulary_is_said(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="missing"):
        tokens.read_merges(tmp_path / "none.gz")
    wrong = tmp_path / "wrong.gz"
    wrong.write_bytes(gzip.compress(b"not the vocabulary"))
    with pytest.raises(SetupError, match="unexpected sha256"):
        tokens.read_merges(wrong)


# True counts of google/t5-v1_1-xxl's and Qwen/Qwen2.5's own tokenizers, end marker not counted.
TRUE_COUNTS = {
    "": (0, 0),
    "a red fox in the snow": (8, 6),
    "A photorealistic portrait of an elderly fisherman mending a net at dawn, soft rim light, "
    "shallow depth of field, muted blue palette.": (35, 30),
    "ukiyo-e woodblock print of a steampunk airship above Kyoto, intricate linework": (24, 19),
    'A poster that says "Open late", neon, rain, 35mm film, Kodak Portra 400': (23, 26),
}


@pytest.mark.parametrize(("text", "counts"), TRUE_COUNTS.items())
def test_estimates_are_high_but_not_by_half(text: str, counts: tuple[int, int]) -> None:
    t5, qwen = counts
    assert t5 <= t5_tokens(text) <= 1.5 * t5 + 1
    assert qwen <= qwen_tokens(text) <= 1.5 * qwen + 1


def test_every_encoder_counts_nothing_in_nothing() -> None:
    assert {name: count("") for name, count in ENCODERS.items()} == {"clip": 0, "t5": 0, "qwen": 0}
    assert set(ENCODERS) > ESTIMATED


def test_longest_ends_where_it_may() -> None:
    text = "a red fox, in the snow"
    assert longest(text, lambda t: len(t) < 16) == "a red fox, in"
    assert longest(text, lambda t: len(t) < 16, may_end=lambda place: place < 9) == "a red"
    assert longest(text, lambda t: len(t) < 16, may_end=lambda place: place > 15) == ""
    assert longest(text, lambda t: True, may_end=lambda place: False) == text


def test_a_long_text_is_cut_in_time() -> None:
    start = time.process_time()
    assert clip_cut("a" + "," * 200_000 + " b", 1) == "a"
    assert clip_cut("fox " * 50_000, 75) == ("fox " * 75).strip()
    assert time.process_time() - start < 10
