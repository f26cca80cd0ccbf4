"""Any model of fastembed, through ONNX Runtime in this process.

    fastembed:MODEL      one that the library knows, fetched at first use: "BAAI/bge-small-en-v1.5"
    fastembed:FOLDER     one on this machine, as a sentence-transformers model is exported

A folder holds model.onnx (or onnx/model.onnx), config.json, tokenizer.json and
tokenizer_config.json; 1_Pooling/config.json tells how tokens become one vector (the mean where it
is not there) and config_sentence_transformers.json what stands before queries and documents.
HF_HUB_OFFLINE, FASTEMBED_CACHE_PATH and OMP_NUM_THREADS are heeded.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from bozzetto.adapters.embedders.local import (
    HEAVY,
    RUNNING,
    digest,
    need,
    readable,
    unit_rows,
)
from bozzetto.adapters.failures import told
from bozzetto.adapters.hub import first_line, offline
from bozzetto.adapters.models import known
from bozzetto.errors import BackendError, BozzettoError, SetupError
from bozzetto.ports import EmbedderFeatures
from bozzetto.text.normalise import visible
from bozzetto.types import Vectors

__all__ = ["FastEmbed", "open_embedder"]

_BATCH: Final = 16
"""Texts a run: larger batches are padded more and leave the cache; 256 was a quarter slower."""

_MODELS: Final = ("model.onnx", "onnx/model.onnx")
_WIDTHS: Final = ("hidden_size", "d_model", "dim", "n_embd")
_POOLINGS: Final = {
    "pooling_mode_cls_token": "CLS",
    "pooling_mode_mean_tokens": "MEAN",
    "pooling_mode_lasttoken": "LAST_TOKEN",
}
_MODES: Final = {"cls": "CLS", "mean": "MEAN", "lasttoken": "LAST_TOKEN"}
_REGISTERING = threading.Lock()


@dataclass(frozen=True, slots=True)
class _Prompts:
    """What stands before what is found and what is sought."""

    document: str = ""
    query: str = ""


@dataclass(frozen=True, slots=True)
class _Loaded:
    model: Any
    features: EmbedderFeatures
    prompts: _Prompts


class FastEmbed:
    """The embedder. The model is loaded by the first call; safe to share between threads."""

    def __init__(self, name: str, environ: Mapping[str, str]) -> None:
        self._name = name
        self._environ = environ
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None

    @property
    def features(self) -> EmbedderFeatures:
        """What the embedder is; loads the model, whose files are part of its id.

        Raises:
            SetupError: the model is not there, or cannot be loaded.
            BackendError: it cannot be fetched.
        """
        return self._load().features

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed what can be found: float32, shape (len(texts), dim), rows of unit length.

        Raises:
            SetupError: the model is not there, or cannot be loaded.
            BackendError: it cannot be fetched, or gives what are no vectors.
        """
        loaded = self._load()
        return self._embed(loaded, loaded.prompts.document, loaded.model.passage_embed, texts)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """As `embed`, for what is sought."""
        loaded = self._load()
        return self._embed(loaded, loaded.prompts.query, loaded.model.query_embed, texts)

    def _embed(
        self,
        loaded: _Loaded,
        prompt: str,
        by: Any,  # noqa: ANN401 - the package may be missing
        texts: Sequence[str],
    ) -> Vectors:
        features = loaded.features
        if not texts:
            return np.empty((0, features.dim), np.float32)
        read = [prompt + text for text in readable(texts, 32 * features.max_tokens)]
        rows: list[Vectors | None] = [None] * len(read)
        order = sorted(range(len(read)), key=lambda n: len(read[n]))  # alike are padded less
        name = f"fastembed:{visible(self._name)}"
        with told(RUNNING, name):
            found = list(by([read[n] for n in order], batch_size=_BATCH))
        for n, row in zip(order, found, strict=False):
            rows[n] = row
        return unit_rows(rows, texts, name, dim=features.dim, mute=True)

    def _load(self) -> _Loaded:
        with self._lock:
            if self._loaded is None:
                self._loaded = _load(self._name, self._environ)
            return self._loaded


def open_embedder(rest: str, *, environ: Mapping[str, str], timeout: float) -> FastEmbed:
    """Open a model by folder or name; nothing is loaded yet.

    Raises:
        SetupError: no model is named.
        MissingExtraError: the package is not installed.
    """
    name = rest.strip()
    if not name:
        raise SetupError(
            "fastembed: names no model", hint="such as fastembed:BAAI/bge-small-en-v1.5"
        )
    need("fastembed", "fastembed")
    return FastEmbed(name, environ)


def _load(name: str, environ: Mapping[str, str]) -> _Loaded:
    import loguru

    loguru.logger.disable("fastembed")  # what matters of a failure is told by us
    folder = Path(name).expanduser()
    try:
        return _local(folder.resolve(), environ) if folder.is_dir() else _named(name, environ)
    except BozzettoError:
        raise
    except Exception as error:
        said = first_line(error)
        raise SetupError(f"fastembed:{visible(name)} cannot be loaded: {said}") from error


