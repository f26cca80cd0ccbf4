r"""Make the English vocabulary of the phrase book: `python -m bench.fit_vocabulary`.

    python -m bench.fit_vocabulary --library diffusiondb_10k.parquet \
        --flavors vocabulary/flavors.txt --dictionary package \
        --out src/bozzetto/embed/vocabulary_v1.npz

The words are those of MiniLM's WordPiece vocabulary and those that several prompts of the
library use, as far as a spelling dictionary knows them in lower case (which leaves names,
fragments and other languages out), they are no stop words, and a prompt or a modifier list
uses them at all. The dictionary is SCOWL's in hunspell's format (`npm pack dictionary-en`:
index.dic, index.aff); the modifier list is clip-interrogator's. Nothing is random.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from bench.paths import library_file, vocabulary_folder
from bozzetto import plugins
from bozzetto.adapters.embedders.minilm import TOKENIZER
from bozzetto.text.words import content_words
from bozzetto.types import Vectors

DIMENSIONS = 320
SEVERAL = 3
SHORTEST = 3

Rules = dict[str, list[tuple[str, str, re.Pattern[str]]]]


def suffixes(path: Path) -> Rules:
    """The suffix rules of an affix file: by flag, what to strip, to add, and when."""
    rules: Rules = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        parts = line.split()
        if len(parts) == 5 and parts[0] == "SFX":
            strip, add = (part.replace("0", "") for part in parts[2:4])
            rules[parts[1]].append((strip, add, re.compile(parts[4] + "$")))
    return rules


def spelled(folder: Path) -> set[str]:
    """All lower-case words of a hunspell dictionary, with their suffixes."""
    rules = suffixes(folder / "index.aff")
    found = set()
    for line in (folder / "index.dic").read_text(encoding="utf-8").splitlines():
        word, _, flags = line.partition("/")
        if re.fullmatch("[a-z]+", word):
            found.add(word)
            found.update(inflected(word, flags, rules))
    return found


def inflected(word: str, flags: str, rules: Rules) -> Iterator[str]:
    """A word with each suffix its flags allow."""
    for flag in flags:
        for strip, add, condition in rules.get(flag, ()):
            if condition.search(word):
                yield word.removesuffix(strip) + add


def counted(texts: Iterable[str]) -> Counter[str]:
    """In how many texts each word is."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(set(re.findall(r"[a-z]+", text.lower())))
    return counts


def word_pieces() -> list[str]:
    """The whole words of MiniLM's vocabulary."""
    vocabulary = json.loads(TOKENIZER.locate().read_text(encoding="utf-8"))["model"]["vocab"]
    return [word for word in vocabulary if re.fullmatch("[a-z]+", word)]


def quantised(vectors: Vectors, dimensions: int) -> tuple[Vectors, Vectors, Vectors]:
    """Axes (dim, d), 8-bit values (n, d) and their scale per axis: best in least squares."""
    _, axes = np.linalg.eigh(vectors.T @ vectors)
    axes = axes[:, ::-1][:, :dimensions]
    reduced = vectors @ axes
    scales = np.abs(reduced).max(axis=0) / 127
    return axes, np.round(reduced / scales), scales


def main() -> None:
    """Choose the words, embed them, tell what the compression loses, write."""
    parser = argparse.ArgumentParser(description="Make the English vocabulary")
    parser.add_argument("--library", type=Path, default=None)
    parser.add_argument("--flavors", type=Path, default=None)
    parser.add_argument("--dictionary", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    flavors = arguments.flavors or vocabulary_folder(None) / "flavors.txt"
    prompts = pq.read_table(library_file(arguments.library), columns=["prompt"])["prompt"]
    library = counted(prompts.to_pylist())
    lists = counted(flavors.read_text(encoding="utf-8").splitlines())
    known = spelled(arguments.dictionary)
    pool = {*word_pieces(), *(word for word, count in library.items() if count >= SEVERAL)}
    words = sorted(
        word
        for word in pool
        if len(word) >= SHORTEST
        and word in known
        and content_words(word)
        and library[word] + lists[word]
    )
    embedder = plugins.load("embedders", "use")()
    vectors = embedder.embed(words)
    axes, values, scales = quantised(vectors, DIMENSIONS)
    error = np.abs((values * scales) @ axes.T @ vectors[::50].T - vectors @ vectors[::50].T)
    print(f"{len(words)} words; cosine off by {error.mean():.4f}, at most {error.max():.4f}")
    np.savez_compressed(
        arguments.out,
        source=np.array(embedder.features.id),
        phrases=np.array("\n".join(words)),
        counts=np.array([min(library[w] + lists[w], 60_000) for w in words], dtype=np.uint16),
        axes=axes.astype(np.float16),
        vectors=values.astype(np.int8),
        scales=scales.astype(np.float32),
    )
    content = arguments.out.read_bytes()
    print(f"{arguments.out}: {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
