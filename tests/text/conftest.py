from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import settings

settings.register_profile("text", deadline=None)  # the first example loads tables
settings.load_profile("text")


@pytest.fixture(scope="session")
def prompts(require: Callable[[str], Path]) -> list[str]:
    """The real prompts, distinct, as they were typed."""
    table = pq.read_table(require("data") / "diffusiondb_10k.parquet", columns=["prompt"])
    return sorted({text for text in table["prompt"].to_pylist() if text})
