"""Draw one request with a diffusers pipeline: what it is asked for, step by step, to a PNG.

All of it runs in the one thread that owns the pipelines.
"""

from __future__ import annotations

import importlib.util
import inspect
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bozzetto.adapters.images.samplers import find_sampler
from bozzetto.errors import BackendError, InputError
from bozzetto.text.normalise import visible
from bozzetto.types import Effective, ImageFiltered, ImageMade, ImageProgress, ImageRequest

__all__ = ["LeftError", "Loaded", "draw", "failure", "quick_settings"]

LARGEST_SEED: Final = 2**64 - 1
MOST_STEPS: Final = 500  # models know a thousand, and some samplers look twice
SIDES: Final = (8, 8192)
PREVIEW_EVERY: Final = 4  # steps
PREVIEW_SIDE: Final = 256

_QUICK: Final[Mapping[str, tuple[int, float]]] = {
    "turbo": (4, 0.0),
    "lightning": (4, 0.0),
    "schnell": (4, 0.0),
    "lcm": (4, 1.0),
}
"""Steps and guidance of models that were distilled to need few, by a word of their names.

From their cards: stabilityai/sdxl-turbo, stabilityai/stable-diffusion-3.5-large-turbo,
ByteDance/SDXL-Lightning, black-forest-labs/FLUX.1-schnell, latent-consistency/lcm-lora-sdxl.
"""

_TO_RGB: Final[Mapping[float, tuple[tuple[float, float, float], ...]]] = {
    0.18215: (
        (0.3512, 0.2297, 0.3227), (0.3250, 0.4974, 0.2350),
        (-0.2829, 0.1762, 0.2721), (-0.2120, -0.2616, -0.7177),
    ),
    0.13025: (
        (0.3651, 0.4232, 0.4341), (-0.2533, -0.0042, 0.1068),
        (0.1076, 0.1111, -0.0362), (-0.3165, -0.2492, -0.2188),
    ),
}  # fmt: skip
"""Red, green and blue of each latent channel, -1 to 1, by the VAE's scaling factor, which tells
Stable Diffusion 1.5 from XL. Linear fits, published with ComfyUI (comfy/latent_formats.py)."""


_SHORT_OF_MEMORY = re.compile("out of memory|allocate memory|Invalid buffer size", re.IGNORECASE)


class LeftError(Exception):
    """Nobody waits for the picture any more."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A pipeline with its own scheduler, and the name its pictures are signed with."""

    pipeline: Any
    scheduler: Any
    name: str


@dataclass(slots=True)
class _Plan:
    """What the pipeline is called with, and what of the request that leaves out."""

    arguments: dict[str, Any]
    notes: list[str]


def draw(
    loaded: Loaded,
    request: ImageRequest,
    tell: Callable[[ImageProgress], None],
    left: Callable[[], bool],
) -> ImageMade | ImageFiltered:
    """Make the picture, telling of each step, until it is done or nobody waits.

    Raises:
        InputError: the request can never be met.
        BackendError: memory does not suffice, or the pipeline fails.
        LeftError: `left` said so after a step.
    """
    from torch import Generator

    _check(request)
    plan = _plan(loaded, request)
    plan.arguments["generator"] = Generator("cpu").manual_seed(request.seed)
    if "callback_on_step_end" in _parameters(loaded.pipeline):
        plan.arguments["callback_on_step_end"] = _stepper(tell, left)
    try:
        result = loaded.pipeline(**plan.arguments)
    except LeftError:
        raise
    except Exception as error:
        raise failure(error, loaded.name, request) from error
    if any(getattr(result, "nsfw_content_detected", None) or ()):
        return ImageFiltered("the model's safety checker found the picture unsafe")
    return _made(loaded, request, plan, result.images[0])


def failure(error: Exception, name: str, request: ImageRequest) -> BackendError:
    """What went wrong inside the pipeline. Each device says in its own way that memory is short."""
    said = visible(str(error)).strip() or type(error).__name__
    if not isinstance(error, MemoryError) and not _SHORT_OF_MEMORY.search(said):
        return BackendError(f"diffusers: {name} failed: {said.splitlines()[0]}")
    size = f"{request.width or 'its own'} x {request.height or 'its own'}"
    return BackendError(
        f"diffusers: memory does not suffice for a picture of {size} pixels",
        hint="ask for a smaller one, or draw with a smaller model",
    )


