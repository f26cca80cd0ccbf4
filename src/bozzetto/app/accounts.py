"""What hangs below the assistant as `a.accounts`: who may use a home over the network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bozzetto.app.clock import moment, now
from bozzetto.app.passwords import NOBODY, check, fits, hashed
from bozzetto.app.secret import digest, make, new_token
from bozzetto.errors import BozzettoError, InputError
from bozzetto.store.store import Store
from bozzetto.types import ACCOUNT_ROLES, Account, AccountRole, ApiKey, Caller, Login

__all__ = ["SESSION", "Accounts", "any_account"]

SESSION = timedelta(days=14)
"""How long a browser stays logged in."""

MOST_SESSIONS = 20
"""Browsers of an account at a time; the oldest is logged out."""

MOST_LABEL = 80

_NAME = re.compile(r"[^\W_][\w .@+-]{0,78}[\w.@+-]|[^\W_]")


def any_account(home: Path) -> bool:
    """Whether a home has an account, told without making, mending or migrating anything."""
    try:
        with Store.look(home) as store:
            return store.accounts.any()
    except BozzettoError:  # there is no library, or one of a time before accounts
        return False


class Accounts:
    """The accounts of a home, their keys, and who is logged in.

    What is changed holds from the next request on, also for servers that run.
    """

    def __init__(self, store: Store, actor: str) -> None:
        self._home = store.folder
        self._rows = store.accounts
        self._actor = actor

    def any(self) -> bool:
        """Whether there is an account."""
        return self._rows.any()

    def list(self) -> Sequence[Account]:
        """Every account, by name."""
        return self._rows.all()

    def add(self, name: str, password: str, role: AccountRole) -> None:
        """Make an account; the first is an admin's.

        Raises:
            InputError: the name is taken or none, the role is none, or the password too short.
        """
        if not _NAME.fullmatch(name):
            raise InputError(
                f"{name[:40]!r} is no name for an account",
                hint="up to 80 letters, digits and . _ @ + - or spaces, the first no sign",
            )
        check(name, password)
        kept = hashed(password)
        self._rows.add(name, _role(role), kept, actor=self._actor, now=now())

    def set_role(self, name: str, role: AccountRole) -> None:
        """Give an account another role: viewer, editor or admin.

        Raises:
            NotFoundError: there is none of that name.
            InputError: it is the last admin's, or the role is none.
        """
        self._rows.set_role(name, _role(role), actor=self._actor, now=now())

    def set_password(self, name: str, password: str) -> None:
        """Change a password; whoever is logged in with the old one is out.

        Raises:
            NotFoundError: there is none of that name.
            InputError: it is too short.
        """
        check(name, password)
        kept = hashed(password)
        self._rows.set_password(name, kept, actor=self._actor, now=now())

    def remove(self, name: str) -> None:
        """Remove an account with its sessions and keys; what it did keeps its name.

        Raises:
            NotFoundError: there is none of that name.
            InputError: it is the last admin's.
        """
        self._rows.remove(name, actor=self._actor, now=now())

    # Keys of programs

    def keys(self, name: str | None = None) -> Sequence[ApiKey]:
        """The keys of an account, or all, the newest first.

        Raises:
            NotFoundError: there is no such account.
        """
        return self._rows.keys(name)

    def add_key(
        self, name: str, role: AccountRole, *, label: str = "", until: str | None = None
    ) -> tuple[ApiKey, str]:
        """A new key of an account, and its secret, which is told this once.

        It may do what its role says, or the account's where that is less by then; `until` is
        a day or a time, UTC.

        Raises:
            NotFoundError: there is no such account.
            InputError: the role is above the account's, or the time is none or over.
        """
        secret = make("key")
        said = " ".join(label.split())
        if len(said) > MOST_LABEL or not (said.isprintable() or not said):
            raise InputError(f"a label has at most {MOST_LABEL} characters on one line")
        key = self._rows.add_key(
            name, digest(secret), _role(role), label=said, until=_end(until),
            actor=self._actor, now=now(),
        )  # fmt: skip
        return key, secret

    def revoke_key(self, identity: str) -> None:
        """Take a key back by its id; the next request with it is refused.

        Raises:
            NotFoundError: there is no such key.
        """
        self._rows.revoke_key(identity, actor=self._actor, now=now())

    # Browsers

    def sessions(self, name: str | None = None) -> Sequence[Login]:
        """Who is logged in: of an account, or all, the newest first.

        Raises:
            NotFoundError: there is no such account.
        """
        return self._rows.sessions(name, now=now())

    def log_out(self, name: str | None) -> int:
        """End every session of an account or, without a name, of the owner; how many.

        Raises:
            NotFoundError: there is no such account.
        """
        return self._rows.end_all(name, actor=self._actor, now=now())

    def new_token(self) -> None:
        """Another token of the home; whoever came in by the last is out.

        Raises:
            SetupError: its file cannot be written.
        """
        new_token(self._home)
        self.log_out(None)

    def written(self, name: str) -> str | None:
        """An account's name as it is written; None where there is none."""
        return (self._rows.password(name) or (None,))[0]

    def fits(self, name: str, password: str) -> str | None:
        """The account's name as it is written, where the password is its own.

        Takes as long where there is no such account.
        """
        written, kept = self._rows.password(name) or (None, NOBODY)
        return written if fits(password, kept) else None

    def begin(self, name: str | None) -> str:
        """A session of an account or, without a name, of the owner: what the browser keeps.

        Raises:
            NotFoundError: there is no such account.
        """
        secret = make("session")
        until = (datetime.now(UTC) + SESSION).isoformat(timespec="seconds")
        self._rows.begin(digest(secret), name, now=now(), until=until, most=MOST_SESSIONS)
        return secret

    def end(self, secret: str) -> None:
        """End the session that a browser keeps."""
        self._rows.end(digest(secret))

    def by_session(self, secret: str) -> Caller | None:
        """Whose session this is, while it lasts."""
        return self._rows.by_session(digest(secret), now())

    def by_key(self, secret: str) -> Caller | None:
        """Whose key this is, and what it may do."""
        return self._rows.by_key(digest(secret), now())


def _role(role: str) -> AccountRole:
    for known in ACCOUNT_ROLES:
        if role == known:
            return known
    raise InputError(f"{role!r} is no role", hint=f"there are {', '.join(ACCOUNT_ROLES)}")


def _end(until: str | None) -> str | None:
    """When a key ends, as the library writes times; a day ends it as it begins."""
    if until is None:
        return None
    try:
        found = moment(until)
    except ValueError:
        raise InputError(f"until: {until!r} is no day", hint="for example 2027-01-31") from None
    if found <= now():
        raise InputError(f"until: {until} is over")
    return found
