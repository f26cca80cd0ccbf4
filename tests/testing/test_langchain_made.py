from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bozzetto.embed.student import Student

Require = Callable[[str], Path]


def test_what_is_sought_gets_another_vector(require: Require) -> None:
    require("langchain")
    from bozzetto.testing.langchain_made import embeddings

    wanted = Student().embed(["a dog", "a search for a dog"])
    assert embeddings.embed_documents(["a dog"]) == [pytest.approx(wanted[0].tolist(), abs=1e-5)]
    assert embeddings.embed_query("a dog") == pytest.approx(wanted[1].tolist(), abs=1e-5)


def test_collections_in_memory_are_apart(require: Require) -> None:
    require("langchain")
    from bozzetto.testing.langchain_made import embeddings, in_memory

    dogs, cats = in_memory(embeddings, "dogs"), in_memory(embeddings, "cats")
    dogs.add_texts(["a small dog"], ids=["1"])
    assert [one.page_content for one in dogs.similarity_search("a puppy")] == ["a small dog"]
    assert cats.similarity_search("a puppy") == []
