from __future__ import annotations

from bozzetto.store import replays
from bozzetto.store.database import Database
from bozzetto.store.store import FILE, Store


def test_an_answer_is_found_by_its_whole_key(store: Store) -> None:
    store.replays.put(("a", "bc"), {"n": 1, "said": "é"}, 10.0)
    assert store.replays.get(("a", "bc"), 20.0) == {"n": 1, "said": "é"}
    assert store.replays.get(("ab", "c"), 20.0) is None
    store.replays.put(("a", "bc"), {"n": 2}, 30.0)
    assert store.replays.get(("a", "bc"), 40.0) == {"n": 2}


def test_what_is_old_or_too_many_goes(store: Store) -> None:
    database = Database(store.folder / FILE)
    with database.write() as connection:
        connection.executemany(
            "INSERT INTO replays (key, at, answer) VALUES (?, 1000000.0, '{}')",
            [(f"{number}",) for number in range(replays.MOST)],
        )
    store.replays.put(("one",), {}, 1_000_000.0)
    store.replays.put(("two",), {}, 1_000_000.0)
    with database.read() as connection:
        kept = connection.execute("SELECT count(*), min(key = '2') FROM replays").fetchone()
    assert kept[0] == replays.MOST
    store.replays.put(("three",), {}, 1_000_000.0 + replays.LASTS)
    with database.read() as connection:
        assert connection.execute("SELECT count(*) FROM replays").fetchone() == (1,)
    database.close()
