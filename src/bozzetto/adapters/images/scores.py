"""How well a picture shows its prompt, and how well it would please, by CLIP in this process.

    clip:FOLDER or clip:OWNER/MODEL        only "clip"
    clip:MODEL,HEAD.safetensors            "aesthetic" too

"clip" is CLIPScore (Hessel et al. 2021): 2.5 times the cosine of picture and prompt, not below 0;
good pairs lie between 0.6 and 0.9. "aesthetic" is 1 to 10, by a head of linear layers on the unit
vector of the picture, as LAION's improved-aesthetic-predictor has them (for CLIP ViT-L/14: 768,
1024, 128, 64, 16, 1). Both sort pictures roughly; neither stands in for a person.
"""

from __future__ import annotations

import importlib.util
import io
import re
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from bozzetto.adapters.hub import best_device, first_line, hub_errors, hush, offline
from bozzetto.adapters.images.model_files import is_hub_id, refuse_pickles
from bozzetto.errors import BozzettoError, DataError, InputError, MissingExtraError, SetupError
from bozzetto.text.normalise import visible

__all__ = ["ClipScores", "open_scores"]

PACKAGES: Final = ("torch", "transformers", "diffusers", "safetensors")
AT_ONCE: Final = 16
MOST_PIXELS: Final = 40_000_000
FORMATS: Final = ("PNG", "JPEG", "WEBP")
LOWEST, HIGHEST = 1.0, 10.0

_LAYER = re.compile(r"(?:layers\.(\d+)\.)?weight")


class ClipScores:
    """Scores of pictures; the model is loaded at the first, and serves one caller at a time."""

    def __init__(self, model: str, head: Path | None, environ: Mapping[str, str]) -> None:
        self._model = model
        self._head = head
        self._environ = environ
        self._lock = threading.Lock()
        self._parts: _Parts | None = None

    def score(self, images: Sequence[tuple[bytes, str]]) -> list[dict[str, float]]:
        """The scores of each picture (the bytes of its file) for its prompt, in their order.

        Raises:
            SetupError: the model or its head is not there or may not be loaded.
            BackendError: the hub cannot be reached.
            DataError: a picture cannot be read.
        """
        with self._lock:
            if self._parts is None:
                self._parts = _load(self._model, self._head, self._environ)
            batches = (images[at : at + AT_ONCE] for at in range(0, len(images), AT_ONCE))
            return [scores for batch in batches for scores in self._parts.score(batch)]


class _Parts:
    """A CLIP with what prepares pictures and texts for it, and perhaps a head."""

    def __init__(self, clip: Any, pictures: Any, texts: Any, head: list[tuple[Any, Any]]) -> None:  # noqa: ANN401
        self._clip = clip
        self._pictures = pictures
        self._texts = texts
        self._head = head

    def score(self, images: Sequence[tuple[bytes, str]]) -> list[dict[str, float]]:
        import torch

        with torch.inference_mode():
            seen = self._see([_open(data) for data, _ in images])
            read = self._read([text for _, text in images])
            clip = (2.5 * (seen * read).sum(-1).clamp(min=0.0)).tolist()
            if not self._head:
                return [{"clip": score} for score in clip]
            for weight, bias in self._head:
                seen = seen @ weight.T + bias
            pleasing = seen.squeeze(-1).clamp(LOWEST, HIGHEST).tolist()
        return [{"clip": a, "aesthetic": b} for a, b in zip(clip, pleasing, strict=True)]

    def _see(self, pictures: list[Any]) -> Any:  # noqa: ANN401 - unit vectors, a tensor
        pixels = self._pictures(images=pictures, return_tensors="pt")["pixel_values"]
        return _unit(self._clip.get_image_features(pixel_values=pixels.to(self._clip.device)))

    def _read(self, texts: list[str]) -> Any:  # noqa: ANN401
        most = self._clip.config.text_config.max_position_embeddings
        tokens = self._texts(
            texts, padding=True, truncation=True, max_length=most, return_tensors="pt"
        ).to(self._clip.device)
        return _unit(
            self._clip.get_text_features(
                input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"]
            )
        )


def _unit(found: Any) -> Any:  # noqa: ANN401
    """Of unit length. Since its version 5 transformers wraps the vectors."""
    vectors = getattr(found, "pooler_output", found)
    return vectors / vectors.norm(dim=-1, keepdim=True)


