"""Searches over HTTP: how many a second, how soon, and whether a crowd is served.

    python -m bench.web [--home HOME] [--large HOME] [--seconds 10] [--every]

`bozzetto serve` runs as a process of its own; the clients share its processors. Beside the rates
stands the processor time that the server took for a search, which other work on the machine does
not change as much. No idea is asked twice, and no answer is kept: see bench/web_load.py.
`--home` holds the 10,000 real prompts (else they are imported from --library or
BOZZETTO_BENCH_DATA), `--large` a library of any size whose hits are to come within 200 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

from bench.claims import command, offline
from bench.measure import Gate, print_table
from bench.paths import library_file
from bench.web_load import ENGLISH, OTHERS, Place, Tally, ask, ideas, listen_all, search_all

__all__ = ["Served", "gates", "large_gates", "served"]

HALF = tuple(code for other in OTHERS for code in ("en", other))
"""English by turns with each of the others."""

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""Settings of this shell that a server is started without, as people start it."""

WARM = 27
CROWD, STREAMS = 200, 20
KINDS = {"English": ENGLISH, "other languages": OTHERS, "half of each": HALF}


class Served:
    """A server in a process of its own, and what it has used so far."""

    def __init__(self, process: subprocess.Popen[str], place: Place) -> None:
        self.process, self.place = process, place

    def processor_seconds(self) -> float:
        """Of the server and the processes it began."""
        return sum(map(_used, _with_children(self.process.pid)))

    def resident(self) -> int:
        """Bytes of memory; pages that its processes share count once."""
        return sum(map(_proportional, _with_children(self.process.pid)))


