"""Pictures on a disk, and records of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image as Pixels
from PIL.PngImagePlugin import PngInfo

from bozzetto.types import Effective, Image, ImageRequest, Lineage

Make = Callable[..., Image]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A function that draws a plain picture of a colour and gives its record.

    Its file says in a text what it was made with, as ours do.
    """

    def picture(
        identity: str,
        colour: str = "red",
        *,
        prompt: str = "a small dog",
        seed: int = 7,
        size: tuple[int, int] = (64, 64),
        lineage: Lineage | None = None,
        labels: dict[str, str] | None = None,
    ) -> Image:
        path = tmp_path / "pictures" / f"{identity}.png"
        path.parent.mkdir(exist_ok=True)
        notes = PngInfo()
        notes.add_text("parameters", prompt)
        Pixels.new("RGB", size, colour).save(path, pnginfo=notes)
        request = ImageRequest(prompt=prompt, seed=seed, width=size[0], height=size[1])
        return Image(
            id=identity,
            state="ok",
            request=request,
            lineage=lineage or Lineage(),
            effective=Effective(prompt=prompt, seed=seed, width=size[0], height=size[1]),
            path=str(path),
            labels=labels or {},
        )

    return picture
