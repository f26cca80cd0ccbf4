"""Settings, read once: command line > environment > file > default.

The file is `config.toml` in the home folder; its tables `[prices."scheme:model"]` say what
chat models cost, for a million tokens. Each option's environment variable is
`BOZZETTO_` and its name in capitals. The home itself comes from `--home`, then
`BOZZETTO_HOME`, then the platform's data folder.
"""

from __future__ import annotations

import difflib
import getpass
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bozzetto.errors import InputError, SetupError
from bozzetto.types import Price

__all__ = [
    "KEYS",
    "OPTIONS",
    "Option",
    "Settings",
    "config_path",
    "find_home",
    "load_environ",
    "load_settings",
]

KEYS = "keys.env"
"""The file of the home that keys may stand in: lines NAME=value, for its owner alone."""


@dataclass(frozen=True, slots=True)
class Option:
    """One setting: its name, type, default, and a line of help."""

    name: str
    kind: type[str] | type[int] | type[float]
    default: str | int | float
    help: str
    low: float | None = None
    high: float | None = None


OPTIONS = (
    Option("profile", str, "sdxl", "the image model prompts are written for"),
    Option("chat", str, "compose", "who writes: compose (no model), or scheme:model"),
    Option(
        "embedder",
        str,
        "",
        "who embeds the library: scheme:model; builtin: the program's own; empty: who did it last",
    ),
    Option(
        "vectors",
        str,
        "",
        "where its vectors are searched: a store's address; here: this machine; empty: where they"
        " are",
    ),
    Option("images", str, "sketch:", "who draws: sketch: (a placeholder), or scheme:rest"),
    Option(
        "backends",
        str,
        "",
        "besides chat and images, what accounts may name of what has an address, a folder or a file"
        "; spaces between",
    ),
    Option("k", int, 10, "how many hits a search shows", 1, 1000),
    Option("n", int, 4, "how many candidates optimize writes", 1, 32),
    Option("max_nsfw", float, 0.5, "prompts with a higher NSFW score are hidden", 0.0, 2.0),
    Option("workers", int, 0, "processes for embedding; 0: one a core", 0, 64),
    Option("timeout", float, 60.0, "seconds a model may stay silent", 0.1, 3600.0),
    Option(
        "max_tokens", int, 0, "tokens of a chat model one call may take; 0: any number", 0, 1e12
    ),
    Option("max_tokens_day", int, 0, "the same for a day (UTC)", 0, 1e12),
    Option("max_cost", float, 0.0, "what one call may cost, by `prices`; 0: anything", 0.0, 1e9),
    Option("max_cost_day", float, 0.0, "the same for a day (UTC)", 0.0, 1e9),
    Option(
        "answer_days", float, 30.0, "days a chat model's answers are kept; 0: none", 0.0, 3650.0
    ),
    Option(
        "max_rate",
        float,
        300.0,
        "requests a second of one client of a server; 0: any number",
        0.0,
        1e6,
    ),
    Option("actor", str, "", "the name written beside each change; empty: the system's user"),
)
"""Every option there is; `config show` and the reference are made from this table."""

PRICES = "prices"
"""The table of the settings file that says what chat models cost."""

_PRICE_EXAMPLE = '[prices."openai:some-model"], then: input = 2.5 and output = 10'

_BY_NAME = {option.name: option for option in OPTIONS}


@dataclass(frozen=True, slots=True)
class Settings:
    """The values in force. `origins` tells for each option where its value came from."""

    home: Path
    profile: str
    chat: str
    embedder: str
    vectors: str
    images: str
    backends: str
    k: int
    n: int
    max_nsfw: float
    workers: int
    timeout: float
    max_tokens: int
    max_tokens_day: int
    max_cost: float
    max_cost_day: float
    answer_days: float
    max_rate: float
    actor: str
    prices: Mapping[str, Price] = field(default_factory=lambda: MappingProxyType({}))
    origins: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def items(self) -> tuple[tuple[str, Any, str], ...]:
        """Name, value and origin of every option; `prices` are a table of their own."""
        return tuple(
            (item.name, getattr(self, item.name), self.origins.get(item.name, "default"))
            for item in fields(self)
            if item.name not in ("prices", "origins")
        )


def find_home(home: str | Path | None, environ: Mapping[str, str]) -> tuple[Path, str]:
    """The home folder and where that was said; the folder need not exist."""
    if home:
        return Path(home).expanduser().absolute(), "argument"
    if environ.get("BOZZETTO_HOME"):
        return Path(environ["BOZZETTO_HOME"]).expanduser().absolute(), "BOZZETTO_HOME"
    from platformdirs import user_data_path

    return user_data_path("bozzetto", appauthor=False), "default"


