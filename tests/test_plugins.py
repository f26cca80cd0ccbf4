"""Schemes: found, unknown, clashing."""

from __future__ import annotations

import pytest

from bozzetto.errors import SetupError
from bozzetto.plugins import GROUPS, load, names, split_name


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("ollama:llama3.2", ("ollama", "llama3.2")),
        ("faiss:", ("faiss", "")),
        ("compose", ("compose", "")),
        ("a1111:http://127.0.0.1:7860", ("a1111", "http://127.0.0.1:7860")),
    ],
)
def test_a_name_splits_at_its_first_colon(name: str, parts: tuple[str, str]) -> None:
    assert split_name(name) == parts


@pytest.mark.parametrize("kind", GROUPS)
def test_every_registered_scheme_loads(kind: str) -> None:
    assert names(kind)
    for scheme in names(kind):
        assert callable(load(kind, scheme))


def test_an_unknown_scheme_names_the_nearest_and_the_known() -> None:
    with pytest.raises(SetupError) as caught:
        load("chat", "olama")
    assert caught.value.message == "no chat back end is called 'olama'; did you mean 'ollama'?"
    assert caught.value.hint == f"installed: {', '.join(names('chat'))}"
