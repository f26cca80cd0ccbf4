"""Fit the map from USE's space to MiniLM's: `python -m bench.fit_bridge --library FILE`.

    python -m bench.fit_bridge --library diffusiondb_10k.parquet \
        --out src/bozzetto/embed/bridge_v1.npz

Pairs are the two embeddings of the same English text: of each prompt of the library and of
the starter library its core, the whole, and short pieces of the core, which look like what
people type. No idea of any benchmark is read. A twentieth of the prompts is held out, to say
what the map is worth. The seed is fixed; the hash of the result goes into bridge.py.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

import bozzetto.library
from bench.paths import library_file
from bozzetto import plugins
from bozzetto.embed.texts import embed_texts, vectors_of
from bozzetto.ports import Embedder
from bozzetto.store.vectors import VectorCache
from bozzetto.text.normalise import normalise
from bozzetto.text.split import split
from bozzetto.types import Vectors

SEED = 0
HELD_OUT = 20
HIDDEN = 512
EPOCHS = 14
BATCH = 512
RATE = 1e-3
DECAY = 1e-4
RIDGE = 1.0
PIECES = 3
LONGEST_PIECE = 6

Map = Callable[[Vectors], Vectors]


@dataclass(frozen=True, slots=True)
class Weights:
    """The map's parameters, as `bozzetto.embed.bridge.Bridge` reads them."""

    skip: Vectors
    bias: Vectors
    inner: Vectors
    inner_bias: Vectors
    outer: Vectors

    def __call__(self, vectors: Vectors) -> Vectors:
        """Map vectors, not normalised."""
        hidden = np.maximum(vectors @ self.inner + self.inner_bias, 0)
        out: Vectors = vectors @ self.skip + self.bias + hidden @ self.outer
        return out


def texts_of(prompt: str, chance: random.Random) -> list[str]:
    """What a prompt gives to learn from: its core, itself, and pieces of one to six words."""
    core = split(prompt).core
    words = re.findall(r"[^\W\d_][\w'-]*", core.casefold())
    texts = [core, prompt]
    for _ in range(PIECES):
        length = chance.randint(1, LONGEST_PIECE)
        if length <= len(words):
            start = chance.randrange(len(words) - length + 1)
            texts.append(" ".join(words[start : start + length]))
    return texts


def prompts_of(library: Path) -> list[str]:
    """The prompts of a table and of the starter library, distinct."""
    table = pq.read_table(library, columns=["prompt"])["prompt"].to_pylist()
    own = [row["prompt"] for row in starter_rows()]
    return list(dict.fromkeys(normalise(text) for text in (*table, *own) if text))


def starter_rows() -> list[dict[str, str]]:
    """The starter library as it lies in the package."""
    path = Path(bozzetto.library.__file__).with_name("starter.jsonl")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def ridge(x: Vectors, y: Vectors, strength: float) -> tuple[Vectors, Vectors]:
    """Weights and bias of a ridge regression."""
    centre, middle = x.mean(axis=0), y.mean(axis=0)
    a, b = x - centre, y - middle
    weights = np.linalg.solve(a.T @ a + strength * np.eye(a.shape[1], dtype=a.dtype), a.T @ b)
    return weights.astype(np.float32), (middle - centre @ weights).astype(np.float32)


