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

from bozzetto.app.clock import now
from bozzetto.app.parts import open_source
from bozzetto.app.telling import Tell
from bozzetto.errors import BozzettoError, InputError
from bozzetto.library.importer import import_source
from bozzetto.library.recognise import expand, recognise
from bozzetto.plugins import names, split_name
from bozzetto.ports import PromptSource, RemoteSource
from bozzetto.store.facets import SourceInfo
from bozzetto.store.store import Store
from bozzetto.types import BadRow, ImportReport, Progress

__all__ = ["sources_of", "take_in", "together", "uploaded", "way_back"]

STDIN = "stdin"
_KINDS = "say what it is: text, csv, tsv, jsonl, parquet"


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
def uploaded(path: Path, name: str, kind: str | None, home: Path) -> Iterator[list[PromptSource]]:
    """A file that came under a name of its own; neither is its place told nor the name opened.

    Raises:
        InputError: it is of no kind that can be read, or there is no such `kind` of files.
    """
    if kind is not None and kind not in names("sources"):
        raise InputError(f"no kind of file is called {kind!r}", hint=_KINDS)
    try:
        scheme = kind or recognise(path, name)
        if scheme is None:
            raise InputError(f"{name} is of no kind we read", hint=_KINDS)
        source = open_source(scheme, str(path), home=home, name=name)
        if isinstance(source, RemoteSource):
            raise InputError(f"{scheme} reads no files", hint=_KINDS)
        yield [source]
    except BozzettoError as error:
        error.message = error.message.replace(str(path), name)
        error.args = (error.message,)
        raise


def take_in(
    store: Store, sources: Sequence[PromptSource], actor: str, tell: Tell
) -> list[ImportReport]:
    """Import sources: a report for each. Among others a broken one is reported and stops nobody.

    Raises:
        InputError: there is one alone, and it cannot be read.
    """
    return [_take(store, one, actor, tell, alone=len(sources) == 1) for one in sources]


def _take(
    store: Store, source: PromptSource, actor: str, tell: Tell, *, alone: bool
) -> ImportReport:
    try:
        report = import_source(store, source, actor=actor, now=now(), progress=tell)
    except InputError as error:
        if alone:
            raise
        name = source.features.name
        return ImportReport(name, 0, 0, 0, (BadRow("the file", error.message),), 1)
    if report.already_complete and report.deleted:
        tell(Progress("import", 0, message=way_back(report, store.sources())))
    return report


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
