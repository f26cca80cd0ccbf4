"""From the many-language space to the English one: USE vectors as MiniLM would have them.

USE is aligned across languages, so a map fitted on English texts alone serves queries in
languages it never saw. A linear map plus one hidden layer, fitted by `python -m
bench.fit_bridge`, which names its data and its seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bozzetto.embed.fitted import FittedFile
from bozzetto.types import Vectors

__all__ = ["FILE", "Bridge"]

FILE = FittedFile(
    "bridge_v1.npz", "ca6911e09555496aa5f3404babf71070f2b15e08c86481ecc009f93575dc9264"
)


@dataclass(frozen=True, slots=True, eq=False)
class Bridge:
    """The map; `source` and `target` are the ids of the embedders it goes between.

    skip (512, 384), bias (384,), inner (512, h), inner_bias (h,), outer (h, 384): float32.
    """

    source: str
    target: str
    skip: Vectors
    bias: Vectors
    inner: Vectors
    inner_bias: Vectors
    outer: Vectors

    @classmethod
    def load(cls, folder: Path | None = None) -> Bridge:
        """The one that ships.

        Raises:
            SetupError: the file is missing or its content is another.
        """
        arrays = FILE.read(folder)
        names = ("skip", "bias", "inner", "inner_bias", "outer")
        weights = {name: arrays[name].astype(np.float32) for name in names}
        return cls(source=str(arrays["source"]), target=str(arrays["target"]), **weights)

    def map(self, vectors: Vectors) -> Vectors:
        """Unit vectors, shape (n, 512), to unit vectors, shape (n, 384)."""
        hidden = np.maximum(vectors @ self.inner + self.inner_bias, 0)
        mapped: Vectors = vectors @ self.skip + self.bias + hidden @ self.outer
        mapped /= np.linalg.norm(mapped, axis=1, keepdims=True)
        return mapped
