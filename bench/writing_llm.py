"""Writing with a good and with a bad chat model: `python -m bench.writing_llm`.

    --library FILE --intent FOLDER --home FOLDER    as in bench/writing.py
    --ideas 10         ideas that the bad model is asked for, four candidates each, and as many
                       hidden prompts
    --chat NAME        the bad model; by default SmolLM2-135M in a llama.cpp server

The good model replays DALL-E 3's rewrites of DrawBench: of those that keep the idea and the
budget, how many are accepted unchanged. It is measured on the lines as the file has them
(idea, then rewrite) and on the rewrites alone. Behind the bad one stand checks and `compose`:
on no gate may its candidates be below those of `compose` for the same ideas.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

import bozzetto
from bench.hidden import WIDE, Hidden, earned, hidden_of
from bench.ladder import SMOLLM2, Climb, climb, opened, taken_back
from bench.ladder_ideas import ENGLISH, SETS
from bench.ladder_measure import BUDGET, PROFILE, metrics
from bench.ladder_rungs import COMPOSE, WHOLE
from bench.ladder_server import serving
from bench.ladder_tables import estimates
from bench.library import Library
from bench.measure import Gate, print_table
from bench.paths import intent_folder, library_file
from bench.writing import artists_of
from bozzetto.app.parts import open_chat
from bozzetto.optimize.brief import Brief, make_brief
from bozzetto.optimize.check import intent
from bozzetto.optimize.compose import compose
from bozzetto.optimize.write import write
from bozzetto.testing.chat import ScriptedChat
from bozzetto.text.normalise import normalise
from bozzetto.text.tokens import clip_tokens
from bozzetto.types import Candidate, Hit

__all__ = ["bad_gates", "bad_looks", "good_gates"]

PATIENCE = 300.0
GATED: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ENGLISH: (
        "content", "entities", "attributes", "relations", "hard", "things", "budget", "novel_5",
        "self_bleu", "vendi", "consistent", "no_repeat", "nameless",
    ),
    SETS[-1:]: ("english", "own", "budget", "novel_5", "vendi"),
}  # fmt: skip
"""What there are gates about, by sets of ideas."""


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


def good_gates(a: bozzetto.Assistant, library: Library, folder: Path) -> Iterator[Gate]:
    """The good writer on whole lines and on rewrites alone."""
    rewrites = pairs(folder)
    hits = {idea: a._indexing.searcher.neighbours(idea, WIDE) for idea, _, _ in rewrites}
    whole = [(idea, line) for idea, line, _ in rewrites]
    alone = [(idea, rewrite) for idea, _, rewrite in rewrites if rewrite]
    yield _good(library, hits, whole, "lines as in the file")
    yield _good(library, hits, alone, "rewrites alone")


def _good(
    library: Library,
    hits: Mapping[str, Sequence[Hit]],
    rewrites: Sequence[tuple[str, str]],
    title: str,
) -> Gate:
    """The share of fitting rewrites that are accepted unchanged; what became of the others."""
    fates: Counter[str] = Counter()
    fitting = unchanged = back = 0
    for idea, rewrite in rewrites:
        candidate = _replayed(library, hits[idea], idea, rewrite)
        fits = intent(brief_of(idea).text, rewrite).kept and clip_tokens(rewrite) <= BUDGET
        same = candidate.prompt == rewrite
        fitting += fits
        unchanged += fits and same
        back += candidate.chat == COMPOSE
        if not same:
            fates[("fits: " if fits else "") + fate(candidate)] += 1
    print(f"\n{title}: {fitting} of {len(rewrites)} keep idea and budget; "
          f"taken back of all {back / len(rewrites):.1%}")  # fmt: skip
    for reason, count in fates.most_common():
        print(f"  {count:>4}  {reason}")
    return Gate(f"good writer accepted unchanged, {title}", unchanged / fitting, 0.90, 0.97)


def _replayed(library: Library, hits: Sequence[Hit], idea: str, rewrite: str) -> Candidate:
    chat = ScriptedChat([f"PROMPT: {rewrite}\nNEGATIVE: none"], name="replay:")
    work = write(brief_of(idea), hits, library.stats, chat, n=1, seed=0, timeout=30.0)
    return asyncio.run(work).candidates[0]


def fate(candidate: Candidate) -> str:
    """Why a candidate is not what the model wrote, less what is particular to one idea."""
    said = candidate.warnings[-1] if candidate.warnings else "unchanged but for spaces"
    reason = said.partition("was not used: it ")[2] or said
    return re.sub(r"lost .*?(?=, and there|$)", "lost some of the idea", reason).partition(" (")[0]


# -- a bad writer -------------------------------------------------------------------------


def bad_gates(found: Climb) -> Iterator[Gate]:
    """Gate by gate: the value of the whole path with the model, that of `compose` as the floor."""
    print(f"\nbad writer, {len(found.topics)} ideas. {taken_back(found.drafts)}")
    for sets, gated in GATED.items():
        theirs, ours = (estimates(found.columns(rung, sets)) for rung in (WHOLE, COMPOSE))
        of = "" if sets == ENGLISH else ", languages"
        for metric in metrics():
            floor, value = ours[metric.name], theirs[metric.name]
            if metric.name in gated and floor.n and value.n:
                yield _beside(f"{metric.title}{of}", floor.mean, value.mean, metric.better > 0)


def _beside(name: str, floor: float, value: float, more_is_better: bool) -> Gate:
    floor, name = round(floor, 6), f"bad writer against compose: {name}"
    return Gate(name, round(value, 6), floor, floor, "", more_is_better)


def bad_looks(a: bozzetto.Assistant, library: Library, chat: str, count: int) -> Gate:
    """Retrieval still earns its place: modifiers of hidden prompts, compose's as the floor."""
    prompts = hidden_of(library, count)
    ours = earned(library, prompts, lambda one: _added(_composed(a, library, one)))
    theirs = earned(library, prompts, lambda one: _added(_by_chat(a, library, chat, one)))
    return _beside(f"looks of {len(prompts)} hidden prompts", ours, theirs, True)


