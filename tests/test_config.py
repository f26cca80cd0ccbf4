"""Settings: who wins, and what a wrong value gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from bozzetto.config import OPTIONS, config_path, find_home, load_settings
from bozzetto.errors import InputError, SetupError
from bozzetto.types import Price


def test_defaults(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, environ={})
    assert settings.home == tmp_path
    for option in OPTIONS:
        if option.name != "actor":
            assert getattr(settings, option.name) == option.default
    assert settings.actor != ""
    assert settings.origins == {"home": "argument"}


def test_argument_beats_environment_beats_file(tmp_path: Path) -> None:
    config_path(tmp_path).write_text('k = 5\nn = 6\nprofile = "sd15"\n')
    settings = load_settings(tmp_path, {"k": 7, "n": None}, {"BOZZETTO_K": "8", "BOZZETTO_N": "9"})
    assert (settings.k, settings.n, settings.profile) == (7, 9, "sd15")
    assert settings.origins == {
        "home": "argument",
        "k": "argument",
        "n": "environment",
        "profile": str(config_path(tmp_path)),
    }


def test_home_comes_from_the_argument_then_the_environment(tmp_path: Path) -> None:
    environ = {"BOZZETTO_HOME": str(tmp_path / "env")}
    assert find_home(tmp_path / "arg", environ) == (tmp_path / "arg", "argument")
    assert find_home(None, environ) == (tmp_path / "env", "BOZZETTO_HOME")
    assert find_home(None, {})[1] == "default"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("k = 'ten'", "'ten' is not a whole number"),
        ("k = 1.5", "1.5 is not a whole number"),
        ("k = true", "True is not a whole number"),
        ("k = 0", "0 is not between 1 and 1000"),
        ("max_nsfw = nan", "nan is not between 0 and 2"),
        ("profile = 3", "3 is not a text"),
    ],
)
def test_a_wrong_value_names_option_and_place(tmp_path: Path, text: str, message: str) -> None:
    config_path(tmp_path).write_text(text)
    with pytest.raises(InputError) as caught:
        load_settings(tmp_path, environ={})
    name = text.split()[0]
    assert caught.value.message == f"{name} ({config_path(tmp_path)}): {message}"


def test_an_unknown_option_is_named_with_the_nearest_known(tmp_path: Path) -> None:
    config_path(tmp_path).write_text("max_nsfv = 1.0")
    with pytest.raises(SetupError) as caught:
        load_settings(tmp_path, environ={})
    assert caught.value.message == f"{config_path(tmp_path)}: unknown option 'max_nsfv'"
    assert caught.value.hint == "did you mean 'max_nsfw'?"


def test_prices_are_the_user_s(tmp_path: Path) -> None:
    config_path(tmp_path).write_text(
        'n = 2\n[prices."openai:x"]\ninput = 2.5\noutput = 10\n'
        "[prices.ollama]\ninput = 0\noutput = 0"
    )
    settings = load_settings(tmp_path, environ={})
    assert settings.prices == {"openai:x": Price(2.5, 10.0), "ollama": Price(0.0, 0.0)}
    assert "prices" not in {name for name, _, _ in settings.items()}


@pytest.mark.parametrize(
    "text",
    [
        "prices = 3",
        '[prices]\n"openai:x" = 2.5',
        '[prices."openai:x"]\ninput = 2.5',
        '[prices."openai:x"]\ninput = -1\noutput = 1',
        '[prices."openai:x"]\ninput = nan\noutput = 1',
        '[prices."openai:x"]\ninput = true\noutput = 1',
        '[prices."openai:x"]\ninput = 1\noutput = 1\ncached = 1',
    ],
)
def test_a_price_that_is_none_is_named_with_an_example(tmp_path: Path, text: str) -> None:
    config_path(tmp_path).write_text(text)
    with pytest.raises(InputError, match="prices") as caught:
        load_settings(tmp_path, environ={})
    assert str(config_path(tmp_path)) in caught.value.message
    assert caught.value.hint == '[prices."openai:some-model"], then: input = 2.5 and output = 10'


@pytest.mark.parametrize("content", [b"k = ", b"\xff\xfe"])
def test_a_file_that_is_not_toml(tmp_path: Path, content: bytes) -> None:
    config_path(tmp_path).write_bytes(content)
    with pytest.raises(SetupError, match="is not valid TOML"):
        load_settings(tmp_path, environ={})
