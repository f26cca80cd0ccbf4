"""What Amazon documents of its picture models: which bodies they take, what they answer.

Written from the Bedrock and Nova user guides and the JumpStart notebooks, apart from our
adapters, so that both can be wrong only in different ways.
"""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Callable, Mapping
from typing import Any

from bozzetto.testing.aws_checks import (
    Body,
    Check,
    Fields,
    Rule,
    integer,
    number,
    one_of,
    problem_of,
    text,
)

__all__ = ["ENDPOINTS", "RULES"]

_SDXL_SIZES = {
    (1024, 1024), (1152, 896), (1216, 832), (1344, 768), (1536, 640),
    (640, 1536), (768, 1344), (832, 1216), (896, 1152),
}  # fmt: skip
_TITAN_SIZES = {
    (1024, 1024), (768, 768), (512, 512), (768, 1152), (384, 576), (1152, 768), (576, 384),
    (768, 1280), (384, 640), (1280, 768), (640, 384), (896, 1152), (448, 576), (1152, 896),
    (576, 448), (768, 1408), (384, 704), (1408, 768), (704, 384), (640, 1408), (320, 704),
    (1408, 640), (704, 320), (1152, 640), (1173, 640),
}  # fmt: skip
_RATIOS = {"16:9", "1:1", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21"}
_BEDROCK_SAMPLERS = {
    "DDIM", "DDPM", "K_DPMPP_2M", "K_DPMPP_2S_ANCESTRAL", "K_DPM_2", "K_DPM_2_ANCESTRAL",
    "K_EULER", "K_EULER_ANCESTRAL", "K_HEUN", "K_LMS",
}  # fmt: skip
_ENDPOINT_SAMPLERS = {
    "EulerEDMSampler", "HeunEDMSampler", "EulerAncestralSampler", "DPMPP2SAncestralSampler",
    "DPMPP2MSampler", "LinearMultistepSampler",
}  # fmt: skip


def _weighted(longest: int) -> Check:
    needed, optional = {"text": text(longest)}, {"weight": number(-10, 10)}
    return lambda value: (
        isinstance(value, list)
        and len(value) > 0
        and all(problem_of(one, needed, optional) is None for one in value)
        and any(one.get("weight", 1) > 0 for one in value)
    )


def _sides(body: Body, allowed: Callable[[int, int], bool]) -> str | None:
    """Width and height come together, and the model makes that size."""
    width, height = body.get("width"), body.get("height")
    if width is None and height is None:
        return None
    if type(width) is int and type(height) is int and allowed(width, height):
        return None
    return f"#: the size {width}x{height} is not supported"


def _draw(prompt: str, seed: int, size: tuple[int, int], kind: str = "PNG") -> bytes:
    """A real picture of one colour, by the prompt and the seed."""
    from PIL import Image

    colour = tuple(hashlib.sha256(f"{seed}\n{prompt}".encode(errors="replace")).digest()[:3])
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, kind)
    return file.getvalue()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _prompt_of(texts: list[Body]) -> str:
    return "\n".join(f"{one['text']} {one.get('weight', 1)}" for one in texts)


def _size_of(body: Body, default: int) -> tuple[int, int]:
    return body.get("width", default), body.get("height", default)


# Bedrock: Stable Diffusion XL 1.0


def _sdxl_problem(body: Body) -> str | None:
    optional = {
        "cfg_scale": number(0, 35),
        "clip_guidance_preset": one_of(
            "FAST_BLUE", "FAST_GREEN", "NONE", "SIMPLE", "SLOW", "SLOWER", "SLOWEST"
        ),
        "height": integer(640, 1536),
        "width": integer(640, 1536),
        "sampler": one_of(*_BEDROCK_SAMPLERS),
        "samples": integer(1, 1),
        "seed": integer(0, 4_294_967_295),
        "steps": integer(10, 50),
        "style_preset": lambda value: isinstance(value, str),
        "extras": lambda value: isinstance(value, Mapping),
    }
    return problem_of(body, {"text_prompts": _weighted(2000)}, optional) or _sides(
        body, lambda w, h: (w, h) in _SDXL_SIZES
    )


def _sdxl_answer(body: Body, accept: str) -> Mapping[str, Any]:
    seed = body.get("seed", 0) or 1234
    data = _draw(_prompt_of(body["text_prompts"]), seed, _size_of(body, 1024))
    one = {"seed": seed, "base64": _base64(data), "finishReason": "SUCCESS"}
    return {"result": "success", "artifacts": [one]}


_SDXL = Rule(
    _sdxl_problem,
    _sdxl_answer,
    {
        "result": "success",
        "artifacts": [{"seed": 1, "base64": "AA==", "finishReason": "CONTENT_FILTERED"}],
    },
)

# Bedrock: Stable Diffusion 3.5, Stable Image Core and Ultra


def _stable_problem(body: Body) -> str | None:
    optional = {
        "aspect_ratio": one_of(*_RATIOS),
        "mode": one_of("text-to-image"),
        "negative_prompt": text(10_000),
        "output_format": one_of("jpeg", "png"),
        "seed": integer(0, 4_294_967_294),
    }
    return problem_of(body, {"prompt": text(10_000)}, optional)


