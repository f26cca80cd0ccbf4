from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.adapters.vectors.ranking import best, best_in_order

# Few values, so that there are ties, and some that are told apart by a digit nobody looks at.
scores = st.lists(st.sampled_from([0.1, 0.1 + 2e-7, 0.2, 0.3, 0.30001, -0.4]), max_size=40)


@given(scores, st.integers(0, 45))
def test_the_best_in_order_are_the_best(values: list[float], k: int) -> None:
    given_, rows = np.array(values, dtype=np.float32), 3 * np.arange(len(values), dtype=np.int64)
    there, their = best(given_, k, rows)
    order = np.argsort(there)
    found, scored = best_in_order(given_, k, rows)
    assert (found.tolist(), scored.tolist()) == (there[order].tolist(), their[order].tolist())
