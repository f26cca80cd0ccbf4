"""The claims of issues, checked on a fresh home: `python bench/acceptance.py main optimize`.

One line a claim with its number; non-zero when one is missed. What two issues share is done
once. Every program it runs is refused all sockets but loopback. `main` also clones the
repository and runs the two commands of the README in a bare environment (`--no-readme` leaves
that out, `--no-speed` the timings). `--rows 2000000` adds synthetic rows: to `main` their import,
to `search` that, the dense index, and the search.
`images` draws with every back end that can be had here; with the real prompts it shows what keeping
some of them does, without them that is left out.
`web` does with the page, in Chromium, what a newcomer does with it, in a home of its own; then,
with the real prompts, how soon hits come and how many are served (`--no-speed` leaves that out).
`backends` runs the contract suite of every back end there is and says how it was tested.
`optimize` writes with a scripted good chat model, and with a bad one in a real server
(`--no-chat` leaves that one out), and climbs the ladder on a few ideas.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import bozzetto
from bench import (
    browsing,
    ladder,
    loop,
    pictures,
    retrieval,
    scale,
    searching,
    speed,
    web,
    writing,
    writing_llm,
)
from bench.board import browser, make_board, measure_scroll
from bench.claims import Claim, command, gate_claims
from bench.ladder_server import serving
from bench.library import Library
from bench.newcomer import serving as page_served
from bench.newcomer import walk, walk_claims
from bench.paths import intent_folder, library_file, vocabulary_folder

ROOT = Path(__file__).parent.parent
DOGS = ("dog", "pupp", "dachshund", "corgi", "terrier", "beagle", "poodle", "retriever")
HIDDEN = 5
"""Hidden prompts that the bad chat model is asked for."""

IDEAS = {"en": "a cartoon of a small dog", "it": "un cartone animato di un piccolo cane"}


@dataclass(frozen=True, slots=True)
class Site:
    """Where claims are checked, and with which options."""

    home: Path
    library: Path
    options: argparse.Namespace


Part: TypeAlias = Callable[[Site], Iterator[Claim]]
"""Some claims that belong together."""


def imported(site: Site) -> Iterator[Claim]:
    """The real prompts in the home."""
    code, _, seconds = command(site.home, "import", str(site.library))
    yield Claim("import of the real prompts, offline", f"exit {code}, {seconds:.0f} s", code == 0)


def path_claims(site: Site) -> Iterator[Claim]:
    """Import again, search, optimize, doctor on the real prompts, without a network."""
    home, library = site.home, site.library
    code, out, _ = command(home, "import", str(library), "--format", "json")
    again = json.loads(out)["imports"][0] if code == 0 else {}
    same = bool(again.get("already_complete")) and again.get("new") == 0
    yield Claim("importing the same again changes nothing", f"new {again.get('new')}", same)
    for language, idea in IDEAS.items():
        yield from search_claims(home, language, idea)
        yield from optimize_claims(home, language, idea)
    code, out, _ = command(home, "doctor", "--format", "json")
    checks = json.loads(out)["checks"]
    bad = [check["name"] for check in checks if check["state"] != "ok"]
    yield Claim("doctor", f"exit {code}, not ok: {bad or 'none'}", code == 0 and not bad)


def search_claims(home: Path, language: str, idea: str) -> Iterator[Claim]:
    """A search understands the language and finds dogs."""
    code, out, _ = command(home, "search", idea, "--format", "json")
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
    code, out, seconds = command(home, "optimize", idea, "--format", "json")
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
    again = command(home, "optimize", idea, "--format", "json")[1]
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


def readme_claims(site: Site) -> Iterator[Claim]:
    """The two commands on a fresh clone with nothing but Python on the path."""
    if not site.options.readme:
        return
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


def found_again(site: Site) -> Iterator[Claim]:
    """The gates of retrieval."""
    yield from gate_claims(retrieval.gates(site.home, site.library))


def asked_more(site: Site) -> Iterator[Claim]:
    """What a search is asked beside an idea, and how near the indexes are to exact."""
    yield from gate_claims(searching.likeness_gates(site.home))
    with tempfile.TemporaryDirectory() as folder:
        yield from gate_claims(searching.filter_gates(Path(folder) / "home", site.library))
    code, out, _ = command(site.home, "index", "status", "--format", "json")
    indexes = json.loads(out)["indexes"] if code == 0 else []
    recalls = [one["recall"] for one in indexes if one["recall"] is not None]
    worst = min(recalls, default=0.0)
    yield Claim("index status: sampled recall of the worst", f"{worst:.3f}", worst >= 0.95)
    code, out, _ = command(site.home, "doctor", "--format", "json")
    said = [c["name"] for c in json.loads(out)["checks"] if "true ten nearest" in c["detail"]]
    yield Claim("doctor prints it too", ", ".join(said), len(said) == len(recalls) > 0)


def scaled(site: Site) -> Iterator[Claim]:
    """Import, dense index, search and recall at the size asked for."""
    if not site.options.rows:
        return
    with tempfile.TemporaryDirectory() as folder:
        yield from gate_claims(scale.gates(Path(folder) / "home", site.options.rows))


def written(site: Site) -> Iterator[Claim]:
    """The gates of writing without a chat model: retrieval, intent, languages, budget, variety."""
    ideas, hidden = site.options.ideas, site.options.hidden
    gates = writing.gates(site.home, site.library, intent_folder(None), ideas, hidden)
    yield from gate_claims(gate for gate in gates if site.options.speed or gate.unit != "ms")


def chatted(site: Site) -> Iterator[Claim]:
    """The gates of writing with a chat model, good and bad, and the ladder."""
    folder = intent_folder(None)
    with bozzetto.Assistant.open(site.home) as a:
        library = Library(a, writing.artists_of(folder))
        yield from gate_claims(writing_llm.good_gates(a, library, folder))
        if not site.options.chat:
            yield from climbed(ladder.climb(a, library, folder, site.options.rungs))
            return
        with serving() as chat:
            found = ladder.climb(a, library, folder, site.options.rungs, chat=chat)
            yield from climbed(found)
            yield from gate_claims(writing_llm.bad_gates(found))
            yield from gate_claims([writing_llm.bad_looks(a, library, chat, HIDDEN)])


def climbed(found: ladder.Climb) -> Iterator[Claim]:
    """The ladder's table; of what `compose` writes the checks take nearly nothing back."""
    print("\n".join(ladder.report(found)))
    back = found.fates["compose"]["taken back"]
    yield Claim("the checks let stand what compose writes", f"{1 - back:.3f}", back <= 0.05)


