"""Picture words of eight languages into English: `python -m bench.phrases [--library FILE]`.

The share of 61 common words (bench/data/picture_words.tsv, written for this project) whose
first English phrase is right, up to number; by the shipped vocabulary, and with the phrases
of a library added.
"""

from __future__ import annotations

import argparse
import csv
import re
import tempfile
from pathlib import Path

import pyarrow.parquet as pq

from bozzetto import plugins
from bozzetto.embed.phrases import PhraseBook, common_phrases
from bozzetto.store.vectors import VectorCache
from bozzetto.text.split import split

WORDS = Path(__file__).with_name("data") / "picture_words.tsv"
LANGUAGES = ("it", "de", "fr", "es", "pt", "ja", "zh", "ko")


def singular(phrase: str) -> str:
    """A phrase without a plural ending."""
    return re.sub(r"(?<=[a-z]{2})s$", "", phrase)


def row(book: PhraseBook, rows: list[dict[str, str]]) -> tuple[list[float], list[str]]:
    """The share right in each language, and what was wrong."""
    shares, wrong = [], []
    for language in LANGUAGES:
        found = book.nearest([line[language] for line in rows], 1)
        misses = [
            f"{line[language]}: {best}, not {line['en']}"
            for line, best in zip(rows, found, strict=True)
            if not best or singular(best[0][0]) not in map(singular, line["en"].split("|"))
        ]
        shares.append(1 - len(misses) / len(rows))
        wrong.append(f"  {language}  " + "; ".join(misses))
    return shares, wrong


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Picture words into English")
    parser.add_argument("--library", type=Path, default=None, help="add its phrases")
    parser.add_argument("--misses", action="store_true")
    arguments = parser.parse_args()
    with WORDS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    embedder = plugins.load("embedders", "use")()
    with tempfile.TemporaryDirectory() as folder:
        books = {"vocabulary": PhraseBook(embedder)}
        if arguments.library:
            prompts = pq.read_table(arguments.library, columns=["prompt"])["prompt"].to_pylist()
            phrases = common_phrases(split(prompt).core for prompt in dict.fromkeys(prompts))
            cache = VectorCache(Path(folder) / "vectors.sqlite")
            books[f"+ {len(phrases)} phrases"] = PhraseBook(embedder, phrases, cache)
        print(f"{'':20s}" + "".join(f"{name:>6s}" for name in (*LANGUAGES, "mean")))
        for name, book in books.items():
            shares, wrong = row(book, rows)
            figures = (*shares, sum(shares) / len(shares))
            print(f"{name:20s}" + "".join(f"{share:6.2f}" for share in figures))
            if arguments.misses:
                print("\n".join(wrong))


if __name__ == "__main__":
    main()