def _stable_answer(body: Body, accept: str) -> Mapping[str, Any]:
    seed = body.get("seed", 0) or 1234
    wide, high = (int(part) for part in body.get("aspect_ratio", "1:1").split(":"))
    prompt = f"{body['prompt']}\n{body.get('negative_prompt', '')}"
    data = _draw(prompt, seed, (64 * wide, 64 * high))
    return {"seeds": [seed], "finish_reasons": [None], "images": [_base64(data)]}


_STABLE = Rule(_stable_problem, _stable_answer, {"finish_reasons": ["Filter reason: prompt"]})

# Bedrock: Titan Image and Nova Canvas


def _amazon(
    longest: int,
    highest: int,
    allowed: Callable[[int, int], bool],
    refused: Mapping[str, Any] | str,
) -> Rule:
    texts = {"text": text(longest)}, {"negativeText": text(longest)}
    settings: Fields = {
        "numberOfImages": integer(1, 5),
        "quality": one_of("standard", "premium"),
        "cfgScale": number(1.1, 10),
        "height": integer(320, 4096),
        "width": integer(320, 4096),
        "seed": integer(0, highest),
    }

    def problem(body: Body) -> str | None:
        needed: Fields = {
            "taskType": one_of("TEXT_IMAGE"),
            "textToImageParams": lambda value: problem_of(value, *texts) is None,
        }
        optional: Fields = {
            "imageGenerationConfig": lambda value: problem_of(value, {}, settings) is None
        }
        return problem_of(body, needed, optional) or _sides(
            body.get("imageGenerationConfig", {}), allowed
        )

    def answer(body: Body, accept: str) -> Mapping[str, Any]:
        config = body.get("imageGenerationConfig", {})
        prompt = "\n".join(body["textToImageParams"].values())
        data = _draw(prompt, config.get("seed", 12), _size_of(config, 1024))
        return {"images": [_base64(data)], "error": None}

    return Rule(problem, answer, refused)


_TITAN = _amazon(
    512,
    2_147_483_646,
    lambda w, h: (w, h) in _TITAN_SIZES,
    "This request has been blocked by our content filters. Our filters automatically flagged "
    "this prompt because it may conflict our AUP or AWS Responsible AI Policy.",
)
_CANVAS = _amazon(
    1024,
    858_993_459,
    lambda w, h: w % 16 == h % 16 == 0 and w * h < 4_194_304 and w <= 4 * h and h <= 4 * w,
    {"error": "All of the generated images have been blocked by our content filters."},
)

# SageMaker JumpStart


def _by_eight(least: int) -> Callable[[int, int], bool]:
    return lambda w, h: w % 8 == h % 8 == 0 and min(w, h) >= least


def _diffusers_problem(body: Body) -> str | None:
    whole = integer(1, 1 << 62)
    optional = {
        "width": whole,
        "height": whole,
        "num_inference_steps": whole,
        "guidance_scale": number(-1e6, 1e6),
        "negative_prompt": lambda value: isinstance(value, str),
        "num_images_per_prompt": whole,
        "seed": integer(0, 1 << 62),
    }
    return problem_of(body, {"prompt": text(1 << 20)}, optional) or _sides(body, _by_eight(8))


def _diffusers_answer(body: Body, accept: str) -> Mapping[str, Any]:
    seed, size = body.get("seed", 1234), _size_of(body, 64)
    prompt = f"{body['prompt']}\n{body.get('negative_prompt', '')}"
    if "jpeg" in accept:
        picture: object = _base64(_draw(prompt, seed, size, "JPEG"))
    else:
        picture = _pixels(_draw(prompt, seed, size))
    return {"generated_images": [picture], "prompt": body["prompt"]}


def _pixels(data: bytes) -> object:
    import numpy as np
    from PIL import Image

    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture).tolist()


def _endpoint_sdxl_problem(body: Body) -> str | None:
    whole = integer(1, 1 << 62)
    optional = {
        "width": whole,
        "height": whole,
        "sampler": one_of(*_ENDPOINT_SAMPLERS),
        "cfg_scale": number(-1e6, 1e6),
        "steps": whole,
        "seed": integer(0, 4_294_967_295),
        "use_refiner": lambda value: isinstance(value, bool),
    }
    return problem_of(body, {"text_prompts": _weighted(1 << 20)}, optional) or _sides(
        body, _by_eight(257)
    )


def _endpoint_sdxl_answer(body: Body, accept: str) -> Mapping[str, Any]:
    prompt, seed = _prompt_of(body["text_prompts"]), body.get("seed", 1)
    return {"generated_image": _base64(_draw(prompt, seed, _size_of(body, 512)))}


_DIFFUSERS = Rule(_diffusers_problem, _diffusers_answer, "the endpoint filters nothing")
_ENDPOINT_SDXL = Rule(
    _endpoint_sdxl_problem,
    _endpoint_sdxl_answer,
    {"artifacts": [{"seed": 1, "base64": "", "finishReason": "CONTENT_FILTERED"}]},
)

RULES = (
    ("stability.stable-diffusion-xl", _SDXL),
    ("stability.sd3", _STABLE),
    ("stability.stable-image-core", _STABLE),
    ("stability.stable-image-ultra", _STABLE),
    ("amazon.titan-image-generator", _TITAN),
    ("amazon.nova-canvas", _CANVAS),
)
"""How the ids of Bedrock's models begin, and their rules."""

ENDPOINTS = (("sdxl", _ENDPOINT_SDXL), ("", _DIFFUSERS))
"""What an endpoint's name holds, and the rule of its container: Stability's where it is "sdxl"."""
