# ruff: noqa: ANN401 - pytest has no way to import the fixture's class
"""An embedder or a store that does not answer: words stand in, and it is told."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bozzetto.errors import BackendError, SetupError
from bozzetto.ports import EmbedderFeatures
from bozzetto.search.engine import Searcher
from bozzetto.testing.memory_store import MemoryStore
from bozzetto.types import By, Keys, Vectors, Where

PROMPTS = [
    "a red fox in the snow, oil painting",
    "a lighthouse at dawn, watercolor",
    "a robot, ink",
]


class Down:
    """An embedder that can be switched off."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.error: BackendError | SetupError | None = None
        self.wait = 0.0
        self.features: EmbedderFeatures = inner.features

    def embed(self, texts: Sequence[str]) -> Vectors:
        time.sleep(self.wait)
        if self.error is not None:
            raise self.error
        found: Vectors = self._inner.embed(texts)
        return found


class DownStore(MemoryStore):
    """A store that can be switched off, all of it or some collections."""

    down = "nothing"

    def search(
        self,
        collection: str,
        query: Vectors,
        k: int,
        where: Where = Where(),  # noqa: B008 - frozen
        *,
        thorough: bool = False,
    ) -> tuple[Keys, Vectors]:
        if self.down in collection:
            raise BackendError("memory cannot be reached", hint="is it running?")
        return super().search(collection, query, k, where, thorough=thorough)


FOX = "a fox that is red"
REFUSED = BackendError("Ollama at http://h cannot be reached", hint="is it running?")


@pytest.fixture
def own(make_shelf: Any, shelf: Any) -> Any:
    made = make_shelf({"own": Down(shelf.embedders["minilm"])})
    made.fill(PROMPTS)
    made.embed()
    return made


@pytest.fixture
def store() -> DownStore:
    return DownStore()


@pytest.fixture
def stored(shelf: Any, store: DownStore) -> Any:
    shelf.elsewhere = store
    shelf.fill(PROMPTS)
    shelf.embed()
    shelf.indexes().refresh()
    return shelf


def test_an_embedder_that_is_down(own: Any) -> None:
    searcher = own.searcher()
    own.embedders["own"].error = REFUSED
    found = searcher.search(FOX)
    assert [hit.prompt for hit in found.hits] == PROMPTS[:1]
    assert [one.leg for one in found.hits[0].why] == ["words"]
    assert found.notes == (
        "found by words alone: Ollama at http://h cannot be reached; is it running?",
    )
    assert not found.confident
    assert [hit.prompt for hit in searcher.neighbours(FOX)] == PROMPTS[:1]
    own.embedders["own"].error = None
    again = searcher.search(FOX)
    assert (again.notes, again.hits[0].why[0].leg) == ((), "own")


def test_a_store_that_is_down(stored: Any, store: DownStore) -> None:
    searcher = stored.searcher()
    store.down = ""
    found = searcher.search(FOX)
    assert [hit.prompt for hit in found.hits] == PROMPTS[:1]
    assert found.notes == ("found by words alone: memory cannot be reached; is it running?",)
    assert not found.confident
    store.down = "nothing"
    assert searcher.search(FOX).notes == ()


def test_a_part_of_a_store_that_is_lost(stored: Any, store: DownStore) -> None:
    for name in stored.indexes().dense("use").views:
        store.drop(name.index.collection)
    found = stored.searcher().search(FOX)
    assert found.hits[0].prompt == PROMPTS[0]
    assert "english" in {one.leg for one in found.hits[0].why}
    (note,) = found.notes
    assert note.startswith("a part of the search is missing: memory has lost what it was given")


@pytest.mark.parametrize("by", ["both", "subject", "look"])
def test_where_words_find_nothing_it_fails(own: Any, by: By) -> None:
    own.embedders["own"].error = REFUSED
    with pytest.raises(BackendError) as caught:
        own.searcher().search("quarterly tax return", by=by)
    assert caught.value is REFUSED


def test_prompts_given_are_searched_from_by_their_words(own: Any) -> None:
    own.fill(["a red fox in the rain"], "second")
    fox = own.searcher().search("a red fox in the snow").hits[0].id
    own.embedders["own"].error = REFUSED
    found = own.searcher().search(None, like=[fox])  # whose vectors are kept
    assert "a red fox in the rain" in {hit.prompt for hit in found.hits}


def test_one_that_fails_is_no_matter_of_those_beside_it(own: Any) -> None:
    own.embedders["own"].error = REFUSED
    own.embedders["own"].wait = 0.02  # meanwhile the others wait, and are answered together
    searcher = own.searcher()

    def ask(idea: str) -> object:
        try:
            return [hit.prompt for hit in searcher.search(idea).hits]
        except BackendError as error:
            return error

    with ThreadPoolExecutor(12) as pool:
        told = list(pool.map(ask, ["quarterly tax return", FOX] * 6))
    assert told == [REFUSED, PROMPTS[:1]] * 6


def test_one_that_is_not_set_up_is_raised(own: Any) -> None:
    own.embedders["own"].error = SetupError("the key is missing")
    searcher: Searcher = own.searcher()
    with pytest.raises(SetupError, match="the key is missing"):
        searcher.search(FOX)
