"""The infotext, as the field's own readers take it."""

import io
from pathlib import Path

import pytest
from PIL import Image

from bozzetto.generate.infotext import infotext
from bozzetto.generate.received import receive
from bozzetto.types import Effective, ImageRequest, ImageTask

REQUEST = ImageRequest("a fox", images="a1111:http://127.0.0.1:7860")
EFFECTIVE = Effective(
    "a fox, oil: painting", "blurry", 7, 20, 6.5, "Euler a", 512, 768, 'model, "x"'
)


def test_it_is_laid_out_as_the_field_does() -> None:
    assert infotext(REQUEST, EFFECTIVE, (512, 768)) == (
        "a fox, oil: painting\n"
        "Negative prompt: blurry\n"
        "Steps: 20, Sampler: Euler a, CFG scale: 6.5, Seed: 7, Size: 512x768, "
        'Model: "model, \\"x\\"", Version: "bozzetto a1111:"'
    )


def test_what_is_not_known_stays_out() -> None:
    assert infotext(ImageRequest("a fox"), Effective("a fox"), (64, 64)) == (
        'a fox\nSize: 64x64, Version: "bozzetto sketch:"'
    )


def test_notes_and_no_places_are_told() -> None:
    request = ImageRequest("a fox", images="diffusers:/srv/ann/secret/turbo")
    made = Effective("a fox", model="/srv/ann/secret/turbo", notes=("no seed", "a, b: c"))
    assert infotext(request, made, (64, 64)) == (
        'a fox\nSize: 64x64, Model: turbo, Notes: "no seed; a, b: c", '
        'Version: "bozzetto diffusers:turbo"'
    )


def test_another_reader_of_the_field_understands_it(tmp_path: Path) -> None:
    parsers = pytest.importorskip("sd_parsers")
    file = io.BytesIO()
    Image.new("RGB", (64, 64)).save(file, "PNG")
    kept = receive(file.getvalue(), ImageTask(REQUEST), EFFECTIVE)
    path = tmp_path / "kept.png"
    path.write_bytes(kept.file)
    found = parsers.ParserManager().parse(path)
    assert [prompt.value for prompt in found.prompts] == ["a fox, oil: painting"]
    assert [prompt.value for prompt in found.negative_prompts] == ["blurry"]
    (sampler,) = found.samplers
    assert (sampler.name, sampler.parameters["steps"], sampler.parameters["seed"]) == (
        "Euler a", "20", "7",
    )  # fmt: skip
