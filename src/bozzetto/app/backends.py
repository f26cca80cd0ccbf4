"""The back ends that can be named, and what each still lacks to be used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version

from bozzetto.errors import MissingExtraError
from bozzetto.plugins import load, names

__all__ = ["Backend", "absent", "backends"]

KINDS = ("chat", "images", "scores")

EXTRAS: Mapping[tuple[str, str], str] = {
    ("images", "bedrock"): "aws",
    ("images", "sagemaker"): "aws",
    ("images", "diffusers"): "diffusers",
    ("scores", "clip"): "diffusers",
}
"""The extra that brings what a back end of ours loads when it is first used."""


@dataclass(frozen=True, slots=True)
class Backend:
    """A scheme of a kind. `missing` says which package it lacks, `hint` what installs it.

    Keys and models are looked for when it is used: nothing of them is told.
    """

    kind: str
    scheme: str
    missing: str | None = None
    hint: str | None = None


def backends() -> Iterator[Backend]:
    """Every chat model, image generator and scorer there is, by kind and name."""
    yield Backend("chat", "compose")
    for kind in KINDS:
        for scheme in names(kind):
            yield _examined(kind, scheme)


def _examined(kind: str, scheme: str) -> Backend:
    extra = EXTRAS.get((kind, scheme))
    if extra and (lacking := absent(extra, requires("bozzetto") or ())):
        return Backend(kind, scheme, ", ".join(lacking), f"pip install 'bozzetto[{extra}]'")
    try:
        load(kind, scheme)
    except MissingExtraError as error:
        return Backend(kind, scheme, error.message, error.hint)
    return Backend(kind, scheme)


def absent(extra: str, lines: Iterable[str]) -> list[str]:
    """The packages of an extra that are not installed, by a distribution's requirements."""
    wanted = [line.partition(";") for line in lines]
    named = (line for line, _, condition in wanted if f"extra == '{extra}'" in _plain(condition))
    found = (_name(line) for line in named)
    return [name for name in found if not _installed(name)]


def _plain(condition: str) -> str:
    return condition.replace('"', "'")


def _name(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement.strip(), maxsplit=1)[0]


def _installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True
