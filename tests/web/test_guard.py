"""Hosts, origins and clients: in front of a proxy, over TLS, on another address."""

from __future__ import annotations

import asyncio
import gzip
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest
from starlette.datastructures import Headers
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from bozzetto.app import Assistant
from bozzetto.errors import InputError, SetupError
from bozzetto.web.access import HEADERS, Access, in_address
from bozzetto.web.guard import Guard, Routes
from bozzetto.web.limits import BURST, Rates
from bozzetto.web.lines import LineStream
from bozzetto.web.server import Server, Tls, check_host

PASSWORD = "three words or four"
NAME = "prompts.example.org"
SESSION = "/api/v1/session"


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with Assistant.open(tmp_path_factory.mktemp("team"), actor="owner") as a:
        a.accounts.add("ada", PASSWORD, "admin")
        yield a


@pytest.fixture(scope="module")
def server(team: Assistant) -> Iterator[Server]:
    with Server(team, port=0, names=(NAME,)) as found:
        yield found


def proxied(server: Server, **headers: str) -> httpx2.Client:
    """What a proxy on this machine passes on, for a page reached by https."""
    passed = {"Host": NAME, "Origin": f"https://{NAME}", "X-Forwarded-For": "192.0.2.7"}
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    base = f"http://127.0.0.1:{server.port}"
    return httpx2.Client(base_url=base, headers=passed | said)


def test_through_a_proxy_an_account_gets_in_and_the_owner_does_not(server: Server) -> None:
    with proxied(server) as c:
        assert c.post(SESSION, json={"token": server.access.token}).status_code == 401
        bearer = {"Authorization": f"Bearer {server.access.token}"}
        assert c.get(SESSION, headers=bearer).status_code == 401
        answer = c.post(SESSION, json={"name": "ada", "password": PASSWORD})
        cookie = answer.headers["set-cookie"]
        assert (answer.status_code, cookie.endswith("; SameSite=strict; Secure")) == (204, True)
        sent = {"Cookie": cookie.partition(";")[0]}
        assert c.get(SESSION, headers=sent).json()["user"] == "ada"
        other = sent | {"Origin": "https://evil.example"}
        assert c.delete(SESSION, headers=other).status_code == 403


def test_the_token_by_another_name_is_told_where_it_lets_in(server: Server, tmp_path: Path) -> None:
    said = "by the loopback address alone"
    with proxied(server) as c:
        token = {"token": server.access.token}
        assert said in c.post(SESSION, json=token).json()["detail"]
        assert said not in c.post(SESSION, json={"token": "bzt_x"}).json()["detail"]
    with Assistant.open(tmp_path) as a, Server(a, port=0, names=(NAME,)) as alone:
        bearer = {"Authorization": f"Bearer {alone.access.token}"}
        with proxied(alone) as c:
            told = c.get(SESSION, headers=bearer).json()
        assert (told["code"], said in told["detail"]) == ("token", True)
        assert "account add" in told["hint"]
        at_home = httpx2.get(f"http://127.0.0.1:{alone.port}{SESSION}").json()
        assert said not in at_home["detail"]


def test_the_owners_session_is_worth_nothing_through_a_proxy(
    server: Server, team: Assistant
) -> None:
    cookie = {"Cookie": f"{server.access.cookie}={team.accounts.begin(None)}"}
    with proxied(server) as c:
        assert c.get(SESSION, headers=cookie).status_code == 401
    own = httpx2.get(f"http://127.0.0.1:{server.port}{SESSION}", headers=cookie)
    assert own.json()["user"] is None


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (NAME, 401),
        (f"{NAME}:{{port}}", 401),
        (NAME.upper(), 401),
        (f"{NAME}:1", 421),
        (f"x.{NAME}", 421),
        (f"{NAME}.", 421),
        (f"{NAME}@evil.example", 421),
        ("127.0.0.1.evil.example:{port}", 421),
        ("127.1:{port}", 421),
        ("2130706433:{port}", 421),
    ],
)
def test_it_answers_to_the_names_it_was_given(server: Server, host: str, status: int) -> None:
    said = host.replace("{port}", str(server.port))
    with proxied(server, Host=said, Origin=f"http://{said}") as c:
        assert c.get(SESSION).status_code == status


def scope(client: str, server: str = "127.0.0.1") -> dict[str, object]:
    return {"type": "http", "client": (client, 1), "server": (server, 80)}


def access(team: Assistant, *names: str, port: int = 8642, secure: bool = False) -> Access:
    return Access(lambda: "bzt_", port, team.accounts, names, secure)


