"""Do the prompts we write keep their promises? `python bench/writing.py [--library FILE]`.

    --home FOLDER      an existing home with the library imported; else one is made
    --intent FOLDER    DSG, DrawBench and GenEval
    --ideas 200        ideas of each of the three, four candidates each
    --hidden 500       real prompts hidden to see whether retrieval earns its place

Every writing gate on real prompts, with the raw idea, a fixed suffix and random modifiers of
the library beside ours in one table. Rows about chat models are in bench/writing_llm.py.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import random
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

import bozzetto
from bench.measure import Gate, print_table
from bench.paths import intent_folder, library_file
from bench.variety import self_bleu, vendi
from bozzetto import profiles
from bozzetto.optimize.brief import make_brief
from bozzetto.optimize.check import intent, keeps
from bozzetto.optimize.compose import compose
from bozzetto.optimize.modifiers import clashes, key, sides
from bozzetto.optimize.stats import LibraryStats
from bozzetto.optimize.translate import PhraseBook, translate
from bozzetto.plugins import load
from bozzetto.ports import Embedder
from bozzetto.text.split import split
from bozzetto.text.tokens import clip_cut, clip_tokens
from bozzetto.text.words import words
from bozzetto.types import Hit, Phrase, PromptRecord

__all__ = ["gates"]

PROFILE = profiles.load("sdxl")
BUDGET = PROFILE.tokens["clip"]
SUFFIX = ("highly detailed", "sharp focus", "digital painting", "artstation", "smooth", "8k")
LANGUAGES = ("it", "de", "fr", "es", "pt", "ja", "zh", "ko")
SHORT = 25
WIDE = 100
IDEAS = Path(__file__).parent / "data" / "ideas.jsonl"

Texts = Sequence[tuple[str, tuple[str, ...]]]
"""Candidates as (prompt, modifiers added)."""
Writer = Callable[[str], Texts]


@dataclass(frozen=True, slots=True)
class Idea:
    """A text to optimize, and the word groups ("atoms") that have to survive."""

    text: str
    atoms: tuple[str, ...] = ()


class Library:
    """The prompts of a home with what the measures need: counts, postings, families."""

    def __init__(self, a: bozzetto.Assistant, artists: frozenset[str] = frozenset()) -> None:
        self.artists = artists
        store = a._store
        self.rows = store.records([row.seq for row in store.scan()])
        self.stats = LibraryStats.build(row.text for row in self.rows)
        self.family = {row.id: row.family for row in self.rows}
        top = max(1, len(self.rows))
        self.rarity = {w: math.log((top + 1) / (n + 1)) for w, n in self.stats.words.items()}
        self.commonest = frozenset(list(self.stats.modifiers)[:20])
        self._sets = [frozenset(words(row.text)) for row in self.rows]
        self._sizes = np.array([len(own) for own in self._sets])
        postings: dict[str, list[int]] = defaultdict(list)
        for number, own in enumerate(self._sets):
            for word in own:
                postings[word].append(number)
        self.postings = {word: np.array(places) for word, places in postings.items()}

    def shared(self, some: frozenset[str]) -> np.ndarray:
        """How many of some words each prompt has, shape (prompts,)."""
        found = [self.postings[word] for word in some if word in self.postings]
        flat = np.concatenate(found) if found else np.zeros(0, dtype=np.int64)
        return np.bincount(flat, minlength=len(self.rows))

    def nearest(self, prompt: str, idea: str) -> float:
        """Word-set Jaccard to the nearest prompt of the library, idea words aside."""
        aside = frozenset(words(idea))
        own = frozenset(words(prompt)) - aside
        both = self.shared(own)
        union = len(own) + self._sizes - self.shared(aside) - both
        return float((both / np.maximum(union, 1)).max()) if own else 0.0

    def by_words(self, idea: str, k: int) -> list[PromptRecord]:
        """Neighbours by TF-IDF cosine, as a baseline."""
        score = np.zeros(len(self.rows))
        for word in set(words(idea)):
            if word in self.postings:
                score[self.postings[word]] += self.rarity.get(word, 0.0) ** 2
        norm = np.sqrt(np.maximum(self._sizes, 1))
        return [self.rows[n] for n in np.argsort(-score / norm, kind="stable")[:k]]


def ideas_of(folder: Path, most: int) -> list[Idea]:
    """A sample of DSG with its atoms, of DrawBench and of GenEval."""
    atoms: dict[str, list[str]] = defaultdict(list)
    with (folder / "dsg_1k_atoms.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["category_broad"] in ("entity", "attribute", "relation"):
                _, _, inside = row["tuple"].partition("(")
                atoms[row["text"]].append(inside.rstrip(") "))
    draw = (folder / "drawbench.txt").read_text(encoding="utf-8").splitlines()
    lines = (folder / "geneval_metadata.jsonl").read_text(encoding="utf-8").splitlines()
    sets = (
        [Idea(text, tuple(found)) for text, found in atoms.items()],
        [Idea(text) for text in draw if text.strip()],
        [Idea(json.loads(line)["prompt"]) for line in lines],
    )
    rng = random.Random(0)
    return [idea for some in sets for idea in rng.sample(some, min(most, len(some)))]


# -- writers: ours and what it is held against -----------------------------------------------


def ours(a: bozzetto.Assistant) -> Writer:
    """What the program writes."""

    def write(idea: str) -> Texts:
        result = a.optimize(idea, n=4, profile=PROFILE.name, chat="compose", save=False)
        return [(c.prompt, _added(c.phrases)) for c in result.candidates]

    return write


def _added(phrases: Sequence[Phrase]) -> tuple[str, ...]:
    return tuple(phrase.text for phrase in phrases if phrase.source != "idea")


def baselines(library: Library) -> dict[str, Writer]:
    """The raw idea, a fixed suffix, eight random modifiers."""
    rng = random.Random(0)
    keys, weights = zip(*library.stats.modifiers.items(), strict=True)

    def appended(idea: str, looks: Sequence[str]) -> tuple[str, tuple[str, ...]]:
        return ", ".join([clip_cut(idea, BUDGET), *looks]), tuple(looks)

    return {
        "raw idea": lambda idea: [appended(idea, ())] * 4,
        "fixed suffix": lambda idea: [appended(idea, SUFFIX)] * 4,
        "random modifiers": lambda idea: [
            appended(idea, rng.choices(keys, weights=weights, k=8)) for _ in range(4)
        ],
    }


# -- measures --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measures:
    """Means over ideas and candidates; what each says stands in `rows`."""

    intent: float
    atoms: float
    hard: float
    budget: float
    novel_5: float
    novel_4: float
    self_bleu: float
    vendi: float
    commonest: float
    attested: float
    clean: float
    nameless: float
    count: float


def measured(library: Library, ideas: Sequence[Idea], write: Writer) -> Measures:
    """One writer over all ideas; ideas over the budget by themselves count for budget alone."""
    runs = [(idea, write(idea.text)) for idea in ideas]
    every = [(idea, text, added) for idea, texts in runs for text, added in texts]
    within = [row for row in every if clip_tokens(row[0].text) <= BUDGET]
    kept = [intent(idea.text, text) for idea, text, _ in within]
    near = [library.nearest(text, idea.text) for idea, text, _ in every]
    short = [texts for idea, texts in runs if clip_tokens(idea.text) <= SHORT]
    used = Counter(look for _, _, added in every for look in {key(one) for one in added})
    looks = [key(one) for _, _, added in every for one in added]
    return Measures(
        intent=_mean([one.score for one in kept]),
        atoms=_mean([keeps(a, text) for idea, text, _ in within for a in idea.atoms]),
        hard=_mean([not one.hard for one in kept]),
        budget=_mean([clip_tokens(text) <= BUDGET for _, text, _ in every]),
        novel_5=_mean([value <= 0.5 for value in near]),
        novel_4=_mean([value <= 0.4 for value in near]),
        self_bleu=_mean([self_bleu([", ".join(added) for _, added in t]) for t in short]),
        vendi=_mean([vendi([text for text, _ in t], library.rarity) for t in short]),
        commonest=used.most_common(1)[0][1] / len(every) if used else 0.0,
        attested=_mean([library.stats.modifiers.get(one, 0) >= 5 for one in looks]),
        clean=_mean([_clean(added) for _, _, added in every]),
        nameless=_mean([nameless(added, library.artists) for _, _, added in every]),
        count=len(looks) / max(1, len(every)),
    )


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else math.nan


def _clean(added: Sequence[str]) -> bool:
    """No modifier twice, none that contradicts another."""
    stances = [sides(one) for one in added]
    pairs = ((a, b) for i, a in enumerate(stances) for b in stances[:i])
    return len({key(one) for one in added}) == len(added) and not any(clashes(*p) for p in pairs)


def nameless(added: Sequence[str], artists: frozenset[str]) -> bool:
    """No artist's full name (two or three words in a row) among modifiers."""
    for look in added:
        said = words(look)
        runs = (" ".join(said[n : n + size]) for size in (2, 3) for n in range(len(said)))
        if any(run in artists for run in runs):
            return False
    return True


