"""Kept pictures with their prompts as captions, for tuning a model on them.

"kohya" is the folder that kohya_ss and sd-scripts read (`--train_data_dir TARGET/img
--caption_extension .txt`): `img/10_concept/NAME.png` with `NAME.txt`, the number saying how
often each picture is shown in an epoch; of a caption's file only the first line counts.
"imagefolder" is what `datasets.load_dataset("imagefolder", data_dir=TARGET)` and with it the
training scripts of diffusers read (`--train_data_dir TARGET --caption_column text`): pictures
beside a `metadata.jsonl` with `file_name` and `text`.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from bozzetto.errors import InputError
from bozzetto.review.canvas import opened, png
from bozzetto.review.export import zip_folder
from bozzetto.review.folder import beside, filling, new_folder, vacant
from bozzetto.review.verdicts import standings
from bozzetto.types import Image, Verdict

__all__ = ["Layout", "Tuning", "export_tuning", "tuning_zip"]

Layout = Literal["kohya", "imagefolder"]

MOST_REPEATS = 1000


@dataclass(frozen=True, slots=True)
class Tuning:
    """What was written: how many pairs, and the ids of kept pictures that could not be read."""

    target: Path
    pairs: int
    missing: tuple[str, ...]


def export_tuning(
    target: Path,
    images: Sequence[Image],
    verdicts: Sequence[Verdict],
    *,
    layout: Layout,
    concept: str = "style",
    repeats: int = 10,
) -> Tuning:
    """Write the pictures that most reviewers keep, and their prompts, into a new folder.

    The pictures are drawn anew: no text, no EXIF, no place of an older file goes with them.
    `concept` and `repeats` name kohya's folder.

    Raises:
        InputError: nothing is kept, the folder is not empty, or concept or repeats is wrong.
        SetupError: the disk is full or cannot be written to.
    """
    if not re.fullmatch(r"[\w-]+( [\w-]+)*", concept) or len(concept) > 60:
        raise InputError(
            f"concept: {concept[:40]!r} is no name", hint="letters, digits, spaces between them"
        )
    if not 1 <= repeats <= MOST_REPEATS:
        raise InputError(f"repeats: {repeats} is not between 1 and {MOST_REPEATS}")
    kept = list(_kept(images, verdicts))
    if not kept:
        raise InputError("no picture is kept yet", hint="review the campaign first")
    with new_folder(target) as part:
        folder = part / "img" / f"{repeats}_{concept}" if layout == "kohya" else part
        folder.mkdir(parents=True, exist_ok=True)
        missing = tuple(_fill(folder, kept, layout))
    return Tuning(target, len(kept) - len(missing), missing)


def tuning_zip(
    target: Path,
    images: Sequence[Image],
    verdicts: Sequence[Verdict],
    *,
    layout: Layout,
    concept: str = "style",
    repeats: int = 10,
) -> Tuning:
    """The same as a new ZIP file, in which nothing is compressed again.

    Raises:
        InputError: nothing is kept, something stands there, or concept or repeats is wrong.
        SetupError: the disk is full or cannot be written to.
    """
    if not vacant(target) or target.is_dir():
        raise InputError(f"{target} is there already", hint="name a new file")
    folder = beside(target)
    try:
        done = export_tuning(
            folder, images, verdicts, layout=layout, concept=concept, repeats=repeats
        )
        with filling(target):
            zip_folder(folder, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return replace(done, target=target)


def _kept(images: Sequence[Image], verdicts: Sequence[Verdict]) -> Iterator[Image]:
    """The kept pictures that have a prompt, each once."""
    once = {image.id: image for image in reversed(images)}
    for identity, standing in reversed(standings(once, verdicts).items()):
        image = once[identity]
        if standing.keep and image.state == "ok" and image.request.prompt.strip():
            yield image


def _fill(folder: Path, kept: Sequence[Image], layout: Layout) -> Iterator[str]:
    """Write the pairs; the ids of those whose picture cannot be read come back."""
    lines = []
    for number, image in enumerate(kept, 1):
        data = _bare(image)
        if data is None:
            yield image.id
            continue
        name = f"{number:04}-{re.sub('[^0-9A-Za-z_-]', '_', image.id)[:64]}"
        caption = " ".join(image.request.prompt.split())
        (folder / f"{name}.png").write_bytes(data)
        if layout == "kohya":
            (folder / f"{name}.txt").write_bytes(f"{caption}\n".encode("utf-8", "replace"))
        lines.append(json.dumps({"file_name": f"{name}.png", "text": caption}))
    if layout == "imagefolder":
        (folder / "metadata.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")


def _bare(image: Image) -> bytes | None:
    """A picture's points as a PNG file, and nothing else."""
    points = opened(image.path) if image.path else None
    return None if points is None else png(points)
