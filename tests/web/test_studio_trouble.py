"""The assistant's page when something goes wrong: what was drawn and written is not lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest
from tests.cli.conftest import PROMPTS
from tests.web.test_studio import Desk
from tests.web.test_writing import good

from bozzetto.app import Assistant
from bozzetto.app.drawing import Asked
from bozzetto.testing.a1111_server import A1111Server
from bozzetto.testing.chat_server import HEAD, ChatServer, Step, delta
from bozzetto.web.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

IDEA = "a small dog"
FILLED = "count => document.querySelectorAll('.says-it').length === count"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("trouble")
    (folder / "mine.txt").write_text("\n".join(PROMPTS) + "\n", encoding="utf-8")
    with Assistant.open(folder / "home", actor="tester") as a:
        a.add(folder / "mine.txt")
        yield a


@pytest.fixture(scope="module")
def server(library: Assistant) -> Iterator[Server]:
    with Server(library, port=0) as found:
        yield found


@pytest.fixture
def desk(server: Server, context: BrowserContext) -> Iterator[Desk]:
    found = Desk(server, context)
    yield found
    assert [one for one in found.wrong if "Failed to load resource" not in one] == []


def columns(desk: Desk) -> list[str]:
    found: list[str] = desk.page.locator(".column h3").all_inner_texts()
    return found


def test_what_waits_is_gone_on_with_and_columns_keep_their_titles(
    desk: Desk, library: Assistant
) -> None:
    written = library.optimize(IDEA, n=3).candidates
    first, second, third = (one.id for one in written)
    job = library.jobs.add(
        Asked(images="sketch:", size="64x64"),
        candidates=[first, third], n=2, seed=0, compare=True,
    )  # fmt: skip
    there = "".join(f"&candidate={one}" for one in (first, second, third))
    desk.open(f"q=dog{there}&job={job}&drawn={first}&drawn={third}&each=2&seeds=1&out={first}")
    desk.page.wait_for_selector(".rested:has-text('0 of 8 pictures are drawn; the rest waits.')")
    desk.wait_for(3)
    assert columns(desk) == ["As typed", "Found", "Prompt A", "Prompt C"]
    desk.page.click("text=Go on")
    desk.page.wait_for_function(FILLED, arg=8)
    desk.page.wait_for_selector(".rested:empty", state="attached")
    desk.page.reload()
    desk.page.wait_for_function(FILLED, arg=8)
    desk.wait_for(3)
    assert columns(desk) == ["As typed", "Found", "Prompt A", "Prompt C"]
    about = desk.page.locator(".says-it [data-act=keep]").nth(3).get_attribute("aria-describedby")
    said = [desk.page.locator(f"#{one}").text_content() for one in (about or "").split()]
    assert said == ["Found", "Seed 1"]


def test_a_stopped_drawing_says_so_and_is_tried_again(desk: Desk) -> None:
    desk.write(count=1)
    with A1111Server(seconds=0.4) as studio:
        desk.page.select_option("select[name=images]", "a1111:")
        desk.page.fill("input[name=images]", studio.address)
        desk.page.fill("input[name=size]", "64x64")
        desk.page.click("drawn-pictures .go")
        desk.page.wait_for_selector(".says-it")
        desk.page.click("drawn-pictures .controls >> text=Stop")
        desk.page.wait_for_selector(".rested:has-text('Stopped.')")
        desk.page.wait_for_selector("figure:has-text('Stopped.')")
        drawn = desk.page.locator(".says-it").count()
        assert 0 < drawn < 6
        desk.state()
        desk.page.reload()
        desk.page.wait_for_function(FILLED, arg=drawn)
        assert desk.page.locator("figure[data-state=waiting]").count() == 6 - drawn
        studio.seconds = 0.0
        desk.page.click("text=Try again")
        desk.page.wait_for_function(FILLED, arg=6)


def test_why_nothing_is_drawn_is_said_once(desk: Desk) -> None:
    desk.write(count=1)
    with A1111Server(unfit=["a"]) as studio:
        desk.page.select_option("select[name=images]", "a1111:")
        desk.page.fill("input[name=images]", studio.address)
        desk.page.fill("input[name=size]", "64x64")
        desk.page.fill("input[name=seeds]", "1")
        desk.page.click("drawn-pictures .go")
        desk.page.wait_for_selector("drawn-pictures .trouble p")
        desk.page.wait_for_selector("figure[data-state=failed] >> nth=2")
    assert desk.page.locator("drawn-pictures .trouble p").count() == 1
    assert desk.page.locator("figure").all_inner_texts() == ["refused"] * 3


def think(_: Mapping[str, object]) -> Iterator[Step]:
    yield HEAD
    yield delta("PROMPT: still thinking about ")
    yield 30.0


def test_writing_that_is_stopped_says_so(desk: Desk) -> None:
    with ChatServer(think) as chat:
        desk.open(f"n=1&chat=ollama:tiny@{chat.address}")
        desk.say()
        desk.press("Control+Enter")
        desk.page.wait_for_selector(".coming:has-text('still thinking about')")
        desk.page.click("idea-form >> text=Stop")
        desk.page.wait_for_selector("written-prompts p:has-text('Nothing was written.')")
        desk.heard("Nothing was written.")
        assert desk.page.evaluate("document.activeElement.id") == "idea"
        desk.page.click(".opener:has-text('How it is written')")
        desk.page.fill("input[name=chat]", "compose")
        desk.page.click("text=Write again")
        desk.wait_for(1)
    assert desk.page.locator("written-prompts p:has-text('Nothing'):visible").count() == 0


def test_what_is_not_drawn_stays_so_as_it_changes(desk: Desk) -> None:
    desk.write(count=2)
    desk.page.uncheck("prompt-card >> nth=1 >> [data-act=draw]")
    desk.page.locator("prompt-card >> nth=1 >> .phrase").last.focus()
    desk.press("Delete")
    desk.page.wait_for_selector("prompt-card >> nth=1 >> [data-act=back]")
    assert not desk.page.is_checked("prompt-card >> nth=1 >> [data-act=draw]")
    desk.page.wait_for_selector("text=Draw 6 pictures")


def test_what_was_understood_is_no_warning(desk: Desk) -> None:
    desk.write("un piccolo cane", count=1)
    said = desk.page.locator(".known p:has-text('Understood as: ')")
    assert said.get_attribute("class") is None


def test_a_link_to_a_prompt_that_is_gone(desk: Desk) -> None:
    desk.open("candidate=01ARZ3NDEKTSV4RRFFQ69G5FAV")
    desk.page.wait_for_selector("prompt-card .trouble p")
    assert desk.page.inner_text("prompt-card .coming") == ""


def test_who_only_reads_is_shown_no_more_than_that(desk: Desk, library: Assistant) -> None:
    written = library.optimize(IDEA, n=1).candidates[0]
    who = '{"user": "vi", "role": "viewer", "accounts": true}'
    desk.open()
    desk.page.route("**/api/v1/session", lambda route: route.fulfill(body=who))
    desk.page.goto(f"{desk.base}/#q=dog&candidate={written.id}")
    desk.page.reload()
    desk.wait_for(1)
    desk.page.wait_for_selector(".hit", state="attached")
    shown = desk.page.locator("main button:visible").all_inner_texts()
    assert {"Write prompts", "Edit", "Refine…", "Another", "Draw pictures"} & set(shown) == set()
    assert "Your account may read here" in desk.page.inner_text("idea-form")
    desk.page.locator(".phrase").first.focus()
    desk.press("Delete", "Control+Enter")
    desk.heard("Your account may read here")
    assert desk.prompt() == written.prompt


def test_what_is_being_edited_survives_a_reload(desk: Desk) -> None:
    desk.write(count=2)
    before = desk.prompt(1)
    desk.act("edit", 1)
    desk.page.fill("prompt-editor textarea >> nth=0", f"{before}, at night")
    desk.state()
    desk.page.reload()
    edited = desk.page.locator("prompt-card").nth(1).locator("prompt-editor textarea").first
    edited.wait_for()
    assert edited.input_value() == f"{before}, at night"
    desk.act("edit", 1)  # closed, and kept
    desk.becomes(before, 1)
    desk.act("edit", 1)
    edited.press("Control+Enter")
    desk.becomes(f"{before}, at night", 1)
    desk.page.reload()
    desk.wait_for(2)
    assert desk.page.locator("prompt-editor").count() == 0


def test_a_reload_hears_on_what_is_being_written(desk: Desk) -> None:
    go_on = threading.Event()

    def wait(body: Mapping[str, Any]) -> Iterator[Step]:
        go_on.wait(20)
        yield from good(body)

    with ChatServer(wait) as chat:
        desk.open(f"n=1&chat=ollama:tiny@{chat.address}")
        desk.say()
        with desk.page.expect_response("**/optimize"):
            desk.press("Control+Enter")
        desk.page.wait_for_selector("prompt-card [data-act=stop]")
        desk.state()
        desk.page.reload()
        desk.page.wait_for_selector("prompt-card [data-act=stop]")
        go_on.set()
        desk.wait_for(1)
        assert len(chat.requests) == 1
    assert desk.page.inner_text("prompt-card .by") == "ollama:tiny"