def quick_settings(name: str, scheduler: str) -> tuple[int, float] | None:
    """Steps and guidance for a model that needs few, by its name or scheduler; else None."""
    words = name.lower()
    if scheduler == "LCMScheduler":
        words += " lcm"
    return next((values for word, values in _QUICK.items() if word in words), None)


def _check(request: ImageRequest) -> None:
    if not 0 <= request.seed <= LARGEST_SEED:
        raise InputError(f"diffusers: seed {request.seed} is not between 0 and {LARGEST_SEED}")
    if request.steps is not None and not 1 <= request.steps <= MOST_STEPS:
        raise InputError(f"diffusers: {request.steps} steps are not between 1 and {MOST_STEPS}")
    for side in (request.width, request.height):
        if side is not None and not SIDES[0] <= side <= SIDES[1]:
            raise InputError(
                f"diffusers: {side} pixels is no side of a picture",
                hint=f"sides are between {SIDES[0]} and {SIDES[1]} pixels",
            )


def _plan(loaded: Loaded, request: ImageRequest) -> _Plan:
    plan = _Plan({"prompt": request.prompt}, [])
    _set_sampler(loaded, request, plan)
    _set_strength(loaded, request, plan)
    _set_negative(loaded, request, plan)
    _set_size(loaded.pipeline, request, plan)
    for what, text in (("prompt", request.prompt), ("negative prompt", request.negative)):
        if text and (cut := _cut(loaded.pipeline, text)):
            plan.notes.append(f"the model did not read the last {cut} tokens of the {what}")
    if request.model is not None and request.model != loaded.name:
        plan.notes.append(f"drawn by {loaded.name}; there is no choice of models here")
    return plan


def _parameters(pipeline: Any) -> Mapping[str, inspect.Parameter]:  # noqa: ANN401
    return inspect.signature(type(pipeline).__call__).parameters


def _set_strength(loaded: Loaded, request: ImageRequest, plan: _Plan) -> None:
    """Steps and guidance: as asked, else as the model's kind wants, else the pipeline's own."""
    quick = quick_settings(loaded.name, type(loaded.pipeline.scheduler).__name__)
    steps, guidance = quick or (None, None)
    wanted = {
        "num_inference_steps": request.steps if request.steps is not None else steps,
        "guidance_scale": request.guidance if request.guidance is not None else guidance,
    }
    known = _parameters(loaded.pipeline)
    for name, value in wanted.items():
        if name in known:
            plan.arguments[name] = known[name].default if value is None else value
        elif value is not None:
            plan.notes.append(f"{loaded.name} takes no {name.replace('_', ' ')}")


def _set_negative(loaded: Loaded, request: ImageRequest, plan: _Plan) -> None:
    if not request.negative:
        return
    if "negative_prompt" not in _parameters(loaded.pipeline):
        plan.notes.append(f"{loaded.name} takes no negative prompt")
    elif plan.arguments.get("guidance_scale", 2.0) <= 1:
        plan.notes.append("at a guidance of 1 or less the negative prompt is not read")
    else:
        plan.arguments["negative_prompt"] = request.negative


def _set_sampler(loaded: Loaded, request: ImageRequest, plan: _Plan) -> None:
    """Put the scheduler wanted in place of the model's own, made from its settings."""
    import diffusers

    loaded.pipeline.scheduler = loaded.scheduler
    if request.sampler is None:
        return
    asked = visible(request.sampler)
    if type(loaded.scheduler).__name__.startswith("FlowMatch"):
        plan.notes.append(f"sampler {asked} left out: the model has its own way of stepping")
        return
    sampler = find_sampler(request.sampler)
    if sampler is None:
        plan.notes.append(f"sampler {asked} left out: diffusers has none of that name")
    elif sampler.needs and importlib.util.find_spec(sampler.needs) is None:
        plan.notes.append(f"sampler {asked} left out: it needs the package {sampler.needs}")
    else:
        made = getattr(diffusers, sampler.scheduler)
        loaded.pipeline.scheduler = made.from_config(loaded.scheduler.config, **sampler.settings)


