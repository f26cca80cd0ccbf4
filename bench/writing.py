"""Do the prompts we write keep their promises? `python bench/writing.py [--library FILE]`.

    --home FOLDER      an existing home with the library imported; else one is made
    --intent FOLDER    DSG, DrawBench and GenEval
    --ideas 200        ideas of each of the three, four candidates each
    --hidden 500       real prompts hidden to see whether retrieval earns its place
    --seed 0           another sample: with a seed the ideas are PartiPrompts'

Every writing gate on real prompts, with the raw idea, a fixed suffix and random modifiers of
the library beside ours in one table. Rows about chat models are in bench/writing_llm.py.
With `--ladder`, and the options of bench/ladder.py, all rungs from the raw idea to the whole path.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import random
import re
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast

import numpy as np

import bozzetto
from bench.hidden import WIDE, Hidden, earned, hidden_of, peers
from bench.hidden import ours as earned_by_us
from bench.library import Library
from bench.measure import Gate, print_table
from bench.paths import intent_folder, library_file
from bench.variety import self_bleu, vendi
from bozzetto import profiles
from bozzetto.optimize.brief import make_brief
from bozzetto.optimize.check import intent, keeps
from bozzetto.optimize.compose import compose
from bozzetto.optimize.glossary import known
from bozzetto.optimize.modifiers import clashes, key, sides
from bozzetto.optimize.translate import PhraseBook, translate
from bozzetto.plugins import load
from bozzetto.ports import Embedder
from bozzetto.text.english_words import is_english
from bozzetto.text.tokens import clip_cut, clip_tokens
from bozzetto.text.words import words
from bozzetto.types import Phrase

__all__ = ["WIDE", "Hidden", "Library", "artists_of", "earned", "gates", "hidden_of", "nameless"]

PROFILE = profiles.load("sdxl")
BUDGET = PROFILE.tokens["clip"]
SUFFIX = ("highly detailed", "sharp focus", "digital painting", "artstation", "smooth", "8k")
LATIN = ("it", "de", "fr", "es", "pt")
LANGUAGES = (*LATIN, "ja", "zh", "ko")
SHORT = 25
IDEAS = Path(__file__).parent / "data" / "ideas.jsonl"

Texts = Sequence[tuple[str, tuple[str, ...]]]
"""Candidates as (prompt, modifiers added)."""
Writer = Callable[[str], Texts]


@dataclass(frozen=True, slots=True)
class Idea:
    """A text to optimize, and the word groups ("atoms") that have to survive."""

    text: str
    atoms: tuple[str, ...] = ()


def ideas_of(folder: Path, most: int, seed: int = 0) -> list[Idea]:
    """A sample of DSG with its atoms, of DrawBench and of GenEval; of PartiPrompts with a seed."""
    rng = random.Random(seed)
    if seed:
        with (folder / "parti_prompts.tsv").open(encoding="utf-8", newline="") as file:
            parti = [Idea(row["Prompt"]) for row in csv.DictReader(file, delimiter="\t")]
        return rng.sample(parti, min(3 * most, len(parti)))
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


# -- languages -------------------------------------------------------------------------------


def translated(book: PhraseBook | None, title: str) -> Iterator[Gate]:
    """The share of ideas whose English is nearer to their own English idea than to others'.

    And the share of ideas with a word of their own language left in it.
    """
    lines = IDEAS.read_text(encoding="utf-8").splitlines()
    ideas = [json.loads(line) for line in lines][:200]
    minilm = cast(Embedder, load("embedders", "minilm")())
    english = minilm.embed([idea["en"] for idea in ideas])
    left: dict[str, list[tuple[str, ...]]] = {}
    for language in LANGUAGES:
        texts = [translate(idea[language], language, book)[0] for idea in ideas]
        right = (minilm.embed(texts) @ english.T).argmax(axis=1) == np.arange(len(ideas))
        left[language] = [_foreign(t, i, language) for t, i in zip(texts, ideas, strict=True)]
        yield Gate(f"{language} in English, no LLM, {title}", float(right.mean()), 0.6, 0.8)
    shares = {language: _mean([bool(some) for some in found]) for language, found in left.items()}
    print(f"\nideas with a word of their own language left in the English, {title}")
    for language, share in shares.items():
        some = ", ".join(dict.fromkeys(word for found in left[language] for word in found))
        print(f"  {language}  {share:.3f}  {some[:70]}")
    share = _mean(list(shares.values()))
    yield Gate(f"words of the source language left, {title}", share, 0.0, 0.0, "", False)


ENGLISH_TOO = frozenset(
    [
        "afro",
        "article",
        "baron",
        "canon",
        "celestial",
        "diagonal",
        "diva",
        "glamour",
        "hyper",
        "inferno",
        "inventor",
        "legal",
        "mannequin",
        "miracle",
        "orbit",
        "pixel",
        "pop",
        "rude",
        "sport",
        "sublime",
        "sumo",
        "tape",
        "version",
    ]
)
"""English words that are in no list of ours; by hand, from what the ideas have."""


def _foreign(english: str, idea: Mapping[str, str], language: str) -> tuple[str, ...]:
    """The words of an idea that stand untranslated in its English.

    Aside from words that English has too (in the word list, in a glossary, in the English
    idea), quoted texts, and names: what has a capital inside a sentence where nouns have none.
    Of scripts that English does not use, letters are looked at alone.
    """
    source = idea[language]
    quoted = "".join(part for part in source.replace("」", "「").split("「")[1::2])
    theirs = {*words(idea["en"]), *words(quoted)}
    if language != "de":
        theirs.update(word.lower() for word in re.findall(r"(?<=\S )[^\W\d_]\w+", source)
                      if word[0].isupper())  # fmt: skip
    own = (
        {word for word in words(source) if not is_english(word)} - theirs - _glossed() - ENGLISH_TOO
    )
    scripts = (letter for letter in english if letter > "\u3000" and letter.isalpha())
    said = [word for word in words(english) if word in own and word.isalpha()]
    latin = said if language in LATIN else ()
    return (*latin, *(letter for letter in scripts if letter not in quoted))


@cache
def _glossed() -> frozenset[str]:
    """Every English word that the glossaries give."""
    entries = (entry for language in LANGUAGES for entry in known(language).values())
    return frozenset(word for entry in entries for word in words(entry.english))


# -- all of it -------------------------------------------------------------------------------


def gates(
    home: Path,
    library_path: Path,
    intent_path: Path,
    most: int = 200,
    hidden: int = 500,
    seed: int = 0,
) -> list[Gate]:
    """Every writing gate on a home that holds the library; prints the baselines beside."""
    with bozzetto.Assistant.open(home) as a:
        library = Library(a, artists_of(intent_path))
        ideas = ideas_of(intent_path, most, seed)
        found = list(written_gates(a, library, ideas))
        found.append(Gate("compose, 4 candidates after retrieval, p95", _speed(a, library, ideas), 30, 15, "ms", False))  # fmt: skip  # noqa: E501
        prompts = hidden_of(library, hidden, seed)
        print(f"\nof five modifiers, the share the author of a hidden prompt used ({len(prompts)})")
        own = earned_by_us(a, library, prompts)
        values = {name: earned(library, prompts, way) for name, way in peers(library).items()}
        for name, value in values.items():
            print(f"  {name:<30} {value:.3f}")
        print(f"  {'ours, candidate by candidate':<30} {', '.join(f'{v:.3f}' for v in own)}")
        found.append(Gate("retrieval earns its place", own[0], 0.10, 0.15))
        found += translated(a._indexing.phrase_book, library_path.stem)
    with tempfile.TemporaryDirectory() as folder, bozzetto.Assistant.open(Path(folder)) as a:
        a.search("a dog")
        found += translated(a._indexing.phrase_book, "starter library")
    return found


def _speed(a: bozzetto.Assistant, library: Library, ideas: Sequence[Idea]) -> float:
    """Milliseconds of `compose` alone, its 95th percentile over ideas met for the first time."""
    times = []
    for idea in ideas:
        hits = a._indexing.searcher.neighbours(idea.text)
        brief = make_brief(idea.text, language="en", profile=PROFILE)
        start = time.perf_counter()
        compose(brief, hits, library.stats, n=4, seed=0)
        times.append(time.perf_counter() - start)
    return 1000 * float(np.percentile(times, 95))


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
    if not math.isnan(own.atoms):
        yield Gate("atoms of the idea kept (DSG)", own.atoms, 0.93, 0.98)
    yield Gate("hard constraints kept", own.hard, 0.99, 1.0)
    yield Gate("within the token budget", own.budget, 1.0, 1.0)
    yield Gate("novelty: Jaccard <= .5", own.novel_5, 0.95, 1.0)
    yield Gate("novelty: Jaccard <= .4", own.novel_4, 0.0, 0.99)
    yield Gate("self-BLEU-4 of what was added", own.self_bleu, 0.35, 0.26, "", False)
    yield Gate("Vendi of four", own.vendi, 3.2, 3.5)
    yield Gate("commonest modifier, share of outputs", own.commonest, 0.15, 0.10, "", False)
    yield Gate("no artist's name added", own.nameless, 1.0, 1.0)
    yield Gate("no repeat, no contradiction", own.clean, 1.0, 1.0)


def main() -> int:
    """Print the tables; 1 when a floor does not hold."""
    if "--ladder" in sys.argv:
        from bench import ladder  # which measures with what is here

        return ladder.main([word for word in sys.argv[1:] if word != "--ladder"])
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--library", type=Path)
    parser.add_argument("--intent", type=Path)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--ideas", type=int, default=200)
    parser.add_argument("--hidden", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    library, folder = library_file(args.library), intent_folder(args.intent)
    with tempfile.TemporaryDirectory() as fresh:
        home = args.home or Path(fresh) / "home"
        if not args.home:
            with bozzetto.Assistant.open(home) as a:
                a.add(str(library))
        found = gates(home, library, folder, args.ideas, args.hidden, args.seed)
    return 0 if print_table("writing", found) else 1


if __name__ == "__main__":
    sys.exit(main())
