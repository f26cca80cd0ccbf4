from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bozzetto.adapters.sources.parquet import open_source
from bozzetto.errors import InputError
from bozzetto.types import BadRow, Parameters, SourcePrompt

DIFFUSIONDB = {
    "image_name": pa.array(["1.png", "2.png"]),
    "prompt": pa.array(["a fox ", None]),
    "part_id": pa.array([1, 1], pa.uint16()),
    "seed": pa.array([4294967295, 1], pa.uint32()),
    "step": pa.array([50, 0], pa.uint16()),
    "cfg": pa.array([7.1, 7], pa.float32()),
    "sampler": pa.array([8, 9], pa.uint8()),
    "width": pa.array([512, 512], pa.uint16()),
    "height": pa.array([768, 512], pa.uint16()),
    "user_name": pa.array(["secret", "secret"]),
    "timestamp": pa.array([datetime(2022, 8, 20, 1, 2, 3, tzinfo=UTC)] * 2),
    "image_nsfw": pa.array([2.0, None], pa.float32()),
    "prompt_nsfw": pa.array([0.1234567, None], pa.float32()),
}


def write(path: Path, columns: dict[str, pa.Array], rows: int | None = None) -> Path:
    pq.write_table(pa.table(columns), path, row_group_size=rows)
    return path


def read(path: Path, start: int = 0) -> tuple[list[SourcePrompt], list[BadRow]]:
    batches = list(open_source(str(path), home=path.parent).read(start))
    return [r for b in batches for r in b.rows], [r for b in batches for r in b.bad]


def test_diffusiondb_is_understood_and_its_users_dropped(tmp_path: Path) -> None:
    rows, bad = read(write(tmp_path / "m.parquet", DIFFUSIONDB))
    assert rows == [
        SourcePrompt(
            "a fox ", "row 1", None, Parameters(4294967295, 50, 7.1, "k_lms", 512, 768), 0.123457,
            2.0, "1.png", made_at="2022-08-20T01:02:03Z",
        )
    ]  # fmt: skip
    assert bad == [BadRow("row 2", "no prompt")]
    assert "secret" not in repr(rows)


def test_a_table_of_another_shape(tmp_path: Path) -> None:
    columns = {
        "Positive Prompt": pa.array(["a", "b"]).dictionary_encode(),
        "tags": pa.array([["x", "Y"], None]),
        "seed": pa.array(["7", "many"]),
        "sampler": pa.array([3, 4]),
        "image": pa.array([{"bytes": b"x"}, None]),
        "rating": pa.array([4.0, 9.0]),
    }
    assert read(write(tmp_path / "a.parquet", columns))[0] == [
        SourcePrompt("a", "row 1", None, Parameters(7, sampler="3"), tags=("x", "y"), rating=4),
        SourcePrompt("b", "row 2", None, Parameters(sampler="4")),
    ]


def test_a_value_out_of_range_is_unknown_and_its_row_stays(tmp_path: Path) -> None:
    columns = {
        "prompt": pa.array(["a", "b", "c"]),
        "seed": pa.array([2**64 - 1, 7, None], pa.uint64()),
        "width": pa.array([512, 2**63, 0], pa.uint64()),
    }
    assert read(write(tmp_path / "a.parquet", columns)) == (
        [
            SourcePrompt("a", "row 1", parameters=Parameters(width=512)),
            SourcePrompt("b", "row 2", parameters=Parameters(seed=7)),
            SourcePrompt("c", "row 3"),
        ],
        [],
    )


@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York", "+02:00", "Unknown/Zone"])
@pytest.mark.parametrize("unit", ["s", "ms", "us"])
def test_moments_are_in_utc_whatever_their_zone(
    tmp_path: Path, unit: str, zone: str | None
) -> None:
    second = {"s": 1, "ms": 1000, "us": 10**6}[unit]
    moments = [1_660_957_323 * second, None, 2**42 * second]
    columns = {
        "prompt": pa.array(["a", "b", "c"]),
        "timestamp": pa.array(moments, pa.timestamp(unit, zone)),
    }
    rows, _ = read(write(tmp_path / "a.parquet", columns))
    assert [row.made_at for row in rows] == ["2022-08-20T01:02:03Z", None, None]


@pytest.mark.parametrize("start", [0, 1, 9, 10, 11, 25, 99])
def test_reading_goes_on_inside_and_between_row_groups(tmp_path: Path, start: int) -> None:
    prompts = [f"prompt {n}" for n in range(100)]
    path = write(tmp_path / "a.parquet", {"prompt": pa.array(prompts)}, rows=10)
    rows, _ = read(path, start)
    assert [row.text for row in rows] == prompts[start:]
    assert rows[0].place == f"row {start + 1}"
    assert list(open_source(str(path), home=tmp_path).read(100)) == []


def test_no_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"prompt": pa.array([], pa.string())})
    assert read(path) == ([], [])


def test_nothing_but_nulls(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"prompt": pa.array([None, None], pa.string())})
    assert len(read(path)[1]) == 2


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def tear(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[20:2000] = b"\xff" * 1980
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [cut, tear, empty])
def test_a_damaged_file_is_a_clear_error(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    prompts = pa.array([f"prompt {n} {n * 7919}" for n in range(5000)])
    path = write(tmp_path / "a.parquet", {"prompt": prompts})
    damage(path)
    with pytest.raises(InputError, match=r"a\.parquet cannot be read as parquet") as caught:
        read(path)
    assert caught.value.hint == "it may be cut off or damaged: get it again"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"id": pa.array([1]), "picture": pa.array(["x"])}, "no prompt column; .* 'id', 'picture'"),
        ({"prompt": pa.array([1])}, "the column 'prompt' holds no text but int64"),
    ],
)
def test_no_prompt_column(tmp_path: Path, columns: dict[str, pa.Array], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(write(tmp_path / "a.parquet", columns))
