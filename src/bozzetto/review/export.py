"""Pictures with all that is known of them, as a folder or a ZIP file to hand on.

`001-<id>.png` and so on, `prompts.txt`, `manifest.csv`, `manifest.json`, and the sheets that
are given. An export may be written again over an older one as long as nobody has changed it:
its manifest names every file with its hash.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from bozzetto.errors import InputError
from bozzetto.review.folder import beside, filling, new_folder, vacant
from bozzetto.review.manifest import FORMAT, Entry, csv_bytes, json_bytes, prompt_lines
from bozzetto.review.verdicts import Standing, standings
from bozzetto.types import Brief, Candidate, Image, Verdict

__all__ = ["Export", "Exported", "export_folder", "export_zip", "missing", "zip_folder"]

_MANIFEST = "manifest.json"
_LARGEST_MANIFEST = 256 * 1024 * 1024

Put = Callable[[str, bytes], None]


@dataclass(frozen=True, slots=True)
class Export:
    """What is to be handed on.

    `candidates` by id add the phrases of prompts to the manifest; `sheets` are further files by
    their names. With `only_kept` the pictures that most reviewers keep.
    """

    images: Sequence[Image]
    verdicts: Sequence[Verdict] = ()
    brief: Brief | None = None
    candidates: Mapping[str, Candidate] = field(default_factory=dict)
    sheets: Mapping[str, bytes] = field(default_factory=dict)
    only_kept: bool = False


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: how many pictures, and the ids of those whose files are gone."""

    target: Path
    pictures: int
    missing: tuple[str, ...]


def export_folder(target: Path, what: Export) -> Exported:
    """Write a folder, new or in place of an older export that nobody has changed.

    Raises:
        InputError: something else stands there, an older export was changed, or nothing is kept.
        SetupError: the disk is full or cannot be written to.
    """
    _check_kept(what)
    with new_folder(target, instead_of=_is_our_folder) as part:
        return _write(target, what, lambda name, data: _file(part / name, data))


