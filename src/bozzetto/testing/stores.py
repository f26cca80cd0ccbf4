"""The contract of `bozzetto.ports.VectorStore` as tests to inherit.

    class TestMine(VectorStoreContract):
        @pytest.fixture
        def store(self, server: MyServer) -> VectorStore:
            return open_mine(server.address, environ={}, timeout=10)

A store that is not exact must still find the true nearest of the few rows used here. Where the
features say that it cannot filter or delete, those tests are passed over.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from bozzetto.errors import NotFoundError, SetupError
from bozzetto.ports import VectorStore
from bozzetto.testing.memory_store import holds
from bozzetto.testing.vectors import clustered
from bozzetto.types import Facts, StoreRows, Vectors, Where

__all__ = ["HOSTILE", "VectorStoreContract", "rows_of"]

HOSTILE = (
    'O\'Brien "x"',
    "a\\b\\'",
    "%_*?",
    "'; DROP TABLE prompts; --",
    '") or true or ("',
    "line\nbreak\ttab",
    "{{braces}} ${var} [x]",
    "小さな犬 🦊",
    "null",
    "a, b",
)
"""Values that a filter language could take for its own words."""

_DIM = 24
_ROWS = 240


def rows_of(count: int, dim: int = _DIM, seed: int = 0) -> StoreRows:
    """Rows whose facts cover every field, hostile values among them; keys not in order."""
    keys = np.random.default_rng(seed).permutation(np.arange(count, dtype=np.int64) * 7 + 3)
    facts = [
        Facts(
            tags=tuple(sorted({HOSTILE[n % len(HOSTILE)], f"t{n % 5}"} if n % 3 else set())),
            sources=(f"s{n % 4}", HOSTILE[(n + 1) % len(HOSTILE)]),
            use=("", "game", HOSTILE[n % 3])[n % 3],
            model_family=("", "sdxl")[n % 2],
            rating=n % 6,
            nsfw=(-1.0, 0.1, 0.5, 0.9)[n % 4],
            has_image=n % 7 == 0,
            added=1_700_000_000 + n,
        )
        for n in range(count)
    ]
    return StoreRows(keys, clustered(count, dim, seed), facts)


def _part(rows: StoreRows, at: Sequence[int] | slice) -> StoreRows:
    picked = range(len(rows))[at] if isinstance(at, slice) else at
    return StoreRows(rows.keys[picked], rows.vectors[picked], [rows.facts[n] for n in picked])


def _wanting(field: str, value: str) -> Where:
    wanted: dict[str, tuple[str, ...]] = {field: (value,)}
    return Where(
        tags=wanted.get("tags", ()), sources=wanted.get("sources", ()), use=wanted.get("use", ())
    )


class VectorStoreContract:
    """Subclass with a fixture `store`. Collections are made and dropped by the tests."""

    wait = 10.0
    """Seconds a store may take until what was put is counted and found."""

    @pytest.fixture
    def store(self) -> VectorStore:
        """The store under test."""
        raise NotImplementedError("override the fixture `store`")

    @pytest.fixture
    def rows(self) -> StoreRows:
        """Some hundred rows."""
        return rows_of(_ROWS)

    @pytest.fixture
    def filled(self, store: VectorStore, rows: StoreRows) -> Iterator[str]:
        """A finished collection of them."""
        name = "bozzetto_contract_filled"
        store.drop(name)
        store.create(name, _DIM, len(rows))
        for start in range(0, len(rows), 100):
            store.put(name, _part(rows, slice(start, start + 100)))
        store.finish(name)
        self._until(store, name, len(rows))
        yield name
        store.drop(name)

    def _until(self, store: VectorStore, name: str, rows: int) -> None:
        """Wait until a collection counts so many rows."""
        until = time.monotonic() + self.wait
        while (found := store.count(name)) != rows:
            assert time.monotonic() < until, f"{found} rows, not {rows}"
            time.sleep(0.05)

    def _found(
        self,
        store: VectorStore,
        name: str,
        query: Vectors,
        k: int,
        where: Where = Where(),  # noqa: B008 - frozen
    ) -> list[int]:
        found: list[int] = store.search(name, query, k, where)[0].tolist()
        return found

    def test_features_are_stated(self, store: VectorStore) -> None:
        """A scheme, a place, a batch."""
        features = store.features
        assert features.name
        assert features.place
        assert features.batch > 0

    def test_what_is_not_there(self, store: VectorStore, rows: StoreRows) -> None:
        """It is counted as none, dropped without complaint, and searched with a clear error."""
        name = "bozzetto_contract_nothing"
        store.drop(name)
        assert store.count(name) is None
        with pytest.raises(NotFoundError):
            store.search(name, rows.vectors[0], 5)

    def test_the_best_come_first_with_their_scores(
        self, store: VectorStore, filled: str, rows: StoreRows
    ) -> None:
        """As NumPy finds them."""
        scores = rows.vectors @ rows.vectors[7]
        order = np.lexsort((rows.keys, -scores))[:10]
        found, given = store.search(filled, rows.vectors[7], 10)
        assert found.dtype == np.int64
        assert given.dtype == np.float32
        assert found.tolist() == rows.keys[order].tolist()
        assert given == pytest.approx(scores[order], abs=0.01)

    def test_any_k_is_answered(self, store: VectorStore, filled: str, rows: StoreRows) -> None:
        """None, one, and many: no more than there are, and none twice."""
        assert self._found(store, filled, rows.vectors[0], 0) == []
        assert self._found(store, filled, rows.vectors[0], 1) == [rows.keys[0]]
        many = self._found(store, filled, rows.vectors[0], 2_000)
        assert len(many) == len(set(many)) == len(rows)

    @pytest.mark.parametrize(
        "where",
        [
            Where(tags=("t1",)),
            Where(tags=("t1", "t4", "nobody has it")),
            Where(sources=("s2",)),
            Where(use=("game",)),
            Where(model_family=("sdxl",)),
            Where(rating=4),
            Where(nsfw=0.5),
            Where(nsfw=0.0),
            Where(has_image=True),
            Where(has_image=False),
            Where(added=1_700_000_200),
            Where(tags=("t2", "t3"), sources=("s1", "s3"), rating=1, nsfw=0.6, has_image=False),
            Where(tags=("nobody has it",)),
        ],
        ids=str,
    )
    def test_filters_are_applied_inside(
        self, store: VectorStore, filled: str, rows: StoreRows, where: Where
    ) -> None:
        """The best ten of those that fit, not those of the best ten that fit."""
        if not store.features.filters:
            pytest.skip("declares that it does not filter")
        self._compare(store, filled, rows, where)

    @pytest.mark.parametrize("value", HOSTILE)
    @pytest.mark.parametrize("field", ["tags", "sources", "use"])
    def test_a_value_is_never_language(
        self, store: VectorStore, filled: str, rows: StoreRows, field: str, value: str
    ) -> None:
        """Quotes, backslashes, wildcards: compared as they are."""
        if not store.features.filters:
            pytest.skip("declares that it does not filter")
        self._compare(store, filled, rows, _wanting(field, value))

    def _compare(self, store: VectorStore, name: str, rows: StoreRows, where: Where) -> None:
        fitting = [n for n, facts in enumerate(rows.facts) if holds(facts, where)]
        scores = rows.vectors[fitting] @ rows.vectors[3]
        keys = rows.keys[fitting]
        wanted = keys[np.lexsort((keys, -scores))[:10]].tolist()
        assert self._found(store, name, rows.vectors[3], 10, where) == wanted

    def test_rows_take_the_place_of_old_ones(
        self, store: VectorStore, filled: str, rows: StoreRows
    ) -> None:
        """Vector and facts of the same key; the count stays."""
        some = _part(rows, slice(0, 30))
        turned = StoreRows(some.keys, some.vectors[::-1], [Facts(use="turned")] * len(some))
        store.put(filled, turned)
        self._until(store, filled, len(rows))
        where = Where(use=("turned",)) if store.features.filters else Where()
        self._until_found(store, filled, some.vectors[0], some.keys[-1], where)
        if store.features.filters:
            assert sorted(self._found(store, filled, some.vectors[0], 100, where)) == sorted(
                some.keys.tolist()
            )

    def _until_found(
        self, store: VectorStore, name: str, query: Vectors, key: int, where: Where
    ) -> None:
        until = time.monotonic() + self.wait
        while self._found(store, name, query, 1, where) != [key]:
            assert time.monotonic() < until, "never found"
            time.sleep(0.05)

    def test_rows_go(self, store: VectorStore, filled: str, rows: StoreRows) -> None:
        """Deleted ones are neither counted nor found; unknown keys are no matter."""
        if not store.features.deletes:
            pytest.skip("declares that it does not delete")
        gone = rows.keys[:50]
        store.delete(filled, np.concatenate([gone, np.array([10**9], np.int64)]))
        self._until(store, filled, len(rows) - 50)
        found = self._found(store, filled, rows.vectors[0], 2_000)
        assert set(found).isdisjoint(gone.tolist())
        store.delete(filled, np.empty(0, np.int64))
        assert store.count(filled) == len(rows) - 50

    def test_making_it_again_changes_nothing(
        self, store: VectorStore, filled: str, rows: StoreRows
    ) -> None:
        """So that a load that was broken off can go on."""
        store.create(filled, _DIM, len(rows))
        store.finish(filled)
        assert store.count(filled) == len(rows)

    def test_a_wrong_dimension_is_told(self, store: VectorStore, filled: str) -> None:
        """Both numbers stand in the message; nothing is lost."""
        before = store.count(filled)
        with pytest.raises(SetupError, match=f"{_DIM}.*{_DIM + 8}|{_DIM + 8}.*{_DIM}"):
            store.create(filled, _DIM + 8, 10)
        assert store.count(filled) == before

    def test_collections_are_apart(self, store: VectorStore, filled: str, rows: StoreRows) -> None:
        """One knows nothing of another, and dropping one leaves the other."""
        other = "bozzetto_contract_other"
        store.drop(other)
        store.create(other, _DIM, 10)
        store.put(other, _part(rows, slice(0, 10)))
        store.finish(other)
        self._until(store, other, 10)
        if store.features.lists:
            names = store.collections("bozzetto_contract_")
            assert set(names) >= {filled, other}
            assert store.collections("bozzetto_contract_o") == (other,)
        store.drop(other)
        assert store.count(other) is None
        assert store.count(filled) == len(rows)

    def test_an_empty_collection(self, store: VectorStore, rows: StoreRows) -> None:
        """It is counted as empty and finds nothing."""
        name = "bozzetto_contract_empty"
        store.drop(name)
        store.create(name, _DIM, 0)
        store.finish(name)
        assert store.count(name) == 0
        assert self._found(store, name, rows.vectors[0], 5) == []
        store.drop(name)

    def test_it_is_shared_between_threads(
        self, store: VectorStore, filled: str, rows: StoreRows
    ) -> None:
        """Searches side by side find what they find alone."""
        wanted = [self._found(store, filled, query, 5) for query in rows.vectors[:8]]
        found: dict[int, list[int]] = {}

        def ask(n: int) -> None:
            found[n] = self._found(store, filled, rows.vectors[n], 5)

        threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [found[n] for n in range(8)] == wanted

    def test_closing_is_not_the_end(self, store: VectorStore, filled: str) -> None:
        """Twice is fine, and a later call works."""
        count = store.count(filled)
        store.close()
        store.close()
        assert store.count(filled) == count
