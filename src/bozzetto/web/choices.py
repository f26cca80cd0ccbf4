"""`/api/v1/profiles` and `/backends`: what there is to choose from."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from bozzetto.app.backends import backends
from bozzetto.profiles import load, profile_json, read_all
from bozzetto.web.bodies import Name
from bozzetto.web.state import TheAssistant

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["choices"])


@router.get("/profiles")
def profiles(a: TheAssistant) -> dict[str, Any]:
    """What each image model wants of a prompt; one that cannot be read, with the reason."""
    found = read_all(a.settings.home / "profiles")
    return {"profiles": [profile_json(name, profile) for name, profile in found]}


@router.get("/profiles/{name}")
def profile(name: Name, a: TheAssistant) -> dict[str, Any]:
    """Everything that a profile says."""
    found = load(name, a.settings.home / "profiles")
    return profile_json(found.name, found)


@router.get("/backends")
def schemes() -> dict[str, Any]:
    """The schemes of chat models, image generators and scorers, and the packages they lack."""
    return {"backends": [asdict(one) for one in backends()]}
