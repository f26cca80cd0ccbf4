from __future__ import annotations

from pathlib import Path

import pytest

from bozzetto.adapters.sources.content import LONGEST_LINE, Line, Reading
from bozzetto.adapters.sources.delimited import open_csv
from bozzetto.adapters.sources.lines import open_source
from bozzetto.errors import InputError


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_line_end(tmp_path: Path, end: str, encoding: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(end.join(("un café", "", "a fox", "a bird")).encode(encoding))
    assert list(Reading(path)) == [
        Line(1, "un café"),
        Line(2, ""),
        Line(3, "a fox"),
        Line(4, "a bird"),
    ]


def test_line_ends_may_be_mixed(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"a\rb\r\nc\nd\r")
    assert [line.text for line in Reading(path)] == ["a", "b", "c", "d"]


def test_a_table_with_lone_carriage_returns_keeps_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'prompt,seed\r"a cat, asleep",1\ra dog,2\r')
    (batch,) = open_csv(str(path), home=tmp_path).read()
    assert [row.text for row in batch.rows] == ["a cat, asleep", "a dog"]
    assert batch.bad == []


def test_a_file_of_many_lone_carriage_returns_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    count = LONGEST_LINE // 40
    path.write_bytes(
        b"\r".join(b"a picture of the thing with number %09d" % n for n in range(count))
    )
    batches = list(open_source(str(path), home=tmp_path).read())
    assert sum(len(batch.rows) for batch in batches) == count
    assert not any(batch.bad for batch in batches)


def test_a_line_too_long_is_cut_and_the_next_one_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * (2 * LONGEST_LINE + 5) + b"\ra fox")
    first, second = Reading(path)
    assert (len(first.text), first.cut) == (LONGEST_LINE, True)
    assert second == Line(2, "a fox")


@pytest.mark.parametrize("name", ["library.sqlite", "library.sqlite-shm"])
def test_a_database_is_never_opened(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"a fox\n")
    with pytest.raises(InputError, match="is a database"):
        open_source(str(path), home=tmp_path)
