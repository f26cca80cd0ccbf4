"""Fit the static student of MiniLM: `python -m bench.fit_student --library FILE`.

    python -m bench.fit_student --library diffusiondb_10k.parquet --vocabulary FOLDER \
        --out src/bozzetto/embed/student_v1.npz

It learns MiniLM's vectors of: each prompt of the library and of the starter library, its core
and short pieces of the core; the scenes and artists of the vocabulary; and each single word of
MiniLM's own vocabulary. No idea of any benchmark is read. A twentieth of the prompts is held
out, to say what the student is worth. The seed is fixed; the hash of the result goes into
student.py.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.fit_bridge import HELD_OUT, prompts_of, texts_of
from bench.paths import library_file, vocabulary_folder
from bench.synthetic import Vocabulary
from bozzetto import plugins
from bozzetto.adapters.embedders.minilm import TOKENIZER
from bozzetto.embed.student import Pieces, flattened, pooled
from bozzetto.embed.texts import embed_texts, vectors_of
from bozzetto.ports import Embedder
from bozzetto.store.vectors import VectorCache
from bozzetto.types import Vectors

SEED = 0
DIM = 224
HIDDEN = 512
EPOCHS = 8
BATCH = 256
RATE_TABLE, RATE = 3e-3, 1e-3
LEAST_WORD = 5
"""Texts that must hold a word before it gets a vector of its own."""

Parameters = list[Vectors]


@dataclass(frozen=True, slots=True)
class Fitted:
    """The student's parameters: the table of pieces, and the layers behind it."""

    pieces: tuple[str, ...]
    table: Vectors
    layers: Parameters

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors."""
        known = Pieces(self.pieces)
        out = np.empty((len(texts), self.layers[0].shape[1]), dtype=np.float32)
        for start in range(0, len(texts), 1024):
            numbers = [known.of(text) for text in texts[start : start + 1024]]
            out[start : start + 1024] = forward(
                self.layers, pooled(self.table, *flattened(numbers))
            )[0]
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        return out


def wordpieces() -> list[str]:
    """The pieces of MiniLM's vocabulary that are made of a-z and 0-9."""
    content = json.loads(TOKENIZER.locate().read_text(encoding="utf-8"))
    return [p for p in content["model"]["vocab"] if re.fullmatch(r"(##)?[a-z0-9]+", p)]


def vocabulary(texts: Sequence[str], pieces: Sequence[str]) -> list[str]:
    """The pieces that get a vector: unknown first, MiniLM's words, frequent words, used ends."""
    counts = Counter(word for text in texts for word in set(re.findall("[a-z0-9]+", text.lower())))
    words = [piece for piece in pieces if not piece.startswith("##")]
    known = set(words)
    own = sorted(w for w, n in counts.items() if n >= LEAST_WORD and w not in known and len(w) > 2)
    ends = [piece for piece in pieces if piece.startswith("##")]
    first = Pieces([*words, *own, *ends])
    used = {number for text in texts for number in first.of(text)}
    offset = len(words) + len(own)
    kept = [p for at, p in enumerate(ends) if at + offset in used or len(p) == 3]
    return ["", *words, *own, *kept]


def forward(layers: Parameters, x: Vectors) -> tuple[Vectors, Vectors, Vectors]:
    """Vectors before they are normalised, and the hidden layer before and after its bend."""
    skip, bias, inner, inner_bias, outer = layers
    before = x @ inner + inner_bias
    hidden = np.maximum(before, 0)
    return x @ skip + bias + hidden @ outer, before, hidden


