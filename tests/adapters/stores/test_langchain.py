from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from bozzetto.errors import BackendError, NotFoundError, SetupError
from bozzetto.plugins import load
from bozzetto.ports import VectorStore
from bozzetto.testing.failures import unmapped
from bozzetto.testing.stores import rows_of
from bozzetto.types import StoreRows, Vectors

if TYPE_CHECKING:
    from bozzetto.adapters.stores.langchain import LangchainStore

Require = Callable[[str], Path]

MODULE = '''
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import InMemoryVectorStore, VectorStore

kept = {}
def prompts(embedding, collection):
    """The same collection each time, as a server has it."""
    return kept.setdefault(collection, InMemoryVectorStore(embedding))

class Breaking(InMemoryVectorStore):
    """Vanishes in the middle of what it adds, and is back when `left` is set again."""
    left = 10**9
    def add_texts(self, texts, metadatas=None, *, ids=None, **kwargs):
        room = max(0, Breaking.left)
        Breaking.left -= len(texts)
        super().add_texts(texts[:room], metadatas[:room], ids=ids[:room])
        if room < len(texts):
            raise ConnectionError("gone; password=hunter-very-secret")

broken = {}
def breaking(embedding, collection):
    return broken.setdefault(collection, Breaking(embedding))

class ByText(InMemoryVectorStore):
    """Finds by texts only."""
    similarity_search_by_vector = VectorStore.similarity_search_by_vector

def by_text(embedding, collection): return ByText(embedding)

class Bare(VectorStore):
    def __init__(self, embedding): pass
    def similarity_search(self, query, k=4, **kwargs): return []
    @classmethod
    def from_texts(cls, texts, embedding, metadatas=None, **kwargs): return cls(embedding)

def bare(embedding, collection): return Bare(embedding)
def number(embedding, collection): return 7
def failing(embedding, collection): raise RuntimeError("no hunter-very-secret here")
constant = 7
'''