def artists_of(intent_path: Path) -> frozenset[str]:
    """Artists' names of two words or more, from the list beside the ideas; maybe none.

    The list holds one magazine, which is nobody's name.
    """
    path = intent_path.with_name("vocabulary") / "artists.txt"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    names = frozenset(key(line) for line in lines if len(words(line)) > 1)
    return names - {"national geographic", "national geographic photo"}


# -- retrieval earns its place ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hidden:
    """A real prompt out of sight: its core is the idea, its author's modifiers are wanted."""

    core: str
    wanted: frozenset[str]
    family: int


def hidden_of(library: Library, count: int) -> list[Hidden]:
    """Prompts with at least five modifiers and a core that leaves room for more."""
    found = []
    for row in library.rows:
        halves = split(row.text)
        wanted = frozenset(map(key, halves.modifiers))
        if len(wanted) >= 5 and 0 < clip_tokens(halves.core) <= SHORT:
            found.append(Hidden(halves.core, wanted - library.commonest, row.family))
    return random.Random(0).sample(found, min(count, len(found)))


def earned(
    library: Library, hidden: Sequence[Hidden], suggest: Callable[[Hidden], Sequence[str]]
) -> float:
    """Of the first five modifiers suggested (commonest aside), the share the author used."""
    shares = []
    for one in hidden:
        given = [look for look in map(key, suggest(one)) if look not in library.commonest]
        shares.append(sum(look in one.wanted for look in given[:5]) / 5)
    return _mean(shares)