def _hits(a: bozzetto.Assistant, library: Library, one: Hidden) -> Sequence[Hit]:
    found = a._indexing.searcher.neighbours(one.core, 2 * WIDE)
    return [hit for hit in found if library.family[hit.id] != one.family][:WIDE]


def _composed(a: bozzetto.Assistant, library: Library, one: Hidden) -> Candidate:
    return compose(brief_of(one.core), _hits(a, library, one), library.stats, n=1, seed=0)[0]


def _by_chat(a: bozzetto.Assistant, library: Library, chat: str, one: Hidden) -> Candidate:
    model = open_chat(chat, timeout=PATIENCE)
    hits = _hits(a, library, one)
    brief = brief_of(one.core)
    work = write(brief, hits, library.stats, model, n=1, seed=0, timeout=PATIENCE)
    return asyncio.run(work).candidates[0]


def _added(candidate: Candidate) -> Sequence[str]:
    return [phrase.text for phrase in candidate.phrases if phrase.source != "idea"]


# -- the command ----------------------------------------------------------------------------


def main() -> int:
    """Print the tables; 1 when a floor does not hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--library", type=Path)
    parser.add_argument("--intent", type=Path)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--ideas", type=int, default=10)
    parser.add_argument("--chat", default=SMOLLM2)
    args = parser.parse_args()
    folder = intent_folder(args.intent)
    with opened(args.home, library_file(args.library)) as a:
        library = Library(a, artists_of(folder))
        gates = list(good_gates(a, library, folder))
        if args.ideas:
            start = time.perf_counter()
            with serving() if args.chat == SMOLLM2 else nullcontext(args.chat) as chat:
                most = -(-args.ideas // len(SETS))
                found = climb(a, library, folder, most, chat=chat, only=(COMPOSE, WHOLE))
                gates += bad_gates(found)
                gates.append(bad_looks(a, library, chat, args.ideas))
            print(f"bad writer: {time.perf_counter() - start:.0f} s")
    return 0 if print_table("writing with a chat model", gates) else 1


if __name__ == "__main__":
    sys.exit(main())
