from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image as Pixels

from bozzetto.errors import InputError
from bozzetto.review.tuning import Tuning, export_tuning
from bozzetto.types import Image, Verdict

Make = Callable[..., Image]


def texts(folder: Path) -> dict[str, str | None]:
    """The files below a folder; the text of those that have one."""
    return {
        str(path.relative_to(folder).as_posix()): (
            None if path.suffix == ".png" else path.read_text("utf-8")
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def kept(*ids: str) -> list[Verdict]:
    return [Verdict(one, "anna", keep=True) for one in ids]


def test_kohya_s_folder(make: Make, tmp_path: Path) -> None:
    images = [make("a", prompt="a small\n dog, è "), make("b"), make("c", prompt="a cat")]
    target = tmp_path / "set"
    verdicts = [*kept("a", "c"), Verdict("b", "anna", keep=False)]
    found = export_tuning(target, images, verdicts, layout="kohya", concept="our style", repeats=5)
    assert found == Tuning(target, 2, ())
    assert texts(target) == {
        "img/5_our style/0001-a.png": None,
        "img/5_our style/0001-a.txt": "a small dog, è\n",
        "img/5_our style/0002-c.png": None,
        "img/5_our style/0002-c.txt": "a cat\n",
    }


def test_the_imagefolder(make: Make, tmp_path: Path) -> None:
    images = [make("a", prompt='a "dog"'), make("b", prompt="  "), make("a", prompt='a "dog"')]
    target = tmp_path / "set"
    found = export_tuning(target, images, kept("a", "b"), layout="imagefolder")
    assert found == Tuning(target, 1, ())
    files = texts(target)
    assert sorted(files) == ["0001-a.png", "metadata.jsonl"]
    lines = (files["metadata.jsonl"] or "").splitlines()
    assert [json.loads(line) for line in lines] == [{"file_name": "0001-a.png", "text": 'a "dog"'}]


def test_pictures_go_bare(make: Make, tmp_path: Path) -> None:
    """No prompt in a chunk, no EXIF, no place; the points stay."""
    image = make("a", "green")
    exif = Pixels.Exif()
    exif[0x8825] = {1: "N", 2: (45.0, 4.0, 0.0)}
    exif[0x010E] = "secret"
    with Pixels.open(image.path or "") as file:
        file.save(image.path or "", pnginfo=None, exif=exif, dpi=(72, 72), icc_profile=b"secret")
    export_tuning(tmp_path / "set", [image], kept("a"), layout="imagefolder")
    written = tmp_path / "set" / "0001-a.png"
    with Pixels.open(written) as file:
        assert (file.info, dict(file.getexif()), file.getpixel((5, 5))) == ({}, {}, (0, 128, 0))
    assert b"secret" not in written.read_bytes()


def test_transparent_pictures_stand_on_white(make: Make, tmp_path: Path) -> None:
    image = make("a")
    Pixels.new("RGBA", (8, 8), (255, 0, 0, 0)).save(image.path or "")
    export_tuning(tmp_path / "set", [image], kept("a"), layout="imagefolder")
    with Pixels.open(tmp_path / "set" / "0001-a.png") as file:
        assert (file.mode, file.getpixel((0, 0))) == ("RGB", (255, 255, 255))


def test_what_cannot_be_read_is_told(make: Make, tmp_path: Path) -> None:
    broken = make("b")
    Path(broken.path or "").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    images = [make("a"), broken, replace(make("c"), path=None), replace(make("d"), state="failed")]
    target = tmp_path / "set"
    found = export_tuning(target, images, kept("a", "b", "c", "d"), layout="imagefolder")
    assert found == Tuning(target, 1, ("b", "c"))
    assert sorted(texts(target)) == ["0001-a.png", "metadata.jsonl"]


@pytest.mark.parametrize(
    ("concept", "repeats", "message"),
    [
        ("../x", 1, "concept: '../x' is no name"),
        ("", 1, "concept: '' is no name"),
        ("a", 0, "repeats: 0 is not between 1 and 1000"),
        ("a", 1001, "repeats: 1001 is not between 1 and 1000"),
    ],
)
def test_what_is_refused(
    make: Make, tmp_path: Path, concept: str, repeats: int, message: str
) -> None:
    images, said = [make("a")], kept("a")
    with pytest.raises(InputError) as caught:
        export_tuning(
            tmp_path / "s", images, said, layout="kohya", concept=concept, repeats=repeats
        )
    assert caught.value.message == message


def test_nothing_kept_and_a_folder_that_is_not_empty(make: Make, tmp_path: Path) -> None:
    images = [make("a")]
    with pytest.raises(InputError, match="no picture is kept yet"):
        export_tuning(tmp_path / "s", images, [], layout="kohya")
    with pytest.raises(InputError, match="is there already, and not empty"):
        export_tuning(tmp_path, images, kept("a"), layout="kohya")
