"""The words of the page: every language says the same things, and what the scripts ask for."""

from __future__ import annotations

import json
import re
from pathlib import Path

import bozzetto.web.page

STATIC = Path(bozzetto.web.page.__file__).parent / "static"
SCRIPTS = "\n".join(path.read_text("utf-8") for path in sorted(STATIC.glob("*.js")))
TEXTS: dict[str, dict[str, str]] = {
    path.name.split(".")[1]: json.loads(path.read_text("utf-8"))
    for path in sorted(STATIC.glob("texts.*.json"))
}


def slots(texts: dict[str, str]) -> dict[str, set[str]]:
    return {key: set(re.findall(r"\{(\w+)\}", text)) for key, text in texts.items()}


def test_languages_hold_the_same_keys_and_slots() -> None:
    assert sorted(TEXTS) == ["en", "it"]
    assert slots(TEXTS["it"]) == slots(TEXTS["en"])
    listed = re.search(r"LANGUAGES = (\[.*?\])", SCRIPTS)
    assert listed is not None
    assert json.loads(listed[1]) == sorted(TEXTS)


def test_every_text_is_asked_for_and_there() -> None:
    asked = set(re.findall(r'"([a-z_.]+)"', SCRIPTS))
    asked |= {f"key.{act}" for act in re.findall(r'act: "(\w+)"', SCRIPTS)}
    families = set(re.findall(r"`([a-z]+)\.\$\{", SCRIPTS))
    unused = {key for key in TEXTS["en"] if key not in asked and key.split(".")[0] not in families}
    assert unused == set()
    wanted = set(re.findall(r'\bt\("([a-z_.]+)"', SCRIPTS))
    wanted |= {f"key.{act}" for act in re.findall(r'act: "(\w+)"', SCRIPTS)}
    wanted |= {f"group.{name}" for name in re.findall(r'group: "(\w+)"', SCRIPTS)}
    assert wanted - set(TEXTS["en"]) == set()


def test_nothing_becomes_markup_and_nothing_comes_from_elsewhere() -> None:
    """The browser refuses it too, by the content security policy."""
    sources = SCRIPTS + (STATIC / "index.html").read_text("utf-8")
    sources += (STATIC / "style.css").read_text("utf-8")
    assert (
        re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", sources) == []
    )
    assert re.findall(r"(?:https?:)?//[a-z][\w.-]+\.\w+", sources) == []


def test_the_page_is_light() -> None:
    assert sum(path.stat().st_size for path in STATIC.iterdir()) < 150_000
