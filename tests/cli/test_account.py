from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Run

from bozzetto.app import Assistant
from bozzetto.app.secret import TOKEN_FILE, install_token
from bozzetto.cli.serve import serve_command
from bozzetto.errors import InputError, SetupError
from bozzetto.store.store import FILE
from bozzetto.types import Caller

PASSWORD = "three words or four\n"


@pytest.fixture
def ada(run: Run, home: Path) -> Path:
    answer = run("account", "add", "ada", "--role", "admin", "--actor", "root", stdin=PASSWORD)
    assert (answer.code, answer.out, answer.err) == (0, "", "ada is admin\n")
    return home


def test_nobody_has_an_account_at_first(run: Run, home: Path) -> None:
    answers = [run("account", "list"), run("account", "sessions"), run("account", "key", "list")]
    assert [(answer.code, answer.out) for answer in answers] == [(3, "")] * 3
    refused = run("account", "add", "ada", stdin=PASSWORD)
    assert refused.code == 2
    assert refused.error is not None
    assert refused.error.hint == "add it with --role admin"


@pytest.mark.parametrize(
    ("given", "said"), [("", "no password came on stdin"), ("short\n", "12 to")]
)
def test_without_a_good_password_there_is_no_account(
    run: Run, home: Path, given: str, said: str
) -> None:
    answer = run("account", "add", "ada", "--role", "admin", stdin=given)
    assert answer.code == 2
    assert said in str(answer.error)
    assert run("account", "list").code == 3


def test_accounts_come_and_go(run: Run, ada: Path) -> None:
    run("account", "add", "Bo", "--role", "editor", "--actor", "ada", stdin=PASSWORD)
    listed = run("account", "list", "--format", "json").json["accounts"]
    assert [(one["name"], one["role"], one["actor"]) for one in listed] == [
        ("ada", "admin", "root"),
        ("Bo", "editor", "ada"),
    ]
    assert run("account", "role", "bo", "viewer").code == 0
    assert "Bo  viewer  since " in run("account", "list").out
    assert run("account", "password", "bo", stdin="another one it is\n").code == 0
    with Assistant.open(ada) as a:
        assert a.accounts.fits("Bo", "another one it is") == "Bo"
        assert a.accounts.fits("Bo", PASSWORD.strip()) is None
    assert run("account", "remove", "bo").code == 0
    assert run("account", "remove", "bo").code == 3
    assert run("account", "remove", "ada").code == 2


def test_a_key_is_shown_once(run: Run, ada: Path) -> None:
    made = run("account", "key", "add", "ada", "--label", "wiki", "--until", "2999-01-01")
    secret = made.out.strip()
    (key,) = run("account", "key", "list", "ada", "--format", "json").json["keys"]
    assert (key["role"], key["label"], key["until"]) == ("viewer", "wiki", "2999-01-01")
    assert made.err == f"key {key['id']} of ada: viewer; it is not shown again\n"
    listed = run("account", "key", "list")
    assert listed.out == f"{key['id']}  ada  viewer  until 2999-01-01  wiki\n"
    with Assistant.open(ada) as a:
        assert a.accounts.by_key(secret) == Caller("ada", "viewer")
        assert run("account", "key", "revoke", key["id"]).code == 0
        assert a.accounts.by_key(secret) is None
    assert run("account", "key", "revoke", key["id"]).code == 3


def test_a_key_as_json(run: Run, ada: Path) -> None:
    made = run("account", "key", "add", "ada", "--role", "admin", "--format", "json").json
    assert (set(made), made["key"]["role"], made["secret"][:4]) == (
        {"key", "secret"}, "admin", "bzk_",
    )  # fmt: skip


def test_who_is_logged_in_is_listed_and_logged_out(run: Run, ada: Path) -> None:
    with Assistant.open(ada) as a:
        account, owner = a.accounts.begin("ada"), a.accounts.begin(None)
        lines = run("account", "sessions").out.splitlines()
        assert sorted(line.split("  ")[1] for line in lines) == ["(the owner of this home)", "ada"]
        (one,) = run("account", "sessions", "ada", "--format", "json").json["sessions"]
        assert one["account"] == "ada"
        assert run("account", "logout", "ada").err == "1 logged out\n"
        assert [a.accounts.by_session(account), a.accounts.by_session(owner)] == [
            None, Caller(None, "admin"),
        ]  # fmt: skip
        run("account", "logout")
        assert a.accounts.by_session(owner) is None


def test_a_password_is_never_an_argument(run: Run, ada: Path) -> None:
    for command in (("account", "add", "bo"), ("account", "password", "ada")):
        assert run(*command, "--password", "three words or four").code == 2
        assert run(*command, "three words or four").code == 2


@pytest.mark.skipif(sys.platform == "win32", reason="rights are told otherwise there")
def test_doctor_warns_of_files_that_others_can_read(run: Run, ada: Path) -> None:
    install_token(ada)
    ada.chmod(0o755)
    for name in (TOKEN_FILE, FILE):  # as a home of before has them
        (ada / name).chmod(0o644)
    checks = {one["name"]: one for one in run("doctor", "--format", "json").json["checks"]}
    assert checks["token"]["state"] == checks["accounts"]["state"] == "warn"
    assert "serve --new-token" in checks["token"]["hint"]
    (ada / TOKEN_FILE).chmod(0o600)
    ada.chmod(0o700)
    checks = {one["name"]: one for one in run("doctor", "--format", "json").json["checks"]}
    assert not {"token", "accounts"} & set(checks)


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"host": "prompts.example.org"}, InputError),
        ({"tls_key": Path("key.pem")}, InputError),
        ({"tls_cert": Path("no.pem")}, SetupError),
        ({"log": "no/such/folder/log"}, SetupError),
    ],
)
def test_what_cannot_be_served_is_told(
    ada: Path, asked: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error, match=f"--{next(iter(asked)).replace('_', '-')}"):
        serve_command(home=ada, port=0, no_browser=True, **asked)  # type: ignore[arg-type]
