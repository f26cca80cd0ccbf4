"""What hangs below the assistant as `a.pictures`: the files of pictures, by their ids."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bozzetto.errors import NotFoundError
from bozzetto.generate.files import thumbnail
from bozzetto.generate.received import MEDIA_TYPES, sniff
from bozzetto.store.store import Store
from bozzetto.types import Image

__all__ = ["PictureFile", "Pictures"]

_ENOUGH = 64
"""Bytes that tell the kind of a picture."""


@dataclass(frozen=True, slots=True)
class PictureFile:
    """Where a picture lies, and what it is by its content ("image/png")."""

    path: Path
    media_type: str


class Pictures:
    """The pictures of a home."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def file(self, identity: str) -> PictureFile:
        """A picture's file.

        Raises:
            NotFoundError: there is no such picture, or its file is gone.
            DataError: the file is no picture.
        """
        path = self._path(self._image(identity))
        with path.open("rb") as file:
            kind = sniff(file.read(_ENOUGH))
        return PictureFile(path, MEDIA_TYPES[kind])

    def thumbnail(self, identity: str) -> tuple[bytes, str]:
        """A picture's thumbnail and its media type; one that is missing is made again.

        Raises:
            NotFoundError: there is no such picture, or its file is gone.
            DataError: the file is no picture.
        """
        image = self._image(identity)
        data = thumbnail(self._path(image), Path(image.thumbnail or ""))
        return data, MEDIA_TYPES[sniff(data)]

    def _image(self, identity: str) -> Image:
        found = self._store.queue.images_by_ids([identity])
        if not found or found[0].path is None:
            raise NotFoundError(f"no picture is called {identity!r}", hint="jobs show lists them")
        return found[0]

    def _path(self, image: Image) -> Path:
        path = Path(image.path or "")
        if not path.is_file():
            raise NotFoundError(
                f"the file of picture {image.id} is gone: {path}",
                hint=f"make it again: bozzetto generate --again {image.id}",
            )
        return path
