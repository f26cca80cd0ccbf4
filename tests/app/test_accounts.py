from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from bozzetto.app import Assistant
from bozzetto.app.accounts import Accounts
from bozzetto.app.passwords import NOBODY, check, fits, hashed
from bozzetto.app.secret import SECRET
from bozzetto.errors import InputError
from bozzetto.store.store import FILE
from bozzetto.types import Caller

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with Assistant.open(tmp_path_factory.mktemp("people"), actor="root") as a:
        a.accounts.add("ada", PASSWORD, "admin")
        yield a


@pytest.fixture
def accounts(opened: Assistant) -> Accounts:
    return opened.accounts


def test_a_password_is_kept_as_a_hash_of_its_own() -> None:
    one, two = hashed(PASSWORD), hashed(PASSWORD)
    assert one != two
    assert one.startswith("scrypt$15$8$3$")
    assert [fits(PASSWORD, one), fits(PASSWORD + " ", one), fits("", NOBODY)] == [
        True,
        False,
        False,
    ]
    assert NOBODY.split("$")[:4] == one.split("$")[:4]


@pytest.mark.parametrize("password", ["", "x" * 11, "x" * 1_001, "ada.lovelace"])
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(InputError, match=r"a password (has|is not)"):
        check("ada.lovelace", password)
    check("ada.lovelace", "x" * 12)


@pytest.mark.parametrize(
    "name", ["", " ada", "ada ", "-a", "a/b", "a\nb", "a" * 81, "_", "a:b", "a\u202eb"]
)
def test_what_is_no_name_is_refused(accounts: Accounts, name: str) -> None:
    with pytest.raises(InputError, match="is no name for an account"):
        accounts.add(name, PASSWORD, "viewer")


def test_only_who_knows_the_password_gets_in(accounts: Accounts) -> None:
    assert [
        accounts.fits("ADA", PASSWORD),
        accounts.fits("ada", PASSWORD.upper()),
        accounts.fits("eve", PASSWORD),
    ] == ["ada", None, None]


def test_secrets_are_told_once_and_not_kept(opened: Assistant) -> None:
    key, secret = opened.accounts.add_key("ada", "viewer", label=" my  script ", until="2999-01-01")
    session = opened.accounts.begin("ada")
    owner = opened.accounts.begin(None)
    assert all(SECRET.fullmatch(one) for one in (secret, session, owner))
    assert (key.label, key.until, key.id) == ("my script", "2999-01-01", key.id)
    assert opened.accounts.by_key(secret) == Caller("ada", "viewer")
    assert opened.accounts.by_session(session) == Caller("ada", "admin")
    assert opened.accounts.by_session(owner) == Caller(None, "admin")
    assert opened.accounts.by_key(session) is None
    assert opened.accounts.by_session(secret) is None
    with sqlite3.connect(opened.settings.home / FILE) as connection:
        kept = "\n".join(connection.iterdump())
    connection.close()
    assert [one[4:] in kept for one in (secret, session, owner, PASSWORD)] == [False] * 4
    opened.accounts.end(session)
    opened.accounts.revoke_key(key.id)
    assert opened.accounts.by_session(session) is None
    assert opened.accounts.by_key(secret) is None


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"role": "root"}, "'root' is no role"),
        ({"role": "viewer", "until": "tomorrow"}, "until: 'tomorrow' is no day"),
        ({"role": "viewer", "until": "2020-01-01"}, "until: 2020-01-01 is over"),
        ({"role": "viewer", "label": "x" * 81}, "a label has at most 80"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(
    accounts: Accounts, asked: dict[str, str], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        accounts.add_key("ada", **asked)  # type: ignore[arg-type]


def test_what_is_changed_carries_the_name_of_who_acts(opened: Assistant, tmp_path: Path) -> None:
    file = tmp_path / "two.txt"
    file.write_text("a lighthouse in fog\na fox in snow\n")
    opened.acting("bo").add(file, embed=False)
    (record, _) = opened.library.page(limit=2)[0]
    opened.acting("cy").library.delete(ids=[record.id])
    with sqlite3.connect(opened.settings.home / FILE) as connection:
        found = connection.execute(
            "SELECT actor, action FROM changes WHERE action NOT LIKE '%account%'"
            " AND action NOT LIKE 'key%' ORDER BY id"
        ).fetchall()
    connection.close()
    assert found == [("bo", "import"), ("cy", "delete")]
    assert opened.settings.actor == "root"
