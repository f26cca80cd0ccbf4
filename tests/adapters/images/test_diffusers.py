"""Diffusers: what may be loaded, what is asked of a pipeline, what is told of it."""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bozzetto
from bozzetto.adapters.images.diffusers import Diffusers, open_images
from bozzetto.adapters.images.drawing import failure, quick_settings
from bozzetto.adapters.images.model_files import Folder, check_file, is_hub_id, read_folder
from bozzetto.adapters.images.samplers import Sampler, find_sampler, names
from bozzetto.errors import BackendError, BozzettoError, InputError, SetupError
from bozzetto.testing.images import collect
from bozzetto.types import (
    Effective,
    ImageEvent,
    ImageFiltered,
    ImageMade,
    ImageProgress,
    ImageRequest,
)

Require = Callable[[str], Path]
SMALL = ImageRequest("a small dog", "cat", 7, steps=2, guidance=5.0, width=64, height=64)
INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.35.0",
    "requires_safety_checker": False,
    "safety_checker": [None, None],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "text_encoder": ["transformers", "CLIPTextModel"],
}


def opened(name: object, **environ: str) -> Diffusers:
    return open_images(str(name), environ=environ, timeout=1.0)


def drawn(images: Diffusers, request: ImageRequest) -> ImageMade:
    end = asyncio.run(collect(images, request))[-1]
    assert isinstance(end, ImageMade)
    return end


def refusal(act: Callable[[], object]) -> tuple[str, str | None]:
    with pytest.raises(SetupError) as caught:
        act()
    return caught.value.message, caught.value.hint


def write_folder(folder: Path, files: Mapping[str, object], index: object = INDEX) -> Path:
    """A folder with an index, and files that are JSON or nothing."""
    for name, content in {"model_index.json": index, **files}.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("" if content is None else json.dumps(content), "utf-8")
    return folder


def write_tensors(file: Path, *tensors: str) -> Path:
    """The header of a safetensors file, and one number for all of its tensors."""
    about = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
    header = json.dumps({name: about for name in tensors}).encode()
    file.write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    return file


# What may be loaded


def test_a_folder_is_read_without_opening_its_weights(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {"unet/diffusion_pytorch_model.safetensors": None})
    assert read_folder(folder) == Folder(folder, "StableDiffusionPipeline")


def test_weights_in_half_precision_alone_are_asked_for_by_that_name(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {"unet/diffusion_pytorch_model.fp16.safetensors": None})
    assert read_folder(folder).variant == "fp16"
    (folder / "unet" / "diffusion_pytorch_model.safetensors").touch()
    assert read_folder(folder).variant is None


def test_stable_diffusion_3_is_told_of_parts_it_lacks(tmp_path: Path) -> None:
    index = {"_class_name": "StableDiffusion3Pipeline", "text_encoder_3": [None, None]}
    assert read_folder(write_folder(tmp_path, {}, index)).absent == (
        "text_encoder_3",
        "tokenizer_3",
    )


@pytest.mark.parametrize(
    ("index", "said"),
    [
        ({"_class_name": ["pipeline", "Mine"]},
         "model_index.json wants a pipeline class of its own: ['pipeline', 'Mine']; "
         "only diffusers' own are run"),
        ({"_class_name": "os.system"},
         "model_index.json wants a pipeline class of its own: os.system; "
         "only diffusers' own are run"),
        ({**INDEX, "unet": ["evil", "Net"]},
         "model_index.json wants evil.Net as its unet; "
         "only parts of diffusers and transformers are run"),
        ({**INDEX, "unet": ["diffusers", "utils.Net"]}, "model_index.json: 'unet' cannot be read"),
        ({**INDEX, "../unet": ["diffusers", "Net"]}, "model_index.json: '../unet' cannot be read"),
        ({**INDEX, "unet": ["diffusers"]}, "model_index.json: 'unet' cannot be read"),
        ([], "model_index.json cannot be read: it holds no object"),
    ],
)  # fmt: skip
def test_an_index_that_names_code_is_refused(tmp_path: Path, index: object, said: str) -> None:
    folder = write_folder(tmp_path, {}, index)
    assert refusal(lambda: read_folder(folder))[0] == f"{folder / said}"


