from __future__ import annotations

from pathlib import Path

import pytest

from bozzetto.adapters.embedders import minilm, use
from bozzetto.embed.phrases import PhraseBook, Vocabulary, common_phrases
from bozzetto.errors import SetupError
from bozzetto.store.vectors import VectorCache

USE = use.open_embedder()


@pytest.mark.parametrize(
    ("foreign", "english"),
    [
        ("cane", "dog"),
        ("tramonto", "sunset"),
        ("Katze", "cat"),
        ("forêt", "forest"),
        ("caballero", "knight"),
        ("cavalo", "horse"),
        ("夜", "night"),
        ("森林", "forest"),
        ("고양이", "cat"),
        ("sole", "sun"),  # false friends: English words too
        ("rot", "red"),
    ],
)
def test_common_words_find_their_english(foreign: str, english: str) -> None:
    ((best, score),) = PhraseBook(USE).nearest([foreign], 1)[0]
    assert best == english
    assert 0.5 < score <= 1


def test_the_librarys_phrases_join_in(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path / "vectors.sqlite")
    book = PhraseBook(USE, {"perfume bottle": 4, "sunset": 9}, cache)
    answers = book.nearest(["bottiglia di profumo", "tramonto"], 3)
    assert answers[0][0][0] == "perfume bottle"
    assert [phrase for phrase, _ in answers[1]].count("sunset") == 1
    assert all(len(answer) == 3 for answer in answers)
    cache.close()


def test_what_the_encoder_cannot_read_finds_nothing() -> None:
    assert PhraseBook(USE).nearest(["\ue123", "cane"], 1)[0] == []


def test_nothing_asked_nothing_read() -> None:
    assert PhraseBook(USE).nearest([], 5) == []
    assert PhraseBook(USE).nearest(["cane"], 0) == [[]]


def test_the_vocabulary_holds_words() -> None:
    vocabulary = Vocabulary.load()
    assert len(set(vocabulary.phrases)) == len(vocabulary.phrases) == len(vocabulary.vectors)
    assert all(word.isascii() and word.islower() for word in vocabulary.phrases)
    assert {"dog", "lighthouse", "watercolor"} <= set(vocabulary.phrases)
    assert not {"the", "michael", "paris", "ing"} & set(vocabulary.phrases)


def test_another_embedder_is_refused() -> None:
    with pytest.raises(SetupError, match="made for the embedder use:"):
        PhraseBook(minilm.open_embedder()).nearest(["cane"], 1)


def test_phrases_need_a_cache() -> None:
    with pytest.raises(ValueError, match="need a cache"):
        PhraseBook(USE, {"dog": 1})


def test_common_phrases_are_runs_of_words() -> None:
    texts = ["a dog on the beach", "dog on the beach, 8k", "The beach", "犬 on the beach"]
    assert common_phrases(texts) == {"beach": 4, "dog": 2}
    assert common_phrases(texts, most=1) == {"beach": 4}
    assert common_phrases(["red dog", "red dog"]) == {"dog": 2, "red": 2, "red dog": 2}
