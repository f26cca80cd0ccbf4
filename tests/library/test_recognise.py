from __future__ import annotations

import os
from pathlib import Path

import pytest

from bozzetto.errors import InputError, NotFoundError
from bozzetto.library.recognise import Found, expand, recognise


@pytest.mark.parametrize(
    ("name", "content", "scheme"),
    [
        ("a.parquet", b"", "parquet"),
        ("a.txt", b"PAR1....", "parquet"),
        ("a.CSV", b"prompt\n", "csv"),
        ("a.tsv", b"prompt\n", "tsv"),
        ("a.jsonl", b"", "jsonl"),
        ("a.ndjson", b"", "jsonl"),
        ("a.txt", b'{"prompt": "x"}', "text"),
        ("a", b'\n{"prompt": "x"}\n', "jsonl"),
        ("a.dat", "\ufeffa fox\n".encode(), "text"),
        ("a.dat", "a fox\n".encode("utf-16"), "text"),
        ("a.bin", b"\x00\x01\x02", None),
        ("a.md", b"", None),
        ("library.sqlite", b"a fox\n", None),
        ("library.sqlite-wal", b"a fox\n", None),
    ],
)
def test_kinds(tmp_path: Path, name: str, content: bytes, scheme: str | None) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert recognise(path) == scheme


def test_a_folder_is_its_files_in_order(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    (folder / "deep").mkdir(parents=True)
    for name in ("b.txt", "a.csv", "deep/c.jsonl", ".hidden.txt", "d.bin"):
        (folder / name).write_bytes(b"\0" if name == "d.bin" else b"prompt\n")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.txt")
    found, skipped = expand(folder)
    assert found == [
        Found(folder / "a.csv", "csv", "mine/a.csv"),
        Found(folder / "b.txt", "text", "mine/b.txt"),
        Found(folder / "deep" / "c.jsonl", "jsonl", "mine/deep/c.jsonl"),
    ]
    assert [skip.path.name for skip in skipped] == ["d.bin"]
    assert [one.scheme for one in expand(folder, "text")[0]] == ["text"] * 4


def test_what_cannot_be_imported_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        expand(tmp_path / "none")
    with pytest.raises(InputError, match="holds no file"):
        expand(tmp_path)
    (tmp_path / "a.bin").write_bytes(b"\0")
    with pytest.raises(InputError, match="no kind we read") as caught:
        expand(tmp_path / "a.bin")
    assert caught.value.hint is not None
    assert expand(tmp_path / "a.bin", "text")[0][0].scheme == "text"
