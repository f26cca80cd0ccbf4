from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bozzetto.app.secret import LOOK, TOKEN_FILE, TokenFile, install_token, new_token, same, shared
from bozzetto.errors import SetupError

posix = pytest.mark.skipif(sys.platform == "win32", reason="rights are told otherwise there")


def test_a_home_keeps_its_token_until_another_is_asked_for(tmp_path: Path) -> None:
    first = install_token(tmp_path)
    assert install_token(tmp_path) == first
    second = new_token(tmp_path)
    assert install_token(tmp_path) == second
    assert [same(first, second), same(first, first)] == [False, True]
    assert [path.name for path in tmp_path.iterdir()] == [TOKEN_FILE]


def test_programs_that_make_it_at_once_have_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(install_token, [tmp_path] * 64))
    assert len(found) == 1


@posix
def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        install_token(tmp_path)
    finally:
        os.umask(before)
    path = tmp_path / TOKEN_FILE
    assert path.stat().st_mode & 0o777 == 0o600
    assert not shared(path)
    path.chmod(0o640)
    assert shared(path)
    new_token(tmp_path)
    assert not shared(path)
    assert not shared(tmp_path / "none")


@pytest.mark.parametrize("content", [b"", b"letmein\n", b"\xff\xfe", b"bzt_short"])
def test_a_file_that_holds_no_token_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / TOKEN_FILE).write_bytes(content)
    with pytest.raises(SetupError, match=TOKEN_FILE) as caught:
        install_token(tmp_path)
    assert caught.value.hint == "bozzetto serve --new-token makes another"
    assert (tmp_path / TOKEN_FILE).read_bytes() == content
    assert new_token(tmp_path) == install_token(tmp_path)


def test_what_runs_hears_of_a_new_token(tmp_path: Path) -> None:
    now = [100.0]
    held = TokenFile(tmp_path, lambda: now[0])
    first = held.read()
    second = new_token(tmp_path)
    assert held.read() == first
    now[0] += LOOK
    assert held.read() == second == install_token(tmp_path)
    (tmp_path / TOKEN_FILE).write_text("nothing of the kind, and longer than a token is by far")
    now[0] += LOOK
    nobodys = held.read()
    assert nobodys not in (first, second)
    (tmp_path / TOKEN_FILE).unlink()
    now[0] += LOOK
    assert held.read() not in (first, second, nobodys)
    assert not (tmp_path / TOKEN_FILE).exists()
    now[0] += LOOK
    assert new_token(tmp_path) == held.read()
