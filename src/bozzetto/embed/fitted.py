"""Fitted files of this package: NumPy archives whose content is proven by hash when read."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bozzetto.errors import SetupError

__all__ = ["FittedFile"]


@dataclass(frozen=True, slots=True)
class FittedFile:
    """An archive beside this module; a refit changes `sha256`, a new format the name."""

    name: str
    sha256: str

    def read(self, folder: Path | None = None) -> dict[str, NDArray[np.generic]]:
        """Its arrays by name.

        Raises:
            SetupError: the file is missing or its content is another.
        """
        path = (folder or Path(__file__).parent) / self.name
        hint = "pip install --force-reinstall bozzetto"
        try:
            content = path.read_bytes()
        except OSError as error:
            raise SetupError(f"{path} cannot be read: {error.strerror}", hint=hint) from error
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise SetupError(f"{path} is not the file this version was made with", hint=hint)
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
