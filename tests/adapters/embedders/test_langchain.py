from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bozzetto.adapters.failures import row_of
from bozzetto.errors import BackendError, BozzettoError, SetupError
from bozzetto.plugins import load
from bozzetto.ports import QueryEmbedder
from bozzetto.testing.failures import unmapped

Require = Callable[[str], Path]

MODULE = """
from langchain_core.embeddings import DeterministicFakeEmbedding, Embeddings, FakeEmbeddings

fake = DeterministicFakeEmbedding(size=16)
def made(): return DeterministicFakeEmbedding(size=8)
def number(): return 7
def broken(): raise RuntimeError("no key sk-very-secret")

class Given(Embeddings):
    def __init__(self, found): self.found = found
    def embed_documents(self, texts):
        if isinstance(self.found, Exception): raise self.found
        return self.found
    def embed_query(self, text): return self.embed_documents([text])[0]

class RateLimitError(Exception): pass
class AuthenticationError(Exception): pass

zeros = Given([[0.0, 0.0]])
nan = Given([[float("nan"), 1.0]])
many = Given([[1.0, 0.0], [0.0, 1.0]])
none = Given(None)
ragged = Given([[1.0], [1.0, 2.0]])
refused = Given(AuthenticationError("key sk-very-secret is not valid"))
odd = Given(KeyError("what\\x1b[31m"))
"""


@pytest.fixture
def mine(require: Require, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module of the user's, by its name."""
    require("langchain")
    name = f"mine_{abs(hash(tmp_path))}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    return name


def opened(rest: str, **environ: str) -> QueryEmbedder:
    found: QueryEmbedder = load("embedders", "langchain")(rest, environ=environ, timeout=1.0)
    return found


def test_its_features(require: Require) -> None:
    require("langchain")
    features = opened("bozzetto.testing.langchain_made:embeddings").features
    assert features.id == "langchain:bozzetto.testing.langchain_made:embeddings;student;384;1"
    assert (features.dim, features.languages, features.remote) == (384, (), True)


def test_documents_and_queries_are_told_apart(require: Require) -> None:
    require("langchain")
    from bozzetto.embed.student import Student

    mine = opened("bozzetto.testing.langchain_made:embeddings")
    texts = ["a small dog", "tax accounting"]
    assert mine.embed(texts) == pytest.approx(Student().embed(texts), abs=1e-5)
    sought = Student().embed([f"a search for {text}" for text in texts])
    assert mine.embed_queries(texts) == pytest.approx(sought, abs=1e-5)


@pytest.mark.parametrize(("attribute", "dim"), [("fake", 16), ("made", 8)])
def test_an_object_or_its_factory(mine: str, attribute: str, dim: int) -> None:
    fake = opened(f"{mine}:{attribute}")
    assert fake.features.id == f"langchain:{mine}:{attribute};{dim};1"
    vectors = fake.embed(["a", "b", "a"])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert (vectors[0] == vectors[2]).all()
    assert fake.embed([]).shape == (0, dim)


@pytest.mark.parametrize(
    ("attribute", "says"),
    [
        ("zeros", "a vector that is no direction: zeros, or no numbers"),
        ("nan", "a vector that is no direction: zeros, or no numbers"),
        ("many", "something else than 1 vectors of one length"),
        ("none", "something else than 1 vectors of one length"),
        ("ragged", "something else than 1 vectors of one length"),
    ],
)
def test_junk_is_told(mine: str, attribute: str, says: str) -> None:
    with pytest.raises(BackendError) as caught:
        opened(f"{mine}:{attribute}").embed(["dog"])
    assert caught.value.message == f"langchain:{mine}:{attribute} sent {says}"


@pytest.mark.parametrize(
    ("attribute", "kind", "says"),
    [
        ("refused", SetupError, "refuses the credentials: key *** is not valid"),
        ("odd", BackendError, "failed: 'what\\x1b[31m'"),
    ],
)
def test_failures_are_told(mine: str, attribute: str, kind: type[BozzettoError], says: str) -> None:
    found = opened(f"{mine}:{attribute}", SOME_API_KEY="sk-very-secret")
    for ask in (found.embed, found.embed_queries):
        with pytest.raises(kind) as caught:
            ask(["dog"])
        assert caught.value.message == f"langchain:{mine}:{attribute} {says}"
        assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("attribute", "says"),
    [
        ("number", "is no Embeddings of LangChain, but int"),
        ("broken", "failed while it was set up: RuntimeError: no key ***"),
        ("nothing", "has no attribute 'nothing'"),
    ],
)
def test_what_is_no_embeddings_is_told(mine: str, attribute: str, says: str) -> None:
    with pytest.raises(SetupError) as caught:
        opened(f"{mine}:{attribute}", SOME_API_KEY="sk-very-secret")
    assert says in caught.value.message


@pytest.mark.parametrize("rest", ["", "module", "no_such_module_here:thing", "os;rm:x"])
def test_a_name_that_is_none_is_told(require: Require, rest: str) -> None:
    require("langchain")
    with pytest.raises(SetupError, match=r"^langchain:"):
        opened(rest)


def test_every_exception_of_langchain_has_a_row(require: Require) -> None:
    """Without the row for whatever else a user's own code raises."""
    require("backends")
    import langchain_core.exceptions

    from bozzetto.adapters.embedders.langchain import FAILURES

    rows = {name: row for name, row in FAILURES.items() if name != "Exception"}
    assert unmapped(langchain_core.exceptions, rows) == []
    assert row_of(KeyError, FAILURES) == FAILURES["Exception"]