def _open(data: bytes) -> Any:  # noqa: ANN401 - a Pillow picture
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as found:
            if found.width * found.height > MOST_PIXELS:
                raise ValueError(f"{found.width}x{found.height} is too large")
            return found.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(f"a picture cannot be read to be scored: {first_line(error)}") from error


def _load(model: str, head: Path | None, environ: Mapping[str, str]) -> _Parts:
    hush()
    local = Path(model).expanduser().is_dir()
    try:
        if local:
            return _open_parts(str(Path(model).expanduser()), head, local_files_only=True)
        hint = f"where there is a network: hf download {model} --local-dir FOLDER; then clip:FOLDER"
        with hub_errors(f"clip:{model}", hint, environ):
            return _open_parts(
                model,
                head,
                local_files_only=offline(environ),
                cache_dir=environ.get("HF_HUB_CACHE") or None,
                token=environ.get("HF_TOKEN") or None,
            )
    except BozzettoError:
        raise
    except Exception as error:
        said = first_line(error)
        raise SetupError(f"clip:{visible(model)} cannot be loaded: {said}") from error


def _open_parts(model: str, head: Path | None, **wanted: Any) -> _Parts:  # noqa: ANN401
    from transformers import CLIPImageProcessor, CLIPModel, CLIPTokenizer

    clip = CLIPModel.from_pretrained(model, use_safetensors=True, **wanted).eval()
    layers = _read_head(head, int(clip.config.projection_dim)) if head else []
    device = best_device()
    return _Parts(
        clip.to(device),
        CLIPImageProcessor.from_pretrained(model, **wanted),
        CLIPTokenizer.from_pretrained(model, **wanted),
        [(weight.to(device), bias.to(device)) for weight, bias in layers],
    )


def _read_head(file: Path, width: int) -> list[tuple[Any, Any]]:
    """Its linear layers in order, weights of shape (out, in); dropout lies between them."""
    from safetensors.torch import load_file

    try:
        tensors = load_file(file)
    except Exception as error:
        raise SetupError(f"{visible(str(file))} cannot be read: {first_line(error)}") from error
    order = sorted((int(m[1] or 0), n) for n in tensors if (m := _LAYER.fullmatch(n)))
    weights = [tensors[name].float() for _, name in order]
    shapes = [tuple(weight.shape) for weight in weights]
    fits = all(len(shape) == 2 for shape in shapes) and _chain(shapes, width)
    biases = [tensors.get(name.replace("weight", "bias")) for _, name in order]
    if not fits or any(bias is None for bias in biases):
        raise SetupError(
            f"{visible(str(file))} is no head for this model, whose vectors have {width} numbers",
            hint="LAION's heads are for openai/clip-vit-large-patch14",
        )
    return [(w, b.float()) for w, b in zip(weights, biases, strict=True) if b is not None]


def _chain(shapes: Sequence[tuple[int, ...]], width: int) -> bool:
    """Whether each layer takes what the one before gives, from `width` down to one number."""
    for shape in shapes:
        if shape[1] != width:
            return False
        width = shape[0]
    return bool(shapes) and width == 1


def open_scores(rest: str, *, environ: Mapping[str, str], timeout: float) -> ClipScores:
    """Open a CLIP by folder or hub name, and a head behind a comma; nothing is loaded yet.

    Raises:
        InputError: no model is named.
        SetupError: the model or the head is not there, or is a pickle.
        MissingExtraError: a package is missing.
    """
    model, _, head = (part.strip() for part in rest.partition(","))
    if not model:
        raise InputError("clip: names no model", hint="clip:FOLDER or clip:OWNER/MODEL")
    missing = [package for package in PACKAGES if importlib.util.find_spec(package) is None]
    if missing:
        raise MissingExtraError(
            f"clip:{visible(model)} needs the package {missing[0]}",
            hint="pip install 'bozzetto[diffusers]'",
        )
    if not Path(model).expanduser().is_dir() and not is_hub_id(model):
        raise SetupError(f"clip: there is no folder {visible(model)}")
    file = Path(head).expanduser() if head else None
    if file is not None:
        refuse_pickles(file)
        if not file.is_file():
            raise SetupError(f"clip: there is no file {visible(head)}")
    return ClipScores(model, file, environ)