@pytest.mark.parametrize(
    ("peer", "host", "forwarded", "client"),
    [
        ("127.0.0.1", "127.0.0.1:8642", "192.0.2.7", "127.0.0.1"),
        ("127.0.0.1", NAME, "192.0.2.7", "192.0.2.7"),
        ("127.0.0.1", NAME, "10.0.0.1, 192.0.2.7", "192.0.2.7"),
        ("127.0.0.1", NAME, "<script>", "127.0.0.1"),
        ("127.0.0.1", NAME, "", "127.0.0.1"),
        ("::1", NAME, "2001:db8::1", "[2001:db8::1]"),
        ("192.0.2.9", NAME, "192.0.2.7", "192.0.2.9"),
        ("::ffff:192.0.2.9", NAME, "", "192.0.2.9"),
    ],
)
def test_who_calls_is_told_by_a_proxy_of_this_machine_alone(
    team: Assistant, peer: str, host: str, forwarded: str, client: str
) -> None:
    headers = Headers({"host": host, "x-forwarded-for": forwarded})
    assert access(team, NAME).client(scope(peer), headers, host) == client


def test_of_several_lines_the_last_is_the_proxys(team: Assistant) -> None:
    said = ("x-forwarded-for", "10.0.0.1"), ("x-forwarded-for", "10.0.0.2, 192.0.2.7")
    headers = Headers(raw=[(name.encode(), value.encode()) for name, value in said])
    assert access(team, NAME).client(scope("127.0.0.1"), headers, NAME) == "192.0.2.7"


@pytest.mark.parametrize(
    ("called", "host", "known"),
    [
        ("10.0.0.7", "10.0.0.7:8642", True),
        ("10.0.0.7", "10.0.0.8:8642", False),
        ("10.0.0.7", "10.0.0.7", False),
        ("2001:db8::1", "[2001:db8::1]:8642", True),
        ("::ffff:10.0.0.7", "10.0.0.7:8642", True),
        ("10.0.0.7", "rebound.example:8642", False),
    ],
)
def test_the_address_that_was_called_is_a_host(
    team: Assistant, called: str, host: str, known: bool
) -> None:
    found = access(team).host(scope("10.0.0.9", called), Headers({"host": host}))
    assert found == (host if known else None)


@pytest.mark.parametrize(("port", "secure"), [(80, False), (443, True)])
def test_the_usual_port_need_not_be_named(team: Assistant, port: int, secure: bool) -> None:
    own = access(team, NAME, port=port, secure=secure)
    hosts = [NAME, f"{NAME}:{port}", "10.0.0.7", f"10.0.0.7:{port}", f"{NAME}:8642"]
    found = [own.host(scope("10.0.0.9", "10.0.0.7"), Headers({"host": host})) for host in hosts]
    assert found == [*hosts[:4], None]


def test_the_owner_is_on_this_machine_and_calls_it_so(team: Assistant) -> None:
    own, bearer = access(team, NAME), Headers({"authorization": "Bearer bzt_"})
    where = [("127.0.0.1", "localhost:8642"), ("127.0.0.1", NAME), ("10.0.0.9", "127.0.0.1:8642")]
    local = [own.local(scope(peer), host) for peer, host in where]
    assert local == [True, False, False]
    assert own.caller(bearer, local=False) is None
    assert own.caller(bearer, local=True) is not None


@pytest.mark.parametrize(
    ("query", "held"),
    [
        (b"", False),
        (b"q=a+fox&limit=3", False),
        (b"name=token.txt&as=csv", False),
        (b"token=", True),
        (b"API_KEY=x", True),
        (b"apikey=x", True),
        (b"access_token=x", True),
        (b"password=x", True),
        (b"q=bzk_" + b"x" * 43, True),
        (b"q=bzt%5F" + b"x" * 43, True),
        (b"bzs_" + b"x" * 43, True),
    ],
)
def test_a_secret_in_an_address_is_seen(query: bytes, held: bool) -> None:
    assert in_address(query) is held


