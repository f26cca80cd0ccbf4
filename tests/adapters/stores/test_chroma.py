"""Chroma where the suite does not look: keys, broken loads, servers that are none, what is sent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import MappingProxyType, ModuleType

import numpy as np
import pytest

from bozzetto.errors import BackendError, SetupError
from bozzetto.testing.chroma_run import ChromaRun
from bozzetto.testing.failures import unmapped
from bozzetto.testing.stores import rows_of
from bozzetto.types import Facts, StoreRows, Where

Require = Callable[[str], Path]


@pytest.fixture(autouse=True)
def backends(require: Require) -> None:
    require("backends")


@pytest.fixture
def chroma() -> ModuleType:
    from bozzetto.adapters.stores import chroma

    return chroma


NOTHING: Mapping[str, str] = MappingProxyType({})


class Gateway:
    """A server on the way, that answers in Chroma's place and keeps the headers it was sent.

    What is asked at a `known` path is answered as Chroma does.
    """

    def __init__(self, status: int, body: str, known: Mapping[str, str] = NOTHING) -> None:
        heard: list[dict[str, str]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                heard.append({name.lower(): value for name, value in self.headers.items()})
                answer = known.get(self.path)
                self.send_response(200 if answer else status)
                self.end_headers()
                self.wfile.write((answer or body).encode())

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.heard = heard
        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Gateway:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()


def test_every_exception_has_a_row() -> None:
    import chromadb.errors
    import httpx

    from bozzetto.adapters.stores.chroma_connection import FAILURES

    assert unmapped(chromadb.errors, FAILURES) == []
    assert unmapped(httpx, FAILURES) == []


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("", "chroma: '' is neither a folder nor an address"),
        ("ftp://host/x", "chroma: 'ftp://host/x' is neither a folder nor an address"),
        ("http://:8000", "chroma: 'http://:8000' is not an address"),
        ("http://host:eight", "chroma: 'http://host:eight' is not an address"),
        ("http://user:secret@host:8000", "chroma: the address carries a user name or a password"),
        ("http://host:8000?token=secret", "chroma: the address carries a query or a fragment"),
    ],
)
def test_what_is_no_place(chroma: ModuleType, rest: str, said: str) -> None:
    with pytest.raises(SetupError) as found:
        chroma.open_store(rest, environ={}, timeout=1)
    assert found.value.message == said
    assert "secret" not in f"{found.value.message} {found.value.hint}"


def test_opening_asks_nobody_and_makes_nothing(chroma: ModuleType, tmp_path: Path) -> None:
    store = chroma.open_store(str(tmp_path / "kept"), environ={}, timeout=1)
    assert store.features.place == f"Chroma in {tmp_path / 'kept'}"
    assert list(tmp_path.iterdir()) == []
    away = chroma.open_store("https://chroma.example", environ={}, timeout=1)
    assert away.features.place == "Chroma at https://chroma.example:443"


def test_all_that_is_written_lies_in_the_folder(chroma: ModuleType, tmp_path: Path) -> None:
    before = set(Path.cwd().iterdir())
    store = chroma.open_store(str(tmp_path / "kept"), environ={}, timeout=10)
    store.create("bozzetto_a", 24, 10)
    store.put("bozzetto_a", rows_of(10))
    store.close()
    assert {path.name for path in tmp_path.iterdir()} == {"kept"}
    assert set(Path.cwd().iterdir()) == before
    again = chroma.open_store(str(tmp_path / "kept"), environ={}, timeout=10)
    assert again.count("bozzetto_a") == 10
    again.close()


def test_the_key_is_sent_as_servers_and_gateways_read_it(chroma: ModuleType) -> None:
    with Gateway(401, '{"error": "AuthError", "message": "no"}') as gateway:
        store = chroma.open_store(
            gateway.address, environ={"CHROMA_TOKEN": "sesame-4711"}, timeout=5
        )
        with pytest.raises(SetupError) as found:
            store.count("bozzetto_a")
    assert found.value.message == f"Chroma at {gateway.address} refuses the credentials (401)"
    assert found.value.hint == "put the key into CHROMA_TOKEN"
    assert gateway.heard[0]["authorization"] == "Bearer sesame-4711"
    assert gateway.heard[0]["x-chroma-token"] == "sesame-4711"
    assert "sesame" not in repr(store.features) + repr(store._place)


def test_a_server_of_another_kind_is_told(chroma: ModuleType) -> None:
    with Gateway(200, "<html>welcome</html>") as gateway:
        store = chroma.open_store(gateway.address, environ={}, timeout=5)
        with pytest.raises(BackendError) as found:
            store.count("bozzetto_a")
    assert found.value.message == (
        f"Chroma at {gateway.address} does not answer as Chroma does (200)"
    )
    assert not found.value.retryable


def test_a_server_that_is_lost_behind_its_gateway_is_told(chroma: ModuleType) -> None:
    known = {
        "/api/v2/heartbeat": '{"nanosecond heartbeat": 1}',
        "/api/v2/auth/identity": '{"user_id": "", "tenant": "default_tenant", "databases": []}',
    }
    with Gateway(502, "<html>bad gateway</html>", known) as gateway:
        store = chroma.open_store(gateway.address, environ={}, timeout=5)
        with pytest.raises(BackendError) as found:
            store.count("bozzetto_a")
    assert found.value.message == (
        f"Chroma at {gateway.address} answers as Chroma does not: Could not connect to tenant "
        "default_tenant. Are you sure it exists?"
    )
    assert found.value.retryable


def test_what_another_program_made_is_left(chroma: ModuleType, tmp_path: Path) -> None:
    import chromadb

    client = chromadb.PersistentClient(str(tmp_path / "kept"))
    client.create_collection("bozzetto_a", embedding_function=None)
    client.close()
    store = chroma.open_store(str(tmp_path / "kept"), environ={}, timeout=10)
    with pytest.raises(SetupError, match="holds what another program put there"):
        store.create("bozzetto_a", 24, 10)
    store.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ChromaRun]:
    with ChromaRun(tmp_path / "server") as server:
        yield server


def test_a_server_that_vanishes_in_the_middle_of_a_load(
    chroma: ModuleType, server: ChromaRun
) -> None:
    """What it said it has is there when it is back, and the load goes on."""
    rows = rows_of(30)
    parts = [
        StoreRows(rows.keys[at], rows.vectors[at], rows.facts[at])
        for at in (slice(0, 10), slice(10, 20), slice(20, 30))
    ]
    store = chroma.open_store(server.address, environ={}, timeout=10)
    store.create("bozzetto_a", 24, 30)
    store.put("bozzetto_a", parts[0])
    server.stop()
    with pytest.raises(BackendError) as found:
        store.put("bozzetto_a", parts[1])
    assert found.value.retryable
    assert found.value.message.startswith(f"Chroma at {server.address} cannot be reached")
    server.start()
    store.create("bozzetto_a", 24, 30)
    assert store.count("bozzetto_a") == 10
    for part in parts:
        store.put("bozzetto_a", part)
    store.finish("bozzetto_a")
    assert store.count("bozzetto_a") == 30
    assert store.search("bozzetto_a", rows.vectors[25], 1)[0].tolist() == [rows.keys[25]]
    store.close()


def test_a_collection_that_somebody_makes_anew_is_found_again(
    chroma: ModuleType, server: ChromaRun
) -> None:
    rows = rows_of(10)
    one, two = (chroma.open_store(server.address, environ={}, timeout=10) for _ in range(2))
    one.create("bozzetto_a", 24, 10)
    one.put("bozzetto_a", rows)
    two.drop("bozzetto_a")
    two.create("bozzetto_a", 24, 10)
    assert one.count("bozzetto_a") == 0
    one.close()
    two.close()


def test_lists_that_become_shorter(chroma: ModuleType, tmp_path: Path) -> None:
    """An update there leaves what it does not name: nothing old may stay."""
    store = chroma.open_store(str(tmp_path / "kept"), environ={}, timeout=10)
    store.create("bozzetto_a", 24, 2)
    rows = rows_of(1)
    for tags in (("red", "="), ("",), ()):
        store.put("bozzetto_a", StoreRows(rows.keys, rows.vectors, [Facts(tags=tags)]))
        found = [
            len(store.search("bozzetto_a", rows.vectors[0], 5, Where(tags=(tag,)))[0])
            for tag in ("red", "=", "", "blue")
        ]
        assert found == [int(tag in tags) for tag in ("red", "=", "", "blue")]
    store.close()


def test_thorough_finds_no_more_than_was_asked(chroma: ModuleType, tmp_path: Path) -> None:
    store = chroma.open_store(str(tmp_path / "kept"), environ={}, timeout=10)
    rows = rows_of(50)
    store.create("bozzetto_a", 24, 50)
    store.put("bozzetto_a", rows)
    keys, scores = store.search("bozzetto_a", rows.vectors[3], 4, thorough=True)
    exact = rows.vectors @ rows.vectors[3]
    order = np.lexsort((rows.keys, -exact))[:4]
    assert keys.tolist() == rows.keys[order].tolist()
    assert scores == pytest.approx(exact[order], abs=1e-5)
    store.close()
