"""Search by look and by subject alone: `python -m bench.halves [--library FILE]`.

The look, or the subject, of a real prompt is the idea; its own family is left out. By look, a
hit is good when it has one of the look's modifiers, the library's twenty commonest aside; by
subject, when its core holds half of the words of that core. Beside it stands the search by the
whole prompt for the same ideas.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.paths import library_file
from bench.retrieval import Bench, K
from bozzetto.text.split import split
from bozzetto.text.words import content_words, words
from bozzetto.types import By, Hit, PromptRecord

ASKED = 60
COMMONEST = 20
LEAST = 3
"""Prompts that have a modifier, from which on it says something of a look."""

Marks = Callable[[str], frozenset[str]]
"""What of a prompt has to be found again."""


def modifiers(text: str) -> frozenset[str]:
    """The modifiers of a prompt, each as its words."""
    return frozenset(filter(None, (" ".join(words(part)) for part in split(text).modifiers)))


def looks(records: Sequence[PromptRecord]) -> Marks:
    """The modifiers that tell a look from others in a library."""
    counts = Counter(one for record in records for one in modifiers(record.text))
    common = {one for one, _ in counts.most_common(COMMONEST)}
    telling = {one for one, count in counts.items() if count >= LEAST} - common
    return lambda text: modifiers(text) & telling


def core_words(text: str) -> frozenset[str]:
    """The content words of a prompt's core."""
    return frozenset(content_words(split(text).core))


def share(bench: Bench, asked: Sequence[tuple[str, PromptRecord]], by: By, good: Marks,
          least: float) -> float:  # fmt: skip
    """The mean share of good hits among the first K, the prompt's own family aside."""
    total = 0.0
    for idea, record in asked:
        wanted = good(record.text)
        hits: list[Hit] = [
            hit for hit in bench.assistant.search(idea, K + 1, by=by)
            if bench.store.by_ids([hit.id])[0].family != record.family
        ][:K]  # fmt: skip
        total += sum(len(wanted & good(hit.prompt)) >= least * len(wanted) for hit in hits) / K
    return total / len(asked)


def main() -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--library", type=Path, help="the table of real prompts")
    parser.add_argument("--cache", type=Path, help="a folder that keeps the home between runs")
    parser.add_argument("--seed", type=int, default=11)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(given.cache or Path(folder), library_file(given.library))
        look = looks(bench.records)
        shuffled = random.Random(given.seed).sample(bench.records, len(bench.records))
        rich = [one for one in shuffled if len(look(one.text)) >= LEAST][:ASKED]
        plain = [one for one in shuffled if len(core_words(one.text)) >= LEAST][:ASKED]
        some = [(", ".join(sorted(look(one.text))[:LEAST]), one) for one in rich]
        rows: tuple[tuple[str, By, list[tuple[str, PromptRecord]], Marks, float], ...] = (
            ("all modifiers", "look", [(", ".join(split(r.text).modifiers), r) for r in rich],
             look, 1e-9),
            ("three modifiers", "look", some, look, 1e-9),
            ("the whole prompt", "subject", [(one.text, one) for one in plain], core_words, 0.5),
            ("the core", "subject", [(one.core, one) for one in plain], core_words, 0.5),
        )  # fmt: skip
        print(f"\nGood hits of the first {K}, {ASKED} ideas   by one half   by the whole prompt")
        for title, by, asked, good, least in rows:
            half, whole = (share(bench, asked, way, good, least) for way in (by, "both"))
            print(f"  {title + ', by ' + by:<40} {half:>8.3f} {whole:>14.3f}", flush=True)
        bench.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
