from __future__ import annotations

import hashlib
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from filelock import FileLock

from bozzetto.errors import DataError, InputError
from bozzetto.library.families import renew
from bozzetto.library.importer import import_source
from bozzetto.library.reading import LONGEST_PROMPT
from bozzetto.ports import SourceFeatures
from bozzetto.store.store import FILE, Store
from bozzetto.text.normalise import prompt_id
from bozzetto.types import BadRow, Batch, Parameters, Progress, SourcePrompt

NOW = "2026-01-02T03:04:05Z"


class Rows:
    """A source of given rows, so many a batch."""

    def __init__(self, rows: list[SourcePrompt], size: int = 3, name: str = "rows") -> None:
        self._rows = rows
        self._size = size
        self._name = name

    @property
    def features(self) -> SourceFeatures:
        return SourceFeatures(self._name, "test")

    def fingerprint(self) -> str:
        return hashlib.sha256(repr(self._rows).encode("utf-8", "surrogatepass")).hexdigest()

    def read(self, start: int = 0) -> Iterator[Batch]:
        for at in range(start, len(self._rows), self._size):
            end = min(at + self._size, len(self._rows))
            yield Batch(self._rows[at:end], (), end, end / len(self._rows))


def made(count: int) -> list[SourcePrompt]:
    """Rows with duplicates, bad ones, and knowledge that comes late."""
    rows = []
    for n in range(count):
        text = " " if n % 97 == 5 else f"A picture of thing {n % (count * 2 // 3)} , 8 k"
        parameters = Parameters(seed=n) if n % 3 == 0 else None
        rows.append(SourcePrompt(text, f"row {n + 1}", None, parameters, tags=(f"t{n % 7}",)))
    return rows


