"""What each role may do over HTTP, and that what is taken away is gone at once."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection

import httpx2
import pytest
from bench.board import make_board
from tests.web.conftest import told

from bozzetto.app import Assistant
from bozzetto.app.drawing import Asked
from bozzetto.store.store import FILE
from bozzetto.types import ACCOUNT_ROLES
from bozzetto.web.roles import ROLES, Role
from bozzetto.web.server import Server
from bozzetto.web.throttle import FREE

V1 = "/api/v1"
PASSWORD = "three words or four"
BOARD = "foxes"
JSON = {"Content-Type": "application/json"}
PEOPLE = {"vi": "viewer", "ed": "editor", "ada": "admin"}


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("team") / "home"
    make_board(folder, BOARD, 2, side=64, said="a fox")
    with Assistant.open(folder, actor="owner") as a:
        for name, role in reversed(PEOPLE.items()):
            a.accounts.add(name, PASSWORD, role)  # type: ignore[arg-type]
        yield a


@pytest.fixture(scope="module")
def server(team: Assistant) -> Iterator[Server]:
    with Server(team, port=0) as found:
        yield found


@pytest.fixture
def fresh(team: Assistant) -> Iterator[Server]:
    """One that has not seen a wrong password."""
    with Server(team, port=0) as found:
        yield found


@pytest.fixture(scope="module")
def keys(team: Assistant) -> Mapping[str, str]:
    """A key of each account, by its role."""
    return {role: team.accounts.add_key(name, role)[1] for name, role in PEOPLE.items()}  # type: ignore[arg-type]


def client(server: Server, secret: str | None = None) -> httpx2.Client:
    base = f"http://127.0.0.1:{server.port}"
    headers = {"Origin": base} | ({"Authorization": f"Bearer {secret}"} if secret else {})
    return httpx2.Client(base_url=base, headers=headers, timeout=30)


@contextmanager
def logged_in(server: Server, name: str, password: str = PASSWORD) -> Iterator[httpx2.Client]:
    with client(server) as found:
        answer = found.post(f"{V1}/session", json={"name": name, "password": password})
        assert answer.status_code == 204
        yield found


@pytest.mark.parametrize("role", [*Role, "owner"])
def test_each_route_is_for_who_has_its_role(
    server: Server, keys: Mapping[str, str], role: str
) -> None:
    """What is said to be sent is too much for any: who gets to hear that is let in."""
    secret = server.access.token if role == "owner" else keys.get(role)
    has = Role.admin if role == "owner" else Role(role)
    order = list(Role)
    refused = (401, "login") if has is Role.open else (403, "role")
    assert {name: answered(server, name, secret) for name in ROLES} == {
        name: (413, "size") if order.index(has) >= order.index(takes) else refused
        for name, takes in ROLES.items()
    }


def answered(server: Server, name: str, secret: str | None) -> tuple[int, str]:
    """Status and code of a request for a route with an endless body."""
    method, _, path = name.partition(" ")
    connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.putrequest(method, re.sub(r"{[^}]*}", "none", path))
    connection.putheader("Origin", f"http://127.0.0.1:{server.port}")
    connection.putheader("Content-Length", str(2**50))
    if secret:
        connection.putheader("Authorization", f"Bearer {secret}")
    connection.endheaders()
    answer = connection.getresponse()
    code = json.load(answer)["code"]
    connection.close()
    return answer.status, code


def test_a_route_without_a_row_is_for_nobody(server: Server) -> None:
    with client(server, server.access.token) as c:
        told = c.get("/docs").json()
    assert (told["status"], told["code"]) == (404, "not_found")


def test_who_one_is(server: Server, keys: Mapping[str, str]) -> None:
    told = {}
    for name, secret in {**keys, "owner": server.access.token}.items():
        with client(server, secret) as c:
            answer = c.get(f"{V1}/session").json()
            told[name] = (answer["user"], answer["role"], answer["accounts"])
    assert told == {
        "viewer": ("vi", "viewer", True),
        "editor": ("ed", "editor", True),
        "admin": ("ada", "admin", True),
        "owner": (None, "admin", True),
    }
    with client(server) as c:
        answer = c.get(f"{V1}/session")
    assert (answer.status_code, answer.json()["code"]) == (401, "login")


def test_a_browser_comes_in_by_name_and_goes(server: Server, team: Assistant) -> None:
    with logged_in(server, "ED") as c:
        assert c.get(f"{V1}/session").json()["user"] == "ed"
        cookie = dict(c.cookies)
        assert c.delete(f"{V1}/session").status_code == 204
        assert not c.cookies
        again = c.get(f"{V1}/session", headers={"Cookie": "; ".join(map("=".join, cookie.items()))})
        assert again.status_code == 401
    assert team.accounts.sessions("ed") == []


@pytest.mark.parametrize("name", ["ed", "nobody", "", "a\x00b", "x" * 200])
def test_a_wrong_name_is_told_what_a_wrong_password_is(fresh: Server, name: str) -> None:
    with client(fresh) as c:
        answer = c.post(
            f"{V1}/session",
            json={"name": name, "password": "wrong"},
        )
    told = answer.json()
    assert (answer.status_code, told["code"], told["detail"]) == (
        401, "login", "name or password is wrong",
    )  # fmt: skip
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"name": "ed"},
        {"password": PASSWORD},
        {"token": "x", "name": "ed", "password": PASSWORD},
        {"name": "ed", "password": PASSWORD, "role": "admin"},
        {"name": ["ed"], "password": PASSWORD},
        {"name": "\ud800", "password": PASSWORD},
        {"name": "ed", "password": "x" * 1001},
    ],
)
def test_half_of_it_is_none(server: Server, said: object) -> None:
    with client(server) as c:
        answer = c.post(f"{V1}/session", content=json.dumps(said).encode(), headers=JSON)
    assert (answer.status_code, "set-cookie" in answer.headers) == (422, False)
    assert PASSWORD not in answer.text


def test_what_is_taken_away_is_gone_at_the_next_request(server: Server, team: Assistant) -> None:
    accounts = team.accounts
    accounts.add("temp", PASSWORD, "editor")
    key, secret = accounts.add_key("temp", "editor")
    changing = f"{V1}/jobs/none/cancel"
    with client(server, secret) as program, logged_in(server, "temp") as browser:
        both = (program, browser)
        assert [c.post(changing).status_code for c in both] == [404, 404]
        accounts.set_role("temp", "viewer")
        assert [c.post(changing).status_code for c in both] == [403, 403]
        assert [c.get(f"{V1}/jobs").status_code for c in both] == [200, 200]
        accounts.set_role("temp", "editor")
        accounts.set_password("temp", "another one of it")
        assert [c.post(changing).status_code for c in both] == [404, 401]
        accounts.revoke_key(key.id)
        assert program.post(changing).status_code == 401
    with logged_in(server, "temp", "another one of it") as browser:
        accounts.log_out("temp")
        assert browser.get(f"{V1}/jobs").status_code == 401
    _, secret = accounts.add_key("temp", "viewer")
    with (
        client(server, secret) as program,
        logged_in(server, "temp", "another one of it") as browser,
    ):
        accounts.remove("temp")
        assert [c.get(f"{V1}/jobs").status_code for c in (program, browser)] == [401, 401]


def test_a_wrong_key_is_not_made_good_by_a_cookie(server: Server) -> None:
    with logged_in(server, "ed") as c:
        wrong = {"Authorization": "Bearer bzk_" + "x" * 43}
        answer = c.get(f"{V1}/jobs", headers=wrong)
        assert (answer.status_code, answer.json()["code"]) == (401, "login")


def test_a_wrong_key_is_told_so_rather_than_its_origin(server: Server) -> None:
    base = f"http://127.0.0.1:{server.port}"
    with httpx2.Client(base_url=base) as c:
        answer = c.post(f"{V1}/jobs/none/cancel", headers={"Authorization": "Bearer wrong"})
    assert (answer.status_code, answer.json()["code"]) == (401, "login")


def test_one_judges_under_ones_own_name(server: Server, keys: Mapping[str, str]) -> None:
    board = f"{V1}/campaigns/{BOARD}"
    with client(server, keys["editor"]) as ed, client(server, server.access.token) as owner:
        items = ed.get(f"{board}/board", params={"reviewer": "ed"}).json()["items"]
        image = items[0]["image"]["id"]
        said = {"image": image, "keep": True}
        own = ed.post(f"{board}/verdicts", json={**said, "reviewer": "ed"})
        assert own.json()["verdict"]["reviewer"] == "ed"
        others = [
            ed.post(f"{board}/verdicts", json={**said, "reviewer": "ada"}),
            ed.post(f"{board}/undo", json={"reviewer": "ada"}),
            ed.get(f"{board}/board", params={"reviewer": "ada"}),
        ]
        assert [answer.status_code for answer in others] == [403] * 3
        assert others[0].json()["detail"] == "you are ed: judge under your own name"
        assert owner.post(f"{board}/verdicts", json={**said, "reviewer": "cy"}).status_code == 200


def test_what_an_account_changes_carries_its_name(
    server: Server, team: Assistant, keys: Mapping[str, str]
) -> None:
    asked = {"prompt": "a fox", "n": 1, "size": "16x16", "images": "sketch:"}
    with client(server, keys["editor"]) as ed, client(server, server.access.token) as owner:
        jobs = [c.post(f"{V1}/generate", json=asked).json() for c in (ed, owner)]
    assert [job["actor"] for job in jobs] == ["ed", "owner"]
    with client(server, keys["admin"]) as ada:
        body = {"name": "new", "role": "viewer", "password": PASSWORD}
        assert ada.post(f"{V1}/accounts", json=body).status_code == 201
        assert ada.delete(f"{V1}/accounts/new").status_code == 200
    with sqlite3.connect(team.settings.home / FILE) as connection:
        rows = connection.execute(
            "SELECT actor, action, subject FROM changes ORDER BY id DESC LIMIT 2"
        ).fetchall()
    connection.close()
    assert rows == [("ada", "account remove", "new"), ("ada", "account add", "new: viewer")]


def test_accounts_over_http_are_those_of_the_command_line(
    server: Server, team: Assistant, keys: Mapping[str, str]
) -> None:
    with client(server, keys["admin"]) as ada:
        body = {"name": "cy", "role": "viewer", "password": PASSWORD}
        made = ada.post(f"{V1}/accounts", json=body)
        assert [one["name"] for one in made.json()["accounts"]] == ["ada", "cy", "ed", "vi"]
        assert [ada.post(f"{V1}/accounts", json=body).status_code] == [422]
        changed = ada.patch(f"{V1}/accounts/cy", json={"role": "editor"}).json()["accounts"]
        assert [one["role"] for one in changed if one["name"] == "cy"] == ["editor"]
        made = ada.post(f"{V1}/accounts/cy/keys", json={"role": "viewer", "label": "wiki"})
        key, secret = made.json()["key"], made.json()["secret"]
        listed = ada.get(f"{V1}/accounts/cy/keys")
        assert (listed.json(), secret in listed.text) == ({"keys": [key]}, False)
        with client(server, secret) as cy:
            assert cy.get(f"{V1}/session").json()["role"] == "viewer"
            assert ada.delete(f"{V1}/accounts/vi/keys/{key['id']}").status_code == 404
            assert ada.delete(f"{V1}/accounts/cy/keys/{key['id']}").json() == {"keys": []}
            assert cy.get(f"{V1}/session").status_code == 401
        with logged_in(server, "cy") as cy:
            (one,) = ada.get(f"{V1}/accounts/cy/sessions").json()["sessions"]
            assert one["account"] == "cy"
            assert ada.delete(f"{V1}/accounts/cy/sessions").json() == {"ended": 1}
            assert cy.get(f"{V1}/session").status_code == 401
        assert ada.patch(f"{V1}/accounts/cy", json={}).status_code == 422
        assert ada.patch(f"{V1}/accounts/ada", json={"role": "viewer"}).status_code == 422
        assert ada.delete(f"{V1}/accounts/ada").status_code == 422
        assert ada.delete(f"{V1}/accounts/cy").status_code == 200
        assert ada.delete(f"{V1}/accounts/cy").status_code == 404
    assert [one.name for one in team.accounts.list()] == ["ada", "ed", "vi"]


def test_one_changes_ones_own_password(
    fresh: Server, team: Assistant, keys: Mapping[str, str]
) -> None:
    team.accounts.add("own", PASSWORD, "viewer")
    path, new = f"{V1}/session/password", "another one of it"
    with logged_in(fresh, "own") as c:
        answers = [
            c.put(path, json={"old": "wrong", "new": new}),
            c.put(path, json={"old": PASSWORD, "new": "short"}),
            c.put(path, json={"old": PASSWORD, "new": new}),
            c.get(f"{V1}/session"),
        ]
    assert [answer.status_code for answer in answers] == [401, 422, 204, 401]
    with logged_in(fresh, "own", new):
        pass
    with client(fresh, keys["viewer"]) as program, client(fresh, fresh.access.token) as owner:
        body = {"old": PASSWORD, "new": new}
        assert [c.put(path, json=body).status_code for c in (program, owner)] == [403, 403]
    team.accounts.remove("own")


def test_a_key_without_an_end_and_one_that_is_over(server: Server, team: Assistant) -> None:
    key, secret = team.accounts.add_key("vi", "viewer", until="2999-01-01")
    with client(server, secret) as c:
        assert c.get(f"{V1}/jobs").status_code == 200
        with sqlite3.connect(team.settings.home / FILE) as connection:
            connection.execute(
                "UPDATE api_keys SET until = '2020-01-01' WHERE label = ''"
                " AND substr(hash, 1, 12) = ?",
                (key.id,),
            )
        connection.close()
        assert c.get(f"{V1}/jobs").status_code == 401


def test_the_roles_of_accounts_are_those_of_routes() -> None:
    assert list(Role) == [Role.open, *map(Role, ACCOUNT_ROLES)]


def test_tries_at_passwords_are_slowed(fresh: Server) -> None:
    wrong, right = ({"name": "ed", "password": said} for said in ("wrong", PASSWORD))
    with client(fresh) as c, client(fresh, fresh.access.token) as owner:
        tried = [c.post(f"{V1}/session", json=wrong) for _ in range(FREE)]
        assert [answer.status_code for answer in tried] == [401] * FREE
        later = c.post(f"{V1}/session", json=right)
        assert (later.status_code, later.headers["retry-after"]) == (429, "1")
        assert owner.get(f"{V1}/jobs").status_code == 200


@pytest.mark.parametrize("what", ["key", "session", "account"])
def test_who_is_put_out_hears_no_more(server: Server, team: Assistant, what: str) -> None:
    """A stream that was open ends by itself, and says why."""
    team.accounts.add("li", PASSWORD, "viewer")
    key, secret = team.accounts.add_key("li", "viewer")
    out: Mapping[str, Callable[[], object]] = {
        "key": lambda: team.accounts.revoke_key(key.id),
        "session": lambda: team.accounts.log_out("li"),
        "account": lambda: team.accounts.remove("li"),
    }
    job = team.jobs.add(Asked(images="sketch:", size="64x64"), prompt="a fox", n=1, seed=1)
    with (
        logged_in(server, "li") if what == "session" else client(server, secret) as c,
        c.stream("GET", f"{V1}/jobs/{job}/events") as stream,
    ):
        events = told(stream)
        assert next(events)[1] == "job"
        out[what]()
        (last,) = ((name, data["code"]) for _, name, data in events)
    assert last == ("error", "login")
    if what != "account":
        team.accounts.remove("li")
    team.jobs.cancel(job)


def test_a_program_changes_no_password(fresh: Server, keys: Mapping[str, str]) -> None:
    said = {"old": PASSWORD, "new": "four words and some"}
    with logged_in(fresh, "vi") as c:
        key = {"Authorization": f"Bearer {keys['viewer']}"}
        assert c.put(f"{V1}/session/password", json=said, headers=key).status_code == 403
        assert c.get(f"{V1}/session").json()["user"] == "vi"
