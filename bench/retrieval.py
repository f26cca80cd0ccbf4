"""Does the wanted prompt come up? `python bench/retrieval.py [--library FILE] [--check]`.

231 people's ideas for real prompts, each written natively in nine languages with hardly a word
of the prompt; keyword scraps; and whether two of ten results look alike. A member of the wanted
prompt's family counts as found. Then whether the search knows what it lacks: how sure it is
of these ideas against 72 of things no prompt there shows (bench/data/elsewhere.tsv, the last
twelve no pictures at all). Beside ours stand the whole prompt through MiniLM, which is
what prompt search usually is, and BM25. Intervals are 95 %, by bootstrap over the ideas.

The ideas name their prompts by hash. Half of them (by hash) were used to choose weights, the
other half only to check: both are printed.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

import bozzetto
from bench.measure import Gate, print_table
from bench.paths import library_file
from bozzetto.embed.texts import vectors_of
from bozzetto.plugins import load
from bozzetto.ports import Embedder, TextIndex
from bozzetto.store.store import Store
from bozzetto.store.vectors import VectorCache
from bozzetto.text.normalise import prompt_id
from bozzetto.text.words import content_words, jaccard, words
from bozzetto.types import PromptRecord

__all__ = ["Case", "gates", "measure"]

IDEAS = Path(__file__).parent / "data" / "ideas.jsonl"
ELSEWHERE = Path(__file__).parent / "data" / "elsewhere.tsv"
NO_PICTURES = 12
LANGUAGES = ("en", "it", "de", "fr", "es", "pt", "ja", "zh", "ko")
FOREIGN = LANGUAGES[1:]
SCRAPS = 300
K = 10

Search = Callable[[str], Sequence[str]]
"""The ids of the first `K` prompts for an idea."""


@dataclass(frozen=True, slots=True)
class Case:
    """An idea, the family it wants, and whether it was kept out of tuning."""

    idea: str
    family: int
    held_out: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """Which cases were found among the first ten, and which first of all."""

    found: NDArray[np.bool_]
    first: NDArray[np.bool_]
    held_out: NDArray[np.bool_]

    @property
    def recall(self) -> float:
        """R@10."""
        return float(self.found.mean())

    def interval(self) -> tuple[float, float]:
        """95 % of 2,000 resamplings."""
        rng = np.random.default_rng(0)
        picks = rng.integers(len(self.found), size=(2_000, len(self.found)))
        low, high = np.percentile(self.found[picks].mean(axis=1), (2.5, 97.5))
        return float(low), float(high)

    def line(self, title: str) -> str:
        """A row of the table."""
        low, high = self.interval()
        tuned, held = self.found[~self.held_out], self.found[self.held_out]
        halves = f"{tuned.mean():.3f} / {held.mean():.3f}" if len(held) and len(tuned) else ""
        return (
            f"  {title:<34} {self.recall:.3f}  [{low:.3f}, {high:.3f}]  "
            f"R@1 {self.first.mean():.3f}  {halves}"
        )


class Bench:
    """A home with the library in it, and the ways to search it."""

    def __init__(self, home: Path, library: Path) -> None:
        self.assistant = bozzetto.Assistant.open(home)
        self.assistant.add(library)
        self.store = Store.open(home)
        self.records = [record for record in self._all()]
        self._families = {record.id: record.family for record in self.records}
        self._library, self._home = library, home
        self._sure: dict[str, float] = {}

    def _all(self) -> Iterator[PromptRecord]:
        seqs = [row.seq for row in self.store.scan()]
        for start in range(0, len(seqs), 5_000):
            yield from self.store.records(seqs[start : start + 5_000])

    def close(self) -> None:
        """Let go of the home."""
        self.store.close()
        self.assistant.close()

    def cases(self, ideas: Path, language: str) -> list[Case]:
        """The ideas in one language whose prompt the library holds."""
        prompts = pq.read_table(self._library, columns=["prompt"])["prompt"].to_pylist()
        ids = {_hash(prompt): prompt_id(prompt) for prompt in prompts}
        rows = [json.loads(line) for line in ideas.read_text(encoding="utf-8").splitlines()]
        return [
            Case(row[language], self._families[ids[row["target"]]], int(row["target"], 16) % 2 == 1)
            for row in rows
            if row["target"] in ids
        ]

    def scraps(self) -> list[Case]:
        """Two or three words of a core, in its order, as a person remembers them."""
        rng = random.Random(5)
        shuffled = rng.sample(self.records, len(self.records))
        cases: list[Case] = []
        for record in shuffled:
            core = list(dict.fromkeys(w for w in content_words(record.core) if len(w) > 1))
            if len(core) < 2:
                continue
            places = sorted(rng.sample(range(len(core)), min(len(core), rng.choice((2, 3)))))
            cases.append(Case(" ".join(core[p] for p in places), record.family, len(cases) % 2 > 0))
            if len(cases) == SCRAPS:
                break
        return cases

    def outcome(self, search: Search, cases: Sequence[Case]) -> Outcome:
        """Search for every case."""
        places = []
        for case in cases:
            families = [self._families[identity] for identity in search(case.idea)]
            places.append(families.index(case.family) if case.family in families else K)
        ranks = np.array(places)
        return Outcome(ranks < K, ranks == 0, np.array([case.held_out for case in cases]))

    def ours(self, idea: str) -> list[str]:
        """Our own search."""
        result = self.assistant.search(idea, k=K)
        self._sure[idea] = result.confidence
        return [hit.id for hit in result]

    def sure(self, ideas: Sequence[str]) -> NDArray[np.float64]:
        """How sure our search is that the library holds something for each idea."""
        for idea in ideas:
            if idea not in self._sure:
                self.ours(idea)
        return np.array([self._sure[idea] for idea in ideas])

    def whole_prompt(self) -> Search:
        """The baseline: whole prompts through MiniLM, nearest first."""
        embedder = cast(Embedder, load("embedders", "minilm")())
        cache = VectorCache(self._home / "vectors.sqlite")
        texts = [record.text for record in self.records]
        vectors = vectors_of(embedder, cache, texts)
        cache.close()

        def search(idea: str) -> list[str]:
            scores = vectors @ embedder.embed([idea])[0]
            return [self.records[row].id for row in np.argsort(-scores, kind="stable")[:K]]

        return search

    def bm25(self, folder: Path) -> Search:
        """The baseline: BM25 over whole prompts."""
        index = cast(TextIndex, load("texts", "tantivy")())
        index.build(folder, ((row, record.text) for row, record in enumerate(self.records)))
        return lambda idea: [self.records[row].id for row in index.search(idea, K)[0]]

    def alike(self, ideas: Sequence[str]) -> int:
        """How many result lists hold two prompts that look the same."""
        return sum(
            _look_alike([hit.prompt for hit in self.assistant.search(i, k=K)]) for i in ideas
        )


def _hash(prompt: str) -> str:
    return hashlib.sha256(" ".join(prompt.split()).casefold().encode()).hexdigest()[:16]


def _look_alike(prompts: Sequence[str]) -> bool:
    sets = [frozenset(words(prompt)) for prompt in prompts]
    return any(
        jaccard(one, other) >= 0.7 for at, one in enumerate(sets) for other in sets[:at] if one
    )


def measure(
    home: Path, library: Path, ideas: Path = IDEAS, *, baselines: bool = True
) -> list[Gate]:
    """Print the table and return the gates."""
    bench = Bench(home, library)
    try:
        print(f"\nThe wanted prompt among the first {K}, {len(bench.records):,} prompts")
        print(f"  {'':<34} R@10   95 %             first       tuning / held-out half")
        ours = {code: _row(bench, f"ours, {code}", bench.ours, bench.cases(ideas, code))
                for code in LANGUAGES}  # fmt: skip
        scraps = _row(bench, "ours, scraps of 2-3 words", bench.ours, bench.scraps())
        auroc = _abstaining(bench, ideas)
        if baselines:
            _baselines(bench, ideas)
        texts = [case.idea for case in (*bench.cases(ideas, "en"), *bench.scraps())]
        alike = bench.alike(texts)
    finally:
        bench.close()
    foreign = {code: ours[code].recall for code in FOREIGN}
    worst = min(foreign, key=lambda code: foreign[code])
    english = ours["en"].recall
    return [
        Gate("R@10, ideas in English", english, 0.68, 0.85),
        Gate(f"R@10, worst of the other languages ({worst})", foreign[worst], 0.48, 0.9 * english),
        Gate("R@10, mean of the other languages",
             float(np.mean(list(foreign.values()))), 0.54, 0.9 * english),
        Gate("R@10, scraps", scraps.recall, 0.95, 0.98),
        Gate("AUROC, ideas it has prompts for against others", auroc, 0.9, 0.95),
        Gate(f"of {len(texts)} lists, with two results alike", alike, 0, 0, "", False),
    ]  # fmt: skip


def _row(bench: Bench, title: str, search: Search, cases: Sequence[Case]) -> Outcome:
    outcome = bench.outcome(search, cases)
    print(outcome.line(title), flush=True)
    return outcome


def _abstaining(bench: Bench, ideas: Path) -> float:
    """Print how well what is there is told from what is not; the mean AUROC."""
    with ELSEWHERE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    print("\nIs it there at all?   AUROC   called there: ideas / pictures not there / no pictures")
    found = []
    for code in rows[0]:
        there = bench.sure([case.idea for case in bench.cases(ideas, code)])
        not_there = bench.sure([row[code] for row in rows])
        found.append(_auroc(there, not_there))
        parts = (there, not_there[:-NO_PICTURES], not_there[-NO_PICTURES:])
        shares = " / ".join(f"{(part >= 0.5).mean():.3f}" for part in parts)
        print(f"  {code:<20}{found[-1]:.3f}   {shares}", flush=True)
    return float(np.mean(found))


def _auroc(higher: NDArray[np.float64], lower: NDArray[np.float64]) -> float:
    """How often one of the higher is above one of the lower; ties count half."""
    above = higher[:, None] - lower
    return float((above > 0).mean() + (above == 0).mean() / 2)


def _baselines(bench: Bench, ideas: Path) -> None:
    english, scraps = bench.cases(ideas, "en"), bench.scraps()
    whole = bench.whole_prompt()
    with tempfile.TemporaryDirectory() as folder:
        bm25 = bench.bm25(Path(folder))
        for name, search in (("whole prompt, MiniLM", whole), ("BM25", bm25)):
            _row(bench, f"{name}, en", search, english)
            if search is whole:
                for code in ("it", "zh"):
                    _row(bench, f"{name}, {code}", search, bench.cases(ideas, code))
            _row(bench, f"{name}, scraps", search, scraps)


def gates(home: Path, library: Path) -> list[Gate]:
    """The gates on a home that may hold the library already."""
    return measure(home, library, baselines=False)


def main() -> int:
    """Import into a fresh home (or the one of an earlier run) and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--library", type=Path, help="the table of real prompts")
    parser.add_argument("--ideas", type=Path, default=IDEAS)
    parser.add_argument("--cache", type=Path, help="a folder that keeps the home between runs")
    parser.add_argument("--check", action="store_true", help="fail below the floors")
    parser.add_argument("--peers", action="store_true", help="others beside ours: bench/peers.py")
    given = parser.parse_args()
    library = library_file(given.library)
    with tempfile.TemporaryDirectory() as folder:
        home = given.cache or Path(folder)
        held = print_table("Gates", measure(home, library, given.ideas))
        if given.peers:
            from bench.peers import report

            report(library, home=home)
    return 0 if held or not given.check else 1


if __name__ == "__main__":
    sys.exit(main())
