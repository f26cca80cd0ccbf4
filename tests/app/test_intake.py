"""From what a person names to a source."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pytest_httpserver import HTTPServer

from bozzetto import Assistant
from bozzetto.types import Progress


def test_what_is_far_away_is_fetched_under_the_eyes_of_the_user(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sink = io.BytesIO()
    pq.write_table(pa.table({"prompt": ["a fox, ink drawing", "a bird, watercolor"]}), sink)
    size = len(sink.getvalue())
    httpserver.expect_request("/metadata.parquet").respond_with_data(sink.getvalue())
    monkeypatch.setenv("BOZZETTO_DIFFUSIONDB_URL", httpserver.url_for(""))
    steps: list[Progress] = []
    with Assistant.open(tmp_path, progress=steps.append) as a:
        report = a.add("diffusiondb:2m", embed=False)
    assert (report.source, report.new) == ("diffusiondb:2m", 2)
    assert steps[0] == Progress("download diffusiondb:2m", size, size, unit="bytes")
