"""Schemes: found, unknown, clashing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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


METADATA = """Metadata-Version: 2.4
Name: Some.Plug-in
Version: 1.0
Provides-Extra: cloud
Requires-Dist: numpy>=2
Requires-Dist: Missing_Client[crt]>=1.2; extra == "cloud"
"""

ASKING = """
from bozzetto.errors import MissingExtraError
from bozzetto.plugins import load
for scheme in ("cloudy", "plain"):
    try:
        load("images", scheme)
    except MissingExtraError as error:
        print(error.message, "|", error.hint)
"""


def test_a_missing_package_is_told_with_the_extra_that_brings_it(tmp_path: Path) -> None:
    """A plug-in of somebody else's, installed in a process of its own."""
    (tmp_path / "cloudy.py").write_text("import missing_client.core\n", "utf-8")
    (tmp_path / "plain.py").write_text("import missing_other\n", "utf-8")
    folder = tmp_path / "some_plug_in-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(METADATA, "utf-8")
    points = "[bozzetto.images]\ncloudy = cloudy:open\nplain = plain:open\n"
    (folder / "entry_points.txt").write_text(points, "utf-8")
    paths = os.pathsep.join([str(tmp_path), os.environ["PYTHONPATH"]])
    done = subprocess.run(
        [sys.executable, "-c", ASKING],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
    )
    assert (done.stdout.splitlines(), done.stderr) == (
        [
            "'cloudy' needs the package missing_client | pip install 'Some.Plug-in[cloud]'",
            "'plain' needs the package missing_other | pip install missing_other",
        ],
        "",
    )
