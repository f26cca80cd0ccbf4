from __future__ import annotations

import math
from pathlib import Path

import pytest

from bozzetto.errors import DataError
from bozzetto.optimize.stats import LibraryStats

PROMPTS = ("a fox, oil painting by rembrandt", "a cat, oil painting", "a dog, soft lighting")


def test_counts_prompts_not_occurrences() -> None:
    stats = LibraryStats.build(PROMPTS)
    assert stats.prompts == 3
    assert stats.modifiers["oil painting"] == 2
    assert stats.words["a"] == 3
    assert stats.after_by == {"rembrandt": 1}


def test_saved_and_loaded_are_equal(tmp_path: Path) -> None:
    stats = LibraryStats.build(PROMPTS)
    stats.save(tmp_path / "counts.json")
    assert LibraryStats.load(tmp_path / "counts.json") == stats
    assert [path.name for path in tmp_path.iterdir()] == ["counts.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 99}', '{"format": 1}'])
def test_broken_files_are_data_errors(tmp_path: Path, content: str) -> None:
    (tmp_path / "counts.json").write_text(content)
    with pytest.raises(DataError):
        LibraryStats.load(tmp_path / "counts.json")


def test_rarity_of_words() -> None:
    stats = LibraryStats.build(PROMPTS)
    assert stats.word_rarity("a") == 0
    assert stats.word_rarity("fox") == pytest.approx(math.log(2))
    assert LibraryStats().word_rarity("fox") == 1


def test_ratings_add_to_what_a_modifier_is_worth_and_are_not_saved(tmp_path: Path) -> None:
    stats = LibraryStats.build(PROMPTS)
    rated = stats.rated([(PROMPTS[1], 5), (PROMPTS[2], 1)])
    assert [rated.worth(key) for key in ("oil painting", "soft lighting", "x")] == [4, 0, 0]
    assert rated.modifiers == stats.modifiers
    assert stats.rated([]) == stats
    rated.save(tmp_path / "counts.json")
    assert LibraryStats.load(tmp_path / "counts.json") == stats
