from __future__ import annotations

from pathlib import Path

import pytest

from bozzetto.adapters.sources.lines import open_source
from bozzetto.errors import InputError, NotFoundError
from bozzetto.types import BadRow, SourcePrompt


def read(path: Path, start: int = 0) -> tuple[list[SourcePrompt], list[BadRow]]:
    batches = list(open_source(str(path), home=path.parent).read(start))
    return [r for b in batches for r in b.rows], [r for b in batches for r in b.bad]


@pytest.mark.parametrize(
    "encoded",
    [
        "a fox\r\n\r\nun café\n".encode(),
        "\ufeffa fox\n\nun café".encode(),
        "a fox\n\nun café\n".encode("utf-16"),
        b"\xfe\xff" + "a fox\r\n\r\nun café\r\n".encode("utf-16-be"),
        "a fox\n\nun café\n".encode("cp1252"),
    ],
    ids=["utf-8", "bom", "utf-16", "utf-16-be", "cp1252"],
)
def test_lines_in_every_usual_encoding(tmp_path: Path, encoded: bytes) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(encoded)
    assert read(path) == ([SourcePrompt("a fox", "line 1"), SourcePrompt("un café", "line 3")], [])


def test_one_bad_byte_spoils_one_line_only(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("日本\n".encode() + b"caf\xe9\n" + "犬\n".encode())
    assert [row.text for row in read(path)[0]] == ["日本", "café", "犬"]


def test_reading_goes_on_after_a_position(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("a\n\nb\nc\n")
    assert [(row.text, row.place) for row in read(path, start=1)[0]] == [
        ("b", "line 3"),
        ("c", "line 4"),
    ]
    assert [b.position for b in open_source(str(path), home=tmp_path).read()] == [3]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_line_of_fifty_megabytes_is_one_bad_row(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.txt"
    with path.open("w", encoding=encoding) as file:
        file.write("a fox\n")
        for _ in range(50):
            file.write("x" * 1_000_000)
        file.write("\na dog\n")
    rows, bad = read(path)
    assert [row.text for row in rows] == ["a fox", "a dog"]
    assert bad == [BadRow("line 2", "longer than 1,000,000 characters")]


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.touch()
    assert read(path) == ([], [])


def test_equal_content_has_an_equal_fingerprint(tmp_path: Path) -> None:
    for name, text in (("a.txt", "a\n"), ("b.txt", "a\n"), ("c.txt", "b\n")):
        (tmp_path / name).write_text(text)
    a, b, c = (
        open_source(str(tmp_path / n), home=tmp_path).fingerprint()
        for n in ("a.txt", "b.txt", "c.txt")
    )
    assert a == b != c


def test_what_is_not_there_or_no_file(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        open_source(str(tmp_path / "none"), home=tmp_path)
    with pytest.raises(InputError):
        open_source(str(tmp_path), home=tmp_path)


def test_names(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    assert open_source(str(tmp_path / "a.txt"), home=tmp_path).features.name == "a.txt"
    named = open_source(str(tmp_path / "a.txt"), home=tmp_path, name="stdin").features
    assert (named.name, named.kind) == ("stdin", "text")
