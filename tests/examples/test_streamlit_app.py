"""The example as Streamlit runs it, from an idea to two pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bozzetto import Assistant

APP = Path(__file__).resolve().parents[2] / "examples" / "streamlit_app.py"
IDEA = "un cartone animato di un piccolo cane"
STRANGE = "![x](http://127.0.0.1:9/x.png) <b>a small dog</b>, cartoon"


@pytest.fixture
def app(require: Callable[[str], Path], home: Path, tmp_path: Path) -> Iterator[Any]:
    """The page, just opened, on a home with three prompts."""
    require("streamlit")
    import streamlit
    from streamlit.testing.v1 import AppTest

    file = tmp_path / "mine.txt"
    file.write_text(f"a small dog, cartoon, flat colors\na red fox, ink\n{STRANGE}\n", "utf-8")
    with Assistant.open(home) as a:
        a.add(file)
    yield AppTest.from_file(str(APP), default_timeout=120).run()
    streamlit.cache_resource.clear()


def shown(app: Any) -> list[str]:  # noqa: ANN401 - the package may be missing
    return [element.value for element in app.text]


def test_from_an_idea_to_two_pictures(app: Any, home: Path) -> None:  # noqa: ANN401
    assert [element.value for element in app.caption] == [f"For example: {IDEA}"]
    app.text_input[0].set_value(IDEA).run()
    with Assistant.open(home) as a:
        hits = a.search(IDEA, 10)
        assert shown(app) == [f"{n}. {hit.prompt}" for n, hit in enumerate(hits, 1)]
        assert app.multiselect[0].options == [hit.prompt for hit in hits]
        picked = [hits[1].id]
        app.multiselect[0].set_value(picked)
        app.text_input[1].set_value("warm light")
        app.button[0].click().run()
        there = a.optimize(IDEA, pick=picked, prefer="warm light").candidates
    assert [element.value for element in app.code] == [one.prompt for one in there]

    app.selectbox[0].set_value(there[1].id)
    app.button[1].click().run()
    assert not app.exception
    assert [element.value for element in app.caption] == ["Your idea", "Optimized"]
    with Assistant.open(home) as a:
        better, plain = (a.jobs.show(job.id)[1][0] for job in a.jobs.list())
    assert (plain.request.prompt, better.request.prompt) == (IDEA, there[1].prompt)
    assert plain.request.seed == better.request.seed
    assert len(app.image) == 2


def test_what_strangers_wrote_is_no_markup(app: Any) -> None:  # noqa: ANN401
    app.text_input[0].set_value("small dog, cartoon").run()
    assert any(STRANGE in text for text in shown(app))
    assert not [element for element in app.markdown if "a small dog" in element.value]


def test_what_cannot_be_done_is_said(app: Any) -> None:  # noqa: ANN401
    app.text_input[0].set_value("!!!").run()
    assert [element.value for element in app.error] == ["That could not be done."]
    assert "idea" in shown(app)[-1]
    assert not app.exception


def test_a_home_that_cannot_be_opened_is_said(
    require: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require("streamlit")
    from streamlit.testing.v1 import AppTest

    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("BOZZETTO_HOME", str(file / "home"))
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    assert str(file) in shown(app)[-1]


def test_it_is_short() -> None:
    assert len(APP.read_text("utf-8").splitlines()) < 80
