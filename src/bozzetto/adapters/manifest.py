"""The header of a saved index: what wrote it, in which version, and which files must be there.

Each file is pinned by its size and a CRC over its first and last mebibyte: enough to tell a
truncated, half-written or foreign file in a millisecond, whatever the size of the index.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bozzetto.errors import DataError

__all__ = ["check", "write"]

NAME = "manifest.json"

_EDGE = 1 << 20

_HINT = "indexes are disposable: delete the folder and it is built again"


def write(folder: Path, kind: str, version: int, files: Iterable[str], **facts: int) -> None:
    """Describe a folder's files; written last, so that a folder without it is half-written."""
    content = {
        "kind": kind,
        "version": version,
        "files": {name: _pin(folder / name) for name in sorted(files)},
        "facts": facts,
    }
    (folder / NAME).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def check(folder: Path, kind: str, version: int) -> dict[str, int]:
    """The facts `write` was given.

    Raises:
        DataError: no such index is there, it is of another version, or a file is broken.
    """
    content = _read(folder, kind)
    if content["version"] != version:
        raise DataError(
            f"the {kind} index in {folder} has version {content['version']}; this program "
            f"reads version {version}",
            hint=_HINT,
        )
    for name, pin in content["files"].items():
        path = folder / name
        if Path(name).name != name or not path.is_file() or _pin(path) != pin:
            raise DataError(f"{path} is missing, truncated or changed", hint=_HINT)
    facts: dict[str, int] = content["facts"]
    return facts


def _read(folder: Path, kind: str) -> dict[str, Any]:
    try:
        content = json.loads((folder / NAME).read_text(encoding="utf-8"))
        shape = {"kind": str, "version": int, "files": dict, "facts": dict}
        whole = all(isinstance(content[key], form) for key, form in shape.items())
    except (OSError, ValueError, KeyError, TypeError):
        whole = False
    if not whole or content["kind"] != kind:
        raise DataError(f"{folder} holds no {kind} index, or half of one", hint=_HINT)
    found: dict[str, Any] = content
    return found


def _pin(path: Path) -> list[int]:
    size = path.stat().st_size
    with path.open("rb") as stream:
        crc = zlib.crc32(stream.read(_EDGE))
        if size > _EDGE:
            stream.seek(max(_EDGE, size - _EDGE))
            crc = zlib.crc32(stream.read(), crc)
    return [size, crc]
