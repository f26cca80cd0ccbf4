"""A claim that is checked, and the command line run as a newcomer would, without a network."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.measure import Gate

__all__ = ["ROOT", "Claim", "command", "gate_claims", "offline"]

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim: what, the number that shows it, and whether it holds."""

    what: str
    number: str
    holds: bool

    def line(self) -> str:
        """One line."""
        return f"{'ok  ' if self.holds else 'MISS'} {self.what:<66} {self.number}"


def offline(home: Path) -> dict[str, str]:
    """An environment in which every socket but loopback is refused."""
    return {
        **os.environ,
        "BOZZETTO_HOME": str(home),
        "PYTHONPATH": os.pathsep.join(
            [str(ROOT / "scripts" / "no_network"), os.environ.get("PYTHONPATH", "")]
        ),
    }


def command(
    home: Path, *arguments: str, environ: Mapping[str, str] | None = None
) -> tuple[int, str, float]:
    """Run the command line offline: exit code, stdout, seconds."""
    started = time.perf_counter()
    run = subprocess.run(
        [sys.executable, "-m", "bozzetto", *arguments],
        env=offline(home) | dict(environ or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if run.returncode != 0:
        print(run.stderr[-2000:], file=sys.stderr)
    return run.returncode, run.stdout, time.perf_counter() - started


def gate_claims(gates: Iterable[Gate]) -> Iterator[Claim]:
    """Gates as claims."""
    for gate in gates:
        sign = ">=" if gate.higher_is_better else "<="
        yield Claim(
            gate.name, f"{gate.value:.3f} {gate.unit} (must {sign} {gate.must:g})", gate.met
        )
