"""From what a person names to the sources it stands for."""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from bozzetto.app.parts import open_source
from bozzetto.library.recognise import expand, recognise
from bozzetto.plugins import names, split_name
from bozzetto.ports import PromptSource, RemoteSource
from bozzetto.store.facets import SourceInfo
from bozzetto.types import ImportReport, Progress

__all__ = ["sources_of", "together", "way_back"]

STDIN = "stdin"


@contextmanager
def sources_of(
    source: str, kind: str | None, home: Path, progress: Callable[[Progress], None]
) -> Iterator[list[PromptSource]]:
    """The sources behind a file, a folder, "-" or scheme:rest; `kind` decides how files are read.

    What a folder holds beside them is told to `progress`.

    Raises:
        NotFoundError: nothing is there.
        InputError: it is of no kind that can be read.
        SetupError: no source is called `kind`.
        BackendError: it is far away and could not be brought here.
    """
    if source == "-":
        with _spooled(sys.stdin.buffer, home) as path:
            scheme = kind or recognise(path) or "text"
            yield [open_source(scheme, str(path), home=home, name=STDIN)]
        return
    scheme, rest = split_name(source)
    if kind is None and scheme in names("sources") and not Path(source).exists():
        named = open_source(scheme, rest, home=home)
        if isinstance(named, RemoteSource):
            named.fetch(progress)
        yield [named]
        return
    found, skipped = expand(Path(source).expanduser(), kind)
    for one in skipped:
        progress(Progress("import", 0, message=f"{one.path} is left out: {one.reason}"))
    yield [open_source(file.scheme, str(file.path), home=home, name=file.name) for file in found]


@contextmanager
def _spooled(stream: BinaryIO, home: Path) -> Iterator[Path]:
    """A stream as a file, so that it can be hashed first and read after."""
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="stdin-", dir=home) as folder:
        path = Path(folder) / STDIN
        with path.open("wb") as file:
            shutil.copyfileobj(stream, file)
        yield path


def way_back(report: ImportReport, sources: Sequence[SourceInfo]) -> str:
    """How prompts of a source that were deleted by hand can be had again."""
    alike = sum(info.name == report.source for info in sources)
    others = f" (it deletes all {alike} sources of this name)" if alike > 1 else ""
    return (
        f"{report.source}: {report.deleted:,} of its {report.rows:,} rows stay away, for their "
        "prompts were deleted since; to have them back: "
        f"bozzetto library delete --source {shlex.quote(report.source)}{others}, "
        "then import it again"
    )


def together(source: str, reports: Sequence[ImportReport]) -> ImportReport:
    """The reports on the files of one source as one."""
    if len(reports) == 1:
        return reports[0]
    return ImportReport(
        source=source,
        rows=sum(report.rows for report in reports),
        new=sum(report.new for report in reports),
        known=sum(report.known for report in reports),
        bad=tuple(row for report in reports for row in report.bad),
        bad_count=sum(report.bad_count for report in reports),
        already_complete=all(report.already_complete for report in reports),
        deleted=sum(report.deleted for report in reports),
    )
