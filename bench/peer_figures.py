"""What was measured of peers: the table, ratios to ours, and the file a later run is held to."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path

from bench.peer_kinds import KINDS, OURS

__all__ = ["COLUMNS", "Column", "Figures", "ahead", "compared", "load", "save", "table"]

Values = Mapping[str, float]
"""What one peer came to, by the name of a column."""

_PACKAGES = (
    "bozzetto", "chromadb", "faiss-cpu", "lancedb", "langchain-community", "langchain-core",
    "mygens-ai", "numpy", "tantivy",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """A figure: its heading, how it is printed, and whether more is better."""

    name: str
    title: str
    form: str
    more_is_better: bool = False


COLUMNS = (
    Column("rows_per_second", "rows/s", ",.0f", more_is_better=True),
    Column("build_seconds", "build s", ",.1f"),
    Column("ready_seconds", "ready s", ",.1f"),
    Column("ready_processor_seconds", "cpu s", ",.1f"),
    Column("p50_ms", "p50 ms", ",.1f"),
    Column("p95_ms", "p95 ms", ",.1f"),
    Column("p50_ms_others", "p50 oth", ",.1f"),
    Column("p95_ms_others", "p95 oth", ",.1f"),
    Column("search_processor_ms", "cpu ms", ",.1f"),
    Column("recall_en", "R@10 en", ".3f", more_is_better=True),
    Column("recall_others", "R@10 oth", ".3f", more_is_better=True),
    Column("recall_exact", "of exact", ".3f", more_is_better=True),
    Column("peak_mib", "peak MiB", ",.0f"),
    Column("disk_mib", "disk MiB", ",.0f"),
    Column("embedding_seconds", "embed s", ",.0f"),
)


@dataclass(frozen=True, slots=True)
class Figures:
    """One library, all peers: values by peer, and why some have none."""

    name: str
    values: dict[str, dict[str, float]]
    absent: dict[str, str] = field(default_factory=dict)


def table(figures: Figures) -> Iterator[str]:
    """The lines of the table, ratios to ours below each peer, and where ours is behind."""
    yield f"\n{figures.name}"
    yield f"  {'':<24}" + "".join(f"{column.title:>10}" for column in COLUMNS)
    for peer, values in figures.values.items():
        yield f"  {KINDS[peer].title:<24}" + "".join(_cell(column, values) for column in COLUMNS)
        ours = figures.values.get(OURS)
        if ours and peer != OURS:
            yield f"  {'  over ours':<24}" + "".join(
                f"{ratio:>9.2f}x" if (ratio := _ratio(values, ours, column.name)) else f"{'':>10}"
                for column in COLUMNS
            )
    for peer, reason in figures.absent.items():
        yield f"  {KINDS[peer].title:<24} {reason}"
    yield from ahead(figures)


def _cell(column: Column, values: Values) -> str:
    value = values.get(column.name)
    return f"{'-' if value is None else format(value, column.form):>10}"


def _ratio(values: Values, of: Values, name: str) -> float | None:
    one, other = values.get(name), of.get(name)
    return one / other if one is not None and other else None


def ahead(figures: Figures) -> Iterator[str]:
    """A line for each figure in which a peer is better than ours, with its name."""
    ours = figures.values.get(OURS, {})
    for column in COLUMNS:
        better = [
            f"{KINDS[peer].title} {ratio:.2f}x"
            for peer, values in figures.values.items()
            if peer != OURS
            and not KINDS[peer].part_of_ours
            and (ratio := _ratio(values, ours, column.name)) is not None
            and (ratio > 1 if column.more_is_better else ratio < 1)
        ]
        if better:
            yield f"  ahead of ours in {column.title.strip()}: {', '.join(better)}"


def save(path: Path, day: str, measured: Sequence[Figures]) -> None:
    """Write the machine-readable copy."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "date": day,
        "machine": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "versions": dict(_versions()),
        "libraries": [asdict(figures) for figures in measured],
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def load(path: Path) -> list[Figures]:
    """Read what `save` wrote."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return [Figures(**figures) for figures in content["libraries"]]


def _versions() -> Iterator[tuple[str, str]]:
    for name in _PACKAGES:
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            continue


def compared(old: Sequence[Figures], new: Sequence[Figures]) -> Iterator[str]:
    """New over old, for each library and peer that both have."""
    before = {figures.name: figures for figures in old}
    for figures in new:
        if figures.name not in before:
            yield f"\n{figures.name}: not among the older figures"
            continue
        yield f"\n{figures.name}: new over old"
        yield f"  {'':<24}" + "".join(f"{column.title:>10}" for column in COLUMNS)
        for peer, values in figures.values.items():
            was = before[figures.name].values.get(peer, {})
            ratios = [_ratio(values, was, column.name) for column in COLUMNS]
            cells = "".join(f"{'-' if r is None else format(r, '.2f'):>10}" for r in ratios)
            yield f"  {KINDS[peer].title:<24}{cells}"
