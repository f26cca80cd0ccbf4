"""Where profiles come from: the built-in ones, the user's by name, and any by its file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from bozzetto.errors import InputError, NotFoundError
from bozzetto.profiles.profile import Profile, guess, make_profile

__all__ = ["load", "names"]


def names(folder: Path | None = None) -> tuple[str, ...]:
    """The built-in profiles in the order of the data file, then those of a user's folder."""
    own = sorted(path.stem for path in folder.glob("*.toml")) if folder else []
    return (*_built_in(), *(name for name in own if name not in _built_in()))


def load(name: str | Path, folder: Path | None = None) -> Profile:
    """A profile by name, from the user's folder or built in, or by the path of its TOML file.

    A user's file holds the keys of one profile at top level; its name is the file's. With
    `extends` it changes only some keys of another; a file of a built-in profile's name goes
    before that one, and extends it by its own name.

    Raises:
        NotFoundError: no profile has that name, or no file is there.
        InputError: the file is no TOML, or a key or value is wrong.
    """
    return _load(str(name), folder, ())


def _load(name: str, folder: Path | None, heirs: tuple[Path, ...]) -> Profile:
    """A profile; `heirs` are the files that extend it, the first one first."""
    path = _path(name, folder, heirs)
    if path and path not in heirs:
        return _from_file(path, folder, heirs)
    if name in _built_in():
        return _built_in()[name]
    if path:
        chain = " -> ".join(str(heir) for heir in (*heirs, path))
        raise InputError(f"profile {path} extends itself: {chain}")
    raise NotFoundError(
        f"no profile is called {name!r}{guess(name, names(folder))}",
        hint=f"profiles: {', '.join(names(folder))}; or the path of a .toml file",
    )


def _path(name: str, folder: Path | None, heirs: tuple[Path, ...]) -> Path | None:
    """The file that a name means, if it means one; beside the file that extends it."""
    if name.endswith(".toml"):
        beside = heirs[-1].parent if heirs else Path()
        return (beside / _expanded(Path(name))).absolute()
    plain = name == Path(name).name and name.isprintable() and len(name) < 200
    own = (folder / f"{name}.toml").absolute() if folder and plain and name else None
    return own if own and own.is_file() else None


def _expanded(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:  # "~nobody.toml": the tilde is part of the name
        return path


def _from_file(path: Path, folder: Path | None, heirs: tuple[Path, ...]) -> Profile:
    table = _read(path)
    name = table.pop("name", path.stem)
    parent = table.pop("extends", None)
    for key, value in (("name", name), ("extends", parent)):
        if value is not None and not isinstance(value, str):
            raise InputError(f"profile {path}: {key} must be a text, not {value!r}")
    base = _load(parent, folder, (*heirs, path)) if parent else None
    return make_profile(table, name, str(path), base)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise NotFoundError(f"no profile file {path}") from None
    except OSError as error:
        raise InputError(f"profile {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"profile {path} is not UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"profile {path} is not TOML: {error}") from error
    except ValueError as error:  # a null character
        raise InputError(f"{str(path)!r} is no path of a profile: {error}") from error


@cache
def _built_in() -> Mapping[str, Profile]:
    """The profiles of the data file, in which a profile stands after the one it extends."""
    data = Path(__file__).with_name("profiles.toml").read_text(encoding="utf-8")
    found: dict[str, Profile] = {}
    for name, table in tomllib.loads(data).items():
        parent = table.pop("extends", None)
        found[name] = make_profile(table, name, "profiles.toml", parent and found[parent])
    return found
