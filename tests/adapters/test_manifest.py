from __future__ import annotations

import json
from pathlib import Path

import pytest

from bozzetto.adapters import manifest
from bozzetto.errors import DataError


def test_facts_come_back(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * (3 << 20))
    manifest.write(tmp_path, "thing", 1, ["a"], rows=7)
    assert manifest.check(tmp_path, "thing", 1) == {"rows": 7}


@pytest.mark.parametrize("place", [0, -1])
def test_a_changed_edge_is_seen(tmp_path: Path, place: int) -> None:
    content = bytearray(b"x" * (3 << 20))
    (tmp_path / "a").write_bytes(content)
    manifest.write(tmp_path, "thing", 1, ["a"])
    content[place] = 0
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(DataError, match="truncated or changed"):
        manifest.check(tmp_path, "thing", 1)


def test_another_kind_or_version_is_told(tmp_path: Path) -> None:
    manifest.write(tmp_path, "thing", 2, [])
    with pytest.raises(DataError, match="holds no other index"):
        manifest.check(tmp_path, "other", 2)
    with pytest.raises(DataError, match="has version 2; this program reads version 1"):
        manifest.check(tmp_path, "thing", 1)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"kind": "thing"}', "null"])
def test_a_broken_header_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / manifest.NAME).write_text(text)
    with pytest.raises(DataError, match="holds no thing index"):
        manifest.check(tmp_path, "thing", 1)


def test_a_path_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    content = {"kind": "thing", "version": 1, "files": {"../x": [0, 0]}, "facts": {}}
    (tmp_path / manifest.NAME).write_text(json.dumps(content))
    with pytest.raises(DataError, match="missing, truncated or changed"):
        manifest.check(tmp_path, "thing", 1)
