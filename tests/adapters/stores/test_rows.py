"""What every store says and gives alike."""

from __future__ import annotations

import numpy as np
import pytest

from bozzetto.adapters.stores.rows import REFILL, absent, expect_dim, ranked
from bozzetto.errors import SetupError


def test_ties_go_by_key() -> None:
    keys, scores = ranked([5, 3, 9, 1], np.array([0.5, 0.5, 0.9, 0.1]), 3)
    assert keys.tolist() == [9, 3, 5]
    assert scores == pytest.approx([0.9, 0.5, 0.5])
    assert keys.dtype == np.int64
    assert scores.dtype == np.float32
    assert [part.tolist() for part in ranked([], [])] == [[], []]


def test_what_is_gone_can_be_filled_anew() -> None:
    error = absent("X at y", "prompts")
    assert (error.message, error.hint) == ("X at y has no collection prompts", REFILL)


def test_a_wrong_dimension_says_both() -> None:
    expect_dim("X at y", "prompts", 8, 8)
    with pytest.raises(SetupError) as caught:
        expect_dim("X at y", "prompts", 8, 24)
    assert caught.value.message == "X at y: prompts holds vectors of 8 dimensions, not 24"
