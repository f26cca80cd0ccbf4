from __future__ import annotations

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.adapters.sources.delimited import open_csv, open_tsv
from bozzetto.errors import InputError
from bozzetto.types import BadRow, Parameters, SourcePrompt


def read(path: Path, start: int = 0) -> tuple[list[SourcePrompt], list[BadRow]]:
    opened = open_tsv if path.suffix == ".tsv" else open_csv
    batches = list(opened(str(path), home=path.parent).read(start))
    return [r for b in batches for r in b.rows], [r for b in batches for r in b.bad]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_encoding_and_delimiter(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    lines = ("id,Prompt,seed", '1,"un café, ""noir""",7', "2,a fox,")
    text = "\r\n".join(lines) + "\r\n"
    if delimiter != ",":
        text = text.replace(",", delimiter).replace(f"café{delimiter}", "café,")
    path.write_bytes(text.encode(encoding))
    assert read(path) == (
        [
            SourcePrompt('un café, "noir"', "line 2", parameters=Parameters(seed=7)),
            SourcePrompt("a fox", "line 3"),
        ],
        [],
    )


def test_ragged_rows_are_bad_and_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('prompt,seed\na,1\nb\n\n"c\nd",2\ne,3,4\nf,5\n')
    rows, bad = read(path)
    assert [(row.text, row.place) for row in rows] == [
        ("a", "line 2"),
        ("c\nd", "line 5"),
        ("f", "line 8"),
    ]
    assert bad == [
        BadRow("line 3", "1 fields where the header has 2"),
        BadRow("line 7", "3 fields where the header has 2"),
    ]
    assert [row.text for row in read(path, start=3)[0]] == ["f"]


def test_a_huge_line_and_a_quotation_mark_left_open(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("w") as file:
        file.write("prompt,seed\na,1\n")
        for _ in range(50):
            file.write("x" * 1_000_000)
        file.write(",2\nb,3\n" + "y," * 600_000 + "\nc,4\n")
        file.write('"open\n' + "line of text, 1\n" * 9000)
        file.write("d,5\n")
    rows, bad = read(path)
    assert [row.text for row in rows if row.text != "line of text"] == ["a", "b", "c", "d"]
    assert [row.place for row in bad] == ["line 3", "line 5", "line 7"]
    assert "quotation mark" in bad[2].reason


@pytest.mark.parametrize(
    ("rest", "texts"),
    [
        ("a bird\na fish\n", ["a bird", "a fish"]),
        ('a bird\n"a fish"\n', ["a bird", "a fish"]),
        ("a bird\n" * 60 + '"a, fish"\n', ["a bird"] * 60 + ["a, fish"]),
        ("", []),
    ],
)
def test_a_quotation_mark_left_open_costs_its_line_alone(
    tmp_path: Path, rest: str, texts: list[str]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'prompt\na cat\n"a dog in fog\n{rest}')
    rows, bad = read(path)
    assert [row.text for row in rows] == ["a cat", *texts]
    assert [row.place for row in rows] == [
        "line 2",
        *(f"line {n}" for n in range(4, 4 + len(texts))),
    ]
    assert [row.place for row in bad] == ["line 3"]
    assert "quotation mark left open" in bad[0].reason
    assert [row.text for row in read(path, start=2)[0]] == texts


def test_a_quotation_mark_left_open_in_the_header_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('"prompt\na cat\n')
    with pytest.raises(InputError, match=r"a\.csv, line 1: .* quotation mark left open"):
        read(path)


def test_nul_characters_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"prompt,seed\na \x00fox,1\n")
    assert read(path)[0][0].text == "a fox"


def test_no_prompt_column_is_an_error_with_the_names(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id;title\n1;x\n")
    with pytest.raises(InputError, match=r"a\.csv, line 1: no prompt column; .* 'id', 'title'"):
        read(path)


def test_nothing_but_a_header_or_nothing_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("prompt\tseed\n")
    assert read(path) == ([], [])
    path.write_text("")
    assert read(path) == ([], [])


ROWS = st.lists(
    st.tuples(st.text(st.characters(codec="utf-8"), max_size=20), st.integers(0, 2**62)),
    max_size=8,
)


@given(ROWS)
def test_what_the_csv_writer_writes_is_read(rows: list[tuple[str, int]]) -> None:
    rows = [(text.replace("\0", "").replace("\r", " "), seed) for text, seed in rows]
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerows([("prompt", "seed"), *rows])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_text(file.getvalue(), encoding="utf-8", newline="")
        found, bad = read(path)
    assert bad == []
    assert [(row.text, row.parameters) for row in found] == [
        (text, Parameters(seed=seed)) for text, seed in rows
    ]