def _set_size(pipeline: Any, request: ImageRequest, plan: _Plan) -> None:  # noqa: ANN401
    unit = _unit(pipeline)
    asked = {"width": request.width, "height": request.height}
    for name, side in asked.items():
        if side is None:
            continue
        fitting = max(unit, round(side / unit) * unit)
        plan.arguments[name] = fitting
        if fitting != side:
            plan.notes.append(f"{name} {fitting} in place of {side}: a multiple of {unit}")


def _unit(pipeline: Any) -> int:  # noqa: ANN401
    """What sides are multiples of: pixels a latent, and latents a patch of a transformer."""
    patch = getattr(getattr(pipeline, "transformer", None), "config", {}).get("patch_size", 1)
    return int(getattr(pipeline, "vae_scale_factor", 8)) * int(patch or 1)


def _cut(pipeline: Any, text: str) -> int:  # noqa: ANN401
    """How many tokens at the end of a text no encoder reads. T5 reads on where CLIP ends."""
    if getattr(pipeline, "text_encoder_3", None) is not None:
        readers = [(pipeline.tokenizer_3, 256)]
    else:
        tokenizers = (getattr(pipeline, n, None) for n in ("tokenizer", "tokenizer_2"))
        readers = [(t, t.model_max_length) for t in tokenizers if t is not None]
    return max(0, min((len(t(text).input_ids) - most for t, most in readers), default=0))


def _stepper(
    tell: Callable[[ImageProgress], None], left: Callable[[], bool]
) -> Callable[[Any, int, Any, dict[str, Any]], dict[str, Any]]:
    """The function that diffusers calls after each step."""

    def after(pipeline: Any, step: int, at: Any, tensors: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401
        if left():
            raise LeftError
        total = max(int(getattr(pipeline, "num_timesteps", 0)), step + 1)
        shown = step % PREVIEW_EVERY == PREVIEW_EVERY - 1 and step + 1 < total
        preview = _preview(pipeline, tensors.get("latents")) if shown else None
        # The last part is the decoding, of which nothing is told.
        tell(ImageProgress((step + 1) / (total + 1), preview))
        return tensors

    return after


def _preview(pipeline: Any, latents: Any) -> bytes | None:  # noqa: ANN401
    """A small JPEG from the latents, where their colours are known; it costs a millisecond."""
    import torch
    from PIL import Image

    settings = getattr(getattr(pipeline, "vae", None), "config", {})
    factors = _TO_RGB.get(settings.get("scaling_factor", 0.0))
    if factors is None or latents is None or latents.ndim != 4 or latents.shape[1] != len(factors):
        return None
    found = latents[0].detach().float().cpu()
    # Some schedulers keep the noise at its own size, up to fourteen times the picture's.
    found = found / max(1.0, float(found.std()))
    colours = torch.einsum("chw,cr->hwr", found, torch.tensor(factors))
    pixels = ((colours + 1) * 127.5).clamp(0, 255).round().to(torch.uint8).numpy()
    file = io.BytesIO()
    picture = Image.fromarray(pixels)
    scale = PREVIEW_SIDE / max(picture.size)
    picture.resize((max(1, int(picture.width * scale)), max(1, int(picture.height * scale)))).save(
        file, "JPEG", quality=80
    )
    return file.getvalue()


def _made(loaded: Loaded, request: ImageRequest, plan: _Plan, picture: Any) -> ImageMade:  # noqa: ANN401
    file = io.BytesIO()
    picture.convert("RGB").save(file, "PNG", compress_level=1)
    steps = plan.arguments.get("num_inference_steps")
    guidance = plan.arguments.get("guidance_scale")
    return ImageMade(
        file.getvalue(),
        Effective(
            prompt=request.prompt,
            negative=plan.arguments.get("negative_prompt"),
            seed=request.seed,
            steps=None if steps is None else int(steps),
            guidance=None if guidance is None else float(guidance),
            sampler=type(loaded.pipeline.scheduler).__name__,
            width=picture.width,
            height=picture.height,
            model=loaded.name,
            notes=tuple(plan.notes),
        ),
    )
