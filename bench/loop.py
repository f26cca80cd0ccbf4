"""Does what people keep count? `python bench/loop.py [--library FILE] [--ideas 24]`.

For ideas of bench/data/ideas.jsonl a reviewer keeps what `compose` writes, with a look of its
own added ("linocut print"), with five stars; gives five to hits far down the list, and one star
to hits near its top. Then all of it is taken back. Printed are the places of those prompts,
where the modifiers of new candidates come from, and what 200 random ratings cost the search.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import bozzetto
from bench.measure import Gate, print_table
from bench.paths import library_file
from bench.retrieval import IDEAS, Bench
from bozzetto.app.keeping import KeepItem, keep, take_back
from bozzetto.app.wire import hit_json
from bozzetto.text.normalise import prompt_id
from bozzetto.types import Hit

__all__ = ["gates", "measure"]

LOOK = "linocut print"
ASKED = 24
DEEP = 50
RAISED, LOWERED = (6, 12, 18), (1, 3, 5)
"""Places, from 0, of the hits that get five stars, and of those that get one."""

RANDOM = 200
CAMPAIGN = "bench loop"
Marks = frozenset[str]


@dataclass(frozen=True, slots=True)
class Case:
    """An idea, and the ids of the prompts that are rated up, down, and that come in."""

    idea: str
    up: Marks
    down: Marks
    new: Marks


@dataclass(frozen=True, slots=True)
class Phase:
    """What a library gives at one moment; places count from 1, `DEEP + 1` is not among them."""

    up: float
    down: float
    new: float
    from_up: float
    from_down: float
    look: float
    shown: str

    def line(self, title: str) -> str:
        """A row of the table."""
        return (
            f"  {title:<14}{self.up:>8.2f}{self.down:>8.2f}{self.new:>8.2f}{self.from_up:>12.3f}"
            f"{self.from_down:>9.3f}{self.look:>9.3f}"
        )


def phase(bench: Bench, cases: Sequence[Case]) -> Phase:
    """Search and write for every case."""
    a = bench.assistant
    lists = [a.search(case.idea, DEEP).hits for case in cases]
    written = [a.optimize(case.idea, save=False).candidates for case in cases]
    every = [one for some in written for one in some]
    sources = [part.source for one in every for part in one.phrases if part.source != "idea"]
    good = frozenset[str]().union(*(case.up | case.new for case in cases))
    bad = frozenset[str]().union(*(case.down for case in cases))
    return Phase(
        up=_places(lists, [case.up for case in cases]),
        down=_places(lists, [case.down for case in cases]),
        new=_places(lists, [case.new for case in cases]),
        from_up=_mean([one in good for one in sources]),
        from_down=_mean([one in bad for one in sources]),
        look=_mean([LOOK in one.prompt for one in every]),
        shown=json.dumps([[hit_json(hit) for hit in hits] for hits in lists]) + repr(written),
    )


def _places(lists: Sequence[Sequence[Hit]], marks: Sequence[Marks]) -> float:
    """The mean place of marked prompts in the list of their idea."""
    places = []
    for hits, marked in zip(lists, marks, strict=True):
        at = {hit.id: place for place, hit in enumerate(hits, 1)}
        places += [at.get(one, DEEP + 1) for one in sorted(marked)]
    return _mean(places)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / max(1, len(values))


def recall(bench: Bench) -> float:
    """R@10 of the English ideas; what came in stands in nobody's place."""
    known = {record.id for record in bench.records}
    cases = bench.cases(IDEAS, "en")
    return bench.outcome(lambda idea: [i for i in bench.ours(idea) if i in known], cases).recall


def judged(a: bozzetto.Assistant, ideas: Sequence[str]) -> tuple[list[Case], list[KeepItem]]:
    """What the reviewer says: the cases and, each prompt once, the verdicts."""
    verdicts: dict[str, KeepItem] = {}
    cases = []
    for idea in ideas:
        hits = a.search(idea, DEEP).hits
        own = f"{a.optimize(idea, n=1, save=False).candidates[0].prompt}, {LOOK}"
        verdicts.setdefault(prompt_id(own), KeepItem(own, rating=5, idea=idea))
        up = _rated(hits, RAISED, 5, verdicts)
        down = _rated(hits, LOWERED, 1, verdicts)
        cases.append(Case(idea, up, down, frozenset({prompt_id(own)})))
    return cases, list(verdicts.values())


