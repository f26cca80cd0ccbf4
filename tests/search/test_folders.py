from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bozzetto.errors import DataError
from bozzetto.search.folders import Stamp, newest, opened, publish, sweep

OLD = Stamp("r", state=1, max_seq=3, total=3, rows=3)
NEW = Stamp("r", state=2, max_seq=5, total=5, rows=4)


def write(content: str) -> Callable[[Path], tuple[str, ...]]:
    def fill(folder: Path) -> tuple[str, ...]:
        (folder / "data").write_text(content, encoding="utf-8")
        return ("data",)

    return fill


def test_the_newest_of_a_recipe_comes_first(tmp_path: Path) -> None:
    old = publish(tmp_path, "x", OLD, write("old"))
    new = publish(tmp_path, "x", NEW, write("new"))
    assert newest(tmp_path, "x", "r") == [(new, NEW), (old, OLD)]
    assert newest(tmp_path, "x", "other") == []
    assert NEW.waiting == 1


def test_the_same_again_gets_a_place_of_its_own_and_wins(tmp_path: Path) -> None:
    publish(tmp_path, "x", OLD, write("one"))
    again = publish(tmp_path, "x", OLD, write("two"))
    assert newest(tmp_path, "x", "r")[0] == (again, OLD)
    assert (again / "data").read_text(encoding="utf-8") == "two"


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("data", "cut"),
        ("state.json", ""),
        ("state.json", "[]"),
        ("state.json", '{"version": 99, "stamp": {}, "pins": {}}'),
        ("state.json", '{"version": 1, "stamp": {"recipe": "r"}, "pins": {}}'),
        ("state.json", '{"version": 1, "stamp": {"recipe": "r"}, "pins": {"gone": 1}}'),
    ],
)
def test_what_is_broken_or_foreign_is_passed_over(tmp_path: Path, file: str, content: str) -> None:
    whole = publish(tmp_path, "x", OLD, write("old"))
    broken = publish(tmp_path, "x", NEW, write("new"))
    (broken / file).write_text(content, encoding="utf-8")
    assert newest(tmp_path, "x", "r") == [(whole, OLD)]


def test_a_build_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fill(folder: Path) -> tuple[str, ...]:
        (folder / "half").write_text("half", encoding="utf-8")
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        publish(tmp_path, "x", OLD, fill)
    assert list(tmp_path.iterdir()) == []


def test_sweep_keeps_the_one_and_what_is_being_built(tmp_path: Path) -> None:
    publish(tmp_path, "x", OLD, write("old"))
    keep = publish(tmp_path, "x", NEW, write("new"))
    other = publish(tmp_path, "y", OLD, write("other"))
    building = tmp_path / f".building-x-{os.getpid()}"
    left = tmp_path / ".building-x-none"
    building.mkdir()
    left.mkdir()
    os.utime(left, (0, 0))
    sweep(tmp_path, "x", keep)
    assert sorted(tmp_path.iterdir()) == sorted([keep, other, building])


def test_of_two_built_at_once_the_later_stays_whoever_sweeps(tmp_path: Path) -> None:
    first = publish(tmp_path, "x", NEW, write("one"))
    second = publish(tmp_path, "x", NEW, write("two"))
    foreign = publish(tmp_path, "x", Stamp("other", 9, 9, 9, 9), write("old recipe"))
    sweep(tmp_path, "x", first)
    assert sorted(tmp_path.iterdir()) == sorted([first, second])
    sweep(tmp_path, "x", second)
    assert (list(tmp_path.iterdir()), foreign.exists()) == ([second], False)


def test_what_another_has_swept_away_is_read_where_the_other_made_it(tmp_path: Path) -> None:
    mine, other = tmp_path / "mine", tmp_path / "other"
    other.write_text("theirs")
    assert opened(mine.read_text, other.read_text) == "theirs"
    mine.write_text("ours")
    assert opened(mine.read_text, other.read_text) == "ours"


def test_what_nobody_has_made_cannot_be_opened() -> None:
    def broken() -> str:
        raise DataError("half an index")

    with pytest.raises(DataError, match="half an index"):
        opened(broken, lambda: None)
