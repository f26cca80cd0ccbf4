"""Addresses as users write them: what is read of them, and that no key is ever shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.adapters.stores.address import (
    Address,
    address_of,
    certificates,
    encrypted,
    is_address,
    key_of,
)
from bozzetto.errors import SetupError


@pytest.mark.parametrize(
    ("rest", "wanted", "url"),
    [
        ("http://host", Address(False, "host", 8000), "http://host:8000"),
        ("https://host", Address(True, "host", 443), "https://host:443"),
        ("HTTPS://Host:9/a/b/", Address(True, "host", 9, "a/b"), "https://host:9"),
        ("http://[::1]:80", Address(False, "::1", 80), "http://[::1]:80"),
    ],
)
def test_what_is_read(rest: str, wanted: Address, url: str) -> None:
    found = address_of("x", rest, port=8000, instead="set X_KEY")
    assert (found, found.url) == (wanted, url)


def test_what_stands_behind_a_server() -> None:
    found = address_of("x", "https://h/a/?b=c", port=8000, instead="", queried=True)
    assert found == Address(True, "h", 443, "a", "b=c")
    assert found.whole == "https://h:443/a"


def test_what_is_meant_for_a_server() -> None:
    places = ("http://h", "HTTPS://h", "/folder", "http", "ftp://h", "")
    assert [is_address(rest) for rest in places] == [True, True, False, False, False, False]


def _said(rest: str, queried: bool = False) -> str:
    try:
        return address_of("x", rest, port=8000, instead="set X_KEY", queried=queried).whole
    except SetupError as error:
        return f"{error.message} {error.hint}"


@given(st.text(), st.text())
def test_no_key_is_shown(before: str, after: str) -> None:
    """Whatever stands around it."""
    for queried in (False, True):
        assert "s3same-0pen" not in _said(f"http://{before}s3same-0pen@{after}", queried)


@pytest.mark.parametrize("password", ["hun/ter2", "12/hunter2", "hun?ter2", "12?ter=2", "hun#2"])
@pytest.mark.parametrize("queried", [False, True])
def test_a_password_with_marks_of_an_address_in_it(password: str, queried: bool) -> None:
    said = _said(f"https://me:{password}@host:9200", queried)
    assert said == "x: the address carries a user name or a password set X_KEY"


def _of(rest: str) -> Address:
    return address_of("x", rest, port=8000, instead="set X_KEY")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "localhost", "10.1.2.3", "192.168.0.9", "100.64.0.1", "[fd00::1]",
     "weaviate", "box.local", "db.internal", "nas.home.arpa", "box.lan"],
)  # fmt: skip
def test_a_key_goes_unencrypted_in_a_private_network(host: str) -> None:
    assert key_of({"X_KEY": " k3y "}, "X_KEY", _of(f"http://{host}")) == "k3y"


@pytest.mark.parametrize("host", ["example.com", "8.8.8.8", "[2606:4700::1]", "localhost.example"])
def test_a_key_goes_nowhere_else_unencrypted(host: str) -> None:
    with pytest.raises(SetupError) as caught:
        key_of({"X_KEY": "k3y"}, "X_KEY", _of(f"http://{host}"))
    assert (caught.value.message, caught.value.hint) == (
        f"http://{host}:8000 is no private network, and http would send X_KEY unencrypted",
        "write https://, or unset X_KEY",
    )
    assert key_of({"X_KEY": "k3y"}, "X_KEY", _of(f"https://{host}")) == "k3y"
    assert key_of({}, "X_KEY", _of(f"http://{host}")) == ""
    with pytest.raises(SetupError, match="X_PASSWORD"):
        encrypted("X_PASSWORD", _of(f"http://{host}"))


@pytest.mark.parametrize("key", ["a b", "a\nb", "k\u00e9y"])
def test_what_is_no_key(key: str) -> None:
    with pytest.raises(SetupError, match="X_KEY holds characters that no key has"):
        key_of({"X_KEY": key}, "X_KEY", _of("https://host"))


def test_a_file_of_certificates_has_to_be_there(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.touch()
    assert certificates({"X_CA": f" {file} "}, "X_CA") == str(file)
    assert certificates({}, "X_CA") == ""
    with pytest.raises(SetupError, match=r"X_CA: /no/such.pem is not a file"):
        certificates({"X_CA": "/no/such.pem"}, "X_CA")
