"""What embedders that run in this process share: readable texts, whole rows, a model's digest."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np

from bozzetto.adapters.failures import Failure, Failures
from bozzetto.errors import BackendError, MissingExtraError
from bozzetto.types import Vectors

__all__ = ["HEAVY", "RUNNING", "digest", "need", "readable", "unit_rows"]

HEAVY = 500_000_000
"""Bytes of a model above which a copy for each processor would not fit beside the others."""

RUNNING: Failures = {
    "OutOfMemoryError": Failure(
        "backend",
        "ran out of the device's memory",
        "CUDA_VISIBLE_DEVICES= (empty) embeds on the processor",
    ),
    "AcceleratorError": Failure("backend", "lost its device"),
    "DeviceReset": Failure("backend", "lost its device"),
    "MemoryError": Failure("backend", "ran out of memory", "take a smaller model"),
    **dict.fromkeys(
        ("NoModel", "NoSuchFile", "NotFound", "InvalidGraph", "InvalidProtobuf", "NotImplemented",
         "ModelLoadCanceled", "ModelRequiresCompilation"),
        Failure("setup", "cannot be run by ONNX Runtime", "export it anew"),
    ),
    **dict.fromkeys(
        ("Fail", "InvalidArgument", "EngineError", "RuntimeException", "ModelLoaded", "EPFail",
         "Error", "FatalError", "RuntimeError", "Exception"),
        Failure("backend", "failed"),
    ),
}  # fmt: skip
"""What it means when a model raises while it runs: torch's and ONNX Runtime's exceptions, and
those of a tokeniser, which have no class of their own."""

_WHOLE = 1 << 20  # bytes up to which a file is read as a whole: configurations, vocabularies
_BLOCK = 1 << 16
_SAMPLES = 16

_UNREAD = (".md", ".png")


def need(extra: str, *packages: str) -> None:
    """See that packages are installed, without importing them.

    Raises:
        MissingExtraError: one is not; says the extra that brings it.
    """
    for package in packages:
        if importlib.util.find_spec(package) is None:
            raise MissingExtraError(
                f"{extra!r} needs the package {package.replace('_', '-')}",
                hint=f"pip install 'bozzetto[{extra}]'",
            )


def readable(texts: Sequence[str], most: int) -> list[str]:
    """The first `most` characters of each text, as what every tokeniser and C string can take.

    Lone surrogates have no UTF-8, and a NUL would end the text.
    """
    cut = (text[:most].replace("\0", " ") for text in texts)
    return [text.encode("utf-8", "replace").decode("utf-8") for text in cut]


def unit_rows(
    found: object, texts: Sequence[str], name: str, *, dim: int | None = None, mute: bool = False
) -> Vectors:
    """What a library gave for texts as rows of unit length.

    A blank text may have no direction, and where `mute` says so any text may (a static model
    that knows none of its words): such rows get the same direction, all of equal parts.

    Raises:
        BackendError: the rows are too few or many, of another width, not finite, or all zeros.
    """
    rows = _matrix(found, len(texts), name)
    if dim is not None and rows.shape[1] != dim:
        raise BackendError(f"{name} gave vectors of {rows.shape[1]} dimensions, not {dim}")
    if not np.isfinite(rows).all():
        raise BackendError(f"{name} gave vectors with numbers that are not finite")
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    for row in np.flatnonzero(lengths[:, 0] == 0).tolist():
        if not mute and texts[row].strip():
            raise BackendError(f"{name} gave a vector of zeros, which points nowhere")
        rows[row], lengths[row] = 1, rows.shape[1] ** 0.5
    rows /= lengths
    return rows


def _matrix(found: object, count: int, name: str) -> Vectors:
    try:
        rows = np.array(found, dtype=np.float64).astype(np.float32)
    except (TypeError, ValueError):
        raise BackendError(f"{name} gave no vectors of one width") from None
    if rows.ndim != 2 or len(rows) != count or not rows.shape[1]:
        shape = " x ".join(map(str, rows.shape))
        raise BackendError(f"{name} gave {shape or 'one'} numbers for {count} texts")
    return rows


def digest(folder: Path) -> str:
    """Eight characters that change with the files of a model: names, sizes and content.

    Of a file above 1 MiB, blocks are read that are spread over it: weights that were trained
    anew differ everywhere. Hidden files and descriptions for people do not count.
    """
    mark = sha256()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if any(part.startswith(".") for part in name.parts) or path.suffix.lower() in _UNREAD:
            continue
        if path.is_file():
            mark.update(f"{name.as_posix()}\0{path.stat().st_size}\0".encode())
            mark.update(_sampled(path))
    return mark.hexdigest()[:8]


def _sampled(path: Path) -> bytes:
    size = path.stat().st_size
    with path.open("rb") as stream:
        if size <= _WHOLE:
            return stream.read()
        parts = []
        for place in range(_SAMPLES):
            stream.seek((size - _BLOCK) * place // (_SAMPLES - 1))
            parts.append(stream.read(_BLOCK))
    return b"".join(parts)
