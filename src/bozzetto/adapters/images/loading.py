"""Load a diffusers pipeline from a folder, a file or the Hugging Face hub.

All of it runs in the one thread that owns the pipelines.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bozzetto.adapters.hub import best_device, first_line, hub_errors, hush, offline
from bozzetto.adapters.images.drawing import Loaded
from bozzetto.adapters.images.model_files import (
    Family,
    check_file,
    is_hub_id,
    read_folder,
    refuse_pickles,
)
from bozzetto.errors import BozzettoError, SetupError
from bozzetto.text.normalise import visible

__all__ = ["free", "load", "locate"]

_CLASSES: Final[Mapping[Family, str]] = {
    "sd": "StableDiffusionPipeline",
    "sdxl": "StableDiffusionXLPipeline",
    "sd3": "StableDiffusion3Pipeline",
}
_FILE_HINT: Final = (
    "without a network: put the model's folder (model_index.json, tokenizer, configurations; the "
    "weights may be left out) beside the file, under its name without .safetensors"
)


def locate(name: str) -> Path | None:
    """The folder or file that a name means, checked; None where it is a model of the hub.

    Raises:
        SetupError: there is no such thing, or it may not be loaded.
    """
    path = Path(name).expanduser()
    if path.is_dir():
        read_folder(path)
        return path
    if path.is_file():
        check_file(path)
        return path
    refuse_pickles(path)
    if not is_hub_id(name) or path.suffix == ".safetensors":
        raise SetupError(
            f"diffusers: there is no folder or file {visible(name)}",
            hint="diffusers:FOLDER in diffusers' layout, diffusers:FILE.safetensors, or "
            "diffusers:OWNER/MODEL of the Hugging Face hub",
        )
    return None


def load(name: str, environ: Mapping[str, str]) -> Loaded:
    """Load the model of a name to the best device there is.

    Raises:
        SetupError: it is not there, or may not be loaded.
        BackendError: the hub cannot be reached.
    """
    hush()
    path = locate(name)
    device = best_device()
    try:
        folder = _fetch(name, environ, device) if path is None else path
        pipeline = _open(folder, environ, device)
        pipeline.to(device)
    except BozzettoError:
        raise
    except Exception as error:
        said = first_line(error)
        raise SetupError(f"diffusers: {visible(name)} cannot be loaded: {said}") from error
    pipeline.set_progress_bar_config(disable=True)
    return Loaded(pipeline, pipeline.scheduler, name if path is None else path.resolve().stem)


def free() -> None:
    """Give back what a pipeline held, once nobody refers to it."""
    import gc

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _dtype(pipeline: str, device: str) -> Any:  # noqa: ANN401 - a torch.dtype
    """Half precision where it is fast. From Stable Diffusion 3 on models are made for bfloat16."""
    import torch

    if device == "cpu":
        return torch.float32
    old = re.fullmatch("StableDiffusion(XL)?Pipeline", pipeline)
    return torch.float16 if old or device == "mps" else torch.bfloat16


def _open(path: Path, environ: Mapping[str, str], device: str) -> Any:  # noqa: ANN401
    return _open_folder(path, device) if path.is_dir() else _open_file(path, environ, device)


def _open_folder(path: Path, device: str) -> Any:  # noqa: ANN401
    from diffusers import AutoPipelineForText2Image

    folder = read_folder(path)
    return AutoPipelineForText2Image.from_pretrained(
        folder.path,
        torch_dtype=_dtype(folder.pipeline, device),
        use_safetensors=True,
        variant=folder.variant,
        local_files_only=True,
        **dict.fromkeys(folder.absent),
    )


def _open_file(path: Path, environ: Mapping[str, str], device: str) -> Any:  # noqa: ANN401
    """A file holds weights only: the rest comes from a folder of the same name beside it.

    Without that from the hub, where diffusers knows from the weights what belongs to them.
    """
    import diffusers

    name = _CLASSES[check_file(path)]
    opened = getattr(diffusers, name).from_single_file
    dtype, beside = _dtype(name, device), path.with_suffix("")
    if beside.is_dir():
        read_folder(beside)
        return opened(str(path), torch_dtype=dtype, config=str(beside), local_files_only=True)
    with hub_errors(f"diffusers:{path.name}", _FILE_HINT, environ):
        return opened(str(path), torch_dtype=dtype, local_files_only=offline(environ))


def _fetch(name: str, environ: Mapping[str, str], device: str) -> Path:
    """The folder of a model of the hub on this machine, fetched where it is not there yet.

    Half the size is taken where half the precision is enough, and where there is no other.
    """
    from diffusers import DiffusionPipeline

    wanted = (None, "fp16") if device == "cpu" else ("fp16", None)
    hint = f"where there is a network: hf download {name} --local-dir FOLDER; then diffusers:FOLDER"
    with hub_errors(f"diffusers:{name}", hint, environ):
        for variant in wanted:
            with contextlib.suppress(*([ValueError] if variant == wanted[0] else [])):
                return Path(
                    DiffusionPipeline.download(
                        name,
                        variant=variant,
                        use_safetensors=True,
                        cache_dir=environ.get("HF_HUB_CACHE") or None,
                        token=environ.get("HF_TOKEN") or None,
                        local_files_only=offline(environ),
                    )
                )
    raise SetupError(f"diffusers: {name} has no weights as safetensors")
