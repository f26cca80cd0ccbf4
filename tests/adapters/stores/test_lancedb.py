"""LanceDB beyond its port's suite: addresses, the language of filters, indexes, what goes wrong."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bozzetto.errors import BackendError, NotFoundError, SetupError
from bozzetto.testing.failures import unmapped
from bozzetto.testing.stores import rows_of
from bozzetto.types import Facts, StoreRows, Where

if TYPE_CHECKING:
    from bozzetto.adapters.stores.lancedb import LanceStore

Require = Callable[[str], Path]
Open = Callable[..., "LanceStore"]

SECRET = "wJalrXUtnFEMI-example"


@pytest.fixture
def opened(require: Require) -> Iterator[Open]:
    require("backends")
    from bozzetto.adapters.stores.lancedb import open_store

    stores: list[LanceStore] = []

    def open_one(rest: object, **environ: str) -> LanceStore:
        stores.append(open_store(str(rest), environ=environ, timeout=10))
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("", "a folder or a bucket"),
        ("db://cloud", "a folder or a bucket"),
        ("s3://", "a bucket and a path"),
        (f"s3://key:{SECRET}@bucket/x", "no key in it"),
        (f"s3://bucket/x?aws_secret_access_key={SECRET}", "no key in it"),
    ],
)
def test_what_is_no_place(opened: Open, rest: str, said: str) -> None:
    with pytest.raises(SetupError, match=said) as told:
        opened(rest)
    assert told.value.hint
    assert SECRET not in f"{told.value} {told.value.hint}"


def test_a_bucket_is_named_without_its_keys(opened: Open) -> None:
    store = opened("s3://bucket/path/", AWS_ACCESS_KEY_ID="A", AWS_SECRET_ACCESS_KEY=SECRET)
    assert store.features.place == "LanceDB in s3://bucket/path"
    assert SECRET not in repr(store)


def test_what_is_told_of_a_bucket(require: Require, tmp_path: Path) -> None:
    """The given variables and the profile they name, and no others."""
    require("backends")
    require("aws")
    from bozzetto.adapters.stores.lancedb import _options

    assert _options({"AWS_DEFAULT_REGION": "eu-west-1", "AWS_ENDPOINT_URL": "http://h"}, 10) == {
        "timeout": "10s", "region": "eu-west-1", "endpoint": "http://h",
    }  # fmt: skip
    both = {"AWS_REGION": "eu-west-2", "AWS_DEFAULT_REGION": "eu-west-1"}
    assert _options(both, 10) == {"timeout": "10s", "region": "eu-west-2"}
    (tmp_path / "keys").write_text(
        f"[mine]\naws_access_key_id = A\naws_secret_access_key = {SECRET}\n"
    )
    (tmp_path / "config").write_text("[profile mine]\nregion = eu-central-1\n")
    profile = {
        "AWS_PROFILE": "mine",
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "keys"),
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
    }
    assert _options(profile, 10) == {
        "timeout": "10s", "region": "eu-central-1", "aws_access_key_id": "A",
        "aws_secret_access_key": SECRET,
    }  # fmt: skip


def test_keys_are_not_repeated() -> None:
    from bozzetto.adapters.stores.lancedb_failures import told

    with pytest.raises(BackendError) as caught, told("LanceDB in s3://b/x", (SECRET,)):
        raise RuntimeError(f"the key {SECRET} is odd")
    assert caught.value.message == "LanceDB in s3://b/x fails: the key *** is odd"


def test_searches_go_on_while_it_is_written_to(opened: Open, tmp_path: Path) -> None:
    store, rows = opened(tmp_path), rows_of(20)
    store.create("one", 24, 20)
    store.put("one", rows)
    found: list[object] = []

    def search() -> None:
        found.append(store.search("one", rows.vectors[3], 1)[0].tolist())

    with store._writing:  # as long as an index is built
        thread = threading.Thread(target=search)
        thread.start()
        thread.join(10)
        assert found == [[rows.keys[3]]]


def test_a_file_is_no_folder(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SetupError, match="is not a folder"):
        opened(tmp_path / "file")


def test_asking_makes_no_folder(opened: Open, tmp_path: Path) -> None:
    store = opened(tmp_path / "none")
    assert (store.count("one"), store.collections("")) == (None, ())
    store.drop("one")
    with pytest.raises(NotFoundError):
        store.put("one", rows_of(3))
    assert list(tmp_path.iterdir()) == []


def test_another_program_sees_what_was_put(opened: Open, tmp_path: Path) -> None:
    """Each has its own view of the folder, a second old at most."""
    ours, theirs, rows = opened(tmp_path), opened(tmp_path), rows_of(40)
    ours.create("one", 24, 40)
    ours.put("one", StoreRows(rows.keys[:20], rows.vectors[:20], rows.facts[:20]))
    assert theirs.count("one") == 20
    ours.put("one", StoreRows(rows.keys[20:], rows.vectors[20:], rows.facts[20:]))
    time.sleep(1.1)
    assert theirs.search("one", rows.vectors[30], 1)[0].tolist() == [rows.keys[30]]


def test_many_collections_are_listed(opened: Open, tmp_path: Path) -> None:
    store = opened(tmp_path)
    names = tuple(f"many_{n:02}" for n in range(25))
    for name in names:
        store.create(name, 2, 1)
    assert store.collections("many_") == names


def test_files_that_vanish(opened: Open, tmp_path: Path) -> None:
    """The folder is deleted while a load goes on: one line, and a new one starts clean."""
    store, rows = opened(tmp_path / "lance"), rows_of(20)
    store.create("one", 24, 20)
    store.put("one", rows)
    shutil.rmtree(tmp_path / "lance")
    with pytest.raises((BackendError, NotFoundError)) as told:
        store.search("one", rows.vectors[0], 3)
    assert "\n" not in str(told.value)
    store.close()
    store.create("one", 24, 20)
    store.put("one", rows)
    assert store.count("one") == 20


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may all")
def test_a_folder_that_may_not_be_written(opened: Open, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(SetupError, match="cannot be made: Permission denied"):
        opened(tmp_path / "lance").create("one", 2, 1)


def test_rows_come_once_in_whatever_order(opened: Open, tmp_path: Path) -> None:
    """Loads in pieces, backwards, over each other, and from another program in between."""
    rows = rows_of(90)
    order = np.argsort(rows.keys)
    ours, theirs = opened(tmp_path), opened(tmp_path)
    ours.create("one", 24, 90)
    for store, start, end in (
        (ours, 0, 10),
        (ours, 10, 20),
        (ours, 15, 25),
        (theirs, 60, 70),
        (ours, 30, 40),
        (ours, 50, 80),
        (ours, 25, 30),
        (ours, 0, 90),
    ):
        some = order[start:end]
        part = StoreRows(rows.keys[some], rows.vectors[some], [rows.facts[n] for n in some])
        store.put("one", part)
        time.sleep(1.1 if store is theirs else 0)  # as late as ours may see it
    assert ours.count("one") == 90
    found = ours.search("one", rows.vectors[0], 200)[0].tolist()
    assert sorted(found) == sorted(rows.keys.tolist())


def test_another_dimension(opened: Open, tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.create("one", 8, 10)
    with pytest.raises(BackendError) as told:
        store.put("one", rows_of(3))
    assert "LanceDB in" in str(told.value)
    assert store.count("one") == 0


def test_a_large_collection_has_an_index(require: Require, tmp_path: Path) -> None:
    """Built once; what comes after it is found too, and filters look behind the first ones."""
    require("backends")
    from bozzetto.adapters.stores.lancedb import LanceStore

    count = 3_000
    store = LanceStore(str(tmp_path), tmp_path, dict, indexed=count)
    vectors = np.random.default_rng(3).standard_normal((count + 1, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    keys = np.arange(1, count + 2, dtype=np.int64)
    facts = [Facts(tags=("rare",) if n % 300 == 0 else (), use="u") for n in range(count + 1)]
    store.create("one", 8, count)
    store.put("one", StoreRows(keys[:count], vectors[:count], facts[:count]))
    store.finish("one")
    kinds = {index.index_type for index in store._table("one").list_indices()}
    assert kinds == {"IvfHnswSq", "LabelList", "Bitmap"}
    store.put("one", StoreRows(keys[count:], vectors[count:], facts[count:]))
    assert store.search("one", vectors[count], 1)[0].tolist() == [count + 1]
    rare = np.flatnonzero(np.arange(count + 1) % 300 == 0)
    best = rare[np.argsort(-(vectors[rare] @ vectors[7]))] + 1
    assert store.search("one", vectors[7], 50, Where(tags=("rare",)))[0].tolist() == best.tolist()
    exact = np.argsort(-(vectors @ vectors[7]))[:10] + 1
    assert store.search("one", vectors[7], 10, thorough=True)[0].tolist() == exact.tolist()
    assert store.search("one", vectors[7], 2_000)[0].size == 2_000


@settings(max_examples=60)
@given(values=st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=3))
def test_strings_stay_strings(require: Require, values: list[str]) -> None:
    """Taken apart again as SQL is read, the values come out as they went in."""
    require("backends")
    from bozzetto.adapters.stores.lancedb_rows import clause

    written = clause(Where(use=tuple(values)))
    assert written.startswith("use IN (")
    read: list[str] = []
    rest = written.removeprefix("use IN (")
    while rest != ")":
        rest = rest.removeprefix(", ").removeprefix("'")
        value = ""
        while not (rest.startswith("'") and not rest.startswith("''")):
            value, rest = value + rest[0], rest[2 if rest.startswith("''") else 1 :]
        read.append(value)
        rest = rest[1:]
    assert read == values


def test_conditions_as_they_are_written(require: Require) -> None:
    require("backends")
    from bozzetto.adapters.stores.lancedb_rows import clause

    where = Where(
        tags=("a", "it's"), use=("u",), rating=2, nsfw=0.25, has_image=False, added=1_700_000_000
    )
    assert clause(where) == (
        "array_has_any(tags, make_array('a', 'it''s')) AND use IN ('u') AND rating >= 2"
        " AND nsfw <= 0.25 AND has_image = false AND added >= 1700000000"
    )
    assert clause(Where()) == ""


def test_where_it_was_built_is_not_shown() -> None:
    from bozzetto.adapters.stores.lancedb_failures import told

    with pytest.raises(SetupError) as caught, told("LanceDB in s3://b/x"):
        raise OSError("failed to resolve region for 'b', /build/.cargo/lance-io/src/aws.rs:319:13")
    assert caught.value.message == (
        "LanceDB in s3://b/x is in a region that is not known: failed to resolve region for 'b'"
    )


def test_every_exception_has_a_row(require: Require) -> None:
    require("backends")
    import lancedb.exceptions

    from bozzetto.adapters.stores.lancedb_failures import FAILURES

    assert unmapped(lancedb.exceptions, FAILURES) == []


@pytest.mark.parametrize(
    ("words", "kind", "said", "retryable"),
    [
        ("lance error: No space left on device (os error 28)", BackendError, "no room left", False),
        ("Permission denied (os error 13)", SetupError, "may not be written", None),
        ("Generic S3 error: AccessDenied", SetupError, "refuses the credentials", None),
        ("Failed to resolve region for bucket", SetupError, "region that is not known", None),
        ("Retryable commit conflict for version 3", BackendError, "broke off", True),
        ("operation timed out", BackendError, "broke off", True),
        ("Table 'one' was not found", NotFoundError, "has no such collection", None),
        ("something\nnobody knows", BackendError, "fails: something nobody knows", False),
    ],
)
def test_words_are_told_apart(
    require: Require, words: str, kind: type[Exception], said: str, retryable: bool | None
) -> None:
    require("backends")
    from bozzetto.adapters.stores.lancedb_failures import told

    with pytest.raises(kind, match=said) as found, told("LanceDB in x"):
        raise RuntimeError(words)
    assert getattr(found.value, "retryable", None) is retryable
    assert found.value.__suppress_context__