def test_too_many_requests_a_second_wait(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("max_rate = 2\n")
    with (
        Assistant.open(tmp_path) as a,
        Server(a, port=0) as server,
        httpx2.Client(base_url=f"http://127.0.0.1:{server.port}") as c,
    ):
        found = [c.get("/healthz") for _ in range(int(2 * BURST) + 3)]
    codes = [answer.status_code for answer in found]
    assert codes[: int(2 * BURST)] == [200] * int(2 * BURST)
    assert codes[-1] == 429
    assert (found[-1].headers["retry-after"], found[-1].json()["code"]) == ("1", "busy")


def test_every_answer_has_an_id_of_its_own(server: Server) -> None:
    base = f"http://127.0.0.1:{server.port}"
    with httpx2.Client(base_url=base, headers={"X-Request-ID": "mine"}) as c:
        asked: list[tuple[str, Mapping[str, str]]] = [
            ("/", {}), ("/healthz", {}), ("/nowhere", {}), (SESSION, {}),
            ("/", {"Host": "evil.example"}),
        ]  # fmt: skip
        found = [c.get(path, headers=headers).headers["x-request-id"] for path, headers in asked]
    assert len(set(found)) == len(asked)
    assert {len(one) for one in found} == {16}


@pytest.mark.parametrize(("lines", "path"), [(70, "/"), (700, "/"), (1, "/?" + "x" * 70_000)])
def test_headers_are_bounded(server: Server, lines: int, path: str) -> None:
    many = "".join(f"X-{number}: {'x' * 1000}\r\n" for number in range(lines))
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        with suppress(ConnectionError):
            head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{many}\r\n"
            connection.sendall(head.encode())
        assert connection.recv(65536).split()[1] in (b"431", b"400")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "2001:db8::1"])
def test_others_are_served_where_there_are_accounts(host: str) -> None:
    assert check_host(host, accounts=True) == host
    with pytest.raises(SetupError, match="nobody has an account"):
        check_host(host, accounts=False)


@pytest.mark.parametrize(
    ("host", "address"), [("localhost", "127.0.0.1"), ("::1", "::1"), ("127.0.0.2", "127.0.0.2")]
)
def test_this_machine_is_served_without_accounts(host: str, address: str) -> None:
    assert check_host(host, accounts=False) == address


def test_a_host_is_an_address() -> None:
    with pytest.raises(InputError, match=r"--host example\.org: it takes an address"):
        check_host("example.org", accounts=True)


