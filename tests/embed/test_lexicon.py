from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bozzetto.adapters.embedders import minilm, use
from bozzetto.embed.lexicon import FILE, HEAVIEST, Lexicon, Wording
from bozzetto.errors import SetupError
from bozzetto.types import Answer

USE = use.open_embedder()
MINILM = minilm.open_embedder()
WORDING = Wording(MINILM, USE)


def held(wanted: str, *texts: str) -> list[float]:
    shares = WORDING.held(wanted.split(), [frozenset(text.split()) for text in texts])
    return [float(share) for share in shares]


def test_it_was_made_for_the_embedders_we_ship() -> None:
    lexicon = Lexicon.load()
    assert (lexicon.english, lexicon.many) == (MINILM.features.id, USE.features.id)


def test_its_words_weigh_more_the_rarer_they_are() -> None:
    lexicon = Lexicon.load()
    weights = dict(zip(lexicon.words, lexicon.weights.tolist(), strict=True))
    assert weights["portrait"] < weights["castle"] < weights["saxophone"] <= HEAVIEST
    assert weights["art"] >= 0


def test_a_word_outside_the_file_lands_where_the_encoders_put_it() -> None:
    lexicon = Lexicon.load()
    words = ["castle", "goblin", "harbor"]
    placed = lexicon.place(MINILM.embed(words), USE.embed(words))
    there = lexicon.vectors[[lexicon.words.index(word) for word in words]]
    assert (placed * there).sum(axis=1).min() > 0.97
    assert np.linalg.norm(placed, axis=1) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("wanted", "near", "far"),
    [
        ("feline", "a cat on a sofa", "a dog on a sofa"),
        ("android", "a rusty robot", "a rusty kettle"),
        ("extraterrestrial metropolis", "alien city at night", "lonely lighthouse at night"),
        ("brawny lumberjack", "muscular man in the woods", "a bowl of fruit"),
    ],
)
def test_other_words_for_the_same_count_more_than_other_things(
    wanted: str, near: str, far: str
) -> None:
    first, second = held(wanted, near, far)
    assert 0 <= second < first <= 1


def test_what_is_only_akin_does_not_stand_in_for_the_thing() -> None:
    dog, breed, creature = held("dog", "a dog", "a dachshund", "a creature")
    assert dog == 1.0
    assert dog > breed * 0.9 > creature
    assert creature < 0.7


def test_the_thing_counts_more_than_how_it_is() -> None:
    thing, quality = held("small dog", "a big dog", "a small monster")
    assert thing > quality


def test_the_words_themselves_are_held_whole_in_the_file_or_not() -> None:
    assert held("castle zorblaxian", "a zorblaxian castle") == pytest.approx([1.0])
    assert held("castle zorblaxian", "zorblaxian tea")[0] >= 0.5


def test_nothing_to_compare_is_nothing_held() -> None:
    assert held("castle", "") == [0.0]
    assert held("", "a castle") == [0.0]
    assert held("castle") == []


def test_it_tells_which_word_says_which() -> None:
    answers = WORDING.answers(("small", "hound", "umbrella"), frozenset({"tiny", "dog", "sofa"}))
    assert [(one.wanted, one.found) for one in answers] == [("small", "tiny"), ("hound", "dog")]
    assert all(0.35 <= one.alike <= 1 for one in answers)
    assert WORDING.answers(("dog",), frozenset({"dog"})) == (Answer("dog", "dog", 1.0),)
    assert WORDING.answers(("dog",), frozenset()) == WORDING.answers((), frozenset({"x"})) == ()


def test_a_text_is_judged_by_itself() -> None:
    texts = ("a cat on a sofa", "alien city", "", "zorblaxian")
    together = held("feline zorblaxian metropolis", *texts)
    assert together == [held("feline zorblaxian metropolis", text)[0] for text in texts]


def test_other_embedders_are_refused() -> None:
    with pytest.raises(SetupError, match="the lexicon was made for the embedders"):
        Wording(USE, MINILM).held(["castle"], [frozenset(["castle"])])


def test_a_wrong_or_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"lexicon_v2\.npz cannot be read"):
        Lexicon.load(tmp_path)
    (tmp_path / FILE.name).write_bytes(b"another file")
    with pytest.raises(SetupError, match="not the file this version was made with"):
        Lexicon.load(tmp_path)
