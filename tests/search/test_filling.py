# ruff: noqa: ANN401 - pytest has no way to import the fixture's class
"""What a store holds follows the library; what goes wrong there costs nothing here."""

from __future__ import annotations

import shutil
import threading
from typing import Any

import numpy as np
import pytest
from filelock import FileLock

from bozzetto.errors import BackendError, SetupError
from bozzetto.ports import VectorStoreFeatures
from bozzetto.search.dense import Sought
from bozzetto.search.engine import Searcher
from bozzetto.search.hubs import hubness, spread
from bozzetto.search.views import texts_of
from bozzetto.store.editing import Edit
from bozzetto.store.vectors import text_hashes
from bozzetto.testing.memory_store import MemoryStore
from bozzetto.types import Filters, Keys, SourcePrompt, StoreRows, Vectors

NOW = "2026-02-03T04:05:06Z"
WHO = {"actor": "ada", "now": NOW}
THINGS = ("fox", "lighthouse", "teapot", "robot", "castle", "puppy", "ship", "garden")
PROMPTS = [f"a {thing} and a {other}, oil painting" for thing in THINGS for other in THINGS]


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def filled(shelf: Any, store: MemoryStore) -> Any:
    """A small library of which the store has everything."""
    shelf.elsewhere = store
    shelf.fill(PROMPTS)
    shelf.embed()
    shelf.indexes().refresh()
    return shelf


def counts(store: MemoryStore) -> list[int | None]:
    return [store.count(name) for name in store.collections("bozzetto_")]


def ids(shelf: Any, idea: str, filters: Filters | None = None) -> list[str]:
    return [hit.id for hit in shelf.searcher().neighbours(idea, 5, filters=filters)]


def test_a_collection_a_view_and_nothing_else(filled: Any, store: MemoryStore) -> None:
    home = filled.kept.ledger.home()
    names = store.collections("")
    assert sorted(name.rpartition("_")[2] for name in names) == ["core", "core", "gist", "whole"]
    assert all(name.startswith(f"bozzetto_{home}_") and len(name) <= 60 for name in names)
    assert counts(store) == [64] * 4
    assert sorted(store.finished) == list(names)


def test_it_is_found_as_on_this_machine(make_shelf: Any, store: MemoryStore) -> None:
    here = make_shelf()
    here.fill(PROMPTS)
    here.embed()
    local = [(hit.id, hit.score) for hit in here.searcher().search("a castle, a ship").hits]
    here.elsewhere = store
    del here.__dict__["kept"]
    there = [(hit.id, hit.score) for hit in here.searcher().search("a castle, a ship").hits]
    assert there == [(one, pytest.approx(score, abs=1e-4)) for one, score in local]


def test_what_has_not_changed_is_not_sent_again(filled: Any, store: MemoryStore) -> None:
    store.break_after = 0
    filled.indexes().refresh()
    assert ids(filled, "a fox") == ids(filled, "a fox")


def test_new_prompts_follow(filled: Any, store: MemoryStore) -> None:
    filled.fill(["a dragon over a harbour, ink"], "second")
    filled.embed()
    (record,) = [one for one in filled.store.page(limit=100) if "dragon" in one.text]
    assert ids(filled, "a dragon over a harbour")[0] == record.id
    assert counts(store) == [65] * 4


def test_a_prompt_that_waits_for_its_vector_comes_when_it_has_one(
    filled: Any, store: MemoryStore
) -> None:
    filled.fill(["a dragon over a harbour, ink"], "second")
    assert len(ids(filled, "a fox")) == 5
    assert counts(store) == [64] * 4
    filled.embed()
    ids(filled, "a fox")
    assert counts(store) == [65] * 4


def test_deleted_prompts_go(filled: Any, store: MemoryStore) -> None:
    gone = ids(filled, "a robot and a teapot")[:3]
    assert filled.store.delete(gone, **WHO) == 3
    assert not set(ids(filled, "a robot and a teapot")) & set(gone)
    assert counts(store) == [61] * 4


def test_an_edit_follows(filled: Any, store: MemoryStore) -> None:
    identity = ids(filled, "a puppy and a ship")[0]
    assert ids(filled, "a fox", Filters(tag=("o'brien",))) == []
    filled.store.edit(identity, Edit(tags=frozenset({"o'brien"})), **WHO)
    assert ids(filled, "a fox", Filters(tag=("O'Brien",))) == [identity]
    assert counts(store) == [64] * 4