def backward(layers: Parameters, x: Vectors, y: Vectors) -> tuple[Parameters, Vectors, float]:
    """Slopes of the mean of -8 cos for the layers and for x, and the mean cosine."""
    skip, _, inner, _, outer = layers
    out, before, hidden = forward(layers, x)
    norm = np.linalg.norm(out, axis=1, keepdims=True) + 1e-9
    unit = out / norm
    cosine = (unit * y).sum(axis=1, keepdims=True)
    slope = -8 * (y - cosine * unit) / norm / len(x)
    back = slope @ outer.T
    back[before <= 0] = 0
    slopes = [x.T @ slope, slope.sum(axis=0), x.T @ back, back.sum(axis=0), hidden.T @ slope]
    return slopes, slope @ skip.T + back @ inner.T, float(cosine.mean())


class Adam:
    """Adam for dense parameters, and lazily for the rows of a table that a batch touches."""

    def __init__(self, layers: Parameters, table: Vectors) -> None:
        self.layers, self.table, self.step = layers, table, 0
        self._means = [np.zeros_like(part) for part in layers]
        self._squares = [np.zeros_like(part) for part in layers]
        self._table_mean, self._table_square = np.zeros_like(table), np.zeros_like(table)
        self._seen = np.zeros((len(table), 1), dtype=np.float32)

    def turn(self, slopes: Parameters, pace: float) -> None:
        """One step of the layers."""
        self.step += 1
        for part, slope, mean, square in zip(
            self.layers, slopes, self._means, self._squares, strict=True
        ):
            mean += 0.1 * (slope - mean)
            square += 0.001 * (slope**2 - square)
            unbiased = mean / (1 - 0.9**self.step)
            unbiased /= np.sqrt(square / (1 - 0.999**self.step)) + 1e-9
            part -= np.float32(pace * RATE) * unbiased

    def turn_rows(self, rows: NDArray[np.int64], slopes: Vectors, pace: float) -> None:
        """One step of some rows of the table, each given once."""
        self._seen[rows] += 1
        seen = self._seen[rows]
        mean = self._table_mean[rows] * 0.9 + 0.1 * slopes
        square = self._table_square[rows] * 0.99 + 0.01 * slopes**2
        self._table_mean[rows], self._table_square[rows] = mean, square
        unbiased = mean / (1 - 0.9**seen) / (np.sqrt(square / (1 - 0.99**seen)) + 1e-8)
        self.table[rows] -= np.float32(pace * RATE_TABLE) * unbiased


