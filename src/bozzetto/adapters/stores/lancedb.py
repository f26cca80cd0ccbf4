"""LanceDB: tables in a folder of this machine, or in a bucket of Amazon S3.

`rest` is the folder ("/data/vectors"), or "s3://bucket/path". Nothing else runs: the package
reads and writes the files itself. `finish` puts the files together and builds an index where
there are so many rows that looking at each would be slow.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import lancedb
import numpy as np
import pyarrow as pa

from bozzetto.adapters.aws import ask, signing
from bozzetto.adapters.aws_errors import Asked
from bozzetto.adapters.stores.folder import folder_of, make_folder
from bozzetto.adapters.stores.lancedb_failures import told
from bozzetto.adapters.stores.lancedb_rows import clause, schema, tabled
from bozzetto.adapters.stores.retrying import retried
from bozzetto.adapters.stores.rows import absent, expect_dim, ranked
from bozzetto.errors import SetupError
from bozzetto.ports import VectorStoreFeatures
from bozzetto.text.normalise import visible
from bozzetto.types import Keys, StoreRows, Vectors, Where

__all__ = ["INDEXED_ROWS", "LanceStore", "open_store"]

INDEXED_ROWS = 50_000
"""Below so many rows looking at each takes some hundredths of a second."""

_FRESH = timedelta(seconds=1)  # how late a reader may see what another program wrote
_KEPT = timedelta(hours=1)  # how long files that others may be reading stay after a change
_WORDS = ("tags", "sources")
_KEY = "aws_access_key_id"
_VARIABLES = (
    ("AWS_ACCESS_KEY_ID", _KEY),
    ("AWS_SECRET_ACCESS_KEY", "aws_secret_access_key"),
    ("AWS_SESSION_TOKEN", "aws_session_token"),
    ("AWS_DEFAULT_REGION", "region"),
    ("AWS_REGION", "region"),
    ("AWS_ENDPOINT_URL", "endpoint"),
    ("AWS_ENDPOINT_URL_S3", "endpoint"),
)
"""What LanceDB calls them; of two for one thing the later counts."""
_SECRETS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")

T = TypeVar("T")
Found = tuple[Keys, Vectors]


class LanceStore:
    """Collections as tables. `folder` is where they are, None in a bucket.

    Those with `indexed` rows and more have an index.
    """

    def __init__(
        self,
        address: str,
        folder: Path | None,
        options: Callable[[], Mapping[str, str]],
        *,
        indexed: int = INDEXED_ROWS,
        secrets: Sequence[str] = (),
    ) -> None:
        self._indexed = indexed
        self._place = f"LanceDB in {visible(address)}"
        self._features = VectorStoreFeatures("lancedb", self._place, batch=10_000)
        self._address = address
        self._folder = folder
        self._options = options
        self._secrets = tuple(secrets)
        self._writing = threading.RLock()
        self._lock = threading.RLock()  # for moments alone: searches go on while others write
        self._database: Any = None
        self._tables: dict[str, Any] = {}
        self._loaded: dict[str, tuple[int, int]] = {}  # version, and the largest key in it

    @property
    def features(self) -> VectorStoreFeatures:
        """What the store is."""
        return self._features

    def create(self, collection: str, dim: int, rows: int) -> None:
        """Make the table."""

        def make() -> None:
            with self._writing:
                if self._there(collection):
                    self._check(collection, dim)
                else:
                    database = self._connected()
                    table = database.create_table(collection, schema=schema(dim))
                    with self._lock:
                        self._tables[collection] = table

        self._do(make)

    def _check(self, collection: str, dim: int) -> None:
        there = self._table(collection).schema.field("vector").type.list_size
        expect_dim(self._place, collection, there, dim)

    def put(self, collection: str, rows: StoreRows) -> None:
        """One version of the table more: all rows, or none."""

        def write() -> None:
            with self._writing:
                table, data, keys = self._table(collection), tabled(rows), rows.keys
                most = self._most(collection, table)
                if (most is not None and keys.min() > most) or not _holds_any(table, keys):
                    version = table.add(data).version
                    if most is not None:
                        self._loaded[collection] = (version, max(most, int(keys.max())))
                else:
                    merge = table.merge_insert("key").when_matched_update_all()
                    merge.when_not_matched_insert_all().execute(data)

        if len(rows):
            self._do(write)

    def _most(self, collection: str, table: Any) -> int | None:  # noqa: ANN401 - LanceDB's
        """The largest key of a table that we filled from the start and nobody wrote to since.

        What lies above it is new: adding is much faster than looking, or merging.
        """
        version, most = self._loaded.get(collection, (0, 0))
        if table.version == version:
            return most
        return 0 if table.count_rows() == 0 else None

    def finish(self, collection: str) -> None:
        """Put files together, and build the indexes that are worth having."""

        def build() -> None:
            with self._writing:
                table = self._table(collection)
                table.optimize(cleanup_older_than=_KEPT)
                if table.count_rows() >= self._indexed and not list(table.list_indices()):
                    _index(table)
                elif list(table.list_indices()):
                    table.optimize(cleanup_older_than=_KEPT)  # rows that came since

        self._do(build)

    def delete(self, collection: str, keys: Keys) -> None:
        """Remove rows."""

        def remove() -> None:
            with self._writing:
                wanted = ", ".join(map(str, keys.tolist()))
                self._table(collection).delete(f"key IN ({wanted})")

        if len(keys):
            self._do(remove)

    def search(
        self,
        collection: str,
        query: Vectors,
        k: int,
        where: Where = Where(),  # noqa: B008 - frozen
        *,
        thorough: bool = False,
    ) -> Found:
        """By the index where there is one; by every row where that gives too few."""

        def ask() -> Found:
            table = self._table(collection)
            found = _nearest(table, query, k, where, thorough) if k else _nothing()
            if len(found) < k and not thorough and list(table.list_indices()):
                found = _nearest(table, query, k, where, True)
            return _ranked(found)

        return self._do(ask)

    def count(self, collection: str) -> int | None:
        """How many rows."""

        def ask() -> int | None:
            if not self._there(collection):
                return None
            rows: int = self._table(collection).count_rows()
            return rows

        return self._do(ask)

    def collections(self, prefix: str) -> tuple[str, ...]:
        """The tables of that place."""
        return self._do(lambda: tuple(sorted(n for n in self._names() if n.startswith(prefix))))

    def drop(self, collection: str) -> None:
        """Delete the table with its files."""

        def remove() -> None:
            with self._writing:
                with self._lock:
                    self._tables.pop(collection, None)
                if self._there(collection):
                    self._connected().drop_table(collection, ignore_missing=True)

        self._do(remove)

    def close(self) -> None:
        """Forget the tables that were opened."""
        with self._lock:
            self._tables.clear()
            self._database = None

    def _do(self, work: Callable[[], T]) -> T:
        def once() -> T:
            with told(self._place, self._secrets):
                return work()

        return retried(once)

    def _connected(self) -> Any:  # noqa: ANN401 - LanceDB's
        with self._lock:
            if self._database is None:
                if self._folder is not None:
                    make_folder(self._folder)
                self._database = lancedb.connect(
                    self._address,
                    read_consistency_interval=_FRESH,
                    storage_options=dict(self._options()) or None,
                )
            return self._database

    def _names(self) -> set[str]:
        # Connecting would make the folder, and nobody asked for that yet.
        if self._folder is not None and not self._folder.is_dir():
            return set()
        names: set[str] = set()
        page: str | None = None
        while True:
            answer = self._connected().list_tables(page_token=page)
            names.update(answer.tables)
            page = answer.page_token
            if not page:
                return names

    def _there(self, collection: str) -> bool:
        return collection in self._names()

    def _table(self, collection: str) -> Any:  # noqa: ANN401 - LanceDB's
        with self._lock:
            if collection not in self._tables:
                # While somebody drops another table, a list may lack some that are there.
                if not self._there(collection) and not self._there(collection):
                    raise absent(self._place, collection)
                self._tables[collection] = self._connected().open_table(collection)
            return self._tables[collection]


def _holds_any(table: Any, keys: Keys) -> bool:  # noqa: ANN401 - LanceDB's
    """Whether one of the keys is there."""
    least, most = int(keys.min()), int(keys.max())
    near = table.search().where(f"key >= {least} AND key <= {most}").select(["key"])
    there = near.to_arrow()["key"].to_numpy()
    return bool(np.isin(keys, there).any())


def _index(table: Any) -> None:  # noqa: ANN401 - LanceDB's
    """A graph over 8-bit vectors, and lists of what filters ask for."""
    from lancedb.index import Bitmap, HnswSq, LabelList

    table.create_index("vector", config=HnswSq(distance_type="dot", m=16, ef_construction=100))
    for column in _WORDS:
        table.create_index(column, config=LabelList())
    for column in ("use", "model_family"):
        table.create_index(column, config=Bitmap())


def _nearest(table: Any, query: Vectors, k: int, where: Where, exact: bool) -> Any:  # noqa: ANN401
    """An Arrow table of keys and distances, which are one less the product."""
    asked = table.search(np.asarray(query, np.float32), vector_column_name="vector")
    asked = asked.distance_type("dot").select(["key", "_distance"]).limit(k)
    wanted = clause(where)
    if wanted:
        asked = asked.where(wanted, prefilter=True)
    return (asked.bypass_vector_index() if exact else asked.refine_factor(_refined(k))).to_arrow()


def _refined(k: int) -> int:
    """How many times k rows are compared by their whole vectors, after the shortened ones.

    Twice finds .86 of the true ten among 60,000 rows, ten times .975 in half as long again.
    """
    return max(2, min(10, 500 // max(1, k)))


def _nothing() -> Any:  # noqa: ANN401 - Arrow's
    return pa.table({"key": pa.array([], pa.int64()), "_distance": pa.array([], pa.float32())})


def _ranked(found: Any) -> Found:  # noqa: ANN401 - Arrow's
    return ranked(found["key"].to_numpy(), 1.0 - found["_distance"].to_numpy().astype(np.float64))


def _place_of(rest: str) -> tuple[str, Path | None]:
    """The address for LanceDB, and the folder where it is one."""
    if rest.startswith("s3://"):
        bucket = rest.removeprefix("s3://").partition("/")[0]
        if not bucket or "@" in rest or "?" in rest:
            raise SetupError(
                "lancedb:s3:// wants a bucket and a path, and no key in it",
                hint="write lancedb:s3://bucket/path; keys belong into AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY, or a role",
            )
        return rest.rstrip("/"), None
    if not rest or "://" in rest:
        raise SetupError(
            "lancedb: wants a folder or a bucket of Amazon S3",
            hint="write lancedb:/folder or lancedb:s3://bucket/path",
        )
    folder = folder_of(rest)
    return str(folder), folder


def open_store(rest: str, *, environ: Mapping[str, str], timeout: float) -> LanceStore:
    """Open a place; nothing is read yet. `timeout` is how long S3 may stay silent, seconds.

    Raises:
        SetupError: it is neither a folder nor a bucket, or has a key in it.
    """
    address, folder = _place_of(rest)
    if folder is not None:
        return LanceStore(address, folder, dict)
    keys = [environ[name].strip() for name in _SECRETS if environ.get(name)]
    return LanceStore(address, None, lambda: _options(environ, timeout), secrets=keys)


def _options(environ: Mapping[str, str], timeout: float) -> dict[str, str]:
    """What LanceDB is told of Amazon S3; of a profile what that stands for just now."""
    found = {
        option: environ[name].strip()
        for name, option in _VARIABLES
        if environ.get(name, "").strip()
    }
    if environ.get("AWS_PROFILE") and _KEY not in found:
        found |= _of_profile(environ)
    return {"timeout": f"{timeout:g}s", **found}


def _of_profile(environ: Mapping[str, str]) -> dict[str, str]:
    """Its keys and its region.

    Raises:
        SetupError: it has none, or boto3 is not installed.
    """
    title = "Amazon S3"
    credentials, region = signing(title, environ=environ, region="")
    keys = ask(credentials.get_frozen_credentials, Asked(title, title))
    token = {"aws_session_token": keys.token} if keys.token else {}
    return {
        _KEY: keys.access_key,
        "aws_secret_access_key": keys.secret_key,
        "region": region,
    } | token