def retrievers(
    a: bozzetto.Assistant, library: Library
) -> dict[str, Callable[[Hidden], Sequence[str]]]:
    """Ways to find modifiers for a core: ours, its fourth candidate, and the baselines."""
    rng = random.Random(0)
    keys, weights = zip(*library.stats.modifiers.items(), strict=True)

    def candidate(one: Hidden, number: int) -> Sequence[str]:
        found = a._indexing.searcher.neighbours(one.core, 2 * WIDE)
        hits: list[Hit] = [h for h in found if library.family[h.id] != one.family][:WIDE]
        brief = make_brief(one.core, language="en", profile=PROFILE)
        written = compose(brief, hits, library.stats, n=number + 1, seed=0)
        return _added(written[number].phrases)

    def votes(one: Hidden) -> Sequence[str]:
        rows = [r for r in library.by_words(one.core, 60) if r.family != one.family][:20]
        counts = Counter(key(m) for row in rows for m in split(row.text).modifiers)
        return [look for look, _ in counts.most_common(40)]

    return {
        "ours": lambda one: candidate(one, 0),
        "ours, the fourth candidate": lambda one: candidate(one, 3),
        "TF-IDF neighbours": votes,
        "popularity": lambda _: keys[:60],
        "random": lambda _: rng.choices(keys, weights=weights, k=60),
    }


# -- languages -------------------------------------------------------------------------------


