"""Write the small home that stands for the current schema: python make_home.py FOLDER.

Run once, when a schema is released; the folder is committed as home_v<schema> and never
written again.
"""

from __future__ import annotations

import sqlite3
import sys
from dataclasses import replace
from pathlib import Path

from bozzetto.ports import SourceFeatures
from bozzetto.store.entries import Entry, hash_of
from bozzetto.store.kept import Judged
from bozzetto.store.store import FILE, Store
from bozzetto.text.normalise import normalise, prompt_id
from bozzetto.types import (
    BadRow,
    Candidate,
    Check,
    Hit,
    OptimizeResult,
    Parameters,
    Phrase,
    SourcePrompt,
    Usage,
)

NOW = "2026-11-23T00:00:00Z"
SOURCES = {
    "one.jsonl": (
        SourcePrompt("a lighthouse in fog, charcoal drawing", "line 1", tags=("sea",), rating=4),
        SourcePrompt(
            "portrait of a fox in a red coat , oil painting, 8 k",
            "line 2",
            "blurry",
            Parameters(7, 30, 7.5, "k_lms", 512, 768, "sd-1.4"),
            0.1,
            0.2,
            "fox.png",
            ("animal", "portrait"),
            "fine art",
            "sd1",
            5,
            "2022-08-20T10:00:00Z",
        ),
        SourcePrompt("小さな犬のアニメ", "line 3", prompt_nsfw=0.0),
    ),
    "two.txt": (
        SourcePrompt("a lighthouse in thick fog, charcoal drawing", "line 1"),
        SourcePrompt("portrait of a fox in a red coat, oil painting, 8k", "line 2"),
        SourcePrompt("a bowl of ramen, food photography", "line 3"),
    ),
}


def main(folder: Path) -> None:
    """Write the home."""
    with Store.open(folder) as store:
        for name, rows in SOURCES.items():
            features = SourceFeatures(name, name.partition(".")[2])
            begun = store.begin_source(features, name, actor="ada", now=NOW)
            entries = [
                Entry(hash_of(prompt_id(r.text)), normalise(r.text), r.text.split(",")[0], r)
                for r in rows
            ]
            store.add_batch(begun, entries, [BadRow("line 4", "empty")], start=0, position=4)
            store.finish_source(begun)
        store.set_families([(4, 1)], store.state())
        phrases = (Phrase("a fox", "idea"), Phrase("oil painting", "library"))
        candidate = Candidate(
            "c0ffee", "a fox, oil painting", None, "sdxl", "compose", {"clip": 5}, phrases, 1, 0.5
        )
        child = replace(
            candidate,
            id="c0ffee2",
            prompt="a fox, oil painting, warm colors",
            checks=(Check("intent", True, "all of the idea"),),
            parent="c0ffee",
            seed=3,
            usage=Usage(100, 40, cost=0.01),
            look="oil painting",
            references=("0" * 16,),
        )
        hit = Hit("0" * 16, "a wolf", None, 1.0, "one.jsonl", 0)
        result = OptimizeResult("a fox", "en", (hit,), (candidate, child))
        store.save_candidates(result, {"seed": 0}, actor="ada", now=NOW)
        store.spend("2026-11-23", "ollama:tiny", Usage(100, 40, cost=0.01))
        _judge(store)
        _people(store)
    connection = sqlite3.connect(folder / FILE)
    connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _judge(store: Store) -> None:
    """What a campaign and a person say of prompts that are there."""
    fox, lighthouse = SOURCES["one.jsonl"][1], SOURCES["one.jsonl"][0]
    row = SourcePrompt(fox.text, "", tags=("rejected",))
    entry = Entry(hash_of(prompt_id(fox.text)), normalise(fox.text), "", row)
    said = Judged(entry, keep=False, rating=1, image="1mage", candidate="c0ffee", idea="a fox")
    store.kept.keep("foxes", [said], actor="ada", now=NOW)
    store.kept.rate([prompt_id(lighthouse.text)], 2, actor="ada", now=NOW)


def _people(store: Store) -> None:
    """Somebody with a key, logged in."""
    store.accounts.add("ada", "admin", "scrypt$1$1$1$$", actor="ada", now=NOW)
    store.accounts.add_key(
        "ada", "c0ffee" * 10, "viewer", label="a script", until=None, actor="ada", now=NOW
    )
    store.accounts.begin("facade" * 10, "ada", now=NOW, until="2100-01-01", most=1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
