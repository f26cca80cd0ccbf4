"""The words of the pages: every language says the same things, and what the scripts ask for."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

import bozzetto.web.page
from bozzetto.web.page import NOWHERE, PAGES

STATIC = Path(bozzetto.web.page.__file__).parent / "static"
SHELL = "shell"
FOLDERS = sorted({SHELL, NOWHERE, *PAGES.values()})
LANGUAGES = ["en", "it"]


def scripts(folder: str) -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted((STATIC / folder).glob("*.js")))


def texts(folder: str, language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((STATIC / folder / f"texts.{language}.json").read_text())
    return found


def slots(found: dict[str, str]) -> dict[str, set[str]]:
    return {key: set(re.findall(r"\{(\w+)\}", text)) for key, text in found.items()}


def asked(sources: str) -> set[str]:
    """Every string of scripts that may be the name of a text."""
    return set(re.findall(r'"([a-z_.]+)"', sources)) | wanted(sources)


def wanted(sources: str) -> set[str]:
    """Every text that scripts are sure to ask for."""
    found = set(re.findall(r'\bt\("([a-z_.]+)"', sources))
    found |= {f"key.{act}" for act in re.findall(r'act: "(\w+)"', sources)}
    return found | {f"group.{name}" for name in re.findall(r'group: "(\w+)"', sources)}


@pytest.mark.parametrize("folder", FOLDERS)
def test_languages_hold_the_same_keys_and_slots(folder: str) -> None:
    assert slots(texts(folder, "it")) == slots(texts(folder, "en"))
    listed = re.search(r"LANGUAGES = (\[.*?\])", scripts(SHELL))
    assert listed is not None
    assert json.loads(listed[1]) == LANGUAGES


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_text_is_asked_for_and_there(folder: str) -> None:
    sources, there = scripts(folder), texts(folder, "en")
    families = set(re.findall(r"`([a-z_]+)\.\$\{", sources))
    unused = {key for key in there if key.split(".")[0] not in families} - asked(sources)
    assert unused == set()
    assert wanted(sources) - set(there) - set(texts(SHELL, "en")) == set()


@pytest.mark.parametrize("folder", FOLDERS)
def test_nothing_becomes_markup_and_nothing_comes_from_elsewhere(folder: str) -> None:
    """The browser refuses it too, by the content security policy."""
    sources = scripts(folder) + (STATIC / "index.html").read_text("utf-8")
    sources += "".join(path.read_text("utf-8") for path in (STATIC / folder).glob("*.css"))
    assert (
        re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", sources) == []
    )
    assert re.findall(r"(?:https?:)?//[a-z][\w.-]+\.\w+", sources) == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_page_is_light(folder: str) -> None:
    """With what all pages share, in one language, packed as it is sent."""
    parts = [path for name in {SHELL, folder} for path in (STATIC / name).iterdir()]
    sent = [path for path in parts if not path.name.endswith("texts.it.json")]
    assert sum(len(gzip.compress(path.read_bytes())) for path in sent) < 75_000