def translated(book: PhraseBook | None, title: str) -> Iterator[Gate]:
    """The share of ideas whose English is nearer to their own English idea than to others'."""
    lines = IDEAS.read_text(encoding="utf-8").splitlines()
    ideas = [json.loads(line) for line in lines][:200]
    minilm = cast(Embedder, load("embedders", "minilm")())
    english = minilm.embed([idea["en"] for idea in ideas])
    left = 0
    for language in LANGUAGES:
        texts = [translate(idea[language], language, book)[0] for idea in ideas]
        right = (minilm.embed(texts) @ english.T).argmax(axis=1) == np.arange(len(ideas))
        left += sum(_foreign(text, idea[language]) for text, idea in zip(texts, ideas, strict=True))
        yield Gate(f"{language} in English, no LLM, {title}", float(right.mean()), 0.6, 0.8)
    total = len(ideas) * len(LANGUAGES)
    yield Gate(f"scripts of other languages left, {title}", left / total, 0.0, 0.0, "", False)


def _foreign(text: str, source: str) -> bool:
    """A letter of a script that English does not use, unless quoted in the idea."""
    quoted = "".join(part for part in source.replace("」", "「").split("「")[1::2])
    return any(letter > "\u3000" and letter.isalpha() and letter not in quoted for letter in text)


# -- all of it -------------------------------------------------------------------------------


def gates(home: Path, library_path: Path, intent_path: Path, most: int = 200, hidden: int = 500) -> list[Gate]:  # fmt: skip  # noqa: E501
    """Every writing gate on a home that holds the library; prints the baselines beside."""
    with bozzetto.Assistant.open(home) as a:
        library = Library(a, artists_of(intent_path))
        found = list(written_gates(a, library, ideas_of(intent_path, most)))
        prompts = hidden_of(library, hidden)
        print(f"\nof five modifiers, the share the author of a hidden prompt used ({len(prompts)})")
        values = {
            name: earned(library, prompts, way) for name, way in retrievers(a, library).items()
        }
        for name, value in values.items():
            print(f"  {name:<30} {value:.3f}")
        found.append(Gate("retrieval earns its place", values["ours"], 0.10, 0.15))
        found += translated(a._indexing.phrase_book, library_path.stem)
    with tempfile.TemporaryDirectory() as folder, bozzetto.Assistant.open(Path(folder)) as a:
        a.search("a dog")
        found += translated(a._indexing.phrase_book, "starter library")
    return found


def written_gates(a: bozzetto.Assistant, library: Library, ideas: Sequence[Idea]) -> Iterator[Gate]:
    """Intent, budget, novelty, variety; the baselines are printed."""
    table = {"ours": measured(library, ideas, ours(a))}
    table |= {name: measured(library, ideas, way) for name, way in baselines(library).items()}
    print(f"\n{len(ideas)} ideas, four candidates each")
    print(f"  {'':<12}" + "".join(f"{name:>18}" for name in table))
    for field in Measures.__dataclass_fields__:
        print(f"  {field:<12}" + "".join(f"{getattr(m, field):>18.3f}" for m in table.values()))
    own = table["ours"]
    yield Gate("content words of the idea kept", own.intent, 0.93, 0.98)
    yield Gate("atoms of the idea kept (DSG)", own.atoms, 0.93, 0.98)
    yield Gate("hard constraints kept", own.hard, 0.99, 1.0)
    yield Gate("within the token budget", own.budget, 1.0, 1.0)
    yield Gate("novelty: Jaccard <= .5", own.novel_5, 0.95, 1.0)
    yield Gate("novelty: Jaccard <= .4", own.novel_4, 0.0, 0.99)
    yield Gate("self-BLEU-4 of what was added", own.self_bleu, 0.35, 0.26, "", False)
    yield Gate("Vendi of four", own.vendi, 3.2, 3.5)
    yield Gate("no artist's name added", own.nameless, 1.0, 1.0)
    yield Gate("no repeat, no contradiction", own.clean, 1.0, 1.0)


def main() -> int:
    """Print the tables; 1 when a floor does not hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--library", type=Path)
    parser.add_argument("--intent", type=Path)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--ideas", type=int, default=200)
    parser.add_argument("--hidden", type=int, default=500)
    args = parser.parse_args()
    library, folder = library_file(args.library), intent_folder(args.intent)
    with tempfile.TemporaryDirectory() as fresh:
        home = args.home or Path(fresh) / "home"
        if not args.home:
            with bozzetto.Assistant.open(home) as a:
                a.add(str(library))
        found = gates(home, library, folder, args.ideas, args.hidden)
    return 0 if print_table("writing", found) else 1


if __name__ == "__main__":
    sys.exit(main())