def test_a_part_that_brings_code_is_refused(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {"text_encoder/config.json": {"auto_map": {"A": "x.Y"}}})
    assert refusal(lambda: read_folder(folder))[0] == (
        f"{folder / 'text_encoder' / 'config.json'} wants code of its own, which is not run"
    )


@pytest.mark.parametrize("name", ["None.py", "pipeline.py", "unet/diffusers.py"])
def test_code_beside_the_weights_is_refused(tmp_path: Path, name: str) -> None:
    folder = write_folder(tmp_path, {name: None})
    assert refusal(lambda: read_folder(folder)) == (
        f"{folder / name} is code that the model brings, which is not run",
        "remove the file if the model can do without it",
    )


def test_pickles_are_refused_by_name_where_there_is_nothing_else(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {"unet/diffusion_pytorch_model.bin": None})
    pickle = folder / "unet" / "diffusion_pytorch_model.bin"
    assert refusal(lambda: read_folder(folder)) == (
        f"{pickle} is a pickle, which can run code when it is opened",
        "take the model as .safetensors; most are published as such too",
    )
    pickle.with_suffix(".safetensors").touch()
    assert read_folder(folder).pipeline == "StableDiffusionPipeline"


@pytest.mark.parametrize("ending", [".ckpt", ".CKPT", ".pt", ".bin"])
def test_a_pickle_is_refused_whether_it_is_there_or_not(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"model{ending}"
    absent = refusal(lambda: check_file(file))
    file.touch()
    assert refusal(lambda: check_file(file)) == absent
    assert absent[0] == f"{file} is a pickle, which can run code when it is opened"


@pytest.mark.parametrize(
    ("tensor", "family"),
    [
        ("cond_stage_model.transformer.text_model.embeddings.position_ids", "sd"),
        ("conditioner.embedders.1.model.positional_embedding", "sdxl"),
        ("model.diffusion_model.joint_blocks.0.x_block.attn.proj.weight", "sd3"),
    ],
)
def test_a_single_file_tells_its_family(tmp_path: Path, tensor: str, family: str) -> None:
    file = write_tensors(tmp_path / "m.safetensors", "model.diffusion_model.a", tensor)
    assert check_file(file) == family


def test_a_file_that_is_no_whole_model_is_refused(tmp_path: Path) -> None:
    file = write_tensors(tmp_path / "lora.safetensors", "lora_unet_down_blocks_0.alpha")
    assert refusal(lambda: check_file(file)) == (
        f"{file} holds no whole Stable Diffusion model (1.5, XL or 3)",
        "a LoRA, a VAE or a UNet alone cannot draw; name the checkpoint itself",
    )


@given(st.binary(max_size=64), st.integers(0, 2**64 - 1))
def test_no_file_breaks_the_reading(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, length: int
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.safetensors"
    for data in (content, length.to_bytes(8, "little") + content):
        file.write_bytes(data)
        with pytest.raises(SetupError):
            check_file(file)


@pytest.mark.parametrize(
    ("name", "there"),
    [("owner/model-1.5", True), ("model", False), ("a/b/c", False), ("../x", False),
     ("a/..b", False), ("/a", False), ("owner/mo del", False)],
)  # fmt: skip
def test_a_hub_name_is_an_owner_and_a_model(name: str, there: bool) -> None:
    assert is_hub_id(name) is there


# Samplers


@pytest.mark.parametrize(
    ("name", "sampler"),
    [
        ("Euler a", Sampler("EulerAncestralDiscreteScheduler")),
        ("euler_ancestral", Sampler("EulerAncestralDiscreteScheduler")),
        ("k_euler_a", Sampler("EulerAncestralDiscreteScheduler")),
        ("DPM++ 2M Karras",
         Sampler("DPMSolverMultistepScheduler",
                 {"algorithm_type": "dpmsolver++", "use_karras_sigmas": True})),
        ("dpmpp_2m", Sampler("DPMSolverMultistepScheduler", {"algorithm_type": "dpmsolver++"})),
        ("DPM++ 2M SDE Exponential",
         Sampler("DPMSolverMultistepScheduler",
                 {"algorithm_type": "sde-dpmsolver++", "use_exponential_sigmas": True})),
        ("uni_pc", Sampler("UniPCMultistepScheduler")),
        ("LMS Karras", Sampler("LMSDiscreteScheduler", {"use_karras_sigmas": True}, "scipy")),
        ("HeunDiscreteScheduler", Sampler("HeunDiscreteScheduler")),
        ("DDIM Karras", None),
        ("Karras", None),
        ("", None),
        ("no such sampler", None),
    ],
)  # fmt: skip
def test_samplers_go_by_the_names_people_use(name: str, sampler: Sampler | None) -> None:
    assert find_sampler(name) == sampler


@given(st.text())
def test_any_name_of_a_sampler_can_be_asked_for(name: str) -> None:
    assert find_sampler(name) is None or isinstance(find_sampler(name), Sampler)


@pytest.mark.parametrize(
    ("name", "scheduler", "settings"),
    [
        ("stabilityai/sdxl-turbo", "EulerAncestralDiscreteScheduler", (4, 0.0)),
        ("ByteDance/SDXL-Lightning", "EulerDiscreteScheduler", (4, 0.0)),
        ("anything", "LCMScheduler", (4, 1.0)),
        ("stabilityai/stable-diffusion-xl-base-1.0", "EulerDiscreteScheduler", None),
    ],
)
def test_quick_models_are_known(
    name: str, scheduler: str, settings: tuple[int, float] | None
) -> None:
    assert quick_settings(name, scheduler) == settings


# Opening


def test_a_name_that_leads_nowhere_says_what_can_be_named(require: Require) -> None:
    require("diffusers")
    assert refusal(lambda: opened("no/such/folder")) == (
        "diffusers: there is no folder or file no/such/folder",
        "diffusers:FOLDER in diffusers' layout, diffusers:FILE.safetensors, or "
        "diffusers:OWNER/MODEL of the Hugging Face hub",
    )


def test_a_model_has_to_be_named() -> None:
    with pytest.raises(InputError, match="diffusers: names no model"):
        opened("  ")


def test_a_missing_package_is_told_with_the_extra() -> None:
    """An interpreter that sees our package and nothing that is installed."""
    ask = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from bozzetto.adapters.images.diffusers import open_images\n"
        "try: open_images('a/b', environ={}, timeout=1.0)\n"
        "except Exception as error: print(type(error).__name__, error, error.hint, sep=' | ')"
    )
    root = str(Path(bozzetto.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-S", "-c", ask, root], capture_output=True, text=True, env={}
    )
    assert (done.stdout, done.stderr) == (
        "MissingExtraError | diffusers:a/b needs the package torch"
        " | pip install 'bozzetto[diffusers]'\n",
        "",
    )


# Drawing, for real


@pytest.fixture(scope="session")
def models(require: Require, tmp_path_factory: pytest.TempPathFactory) -> Path:
    require("diffusers")
    from bozzetto.testing.tiny_pipelines import build_pipeline

    folder = tmp_path_factory.mktemp("models")
    build_pipeline(folder / "sd", "sd")
    build_pipeline(folder / "sd3", "sd3")
    build_pipeline(folder / "flagging", "sd", flagging=True)
    return folder


@pytest.fixture
def sd(models: Path) -> Iterator[Diffusers]:
    images = opened(models / "sd")
    yield images
    asyncio.run(images.aclose())


def test_what_made_the_picture_is_told(sd: Diffusers) -> None:
    assert drawn(sd, SMALL).effective == Effective(
        prompt="a small dog",
        negative="cat",
        seed=7,
        steps=2,
        guidance=5.0,
        sampler="PNDMScheduler",
        width=64,
        height=64,
        model="sd",
    )


def test_what_is_not_asked_is_the_pipeline_s_own(sd: Diffusers) -> None:
    assert drawn(sd, ImageRequest("dog", steps=1)).effective == Effective(
        "dog", seed=0, steps=1, guidance=7.5, sampler="PNDMScheduler",
        width=64, height=64, model="sd",
    )  # fmt: skip


def test_what_cannot_be_had_is_told(sd: Diffusers) -> None:
    request = replace(
        SMALL, prompt="ab " * 40, width=60, height=70, guidance=1.0, sampler="nope\x1b", model="x"
    )
    assert drawn(sd, request).effective.notes == (
        "sampler nope\\x1b left out: diffusers has none of that name",
        "at a guidance of 1 or less the negative prompt is not read",
        "width 64 in place of 60: a multiple of 8",
        "height 72 in place of 70: a multiple of 8",
        "the model did not read the last 5 tokens of the prompt",
        "drawn by sd; there is no choice of models here",
    )


def test_flow_matching_models_keep_their_own_sampler(models: Path) -> None:
    images = opened(models / "sd3")
    made = drawn(images, replace(SMALL, sampler="Euler a", width=72))
    asyncio.run(images.aclose())
    assert (made.effective.sampler, made.effective.width, made.effective.notes) == (
        "FlowMatchEulerDiscreteScheduler",
        64,
        (
            "sampler Euler a left out: the model has its own way of stepping",
            "width 64 in place of 72: a multiple of 16",
        ),
    )


@pytest.mark.parametrize("name", names())
def test_every_sampler_draws(sd: Diffusers, name: str) -> None:
    sampler = find_sampler(name)
    assert sampler is not None
    made = drawn(sd, replace(SMALL, sampler=name, steps=3)).effective
    if sampler.needs and find_spec(sampler.needs) is None:
        left_out = f"sampler {name} left out: it needs the package {sampler.needs}"
        assert (made.sampler, made.notes) == ("PNDMScheduler", (left_out,))
    else:
        assert (made.sampler, made.notes) == (sampler.scheduler, ())


def test_a_sampler_is_for_one_picture(sd: Diffusers) -> None:
    plain = drawn(sd, SMALL)
    assert drawn(sd, replace(SMALL, sampler="DPM++ 2M Karras")).data != plain.data
    assert drawn(sd, SMALL) == plain


def test_quick_models_take_few_steps_unless_told(models: Path, tmp_path: Path) -> None:
    images = opened(shutil.copytree(models / "sd", tmp_path / "sd-turbo"))
    bare = drawn(images, ImageRequest("dog")).effective
    told = drawn(images, replace(SMALL, steps=1)).effective
    asyncio.run(images.aclose())
    assert (bare.steps, bare.guidance) == (4, 0.0)
    assert (told.steps, told.guidance) == (1, 5.0)


def test_the_safety_checker_s_word_is_a_result(models: Path) -> None:
    images = opened(models / "flagging")
    end = asyncio.run(collect(images, SMALL))[-1]
    asyncio.run(images.aclose())
    assert end == ImageFiltered("the model's safety checker found the picture unsafe")


def test_previews_come_every_few_steps(sd: Diffusers) -> None:
    from PIL import Image

    events = asyncio.run(collect(sd, replace(SMALL, steps=10, sampler="Euler", height=128)))
    shown = [(e.done, e.preview) for e in events if isinstance(e, ImageProgress)]
    assert [done for done, preview in shown if preview] == [4 / 11, 8 / 11]
    for preview in filter(None, (preview for _, preview in shown)):
        with Image.open(io.BytesIO(preview)) as found:
            assert (found.format, found.size) == ("JPEG", (128, 256))


def test_leaving_early_stops_within_a_step(sd: Diffusers) -> None:
    """Five hundred steps would take a minute; the next picture waits for one of them."""

    async def leave(stream: AsyncGenerator[ImageEvent]) -> None:
        async for event in stream:
            if isinstance(event, ImageProgress) and event.done > 0:
                break
        await stream.aclose()

    asyncio.run(leave(sd.stream(replace(SMALL, steps=500, width=256, height=256))))
    began = time.monotonic()
    drawn(sd, SMALL)
    assert time.monotonic() - began < 10


def test_a_file_draws_as_its_folder_does(models: Path, sd: Diffusers, tmp_path: Path) -> None:
    from bozzetto.testing.tiny_checkpoints import build_checkpoint

    file = build_checkpoint(models / "sd", tmp_path / "one.safetensors")
    shutil.copytree(models / "sd", tmp_path / "one", ignore=shutil.ignore_patterns("*.safetensors"))
    images = opened(file)
    made = drawn(images, SMALL)
    asyncio.run(images.aclose())
    assert made.data == drawn(sd, SMALL).data
    assert made.effective.model == "one"


def test_a_file_without_its_folder_asks_the_hub(models: Path, tmp_path: Path) -> None:
    from bozzetto.testing.tiny_checkpoints import build_checkpoint

    images = opened(build_checkpoint(models / "sd", tmp_path / "lone.safetensors"))
    with pytest.raises(BackendError) as caught:
        drawn(images, SMALL)
    assert caught.value.message == (
        "diffusers:lone.safetensors cannot be fetched: the hub cannot be reached"
    )
    assert str(caught.value.hint).startswith("without a network: put the model's folder")


def test_a_model_of_the_hub_is_taken_from_its_cache(models: Path, tmp_path: Path) -> None:
    place = tmp_path / "models--somebody--small"
    shutil.copytree(models / "sd", place / "snapshots" / "abc")
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text("abc", "utf-8")
    images = opened("somebody/small", HF_HUB_CACHE=str(tmp_path), HF_HUB_OFFLINE="1")
    made = drawn(images, SMALL)
    asyncio.run(images.aclose())
    assert (images.features.name, made.effective.model) == (
        "diffusers:somebody/small",
        "somebody/small",
    )


@pytest.mark.parametrize(
    ("environ", "kind", "said"),
    [
        ({"HF_HUB_OFFLINE": "1"}, SetupError,
         "diffusers:nobody/nothing needs what is not on this machine, and HF_HUB_OFFLINE is set"),
        ({}, BackendError,
         "diffusers:nobody/nothing cannot be fetched: the hub cannot be reached"),
    ],
)  # fmt: skip
def test_a_model_that_cannot_be_fetched_says_the_way_out(
    require: Require,
    tmp_path: Path,
    environ: dict[str, str],
    kind: type[BozzettoError],
    said: str,
) -> None:
    require("diffusers")
    images = opened("nobody/nothing", HF_HUB_CACHE=str(tmp_path), **environ)
    with pytest.raises(kind) as caught:
        drawn(images, SMALL)
    assert (caught.value.message, caught.value.hint) == (
        said,
        "where there is a network: hf download nobody/nothing --local-dir FOLDER; "
        "then diffusers:FOLDER",
    )


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (replace(SMALL, seed=-1), "diffusers: seed -1 is not between 0 and 18446744073709551615"),
        (replace(SMALL, steps=0), "diffusers: 0 steps are not between 1 and 500"),
        (replace(SMALL, width=20_000), "diffusers: 20000 pixels is no side of a picture"),
    ],
)
def test_what_can_never_be_drawn_is_refused(
    sd: Diffusers, request_: ImageRequest, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        drawn(sd, request_)
    assert caught.value.message == said


def test_a_picture_too_large_for_the_memory_says_so(require: Require) -> None:
    require("diffusers")
    import torch

    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**52)
    error = failure(caught.value, "sd", replace(SMALL, width=8192))
    assert (error.message, error.hint) == (
        "diffusers: memory does not suffice for a picture of 8192 x 64 pixels",
        "ask for a smaller one, or draw with a smaller model",
    )
    assert failure(ValueError("odd\nlines"), "sd", SMALL).message == "diffusers: sd failed: odd"


