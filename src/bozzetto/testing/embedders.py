"""The contract of `bozzetto.ports.Embedder`, as tests to inherit.

class TestMine(EmbedderContract):
@pytest.fixture
def embedder(self) -> Embedder:
return MY_EMBEDDER  # one for all tests: loading takes long
"""

from __future__ import annotations

import numpy as np
import pytest

from bozzetto.ports import Embedder

__all__ = ["EmbedderContract"]

_TEXTS = (
    "a small dog on a beach",
    "",
    "a portrait of an old king, oil painting, dramatic light, highly detailed",
    "dog",
    " \t\n",
    "夕暮れの海辺の小さな犬",
    "🦊🦊🦊",
    "\x00\x1b[31m",
    "a \ud800 lone surrogate",
    "word " * 3_000,
)


class EmbedderContract:
    """Subclass with a fixture `embedder`."""

    @pytest.fixture
    def embedder(self) -> Embedder:
        """The embedder under test."""
        raise NotImplementedError("override the fixture `embedder`")

    def test_features_describe_it(self, embedder: Embedder) -> None:
        """An id, a dimension, languages and a length are stated."""
        features = embedder.features
        assert features.id.strip()
        assert features.dim > 0
        assert features.max_tokens > 0
        assert all(2 <= len(language) <= 3 for language in features.languages)
        assert embedder.features == features

    def test_rows_are_finite_unit_vectors(self, embedder: Embedder) -> None:
        """Whatever the text: empty, foreign, control characters, far too long."""
        vectors = embedder.embed(_TEXTS)
        assert vectors.dtype == np.float32
        assert vectors.shape == (len(_TEXTS), embedder.features.dim)
        assert np.isfinite(vectors).all()
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-3)

    def test_no_texts_give_no_rows(self, embedder: Embedder) -> None:
        """The empty batch keeps its width."""
        assert embedder.embed([]).shape == (0, embedder.features.dim)

    def test_a_row_does_not_depend_on_its_batch(self, embedder: Embedder) -> None:
        """Alone, among others, in another order and twice: equal up to 1e-3 in cosine."""
        together = embedder.embed(_TEXTS)
        backwards = embedder.embed(_TEXTS[::-1])[::-1]
        alone = np.concatenate([embedder.embed([text]) for text in _TEXTS])
        twice = embedder.embed([*_TEXTS, *_TEXTS])
        for other in (backwards, alone, twice[: len(_TEXTS)], twice[len(_TEXTS) :]):
            assert (together * other).sum(axis=1).min() >= 1 - 1e-3

    def test_meaning_is_near(self, embedder: Embedder) -> None:
        """A paraphrase is nearer than another subject."""
        dog, puppy, tax = embedder.embed(
            ["a photo of a small dog", "a picture of a little puppy", "quarterly tax accounting"]
        )
        assert dog @ puppy > dog @ tax
