"""What a model on disk is, and whether it may be loaded; nothing is opened that can run code.

A pickle runs whatever its author put into it, and a `model_index.json` can name any class of any
package. So only safetensors are taken, and only parts that diffusers and transformers have.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from bozzetto.errors import SetupError
from bozzetto.text.normalise import visible

__all__ = ["Family", "Folder", "check_file", "is_hub_id", "read_folder", "refuse_pickles"]

Family = Literal["sd", "sdxl", "sd3"]

INDEX: Final = "model_index.json"
PICKLES: Final = (".ckpt", ".bin", ".pt", ".pth", ".pkl", ".pickle")
SAFE: Final = ".safetensors"
LIBRARIES: Final = ("diffusers", "transformers")
CHECKER: Final = ("stable_diffusion", "StableDiffusionSafetyChecker")
"""The one part of old models that lies in a module of its own inside diffusers."""

_MOST_HEADER = 100_000_000  # bytes, safetensors' own limit
_MOST_CONFIG = 4_000_000
_HUB_ID = re.compile(r"[\w][\w.-]*/[\w][\w.-]*")
_CLASS = re.compile(r"[A-Za-z][A-Za-z0-9]*")

_MARKS: Mapping[str, Family] = {
    "conditioner.embedders.1.": "sdxl",
    "model.diffusion_model.joint_blocks.": "sd3",
    "cond_stage_model.": "sd",
}
"""How the tensors of a single file are called that tell its family; one of them has to be there."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder in diffusers' layout that may be loaded.

    `variant` is the marker of its weight files ("fp16") where all bear one; `absent` are parts
    its pipeline can do without and that it does not have.
    """

    path: Path
    pipeline: str
    variant: str | None = None
    absent: tuple[str, ...] = ()


def is_hub_id(name: str) -> bool:
    """Whether a text can be the name of a model on the Hugging Face hub: "owner/model"."""
    return _HUB_ID.fullmatch(name) is not None and ".." not in name


def refuse_pickles(path: Path) -> None:
    """Refuse a file by its name.

    Raises:
        SetupError: it is called like a pickle.
    """
    if path.suffix.lower() in PICKLES:
        raise SetupError(
            f"{visible(str(path))} is a pickle, which can run code when it is opened",
            hint="take the model as .safetensors; most are published as such too",
        )


def check_file(path: Path) -> Family:
    """The family of a single safetensors file, by the names of its tensors.

    Raises:
        SetupError: it is no safetensors file, or no whole Stable Diffusion model.
    """
    refuse_pickles(path)
    if path.suffix != SAFE:  # what is called otherwise, diffusers opens as a pickle
        raise SetupError(f"{visible(str(path))} is not called {SAFE}")
    names = _tensor_names(path)
    for mark, family in _MARKS.items():
        if any(name.startswith(mark) for name in names):
            return family
    raise SetupError(
        f"{visible(str(path))} holds no whole Stable Diffusion model (1.5, XL or 3)",
        hint="a LoRA, a VAE or a UNet alone cannot draw; name the checkpoint itself",
    )


def read_folder(path: Path) -> Folder:
    """What a folder holds, once its index and weights are found to be harmless.

    Raises:
        SetupError: it is no diffusers folder, names classes of others, or has pickles only.
    """
    index = _read_json(path / INDEX)
    pipeline = index.get("_class_name")
    if not isinstance(pipeline, str) or _CLASS.fullmatch(pipeline) is None:
        raise SetupError(
            f"{visible(str(path / INDEX))} wants a pipeline class of its own: "
            f"{visible(str(pipeline))}; only diffusers' own are run",
        )
    parts = {n: p for n, p in index.items() if isinstance(p, list) and not n.startswith("_")}
    present = {n: p for n, p in parts.items() if p[:1] != [None]}
    for name, part in present.items():
        _check_part(path, name, part)
    # diffusers looks for modules under the strangest names: unet/diffusers.py, None.py.
    for code in sorted([*path.glob("*.py"), *path.glob("*/*.py")]):
        raise SetupError(
            f"{visible(str(code))} is code that the model brings, which is not run",
            hint="remove the file if the model can do without it",
        )
    return Folder(
        path,
        pipeline,
        variant=_variant(path, present),
        absent=tuple(n for n in _may_lack(pipeline) if n not in present),
    )


def _may_lack(pipeline: str) -> tuple[str, ...]:
    """Stable Diffusion 3 draws without its T5, but has to be told that there is none."""
    return ("text_encoder_3", "tokenizer_3") if pipeline.startswith("StableDiffusion3") else ()


def _check_part(folder: Path, name: str, part: list[Any]) -> None:
    """One line of the index, the configuration it leads to, and the weights beside that."""
    known = len(part) == 2 and all(isinstance(word, str) for word in part)
    if not known or _CLASS.fullmatch(part[1]) is None or not re.fullmatch(r"\w+", name):
        raise SetupError(f"{visible(str(folder / INDEX))}: {visible(name)!r} cannot be read")
    if part[0] not in LIBRARIES and tuple(part) != CHECKER:
        raise SetupError(
            f"{visible(str(folder / INDEX))} wants {visible(f'{part[0]}.{part[1]}')} as its "
            f"{name}; only parts of diffusers and transformers are run",
        )
    for config in ("config.json", "tokenizer_config.json", "preprocessor_config.json"):
        found = folder / name / config
        if found.is_file() and "auto_map" in _read_json(found):
            raise SetupError(f"{visible(str(found))} wants code of its own, which is not run")
    weights = _weights(folder / name)
    pickles = [file for file in weights if file.suffix.lower() in PICKLES]
    if pickles and len(pickles) == len(weights):
        refuse_pickles(pickles[0])


def _weights(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(f for f in folder.iterdir() if f.suffix.lower() in (SAFE, *PICKLES))


def _variant(folder: Path, parts: Mapping[str, object]) -> str | None:
    """The marker "fp16" where some part has its weights under that name alone."""
    for name in parts:
        names = [file.name for file in _weights(folder / name) if file.suffix.lower() == SAFE]
        if names and all(".fp16." in file for file in names):
            return "fp16"
    return None


def _tensor_names(path: Path) -> list[str]:
    """From the header: eight bytes of its length, little-endian, then JSON."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= min(_MOST_HEADER, path.stat().st_size):
                raise ValueError("no header")
            return list(_object(json.loads(file.read(length))))
    except (OSError, ValueError, RecursionError) as error:
        raise SetupError(
            f"{visible(str(path))} cannot be read as safetensors: {visible(str(error))}",
            hint="is the download complete? fetch the file again",
        ) from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MOST_CONFIG:
            raise ValueError("it is too large")
        return _object(json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        raise SetupError(
            f"{visible(str(path.parent))} has no {path.name}",
            hint="name a folder in diffusers' layout, or a .safetensors file",
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise SetupError(f"{visible(str(path))} cannot be read: {visible(str(error))}") from error


def _object(found: object) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise ValueError("it holds no object")
    return found