def test_a_folder_with_broken_weights_says_so(models: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(models / "sd", tmp_path / "broken")
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    said, _ = refusal(lambda: drawn(opened(folder), SMALL))
    assert said.startswith(f"diffusers: {folder} cannot be loaded: ")


def test_one_model_serves_all_who_name_it_and_is_freed_by_the_last(models: Path) -> None:
    """Freed is what has to be loaded again: from a folder that is gone it cannot be."""
    folder = shutil.copytree(models / "sd", models / "shared")
    first, second = opened(folder), opened(folder)
    made = drawn(first, SMALL)
    shutil.rmtree(folder)
    assert drawn(second, SMALL) == made
    asyncio.run(first.aclose())
    assert drawn(second, SMALL) == made
    asyncio.run(second.aclose())
    assert "there is no folder or file" in refusal(lambda: drawn(second, SMALL))[0]


def test_nothing_is_printed(models: Path) -> None:
    """A process of its own: bars and remarks of the libraries stay away from the terminal."""
    draw = (
        "import asyncio, sys\n"
        "from bozzetto.adapters.images.diffusers import open_images\n"
        "from bozzetto.testing.images import collect\n"
        "from bozzetto.types import ImageRequest\n"
        "images = open_images(sys.argv[1], environ={}, timeout=1.0)\n"
        "request = ImageRequest('dog ' * 90, steps=2, width=64, height=64, sampler='Euler a')\n"
        "asyncio.run(collect(images, request))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", draw, str(models / "flagging")],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