def fit(x: Vectors, y: Vectors) -> Weights:
    """Ridge first; then all of it trained by Adam on the cosine, the hidden layer from zero."""
    chance = np.random.default_rng(SEED)
    scale = np.float32(x.shape[1] ** 0.5)
    weights, bias = ridge(x, y, RIDGE)
    inner = chance.standard_normal((x.shape[1], HIDDEN), dtype=np.float32) / scale
    outer = np.zeros((HIDDEN, y.shape[1]), dtype=np.float32)
    parameters = [weights / scale, bias, inner, np.zeros(HIDDEN, np.float32), outer]
    first = [np.zeros_like(part) for part in parameters]
    second = [np.zeros_like(part) for part in parameters]
    steps, step = EPOCHS * (len(x) // BATCH), 0
    for epoch in range(EPOCHS):
        order = chance.permutation(len(x))
        for start in range(0, len(x) - BATCH + 1, BATCH):
            rows = order[start : start + BATCH]
            step += 1
            rate = RATE * 0.5 * (1 + np.cos(np.pi * step / steps))
            slopes = gradients(parameters, x[rows] * scale, y[rows])
            for part, slope, m, v in zip(parameters, slopes, first, second, strict=True):
                m += 0.1 * (slope - m)
                v += 0.001 * (slope**2 - v)
                unbiased = (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-9)
                part -= np.float32(rate) * (unbiased + DECAY * part)
        print(f"  epoch {epoch + 1} of {EPOCHS}", flush=True)
    skip, bias, inner, inner_bias, outer = parameters
    return Weights(skip * scale, bias, inner * scale, inner_bias, outer)


def gradients(parameters: Sequence[Vectors], x: Vectors, y: Vectors) -> list[Vectors]:
    """Of the mean of -8 cos(map(x), y): the factor only sets the pace."""
    skip, bias, inner, inner_bias, outer = parameters
    before = x @ inner + inner_bias
    hidden = np.maximum(before, 0)
    out = x @ skip + bias + hidden @ outer
    norm = np.linalg.norm(out, axis=1, keepdims=True)
    unit = out / norm
    slope = -8 * (y - (y * unit).sum(axis=1, keepdims=True) * unit) / norm / len(x)
    back = slope @ outer.T
    back[before <= 0] = 0
    return [x.T @ slope, slope.sum(axis=0), x.T @ back, back.sum(axis=0), hidden.T @ slope]


def cosine(fitted: Map, x: Vectors, y: Vectors) -> float:
    """Mean cosine of mapped vectors with what they should be."""
    mapped = fitted(x)
    return float(((mapped * y).sum(axis=1) / np.linalg.norm(mapped, axis=1)).mean())


def embed(texts: Sequence[str], cache: VectorCache) -> tuple[tuple[str, Vectors], ...]:
    """The embedders' ids and vectors of the texts: USE's and MiniLM's."""
    found = []
    for scheme in ("use", "minilm"):
        embedder: Embedder = plugins.load("embedders", scheme)()
        started = time.perf_counter()
        count = embed_texts(embedder, cache, texts, name=scheme)
        print(f"  {scheme}: {count} texts embedded in {time.perf_counter() - started:.0f} s")
        found.append((embedder.features.id, vectors_of(embedder, cache, texts)))
    return tuple(found)


def main() -> None:
    """Fit, tell what it is worth on held-out prompts, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--library", type=Path, default=None)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=None, help="keeps the embeddings")
    arguments = parser.parse_args()
    chance = random.Random(SEED)
    prompts = prompts_of(library_file(arguments.library))
    origin = {
        text: number
        for number, prompt in enumerate(prompts)
        for text in texts_of(prompt, chance)
        if text.strip()
    }
    texts = list(origin)
    held = np.array([number % HELD_OUT == 0 for number in origin.values()])
    print(f"{len(prompts)} prompts, {len(texts)} texts, {held.sum()} held out")
    cache = VectorCache(arguments.cache or arguments.out.with_suffix(".sqlite"))
    (source, x), (target, y) = embed(texts, cache)
    cache.close()
    weights, bias = ridge(x[~held], y[~held], RIDGE)
    fitted = fit(x[~held], y[~held])
    linear = cosine(lambda v: v @ weights + bias, x[held], y[held])
    print(f"held-out cosine: ridge {linear:.4f}, network {cosine(fitted, x[held], y[held]):.4f}")
    arrays = {name: getattr(fitted, name).astype(np.float16) for name in Weights.__slots__}
    np.savez(arguments.out, source=np.array(source), target=np.array(target), **arrays)
    content = arguments.out.read_bytes()
    print(f"{arguments.out}: {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
