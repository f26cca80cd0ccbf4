"""Bodies and answers of Bedrock's picture models, against the server's own rules."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.adapters.images.bedrock_bodies import FAMILIES, Drawn, body, family_of, read
from bozzetto.errors import BackendError, InputError
from bozzetto.testing.aws_rules import model_rule
from bozzetto.types import Effective, ImageFiltered, ImageRequest

SDXL = "stability.stable-diffusion-xl-v1"
SD35 = "stability.sd3-5-large-v1:0"
CORE = "stability.stable-image-core-v1:1"
ULTRA = "stability.stable-image-ultra-v1:1"
TITAN = "amazon.titan-image-generator-v2:0"
CANVAS = "amazon.nova-canvas-v1:0"
MODELS = (SDXL, SD35, CORE, ULTRA, TITAN, CANVAS)
LIMITS = {SDXL: 2000, SD35: 10_000, CORE: 10_000, ULTRA: 10_000, TITAN: 512, CANVAS: 1024}

FULL = ImageRequest(
    prompt="a small dog",
    negative="cat",
    seed=7,
    steps=30,
    guidance=7.0,
    sampler="Euler a",
    width=1024,
    height=1024,
)


def test_sdxl_takes_everything() -> None:
    made, effective = body(FULL, SDXL)
    assert made == {
        "text_prompts": [{"text": "a small dog", "weight": 1.0}, {"text": "cat", "weight": -1.0}],
        "samples": 1,
        "seed": 7,
        "cfg_scale": 7.0,
        "steps": 30,
        "sampler": "K_EULER_ANCESTRAL",
        "width": 1024,
        "height": 1024,
    }
    assert effective == Effective(
        prompt="a small dog",
        negative="cat",
        seed=7,
        steps=30,
        guidance=7.0,
        sampler="K_EULER_ANCESTRAL",
        width=1024,
        height=1024,
        model=SDXL,
    )


@pytest.mark.parametrize("model", [SD35, CORE, ULTRA])
def test_stable_image_takes_a_shape_and_no_settings(model: str) -> None:
    made, effective = body(FULL, model)
    assert made == {
        "prompt": "a small dog",
        "negative_prompt": "cat",
        "seed": 7,
        "output_format": "png",
        "aspect_ratio": "1:1",
    }
    assert effective == Effective(
        prompt="a small dog",
        negative="cat",
        seed=7,
        model=model,
        notes=(
            "1024x1024 became 1:1: this model takes a shape, not a size",
            "this model takes no steps",
            "this model takes no guidance",
            "this model takes no sampler",
        ),
    )


@pytest.mark.parametrize("model", [TITAN, CANVAS])
def test_amazons_own_have_a_task_texts_and_settings(model: str) -> None:
    made, effective = body(FULL, model)
    assert made == {
        "taskType": "TEXT_IMAGE",
        "textToImageParams": {"text": "a small dog", "negativeText": "cat"},
        "imageGenerationConfig": {
            "numberOfImages": 1,
            "seed": 7,
            "cfgScale": 7.0,
            "width": 1024,
            "height": 1024,
        },
    }
    assert effective == Effective(
        prompt="a small dog",
        negative="cat",
        seed=7,
        guidance=7.0,
        width=1024,
        height=1024,
        model=model,
        notes=("this model takes no steps", "this model takes no sampler"),
    )


@pytest.mark.parametrize(
    ("model", "family"),
    [
        (SDXL, "stability.stable-diffusion-xl*"),
        ("stability.stable-diffusion-xl-v0", "stability.stable-diffusion-xl*"),
        (f"us.{SD35}", "stability.sd3*"),
        ("stability.sd3-large-v1:0", "stability.sd3*"),
        (CORE, "stability.stable-image-core*, stability.stable-image-ultra*"),
        ("amazon.titan-image-generator-v1", "amazon.titan-image*"),
        (
            "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-canvas-v1:0",
            "amazon.nova-canvas*",
        ),
        (
            "arn:aws:bedrock:us-west-2:123456789012:inference-profile/us.stability.sd3-5-large-v1:0",
            "stability.sd3*",
        ),
    ],
)
def test_the_id_chooses_the_family(model: str, family: str) -> None:
    assert family_of(model).name == family


@pytest.mark.parametrize(
    "model",
    [
        "anthropic.claude-3-haiku-20240307-v1:0",
        "amazon.titan-embed-image-v1",
        "stability.stable-image-inpaint-v1:0",  # wants a picture to begin with
        "notstability.sd3",
    ],
)
def test_an_unknown_family_is_said_with_those_known(model: str) -> None:
    with pytest.raises(InputError) as caught:
        family_of(model)
    assert caught.value.message == (f"bedrock: {model!r} is of no family whose requests are known")
    assert caught.value.hint == f"known are {', '.join(family.name for family in FAMILIES)}"


def test_an_arn_without_the_id_is_said() -> None:
    with pytest.raises(InputError, match="an ARN must carry the model's id"):
        family_of("arn:aws:bedrock:us-west-2:123456789012:provisioned-model/abc123def456")


@pytest.mark.parametrize("model", MODELS)
def test_prompts_have_a_limit(model: str) -> None:
    limit = LIMITS[model]
    body(ImageRequest("x" * limit, negative="y" * limit), model)
    with pytest.raises(InputError, match=f"the prompt has {limit + 1} characters.* {limit} at"):
        body(ImageRequest("x" * (limit + 1)), model)
    with pytest.raises(InputError, match=f"the negative prompt has {limit + 1} characters"):
        body(ImageRequest("x", negative="y" * (limit + 1)), model)


@pytest.mark.parametrize("prompt", ["", " \n"])
def test_an_empty_prompt_is_refused(prompt: str) -> None:
    with pytest.raises(InputError, match="the prompt is empty"):
        body(ImageRequest(prompt), SD35)


def test_a_blank_negative_prompt_is_none() -> None:
    made, effective = body(ImageRequest("a dog", negative=" "), TITAN)
    assert made["textToImageParams"] == {"text": "a dog"}
    assert effective.negative is None


@pytest.mark.parametrize(
    ("model", "seed", "fitted"),
    [
        (SDXL, 4_294_967_295, 4_294_967_295),
        (SDXL, 0, 4_294_967_295),  # 0 would mean a random one
        (SD35, 0, 4_294_967_294),
        (SD35, 4_294_967_295, 1),
        (TITAN, 0, 0),
        (TITAN, 2_147_483_647, 0),
        (CANVAS, 858_993_459, 858_993_459),
        (CANVAS, 858_993_460, 0),
        (CANVAS, -1, 858_993_459),
    ],
)
def test_seeds_are_wrapped_into_the_models_range(model: str, seed: int, fitted: int) -> None:
    _, effective = body(ImageRequest("a dog", seed=seed), model)
    assert effective.seed == fitted
    assert bool(effective.notes) is (seed != fitted)


@pytest.mark.parametrize(
    ("model", "wanted", "made"),
    [
        (SDXL, (512, 512), (1024, 1024)),
        (SDXL, (1920, 1080), (1344, 768)),
        (SDXL, (512, 768), (832, 1216)),
        (TITAN, (512, 512), (512, 512)),
        (TITAN, (1920, 1080), (1408, 768)),
        (TITAN, (500, 520), (512, 512)),
        (CANVAS, (1280, 720), (1280, 720)),
        (CANVAS, (100, 100), (320, 320)),
        (CANVAS, (2048, 2048), (2032, 2032)),
        (CANVAS, (5000, 100), (1280, 320)),
    ],
)
def test_sizes_are_the_nearest_with_a_note(
    model: str, wanted: tuple[int, int], made: tuple[int, int]
) -> None:
    request = ImageRequest("a dog", seed=1, width=wanted[0], height=wanted[1])
    _, effective = body(request, model)
    assert (effective.width, effective.height) == made
    (wide, high), (width, height) = wanted, made
    told = f"{wide}x{high} became {width}x{height}, the nearest this model makes"
    assert effective.notes == (() if wanted == made else (told,))


@pytest.mark.parametrize(
    ("wanted", "ratio"),
    [
        ((1920, 1080), "16:9"),
        ((832, 1216), "2:3"),
        ((1024, 1280), "4:5"),
        ((2000, 100), "21:9"),
        ((1080, 1920), "9:16"),
    ],
)
def test_shapes_are_the_nearest(wanted: tuple[int, int], ratio: str) -> None:
    made, _ = body(ImageRequest("a dog", width=wanted[0], height=wanted[1]), SD35)
    assert made["aspect_ratio"] == ratio


def test_one_side_is_a_square() -> None:
    _, effective = body(ImageRequest("a dog", width=768), TITAN)
    assert (effective.width, effective.height) == (768, 768)


@pytest.mark.parametrize("side", [0, -5])
@pytest.mark.parametrize("model", [SDXL, SD35, CANVAS])
def test_a_size_below_a_pixel_is_refused(model: str, side: int) -> None:
    with pytest.raises(InputError, match="is no size"):
        body(ImageRequest("a dog", width=side, height=512), model)


@pytest.mark.parametrize(
    ("model", "guidance", "fitted"), [(SDXL, 50.0, 35.0), (TITAN, 1.0, 1.1), (CANVAS, 20.0, 10.0)]
)
def test_guidance_is_kept_in_range(model: str, guidance: float, fitted: float) -> None:
    _, effective = body(ImageRequest("a dog", seed=1, guidance=guidance), model)
    assert effective.guidance == fitted
    assert [note.partition(" ")[0] for note in effective.notes] == ["guidance"]


@pytest.mark.parametrize(
    ("name", "made", "note"),
    [
        ("DPM++ 2M Karras", "K_DPMPP_2M", "no Karras schedule: K_DPMPP_2M runs with its own"),
        ("dpmpp_2s_ancestral", "K_DPMPP_2S_ANCESTRAL", None),
        ("K_DPM_2_ANCESTRAL", "K_DPM_2_ANCESTRAL", None),
        ("DPM2 a", "K_DPM_2_ANCESTRAL", None),
        ("DDIM", "DDIM", None),
        ("UniPC", None, "no sampler 'UniPC' and chose its own"),
    ],
)
def test_samplers_by_their_usual_names(name: str, made: str | None, note: str | None) -> None:
    asked, effective = body(ImageRequest("a dog", seed=1, sampler=name), SDXL)
    assert asked.get("sampler") == made
    assert effective.sampler == made
    assert effective.notes == (() if note is None else (f"this model has {note}",))


def test_another_model_than_the_back_ends_is_said() -> None:
    _, effective = body(ImageRequest("a dog", seed=1, model="juggernaut"), TITAN)
    assert effective.notes == (
        f"the model is {TITAN}, as the back end's name says, not juggernaut",
    )


sizes = st.none() | st.integers(1, 100_000)
requests = st.builds(
    ImageRequest,
    prompt=st.text(min_size=1, max_size=512).filter(str.strip),
    negative=st.none() | st.text(max_size=512),
    seed=st.integers(-(1 << 70), 1 << 70),
    steps=st.none() | st.integers(-5, 10_000),
    guidance=st.none() | st.floats(),
    sampler=st.none() | st.text(max_size=20) | st.sampled_from(["Euler a", "DPM++ 2M Karras"]),
    width=sizes,
    height=sizes,
)


@given(requests, st.sampled_from(MODELS))
def test_every_body_is_valid(request: ImageRequest, model: str) -> None:
    """By the service's own rules."""
    made, effective = body(request, model)
    rule = model_rule(model)
    assert rule is not None
    assert rule.problem(json.loads(json.dumps(made, allow_nan=False))) is None
    assert effective.prompt == request.prompt