def _rated(
    hits: Sequence[Hit], places: Sequence[int], stars: int, verdicts: dict[str, KeepItem]
) -> Marks:
    """Rate the hits at some places that no other idea has rated; their ids."""
    some = [hits[at] for at in places if at < len(hits) and hits[at].id not in verdicts]
    for hit in some:
        verdicts[hit.id] = KeepItem(hit.prompt, keep=stars == 5, rating=stars)
    return frozenset(hit.id for hit in some)


def measure(home: Path, library: Path, ideas: int = ASKED, seed: int = 0) -> list[Gate]:
    """Print the table and return the gates."""
    bench = Bench(home, library)
    a = bench.assistant
    try:
        take_back(a._store, CAMPAIGN, actor="bench")  # of a run that was killed
        texts = [case.idea for case in bench.cases(IDEAS, "en")]
        cases, verdicts = judged(a, random.Random(seed).sample(texts, min(ideas, len(texts))))
        plain, before = recall(bench), phase(bench, cases)
        keep(a._store, CAMPAIGN, verdicts, actor="bench")
        a.embed()
        after = phase(bench, cases)
        take_back(a._store, CAMPAIGN, actor="bench")
        a.embed()
        back = phase(bench, cases)
        rated = randomly(bench, seed)
    finally:
        bench.close()
    print(f"\n{len(cases)} ideas: mean place of prompts, share of modifiers; {len(verdicts)} kept")
    print(
        f"  {'':<14}{'5 stars':>8}{'1 star':>8}{'new':>8}{'from 4-5':>12}{'from 1':>9}{'look':>9}"
    )
    for title, one in (("before", before), ("after", after), ("taken back", back)):
        print(one.line(title))
    print(f"  R@10 of ideas in English {plain:.3f}, with {RANDOM} random ratings {rated:.3f}")
    return _gates(before, after, back, plain - rated)


def _gates(before: Phase, after: Phase, back: Phase, lost: float) -> list[Gate]:
    return [
        Gate("places up of prompts given 5 stars", before.up - after.up, 1, 3),
        Gate("places down of prompts given 1 star", after.down - before.down, 1, 3),
        Gate("place of what was kept, for its idea", after.new, 5, 2, "", False),
        Gate("modifiers from what was kept, times as many",
             after.from_up / max(before.from_up, 1e-9), 1.5, 3),
        Gate("taken back, lists and candidates that differ", back.shown != before.shown, 0, 0,
             "", False),
        Gate("R@10 lost by random ratings", lost, 0.01, 0, "", False),
    ]  # fmt: skip


def randomly(bench: Bench, seed: int) -> float:
    """R@10 with 200 prompts rated at random, which are then as before."""
    ids = random.Random(seed).sample([record.id for record in bench.records], RANDOM)
    a = bench.assistant
    for stars in range(1, 6):
        a.library.rate(ids[stars - 1 :: 5], stars)
    try:
        return recall(bench)
    finally:
        a.library.rate(ids, None)


def gates(home: Path, library: Path) -> list[Gate]:
    """The gates on a home that may hold the library already; it is left as it was."""
    return measure(home, library)


def main() -> int:
    """Import into a fresh home (or the one of an earlier run) and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--library", type=Path, help="the table of real prompts")
    parser.add_argument("--cache", type=Path, help="a folder that keeps the home between runs")
    parser.add_argument("--ideas", type=int, default=ASKED)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--check", action="store_true", help="fail below the floors")
    given = parser.parse_args()
    library = library_file(given.library)
    with tempfile.TemporaryDirectory() as folder:
        home = given.cache or Path(folder)
        held = print_table("Gates", measure(home, library, given.ideas, given.seed))
    return 0 if held or not given.check else 1


if __name__ == "__main__":
    sys.exit(main())
