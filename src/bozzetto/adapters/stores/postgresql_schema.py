"""What stands in the database: the extension, our schema, a table and its indexes a collection."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from psycopg import errors, sql

from bozzetto.adapters.stores.postgresql_rows import COLUMNS
from bozzetto.adapters.stores.rows import expect_dim
from bozzetto.errors import SetupError

__all__ = [
    "INDEXED_ROWS", "SCHEMA", "Extension", "build", "extension", "has_index", "make", "remove",
    "table",
]  # fmt: skip

SCHEMA = "bozzetto"
INDEXED_ROWS = 10_000
"""Below so many rows looking at each is as fast as an index."""

_OURS = "made by Bozzetto, and removed with its last table"
_MOST = 16_000  # dimensions of a vector
_INLINE = 1_500  # dimensions up to which a row fits a page with its vector in it
_M, _EF_CONSTRUCTION = 16, 100
_WORKERS = "4"
_ROOM = 512  # MiB for building an index that any server is trusted with


@dataclass(frozen=True, slots=True)
class Extension:
    """pgvector as a database has it: its version, and the schema its types stand in."""

    version: tuple[int, int]
    schema: str

    def name(self, name: str) -> sql.Composable:
        """A type or operator class of it."""
        return sql.Identifier(self.schema, name)

    @property
    def product(self) -> sql.Composable:
        """The operator of the negative inner product."""
        return sql.SQL("OPERATOR({}.<#>)").format(sql.Identifier(self.schema))

    @property
    def iterates(self) -> bool:
        """Whether a search goes on where a filter left too few."""
        return self.version >= (0, 8)

    def halved(self, dim: int) -> bool:
        """Whether an index needs half-precision numbers for so many dimensions."""
        return dim > 2_000

    def indexes(self, dim: int) -> bool:
        """Whether there is an index for so many dimensions."""
        return dim <= 2_000 if self.version < (0, 7) else dim <= 4_000

    def indexed(self, dim: int) -> tuple[sql.Composable, sql.Composable]:
        """What the index holds of the vector, and the type it is compared in."""
        if not self.halved(dim):
            return sql.SQL('"vector"'), self.name("vector")
        half = sql.SQL("{}({})").format(self.name("halfvec"), sql.Literal(dim))
        return sql.SQL('("vector"::{})').format(half), half


def table(collection: str) -> sql.Identifier:
    """The table of a collection."""
    return sql.Identifier(SCHEMA, collection)


def extension(connection: Any) -> Extension | None:  # noqa: ANN401 - psycopg's
    """The extension of this database, None where it is not there."""
    found = connection.execute(
        "SELECT e.extversion, n.nspname FROM pg_extension e"
        " JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'vector'"
    ).fetchone()
    if found is None:
        return None
    numbers = [int(part) for part in re.findall(r"\d+", found[0])]
    return Extension((numbers[0], numbers[1]), found[1])


def make(connection: Any, place: str, collection: str, dim: int) -> None:  # noqa: ANN401
    """Extension, schema and table, as far as they are not there.

    Raises:
        SetupError: one is missing and may not be made, or the table is of another dimension.
    """
    there = _dim(connection, collection)
    if there is None:
        found = extension(connection) or _add_extension(connection, place)
        _add_schema(connection, place)
        _add_table(connection, place, found, collection, dim)
    else:
        expect_dim(place, collection, there, dim)


def _dim(connection: Any, collection: str) -> int | None:  # noqa: ANN401
    found = connection.execute(
        "SELECT a.atttypmod FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s AND c.relname = %s AND a.attname = 'vector' AND c.relkind = 'r'",
        (SCHEMA, collection),
    ).fetchone()
    return None if found is None else int(found[0])


def _add_extension(connection: Any, place: str) -> Extension:  # noqa: ANN401
    name, major = connection.info.dbname, connection.info.server_version // 10_000
    try:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
    except errors.InsufficientPrivilege:
        raise SetupError(
            f"{place} lacks the extension vector, and this user may not create it",
            hint=f'let an administrator run: psql -d "{name}" -c "CREATE EXTENSION vector"',
        ) from None
    except (errors.FeatureNotSupported, errors.UndefinedFile):
        raise SetupError(
            f"{place} has no pgvector installed",
            hint=f"on Debian and Ubuntu: apt install postgresql-{major}-pgvector; Amazon RDS and "
            "Aurora have it in the versions they maintain",
        ) from None
    found = extension(connection)
    if found is None:
        raise SetupError(f"{place} lacks the extension vector", hint="CREATE EXTENSION vector")
    return found


def _add_schema(connection: Any, place: str) -> None:  # noqa: ANN401
    there = "SELECT to_regnamespace(%s) IS NOT NULL"
    if connection.execute(there, (SCHEMA,)).fetchone()[0]:
        return
    try:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(SCHEMA)))
    except errors.InsufficientPrivilege:
        user = connection.info.user
        raise SetupError(
            f"{place} lacks the schema {SCHEMA}, and this user may not create it",
            hint=f'let an administrator run: CREATE SCHEMA {SCHEMA} AUTHORIZATION "{user}"',
        ) from None
    note = sql.SQL("COMMENT ON SCHEMA {} IS {}")
    connection.execute(note.format(sql.Identifier(SCHEMA), sql.Literal(_OURS)))


def _add_table(
    connection: Any,  # noqa: ANN401
    place: str,
    found: Extension,
    collection: str,
    dim: int,
) -> None:
    if dim > _MOST:
        raise SetupError(f"{place} keeps vectors of {_MOST:,} dimensions at most, not {dim:,}")
    columns = ", ".join(f'"{name}" {kind} NOT NULL' for name, kind in COLUMNS)
    connection.execute(
        sql.SQL('CREATE TABLE {} ({}, "vector" {}({}) NOT NULL, PRIMARY KEY ("key"))').format(
            table(collection), sql.SQL(columns), found.name("vector"), sql.Literal(dim)
        )
    )
    if dim <= _INLINE:  # else every vector looked at is fetched from another table
        inline = sql.SQL('ALTER TABLE {} ALTER "vector" SET STORAGE PLAIN')
        connection.execute(inline.format(table(collection)))


def has_index(connection: Any, collection: str) -> bool:  # noqa: ANN401
    """Whether a collection has an index of its vectors."""
    return "hnsw" in _methods(connection, collection)


def _methods(connection: Any, collection: str) -> set[str]:  # noqa: ANN401
    found = connection.execute(
        "SELECT m.amname FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid"
        " JOIN pg_am m ON m.oid = x.relam JOIN pg_class c ON c.oid = i.indrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s AND c.relname = %s AND i.indisvalid",
        (SCHEMA, collection),
    ).fetchall()
    return {name for (name,) in found}


def build(connection: Any, collection: str) -> None:  # noqa: ANN401
    """The indexes that are worth having, and what the planner wants to know."""
    found, dim = extension(connection), _dim(connection, collection)
    if found is not None and dim is not None:
        count = sql.SQL("SELECT count(*) FROM {}").format(table(collection))
        rows = connection.execute(count).fetchone()[0]
        there = _methods(connection, collection)
        if rows >= INDEXED_ROWS and "gin" not in there:
            for column in ("tags", "sources"):
                words = sql.SQL("CREATE INDEX ON {} USING gin ({})")
                connection.execute(words.format(table(collection), sql.Identifier(column)))
        if rows >= INDEXED_ROWS and "hnsw" not in there and found.indexes(dim):
            _add_hnsw(connection, found, collection, dim, rows)
    connection.execute(sql.SQL("ANALYZE {}").format(table(collection)))


def _add_hnsw(connection: Any, found: Extension, collection: str, dim: int, rows: int) -> None:  # noqa: ANN401
    """Build it with several workers, or alone where the server has no shared memory for them."""
    for workers in (_WORKERS, "0"):
        try:
            with connection.transaction():
                _settings(connection, dim, rows, workers)
                connection.execute(_hnsw(found, collection, dim))
        except (errors.DiskFull, errors.OutOfMemory) as error:
            if workers == "0" or "shared memory" not in str(error):
                raise
        else:
            return


def _settings(connection: Any, dim: int, rows: int, workers: str) -> None:  # noqa: ANN401
    """Room for the whole graph, up to the shared_buffers: usually a quarter of the memory."""
    needed = rows * (4 * dim + 32 * _M) * 5 // 4 >> 20
    connection.execute(
        "SELECT set_config('maintenance_work_mem', greatest("
        " pg_size_bytes(current_setting('maintenance_work_mem')) >> 20,"
        " least(%s, greatest(%s, pg_size_bytes(current_setting('shared_buffers')) >> 20))"
        ") || 'MB', true), set_config('max_parallel_maintenance_workers', %s, true)",
        (needed, _ROOM, workers),
    )


def _hnsw(found: Extension, collection: str, dim: int) -> sql.Composable:
    kind = "halfvec_ip_ops" if found.halved(dim) else "vector_ip_ops"
    return sql.SQL(
        "CREATE INDEX ON {} USING hnsw ({} {}) WITH (m = {}, ef_construction = {})"
    ).format(
        table(collection),
        found.indexed(dim)[0],
        found.name(kind),
        sql.Literal(_M),
        sql.Literal(_EF_CONSTRUCTION),
    )


def remove(connection: Any, collection: str) -> None:  # noqa: ANN401
    """The table, and the schema where we made it and nothing is left in it."""
    connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(table(collection)))
    ours = connection.execute(
        "SELECT 1 FROM pg_namespace n WHERE nspname = %s"
        " AND obj_description(n.oid, 'pg_namespace') = %s"
        " AND NOT EXISTS (SELECT 1 FROM pg_class c WHERE c.relnamespace = n.oid)",
        (SCHEMA, _OURS),
    ).fetchone()
    if ours:
        try:
            with connection.transaction():
                connection.execute(sql.SQL("DROP SCHEMA {}").format(sql.Identifier(SCHEMA)))
        except (errors.DependentObjectsStillExist, errors.InsufficientPrivilege):
            pass  # something of somebody else's is in it