@pytest.fixture
def mine(require: Require, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module of the user's, by its name."""
    require("langchain")
    name = f"stores_of_mine_{abs(hash(tmp_path))}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    return name


def opened(rest: str) -> LangchainStore:
    found: LangchainStore = load("stores", "langchain")(
        rest, environ={"MY_PASSWORD": "hunter-very-secret"}, timeout=1.0
    )
    return found


def part(rows: StoreRows, some: slice) -> StoreRows:
    return StoreRows(rows.keys[some], rows.vectors[some], rows.facts[some])


@given(arrays.arrays(np.float32, st.integers(0, 40), elements=st.floats(width=32)))
def test_a_vector_is_packed_to_the_last_bit(vector: Vectors) -> None:
    langchain = pytest.importorskip("bozzetto.adapters.stores.langchain")
    assert langchain.unpack(langchain.pack(vector)).tobytes() == vector.tobytes()


@pytest.mark.parametrize("text", ["a small dog", "AAA", "AAAAAAA=", "犬"])
def test_what_is_no_vector_is_refused(require: Require, text: str) -> None:
    require("langchain")
    from bozzetto.adapters.stores.langchain import Packed

    with pytest.raises(ValueError):
        Packed().embed_query(text)


def test_its_features(mine: str) -> None:
    features = opened(f"{mine}:prompts").features
    assert (features.name, features.place) == ("langchain", f"langchain:{mine}:prompts")
    assert (features.filters, features.lists, features.deletes) == (False, False, True)


def test_another_process_finds_what_one_has_put(mine: str) -> None:
    rows = rows_of(20)
    one, other = opened(f"{mine}:prompts"), opened(f"{mine}:prompts")
    one.create("c", 24, 20)
    one.put("c", rows)
    assert other.count("c") == 20
    assert other.search("c", rows.vectors[4], 1)[0].tolist() == [rows.keys[4]]
    with pytest.raises(SetupError, match="24 dimensions, not 32"):
        other.create("c", 32, 20)
    other.drop("c")
    assert one.count("c") is None


@pytest.mark.parametrize("left", [1, 2, 7, 10, 11])
def test_a_load_that_breaks_off_is_counted_and_goes_on(mine: str, left: int) -> None:
    rows = rows_of(30)
    store = opened(f"{mine}:breaking")
    module = __import__(mine)
    store.create("c", 24, 30)
    store.put("c", part(rows, slice(0, 10)))
    module.Breaking.left = left  # our own row, some of the ten, our own row again
    with pytest.raises(BackendError) as caught:
        store.put("c", part(rows, slice(5, 15)))
    assert caught.value.retryable
    assert (
        caught.value.message == f"langchain:{mine}:breaking cannot be reached: gone; password=***"
    )
    module.Breaking.left = 10**9
    held = len(module.broken["c"].store) - 1
    assert opened(f"{mine}:breaking").count("c") == store.count("c") == held
    store.put("c", rows)
    assert store.count("c") == 30
    store.delete("c", rows.keys[:4])
    assert store.count("c") == 26 == len(module.broken["c"].store) - 1


def test_a_store_that_finds_by_text_only(mine: str) -> None:
    rows = rows_of(20)
    store = opened(f"{mine}:by_text")
    store.create("c", 24, 20)
    store.put("c", rows)
    keys, scores = store.search("c", rows.vectors[4], 20, thorough=True)
    wanted = np.lexsort((rows.keys, -(rows.vectors @ rows.vectors[4])))
    assert keys.tolist() == rows.keys[wanted].tolist()
    assert scores == pytest.approx(np.sort(rows.vectors @ rows.vectors[4])[::-1], abs=1e-6)


def test_facts_stand_beside_the_rows(mine: str) -> None:
    rows = rows_of(3)
    opened(f"{mine}:prompts").create("facts", 24, 3)
    opened(f"{mine}:prompts").put("facts", rows)
    (said,) = (
        row["metadata"]
        for row in __import__(mine).kept["facts"].store.values()
        if row["metadata"]["key"] == rows.keys[1]
    )
    facts = rows.facts[1]
    assert said == {
        **facts._asdict(),
        "key": rows.keys[1],
        "tags": "\n".join(facts.tags),
        "sources": "\n".join(facts.sources),
    }


@pytest.mark.parametrize(
    ("attribute", "message"),
    [
        ("bare", "langchain:{}:bare: Bare has no delete"),
        ("number", "langchain:{}:number made no VectorStore of LangChain, but int"),
    ],
)
def test_what_is_no_store_is_told(mine: str, attribute: str, message: str) -> None:
    with pytest.raises(SetupError) as caught:
        opened(f"{mine}:{attribute}").create("c", 24, 0)
    assert caught.value.message == message.format(mine)


def test_a_function_that_fails_is_told(mine: str) -> None:
    with pytest.raises(BackendError) as caught:
        opened(f"{mine}:failing").count("c")
    assert caught.value.message == f"langchain:{mine}:failing failed: no *** here"


def test_what_cannot_be_called_is_told(mine: str) -> None:
    with pytest.raises(SetupError, match=r"constant is no .*, but int"):
        opened(f"{mine}:constant")


def test_rows_of_others_are_told(mine: str) -> None:
    store = opened(f"{mine}:prompts")
    rows = rows_of(2)
    store.create("c", 24, 2)
    store.put("c", rows)
    __import__(mine).kept["c"].store["x"] = {
        "id": "x",
        "vector": rows.vectors[0].tolist(),
        "text": "a small dog",
        "metadata": {"key": 5},
    }
    with pytest.raises(BackendError, match="gave back rows that are not ours"):
        store.search("c", rows.vectors[0], 5)


def test_nothing_goes_to_a_collection_that_is_not_there(mine: str) -> None:
    store: VectorStore = opened(f"{mine}:prompts")
    rows = rows_of(2)
    works: list[Callable[[], None]] = [
        lambda: store.put("absent", rows),
        lambda: store.delete("absent", rows.keys),
        lambda: store.finish("absent"),
    ]
    for work in works:
        with pytest.raises(NotFoundError) as caught:
            work()
        assert caught.value.message == f"langchain:{mine}:prompts has no collection absent"


def test_vectors_of_another_width_are_refused(mine: str) -> None:
    store = opened(f"{mine}:prompts")
    store.create("narrow", 8, 0)
    with pytest.raises(SetupError, match="8 dimensions, not 24"):
        store.put("narrow", rows_of(2))
    assert store.count("narrow") == 0


def test_every_exception_of_langchain_has_a_row(require: Require) -> None:
    require("langchain")
    from langchain_core import exceptions

    from bozzetto.adapters.stores.langchain import FAILURES

    assert FAILURES["Exception"].kind == "backend"  # of whatever lies below LangChain
    rows = {name: row for name, row in FAILURES.items() if name != "Exception"}
    assert unmapped(exceptions, rows) == []
