"""The profiles there are, for a list: one that cannot be read stands there with the reason."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from bozzetto.errors import BozzettoError
from bozzetto.profiles.loading import load, names
from bozzetto.profiles.profile import Profile

__all__ = ["profile_json", "read_all"]


def read_all(folder: Path) -> list[tuple[str, Profile | str]]:
    """Each name with its profile, or with what is wrong with it; a user's own lie in `folder`."""
    return [(name, _read(name, folder)) for name in names(folder)]


def _read(name: str, folder: Path) -> Profile | str:
    try:
        return load(name, folder)
    except BozzettoError as error:
        return error.message


def profile_json(name: str, profile: Profile | str) -> dict[str, Any]:
    """A profile's keys and values, as JSON can carry them; or what is wrong with it."""
    if isinstance(profile, str):
        return {"name": name, "error": profile}
    values = {item.name: getattr(profile, item.name) for item in fields(profile)}
    return values | {"tokens": dict(profile.tokens)}