PICTURE = base64.b64encode(b"a picture").decode()


@pytest.mark.parametrize(
    ("model", "answer", "drawn"),
    [
        (
            SDXL,
            {"artifacts": [{"seed": 5, "base64": PICTURE, "finishReason": "SUCCESS"}]},
            Drawn(b"a picture", 5),
        ),
        (
            SD35,
            {"seeds": [9], "finish_reasons": [None], "images": [PICTURE]},
            Drawn(b"a picture", 9),
        ),
        (SD35, {"images": [PICTURE]}, Drawn(b"a picture")),
        (TITAN, {"images": [PICTURE], "error": None}, Drawn(b"a picture")),
        (CANVAS, {"images": [PICTURE], "error": "one of two was blocked"}, Drawn(b"a picture")),
    ],
)
def test_pictures_are_read(model: str, answer: dict[str, Any], drawn: Drawn) -> None:
    assert read(answer, model, "a dog") == drawn


FILTERED: list[tuple[str, dict[str, Any], str]] = [
    (
        SDXL,
        {"artifacts": [{"base64": PICTURE, "finishReason": "CONTENT_FILTERED"}]},
        "CONTENT_FILTERED",
    ),
    (SD35, {"finish_reasons": ["Filter reason: prompt"]}, "Filter reason: prompt"),
    (ULTRA, {"finish_reasons": ["Filter reason: output image"]}, "Filter reason: output image"),
    (
        TITAN,
        {"images": [], "error": "blocked by our content filters"},
        "blocked by our content filters",
    ),
    (
        CANVAS,
        {"images": None, "error": "has been blocked by\x1b policy"},
        "has been blocked by\\x1b policy",
    ),
]


