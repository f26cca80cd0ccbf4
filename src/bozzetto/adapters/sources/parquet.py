"""Parquet tables with a prompt column; DiffusionDB's metadata among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bozzetto.adapters.sources.columns import FIELDS, PARAMETERS, READ, parameters_of, require
from bozzetto.adapters.sources.content import existing, fingerprint
from bozzetto.errors import InputError
from bozzetto.ports import SourceFeatures
from bozzetto.types import BadRow, Batch, SourcePrompt

__all__ = ["ParquetSource", "open_source"]

_ROWS = 16_384
_MOMENT = len("2022-08-20T01:02:03Z")

_DIFFUSIONDB = frozenset(("image_name", "prompt", "part_id", "sampler", "user_name", "cfg"))
_SAMPLERS = (
    None,
    "ddim",
    "plms",
    "k_euler",
    "k_euler_ancestral",
    "k_heun",
    "k_dpm_2",
    "k_dpm_2_ancestral",
    "k_lms",
    None,
)
"""What DiffusionDB's sampler numbers mean, by number; 9 is "others"."""


def open_source(rest: str, *, home: Path, name: str | None = None) -> ParquetSource:
    """A parquet file as a source."""
    path = existing(rest)
    return ParquetSource(path, name or path.name)


class ParquetSource:
    """Rows of a parquet file; only the columns that are understood are read.

    A position counts rows. The hash that DiffusionDB has in place of a user is never read.
    """

    def __init__(self, path: Path, name: str, kind: str = "parquet") -> None:
        self._path = path
        self._features = SourceFeatures(name, kind)

    @property
    def features(self) -> SourceFeatures:
        """What the source is."""
        return self._features

    def fingerprint(self) -> str:
        """A hash of the content."""
        return fingerprint(self._path, "parquet")

    def read(self, start: int = 0) -> Iterator[Batch]:
        """Yield batches from a position on.

        Raises:
            InputError: it is no whole parquet file, or has no prompt column.
        """
        try:
            with pq.ParquetFile(self._path) as file:
                yield from self._batches(file, start)
        except (pa.ArrowException, OSError) as error:
            raise InputError(
                f"{self._path} cannot be read as parquet: {_first_line(error)}",
                hint="it may be cut off or damaged: get it again",
            ) from error

    def _batches(self, file: pq.ParquetFile, start: int) -> Iterator[Batch]:
        schema = file.schema_arrow
        roles = require(schema.names, str(self._path))
        if not _is_text(schema.field(roles["text"]).type):
            raise InputError(
                f"{self._path}: the column {roles['text']!r} holds no text but "
                f"{schema.field(roles['text']).type}",
                hint="name the column with the prompts `prompt`",
            )
        known = {role: name for role, name in roles.items() if _is_simple(schema.field(name).type)}
        samplers = _SAMPLERS if set(schema.names) >= _DIFFUSIONDB else ()
        total = max(1, file.metadata.num_rows)
        position = start
        for table in _tables(file, start, list(known.values())):
            columns = {
                role: _column(role, table.column(name), samplers) for role, name in known.items()
            }
            rows, bad = _rows(columns, table.num_rows, position)
            position += table.num_rows
            yield Batch(rows, bad, position, position / total)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _is_text(kind: pa.DataType) -> bool:
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(inner) or pa.types.is_large_string(inner))


def _is_simple(kind: pa.DataType) -> bool:
    lists = pa.types.is_list(kind) and _is_text(kind.value_type)
    return bool(lists or _is_text(kind) or pa.types.is_primitive(kind))


def _tables(file: pq.ParquetFile, start: int, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """The rows from `start` on; row groups before it are not touched."""
    first = 0
    skip = start
    while first < file.num_row_groups and skip >= file.metadata.row_group(first).num_rows:
        skip -= file.metadata.row_group(first).num_rows
        first += 1
    groups = list(range(first, file.num_row_groups))
    if not groups:
        return
    for table in file.iter_batches(_ROWS, row_groups=groups, columns=columns, use_threads=False):
        if skip < table.num_rows:
            yield table.slice(skip)
        skip = max(0, skip - table.num_rows)


def _column(role: str, column: pa.Array, samplers: Sequence[str | None]) -> list[Any]:
    """The values of a column as a `SourcePrompt` holds them."""
    if column.null_count == len(column):
        return [None] * len(column)
    if role in ("steps", "seed", "width", "height") and _fits(column.type):
        least = 0 if role == "seed" else 1
        return list(pc.if_else(pc.greater_equal(column, least), column, None).to_pylist())
    if role in ("guidance", "prompt_nsfw", "image_nsfw") and pa.types.is_floating(column.type):
        return _floats(column, 0.0 if role != "guidance" else None)
    if role == "made_at" and pa.types.is_timestamp(column.type):
        return _moments(column)
    values = column.to_pylist()
    if role == "sampler" and samplers and pa.types.is_integer(column.type):
        named = dict(enumerate(samplers))
        return [named.get(value) for value in values]
    return [READ[role](value) for value in values]


def _fits(kind: pa.DataType) -> bool:
    """True for whole numbers that never pass 63 bits."""
    return bool(pa.types.is_integer(kind)) and kind != pa.uint64()


def _moments(column: pa.Array) -> list[str | None]:
    """Timestamps as ISO 8601 in UTC; a year of more than four digits is unknown."""
    seconds = column.cast(pa.timestamp("s", column.type.tz), safe=False)
    # They count from 1970 in UTC whatever their zone, which is only how to show them.
    seconds = seconds.cast(pa.int64()).cast(pa.timestamp("s"))
    texts = pc.strftime(seconds, format="%Y-%m-%dT%H:%M:%SZ").to_pylist()
    return [text if text is not None and len(text) == _MOMENT else None for text in texts]


def _floats(column: pa.Array, least: float | None) -> list[Any]:
    """Finite numbers, without the noise that single precision shows in double."""
    column = pc.round(column.cast(pa.float64()), 6)
    good = pc.is_finite(column)
    if least is not None:
        good = pc.and_(good, pc.greater_equal(column, least))
    return list(pc.if_else(good, column, None).to_pylist())


def _rows(
    columns: Mapping[str, list[Any]], count: int, position: int
) -> tuple[list[SourcePrompt], list[BadRow]]:
    nothing = [None] * count
    made = [columns.get(role, nothing) for role in PARAMETERS]
    given = [columns.get(role, nothing) for role in FIELDS]
    known = any(value is not None for values in made for value in values)
    parameters = map(parameters_of, *made) if known else nothing
    rows: list[SourcePrompt] = []
    bad: list[BadRow] = []
    for at, (text, tags, pictured, *rest) in enumerate(
        zip(columns["text"], columns.get("tags", nothing), parameters, *given, strict=True),
        position + 1,
    ):
        if text is None:
            bad.append(BadRow(f"row {at}", "no prompt"))
        else:
            negative, prompt_nsfw, image_nsfw, image, use, model_family, rating, made_at = rest
            rows.append(
                SourcePrompt(
                    text, f"row {at}", negative, pictured, prompt_nsfw, image_nsfw, image,
                    tags or (), use, model_family, rating, made_at,
                )
            )  # fmt: skip
    return rows, bad
