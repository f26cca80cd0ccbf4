"""The embedder that answers has to be the one that made the vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from bozzetto.app.proof import PROBE, alike, probe_of, proven, vector_of
from bozzetto.errors import SetupError
from bozzetto.ports import EmbedderFeatures
from bozzetto.types import Vectors


class Numbered:
    """An embedder whose vectors are those of a model's number."""

    def __init__(self, model: int, dim: int = 32) -> None:
        self.model, self.dim = model, dim
        self.asked: list[str] = []

    @property
    def features(self) -> EmbedderFeatures:
        return EmbedderFeatures("numbered:", self.dim, (), 512)

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked.extend(texts)
        rows = np.random.default_rng(self.model).standard_normal((1, self.dim), dtype=np.float32)
        return np.repeat(rows / np.linalg.norm(rows), len(texts), axis=0)


class Queries(Numbered):
    """One that reads what is sought in another way."""

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return -self.embed(texts)


def test_a_probe_holds_a_vector() -> None:
    inner = Numbered(1)
    vector = vector_of(probe_of(inner))
    assert vector == pytest.approx(inner.embed([PROBE])[0], abs=1e-3)
    assert alike(vector, inner.embed([PROBE])[0])
    assert not alike(vector, Numbered(2).embed([PROBE])[0])
    assert not alike(vector, Numbered(1, 16).embed([PROBE])[0])
    assert vector_of("not base64!").shape == (0,)


def test_the_same_model_is_asked_once_more_and_no_more() -> None:
    inner = Numbered(1)
    embedder = proven(inner, probe_of(inner))
    inner.asked.clear()
    for _ in range(3):
        embedder.embed(["a fox"])
    assert inner.asked == [PROBE, "a fox", "a fox", "a fox"]
    assert not hasattr(embedder, "embed_queries")


@pytest.mark.parametrize("other", [Numbered(2), Numbered(1, 16), Queries(3)])
def test_another_model_is_refused_each_time(other: Numbered) -> None:
    embedder = proven(other, probe_of(Numbered(1)))
    for _ in range(2):
        with pytest.raises(SetupError, match="another model has that name now"):
            embedder.embed(["a fox"])


def test_queries_are_proved_too() -> None:
    good = proven(Queries(1), probe_of(Numbered(1)))
    assert good.embed_queries(["a fox"]).shape == (1, 32)  # type: ignore[attr-defined]
    with pytest.raises(SetupError):
        proven(Queries(2), probe_of(Numbered(1))).embed_queries(["a fox"])  # type: ignore[attr-defined]


def test_without_a_probe_it_is_taken_as_it_is() -> None:
    inner = Numbered(1)
    proven(inner, "").embed(["a fox"])
    assert inner.asked == ["a fox"]