def content(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """Everything in a library but who and when."""
    connection = sqlite3.connect(folder / FILE)
    orders = {
        "prompts": "seq", "originals": "prompt", "occurrences": "prompt, source",
        "tags": "prompt, tag", "variants": "prompt", "bad_rows": "source, number", "meta": "key",
    }  # fmt: skip
    found = {}
    for table, order in orders.items():
        names = [r[1] for r in connection.execute(f"PRAGMA table_info({table})")]
        names = [name for name in names if name != "change"]
        rows = connection.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY {order}")
        found[table] = [row for row in rows if row[0] not in ("state", "families")]
    connection.close()
    return found


def test_rows_become_prompts_and_bad_ones_are_reported(tmp_path: Path) -> None:
    rows = [
        SourcePrompt("A Fox , 8 k ", "row 1"),
        SourcePrompt("a fox, 8k", "row 2"),
        SourcePrompt(" \0\u200b ", "row 3"),
        SourcePrompt("...", "row 4"),
        SourcePrompt("x" * (LONGEST_PROMPT + 1), "row 5"),
        SourcePrompt("bad \ud800 half, <b>{x}</b> %s \x1b[31m", "row 6"),
    ]
    with Store.open(tmp_path) as store:
        report = import_source(store, Rows(rows), actor="ada", now=NOW)
        assert (report.source, report.rows, report.new, report.known) == ("rows", 6, 2, 1)
        assert report.bad == (
            BadRow("row 3", "the prompt is empty"),
            BadRow("row 4", "the prompt has no word"),
            BadRow("row 5", "the prompt has 20,001 characters; 20,000 are read"),
        )
        fox, strange = store.page()
        assert (fox.id, fox.text, fox.original, fox.count) == (
            prompt_id("a fox, 8k"), "A Fox, 8k", "A Fox , 8 k ", 2,
        )  # fmt: skip
        assert "\x1b" not in strange.text
        assert strange.text.startswith("bad half, <b>{x}</b> %s")


def test_the_same_again_changes_nothing(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        first = import_source(store, Rows(made(50)), actor="ada", now=NOW)
        before = content(tmp_path), store.state()
        again = import_source(store, Rows(made(50)), actor="bob", now="later")
        assert again.already_complete
        assert (again.rows, again.new, again.known) == (50, 0, first.new + first.known)
        assert (content(tmp_path), store.state()) == before


def test_processes_work_out_the_same(tmp_path: Path) -> None:
    rows = made(3000)
    for name, processes in (("here", 0), ("there", 2)):
        with Store.open(tmp_path / name) as store:
            source = Rows(rows, size=200)
            import_source(store, source, actor="ada", now=NOW, processes=processes)
    assert content(tmp_path / "here") == content(tmp_path / "there")


def test_progress_tells_rows_done_and_expected(tmp_path: Path) -> None:
    steps: list[Progress] = []
    with Store.open(tmp_path) as store:
        import_source(store, Rows(made(9)), actor="ada", now=NOW, progress=steps.append)
    assert [(step.stage, step.done, step.total) for step in steps] == [
        ("import rows", 3, 9),
        ("import rows", 6, 9),
        ("import rows", 9, 9),
    ]


def test_a_source_that_fails_midway_keeps_what_came_before(tmp_path: Path) -> None:
    class Failing(Rows):
        def read(self, start: int = 0) -> Iterator[Batch]:
            yield from islice(super().read(start), 4)
            raise InputError("torn")

    for processes in (0, 2):
        with Store.open(tmp_path / str(processes)) as store:
            with pytest.raises(InputError, match="torn"):
                import_source(store, Failing(made(30)), actor="ada", now=NOW, processes=processes)
            assert [(info.rows, info.complete) for info in store.sources()] == [(12, False)]
            import_source(store, Rows(made(30)), actor="ada", now=NOW)
            assert [(info.rows, info.complete) for info in store.sources()] == [(30, True)]


def test_a_source_that_cannot_be_read_leaves_no_trace(tmp_path: Path) -> None:
    class Unreadable(Rows):
        def read(self, start: int = 0) -> Iterator[Batch]:
            raise InputError("no prompt column")

    with Store.open(tmp_path) as store:
        with pytest.raises(InputError, match="no prompt column"):
            import_source(store, Unreadable(made(3)), actor="ada", now=NOW)
        assert store.sources() == ()
        assert import_source(store, Rows(made(3)), actor="ada", now=NOW).new > 0


def test_a_worker_that_dies_loses_no_row(tmp_path: Path) -> None:
    class Killing(Rows):
        def read(self, start: int = 0) -> Iterator[Batch]:
            for at, batch in enumerate(super().read(start)):
                if at == 6:
                    for pid in children():
                        os.kill(pid, signal.SIGKILL)
                yield batch

    with Store.open(tmp_path / "home") as store:
        with pytest.raises(DataError, match="ended unexpectedly"):
            import_source(store, Killing(made(60)), actor="ada", now=NOW, processes=2)
        import_source(store, Rows(made(60)), actor="ada", now=NOW, processes=0)
    with Store.open(tmp_path / "clean") as store:
        import_source(store, Rows(made(60)), actor="ada", now=NOW, processes=0)
    assert content(tmp_path / "home") == content(tmp_path / "clean")


def children() -> list[int]:
    listed = Path(f"/proc/self/task/{os.getpid()}/children")
    threads = [listed, *Path("/proc/self/task").glob("*/children")]
    return [int(pid) for path in set(threads) for pid in path.read_text().split()]


SCRIPT = """
import sys
from pathlib import Path
from bozzetto.adapters.sources.lines import open_source
from bozzetto.library import importer
from bozzetto.library.families import renew
from bozzetto.store.store import Store
importer._ROWS = 1  # a transaction a batch, to have many moments to be killed in
from bozzetto.adapters.sources import content
content._ROWS = 150
home, file, processes = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
tell = lambda step: print(step.message or step.done, flush=True)
with Store.open(home) as store:
    importer.import_source(
        store, open_source(file, home=home), actor="ada", now="n", progress=tell,
        processes=processes,
    )
    renew(store)
print("end", flush=True)
"""


def start(home: Path, file: Path, processes: int = 0) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", SCRIPT, str(home), str(file), str(processes)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "lines.txt"
    rows = [f"picture {n % 2000} of a {n % 13} thing, style {n % 11}" for n in range(3_000)]
    rows[100] = "..."
    path.write_text("\n".join(rows))
    return path


def test_killed_at_any_moment_and_run_again_it_ends_the_same(tmp_path: Path, lines: Path) -> None:
    clean = start(tmp_path / "clean", lines)
    assert clean.communicate()[0].endswith("end\n")
    expected = content(tmp_path / "clean")
    for trial in range(6):
        home = tmp_path / f"home{trial}"
        with start(home, lines, processes=trial % 2) as victim:
            assert victim.stdout is not None
            acknowledged = [int(victim.stdout.readline()) for _ in range(3 * trial + 1)]
            time.sleep(0.004 * trial)
            victim.send_signal(signal.SIGKILL)
            acknowledged += [int(line) for line in victim.stdout if line.strip().isdigit()]
        with Store.open(home) as store:
            assert store.sources()[0].rows >= max(acknowledged)
            store.check()
        assert start(home, lines).communicate()[0].endswith("end\n")
        assert content(home) == expected, f"trial {trial}"


def test_two_imports_at_once_both_end_complete(tmp_path: Path, lines: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text(lines.read_text().replace("picture", "painting"))
    home = tmp_path / "home"
    home.mkdir()
    with FileLock(home / "import.lock"):  # as a third import would
        both = start(home, lines), start(home, other)
        for process in both:
            assert process.stdout is not None
            assert "waits for another import to end" in process.stdout.readline()
    told = [process.communicate()[0] for process in both]
    assert all(out.endswith("end\n") for out in told)
    with Store.open(home) as store:
        assert [(info.complete, info.rows, info.bad) for info in store.sources()] == [
            (True, 3_000, 1),
            (True, 3_000, 1),
        ]
        assert store.count() == len({row.id for row in store.scan()})
        store.check()


def test_the_same_source_twice_at_once(tmp_path: Path) -> None:
    reports = []

    def run() -> None:
        with Store.open(tmp_path) as store:
            reports.append(import_source(store, Rows(made(300)), actor="ada", now=NOW))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(report.already_complete for report in reports) == [False, True]


FULL = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
from bozzetto.errors import BozzettoError
try:
    exec(open(sys.argv.pop(1)).read())
except BozzettoError as error:
    print("failed:", type(error).__name__, error.message, error.hint)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a limit on the size of files")
def test_a_full_disk_keeps_what_was_reported(tmp_path: Path, lines: Path) -> None:
    home = tmp_path / "home"
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    arguments = [sys.executable, "-c", FULL, str(script), str(home), str(lines), "0"]
    out = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
    *done, last = out.splitlines()
    assert last.startswith("failed: DataError")
    assert "library.sqlite" in last
    assert len(done) > 1, "something was kept before"
    with Store.open(home) as store:
        store.check()
        assert store.sources()[0].rows >= int(done[-1])
    assert start(home, lines).communicate()[0].endswith("end\n")
    start(tmp_path / "clean", lines).communicate()
    assert content(home) == content(tmp_path / "clean")


def test_memory_stays_bounded_by_the_batch(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Store.open(tmp_path) as store:
        import_source(store, Rows(made(10_000), size=1000), actor="ada", now=NOW, processes=0)
        renew(store)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000
