"""Addresses as users write them: what is read of them, and that no key is ever shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.adapters.stores.address import Address, address_of, is_address
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


def test_what_is_meant_for_a_server() -> None:
    places = ("http://h", "HTTPS://h", "/folder", "http", "ftp://h", "")
    assert [is_address(rest) for rest in places] == [True, True, False, False, False, False]


def _said(rest: str) -> str:
    try:
        return address_of("x", rest, port=8000, instead="set X_KEY").url
    except SetupError as error:
        return f"{error.message} {error.hint}"


@given(st.text(), st.text())
def test_no_key_is_shown(before: str, after: str) -> None:
    """Whatever stands around it."""
    assert "s3same-0pen" not in _said(f"http://{before}s3same-0pen@{after}")