def config_path(home: Path) -> Path:
    """Where the settings file of a home lies, whether it exists or not."""
    return home / "config.toml"


def load_environ(home: Path, environ: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """The environment that back ends see: the process's, over what `keys.env` of the home says.

    Raises:
        SetupError: others can read the file, or a line of it is not NAME=value.
    """
    environ = os.environ if environ is None else environ
    path = home / KEYS
    try:
        text = path.read_text(encoding="utf-8")
        mode = path.stat().st_mode
    except FileNotFoundError:
        return environ
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"{path} cannot be read: {error}") from None
    if os.name == "posix" and mode & 0o077:
        raise SetupError(f"{path} can be read by others of this machine", hint=f"chmod 600 {path}")
    return {**dict(_key_lines(text, path)), **environ}


def _key_lines(text: str, path: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.removeprefix("export ").partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name.strip()):
            raise SetupError(f"{path}, line {number} is not NAME=value")  # not shown: a key
        value = value.strip()
        quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
        yield name.strip(), value[1:-1] if quoted else value


def load_settings(
    home: str | Path | None = None,
    overrides: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Read the settings.

    `overrides` are the command line's; None values there count as not given.

    Raises:
        InputError: a value is of the wrong type or out of range; names option and place.
        SetupError: the file is not TOML or holds an unknown option.
    """
    environ = os.environ if environ is None else environ
    folder, origin = find_home(home, environ)
    values: dict[str, Any] = {option.name: option.default for option in OPTIONS}
    origins = {"home": origin}
    written = _read_file(config_path(folder))
    prices = _prices(written.pop(PRICES, {}), config_path(folder))
    layers = (
        (str(config_path(folder)), written),
        ("environment", _read_environment(environ)),
        ("argument", {k: v for k, v in (overrides or {}).items() if v is not None}),
    )
    for place, layer in layers:
        for name, raw in layer.items():
            values[name] = _convert(_BY_NAME[name], raw, place)
            origins[name] = place
    values["actor"] = values["actor"] or _system_user()
    return Settings(home=folder, prices=prices, origins=MappingProxyType(origins), **values)


def _read_file(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as file:
            found = tomllib.load(file)
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SetupError(f"{path} is not valid TOML: {error}") from error
    except OSError as error:
        raise SetupError(f"{path} cannot be read: {error.strerror}") from error
    for name in found:
        if name not in (*_BY_NAME, PRICES):
            close = difflib.get_close_matches(name, _BY_NAME, n=1)
            raise SetupError(
                f"{path}: unknown option {name!r}",
                hint=f"did you mean {close[0]!r}?" if close else f"known: {', '.join(_BY_NAME)}",
            )
    return found


def _prices(found: object, path: Path) -> Mapping[str, Price]:
    """The table of prices by chat model."""
    if not isinstance(found, dict):
        raise InputError(f"{PRICES} ({path}): {found!r} is not a table", hint=_PRICE_EXAMPLE)
    return MappingProxyType({name: _price(name, row, path) for name, row in found.items()})


def _price(name: str, row: object, path: Path) -> Price:
    numbers = row if isinstance(row, dict) else {}
    good = set(numbers) == {"input", "output"} and all(map(_is_price, numbers.values()))
    if not good:
        raise InputError(
            f"{PRICES}.{name!r} ({path}): wants input and output, numbers of 0 or more"
            " for a million tokens",
            hint=_PRICE_EXAMPLE,
        )
    return Price(float(numbers["input"]), float(numbers["output"]))


def _is_price(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value < 1e9


def _read_environment(environ: Mapping[str, str]) -> dict[str, object]:
    return {
        option.name: environ[variable]
        for option in OPTIONS
        if environ.get(variable := f"BOZZETTO_{option.name.upper()}")
    }


def _convert(option: Option, raw: object, place: str) -> str | int | float:
    try:
        if isinstance(raw, bool) or (option.kind is str and not isinstance(raw, str)):
            raise ValueError
        value = option.kind(str(raw))
    except (TypeError, ValueError):
        raise InputError(
            f"{option.name} ({place}): {raw!r} is not {_KIND_WORDS[option.kind]}"
        ) from None
    if option.low is not None and option.high is not None:
        number = float(value)
        if not option.low <= number <= option.high:
            raise InputError(
                f"{option.name} ({place}): {raw!r} is not between "
                f"{option.low:g} and {option.high:g}"
            )
    return value


_KIND_WORDS = {str: "a text", int: "a whole number", float: "a number"}


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
