"""Answers on the installation: what there is, how it stands, who may call; and problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bozzetto.app.backends import Backend
from bozzetto.types import Account, ApiKey, Login

__all__ = [
    "Accounts",
    "Backends",
    "Built",
    "Ended",
    "Examination",
    "Finding",
    "IndexInfo",
    "KeyMade",
    "Keys",
    "Problem",
    "Profile",
    "Profiles",
    "Session",
    "Sessions",
    "Setting",
    "Status",
    "WrongField",
]


@dataclass(frozen=True, slots=True)
class WrongField:
    """What is wrong, and where: a field of the body, or a line of a file."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, as RFC 9457 has it; `hint` is the way out."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: str = ""
    errors: Sequence[WrongField] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """How the server is."""

    status: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What an image model wants of a prompt; of one that cannot be read, `error` says why."""

    name: str
    error: str = ""
    title: str = ""
    style: Literal["tags", "prose"] = "tags"
    tokens: Mapping[str, int] = field(default_factory=dict)
    family: str = ""
    negative: bool = False
    avoid: str = ""
    quality: Sequence[str] = ()
    languages: Sequence[str] = ()
    weight_syntax: str = ""
    vocabulary: str = ""
    sizes: Sequence[str] = ()
    chunks: int = 1
    words: int = 0
    guidelines: Sequence[str] = ()
    banned: Sequence[str] = ()
    required: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Profiles:
    """Every profile there is."""

    profiles: Sequence[Profile]


@dataclass(frozen=True, slots=True)
class Backends:
    """Every back end there is, and the package it lacks."""

    backends: Sequence[Backend]


@dataclass(frozen=True, slots=True)
class Setting:
    """The value of a setting, and where it came from."""

    value: str | int | float
    origin: str


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """How an index stands to the library; `recall` of a sample, `bytes` on the disk.

    `stored` is how many rows a vector store says it holds, null without one.
    """

    name: str
    state: Literal["complete", "behind", "none", "stale", "damaged", "newer", "unreachable"]
    detail: str
    rows: int
    refined: int
    recall: float | None
    bytes: int
    stored: int | None


@dataclass(frozen=True, slots=True)
class Built:
    """The indexes, and how many prompts wait for them.

    `embedder` and `vectors` name who embeds and where vectors are searched, "builtin" and "here"
    where that is the program itself; `wished` says what the settings ask for instead.
    """

    tier: Literal["small", "large"]
    embedder: str
    vectors: str
    wished: str | None
    indexes: Sequence[IndexInfo]
    waiting: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of the examination."""

    name: str
    state: Literal["ok", "warn", "fail"]
    detail: str
    hint: str | None


@dataclass(frozen=True, slots=True)
class Examination:
    """What the examination found; `ok` where nothing fails."""

    ok: bool
    checks: Sequence[Finding]


@dataclass(frozen=True, slots=True)
class Session:
    """Who calls; `accounts` says whether there are any."""

    user: str | None
    role: str
    accounts: bool
    version: str


@dataclass(frozen=True, slots=True)
class Accounts:
    """Every account."""

    accounts: Sequence[Account]


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of an account."""

    keys: Sequence[ApiKey]


@dataclass(frozen=True, slots=True)
class KeyMade:
    """A key, and its secret, which is told once."""

    key: ApiKey
    secret: str


@dataclass(frozen=True, slots=True)
class Sessions:
    """The browsers in which an account is logged in."""

    sessions: Sequence[Login]


@dataclass(frozen=True, slots=True)
class Ended:
    """How many sessions ended."""

    ended: int
