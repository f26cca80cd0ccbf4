"""The tiny pipelines: small, the same each time, read back by diffusers' own code."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from bozzetto.testing.tiny_checkpoints import build_checkpoint
from bozzetto.testing.tiny_pipelines import KINDS, build_pipeline

Require = Callable[[str], Path]
PARTS = {
    "sd": {"scheduler", "text_encoder", "tokenizer", "unet", "vae"},
    "sdxl": {"scheduler", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "unet",
             "vae"},
    "sd3": {"scheduler", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2",
            "transformer", "vae"},
}  # fmt: skip


def weights(folder: Path) -> dict[str, str]:
    """The weight files of a folder and what they hold, as hashes."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*.safetensors"))
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_small_and_the_same_each_time(
    require: Require, tmp_path: Path, kind: str
) -> None:
    require("diffusers")
    first, second = (build_pipeline(tmp_path / name, kind) for name in ("a", "b"))
    assert weights(first) == weights(second)
    assert {place.name for place in first.iterdir() if place.is_dir()} == PARTS[kind]
    assert sum(file.stat().st_size for file in first.rglob("*") if file.is_file()) < 2_500_000


def test_a_checkpoint_is_read_back_tensor_for_tensor(require: Require, tmp_path: Path) -> None:
    require("diffusers")
    from diffusers import StableDiffusionPipeline
    from safetensors.torch import load_file

    folder = build_pipeline(tmp_path / "sd", "sd")
    file = build_checkpoint(folder, tmp_path / "sd.safetensors")
    read = StableDiffusionPipeline.from_single_file(
        str(file), config=str(folder), local_files_only=True
    )
    for part in ("unet", "vae", "text_encoder"):
        (stored,) = (folder / part).glob("*.safetensors")
        tensors = load_file(stored)
        found = getattr(read, part).state_dict()
        assert {n for n in tensors if not tensors[n].equal(found[n])} == set()


def test_an_unknown_kind_is_an_error(require: Require, tmp_path: Path) -> None:
    require("diffusers")
    with pytest.raises(KeyError):
        build_pipeline(tmp_path, "sd9")
