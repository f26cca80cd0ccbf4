from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bozzetto.errors import InputError, NotFoundError
from bozzetto.store.store import FILE, Store
from bozzetto.types import Account, ApiKey, Caller, Login

WHO = {"actor": "root", "now": "2026-01-01T00:00:00+00:00"}
NOW = WHO["now"]
LATER = "2026-01-15T00:00:00+00:00"
A, B, C = ("a" * 64, "b" * 64, "c" * 64)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path) as found:
        found.accounts.add("Ada", "admin", "hash", **WHO)
        found.accounts.add("Bo", "editor", "hash", **WHO)
        yield found


def changes(folder: Path) -> list[tuple[str, str, str]]:
    with sqlite3.connect(folder / FILE) as connection:
        found = connection.execute("SELECT actor, action, subject FROM changes").fetchall()
    connection.close()
    return found


def test_an_account_is_found_by_its_name_in_any_case(store: Store) -> None:
    assert store.accounts.all() == [
        Account("Ada", "admin", NOW, "root"),
        Account("Bo", "editor", NOW, "root"),
    ]
    assert store.accounts.password("ADA") == ("Ada", "hash")
    assert store.accounts.password("eve") is None
    with pytest.raises(InputError, match="there is an account called 'ada'"):
        store.accounts.add("ada", "viewer", "hash", **WHO)


def test_the_first_account_is_an_admins(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        assert not store.accounts.any()
        with pytest.raises(InputError, match="the first account is an admin's"):
            store.accounts.add("ada", "editor", "hash", **WHO)
        assert not store.accounts.any()


@pytest.mark.parametrize(
    "change",
    [
        lambda store: store.accounts.set_role("ada", "editor", **WHO),
        lambda store: store.accounts.remove("ada", **WHO),
    ],
)
def test_one_admin_always_stays(store: Store, change: Callable[[Store], None]) -> None:
    with pytest.raises(InputError, match="ada is the last admin"):
        change(store)
    assert [one.role for one in store.accounts.all()] == ["admin", "editor"]
    store.accounts.set_role("bo", "admin", **WHO)
    change(store)
    assert sum(one.role == "admin" for one in store.accounts.all()) == 1


def test_a_key_may_do_what_the_lower_of_two_roles_says(store: Store) -> None:
    key = store.accounts.add_key("bo", A, "editor", label="script", until=LATER, **WHO)
    assert key == ApiKey("a" * 12, "Bo", "script", "editor", NOW, LATER)
    with pytest.raises(InputError, match="Bo is editor: a key of theirs cannot be admin"):
        store.accounts.add_key("bo", B, "admin", label="", until=None, **WHO)
    assert store.accounts.by_key(A, NOW) == Caller("Bo", "editor")
    store.accounts.set_role("bo", "viewer", **WHO)
    assert store.accounts.by_key(A, NOW) == Caller("Bo", "viewer")
    store.accounts.set_role("bo", "admin", **WHO)
    assert store.accounts.by_key(A, NOW) == Caller("Bo", "editor")
    assert store.accounts.by_key(A, LATER) is None
    assert store.accounts.by_key(B, NOW) is None


def test_a_revoked_key_is_none(store: Store) -> None:
    kept = store.accounts.add_key("ada", A, "viewer", label="", until=None, **WHO)
    gone = store.accounts.add_key("bo", B, "viewer", label="", until=None, **WHO)
    store.accounts.revoke_key(gone.id, **WHO)
    assert store.accounts.by_key(B, NOW) is None
    assert store.accounts.keys() == store.accounts.keys("ada") == [kept]
    assert store.accounts.keys("bo") == []
    with pytest.raises(NotFoundError, match="no key has the id"):
        store.accounts.revoke_key(gone.id, **WHO)


def test_a_session_ends_by_time_by_logging_out_and_with_a_new_password(store: Store) -> None:
    for digest in (A, B):
        store.accounts.begin(digest, "bo", now=NOW, until=LATER, most=5)
    store.accounts.begin(C, None, now=NOW, until=LATER, most=5)
    assert store.accounts.by_session(A, NOW) == Caller("Bo", "editor")
    assert store.accounts.by_session(C, NOW) == Caller(None, "admin")
    assert store.accounts.by_session(A, LATER) is None
    store.accounts.end(A)
    assert store.accounts.by_session(A, NOW) is None
    assert store.accounts.sessions("bo", now=NOW) == [Login("b" * 12, "Bo", NOW, LATER)]
    store.accounts.set_password("bo", "other", **WHO)
    assert store.accounts.by_session(B, NOW) is None
    assert [one.account for one in store.accounts.sessions(now=NOW)] == [None]
    assert store.accounts.end_all(None, **WHO) == 1
    assert store.accounts.sessions(now=NOW) == []


def test_of_too_many_sessions_the_oldest_end(store: Store) -> None:
    ends = [f"2026-01-{day}T00:00:00+00:00" for day in range(10, 14)]
    for number, until in enumerate(ends):
        store.accounts.begin(f"{number}" * 64, "bo", now=NOW, until=until, most=2)
        store.accounts.begin(f"{number}x" * 32, "ada", now=NOW, until=until, most=9)
    assert {one.until for one in store.accounts.sessions("bo", now=NOW)} == set(ends[2:])
    assert len(store.accounts.sessions("ada", now=NOW)) == 4
    store.accounts.begin(A, None, now=ends[2], until=LATER, most=2)
    assert [one.until for one in store.accounts.sessions(now=NOW)] == [LATER, ends[3], ends[3]]


def test_with_an_account_its_sessions_and_keys_go(store: Store, tmp_path: Path) -> None:
    store.accounts.begin(A, "bo", now=NOW, until=LATER, most=5)
    store.accounts.add_key("bo", B, "editor", label="", until=None, **WHO)
    store.accounts.remove("bo", **WHO)
    assert store.accounts.by_session(A, NOW) is None
    assert store.accounts.by_key(B, NOW) is None
    assert changes(tmp_path) == [
        ("root", "account add", "Ada: admin"),
        ("root", "account add", "Bo: editor"),
        ("root", "key add", "Bo: bbbbbbbbbbbb, editor"),
        ("root", "account remove", "bo"),
    ]
    for change in (
        lambda: store.accounts.remove("bo", **WHO),
        lambda: store.accounts.set_role("bo", "viewer", **WHO),
        lambda: store.accounts.set_password("bo", "other", **WHO),
        lambda: store.accounts.begin(C, "bo", now=NOW, until=LATER, most=5),
        lambda: store.accounts.end_all("bo", **WHO),
        lambda: store.accounts.sessions("bo", now=NOW),
        lambda: store.accounts.keys("bo"),
    ):
        with pytest.raises(NotFoundError, match="no account is called 'bo'"):
            change()
