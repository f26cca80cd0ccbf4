from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from bozzetto.store import answers as module
from bozzetto.store.answers import AnswerCache, KeptAnswer

ONE = KeptAnswer("a fox, 水彩", 7)
DAY = 86_400.0


class Clock:
    now = 1e9

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "answers.sqlite"


def test_an_answer_lasts_for_its_days(path: Path) -> None:
    clock = Clock()
    cache = AnswerCache(path, days=2, clock=clock)
    assert cache.get("a") is None
    cache.put("a", ONE)
    cache.close()
    cache = AnswerCache(path, days=2, clock=clock)
    assert (cache.get("a"), cache.get("b")) == (ONE, None)
    clock.now += 2 * DAY
    assert cache.get("a") is None
    cache.put("b", ONE)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT key FROM answers").fetchall() == [("b",)]
    connection.close()
    cache.close()


def test_the_oldest_go_beyond_the_bound(path: Path) -> None:
    clock = Clock()
    cache = AnswerCache(path, days=30, clock=clock, most=3)
    for name in "abcd":
        cache.put(name, ONE)
        clock.now += 1
    assert [cache.get(name) for name in "abcd"] == [None, ONE, ONE, ONE]
    cache.put("b", KeptAnswer("again", 1))
    cache.put("e", ONE)
    assert [cache.get(name) is not None for name in "bcde"] == [True, False, True, True]
    cache.close()


def test_an_answer_too_long_to_be_one_is_not_kept(path: Path) -> None:
    cache = AnswerCache(path, days=30, clock=Clock())
    cache.put("a", KeptAnswer("x" * (module.LONGEST + 1), 1))
    assert cache.get("a") is None
    cache.close()


@pytest.mark.parametrize("content", [b"junk", b"SQLite format 3\0" + b"\0" * 4000])
def test_a_damaged_file_is_replaced(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    cache = AnswerCache(path, days=30, clock=Clock())
    assert cache.get("a") is None
    cache.put("a", ONE)
    assert cache.get("a") == ONE
    cache.close()


def test_a_file_of_another_version_is_replaced(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE answers (other)")
    connection.execute("PRAGMA user_version=99")
    connection.close()
    cache = AnswerCache(path, days=30, clock=Clock())
    cache.put("a", ONE)
    assert cache.get("a") == ONE
    cache.close()


def test_a_place_where_no_file_can_be_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache = AnswerCache(tmp_path / "file" / "answers.sqlite", days=30, clock=Clock())
    cache.put("a", ONE)
    assert cache.get("a") is None


def test_a_locked_file_keeps_nobody_waiting(path: Path) -> None:
    cache = AnswerCache(path, days=30, clock=Clock())
    cache.put("a", ONE)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    cache.put("b", ONE)
    holder.execute("ROLLBACK")
    holder.close()
    assert (cache.get("a"), cache.get("b")) == (ONE, None)
    cache.close()


def test_threads_share_it(path: Path) -> None:
    cache = AnswerCache(path, days=30, clock=Clock())
    threads = [
        threading.Thread(target=cache.put, args=(str(i), KeptAnswer(str(i), i))) for i in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [cache.get(str(i)) for i in range(8)] == [KeptAnswer(str(i), i) for i in range(8)]
    cache.close()