def test_a_store_that_vanishes_while_it_is_filled(shelf: Any, store: MemoryStore) -> None:
    shelf.elsewhere = store
    shelf.fill([f"{prompt} {n}" for n in range(4) for prompt in PROMPTS])
    shelf.embed()
    store.break_after = 4
    with pytest.raises(BackendError, match="memory cannot be reached"):
        shelf.indexes().refresh()
    assert sum(count or 0 for count in counts(store)) == 356  # 256 of a view, 100 of another
    assert shelf.store.count() == 256
    store.break_after = 2 + 3 + 3  # what is left, a hundred at a time: nothing is sent twice
    shelf.indexes().refresh()
    assert store.break_after == 0
    assert counts(store) == [256] * 4


def test_a_store_that_somebody_emptied_is_filled_anew(filled: Any, store: MemoryStore) -> None:
    for name in store.collections(""):
        store.drop(name)
    filled.fill(["a dragon over a harbour, ink"], "second")
    filled.embed()
    filled.indexes().refresh()
    assert counts(store) == [65] * 4


def test_the_state_counts_both_sides(filled: Any, store: MemoryStore) -> None:
    _, minilm, use = filled.indexes().examine()
    assert (minilm.name, minilm.state, minilm.rows, minilm.stored, minilm.recall) == (
        "minilm",
        "complete",
        64,
        64,
        1.0,
    )
    assert use.name == "use"
    name = store.collections("")[0]
    store.delete(name, np.array([1, 2], np.int64))
    states = [(one.state, one.stored) for one in filled.indexes().examine()[1:]]
    assert sorted(states) == [("complete", 64), ("stale", 62)]
    worst = next(one for one in filled.indexes().examine() if one.state == "stale")
    assert worst.detail.endswith("; memory holds 62 of 64: bozzetto index build")


def test_a_store_that_is_away_is_said(filled: Any) -> None:
    class Away(MemoryStore):
        def count(self, collection: str) -> int | None:
            raise BackendError("memory cannot be reached")

    del filled.__dict__["kept"]
    filled.elsewhere = Away()
    states = filled.indexes().examine()
    assert [(one.state, one.detail) for one in states[1:]] == [
        ("unreachable", "memory cannot be reached")
    ] * 2


def test_another_dimension_there_is_refused(shelf: Any, store: MemoryStore) -> None:
    shelf.elsewhere = store
    shelf.fill(PROMPTS)
    shelf.embed()
    indexes = shelf.indexes()
    name = next(iter(indexes._factories())).collections[0]
    store.create(name, 7, 1)
    with pytest.raises(SetupError, match="7 dimensions, not 64"):
        indexes.refresh()
    assert store.count(name) == 0


def test_a_large_library_is_served_as_it_is_until_it_is_renewed(
    shelf: Any, store: MemoryStore
) -> None:
    shelf.elsewhere = store
    shelf.fill(PROMPTS)
    indexes = shelf.indexes(large=3)
    indexes.refresh()
    assert counts(store) == [64]
    shelf.fill(["a dragon over a harbour, ink"], "second")
    searcher = Searcher(shelf.store, indexes, embedders=shelf.embedders, bridge=lambda v: v)
    found = searcher.neighbours("a dragon over a harbour", 1)
    assert "dragon" in found[0].prompt
    assert counts(store) == [64]
    indexes.refresh()
    assert counts(store) == [65]
    assert indexes.examine()[1].strong == 0
    shelf.embed()
    indexes.refresh()
    assert indexes.examine()[1].strong == 65


def test_a_store_that_cannot_delete_is_filled_anew(shelf: Any) -> None:
    class Keeps(MemoryStore):
        @property
        def features(self) -> VectorStoreFeatures:
            return VectorStoreFeatures("keeps", "memory", exact=True, deletes=False)

    shelf.elsewhere = store = Keeps()
    shelf.fill(PROMPTS)
    shelf.embed()
    shelf.indexes().refresh()
    shelf.store.delete(ids(shelf, "a robot")[:1], **WHO)
    shelf.indexes().refresh()
    assert counts(store) == [63] * 4


def test_prompts_carry_their_facts(shelf: Any, store: MemoryStore) -> None:
    shelf.elsewhere = store
    shelf.fill(
        [
            SourcePrompt("a fox, oil", "line 1", tags=("warm",), use="poster", rating=4),
            SourcePrompt("a ship, ink", "line 2", image="x.png", prompt_nsfw=0.4),
        ]
    )
    shelf.embed()
    shelf.indexes().refresh()
    held = store._held[store.collections("")[0]][1]
    first, second = (facts for _, facts in held.values())
    assert (first.tags, first.sources, first.use, first.rating, first.nsfw, first.added) == (
        ("warm",),
        ("first",),
        "poster",
        4,
        -1.0,
        1767323045,
    )
    assert (second.has_image, second.nsfw, second.model_family) == (True, 0.4, "")