def _with_children(pid: int) -> list[int]:
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def _used(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _proportional(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


@contextmanager
def served(home: Path) -> Iterator[Served]:
    """`bozzetto serve` on a home, warm: models and indexes are in memory."""
    line = [sys.executable, "-m", "bozzetto", "serve", "--port", "0", "--no-browser"]
    as_usual = {name: value for name, value in offline(home).items() if name not in THREADS}
    with subprocess.Popen(
        line, env=as_usual, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            address = urlsplit((process.stdout or sys.stdin).readline().strip())
            token = address.fragment.removeprefix("token=")
            found = Served(process, Place(address.hostname or "", address.port or 0, token))
            asyncio.run(_one_by_one(found.place, list(islice(ideas(HALF, 99), WARM))))
            yield found
        finally:
            process.terminate()
            process.wait(30)


async def _one_by_one(place: Place, texts: Sequence[str]) -> Tally:
    """A single person's searches, one after the other."""
    tally, started = Tally(), time.perf_counter()
    reader, writer = await asyncio.open_connection(place.host, place.port)
    for text in texts:
        begun = time.perf_counter()
        status, body = await ask(reader, writer, place.request("/api/v1/search", {"idea": text}))
        tally.seconds.append(time.perf_counter() - begun)
        if status != 200:
            tally.errors.append(f"{status} {body[:200]!r}")
    writer.close()
    tally.lasted = time.perf_counter() - started
    return tally


def row(title: str, server: Served, tally: Tally, used: float) -> None:
    """Print a line of the table."""
    each = 1000 * used / max(1, len(tally.seconds))
    print(
        f"  {title:<44} {tally.rate:7.1f}/s  p50 {tally.quantile(0.5):6.0f} ms"
        f"  p95 {tally.quantile(0.95):6.0f} ms  {each:5.1f} ms of processor a search"
        f"  {used / tally.lasted:4.2f} of {os.cpu_count()} processors"
        f"  {len(tally.errors)} errors",
        flush=True,
    )
    for error in tally.errors[:3]:
        print(f"    {error}")


def alone(server: Served, count: int) -> Iterator[tuple[str, Tally]]:
    """One person's searches, by language."""
    for code in ("en", "it", "zh"):
        before = server.processor_seconds()
        tally = asyncio.run(_one_by_one(server.place, list(islice(ideas((code,), 1), count))))
        row(f"one person, {code}", server, tally, server.processor_seconds() - before)
        yield code, tally


def throng(
    server: Served, clients: int, seconds: float, kind: str = "half of each", *, fresh: bool = False
) -> Tally:
    """Many who ask as fast as they are answered."""
    source = ideas(KINDS[kind], clients, fresh=fresh)
    before = server.processor_seconds()
    tally = asyncio.run(search_all(server.place, source, clients, seconds))
    title = f"{clients} at a time, {kind}{', unheard-of words' if fresh else ''}"
    row(title, server, tally, server.processor_seconds() - before)
    return tally


def crowd(server: Served, seconds: float) -> tuple[Tally, Tally]:
    """Searchers without a pause, and beside them streams of prompts being written."""

    async def both() -> tuple[Tally, Tally]:
        return await asyncio.gather(
            search_all(server.place, ideas(HALF, CROWD), CROWD, seconds),
            listen_all(server.place, ideas(ENGLISH, STREAMS), STREAMS, seconds),
        )

    before = server.processor_seconds()
    found, heard = asyncio.run(both())
    used = server.processor_seconds() - before
    row(f"{CROWD} at a time, beside {STREAMS} streams", server, found, used)
    print(
        f"    prompts written: {len(heard.seconds)}, p50 {heard.quantile(0.5):.0f} ms,"
        f" p95 {heard.quantile(0.95):.0f} ms, {len(heard.errors)} errors {heard.errors[:2] or ''}"
    )
    return found, heard


def gates(home: Path, seconds: float = 10.0, *, every: bool = False) -> Iterator[Gate]:
    """The gates at 10,000 prompts."""
    with served(home) as server:
        for code, tally in alone(server, 60):
            yield Gate(
                f"10k: hits for one person, {code}, p95", tally.quantile(0.95), 150, 60, "ms", False
            )
        if every:
            for kind in KINDS:
                for clients in (1, 8, 32, 200):
                    throng(server, clients, seconds, kind)
        tally = throng(server, 32, seconds)
        yield Gate("10k: searches a second, half not English", tally.rate, 100, 150, "/s")
        fresh = throng(server, 32, seconds, fresh=True)
        yield Gate("10k: the same, each with an unheard-of word", fresh.rate, 100, 150, "/s")
        found, heard = crowd(server, seconds)
        errors = sum(len(one.errors) for one in (tally, fresh, found, heard))
        yield Gate("10k: requests and streams that failed", errors, 0, 0, "", False)
        print(f"  the server's memory: {server.resident() / 2**20:.0f} MiB")


def _soon(name: str, tally: Tally, must: float, reach: float) -> Gate:
    return Gate(name, tally.quantile(0.95), must, reach, "ms", False)


def large_gates(home: Path) -> Iterator[Gate]:
    """One person's searches of a large library."""
    with served(home) as server:
        for code, tally in alone(server, 60):
            yield Gate(
                f"large: hits for one person, {code}, p95",
                tally.quantile(0.95),
                200,
                100,
                "ms",
                False,
            )


def main() -> int:
    """Print the table; non-zero when a floor is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="a home that holds the real prompts")
    parser.add_argument("--library", type=Path)
    parser.add_argument("--large", type=Path, help="a home with a large library")
    parser.add_argument("--seconds", type=float, default=10.0, help="for each load")
    parser.add_argument(
        "--every", action="store_true", help="each kind of idea, 1 to 200 at a time"
    )
    options = parser.parse_args()
    met = True
    with tempfile.TemporaryDirectory() as folder:
        home = options.home or Path(folder) / "home"
        if options.home is None:
            command(home, "import", str(library_file(options.library)))
        met &= print_table(
            "Searches over HTTP", list(gates(home, options.seconds, every=options.every))
        )
    if options.large:
        met &= print_table("A large library", list(large_gates(options.large)))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
