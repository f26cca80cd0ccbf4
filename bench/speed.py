"""Start-up, first search, import and embedding: `python bench/speed.py --library FILE`.

Every figure stands beside what the bare parts cost in the same run. The import of two
million rows (`--rows 2000000 --vocabulary FOLDER`) is made of synthetic prompts in
DiffusionDB's schema; see bench/synthetic.py.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench.measure import Gate, Run, print_table, run_process
from bench.paths import library_file, vocabulary_folder

CLI = (sys.executable, "-m", "bozzetto")
IDEA = "a cartoon of a small dog"


def median_seconds(*command: str, home: Path | None = None, runs: int = 5) -> float:
    """Median wall seconds of a command that must succeed, after one run to warm the disk."""
    times = []
    for _ in range(runs + 1):
        run = checked(run_process(command, home=home))
        times.append(run.seconds)
    return statistics.median(times[1:])


def checked(run: Run) -> Run:
    """The run, if it succeeded."""
    if run.code != 0:
        raise SystemExit(f"exit {run.code}: {run.stderr[-2000:]}")
    return run


def start_up(home: Path) -> list[Gate]:
    """`--help`, and the first search of a process on a library that is complete."""
    bare = median_seconds(sys.executable, "-c", "pass")
    print(f"  bare interpreter: {bare:.3f} s")
    return [
        Gate("bozzetto --help", median_seconds(*CLI, "--help"), 0.3, 0.15, "s", False),
        Gate(
            "first search of a process",
            median_seconds(*CLI, "search", IDEA, "--format", "json", home=home),
            1.5,
            0.7,
            "s",
            False,
        ),
    ]


def big_import(rows: int, vocabulary: Path) -> list[Gate]:
    """Import synthetic rows without embedding: seconds and peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "synthetic.parquet"
        synthetic = ("-m", "bench.synthetic", "--rows", str(rows), "--vocabulary", str(vocabulary))
        checked(run_process((sys.executable, *synthetic, str(table))))
        run = checked(
            run_process((*CLI, "import", str(table), "--no-embed"), home=Path(folder) / "home")
        )
    share = rows / 2_000_000
    title = f"import of {rows:,} synthetic rows with families and lexical index"
    return [
        Gate(title, run.seconds, 200 * share, 90 * share, "s", False),
        Gate("  its peak memory", run.peak / 2**30, 3.0, 1.5, "GiB", False),
    ]


def embedding(library: Path, processes: int, sample: int) -> list[Gate]:
    """Our rows a second over bare `session.run` on the same batches and processes."""
    from bench.embedding import bare_rate, our_rate, sample_prompts

    texts = sample_prompts(library, sample)
    bare = bare_rate(texts, processes)
    ours = our_rate(texts, processes)
    print(f"  bare session.run: {bare:.0f} prompts/s, ours {ours:.0f}, {processes} processes")
    return [Gate("embedding: ours over bare session.run", ours / bare, 0.9, 1.0)]


def main() -> int:
    """Print the table; non-zero when a floor is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", type=Path, help="a prompts table; else BOZZETTO_BENCH_DATA")
    parser.add_argument("--home", type=Path, help="a home that holds it already")
    parser.add_argument("--vocabulary", type=Path, help="phrase lists for the synthetic rows")
    parser.add_argument("--rows", type=int, default=0, help="synthetic rows to import; 0: none")
    parser.add_argument("--sample", type=int, default=6000, help="prompts to embed")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--peers", action="store_true", help="others beside ours: bench/peers.py")
    options = parser.parse_args()
    library = library_file(options.library)
    with tempfile.TemporaryDirectory() as folder:
        home = options.home or Path(folder)
        if options.home is None:
            started = time.perf_counter()
            checked(run_process((*CLI, "import", str(library)), home=home))
            print(f"  import of {library.name}: {time.perf_counter() - started:.1f} s")
        met = print_table("Start-up", start_up(home))
        if options.peers:
            from bench.peers import report

            rows = [options.rows] if options.rows else []
            report(library, home=home, rows=rows, vocabulary=options.vocabulary)
    met &= print_table("Embedding", embedding(library, options.processes, options.sample))
    if options.rows:
        vocabulary = vocabulary_folder(options.vocabulary)
        met &= print_table("Import", big_import(options.rows, vocabulary))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