class Breaks(MemoryStore):
    """Does what it is told, and vanishes before it can say so, the first time of each name."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.due = list(names)
        self.sent = 0

    def _break(self, name: str) -> None:
        if name in self.due:
            self.due.remove(name)
            raise BackendError("memory has gone away", retryable=True)

    def put(self, collection: str, rows: StoreRows) -> None:
        self.sent += len(rows)
        super().put(collection, rows)
        self._break("put")

    def delete(self, collection: str, keys: Keys) -> None:
        super().delete(collection, keys)
        self._break("delete")

    def finish(self, collection: str) -> None:
        self._break("finish")
        super().finish(collection)


def broken_off(shelf: Any) -> None:
    with pytest.raises(BackendError, match="has gone away"):
        shelf.indexes().refresh()


def test_what_was_put_and_not_noted_goes_when_its_prompt_goes(shelf: Any) -> None:
    shelf.elsewhere = store = Breaks("put")
    shelf.fill(PROMPTS)
    shelf.embed()
    broken_off(shelf)
    assert counts(store) == [64]
    shelf.store.delete([shelf.store.page(limit=1)[0].id], **WHO)
    shelf.indexes().refresh()
    assert counts(store) == [63] * 4
    assert store.sent == 64 + 4 * 63


def test_what_was_deleted_and_not_noted_is_no_loss(shelf: Any) -> None:
    shelf.elsewhere = store = Breaks()
    shelf.fill(PROMPTS)
    shelf.embed()
    shelf.indexes().refresh()
    store.due, store.sent = ["delete"], 0
    shelf.store.delete([one.id for one in shelf.store.page(limit=3)], **WHO)
    broken_off(shelf)
    shelf.indexes().refresh()
    assert counts(store) == [61] * 4
    assert store.sent == 0


def test_an_index_that_was_not_built_is_built_by_the_next(shelf: Any) -> None:
    shelf.elsewhere = store = Breaks()
    shelf.fill(PROMPTS)
    shelf.embed()
    shelf.indexes().refresh()
    shelf.fill(["a dragon over a harbour, ink"], "second")
    shelf.embed()
    store.due, store.finished = ["finish"], []
    broken_off(shelf)
    shelf.indexes().refresh()
    assert sorted(store.finished) == list(store.collections(""))


@pytest.mark.parametrize("lost", ["a row", "all rows", "the collection"])
def test_what_is_lost_there_is_given_again_by_a_refresh(
    filled: Any, store: MemoryStore, lost: str
) -> None:
    name = store.collections("")[1]
    keys = np.array(sorted(store._held[name][1]), np.int64)
    if lost == "the collection":
        store.drop(name)
    else:
        store.delete(name, keys[:1] if lost == "a row" else keys)
    filled.indexes().refresh()
    assert counts(store) == [64] * 4


def test_a_store_that_counts_late_is_not_filled_again(shelf: Any) -> None:
    class Late(Breaks):
        lag = 60.0

        @property
        def features(self) -> VectorStoreFeatures:
            return VectorStoreFeatures("late", "memory", exact=True, batch=100, lag=self.lag)

        def count(self, collection: str) -> int | None:
            return super().count(collection) and 0

    shelf.elsewhere = store = Late()
    shelf.fill(PROMPTS)
    shelf.embed()
    shelf.indexes().refresh()
    store.sent = 0
    shelf.fill(["a dragon over a harbour, ink"], "second")
    shelf.embed()
    shelf.indexes().refresh()
    assert store.sent == 4  # the new one, for each of its texts
    store.lag, store.sent = 0.0, 0
    shelf.indexes().refresh()
    assert store.sent == 4 * 65  # it has had its time: what it does not count is lost


def test_a_library_that_changes_while_it_is_sent(shelf: Any) -> None:
    """Who goes in the middle of it is not sent, and the others keep their own vectors."""

    class Meanwhile(MemoryStore):
        def put(self, collection: str, rows: StoreRows) -> None:
            if not self.count(collection):
                records = shelf.store.page(limit=1000)
                gone = [records[-3].id, records[150].id]
                shelf.store.delete(gone, **WHO)
                left = [text for row in shelf.store.scan() for text in texts_of("minilm", row)]
                shelf.cache.keep_only("minilm:test-1", text_hashes(left))
            super().put(collection, rows)

    shelf.elsewhere = store = Meanwhile()
    shelf.fill([f"{prompt} {n}" for n in range(4) for prompt in PROMPTS])
    indexes = shelf.indexes(large=3)
    indexes.refresh()
    indexes.refresh()
    (name,) = store.collections("")
    held = store._held[name][1]
    rows = list(shelf.store.scan())
    assert sorted(held) == [row.seq for row in rows]
    for row in rows:
        (wanted,) = shelf.embedders["minilm"].embed([row.core])
        assert held[row.seq][0] == pytest.approx(wanted, abs=1e-5)


def test_a_copy_of_a_home_has_collections_of_its_own(
    filled: Any, store: MemoryStore, make_shelf: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first = ids(filled, "a fox")
    home = tmp_path_factory.mktemp("of") / "copy"
    shutil.copytree(filled.home, home)
    copy = make_shelf(home=home)
    copy.elsewhere = store
    assert ids(copy, "a fox") == first
    assert copy.kept.ledger.home() != filled.kept.ledger.home()
    assert counts(store) == [64] * 8


def test_a_store_that_was_left_is_not_filled_again(filled: Any, store: MemoryStore) -> None:
    serving = [True]
    indexes = filled.indexes(serving=lambda: serving[0])
    indexes.dense("minilm")
    serving[0] = False
    for name in store.collections(""):
        store.drop(name)
    for place in (filled.home / "indexes").glob("at_*-*"):
        shutil.rmtree(place)
    with pytest.raises(BackendError, match="no longer searched in memory"):
        indexes.dense("minilm")
    assert store.collections("") == ()


def test_a_search_does_not_wait_for_who_fills_the_store(filled: Any, store: MemoryStore) -> None:
    indexes = filled.indexes()
    indexes.dense("minilm")
    locks = [FileLock(path) for path in (filled.home / "indexes").glob("at_*.lock")]
    for lock in locks:
        lock.acquire()
    filled.fill(["a dragon over a harbour, ink"], "second")
    filled.embed()
    searcher = Searcher(filled.store, indexes, embedders=filled.embedders, bridge=None)
    assert "dragon" in searcher.neighbours("a dragon over a harbour", 1)[0].prompt
    assert counts(store) == [64] * 4
    for lock in locks:
        lock.release()
    searcher.neighbours("a ship", 1)
    assert counts(store) == [65] * 4


@pytest.mark.parametrize("lost", ["the rows", "the collection"])
def test_who_searches_is_told_what_the_store_has_lost(
    filled: Any, store: MemoryStore, lost: str
) -> None:
    for name in store.collections(""):
        if lost == "the rows":
            store.delete(name, np.array(sorted(store._held[name][1]), np.int64))
        else:
            store.drop(name)
    (query,) = filled.embedders["minilm"].embed(["a fox"])
    with pytest.raises(BackendError, match="memory has lost what it was given") as caught:
        filled.indexes().dense("minilm").search([Sought((query, query), None, "x")])
    assert caught.value.hint == "bozzetto index build gives it again"
    states = filled.indexes().examine()[1:]
    assert [(one.state, one.stored, one.recall) for one in states] == [("stale", 0, None)] * 2
    filled.indexes().refresh()
    assert len(ids(filled, "a fox")) == 5


def test_what_is_near_to_everything_is_measured_by_the_vectors_there_are(
    shelf: Any, store: MemoryStore
) -> None:
    """A student's hubs go with its vectors; what was sent before a break is measured too."""
    shelf.elsewhere = store
    shelf.fill([f"{prompt} {n}" for n in range(4) for prompt in PROMPTS])
    shelf.embed()
    store.break_after = 1
    broken = shelf.indexes()
    with pytest.raises(BackendError):
        broken.refresh()
    store.break_after = None
    (view, *_) = shelf.indexes().dense("minilm").views
    texts = [texts_of("minilm", row)[0] for row in shelf.store.scan()]
    vectors = shelf.embedders["minilm"].embed(texts)
    sample = spread(vectors)
    assert view.hubs == pytest.approx(hubness(vectors, sample), abs=1e-3)


def test_a_collection_that_another_choice_uses_too_stays(filled: Any, store: MemoryStore) -> None:
    """An embedder that was named may be one of the program's own, with the same collections."""
    english = filled.embedders["minilm"]
    before, filled.embedders = filled.indexes(), {"own": english}
    named = filled.indexes()
    named.refresh()
    assert counts(store) == [64] * 4
    assert list(before.leave(named)) == []
    assert sorted(name.rpartition("_")[2] for name in store.collections("")) == ["core", "whole"]
    assert counts(store) == [64] * 2
    assert len(named.dense("own").views) == 2


def test_the_views_are_asked_side_by_side(shelf: Any) -> None:
    """A store far away is waited for once, not once a view."""

    class Together(MemoryStore):
        met = threading.Barrier(4)

        def search(self, *given: Any, **more: Any) -> tuple[Keys, Vectors]:
            self.met.wait(timeout=10)
            return super().search(*given, **more)

    shelf.elsewhere = Together()
    shelf.fill(PROMPTS)
    shelf.embed()
    assert len(ids(shelf, "a castle, a ship")) == 5
