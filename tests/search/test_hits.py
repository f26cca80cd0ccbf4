from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.search.fuse import Leg
from bozzetto.search.hits import whys
from bozzetto.types import Why

found = st.dictionaries(st.integers(1, 12), st.sampled_from([-0.25, 0.5, 0.75]), max_size=8)


@given(st.lists(found, max_size=3), st.lists(st.integers(0, 13), max_size=6))
def test_each_leg_that_found_a_prompt_says_its_place_and_score(
    parts: list[dict[int, float]], seqs: list[int]
) -> None:
    legs = [
        Leg(
            f"leg {at}",
            np.array(sorted(part), dtype=np.int64),
            np.array([part[key] for key in sorted(part)], dtype=np.float32),
        )
        for at, part in enumerate(parts)
    ]
    expected = [
        tuple(
            Why(f"leg {at}", 1 + sum(score > part[seq] for score in part.values()), part[seq])
            for at, part in enumerate(parts)
            if seq in part
        )
        for seq in seqs
    ]
    assert whys(legs, seqs) == expected