def fit(texts: Sequence[str], y: Vectors, pieces: Sequence[str], first: Vectors) -> Fitted:
    """Fit table and layers at once; `first` are the teacher's vectors of the pieces."""
    chance = np.random.default_rng(SEED)
    known = Pieces(pieces)
    numbers = [known.of(text) for text in texts]
    axes = np.linalg.svd(first[:: -(-len(first) // 8000)], full_matrices=False)[2][:DIM].T
    layers = [
        np.ascontiguousarray(axes.T),
        np.zeros(first.shape[1], np.float32),
        chance.standard_normal((DIM, HIDDEN), dtype=np.float32) / 16,
        np.zeros(HIDDEN, np.float32),
        np.zeros((HIDDEN, first.shape[1]), np.float32),
    ]
    adam = Adam(layers, np.ascontiguousarray(first @ axes))
    steps = EPOCHS * (len(texts) // BATCH)
    for epoch in range(EPOCHS):
        order, started, total = chance.permutation(len(texts)), time.perf_counter(), 0.0
        for start in range(0, len(texts) - BATCH + 1, BATCH):
            rows = order[start : start + BATCH]
            pace = 0.5 * (1 + np.cos(np.pi * adam.step / steps))
            total += _learn(adam, [numbers[row] for row in rows], y[rows], pace)
        seconds = time.perf_counter() - started
        mean = total / (len(texts) // BATCH)
        print(f"  epoch {epoch + 1} of {EPOCHS}: cosine {mean:.4f}, {seconds:.0f} s", flush=True)
    return Fitted(tuple(pieces), adam.table, layers)


def _learn(adam: Adam, numbers: Sequence[Sequence[int]], y: Vectors, pace: float) -> float:
    """Learn from one batch; its mean cosine before."""
    flat, counts = flattened(numbers)
    slopes, back, cosine = backward(adam.layers, pooled(adam.table, flat, counts), y)
    back /= np.sqrt(counts, dtype=np.float32)[:, None]
    owner = np.repeat(np.arange(len(numbers)), counts)
    order = np.argsort(flat, kind="stable")
    starts = np.flatnonzero(np.diff(flat[order], prepend=-1))
    adam.turn_rows(flat[order][starts], np.add.reduceat(back[owner[order]], starts), pace)
    adam.turn(slopes, pace)
    return cosine


def lessons(library: Path, folder: Path) -> tuple[list[str], list[str]]:
    """The texts to learn from, and the cores held out."""
    chance = random.Random(SEED)
    learn: dict[str, None] = {}
    held: dict[str, None] = {}
    for number, prompt in enumerate(prompts_of(library)):
        texts = [text for text in texts_of(prompt, chance) if text.strip()]
        (held if number % HELD_OUT == 0 else learn).update(dict.fromkeys(texts))
    words = Vocabulary.read(folder)
    learn.update(dict.fromkeys(text for text in (*words.scenes, *words.artists) if text.strip()))
    return [text for text in learn if text not in held], list(held)


def as_words(pieces: Iterable[str]) -> Iterator[str]:
    """What the teacher is asked for each piece."""
    return (piece.removeprefix("##") or "." for piece in pieces)


def embedded(teacher: Embedder, cache: VectorCache, texts: Sequence[str]) -> Vectors:
    """The teacher's vectors, embedded in worker processes where the cache lacks them."""
    started = time.perf_counter()
    count = embed_texts(teacher, cache, texts, name="minilm")
    print(f"  {count:,} texts embedded in {time.perf_counter() - started:.0f} s", flush=True)
    return vectors_of(teacher, cache, texts)


def write(out: Path, fitted: Fitted, teacher: str) -> None:
    """The file that ships: the table in eight bits a value, the layers in sixteen."""
    scales = np.abs(fitted.table).max(axis=1, keepdims=True) / 127 + 1e-12
    names = ("skip", "bias", "inner", "inner_bias", "outer")
    layers = {
        name: part.astype(np.float16) for name, part in zip(names, fitted.layers, strict=True)
    }
    np.savez(
        out,
        teacher=np.array(teacher),
        pieces=np.frombuffer("\n".join(fitted.pieces).encode("ascii"), dtype=np.uint8),
        table=np.round(fitted.table / scales).astype(np.int8),
        scales=scales.astype(np.float16),
        **layers,  # type: ignore[arg-type]
    )
    content = out.read_bytes()
    print(f"{out}: {len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


def main() -> None:
    """Fit, tell what it is worth on held-out prompts, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--library", type=Path, default=None)
    parser.add_argument("--vocabulary", type=Path, default=None, help="phrase lists")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=None, help="keeps the embeddings")
    arguments = parser.parse_args()
    texts, held = lessons(library_file(arguments.library), vocabulary_folder(arguments.vocabulary))
    pieces = vocabulary(texts, wordpieces())
    print(f"{len(texts):,} texts, {len(held):,} held out, {len(pieces):,} pieces", flush=True)
    teacher: Embedder = plugins.load("embedders", "minilm")()
    cache = VectorCache(arguments.cache or arguments.out.with_suffix(".sqlite"))
    first = embedded(teacher, cache, list(as_words(pieces)))
    y, z = embedded(teacher, cache, texts), embedded(teacher, cache, held)
    cache.close()
    words = [piece for piece in pieces if piece and not piece.startswith("##")]
    rows = [at for at, piece in enumerate(pieces) if piece and not piece.startswith("##")]
    fitted = fit([*texts, *words], np.concatenate([y, first[rows]]), pieces, first)
    print(f"held-out cosine {(fitted(held) * z).sum(axis=1).mean():.4f}")
    write(arguments.out, fitted, teacher.features.id)


if __name__ == "__main__":
    main()
