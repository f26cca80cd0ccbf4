"""Accounts, sessions and keys. Of secrets only hashes are kept; times are ISO 8601, UTC."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from bozzetto.errors import InputError, NotFoundError
from bozzetto.store.database import Database
from bozzetto.store.entries import Change
from bozzetto.store.meta import record
from bozzetto.types import ACCOUNT_ROLES, Account, AccountRole, ApiKey, Caller, Login

__all__ = ["Accounts", "folded", "lower"]

ID = 12
"""Characters of a hash by which people name a session or a key."""


def folded(name: str) -> str:
    """A name as it is compared: two that differ in case alone are one."""
    return name.casefold()


class Accounts:
    """Who may use a home over the network. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def any(self) -> bool:
        """Whether there is an account."""
        with self._database.read() as connection:
            found = connection.execute("SELECT EXISTS (SELECT 1 FROM accounts)").fetchone()
            return bool(found[0])

    def all(self) -> list[Account]:
        """Every account, by name."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT a.name, a.role, c.at, c.actor FROM accounts a"
                " JOIN changes c ON c.id = a.change ORDER BY a.folded"
            )
            return [Account(*row) for row in rows]

    def password(self, name: str) -> tuple[str, str] | None:
        """An account's name as it is written, and its password's hash."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT name, password FROM accounts WHERE folded = ?", (folded(name),)
            ).fetchone()
            return None if row is None else (row[0], row[1])

    def add(self, name: str, role: AccountRole, password: str, *, actor: str, now: str) -> None:
        """Keep a new account.

        Raises:
            InputError: the name is taken, or this is the first and no admin's.
        """
        with self._database.write() as connection:
            if _number(connection, name) is not None:
                raise InputError(f"there is an account called {name!r}")
            noted = record(connection, Change(actor, now), "account add", f"{name}: {role}")
            connection.execute(
                "INSERT INTO accounts (name, folded, role, password, change)"
                " VALUES (?, ?, ?, ?, ?)",
                (name, folded(name), role, password, noted),
            )
            if not _admins(connection):
                raise InputError("the first account is an admin's", hint="add it with --role admin")

    def set_role(self, name: str, role: AccountRole, *, actor: str, now: str) -> None:
        """Give an account another role, which holds from its next request on.

        Raises:
            NotFoundError: there is none of that name.
            InputError: it is the last admin's.
        """
        with self._database.write() as connection:
            number = _found(connection, name)
            connection.execute("UPDATE accounts SET role = ? WHERE id = ?", (role, number))
            _still_led(connection, name)
            record(connection, Change(actor, now), "account role", f"{name}: {role}")

    def set_password(self, name: str, password: str, *, actor: str, now: str) -> None:
        """Change a password; whoever is logged in with the old one is out.

        Raises:
            NotFoundError: there is none of that name.
        """
        with self._database.write() as connection:
            number = _found(connection, name)
            connection.execute("UPDATE accounts SET password = ? WHERE id = ?", (password, number))
            connection.execute("DELETE FROM sessions WHERE account = ?", (number,))
            record(connection, Change(actor, now), "account password", name)

    def remove(self, name: str, *, actor: str, now: str) -> None:
        """Remove an account with its sessions and keys; what it did keeps its name.

        Raises:
            NotFoundError: there is none of that name.
            InputError: it is the last admin's.
        """
        with self._database.write() as connection:
            connection.execute("DELETE FROM accounts WHERE id = ?", (_found(connection, name),))
            _still_led(connection, name)
            record(connection, Change(actor, now), "account remove", name)

    # Keys of programs

    def keys(self, name: str | None = None) -> list[ApiKey]:
        """The keys of an account, or all, the newest first.

        Raises:
            NotFoundError: there is no such account.
        """
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT substr(k.hash, 1, :id), a.name, k.label, k.role, c.at, k.until"
                " FROM api_keys k JOIN accounts a ON a.id = k.account"
                " JOIN changes c ON c.id = k.change"
                " WHERE :account IS NULL OR k.account = :account ORDER BY k.change DESC",
                {"id": ID, "account": None if name is None else _found(connection, name)},
            )
            return [ApiKey(*row) for row in rows]

    def add_key(
        self,
        name: str,
        digest: str,
        role: AccountRole,
        *,
        label: str,
        until: str | None,
        actor: str,
        now: str,
    ) -> ApiKey:
        """Keep a key of an account.

        Raises:
            NotFoundError: there is no such account.
            InputError: the role is above the account's.
        """
        with self._database.write() as connection:
            number = _found(connection, name)
            (written, own) = connection.execute(
                "SELECT name, role FROM accounts WHERE id = ?", (number,)
            ).fetchone()
            if lower(role, own) != role:
                raise InputError(f"{written} is {own}: a key of theirs cannot be {role}")
            subject = f"{written}: {digest[:ID]}, {role}"
            noted = record(connection, Change(actor, now), "key add", subject)
            connection.execute(
                "INSERT INTO api_keys (hash, account, label, role, until, change)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (digest, number, label, role, until, noted),
            )
            return ApiKey(digest[:ID], written, label, role, now, until)

    def revoke_key(self, identity: str, *, actor: str, now: str) -> None:
        """Take a key back by its id; the next request with it is refused.

        Raises:
            NotFoundError: there is no such key.
        """
        with self._database.write() as connection:
            gone = connection.execute(
                "DELETE FROM api_keys WHERE substr(hash, 1, ?) = ?", (ID, identity)
            )
            if not gone.rowcount:
                raise NotFoundError(
                    f"no key has the id {identity!r}", hint="bozzetto account key list shows them"
                )
            record(connection, Change(actor, now), "key revoke", identity)

    # Browsers that are logged in

    def sessions(self, name: str | None = None, *, now: str) -> list[Login]:
        """Who is logged in: of an account, or all, the newest first.

        Raises:
            NotFoundError: there is no such account.
        """
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT substr(s.hash, 1, :id), a.name, s.at, s.until"
                " FROM sessions s LEFT JOIN accounts a ON a.id = s.account"
                " WHERE s.until > :now AND (:account IS NULL OR s.account = :account)"
                " ORDER BY s.at DESC, s.hash",
                {
                    "id": ID,
                    "now": now,
                    "account": None if name is None else _found(connection, name),
                },
            )
            return [Login(*row) for row in rows]

    def begin(self, digest: str, name: str | None, *, now: str, until: str, most: int) -> None:
        """Note a session of an account or, without a name, of the owner.

        An account has at most `most`; the oldest end, and so do those whose time is over.

        Raises:
            NotFoundError: there is no such account.
        """
        with self._database.write() as connection:
            number = None if name is None else _found(connection, name)
            connection.execute("DELETE FROM sessions WHERE until <= ?", (now,))
            connection.execute(
                "INSERT INTO sessions (hash, account, at, until) VALUES (?, ?, ?, ?)",
                (digest, number, now, until),
            )
            connection.execute(
                "DELETE FROM sessions WHERE hash IN (SELECT hash FROM sessions"
                " WHERE account IS ? AND hash <> ? ORDER BY until DESC, hash LIMIT -1 OFFSET ?)",
                (number, digest, most - 1),
            )

    def end(self, digest: str) -> None:
        """End one session."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM sessions WHERE hash = ?", (digest,))

    def end_all(self, name: str | None, *, actor: str, now: str) -> int:
        """End every session of an account or, without a name, of the owner; how many.

        Raises:
            NotFoundError: there is no such account.
        """
        with self._database.write() as connection:
            number = None if name is None else _found(connection, name)
            gone = connection.execute("DELETE FROM sessions WHERE account IS ?", (number,))
            record(connection, Change(actor, now), "account logout", name or "the owner")
            return gone.rowcount

    # Who calls

    def by_session(self, digest: str, now: str) -> Caller | None:
        """Whose session this is, while it lasts."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT a.name, coalesce(a.role, 'admin') FROM sessions s"
                " LEFT JOIN accounts a ON a.id = s.account WHERE s.hash = ? AND s.until > ?",
                (digest, now),
            ).fetchone()
            return None if row is None else Caller(*row)

    def by_key(self, digest: str, now: str) -> Caller | None:
        """Whose key this is, with the lower of its role and the account's."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT a.name, a.role, k.role FROM api_keys k JOIN accounts a"
                " ON a.id = k.account WHERE k.hash = ? AND (k.until IS NULL OR k.until > ?)",
                (digest, now),
            ).fetchone()
            return None if row is None else Caller(row[0], lower(row[1], row[2]))


def lower(one: AccountRole, other: AccountRole) -> AccountRole:
    """The role of the two that may do less."""
    return min(one, other, key=ACCOUNT_ROLES.index)


def _number(connection: sqlite3.Connection, name: str) -> int | None:
    row = connection.execute("SELECT id FROM accounts WHERE folded = ?", (folded(name),)).fetchone()
    return None if row is None else int(row[0])


def _found(connection: sqlite3.Connection, name: str) -> int:
    number = _number(connection, name)
    if number is None:
        raise NotFoundError(
            f"no account is called {name!r}", hint="bozzetto account list shows them"
        )
    return number


def _admins(connection: sqlite3.Connection) -> Sequence[str]:
    rows = connection.execute("SELECT name FROM accounts WHERE role = 'admin' LIMIT 1")
    return [row[0] for row in rows]


def _still_led(connection: sqlite3.Connection, name: str) -> None:
    """Whether an admin is left; raising undoes what the transaction did."""
    if not _admins(connection):
        raise InputError(
            f"{name} is the last admin", hint="make another first: bozzetto account role NAME admin"
        )
