"""Timing whole processes: wall seconds and the peak memory of the process and its children."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Gate", "Run", "print_table", "run_process"]

POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Run:
    """One process: exit code, seconds, peak resident bytes of its whole tree, its output."""

    code: int
    seconds: float
    peak: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class Gate:
    """A number held against the floor ("must") and the aim ("reach")."""

    name: str
    value: float
    must: float
    reach: float
    unit: str = ""
    higher_is_better: bool = True

    @property
    def met(self) -> bool:
        """Whether the floor holds."""
        return self.value >= self.must if self.higher_is_better else self.value <= self.must

    def line(self) -> str:
        """One line of a table."""
        sign = ">=" if self.higher_is_better else "<="
        mark = "ok  " if self.met else "MISS"
        return (
            f"{mark} {self.name:<58} {self.value:>9.3f} {self.unit:<7} "
            f"must {sign} {self.must:g}, reach {self.reach:g}"
        )


def print_table(title: str, gates: Sequence[Gate]) -> bool:
    """Print the gates; whether all floors hold."""
    print(f"\n{title}")
    for gate in gates:
        print("  " + gate.line())
    return all(gate.met for gate in gates)


def _tree(pid: int) -> list[int]:
    pids = [pid]
    for parent in pids:
        try:
            children = Path(f"/proc/{parent}/task/{parent}/children").read_text()
        except OSError:
            continue
        pids.extend(int(child) for child in children.split())
    return pids


def _resident(pid: int) -> int:
    """Proportional set size: pages that processes share count once between them."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return 0


def run_process(
    command: Sequence[str],
    *,
    home: Path | None = None,
    seconds_most: float = math.inf,
    bytes_most: float = math.inf,
) -> Run:
    """Run a command to its end, or kill it past a limit: its code is then that of the kill.

    Memory is sampled on Linux only; elsewhere it is 0, and there are no limits.
    """
    environ = dict(os.environ) | ({"BOZZETTO_HOME": str(home)} if home else {})
    environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as a user has it: compiled once
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    peak, done = 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(POLL_SECONDS):
            peak = max(peak, sum(_resident(pid) for pid in _tree(process.pid)))
            if peak > bytes_most or time.perf_counter() - start > seconds_most:
                process.kill()

    watcher = threading.Thread(target=watch, daemon=True)
    if sys.platform == "linux":
        watcher.start()
    stdout, stderr = process.communicate()
    seconds = time.perf_counter() - start
    done.set()
    return Run(process.returncode, seconds, peak, stdout, stderr)
