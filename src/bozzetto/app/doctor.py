"""The examination: what is installed, what the home holds, what is wrong and how to mend it.

It looks and touches nothing: no file of the home is made, mended, migrated or deleted.
"""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bozzetto import __version__, plugins
from bozzetto.app.accounts import any_account
from bozzetto.app.clock import now
from bozzetto.app.parts import (
    EMBEDDERS,
    load_bridge,
    open_chat,
    open_embedder,
    open_images,
    open_named_embedder,
)
from bozzetto.app.secret import TOKEN_FILE, shared
from bozzetto.app.serving import read
from bozzetto.config import Settings, load_settings
from bozzetto.errors import BozzettoError
from bozzetto.ports import Lifecycle
from bozzetto.profiles import load as load_profile
from bozzetto.store.backup import check
from bozzetto.store.database import SQLITE
from bozzetto.store.migrations import CURRENT
from bozzetto.store.schema import schema_version
from bozzetto.store.store import FILE, Store
from bozzetto.text.tokens import clip_tokens

__all__ = ["Check", "examine"]

State = Literal["ok", "warn", "fail"]
LITTLE_SPACE = 500 * 2**20
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. `hint` is the way out where something is not right."""

    name: str
    state: State
    detail: str
    hint: str | None = None


def examine(home: str | Path | None = None) -> tuple[Check, ...]:
    """Run every check; a check that raises is a finding, not the end."""
    try:
        settings = load_settings(home)
    except BozzettoError as error:
        return (_program(), Check("settings", "fail", error.message, error.hint))
    return (_program(), *_settings(settings), *_models(settings), *_library(settings))


def _guarded(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except BozzettoError as error:
        return Check(name, "fail", error.message, error.hint)


def _program() -> Check:
    return Check(
        "program",
        "ok",
        f"bozzetto {__version__}, Python {platform.python_version()}, SQLite "
        f"{SQLITE}, {platform.system()} {platform.machine()}",
    )


def _profile(settings: Settings) -> str:
    return load_profile(settings.profile, settings.home / "profiles").title


def _settings(settings: Settings) -> Iterator[Check]:
    yield _home(settings)
    yield from _shared(settings)
    yield _guarded("profile", lambda: Check("profile", "ok", _profile(settings)))
    yield _guarded("chat", lambda: _chat(settings))
    yield _guarded("images by", lambda: _images(settings))
    yield from _serving(settings)


def _home(settings: Settings) -> Check:
    folder = settings.home
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        return Check("home", "fail", f"{folder} cannot be written to", "choose another: --home")
    free = shutil.disk_usage(nearest).free
    detail = f"{folder}, {free / 2**30:.1f} GiB free"
    if free < LITTLE_SPACE:
        return Check("home", "warn", detail, "free some space before you import")
    return Check("home", "ok", detail)


def _shared(settings: Settings) -> Iterator[Check]:
    """Files that let somebody in, and that others of this machine can read."""
    token, library = settings.home / TOKEN_FILE, settings.home / FILE
    if shared(token):
        way_out = f"chmod 600 {token}, then bozzetto serve --new-token"
        yield Check("token", "warn", f"{token} can be read by others of this machine", way_out)
    if not shared(settings.home) or not any_account(settings.home):
        return
    files = [library, *settings.home.glob(f"{FILE}-*"), *settings.home.glob("backups/*.sqlite")]
    if wide := [file for file in sorted(files) if shared(file)]:
        more = f" and {len(wide) - 1} more of its files" if len(wide) > 1 else ""
        detail = f"{wide[0]}{more}: hashes of passwords that others of this machine can read"
        yield Check("accounts", "warn", detail, f"chmod 700 {settings.home}")


def _chat(settings: Settings) -> Check:
    if settings.chat == "compose":
        return Check("chat", "ok", "compose: written from the library, no language model")
    chat = open_chat(settings.chat, timeout=settings.timeout, home=settings.home)
    return _model("chat", settings.chat, chat.features.lifecycle)


def _images(settings: Settings) -> Check:
    images = open_images(settings.images, timeout=settings.timeout, home=settings.home)
    return _model("images by", settings.images, images.features.lifecycle)


def _named(settings: Settings, name: str) -> Check:
    """The embedder that was named for the library."""
    found = open_named_embedder(name, timeout=settings.timeout, home=settings.home)
    return _model("embedder", name, found.features.lifecycle)


def _serving(settings: Settings) -> Iterator[Check]:
    try:
        serving = read(settings.home)
    except BozzettoError as error:
        yield Check("embedder", "fail", error.message, error.hint)
        return
    if serving is not None and (name := serving.embedder):
        yield _guarded("embedder", lambda: _named(settings, name))


def _model(what: str, name: str, life: Lifecycle | None) -> Check:
    """A model that can be set up, as far as its vendor keeps it."""
    if life is None or life.state == "active":
        return Check(what, "ok", f"{name} (not called)")
    when = f" on {life.ends}" if life.ends else ""
    way_out = f"{life.instead} stands in its place" if life.instead else "choose another model"
    if life.state == "gone" or (life.ends and life.ends <= now()):
        return Check(what, "fail", f"{name} is gone: its vendor ended it{when}", way_out)
    ends = f" and ends{when}" if when else ""
    return Check(what, "warn", f"{name} is legacy{ends}: new customers may be refused", way_out)


def _models(settings: Settings) -> Iterator[Check]:
    yield _guarded("clip tokens", _clip)
    for scheme in EMBEDDERS:
        yield _guarded(f"embedder {scheme}", lambda scheme=scheme: _embedder(scheme))  # type: ignore[misc]
    yield _guarded("bridge", _bridge)
    for kind in plugins.GROUPS:
        yield _guarded(kind, lambda kind=kind: Check(kind, "ok", ", ".join(plugins.names(kind))))  # type: ignore[misc]


def _clip() -> Check:
    clip_tokens("a cartoon of a small dog")
    return Check("clip tokens", "ok", "exact, vocabulary checked by hash")


def _embedder(scheme: str) -> Check:
    embedder = open_embedder(scheme)
    embedder.embed(["a cartoon of a small dog"])
    return Check(
        f"embedder {scheme}", "ok", f"{embedder.features.id}, {embedder.features.dim} dimensions"
    )


def _bridge() -> Check:
    load_bridge()
    return Check("bridge", "ok", "other languages reach the English index")


def _library(settings: Settings) -> tuple[Check, ...]:
    """What the home holds; once more where somebody wrote to it while it was read."""
    file = settings.home / FILE
    if not file.exists():
        made = "" if settings.home.exists() else "not made yet and "
        detail = f"{made}empty: a search loads the starter prompts, import yours"
        return (Check("library", "ok", detail),)
    for _ in range(_TRIES):
        before = file.stat().st_mtime_ns
        checks = tuple(_looked_at(settings, file))
        if file.stat().st_mtime_ns == before or all(check.state != "fail" for check in checks):
            break
    return checks


def _looked_at(settings: Settings, file: Path) -> Iterator[Check]:
    try:
        version = schema_version(file)
        if version < CURRENT:
            yield from _older(settings, file, version)
            return
        with Store.look(settings.home) as store:
            yield _guarded("library", lambda: _integrity(store))
            yield from _content(settings, store)
    except BozzettoError as error:
        yield Check("library", "fail", error.message, error.hint)


def _older(settings: Settings, file: Path, version: int) -> Iterator[Check]:
    """A library that the next command will migrate, or a file in which nothing is yet."""
    if not version:
        yield Check("library", "ok", "empty: nothing was ever written to it")
        return
    check(file)
    yield Check(
        "library",
        "warn",
        f"schema {version}, every page read and sound; this version uses schema {CURRENT}",
        f"the next command brings it there, with a backup in {settings.home / 'backups'}",
    )


def _integrity(store: Store) -> Check:
    store.check()
    return Check("library", "ok", f"schema {store.schema()}, every page read and sound")


def _content(settings: Settings, store: Store) -> Iterator[Check]:
    stats = store.stats()
    yield Check(
        "prompts",
        "ok",
        f"{stats.prompts:,} in {stats.families:,} families, {stats.candidates:,} kept candidates",
    )
    for info in stats.sources:
        detail = f"{info.rows:,} rows, {info.prompts:,} prompts, {info.bad:,} bad rows"
        if info.deleted:
            detail += f", {info.deleted:,} rows whose prompts were deleted"
        if info.complete:
            yield Check(f"source {info.name}", "ok", detail)
        else:
            yield Check(f"source {info.name}", "warn", detail, "unfinished: import it again")
    from bozzetto.app.findings import findings

    for name, good, detail, hint in findings(settings, store):
        yield Check(name, "ok" if good else "warn", detail, hint)