@pytest.mark.parametrize(("model", "answer", "words"), FILTERED)
def test_a_refusal_is_told_in_the_services_words(
    model: str, answer: dict[str, Any], words: str
) -> None:
    assert read(answer, model, "a small dog in the garden") == ImageFiltered(words)
    assert read(answer, model, "un piccolo cane nel giardino") == ImageFiltered(
        f"{words} (the prompt is not English: translate it first)"
    )


@pytest.mark.parametrize(
    ("model", "answer", "words", "retryable"),
    [
        (SDXL, {"artifacts": [{"finishReason": "ERROR"}]}, "ended with ERROR", True),
        (SDXL, {"artifacts": []}, "no picture", False),
        (SDXL, {"artifacts": [{"finishReason": "SUCCESS", "base64": "?"}]}, "no picture", False),
        (SD35, {"finish_reasons": ["Inference error"]}, "ended with Inference error", True),
        (SD35, {}, "no picture", False),
        (SD35, {"images": [3]}, "no picture", False),
        (SD35, {"images": {"0": PICTURE}, "finish_reasons": None}, "no picture", False),
        (TITAN, {"images": []}, "no picture", False),
        (TITAN, {"images": ["é"]}, "no picture", False),
        (CANVAS, {"error": "out of luck"}, "out of luck", True),
    ],
)
def test_what_holds_neither_is_an_error(
    model: str, answer: dict[str, Any], words: str, retryable: bool
) -> None:
    with pytest.raises(BackendError, match=words) as caught:
        read(answer, model, "a dog")
    assert caught.value.retryable is retryable


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
names = st.sampled_from(["artifacts", "images", "seeds", "finish_reasons", "error"])


@given(st.dictionaries(names, junk | st.lists(junk, max_size=2)), st.sampled_from(MODELS))
def test_junk_never_breaks_the_reader(answer: dict[str, Any], model: str) -> None:
    try:
        found = read(answer, model, "a dog")
    except BackendError:
        return
    assert isinstance(found, Drawn | ImageFiltered)
