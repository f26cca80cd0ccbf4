"""Folders of this machine: what is one, and what cannot be made."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bozzetto.adapters.stores.folder import expect_writable, folder_of, make_folder
from bozzetto.errors import SetupError


def test_a_folder_need_not_be_there(tmp_path: Path) -> None:
    wanted = tmp_path / "a" / "b"
    assert folder_of(str(wanted)) == wanted
    assert list(tmp_path.iterdir()) == []
    make_folder(wanted)
    make_folder(wanted)
    assert wanted.is_dir()


def test_a_folder_is_named_from_the_root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert folder_of("vectors") == tmp_path / "vectors"


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SetupError) as caught:
        folder_of(str(tmp_path / "file"))
    assert caught.value.message == f"{tmp_path / 'file'} is not a folder"


def test_what_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SetupError) as caught:
        make_folder(tmp_path / "file" / "within")
    assert caught.value.message == f"{tmp_path / 'file' / 'within'} cannot be made: Not a directory"
    assert caught.value.hint == "name a folder of your own"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may all")
def test_what_may_not_be_written(tmp_path: Path) -> None:
    expect_writable(tmp_path)
    tmp_path.chmod(0o500)
    with pytest.raises(SetupError) as caught:
        expect_writable(tmp_path)
    assert caught.value.message == f"{tmp_path} may not be written"
