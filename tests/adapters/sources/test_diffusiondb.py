from __future__ import annotations

import io
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from bozzetto.adapters.sources.diffusiondb import open_source
from bozzetto.errors import BackendError, InputError
from bozzetto.ports import RemoteSource
from bozzetto.types import Progress

PROMPTS = [f"prompt {n}, {n * 7919}" for n in range(20_000)]


@pytest.fixture(scope="module")
def table() -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"prompt": PROMPTS}), sink, compression="none")
    return sink.getvalue()


class Host:
    """A host that breaks off after so many bytes, and knows ranges where it says so."""

    def __init__(
        self, content: bytes, piece: int, *, ranges: bool = True, seconds: float = 0
    ) -> None:
        self.content = content
        self.piece = piece
        self.seconds = seconds
        self.ranges = ranges
        self.etag = '"v1"'
        self.starts: list[int] = []

    def __call__(self, request: Request) -> Response:
        asked = request.headers.get("Range")
        if request.headers.get("If-Range") not in (None, self.etag):
            asked = None
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and self.ranges else 0
        self.starts.append(start)
        if start >= len(self.content):
            return Response(status=416)
        body = self.content[start:]
        answer = Response(self._pieces(body), 206 if start else 200)
        answer.headers["Content-Length"] = str(len(body))
        answer.headers["ETag"] = self.etag
        return answer

    def _pieces(self, body: bytes) -> Iterator[bytes]:
        part = self.piece // 4 + 1
        for start in range(0, min(self.piece, len(body)), part):
            yield body[: self.piece][start : start + part]
            time.sleep(self.seconds / 4)
        if len(body) > self.piece:
            raise ConnectionResetError


@pytest.fixture
def serve(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> HTTPServer:
    monkeypatch.setenv("BOZZETTO_DIFFUSIONDB_URL", httpserver.url_for("/files"))
    return httpserver


def test_a_download_that_breaks_off_goes_on(
    serve: HTTPServer, table: bytes, tmp_path: Path
) -> None:
    host = Host(table, piece=len(table) // 3 + 1)
    serve.expect_request("/files/metadata.parquet").respond_with_handler(host)
    source = open_source("2m", home=tmp_path)
    print_before = source.fingerprint()
    assert [row.text for batch in source.read() for row in batch.rows] == PROMPTS
    assert len(host.starts) == 3
    assert host.starts[0] == 0 < host.starts[1] < host.starts[2]
    folder = tmp_path / "cache" / "diffusiondb"
    assert [path.name for path in folder.iterdir()] == ["metadata.parquet"]
    assert open_source("2m", home=tmp_path).fingerprint() == print_before
    assert len(host.starts) == 3, "it is not fetched again"
    assert (source.features.name, source.features.kind) == ("diffusiondb:2m", "diffusiondb")


def test_a_download_tells_how_far_it_is_also_when_it_goes_on(
    serve: HTTPServer, table: bytes, tmp_path: Path
) -> None:
    host = Host(table, piece=len(table) // 3 + 1)
    serve.expect_request("/files/metadata.parquet").respond_with_handler(host)
    source = open_source("2m", home=tmp_path)
    assert isinstance(source, RemoteSource)
    steps: list[Progress] = []
    source.fetch(steps.append)
    assert {(step.stage, step.total, step.unit) for step in steps} == {
        ("download diffusiondb:2m", len(table), "bytes")
    }
    done = [step.done for step in steps]
    assert done == sorted(done)
    assert done[-1] == len(table)
    assert set(host.starts[1:]) <= set(done), "it goes on from what it had told"
    steps.clear()
    source.fetch(steps.append)
    assert steps == [], "it is here already"


def test_a_slow_download_says_how_long_it_still_takes(
    serve: HTTPServer, table: bytes, tmp_path: Path
) -> None:
    host = Host(table, piece=len(table), seconds=2)
    serve.expect_request("/files/metadata.parquet").respond_with_handler(host)
    steps: list[Progress] = []
    open_source("2m", home=tmp_path).fetch(steps.append)
    assert steps[0].seconds_left is None, "nothing is known at first"
    assert steps[-1].seconds_left == 0
    guesses = [step.seconds_left for step in steps if step.seconds_left]
    assert guesses
    assert max(guesses) < 60


def test_a_file_that_changed_in_between_is_fetched_anew(
    serve: HTTPServer, table: bytes, tmp_path: Path
) -> None:
    folder = tmp_path / "cache" / "diffusiondb"
    folder.mkdir(parents=True)
    (folder / "metadata-large.parquet.part").write_bytes(b"old" * 100)
    (folder / "metadata-large.parquet.part.etag").write_text('"v0"')
    serve.expect_request("/files/metadata-large.parquet").respond_with_handler(
        Host(table, piece=len(table))
    )
    source = open_source("large", home=tmp_path)
    assert sum(len(batch.rows) for batch in source.read()) == len(PROMPTS)


def test_a_download_killed_after_its_last_byte_starts_anew(
    serve: HTTPServer, table: bytes, tmp_path: Path
) -> None:
    folder = tmp_path / "cache" / "diffusiondb"
    folder.mkdir(parents=True)
    (folder / "metadata.parquet.part").write_bytes(table)
    (folder / "metadata.parquet.part.etag").write_text('"v1"')
    host = Host(table, piece=len(table))
    serve.expect_request("/files/metadata.parquet").respond_with_handler(host)
    source = open_source("2m", home=tmp_path)
    assert sum(len(batch.rows) for batch in source.read()) == len(PROMPTS)
    assert host.starts == [len(table), 0]
    assert [path.name for path in folder.iterdir()] == ["metadata.parquet"]


def test_a_host_that_always_breaks_off_is_given_up(
    serve: HTTPServer, table: bytes, tmp_path: Path
) -> None:
    serve.expect_request("/files/metadata.parquet").respond_with_handler(
        Host(table, piece=5000, ranges=False)
    )
    with pytest.raises(BackendError, match="could not be downloaded") as caught:
        open_source("2m", home=tmp_path).fingerprint()
    assert caught.value.retryable
    assert not (tmp_path / "cache" / "diffusiondb" / "metadata.parquet").exists()


@pytest.mark.parametrize("status", [403, 404, 503])
def test_a_refusal_says_so(serve: HTTPServer, tmp_path: Path, status: int) -> None:
    serve.expect_request("/files/metadata.parquet").respond_with_data("no", status)
    with pytest.raises(BackendError, match=str(status)) as caught:
        open_source("2m", home=tmp_path).fingerprint()
    assert caught.value.status == status
    assert caught.value.retryable == (status == 503)


def test_no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BOZZETTO_DIFFUSIONDB_URL", "http://127.0.0.1:9")
    with pytest.raises(BackendError, match="could not be downloaded") as caught:
        open_source("2m", home=tmp_path).fingerprint()
    assert caught.value.hint is not None
    assert "import it by its path" in caught.value.hint


def test_an_unknown_subset(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'14m'"):
        open_source("14m", home=tmp_path)
