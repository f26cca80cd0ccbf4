"""Pictures on the disk: by their content, beside first and then in place, thumbnails with them."""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from uuid import uuid4

from bozzetto.errors import DataError, SetupError
from bozzetto.generate.received import Received, small_copy, sniff
from bozzetto.store.images import picture_path, thumbnail_path

__all__ = ["LEFT", "keep", "sweep", "thumbnail"]

LEFT = 3600.0
"""Seconds after which nobody writes to a file any more that is half written."""


def keep(folder: Path, received: Received) -> str:
    """Put a picture into a home; the SHA-256 of its file is returned.

    The file is on the disk, whole, before this returns; one that is there already stays.

    Raises:
        SetupError: the disk is full or cannot be written to; nothing half written is left.
    """
    digest = hashlib.sha256(received.file).hexdigest()
    try:
        _put(picture_path(folder, digest), received.file, sync=True)
        _put(thumbnail_path(folder, digest), received.thumbnail, sync=False)
    except OSError as error:
        raise SetupError(
            f"the picture cannot be written to {folder / 'images'}: {error.strerror or error}",
            hint="make room on the disk, then: bozzetto jobs resume",
        ) from error
    return digest


def thumbnail(picture: Path, place: Path) -> bytes:
    """The thumbnail at a place; where it is missing or damaged it is made again from the picture.

    Raises:
        DataError: the picture cannot be read.
    """
    with suppress(OSError, DataError):
        data = place.read_bytes()
        sniff(data)
        return data
    data = small_copy(picture.read_bytes())
    with suppress(OSError):  # a full disk is no reason not to show it
        _put(place, data, sync=False)
    return data


def _put(path: Path, data: bytes, *, sync: bool) -> None:
    if path.exists() and path.stat().st_size == len(data):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep_once(path.parent)
    beside = path.with_name(f"{path.name}.{uuid4().hex[:8]}.part")
    try:
        with beside.open("wb") as file:
            file.write(data)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    if sync:
        _sync_folder(path.parent)


_sweep_once = cache(lambda folder: sweep(folder, time.time()))


def sweep(folder: Path, now: float) -> None:
    """Delete what killed programs left half written in a folder; `now` is seconds since 1970."""
    for path in folder.glob("*.part"):
        with suppress(OSError):  # another program was quicker, or has it open
            if now - path.stat().st_mtime > LEFT:
                path.unlink()


def _sync_folder(folder: Path) -> None:
    """Have the new name on the disk too, where the system lets folders be opened."""
    try:
        number = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(number)
    except OSError:
        pass
    finally:
        os.close(number)
