# ruff: noqa: ANN401 - pytest has no way to import the fixture's class
"""A library that an embedder was named for is searched by that one, in every language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import pytest

from bozzetto.errors import SetupError
from bozzetto.ports import EmbedderFeatures
from bozzetto.search.engine import Searcher
from bozzetto.types import Vectors

PROMPTS = [
    "a red fox in the snow, oil painting",
    "a lighthouse at dawn, watercolor",
    "a robot, ink",
]


class Asymmetric:
    """Prompts are embedded as they are, ideas as if somebody had put them into English."""

    english: ClassVar = {
        "una volpe rossa nella neve": "a red fox in the snow",
        "una nave": "a ship",
    }

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.features: EmbedderFeatures = inner.features
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        found: Vectors = self._inner.embed(texts)
        return found

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        self.asked.extend(texts)
        return self.embed([self.english.get(text, text) for text in texts])


@pytest.fixture
def own(make_shelf: Any, shelf: Any) -> Any:
    made = make_shelf({"own": Asymmetric(shelf.embedders["minilm"])})
    made.fill(PROMPTS)
    made.embed()
    return made


@pytest.mark.parametrize("idea", ["a red fox in the snow", "una volpe rossa nella neve"])
def test_an_idea_of_any_language_is_read_by_it(own: Any, idea: str) -> None:
    best = own.searcher().search(idea).hits[0]
    assert best.prompt == PROMPTS[0]
    assert best.why[0].leg == "own"
    assert best.score > 0.4
    assert own.embedders["own"].asked == [idea]


def test_its_index_is_one_of_its_own(own: Any) -> None:
    own.indexes().refresh()
    states = own.indexes().examine()
    assert [(one.name, one.state, one.rows) for one in states] == [
        ("words", "complete", 3),
        ("own", "complete", 3),
    ]


def test_prompts_given_are_searched_from(own: Any) -> None:
    searcher = own.searcher()
    fox = searcher.search("a red fox in the snow").hits[0].id
    found = searcher.search(None, like=[fox])
    assert [hit.prompt for hit in found.hits][:1] != [PROMPTS[0]]
    assert found.hits


def test_one_that_cannot_be_set_up_is_told(own: Any) -> None:
    class Missing(Asymmetric):
        def embed_queries(self, texts: Sequence[str]) -> Vectors:
            raise SetupError("the key is missing")

    searcher = Searcher(
        own.store,
        own.indexes(),
        embedders={"own": Missing(own.embedders["own"])},
        bridge=None,
    )
    with pytest.raises(SetupError, match="the key is missing"):
        searcher.search("a fox")
