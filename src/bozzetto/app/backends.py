"""The back ends that can be named, what each still lacks, and whether it can be reached."""

from __future__ import annotations

import re
import socket
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bozzetto.app.parts import open_store
from bozzetto.app.serving import BUILTIN, HERE, Serving, read
from bozzetto.config import Settings, load_environ
from bozzetto.errors import BozzettoError, MissingExtraError
from bozzetto.plugins import load, names, split_name

__all__ = ["KINDS", "Backend", "absent", "backends", "looked_at", "rows"]

KINDS = ("chat", "embedders", "stores", "images", "scores")

_WITHIN = ("compose", "builtin", "here")
"""What stands in the program itself and is no plug-in."""

_AMAZON = (
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
)
_AMAZON_FILES = (
    ("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"),
    ("AWS_CONFIG_FILE", ".aws/config"),
)

_PATIENCE = 2.0
"""Seconds to reach an address at all."""


@dataclass(frozen=True, slots=True)
class Backend:
    """A scheme of a kind. `missing` says which package it lacks, `hint` what installs it.

    `tested` is "real" where the thing itself runs in the tests, "contract" where a client meets
    a server that checks the vendor's published model, None for a stranger's plug-in. `state` is
    what a look found, None where nobody looked. Models and the worth of keys show when used.
    """

    kind: str
    scheme: str
    missing: str | None = None
    hint: str | None = None
    title: str = ""
    tested: str | None = None
    state: str | None = None


@cache
def rows() -> Mapping[tuple[str, str], Mapping[str, Any]]:
    """What is known of each of ours, by kind and scheme, in their order."""
    text = files("bozzetto.app").joinpath("backends.toml").read_text(encoding="utf-8")
    return {(row["kind"], row["scheme"]): row for row in tomllib.loads(text)["backend"]}


def backends() -> Iterator[Backend]:
    """Every back end there is, by kind: ours in their order, then those of plug-ins."""
    for kind in KINDS:
        ours = [scheme for of, scheme in rows() if of == kind]
        # The built-in embedders have schemes too, which are what "builtin" stands for.
        strange = set(names(kind)) - set(ours) - {"minilm", "use"}
        for scheme in (*ours, *sorted(strange)):
            yield _examined(kind, scheme)


def _examined(kind: str, scheme: str) -> Backend:
    row = rows().get((kind, scheme), {})
    found = Backend(kind, scheme, title=row.get("title", ""), tested=row.get("tested"))
    if scheme in _WITHIN:
        return found
    extra = row.get("extra")
    if extra:  # not loaded to see it: some of these take seconds
        lacking = absent(extra, requires("bozzetto") or ())
        way_out = f"pip install 'bozzetto[{extra}]'"
        return replace(found, missing=", ".join(lacking), hint=way_out) if lacking else found
    try:
        load(kind, scheme)
    except MissingExtraError as error:
        return replace(found, missing=error.message, hint=error.hint)
    return found


def looked_at(settings: Settings, patience: float = _PATIENCE) -> list[Backend]:
    """Every back end with its state: whether it is installed, has a key, answers at its address.

    Nothing is asked of a model: an address is reached and let go of, `patience` seconds at most.
    The vector store that serves the home is asked whether it is there.
    """
    environ = load_environ(settings.home)
    serving = read(settings.home) or Serving()
    found = list(backends())
    with ThreadPoolExecutor(16) as pool:
        states = list(pool.map(partial(_state, environ, patience), found))
    return [
        replace(one, state=_serving(settings, serving, one) or state)
        for one, state in zip(found, states, strict=True)
    ]


def _serving(settings: Settings, serving: Serving, backend: Backend) -> str | None:
    """The state of what serves the home; None of all others."""
    names = {"embedders": serving.embedder or BUILTIN, "stores": serving.vectors or HERE}
    name = names.get(backend.kind)
    if name is None or backend.missing or split_name(name)[0].split("+")[0] != backend.scheme:
        return None
    if backend.kind == "stores" and name != HERE:
        try:
            with closing(open_store(name, timeout=settings.timeout, home=settings.home)) as store:
                store.count("bozzetto_nothing")
        except BozzettoError as error:
            return f"serves this home: {error.message}"
    return "serves this home"


def _state(environ: Mapping[str, str], patience: float, backend: Backend) -> str:
    if backend.missing:
        return "not installed"
    row = rows().get((backend.kind, backend.scheme), {})
    keys = row.get("keys", ())
    if keys and not any(_has(key, environ) for key in keys):
        wanted = " or ".join("AWS credentials" if key == "aws" else key for key in keys)
        return f"lacks {wanted}"
    variable = row.get("address_variable", "")
    address = environ.get(variable, "").strip() or row.get("address", "")
    if address:
        return f"{'answers' if _answers(address, patience) else 'no answer'} at {_host(address)}"
    if variable:
        return f"lacks {variable}"
    if backend.kind == "stores" and backend.scheme not in _WITHIN:
        return "installed"
    return "has a key" if keys else "ready"


def _has(key: str, environ: Mapping[str, str]) -> bool:
    if key != "aws":
        return bool(environ.get(key, "").strip())
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or "~").expanduser()
    said = any(environ.get(name, "").strip() for name in _AMAZON)
    return said or any(
        Path(environ.get(name) or home / usual).is_file() for name, usual in _AMAZON_FILES
    )


def _host(address: str) -> str:
    url = urlsplit(address if "://" in address else f"//{address}")
    return f"{url.hostname}:{url.port}" if url.port else str(url.hostname)


def _answers(address: str, patience: float) -> bool:
    url = urlsplit(address if "://" in address else f"http://{address}")
    try:
        place = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
        with socket.create_connection(place, timeout=patience):
            return True
    except (OSError, ValueError):
        return False


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
