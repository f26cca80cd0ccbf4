r"""Make the lexicon of near words: `python -m bench.fit_lexicon --library FILE`.

    python -m bench.fit_lexicon --library diffusiondb_10k.parquet \
        --flavors vocabulary/flavors.txt --dictionary package \
        --out src/bozzetto/embed/lexicon_v2.npz

The words are those of the English vocabulary that ships (`bench.fit_vocabulary`, which says
where dictionary and modifier list come from), those of MiniLM's WordPiece vocabulary that a
prompt of the library uses, names of nations and of well known people among them, and all that
the dictionary knows and a prompt or the modifier list uses; no stop words. A word's place is
where MiniLM and USE put it, each centred over the words, side by side, in the axes that keep
most; its weight is the logarithm of how few prompts of the library hold it. No idea of any
benchmark is read; nothing is random. The hash goes into lexicon.py.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from bench.fit_vocabulary import SHORTEST, counted, quantised, spelled, word_pieces
from bench.paths import library_file, vocabulary_folder
from bozzetto import plugins
from bozzetto.embed.lexicon import HEAVIEST, side_by_side
from bozzetto.embed.phrases import Vocabulary
from bozzetto.text.normalise import normalise
from bozzetto.text.words import content_words, words

DIMENSIONS = 256


def weight(count: int, prompts: int) -> float:
    """How much a word tells that so many prompts hold: at most `HEAVIEST`, at least nothing."""
    return max(0.0, min(HEAVIEST, float(np.log(prompts / (1 + count)))))


def main() -> None:
    """Embed the words, reduce, tell what that loses, write."""
    parser = argparse.ArgumentParser(description="Make the lexicon of near words")
    parser.add_argument("--library", type=Path, default=None)
    parser.add_argument("--flavors", type=Path, default=None)
    parser.add_argument("--dictionary", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    flavors = arguments.flavors or vocabulary_folder(None) / "flavors.txt"
    table = pq.read_table(library_file(arguments.library), columns=["prompt"])["prompt"]
    prompts = list(dict.fromkeys(normalise(text) for text in table.to_pylist() if text))
    held = Counter(word for text in prompts for word in set(words(text)))
    pieces = {word for word in word_pieces() if word in held and content_words(word)}
    used = {*held, *counted(flavors.read_text(encoding="utf-8").splitlines())}
    known = {word for word in used & spelled(arguments.dictionary) if len(word) >= SHORTEST}
    several = {word for word in known if content_words(word)}
    vocabulary = sorted(pieces.union(Vocabulary.load().phrases, several))
    embedders = [plugins.load("embedders", scheme)() for scheme in ("minilm", "use")]
    english, many = (embedder.embed(vocabulary) for embedder in embedders)
    centre = np.concatenate([english.mean(axis=0), many.mean(axis=0)])
    vectors = side_by_side(english, many, centre)
    axes, values, scales = quantised(vectors, DIMENSIONS)
    kept = values * scales
    kept /= np.linalg.norm(kept, axis=1, keepdims=True)
    error = np.abs(kept @ kept[::50].T - vectors @ vectors[::50].T)
    print(f"{len(vocabulary)} words; cosine off by {error.mean():.4f}, at most {error.max():.4f}")
    np.savez_compressed(
        arguments.out,
        english=np.array(embedders[0].features.id),
        many=np.array(embedders[1].features.id),
        words=np.array("\n".join(vocabulary)),
        weights=np.array([weight(held[word], len(prompts)) for word in vocabulary], np.float16),
        centre=centre.astype(np.float32),
        axes=axes.astype(np.float16),
        vectors=values.astype(np.int8),
        scales=scales.astype(np.float32),
    )
    content = arguments.out.read_bytes()
    print(f"{arguments.out}: {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
