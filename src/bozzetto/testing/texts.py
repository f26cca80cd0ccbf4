"""The contract of `bozzetto.ports.TextIndex`, as tests to inherit.

class TestMine(TextIndexContract):
@pytest.fixture
def make(self) -> Callable[[], TextIndex]:
return MyIndex
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bozzetto.errors import DataError
from bozzetto.ports import TextIndex

__all__ = ["TextIndexContract"]

_ROWS = (
    (40, "a small dog on a beach"),
    (12, "portrait of a king, oil painting"),
    (77, "two dogs running, dogs everywhere, dog dog"),
    (5, "a lighthouse on a cliff, stormy sea"),
    (31, "neon street at night, rain"),
    (8, "a small dog on a beach"),
)

_STRANGE = (
    "",
    " \t\n",
    "!!! ??? ...",
    "🦊🦊",
    '"',
    'title:dog AND (NOT "x',
    "dog OR",
    "NEAR(dog beach)",
    "col:dog^9~2 [a TO b] {*} dog* /d.g/ +dog -dog \\",
    "\x00dog\x1b[31m",
    "a \ud800 dog",
    "dog " * 250_000,
)


class TextIndexContract:
    """Subclass with a fixture `make` that returns a factory of empty indexes."""

    @pytest.fixture
    def make(self) -> Callable[[], TextIndex]:
        """A factory of the index under test."""
        raise NotImplementedError("override the fixture `make`")

    @pytest.fixture
    def index(self, make: Callable[[], TextIndex], tmp_path: Path) -> TextIndex:
        """An index of six rows, in the folder "index"."""
        index = make()
        (tmp_path / "index").mkdir()
        index.build(tmp_path / "index", iter(_ROWS))
        return index

    def test_features_are_stated(self, make: Callable[[], TextIndex]) -> None:
        """A name."""
        assert make().features.name

    def test_the_best_come_first(self, index: TextIndex) -> None:
        """Rows with any of the words, by weight; equal rows by key."""
        assert len(index) == 6
        keys, scores = index.search("small dog beach", 10)
        assert keys.dtype == np.int64
        assert scores.dtype == np.float32
        assert keys.tolist() == [8, 40, 77]
        assert scores.tolist() == sorted(scores.tolist(), reverse=True)
        assert scores[0] == scores[1]

    def test_words_are_words(self, index: TextIndex) -> None:
        """Case and English endings are no matter."""
        assert index.search("LIGHTHOUSES", 5)[0].tolist() == [5]
        assert set(index.search("dogs", 5)[0].tolist()) == {8, 40, 77}

    def test_rare_words_weigh_more(self, index: TextIndex) -> None:
        """One word of one row beats one word of three."""
        assert index.search("dog lighthouse", 1)[0].tolist() == [5]

    @pytest.mark.parametrize("k", [1, 2, 10])
    @pytest.mark.parametrize("allow", [(8, 40), (5, 12, 31), (40, 41, 77), (), (1,)])
    def test_only_allowed_keys_are_found(
        self, index: TextIndex, allow: tuple[int, ...], k: int
    ) -> None:
        """Those of them that are there, in their order and with their scores."""
        every = index.search("small dog, lighthouse", 10)
        kept = np.isin(every[0], allow)
        found = index.search("small dog, lighthouse", k, np.array(allow, dtype=np.int64))
        assert found[0].tolist() == every[0][kept][:k].tolist()
        assert found[1].tolist() == every[1][kept][:k].tolist()

    def test_any_k_is_answered(self, index: TextIndex) -> None:
        """None, one, and no more than match."""
        assert [len(part) for part in index.search("dog", 0)] == [0, 0]
        assert index.search("small beach", 1)[0].tolist() == [8]
        assert len(index.search("dog", 10**9)[0]) == 3

    @pytest.mark.parametrize("text", _STRANGE, ids=range(len(_STRANGE)))
    def test_no_text_is_a_query(self, index: TextIndex, text: str) -> None:
        """Whatever it looks like, only its words count."""
        found = set(index.search(text, 10)[0].tolist())
        assert found == ({8, 40, 77} if "dog" in text else set()) or found > {8, 40, 77}

    def test_a_word_nobody_has_finds_nothing(self, index: TextIndex) -> None:
        """No results, no error."""
        assert [len(part) for part in index.search("xylophone", 5)] == [0, 0]

    def test_a_new_index_is_empty(self, make: Callable[[], TextIndex], tmp_path: Path) -> None:
        """It holds and finds nothing."""
        empty = make()
        assert len(empty) == 0
        assert len(empty.search("dog", 5)[0]) == 0
        empty.build(tmp_path, iter(()))
        assert len(empty) == 0
        assert len(empty.search("dog", 5)[0]) == 0

    def test_what_was_built_is_opened(
        self, make: Callable[[], TextIndex], index: TextIndex, tmp_path: Path
    ) -> None:
        """The same answers, by another reader."""
        opened = make()
        opened.open(tmp_path / "index")
        assert len(opened) == 6
        mine, theirs = opened.search("small dogs", 5), index.search("small dogs", 5)
        assert mine[0].tolist() == theirs[0].tolist()
        assert mine[1].tolist() == theirs[1].tolist()

    def test_a_broken_folder_is_told(
        self, make: Callable[[], TextIndex], index: TextIndex, tmp_path: Path
    ) -> None:
        """Each file truncated or missing, and no folder at all."""
        folder = tmp_path / "index"
        for path in sorted(folder.iterdir()):
            content = path.read_bytes()
            if not content:
                continue
            for damaged in (content[: len(content) // 2], None):
                path.unlink()
                if damaged is not None:
                    path.write_bytes(damaged)
                if not path.name.startswith("."):
                    with pytest.raises(DataError):
                        make().open(folder)
                path.write_bytes(content)
        make().open(folder)
        with pytest.raises(DataError):
            make().open(tmp_path / "nothing here")
