"""Milvus where the suite does not look: keys, filters, files that others hold, loads that break."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bozzetto.errors import BackendError, NotFoundError, SetupError
from bozzetto.testing.failures import unmapped
from bozzetto.testing.stores import HOSTILE, rows_of
from bozzetto.types import StoreRows, Where

Require = Callable[[str], Path]


@pytest.fixture(autouse=True)
def backends(require: Require) -> None:
    require("backends")


@pytest.fixture
def milvus() -> ModuleType:
    from bozzetto.adapters.stores import milvus

    return milvus


def test_every_exception_has_a_row() -> None:
    import grpc
    import pymilvus.exceptions

    from bozzetto.adapters.stores.milvus_connection import FAILURES

    assert unmapped(pymilvus.exceptions, FAILURES) == []
    assert unmapped(grpc, FAILURES) == []


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("", "milvus: '' is neither a file nor an address"),
        ("/folder/file", "milvus: '/folder/file' is neither a file nor an address"),
        ("tcp://host/x.db", "milvus: 'tcp://host/x.db' is neither a file nor an address"),
        ("http://host:eight", "milvus: 'http://host:eight' is not an address"),
        ("http://u:secret@host", "milvus: the address carries a user name or a password"),
        ("http://host?token=secret", "milvus: the address carries a query or a fragment"),
    ],
)
def test_what_is_no_place(milvus: ModuleType, rest: str, said: str) -> None:
    with pytest.raises(SetupError) as found:
        milvus.open_store(rest, environ={}, timeout=1)
    assert found.value.message == said
    assert "secret" not in f"{found.value.message} {found.value.hint}"


@pytest.mark.parametrize(
    ("rest", "environ", "place", "token"),
    [
        ("http://host", {}, "Milvus at http://host:19530", ""),
        (
            "https://host/base",
            {"MILVUS_TOKEN": "t0ken"},
            "Milvus at https://host:443/base",
            "t0ken",
        ),
        (
            "http://host:1",
            {"MILVUS_USER": "root", "MILVUS_PASSWORD": "s3same"},
            "Milvus at http://host:1",
            "root:s3same",
        ),
    ],
)
def test_keys_come_from_the_environment(
    milvus: ModuleType, rest: str, environ: dict[str, str], place: str, token: str
) -> None:
    store = milvus.open_store(rest, environ=environ, timeout=1)
    assert store.features.place == place
    assert store._place.token == token
    assert "t0ken" not in repr(store._place)
    assert "s3same" not in repr(store._place)


def test_opening_makes_nothing(milvus: ModuleType, tmp_path: Path) -> None:
    store = milvus.open_store(str(tmp_path / "x.db"), environ={}, timeout=1)
    assert store.features.place == f"Milvus Lite in {tmp_path / 'x.db'}"
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_there(milvus: ModuleType) -> None:
    store = milvus.open_store("http://127.0.0.1:9", environ={"MILVUS_TOKEN": "t0ken"}, timeout=1.0)
    with pytest.raises(BackendError) as found:
        store.count("bozzetto_a")
    assert found.value.retryable
    assert found.value.message.startswith("Milvus at http://127.0.0.1:9 cannot be reached: ")
    assert found.value.hint == "is it running, and is that its gRPC port (usually 19530)?"
    assert "t0ken" not in found.value.message


def test_a_folder_that_is_not_there(milvus: ModuleType, tmp_path: Path) -> None:
    store = milvus.open_store(str(tmp_path / "none" / "x.db"), environ={}, timeout=1)
    with pytest.raises(SetupError) as found:
        store.count("bozzetto_a")
    assert found.value.message == (
        f"Milvus Lite in {tmp_path / 'none' / 'x.db'}: there is no folder {tmp_path / 'none'}"
    )


def test_a_file_of_an_older_version(milvus: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"SQLite format 3\0")
    store = milvus.open_store(str(tmp_path / "x.db"), environ={}, timeout=1)
    with pytest.raises(SetupError, match="is a file, and Milvus Lite 3 keeps a folder"):
        store.count("bozzetto_a")
    assert (tmp_path / "x.db").read_bytes() == b"SQLite format 3\0"


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another program that has the file open."""
    code = (
        "import sys; from milvus_lite import MilvusLite\n"
        "held = MilvusLite(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "x.db")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


def test_a_file_that_another_program_holds(
    milvus: ModuleType, holder: subprocess.Popen[str], tmp_path: Path
) -> None:
    """It is told, and works once the other has gone."""
    store = milvus.open_store(str(tmp_path / "x.db"), environ={}, timeout=10)
    with pytest.raises(SetupError) as found:
        store.count("bozzetto_a")
    assert found.value.hint == "another program may hold it: Lite serves one at a time"
    holder.communicate()
    assert store.count("bozzetto_a") is None
    store.close()


def test_a_load_that_is_broken_off_goes_on(milvus: ModuleType, tmp_path: Path) -> None:
    """What was put is there when it is opened again, index or none; the last to close lets go."""
    rows = rows_of(40)
    half = StoreRows(rows.keys[:20], rows.vectors[:20], rows.facts[:20])
    one, two = (milvus.open_store(str(tmp_path / "x.db"), environ={}, timeout=10) for _ in range(2))
    one.create("bozzetto_a", 24, 40)
    one.put("bozzetto_a", half)
    assert two.count("bozzetto_a") == 20
    one.close()
    assert two.count("bozzetto_a") == 20
    two.close()
    one.create("bozzetto_a", 24, 40)
    one.put("bozzetto_a", rows)
    one.finish("bozzetto_a")
    one.close()
    assert two.search("bozzetto_a", rows.vectors[30], 1)[0].tolist() == [rows.keys[30]]
    assert two.count("bozzetto_a") == 40
    two.close()


def test_what_is_asked_of_no_collection(milvus: ModuleType, tmp_path: Path) -> None:
    store = milvus.open_store(str(tmp_path / "x.db"), environ={}, timeout=10)
    rows = rows_of(5)
    for work, rest in ((store.put, (rows,)), (store.finish, ()), (store.delete, (rows.keys,))):
        with pytest.raises(NotFoundError):
            work("bozzetto_a", *rest)
    store.close()


def test_a_server_that_wants_another_key(milvus: ModuleType, tmp_path: Path) -> None:
    from bozzetto.testing.milvus_server import MilvusServer

    with MilvusServer(tmp_path / "server", token="root:Milvus") as server:
        for environ in ({}, {"MILVUS_TOKEN": "root:sesame"}):
            store = milvus.open_store(server.address, environ=environ, timeout=5.0)
            with pytest.raises(SetupError) as found:
                store.count("bozzetto_a")
            assert found.value.message.startswith(
                f"Milvus at {server.address} refuses the credentials"
            )
            assert found.value.hint == (
                "put the key into MILVUS_TOKEN, or MILVUS_USER and MILVUS_PASSWORD"
            )
            assert "sesame" not in found.value.message


def _until_back(work: Callable[[], object]) -> None:
    """gRPC lets some seconds pass before it looks for a lost server again."""
    until = time.monotonic() + 60
    while True:
        try:
            work()
        except BackendError:
            assert time.monotonic() < until
        else:
            return


def test_a_server_that_vanishes_in_the_middle_of_a_load(milvus: ModuleType, tmp_path: Path) -> None:
    """What it said it has is there when it is back, and the load goes on with the same store."""
    from bozzetto.testing.milvus_server import MilvusServer

    rows = rows_of(40)
    half = StoreRows(rows.keys[:20], rows.vectors[:20], rows.facts[:20])
    with MilvusServer(tmp_path / "server") as server:
        store = milvus.open_store(server.address, environ={}, timeout=2.0)
        store.create("bozzetto_a", 24, 40)
        store.put("bozzetto_a", half)
        assert store.count("bozzetto_a") == 20  # a server's estimate, before it is loaded
        server.stop()
        with pytest.raises(BackendError) as found:
            store.put("bozzetto_a", rows)
        assert found.value.retryable
        assert found.value.message.startswith(f"Milvus at {server.address} cannot be reached: ")
        server.start()
        _until_back(lambda: store.create("bozzetto_a", 24, 40))
        store.put("bozzetto_a", rows)
        store.finish("bozzetto_a")
        assert store.count("bozzetto_a") == 40
        assert store.search("bozzetto_a", rows.vectors[30], 1)[0].tolist() == [rows.keys[30]]
        store.close()


def test_a_server_that_forgot_what_it_had_loaded(milvus: ModuleType, tmp_path: Path) -> None:
    """It is loaded again, and no more is asked for than a server gives."""
    from bozzetto.testing.milvus_server import MilvusServer

    rows = rows_of(40)
    with MilvusServer(tmp_path / "server") as server:
        store = milvus.open_store(server.address, environ={}, timeout=10.0)
        store.create("bozzetto_a", 24, 40)
        store.put("bozzetto_a", rows)
        store.finish("bozzetto_a")
        server.loaded.clear()
        assert len(store.search("bozzetto_a", rows.vectors[0], 20_000)[0]) == 40
        server.loaded.clear()
        assert store.count("bozzetto_a") == 40
        store.close()


def test_filters_for_a_server_name_their_values() -> None:
    """No value is ever in the expression."""
    from bozzetto.adapters.stores.milvus_rows import expression

    where = Where(tags=HOSTILE, use=("game",), rating=3, nsfw=0.5, has_image=False, added=7)
    assert expression(where, templates=True) == (
        "array_contains_any(tags, {v0}) and use in {v1} and rating >= {v2} and nsfw <= {v3}"
        " and has_image == {v4} and added >= {v5}",
        {"v0": list(HOSTILE), "v1": ["game"], "v2": 3, "v3": 0.5, "v4": False, "v5": 7},
    )
    assert expression(Where(), templates=True) == ("", {})


@settings(max_examples=300)
@given(st.text())
def test_a_literal_is_read_back_as_it_was(value: str) -> None:
    """By Lite's own reader, as one word whatever stands in it."""
    from milvus_lite.search.filter.tokens import TokenKind, tokenize

    from bozzetto.adapters.stores.milvus_rows import expression

    words, values = expression(Where(use=(value,)), templates=False)
    assert values == {}
    tokens = tokenize(words)
    assert [token.kind for token in tokens] == [
        TokenKind.IDENT, TokenKind.IN, TokenKind.LBRACKET, TokenKind.STRING, TokenKind.RBRACKET,
        TokenKind.EOF,
    ]  # fmt: skip
    assert tokens[3].value == value
