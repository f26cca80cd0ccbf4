"""The claims of an issue, checked on a fresh home: `python bench/acceptance.py main`.

One line a claim with its number; non-zero when one is missed. Every program it runs is
refused all sockets but loopback. It also clones the repository and runs the two
commands of the README in a bare environment (`--no-readme` leaves that out, `--no-speed` the
timings); `--rows 2000000` adds the import of synthetic rows.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import retrieval, speed, writing
from bench.measure import Gate
from bench.paths import intent_folder, library_file, vocabulary_folder

ROOT = Path(__file__).parent.parent
DOGS = ("dog", "pupp", "dachshund", "corgi", "terrier", "beagle", "poodle", "retriever")
IDEAS = {"en": "a cartoon of a small dog", "it": "un cartone animato di un piccolo cane"}


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


def bozzetto(home: Path, *arguments: str) -> tuple[int, str, float]:
    """Run the command line offline: exit code, stdout, seconds."""
    started = time.perf_counter()
    run = subprocess.run(
        [sys.executable, "-m", "bozzetto", *arguments],
        env=offline(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if run.returncode != 0:
        print(run.stderr[-2000:], file=sys.stderr)
    return run.returncode, run.stdout, time.perf_counter() - started


def path_claims(home: Path, library: Path) -> Iterator[Claim]:
    """Import, search, optimize, doctor on the real prompts, without a network."""
    code, _, seconds = bozzetto(home, "import", str(library))
    yield Claim("import of the real prompts, offline", f"exit {code}, {seconds:.0f} s", code == 0)
    code, out, seconds = bozzetto(home, "import", str(library), "--format", "json")
    again = json.loads(out)["imports"][0] if code == 0 else {}
    same = bool(again.get("already_complete")) and again.get("new") == 0
    yield Claim("importing the same again changes nothing", f"new {again.get('new')}", same)
    for language, idea in IDEAS.items():
        yield from search_claims(home, language, idea)
        yield from optimize_claims(home, language, idea)
    code, out, _ = bozzetto(home, "doctor", "--format", "json")
    checks = json.loads(out)["checks"]
    bad = [check["name"] for check in checks if check["state"] != "ok"]
    yield Claim("doctor", f"exit {code}, not ok: {bad or 'none'}", code == 0 and not bad)


def search_claims(home: Path, language: str, idea: str) -> Iterator[Claim]:
    """A search understands the language and finds dogs."""
    code, out, _ = bozzetto(home, "search", idea, "--format", "json")
    result: dict[str, Any] = json.loads(out) if code == 0 else {"hits": [], "language": None}
    hits = result["hits"]
    dogs = sum(any(word in hit["prompt"].lower() for word in DOGS) for hit in hits[:5])
    yield Claim(
        f"search {idea!r}",
        f"{len(hits)} hits, language {result['language']}, {dogs} of the first 5 show a dog",
        len(hits) == 10 and result["language"] == language and dogs >= 3,
    )


def optimize_claims(home: Path, language: str, idea: str) -> Iterator[Claim]:
    """Optimize gives four candidates, whole, in budget, in English, and the same again."""
    code, out, seconds = bozzetto(home, "optimize", idea, "--format", "json")
    result: dict[str, Any] = json.loads(out) if code == 0 else {"candidates": []}
    candidates = result["candidates"]
    whole = all(traced(candidate) for candidate in candidates)
    most = max((candidate["tokens"]["clip"] for candidate in candidates), default=99)
    shown = all(
        "dog" in candidate["prompt"].lower() and "cartoon" in candidate["prompt"].lower()
        for candidate in candidates
    )
    yield Claim(
        f"optimize {idea!r}",
        f"{len(candidates)} candidates, at most {most}/75 tokens, {seconds:.1f} s",
        len({c["prompt"] for c in candidates}) == 4 and whole and most <= 75 and shown,
    )
    again = bozzetto(home, "optimize", idea, "--format", "json")[1]
    yield Claim("  the same bytes again", f"{len(out)} bytes", out == again)


def traced(candidate: dict[str, Any]) -> bool:
    """Whether the phrases, joined by the text between them, give the prompt."""
    at = 0
    for phrase in candidate["phrases"]:
        found = candidate["prompt"].find(phrase["text"], at)
        if found < 0:
            return False
        at = found + len(phrase["text"])
    return True


def gate_claims(gates: list[Gate]) -> Iterator[Claim]:
    """Gates as claims."""
    for gate in gates:
        sign = ">=" if gate.higher_is_better else "<="
        yield Claim(
            gate.name, f"{gate.value:.3f} {gate.unit} (must {sign} {gate.must:g})", gate.met
        )


def readme_claims() -> Iterator[Claim]:
    """The two commands on a fresh clone with nothing but Python on the path."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "bozzetto"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        for command in ("try.py", "test.py"):
            started = time.perf_counter()
            environ = {
                k: v for k, v in os.environ.items() if not k.startswith(("BOZZETTO", "VIRTUAL"))
            }
            run = subprocess.run(
                ["python3", f"scripts/{command}"], cwd=clone, env=environ, check=False,
                stdin=subprocess.DEVNULL, capture_output=True,
            )  # fmt: skip
            seconds = time.perf_counter() - started
            yield Claim(
                f"README: python3 scripts/{command} on a fresh clone",
                f"exit {run.returncode}, {seconds:.0f} s",
                run.returncode == 0,
            )


def main_claims(options: argparse.Namespace, home: Path) -> Iterator[Claim]:
    """Everything the first issue promises."""
    library = library_file(options.library)
    yield from path_claims(home, library)
    yield from gate_claims(retrieval.gates(home, library))
    yield from gate_claims(
        writing.gates(home, library, intent_folder(None), options.ideas, options.hidden)
    )
    if options.speed:
        yield from gate_claims(speed.start_up(home))
        yield from gate_claims(speed.embedding(library, 2, 6000))
    if options.rows:
        yield from gate_claims(speed.big_import(options.rows, vocabulary_folder(None)))
    if options.readme:
        yield from readme_claims()
    for left_out in [name for name in ("speed", "rows", "readme") if not getattr(options, name)]:
        print(f"not checked: --{left_out}", flush=True)


ISSUES = {"main": main_claims}


def main() -> int:
    """Print each claim as it is checked; non-zero when one is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("issue", choices=sorted(ISSUES))
    parser.add_argument("--library", type=Path)
    parser.add_argument("--ideas", type=int, default=80, help="for the writing gates")
    parser.add_argument("--hidden", type=int, default=200, help="prompts hidden from the writer")
    parser.add_argument("--rows", type=int, default=0, help="synthetic rows to import")
    parser.add_argument("--readme", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--speed", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        for claim in ISSUES[options.issue](options, Path(folder) / "home"):
            print(claim.line(), flush=True)
            missed += not claim.holds
    print(f"{missed} missed" if missed else "all hold")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
