"""Accounts, their keys, and who calls, as records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["ACCOUNT_ROLES", "Account", "AccountRole", "ApiKey", "Caller", "Login"]

AccountRole = Literal["viewer", "editor", "admin"]

ACCOUNT_ROLES: tuple[AccountRole, ...] = ("viewer", "editor", "admin")
"""Each may do what those before it may."""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may use this home over the network."""

    name: str
    role: AccountRole
    at: str
    actor: str


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of an account, for a program; `until` is None where it has no end."""

    id: str
    account: str
    label: str
    role: AccountRole
    at: str
    until: str | None


@dataclass(frozen=True, slots=True)
class Login:
    """A browser that is logged in; `account` is None for the owner of the machine's files."""

    id: str
    account: str | None
    at: str
    until: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and what they may do; `name` is None for the owner of the machine's files."""

    name: str | None
    role: AccountRole
