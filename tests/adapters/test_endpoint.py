"""Where a service is asked, whose key it gets, what its errors say."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.adapters.endpoint import (
    Endpoint,
    Service,
    error_words,
    open_endpoint,
    read_json,
    said_by,
)
from bozzetto.errors import SetupError
from bozzetto.text.normalise import visible

SERVICE = Service("Acme", "https://acme.test/v1", "ACME_URL", "ACME_KEY", True)
KEY = "sk-canary-1234567890"


@pytest.mark.parametrize(
    ("rest", "home", "key"),
    [
        ("m", "", KEY),
        ("m@https://acme.test/v1", "", KEY),
        ("m@http://acme.test/v1", "", ""),  # the same host, but for all to read
        ("m@https://acme.test:8443", "", ""),
        ("m@https://other.test", "", ""),
        ("m@https://other.test", "https://other.test", KEY),
    ],
)
def test_a_key_belongs_to_its_host(rest: str, home: str, key: str) -> None:
    environ = {"ACME_KEY": KEY, "ACME_URL": home}
    endpoint = open_endpoint("acme", SERVICE, rest, environ=environ, timeout=1.0)
    assert endpoint.key == key
    assert KEY not in repr(endpoint)


def test_an_address_that_is_none_is_shown_without_its_password() -> None:
    with pytest.raises(SetupError) as caught:
        open_endpoint("acme", SERVICE, "m@http://me:canary@a b", environ={}, timeout=1.0)
    assert "canary" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("end", ["/v1?api_key=canary", "?canary", "/v1#canary", " x?canary"])
@pytest.mark.parametrize("start", ["http://acme.test", "HTTPS://me:pass@acme.test"])
def test_an_address_holds_no_key(start: str, end: str) -> None:
    for rest, home in ((f"m@{start}{end}", ""), ("m", f"{start}{end}")):
        with pytest.raises(SetupError) as caught:
            open_endpoint("acme", SERVICE, rest, environ={"ACME_URL": home}, timeout=1.0)
        assert caught.value.message == ("acme: the address of Acme carries a query or a fragment")
        assert caught.value.hint == "end it with the path, and put the key into ACME_KEY"


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"error": {"message": "no such model", "code": "x"}}, "no such model"),
        ({"error": {"code": "x"}}, "x"),
        ({"detail": "Sampler not found"}, "Sampler not found"),
        ({"detail": [{"loc": ["body", "steps"], "msg": "no integer"}]}, "steps: no integer"),
        ({"id": "1", "name": "bad_request", "errors": ["seed: too big", "x"]}, "seed: too big; x"),
        ({"error": "RuntimeError", "detail": "", "errors": "Unknown checkpoint: x"}, "Unknown "
         "checkpoint: x"),
        ({"error": "RuntimeError", "errors": ""}, "RuntimeError"),
        ({"error": {"error": {"error": {"error": {"error": "deep"}}}}}, ""),
        ([], ""),
        (7, ""),
    ],
)  # fmt: skip
def test_what_an_error_says(found: object, words: str) -> None:
    assert error_words(found) == words


@pytest.mark.parametrize("echo", ["me:canary12", "canary12", "bWU6Y2FuYXJ5MTI="])
def test_no_echo_of_a_password_is_shown(echo: str) -> None:
    endpoint = Endpoint("Acme", "https://acme.test", "m", 1.0, key="me:canary12")
    assert said_by(endpoint, f"you sent {echo}!") == ": you sent ***!"


TREE = st.recursive(
    st.none() | st.booleans() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["error", "errors", "detail", "loc", "msg"]), inner)
    ),
    max_leaves=10,
)


@given(TREE)
def test_whatever_a_server_says_is_one_safe_line(found: object) -> None:
    endpoint = open_endpoint("acme", SERVICE, "m", environ={"ACME_KEY": KEY}, timeout=1.0)
    said = said_by(endpoint, json.dumps(found))
    assert len(said) <= 202
    assert len(said.splitlines()) <= 1
    assert visible(said) == said


def test_json_that_is_nested_too_deep_is_none() -> None:
    with pytest.raises(ValueError):
        read_json("[" * 100_000)