def _named(name: str, environ: Mapping[str, str]) -> _Loaded:
    from fastembed import TextEmbedding

    there = {row["model"].lower(): row for row in TextEmbedding.list_supported_models()}
    row = there.get(name.lower())
    if row is None:
        raise SetupError(
            f"fastembed knows no model {visible(name)}, and there is no such folder",
            hint="python -c \"import fastembed; print(*(m['model'] for m in "
            'fastembed.TextEmbedding.list_supported_models()))"',
        )
    try:
        model = _open(row["model"], environ, local_files_only=offline(environ))
    except ValueError as error:
        raise _unfetched(row["model"], environ, error) from error
    found = known("fastembed", "embed", row["model"])
    more = found.more if found else {}
    prompts = _Prompts(more.get("document", ""), more.get("query", ""))
    return _loaded(model, row["model"], row["dim"], prompts)


def _unfetched(name: str, environ: Mapping[str, str], error: ValueError) -> BozzettoError:
    """What a model that could not be had from anywhere means."""
    if "from any source" not in str(error):
        return SetupError(f"fastembed:{name} cannot be loaded: {first_line(error)}")
    if offline(environ):
        return SetupError(
            f"fastembed:{name} is not on this machine, and HF_HUB_OFFLINE is set",
            hint="run once where there is a network, with FASTEMBED_CACHE_PATH set to a folder, "
            "and bring that folder here; or fastembed:FOLDER",
        )
    return BackendError(
        f"fastembed:{name} cannot be fetched: the hub cannot be reached",
        hint="or bring the model here by hand: fastembed:FOLDER",
        retryable=True,
    )


def _local(folder: Path, environ: Mapping[str, str]) -> _Loaded:
    file = next((name for name in _MODELS if (folder / name).is_file()), None)
    if file is None:
        raise SetupError(
            f"fastembed:{visible(str(folder))} holds no model.onnx or onnx/model.onnx",
            hint="export one: optimum-cli export onnx --model OWNER/MODEL FOLDER",
        )
    dim = _width(folder)
    mark = digest(folder)
    name = f"{folder}#{mark}"
    _register(name, dim, file, _pooling(folder))
    model = _open(name, environ, specific_model_path=str(folder), local_files_only=True)
    return _loaded(model, f"{visible(folder.name)}-{mark}", dim, _prompts(folder), folder)


def _register(name: str, dim: int, file: str, pooling: str) -> None:
    """Tell the library of a folder, once: its table is the process's."""
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource, PoolingType

    with _REGISTERING:
        if any(row["model"] == name for row in TextEmbedding.list_supported_models()):
            return
        TextEmbedding.add_custom_model(
            name,
            pooling=PoolingType[pooling],
            normalization=True,
            sources=ModelSource(hf="local/folder"),
            dim=dim,
            model_file=file,
        )


def _open(name: str, environ: Mapping[str, str], **settings: Any) -> Any:  # noqa: ANN401
    from fastembed import TextEmbedding

    threads = environ.get("OMP_NUM_THREADS", "")
    return TextEmbedding(
        name,
        cache_dir=environ.get("FASTEMBED_CACHE_PATH") or None,
        threads=int(threads) if threads.isdecimal() and int(threads) else None,
        **settings,
    )


def _loaded(
    model: Any,  # noqa: ANN401
    name: str,
    dim: int,
    prompts: _Prompts,
    folder: Path | None = None,
) -> _Loaded:
    inner = model.model
    place = folder or Path(inner._model_dir)
    mark = "" if folder else f"-{digest(place)}"
    tokenizer = getattr(inner, "tokenizer", None)
    truncation = (getattr(tokenizer, "truncation", None) or {}) if tokenizer else {}
    size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    features = EmbedderFeatures(
        id=f"fastembed:{name}{mark}-1",
        dim=dim,
        languages=(),
        max_tokens=int(truncation.get("max_length", 512)),
        remote=size > HEAVY,
    )
    return _Loaded(model, features, prompts)


def _width(folder: Path) -> int:
    file = folder / "config.json"
    if not file.is_file():
        raise SetupError(
            f"fastembed:{visible(str(folder))} holds no config.json",
            hint="it comes with the model, and says how long the vectors are",
        )
    config = _read(file)
    for name in _WIDTHS:
        if isinstance(config.get(name), int):
            return int(config[name])
    raise SetupError(
        f"{visible(str(file))} does not say how long the vectors are",
        hint='it needs "hidden_size"',
    )


def _pooling(folder: Path) -> str:
    config = _read(folder / "1_Pooling" / "config.json")
    mode = config.get("pooling_mode")
    if isinstance(mode, str) and mode in _MODES:
        return _MODES[mode]
    return next((value for name, value in _POOLINGS.items() if config.get(name) is True), "MEAN")


def _prompts(folder: Path) -> _Prompts:
    prompts = _read(folder / "config_sentence_transformers.json").get("prompts")
    if not isinstance(prompts, dict):
        return _Prompts()
    document = next((prompts[name] for name in ("document", "passage") if prompts.get(name)), "")
    return _Prompts(str(document), str(prompts.get("query") or ""))


def _read(path: Path) -> dict[str, Any]:
    """A JSON object; an empty one where there is no such file.

    Raises:
        SetupError: it is no JSON object.
    """
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_bytes())
    except ValueError as error:
        raise SetupError(f"{visible(str(path))} is no JSON: {first_line(error)}") from error
    if not isinstance(found, dict):
        raise SetupError(f"{visible(str(path))} is no JSON object")
    return found
