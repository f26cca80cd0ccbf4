"""Hubness, and embedders that crowd all texts together put on the scale of ours."""

from __future__ import annotations

import numpy as np
import pytest

from bozzetto.search.fuse import Leg
from bozzetto.search.hubs import Scale, hubness, less_hubs, scale_of, spread
from bozzetto.testing.vectors import clustered
from bozzetto.types import Vectors


def crowded(vectors: Vectors) -> Vectors:
    """The same texts to an embedder for which all are at least .8 alike."""
    same = np.full((len(vectors), 1), np.sqrt(0.8), dtype=np.float32)
    return np.hstack([same, np.sqrt(np.float32(0.2)) * vectors])


def test_a_scale_keeps_the_order_and_undoes_the_crowding() -> None:
    plain = clustered(600, 32)
    scales = []
    for vectors in (plain, crowded(plain)):
        sample = spread(vectors)
        hubs = hubness(vectors, sample)
        scale = scale_of(sample, hubs)
        assert scale is not None
        keys = np.arange(len(vectors), dtype=np.int64)
        found = less_hubs(keys, hubs, keys, vectors @ vectors[5])
        scales.append(scale.of(Leg("own", *found)).scores)
    assert scales[0] == pytest.approx(scales[1], abs=2e-3)
    assert np.argmax(scales[0]) == 5


def test_ours_are_hardly_moved() -> None:
    near = Scale(1.0, 0.0)
    leg = Leg("own", np.array([1, 2]), np.array([0.5, 0.25], np.float32))
    assert near.of(leg).scores.tolist() == [0.5, 0.25]


def test_a_small_library_does_not_tell() -> None:
    few = clustered(100, 32)
    assert len(spread(few)) == 0
    assert scale_of(spread(few), hubness(few, spread(few))) is None


def test_the_sample_lies_over_all() -> None:
    rows = np.arange(5_000, dtype=np.int64)
    assert spread(rows, 1_000).tolist() == rows[::5].tolist()