def export_zip(target: Path, what: Export) -> Exported:
    """Write a ZIP file, new or in place of an older export that nobody has changed.

    Nothing in it is compressed again: pictures are already. The same pictures give the same bytes.

    Raises:
        InputError: another file stands there, an older export was changed, or nothing is kept.
        SetupError: the disk is full or cannot be written to.
    """
    _check_kept(what)
    with filling(target):
        if target.is_dir() or not (vacant(target) or _is_our_zip(target)):
            raise InputError(
                f"{target} is there already, and no export", hint="choose another name"
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        part = beside(target)
        try:
            with part.open("wb") as file:
                with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                    exported = _write(target, what, lambda n, data: _member(archive, n, data))
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    return exported


def zip_folder(folder: Path, target: Path) -> None:
    """Write a folder's files as a ZIP file beside its place, then put it there.

    Raises:
        OSError: it cannot be written.
    """
    part = beside(target)
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    _member(archive, path.relative_to(folder).as_posix(), path.read_bytes())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _check_kept(what: Export) -> None:
    if what.only_kept and not any(_kept(what)):
        raise InputError("no picture is kept yet", hint="review the campaign first")


def _kept(what: Export) -> Iterator[tuple[Image, Standing]]:
    """The pictures to hand on, with what was said of them."""
    stands = standings((image.id for image in what.images), what.verdicts)
    for image in what.images:
        if not what.only_kept or stands[image.id].keep is True:
            yield image, stands[image.id]


def _write(target: Path, what: Export, put: Put) -> Exported:
    """Give all files to `put`, the manifest last."""
    files: dict[str, str] = {}

    def counted(name: str, data: bytes) -> None:
        put(name, data)
        files[name] = hashlib.sha256(data).hexdigest()

    entries = list(_pictures(what, counted))
    counted("prompts.txt", prompt_lines(entries))
    counted("manifest.csv", csv_bytes(entries))
    for name, data in what.sheets.items():
        counted(name, data)
    put(
        _MANIFEST,
        json_bytes(entries, brief=what.brief, candidates=what.candidates, files=files),
    )
    return Exported(
        target=target,
        pictures=sum(entry.file is not None for entry in entries),
        missing=tuple(e.image.id for e in entries if e.image.state == "ok" and e.file is None),
    )


def _pictures(what: Export, put: Put) -> Iterable[Entry]:
    """Put the pictures; those whose file is gone have an entry without one."""
    for number, (image, standing) in enumerate(_kept(what), 1):
        data = _read(image)
        name = f"{number:03}-{re.sub('[^0-9A-Za-z_-]', '_', image.id)[:64]}{_suffix(image)}"
        if data is not None:
            put(name, data)
        yield Entry(image, standing, None if data is None else name)


def missing(images: Iterable[Image]) -> tuple[str, ...]:
    """The ids of pictures that were made and whose files are gone or damaged."""
    return tuple(one.id for one in images if one.state == "ok" and _read(one) is None)


def _read(image: Image) -> bytes | None:
    """A picture's file; None where it is gone, or is not what its name says of its content."""
    if not image.path or image.state != "ok":
        return None
    path = Path(image.path)
    try:
        data = path.read_bytes()
    except OSError:
        return None
    named = re.fullmatch("[0-9a-f]{64}", path.stem)
    return None if named and hashlib.sha256(data).hexdigest() != path.stem else data


def _suffix(image: Image) -> str:
    found = Path(image.path or "").suffix.lower()
    return found if found in (".png", ".jpg", ".jpeg", ".webp") else ".png"


# -- a folder -----------------------------------------------------------------------------


def _file(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


_LEFT_BY_SYSTEMS = frozenset((".DS_Store", "Thumbs.db", "desktop.ini"))


def _is_our_folder(target: Path) -> bool:
    """Whether an export stands there, as it was written and with nothing else.

    Raises:
        InputError: it was one, and somebody has worked in it since.
    """
    found = _names(_manifest_text(target))
    if found is None:
        return False
    for path in sorted(target.iterdir()):
        if path.name in (_MANIFEST, *_LEFT_BY_SYSTEMS):
            continue
        if not path.is_file() or found.get(path.name) != _digest(path):
            raise InputError(f"{path} is not as it was exported", hint="name another folder")
    return True


def _manifest_text(target: Path) -> bytes:
    try:
        with (target / _MANIFEST).open("rb") as file:
            return file.read(_LARGEST_MANIFEST)
    except OSError:
        return b""


def _names(text: bytes) -> dict[str, str] | None:
    """The files that a manifest names; None where it is not one of ours."""
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        return None
    files = document.get("files")
    if not isinstance(files, dict):
        return None
    return {name: str(digest) for name, digest in files.items()}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return _sha256(file)


def _sha256(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while piece := file.read(1 << 20):
        digest.update(piece)
    return digest.hexdigest()


# -- a ZIP file ---------------------------------------------------------------------------


def _member(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    """Add a file, of no date and readable to all, so that the bytes depend on nothing else."""
    info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    info.create_system = 3
    info.external_attr = 0o644 << 16
    archive.writestr(info, data)


def _is_our_zip(target: Path) -> bool:
    """Whether an export stands there, as it was written and with nothing else.

    Raises:
        InputError: it was one, and somebody has worked in it since.
    """
    try:
        with zipfile.ZipFile(target) as archive:
            found = _names(_member_text(archive))
            changed = None if found is None else _first_changed(archive, found)
    except _NO_ZIP:
        return False
    if changed is not None:
        raise InputError(
            f"{target}: {changed} in it is not as it was exported", hint="name another file"
        )
    return found is not None


_NO_ZIP = (OSError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)


def _member_text(archive: zipfile.ZipFile) -> bytes:
    member = archive.getinfo(_MANIFEST)
    return archive.read(member) if member.file_size <= _LARGEST_MANIFEST else b""


def _first_changed(archive: zipfile.ZipFile, files: Mapping[str, str]) -> str | None:
    """The first member that its manifest does not name so; ours are stored, so none unpacks."""
    if archive.comment:
        return "the comment"
    for member in archive.infolist():
        if member is not archive.getinfo(_MANIFEST) and not _is_as_written(archive, member, files):
            return member.filename
    return None


def _is_as_written(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, files: Mapping[str, str]
) -> bool:
    if member.compress_type != zipfile.ZIP_STORED or member.filename not in files:
        return False
    try:
        with archive.open(member) as file:
            return _sha256(file) == files[member.filename]
    except (zipfile.BadZipFile, EOFError, RuntimeError):
        return False
