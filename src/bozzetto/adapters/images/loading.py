"""Load a diffusers pipeline from a folder, a file or the Hugging Face hub.

All of it runs in the one thread that owns the pipelines.
"""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from bozzetto.adapters.images.drawing import Loaded
from bozzetto.adapters.images.model_files import (
    Family,
    check_file,
    is_hub_id,
    read_folder,
    refuse_pickles,
)
from bozzetto.errors import BackendError, BozzettoError, SetupError
from bozzetto.text.normalise import visible

__all__ = ["free", "load", "locate"]

_CLASSES: Final[Mapping[Family, str]] = {
    "sd": "StableDiffusionPipeline",
    "sdxl": "StableDiffusionXLPipeline",
    "sd3": "StableDiffusion3Pipeline",
}
_OFF = ("", "0", "no", "off", "false")


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
    _hush()
    path = locate(name)
    device = _device()
    try:
        folder = _fetch(name, environ, device) if path is None else path
        pipeline = _open(folder, environ, device)
        pipeline.to(device)
    except BozzettoError:
        raise
    except Exception as error:
        said = _first_line(error)
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


def _hush() -> None:
    """Keep the libraries' bars and remarks off the terminal: what matters is told by us."""
    import diffusers
    import huggingface_hub
    import transformers

    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()
        # What they mean to change one day is nothing that a person who draws can act upon.
        warnings.filterwarnings("ignore", module=rf"{library.__name__}\.")
    huggingface_hub.utils.disable_progress_bars()


def _device() -> str:
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


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
    with _hub_errors(path.name, _FILE_HINT, environ):
        return opened(str(path), torch_dtype=dtype, local_files_only=_offline(environ))


def _fetch(name: str, environ: Mapping[str, str], device: str) -> Path:
    """The folder of a model of the hub on this machine, fetched where it is not there yet.

    Half the size is taken where half the precision is enough, and where there is no other.
    """
    from diffusers import DiffusionPipeline

    wanted = (None, "fp16") if device == "cpu" else ("fp16", None)
    hint = f"where there is a network: hf download {name} --local-dir FOLDER; then diffusers:FOLDER"
    with _hub_errors(name, hint, environ):
        for variant in wanted:
            with contextlib.suppress(*([ValueError] if variant == wanted[0] else [])):
                return Path(
                    DiffusionPipeline.download(
                        name,
                        variant=variant,
                        use_safetensors=True,
                        cache_dir=environ.get("HF_HUB_CACHE") or None,
                        token=environ.get("HF_TOKEN") or None,
                        local_files_only=_offline(environ),
                    )
                )
    raise SetupError(f"diffusers: {name} has no weights as safetensors")


def _offline(environ: Mapping[str, str]) -> bool:
    return environ.get("HF_HUB_OFFLINE", "").lower() not in _OFF


_FILE_HINT: Final = (
    "without a network: put the model's folder (model_index.json, tokenizer, configurations; the "
    "weights may be left out) beside the file, under its name without .safetensors"
)


@contextlib.contextmanager
def _hub_errors(name: str, hint: str, environ: Mapping[str, str]) -> Iterator[None]:
    """The hub's refusals in our words."""
    from huggingface_hub import errors

    try:
        yield
    except errors.GatedRepoError as error:
        raise SetupError(
            f"diffusers: {name} is given only to those who accept its licence",
            hint=f"accept it at https://huggingface.co/{name}; then hf auth login, or HF_TOKEN",
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise SetupError(
            f"diffusers: the hub has no model {name}, or it is private",
            hint="check the name; for a private model: hf auth login, or set HF_TOKEN",
        ) from error
    except (errors.OfflineModeIsEnabled, OSError) as error:
        if _offline(environ):
            raise SetupError(
                f"diffusers: {name} needs what is not on this machine, and HF_HUB_OFFLINE is set",
                hint=hint,
            ) from error
        status = getattr(getattr(error, "response", None), "status_code", None)
        why = "cannot be reached" if status is None else f"answers {status}"
        raise BackendError(
            f"diffusers: {name} cannot be fetched: the hub {why}",
            hint=hint,
            retryable=True,
            status=status,
        ) from error


def _first_line(error: Exception) -> str:
    return visible((str(error).strip() or type(error).__name__).splitlines()[0])