def test_on_every_address_this_machine_is_still_the_owners(team: Assistant) -> None:
    with Server(team, port=0, host="0.0.0.0") as server:
        address = server.address("/")
        assert address.startswith(f"http://127.0.0.1:{server.port}/#token=bzt_")
        bearer = {"Authorization": f"Bearer {server.access.token}"}
        here = [f"http://{name}:{server.port}{SESSION}" for name in ("127.0.0.1", "127.0.0.2")]
        found = [httpx2.get(url, headers=bearer).status_code for url in here]
    assert found == [200, 401]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl makes the certificate")
    folder = tmp_path_factory.mktemp("tls")
    tls = Tls(folder / "cert.pem", folder / "key.pem")
    subprocess.run(
        [
            openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(tls.key),
            "-out", str(tls.certificate),
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    return tls


def test_over_tls(team: Assistant, certificate: Tls) -> None:
    trust = ssl.create_default_context(cafile=str(certificate.certificate))
    with Server(team, port=0, tls=certificate) as server:
        base = f"https://127.0.0.1:{server.port}"
        assert server.address("/").startswith(f"{base}/#token=")
        with httpx2.Client(base_url=base, verify=trust) as c:
            body = {"name": "ada", "password": PASSWORD}
            plain = c.post(SESSION, json=body, headers={"Origin": base.replace("https", "http")})
            answer = c.post(SESSION, json=body, headers={"Origin": base})
            assert (plain.status_code, answer.status_code) == (403, 204)
            assert answer.headers["set-cookie"].endswith("; Secure")
            assert c.get(SESSION).json()["user"] == "ada"
            key = {"Authorization": f"Bearer {team.accounts.add_key('ada', 'viewer')[1]}"}
            program = c.post(SESSION, json=body, headers=key)  # no page, and so no Origin
            assert program.headers["set-cookie"].endswith("; Secure")


@pytest.mark.parametrize("content", [None, b"", b"not a certificate"])
def test_a_certificate_that_cannot_be_used_is_named(
    team: Assistant, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "cert.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SetupError, match=r"--tls-cert .*cert\.pem: "):
        Server(team, port=0, tls=Tls(path))


def sent(server: Server, text: str) -> int:
    """The status of the answer to these very lines."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(text.replace("\n", "\r\n").encode())
        return int(connection.recv(65536).split()[1])


OWN = "Host: 127.0.0.1:{port}"
FORM = "Content-Type: text/plain\nContent-Length: 2\nConnection: close\n\n{{}}"
CLOSE = "Connection: close\n\n"
CROSS = "Sec-Fetch-Site: cross-site\nOrigin: http://127.0.0.1:{port}"
JOBS = "GET /api/v1/jobs HTTP/1.1"
UPGRADE = (
    "Connection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\n\n"
)


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (f"POST {SESSION} HTTP/1.1\nHost: evil.example\n{FORM}", 421),
        (f"POST {SESSION} HTTP/1.0\n{FORM}", 421),
        (f"POST {SESSION} HTTP/1.1\n{OWN}\nOrigin: http://evil.example\n{FORM}", 403),
        (f"POST {SESSION} HTTP/1.1\n{OWN}\nOrigin: null\n{FORM}", 403),
        (f"POST {SESSION} HTTP/1.1\n{OWN}\n{FORM}", 403),
        (f"POST {SESSION} HTTP/1.1\n{OWN}\n{CROSS}\n{FORM}", 403),
        (f"{JOBS}\n{OWN}\nSec-Fetch-Mode: no-cors\n{CROSS}\n{CLOSE}", 403),
        (f"{JOBS}\n{OWN}\nOrigin: http://evil.example\n{UPGRADE}", 403),
        (f"{JOBS}\nHost: evil.example\n{UPGRADE}", 421),
        (f"{JOBS}\n{OWN}\n{UPGRADE}", 401),
        (f"GET http://evil.example/ HTTP/1.1\nHost: evil.example\n{CLOSE}", 421),
        (f"OPTIONS {SESSION} HTTP/1.1\n{OWN}\nOrigin: http://evil.example\n{CLOSE}", 403),
        (f"TRACE / HTTP/1.1\n{OWN}\nOrigin: http://127.0.0.1:{{port}}\n{CLOSE}", 401),
    ],
)  # fmt: skip
def test_what_other_pages_send_ends_before_any_route(
    server: Server, lines: str, status: int
) -> None:
    assert sent(server, lines.format(port=server.port)) == status


@pytest.mark.parametrize(
    ("kind", "encoding", "body"),
    [
        ("application/json", "gzip", gzip.compress(b'{"idea": "' + b"x" * 10_000_000 + b'"}')),
        ("multipart/form-data; boundary=x", "", b"--x\r\n\r\n\r\n" * 5_000),
        ("application/x-www-form-urlencoded", "", b"idea=x&" * 5_000),
        ("application/json", "", b"[" * 60_000),
        ("application/json", "", b'{"idea":' * 8_000),
        ("application/json", "", b'{"like": [' + b'"x",' * 15_000 + b'"x"]}'),
        ("application/json; charset=utf-32", "", b"\xff\xfe\x00\x00"),
        ("application/json", "", b'{"k": 1e999, "idea": "x"}'),
        ("application/json", "", b'{"k": ' + b"9" * 60_000 + b', "idea": "x"}'),
        ("text/plain", "", b'{"idea": "x"}'),
    ],
)
def test_bodies_that_are_bombs_are_refused(
    server: Server, kind: str, encoding: str, body: bytes
) -> None:
    headers = {"Authorization": f"Bearer {server.access.token}", "Content-Type": kind}
    url = f"http://127.0.0.1:{server.port}/api/v1/search"
    more = {"Content-Encoding": encoding} if encoding else {}
    began = time.monotonic()
    answer = httpx2.post(url, content=body, headers=headers | more, timeout=30)
    assert answer.status_code in (400, 413, 415, 422)
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < 20_000
    assert time.monotonic() - began < 5


async def broken(_: Scope, __: Receive, ___: Send) -> None:
    raise ValueError("a mistake about canary-4711")


def test_a_mistake_of_ours_is_answered_and_written_down(
    team: Assistant, caplog: pytest.LogCaptureFixture
) -> None:
    guard = Guard(broken, access(team), Routes([Route("/healthz", broken)]), Rates(0))

    async def ask() -> httpx2.Response:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=guard)) as c:
            return await c.get("http://127.0.0.1:8642/healthz")

    answer = asyncio.run(ask())
    assert (answer.status_code, answer.json()["code"]) == (500, "failure")
    assert "canary" not in answer.text
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    (record,) = caplog.records
    said = f"GET /healthz failed, request {answer.headers['x-request-id']}"
    assert (record.getMessage(), record.levelname) == (said, "ERROR")


def test_what_nobody_reads_ends(team: Assistant) -> None:
    """A reader who takes one piece and no more: what is made for them is let go of."""
    ended: list[str] = []
    sent: list[str] = []

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"more"

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        made = LineStream(endless(), lambda: ended.append("let go"))  # type: ignore[arg-type]
        await made(scope, receive, send)

    async def never() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def stuck(message: Message) -> None:
        sent.append(message["type"])
        if len(sent) > 2:
            await never()

    guard = Guard(app, access(team), Routes([Route("/healthz", app)]), Rates(0), unread=0.05)
    asked = {"method": "GET", "path": "/healthz", "query_string": b"", "http_version": "1.1"}
    headers = [(b"host", b"127.0.0.1:8642")]
    asyncio.run(guard(scope("127.0.0.1") | asked | {"headers": headers}, never, stuck))
    assert (sent[:2], ended) == (["http.response.start", "http.response.body"], ["let go"])
