"""`bozzetto config`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]


def test_config_path_and_show(run: Run, home: Path) -> None:
    assert run("config", "path").out == f"{home / 'config.toml'}\n"
    shown = run("config", "show", "--format", "json").json
    assert shown["home"] == {"value": str(home), "origin": "BOZZETTO_HOME"}
    assert shown["profile"] == {"value": "sdxl", "origin": "default"}
    assert not home.exists()
