"""PostgreSQL with pgvector: one's own, Amazon RDS, Aurora.

`rest` is the address after "postgresql:", as libpq reads it. A collection is a table in the
schema "bozzetto". Rows come by binary COPY into a table without an index of vectors; `finish`
builds HNSW where there are enough of them to need one. Searches that the index cannot answer in
full (a filter that leaves little, a large k) look at every row instead.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache, partial
from types import MappingProxyType
from typing import Any, TypeVar

import psycopg
from psycopg import errors, sql

from bozzetto.adapters.aws import ask, open_client
from bozzetto.adapters.aws_errors import Asked
from bozzetto.adapters.stores.postgresql_address import Address, iam_token, parameters, parsed
from bozzetto.adapters.stores.postgresql_failures import refused, told
from bozzetto.adapters.stores.postgresql_pool import Pool
from bozzetto.adapters.stores.postgresql_rows import (
    COLUMNS,
    TYPES,
    Packed,
    PackedDumper,
    conditions,
    pack,
    records,
)
from bozzetto.adapters.stores.postgresql_schema import (
    SCHEMA,
    Extension,
    build,
    extension,
    has_index,
    make,
    remove,
    table,
)
from bozzetto.adapters.stores.retrying import retried
from bozzetto.adapters.stores.rows import absent, ranked
from bozzetto.errors import NotFoundError
from bozzetto.ports import VectorStoreFeatures
from bozzetto.types import Keys, StoreRows, Vectors, Where

__all__ = ["PostgreSQLStore", "open_store"]

logging.getLogger("psycopg").setLevel(logging.CRITICAL)  # what breaks is raised, in one line

_EF = 100  # candidates a search keeps at least; pgvector allows 1,000
_MOST = 1_000

_NONE: Mapping[str, str] = MappingProxyType({})

T = TypeVar("T")
Found = tuple[Keys, Vectors]


class PostgreSQLStore:
    """Collections as tables. `timeout` is how long a search may take, seconds."""

    def __init__(self, place: str, connect: Callable[[], Any], timeout: float) -> None:
        self._features = VectorStoreFeatures("postgresql", place, batch=5_000)
        self._place = place
        self._timeout = timeout
        self._pool = Pool(connect)
        self._extension: Extension | None = None

    @property
    def features(self) -> VectorStoreFeatures:
        """What the store is."""
        return self._features

    def create(self, collection: str, dim: int, rows: int) -> None:
        """Make the table, and the schema and the extension where they are missing."""
        self._do(lambda connection: make(connection, self._place, collection, dim), patient=True)

    def put(self, collection: str, rows: StoreRows) -> None:
        """One transaction: all rows, or none."""
        if len(rows):
            self._do(lambda connection: _put(connection, collection, rows), patient=True)

    def finish(self, collection: str) -> None:
        """Build the indexes that are not there yet; readers go on meanwhile."""
        self._do(lambda connection: build(connection, collection), patient=True)

    def delete(self, collection: str, keys: Keys) -> None:
        """Remove rows."""
        words = sql.SQL('DELETE FROM {} WHERE "key" = ANY(%b::bigint[])').format(table(collection))
        if len(keys):
            self._do(lambda connection: connection.execute(words, (keys.tolist(),)), patient=True)

    def search(
        self,
        collection: str,
        query: Vectors,
        k: int,
        where: Where = Where(),  # noqa: B008 - frozen
        *,
        thorough: bool = False,
    ) -> Found:
        """By the index first; by every row where that gives too few, or `thorough` asks."""
        found = self._extension or self._do(extension)
        if found is None:
            raise absent(self._place, collection)
        self._extension = found
        exact = thorough or k > _MOST

        def ask(exact: bool) -> list[tuple[int, float]]:
            words, values = _nearest(found, collection, query, k, where, exact)
            return self._do(
                lambda connection: connection.execute(words, values).fetchall(),
                settings=_scanning(found, k, exact),
            )

        rows = ask(exact)
        if len(rows) < k and not exact and self._do(partial(has_index, collection=collection)):
            rows = ask(True)
        return _found(rows)

    def count(self, collection: str) -> int | None:
        """How many rows, counted."""
        words = sql.SQL("SELECT count(*) FROM {}").format(table(collection))
        with suppress(NotFoundError):
            rows: int = self._do(lambda connection: connection.execute(words).fetchone()[0])
            return rows
        return None

    def collections(self, prefix: str) -> tuple[str, ...]:
        """The tables of our schema."""
        rows = self._do(
            lambda connection: connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = %s"
                " AND starts_with(tablename, %s)",
                (SCHEMA, prefix),
            ).fetchall()
        )
        return tuple(sorted(name for (name,) in rows))

    def drop(self, collection: str) -> None:
        """Drop the table, and our schema with its last one."""
        self._do(lambda connection: remove(connection, collection), patient=True)

    def close(self) -> None:
        """Close the connections, those in use when that is done."""
        self._pool.close()

    def _do(
        self,
        work: Callable[[Any], T],
        *,
        patient: bool = False,
        settings: Mapping[str, str] = _NONE,
    ) -> T:
        """Do something in a transaction with settings of its own, again where it passes.

        What is `patient` waits as long as it takes, and may be of many statements; the rest is
        one statement, which travels together with the settings.
        """
        limit = "0" if patient else str(round(self._timeout * 1000))
        chosen = {"statement_timeout": limit, **settings}
        calls = ", ".join(["set_config(%s, %s, true)"] * len(chosen))
        values = [part for pair in chosen.items() for part in pair]

        def once() -> T:
            with (
                told(self._place),
                self._pool.connection() as one,
                # What is sent together is a transaction, without a word for its begin and end.
                one.transaction() if patient else one.pipeline(),
            ):
                one.execute(f"SELECT {calls}", values)
                return work(one)

        return retried(once)


def _put(connection: Any, collection: str, rows: StoreRows) -> None:  # noqa: ANN401
    """COPY where all keys are new; else by way of a table that lasts for this transaction."""
    known = sql.SQL('SELECT EXISTS (SELECT 1 FROM {} WHERE "key" = ANY(%b::bigint[]))')
    if not connection.execute(known.format(table(collection)), (rows.keys.tolist(),)).fetchone()[0]:
        with suppress(errors.UniqueViolation), connection.transaction():
            _copy(connection, table(collection), rows)
            return
    staged = sql.Identifier("bozzetto_staged")
    connection.execute(
        sql.SQL("CREATE TEMPORARY TABLE {} (LIKE {}) ON COMMIT DROP").format(
            staged, table(collection)
        )
    )
    _copy(connection, staged, rows)
    names = [name for name, _ in COLUMNS[1:]] + ["vector"]
    changes = sql.SQL(", ").join(
        sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(name)) for name in names
    )
    connection.execute(
        sql.SQL('INSERT INTO {} SELECT * FROM {} ON CONFLICT ("key") DO UPDATE SET {}').format(
            table(collection), staged, changes
        )
    )


def _copy(connection: Any, name: sql.Composable, rows: StoreRows) -> None:  # noqa: ANN401
    words = sql.SQL("COPY {} FROM STDIN (FORMAT BINARY)").format(name)
    with connection.cursor() as cursor, cursor.copy(words) as copy:
        copy.set_types(TYPES)
        for record in records(rows):
            copy.write_row(record)


def _scanning(found: Extension, k: int, exact: bool) -> dict[str, str]:
    """How a search looks. What has no index of vectors is exact in any case."""
    if exact:
        return {"enable_indexscan": "off"}
    wide = {"hnsw.ef_search": str(min(max(2 * k, _EF), _MOST))}
    return {**wide, "hnsw.iterative_scan": "strict_order"} if found.iterates else wide


def _nearest(
    found: Extension, collection: str, query: Vectors, k: int, where: Where, exact: bool
) -> tuple[sql.Composable, list[Any]]:
    """What asks for keys and negative inner products of the k nearest, with its parameters."""
    clause, values = conditions(where)
    vector, name, dim = pack(query), table(collection), len(query)
    whole = sql.SQL('"vector" {} %b::{}').format(found.product, found.name("vector"))
    if exact or not found.halved(dim) or not found.indexes(dim):
        words = sql.SQL('SELECT "key", {} AS distance FROM {}{} ORDER BY distance LIMIT %s')
        return words.format(whole, name, clause), [vector, *values, k]
    inner, half = found.indexed(dim)
    words = sql.SQL(
        'SELECT "key", {} AS distance FROM'
        ' (SELECT "key", "vector" FROM {}{} ORDER BY {} {} %b::{}::{} LIMIT %s) AS near'
        " ORDER BY distance LIMIT %s"
    )
    kind = found.name("vector")  # what the parameter's bytes are
    near = words.format(whole, name, clause, inner, found.product, kind, half)
    return near, [vector, *values, vector, min(2 * k, _MOST), k]


def _found(rows: list[tuple[int, float]]) -> Found:
    return ranked([key for key, _ in rows], [-distance for _, distance in rows])


def _connect(address: Address, password: str, timeout: float) -> Any:  # noqa: ANN401 - psycopg's
    options = parameters(address, password, timeout)
    try:
        # No prepared statements: poolers between here and there lose them.
        connection = psycopg.connect(**options, autocommit=True, prepare_threshold=None)
    except psycopg.Error as error:
        raise refused(error, address.place, (password,)) from None
    connection.adapters.register_dumper(Packed, PackedDumper)
    return connection


def open_store(rest: str, *, environ: Mapping[str, str], timeout: float) -> PostgreSQLStore:
    """Open a database; nothing is connected yet. `timeout` is how long a search may take, seconds.

    Raises:
        SetupError: the address is none, or has a password in it.
    """
    address = parsed(rest, environ)
    asked = Asked(title="Amazon RDS", name=address.place)
    client = cache(lambda: open_client("rds", environ=environ, timeout=timeout))

    def connect() -> Any:  # noqa: ANN401 - psycopg's
        """A new connection, with a fresh token where one is asked for."""
        if address.iam:
            password = ask(lambda: iam_token(client(), address), asked)
        else:
            password = environ.get("PGPASSWORD", "")
        return _connect(address, password, timeout)

    return PostgreSQLStore(address.place, connect, timeout)