def timed(site: Site) -> Iterator[Claim]:
    """The gates of speed, and those of scale where rows are asked for."""
    if site.options.speed:
        yield from gate_claims(speed.start_up(site.home))
        yield from gate_claims(speed.embedding(site.library, 2, 6000))
    if site.options.rows and "search" not in site.options.issues:
        yield from gate_claims(speed.big_import(site.options.rows, vocabulary_folder(None)))


def drawn(site: Site) -> Iterator[Claim]:
    """Pictures: campaigns, comparisons by every back end, the queue, the loop, the board."""
    with tempfile.TemporaryDirectory() as folder:
        yield from pictures.claims(Path(folder), speed=site.options.speed)


def rated(site: Site) -> Iterator[Claim]:
    """What is kept among the real prompts moves search and writing; taken back, it does not."""
    if site.library.is_file():
        yield from gate_claims(loop.gates(site.home, site.library))


def walked(site: Site) -> Iterator[Claim]:
    """From `serve` to a reviewed, exported picture, by somebody who has read nothing."""
    with (
        tempfile.TemporaryDirectory() as folder,
        browser() as chromium,
        page_served(Path(folder)) as address,
    ):
        yield from walk_claims(walk(address, chromium))


def served(site: Site) -> Iterator[Claim]:
    """How soon hits come, in the page and over HTTP, and how many searches are served."""
    if site.options.speed:
        yield from gate_claims(browsing.gates(site.home))
        yield from gate_claims(web.gates(site.home))
        yield scrolled()


def scrolled() -> Claim:
    """A board of 2,000 pictures, from its opening on."""
    with tempfile.TemporaryDirectory() as folder:
        make_board(Path(folder), "many", 2_000, side=64)
        found = measure_scroll(Path(folder), "many")
    tasks = found["long_tasks"]
    longest = max(found["longest_task_ms"], found["opening_ms"])
    said = f"{tasks:.0f}; the longest, opening included, {longest:.0f} ms"
    return Claim("tasks over 50 ms while a board of 2,000 scrolls", said, tasks == 0)


def listed(site: Site) -> Iterator[Claim]:
    """A line a back end."""
    from bench.backend_claims import backend_claims

    yield from backend_claims(site.home)


ISSUES: dict[str, tuple[Part, ...]] = {
    "backends": (listed,),
    "main": (imported, path_claims, found_again, written, timed, readme_claims),
    "optimize": (imported, written, chatted),
    "search": (imported, found_again, asked_more, scaled),
    "images": (drawn, rated),
    "web": (walked, imported, served),
}
LEFT_OUT = ("speed", "rows", "readme", "chat")


def claims(site: Site) -> Iterator[Claim]:
    """The claims of the issues asked for, what they share once."""
    for part in dict.fromkeys(part for issue in site.options.issues for part in ISSUES[issue]):
        yield from part(site)


def main() -> int:
    """Print each claim as it is checked; non-zero when one is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("issues", nargs="+", choices=sorted(ISSUES), metavar="ISSUE")
    parser.add_argument("--home", type=Path, help="a home to use instead of a fresh one")
    parser.add_argument("--library", type=Path)
    parser.add_argument("--ideas", type=int, default=80, help="for the writing gates")
    parser.add_argument("--hidden", type=int, default=200, help="prompts hidden from the writer")
    parser.add_argument("--rows", type=int, default=0, help="synthetic rows to import")
    parser.add_argument("--readme", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--chat", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--rungs", type=int, default=3, help="ideas of each set for the ladder")
    parser.add_argument("--speed", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    missed = 0
    known = options.library or os.environ.get("BOZZETTO_BENCH_DATA")
    needed = known or not set(options.issues) <= {
        "images",
        "backends",
    }  # which stands on the starter prompts too
    library = library_file(options.library) if needed else Path("none")
    with tempfile.TemporaryDirectory() as folder:
        home = options.home or Path(folder) / "home"
        for claim in claims(Site(home, library, options)):
            print(claim.line(), flush=True)
            missed += not claim.holds
    for left_out in [name for name in LEFT_OUT if not getattr(options, name)]:
        print(f"not checked: --{left_out}")
    print(f"{missed} missed" if missed else "all hold")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
