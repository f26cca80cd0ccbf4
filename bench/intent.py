"""Does the check of intent see what is lost, and only that? `python bench/intent.py`.

    --intent FOLDER    DSG's atoms and DrawBench
    --ideas 400        ideas of DSG; each loses each of its atoms once, and has its words inflected

Losses: an idea less the words of one of its atoms, which the check must notice. Keeps: an
idea with another form of a word, and paraphrases written by hand, which must pass.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.measure import Gate, print_table
from bench.paths import intent_folder
from bozzetto.optimize.check import intent
from bozzetto.text.stop_words import STOP_WORDS
from bozzetto.text.words import content_words, stem, words

PARAPHRASES = Path(__file__).parent / "data" / "paraphrases.tsv"
KINDS = ("entity", "attribute")


def atoms_of(folder: Path) -> Mapping[str, list[str]]:
    """Ideas of DSG to the words that each atom adds to those it depends on."""
    found: dict[str, list[str]] = {}
    with (folder / "dsg_1k_atoms.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            atom = row["tuple"].partition("(")[2].rstrip(") ").rpartition(",")[2].strip()
            if row["category_broad"] in KINDS and atom:
                found.setdefault(row["text"], []).append(atom)
    return found


def losses(idea: str, atoms: list[str]) -> Iterator[tuple[str, str]]:
    """An atom and the idea without it, where its words can be taken out and leave something."""
    pieces = re.findall(r"\w+|\W+", idea)
    for atom in dict.fromkeys(atoms):
        gone = {stem(word) for word in content_words(atom)}
        left = "".join("" if stem(piece.lower()) in gone else piece for piece in pieces)
        if gone and gone <= {stem(word) for word in words(idea)} and content_words(left):
            yield atom, left


def inflected(idea: str, rng: random.Random) -> str | None:
    """An idea with one word in another regular form: plural or singular."""
    places = [m for m in re.finditer(r"\b[a-z]{4,}\b", idea) if _regular(m[0])]
    if not places:
        return None
    at = rng.choice(places)
    form = at[0][:-1] if at[0].endswith("s") else at[0] + "s"
    return idea[: at.start()] + form + idea[at.end() :]


def _regular(word: str) -> bool:
    return word not in STOP_WORDS["en"] and not word.endswith(("ss", "us", "is", "y", "x", "h"))


def main() -> int:
    """Print the table; 1 when a floor does not hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--intent", type=Path)
    parser.add_argument("--ideas", type=int, default=400)
    parser.add_argument("--show", action="store_true", help="the cases that go wrong")
    args = parser.parse_args()
    atoms = atoms_of(intent_folder(args.intent))
    rng = random.Random(0)
    ideas = rng.sample(sorted(atoms), min(args.ideas, len(atoms)))
    lost = [(idea, text, atom) for idea in ideas for atom, text in losses(idea, atoms[idea])]
    forms = [(idea, form) for idea in ideas if (form := inflected(idea, rng))]
    rows = (line.split("\t") for line in PARAPHRASES.read_text(encoding="utf-8").splitlines())
    pairs = [(row[0], row[1]) for row in rows if row[0][:1] != "#"]
    missed = [(a, b, c) for a, b, c in lost if not intent(a, b).lost and not intent(a, b).hard]
    passed = [(a, b) for a, b, _ in lost if intent(a, b).kept]
    refused = [(a, b) for a, b in forms if not intent(a, b).kept]
    unknown = [(a, b) for a, b in pairs if not intent(a, b).kept]
    if args.show:
        for case in (*missed, *refused, *unknown):
            print(*case, sep="\n    ")
    right = len(lost) - len(passed)
    wrong = len(refused) + len(unknown)
    return 0 if print_table(
        f"intent: {len(lost)} losses, {len(forms)} forms, {len(pairs)} paraphrases",
        [
            Gate("atoms dropped: named as lost", 1 - len(missed) / len(lost), 0.95, 0.99),
            Gate("atoms dropped: the check fails (recall)", right / len(lost), 0.9, 0.95),
            Gate("other forms of a word pass", 1 - len(refused) / len(forms), 0.97, 0.99),
            Gate("paraphrases pass", 1 - len(unknown) / len(pairs), 0.8, 0.9),
            Gate("failures that are losses (precision)", right / (right + wrong), 0.95, 0.99),
        ],
    ) else 1  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
