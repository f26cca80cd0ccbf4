"""Scores by a CLIP with random weights and a head of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bozzetto.errors import BackendError, DataError, InputError, SetupError
from bozzetto.plugins import load
from bozzetto.ports import ImageScorer
from bozzetto.testing.images import picture
from bozzetto.types import ImageRequest

Require = Callable[[str], Path]
WIDTH = 32


@pytest.fixture(scope="session")
def clip(require: Require, tmp_path_factory: pytest.TempPathFactory) -> Path:
    require("diffusers")
    from bozzetto.testing.tiny_pipelines import build_clip

    return build_clip(tmp_path_factory.mktemp("clip"))


def opened(rest: object, **environ: str) -> ImageScorer:
    found: ImageScorer = load("scores", "clip")(str(rest), environ=environ, timeout=1.0)
    return found


def images(count: int) -> list[tuple[bytes, str]]:
    return [(picture(ImageRequest("", seed=n)), f"dog {n}" * n) for n in range(count)]


def write_head(file: Path, *sizes: int, plain: bool = False) -> Path:
    """Layers of ones, a bias of 1 after each; they are numbered with gaps, as LAION's are."""
    import torch
    from safetensors.torch import save_file

    tensors: dict[str, Any] = {}
    for number, (wide, narrow) in enumerate(pairwise(sizes)):
        prefix = "" if plain else f"layers.{2 * number}."
        tensors[f"{prefix}weight"] = torch.full((narrow, wide), 0.1)
        tensors[f"{prefix}bias"] = torch.ones(narrow)
    save_file(tensors, file)
    return file


def reckoned(clip: Path, data: bytes, text: str) -> tuple[float, Any]:
    """CLIP's own logit for one pair, over its scale, and the picture's unit vector."""
    import io

    import torch
    from PIL import Image
    from transformers import CLIPImageProcessor, CLIPModel, CLIPTokenizer

    model = CLIPModel.from_pretrained(clip).eval()
    pixels = CLIPImageProcessor.from_pretrained(clip)(
        images=Image.open(io.BytesIO(data)).convert("RGB"), return_tensors="pt"
    )
    tokens = CLIPTokenizer.from_pretrained(clip)(
        text, truncation=True, max_length=77, return_tensors="pt"
    )
    with torch.inference_mode():
        out = model(**pixels, **tokens)
        cosine = float(out.logits_per_image[0, 0] / model.logit_scale.exp())
    return cosine, out.image_embeds[0]


def test_the_score_is_2_and_a_half_times_the_cosine_or_nothing(clip: Path) -> None:
    given = images(18)
    expected = [{"clip": pytest.approx(max(2.5 * reckoned(clip, *pair)[0], 0.0), abs=1e-4)}
                for pair in given]  # fmt: skip
    assert opened(clip).score(given) == expected
    assert opened(clip).score([]) == []


@pytest.mark.parametrize(("sizes", "plain"), [((WIDTH, 8, 4, 1), False), ((WIDTH, 1), True)])
def test_a_head_scores_how_it_pleases(
    clip: Path, tmp_path: Path, sizes: tuple[int, ...], plain: bool
) -> None:
    head = write_head(tmp_path / "head.safetensors", *sizes, plain=plain)
    pair = images(3)[2]
    value = reckoned(clip, *pair)[1].sum().item()
    wide = WIDTH
    for size in sizes[1:]:
        value = value * 0.1 * (1 if wide == WIDTH else wide) + 1
        wide = size
    (score,) = opened(f"{clip},{head}").score([pair])
    assert score["aesthetic"] == pytest.approx(min(max(value, 1.0), 10.0), abs=1e-4)
    assert set(score) == {"clip", "aesthetic"}


def test_a_head_for_another_model_is_refused(clip: Path, tmp_path: Path) -> None:
    head = write_head(tmp_path / "head.safetensors", 768, 1)
    with pytest.raises(SetupError) as caught:
        opened(f"{clip},{head}").score(images(1))
    assert (caught.value.message, caught.value.hint) == (
        f"{head} is no head for this model, whose vectors have 32 numbers",
        "LAION's heads are for openai/clip-vit-large-patch14",
    )


def test_a_head_that_is_no_safetensors_file_is_refused(clip: Path, tmp_path: Path) -> None:
    head = tmp_path / "head.safetensors"
    head.write_bytes(b"no such thing")
    with pytest.raises(SetupError) as caught:
        opened(f"{clip},{head}").score(images(1))
    assert caught.value.message.startswith(f"{head} cannot be read: ")


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_is_said(clip: Path, data: bytes) -> None:
    with pytest.raises(DataError, match=r"^a picture cannot be read to be scored: "):
        opened(clip).score([(data, "dog")])


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("no/such/folder", "clip: there is no folder no/such/folder"),
        ("a/b,head.pth", "head.pth is a pickle, which can run code when it is opened"),
        ("a/b,head.safetensors", "clip: there is no file head.safetensors"),
    ],
)
def test_what_is_not_there_is_said_at_once(require: Require, rest: str, said: str) -> None:
    require("diffusers")
    with pytest.raises(SetupError) as caught:
        opened(rest)
    assert caught.value.message == said


def test_a_model_has_to_be_named() -> None:
    with pytest.raises(InputError, match=r"^clip: names no model"):
        opened("")


def test_a_model_of_the_hub_that_cannot_be_fetched_says_the_way_out(
    require: Require, tmp_path: Path
) -> None:
    require("diffusers")
    with pytest.raises(BackendError) as caught:
        opened("nobody/nothing", HF_HUB_CACHE=str(tmp_path)).score(images(1))
    assert (caught.value.message, caught.value.hint) == (
        "clip:nobody/nothing cannot be fetched: the hub cannot be reached",
        "where there is a network: hf download nobody/nothing --local-dir FOLDER; then clip:FOLDER",
    )
