"""The board in a real browser: what people press, and what is then kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import pytest
from bench.board import make_board
from tests.web.conftest import CANARY, NAME

from bozzetto.app import Assistant
from bozzetto.types import Verdict
from bozzetto.web.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Route


class Desk:
    """A reviewer before a board. `wrong` is what the page complained of."""

    def __init__(self, server: Server, context: BrowserContext, reviewer: str) -> None:
        self.server = server
        self.reviewer = reviewer
        self.wrong: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on(
            "console",
            lambda said: (
                self.wrong.append(said.text) if said.type in ("error", "warning") else None
            ),
        )

    def open(self, name: str = NAME, **asked: str) -> None:
        query = urlencode({"as": self.reviewer, **asked})
        self.page.goto(self.server.address(f"/campaigns/{quote(name, safe='')}?{query}"))
        self.page.wait_for_selector(".tile[aria-selected=true]")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def states(self) -> list[str]:
        """What each tile shows, a letter each: k, r or u."""
        found: list[str] = self.page.evaluate(
            "[...document.querySelectorAll('.tile')].map((one) => one.dataset.state[0])"
        )
        return found

    def at(self) -> int:
        """The place of the picture that is looked at."""
        found: int = self.page.evaluate(
            "[...document.querySelectorAll('.tile')].findIndex((one) => one.tabIndex === 0)"
        )
        return found

    def saved(self, name: str = NAME) -> list[Verdict | None]:
        """What is kept, once everything is said to be saved."""
        self.page.wait_for_selector(".saving[data-state=saved]")
        token = {"Authorization": f"Bearer {self.server.access.token}"}
        path = f"/api/v1/campaigns/{quote(name, safe='')}/board?reviewer={quote(self.reviewer)}"
        answer = self.page.request.get(f"http://127.0.0.1:{self.server.port}{path}", headers=token)
        return [Verdict(**item["own"]) if item["own"] else None for item in answer.json()["items"]]

    def keeps(self) -> list[bool | None]:
        return [one.keep if one else None for one in self.saved()]


@pytest.fixture
def desk(server: Server, context: BrowserContext, request: pytest.FixtureRequest) -> Iterator[Desk]:
    found = Desk(server, context, f"reviewer of {request.node.name}"[:80])
    yield found
    fired = found.page.evaluate("window.fired")
    assert (found.wrong, fired) == ([], None)


def test_two_hundred_pictures_by_keyboard(
    tmp_path: Path, context: BrowserContext, browser: Browser
) -> None:
    make_board(tmp_path, "many", 200, side=64)
    with Assistant.open(tmp_path, actor="tester") as a, Server(a, port=0) as server:
        desk = Desk(server, context, "ann")
        desk.open("many")
        desk.press(*("x" if number % 3 else "p" for number in range(100)))
        desk.press("Enter")
        desk.press(*("x" if number % 3 else "p" for number in range(100, 200)))
        kept = [one.keep if one else None for one in desk.saved("many")]
        counts = desk.page.inner_text(".counts")
        desk.press("Escape", "End")
        last = desk.page.locator(".tile >> nth=199")
        last.wait_for()
        box = last.bounding_box()
        laid_out = desk.page.locator(".tile:visible").count()
        desk.page.click("[data-filter=kept]")
        desk.page.locator(".tile:not([hidden]) >> nth=66").wait_for(state="attached")
        desk.press("Home", "End")
        box_kept = desk.page.locator(".tile >> nth=198").bounding_box()
    assert kept == [number % 3 == 0 for number in range(200)]
    assert counts == "200 pictures: 67 kept, 133 rejected, 0 undecided"
    assert desk.wrong == []
    assert box is not None
    assert box_kept is not None
    assert (0 < box["y"] < 800, 0 < box_kept["y"] < 800, laid_out < 200) == (True, True, True)


def test_verdicts_stars_and_the_way_back(desk: Desk) -> None:
    desk.open()
    desk.press("p", "x", "4", "Shift+x", "5")
    assert (desk.states(), desk.at()) == (list("kruruu"), 4)
    desk.press("u", "0", "z", "z")
    assert [(one.keep, one.rating) if one else None for one in desk.saved()] == [
        (True, None), (False, None), (None, 4), None, None, None,
    ]  # fmt: skip


def test_moving(desk: Desk) -> None:
    desk.page.set_viewport_size({"width": 400, "height": 800})  # three in a row
    desk.open()
    places = []
    for key in (
        "l",
        "ArrowRight",
        "ArrowLeft",
        "j",
        "h",
        "k",
        "ArrowDown",
        "End",
        "l",
        "Home",
        "h",
    ):
        desk.press(key)
        places.append(desk.at())
    assert places == [1, 2, 1, 4, 3, 0, 3, 5, 5, 0, 0]


def test_staying_is_one_key(desk: Desk) -> None:
    desk.open()
    desk.press("a", "p", "5")
    assert desk.at() == 0
    desk.press("Shift+X")
    assert desk.at() == 1
    first = desk.saved()[0]
    assert first is not None
    assert (first.keep, first.rating) == (False, 5)


def test_notes_are_text(desk: Desk) -> None:
    desk.open()
    desk.press("n")
    desk.page.keyboard.type(CANARY + " px")
    desk.press("Enter", "Enter")
    desk.page.wait_for_selector("picture-stage aside")
    assert desk.page.inner_text("picture-stage dd >> nth=0") == CANARY + " px"
    assert CANARY in desk.page.inner_text("picture-stage aside")
    first, *others = desk.saved()
    assert first is not None
    assert (first.note, first.keep, others) == (CANARY + " px", None, [None] * 5)
    desk.press("n")
    desk.page.keyboard.type("thrown away")
    desk.press("Escape", "Escape", "n", "Control+A", "Delete", "Enter")
    first = desk.saved()[0]
    assert first is not None
    assert first.note == ""


def test_a_reload_keeps_all_of_it(desk: Desk) -> None:
    desk.open()
    desk.press("p", "3", "f", "f")
    desk.page.wait_for_url("**filter=kept**")
    desk.page.reload()
    desk.page.wait_for_selector(".tile[aria-selected=true]")
    assert desk.states() == list("kuuuuu")
    assert desk.page.locator(".tile:visible").count() == 1
    desk.press("z", "z")  # of the visit before
    desk.page.wait_for_selector(".tile:first-child[data-state=undecided]", state="attached")
    assert desk.keeps() == [None] * 6
    desk.press("z")
    desk.page.wait_for_selector(".unseen:has-text('There is no verdict')", state="attached")


def test_filters(desk: Desk) -> None:
    desk.open()
    desk.press("p", "p", "x")
    shown = []
    for _ in range(4):
        desk.press("f")
        shown.append(desk.page.locator(".tile:visible").count())
    assert shown == [3, 2, 1, 6]
    desk.press("f", "Home", "p", "p", "p")  # the last of those undecided
    assert desk.page.inner_text(".empty") == "Every picture is decided. F shows the others."
    assert desk.keeps() == [True, True, False, True, True, True]


def test_compare_two_and_the_better_stays(desk: Desk) -> None:
    desk.open()
    desk.press("c")
    seen = []
    for key in ("1", "2", "ArrowRight"):
        seen.append(
            desk.page.eval_on_selector_all("figure", "all => all.map((one) => one.dataset.id)")
        )
        desk.press(key)
    ids = desk.page.eval_on_selector_all(".tile", "all => all.map((one) => one.dataset.id)")
    places = [[ids.index(one) for one in pair] for pair in seen]
    assert places == [[0, 1], [0, 2], [2, 3]]
    desk.press("s")
    swapped = desk.page.eval_on_selector_all("figure", "all => all.map((one) => one.dataset.id)")
    assert [ids.index(one) for one in swapped] == [4, 2]
    assert desk.keeps() == [False, False, True, None, None, None]
    desk.press("z")  # both of the last pair
    assert desk.keeps() == [True, False, None, None, None, None]
    desk.press("Escape", "p")
    assert desk.page.locator("picture-stage").is_hidden()


def test_blind_hides_where_it_came_from(desk: Desk) -> None:
    desk.open(blind="1")
    desk.press("p", "Enter")
    desk.page.wait_for_selector("picture-stage img.full[data-ready]")
    said = desk.page.inner_text("body")
    assert "soft light" not in said
    assert "Blind: where the picture came from" in said
    assert sorted(map(str, desk.keeps())) == ["None"] * 5 + ["True"]


def test_what_is_not_saved_waits_and_survives_a_reload(desk: Desk) -> None:
    def away(route: Route) -> None:
        route.abort()

    desk.page.route("**/verdicts", away)
    desk.open()
    desk.press("p", "x")
    desk.page.wait_for_selector(".saving[data-state=trouble]")
    assert desk.page.inner_text(".saving").startswith("not saved yet: 2 wait here")
    desk.page.reload()
    desk.page.wait_for_selector(".tile[aria-selected=true]")
    assert desk.states() == list("kruuuu")
    desk.page.unroute("**/verdicts")
    assert desk.keeps() == [True, False, None, None, None, None]
    desk.wrong = [one for one in desk.wrong if "net::ERR_FAILED" not in one]


def test_what_is_not_saved_survives_a_new_start(
    assistant: Assistant, context: BrowserContext
) -> None:
    with Server(assistant, port=0) as server:
        desk = Desk(server, context, "rita")
        desk.open()
    desk.press("p", "x")
    desk.page.wait_for_selector(".saving[data-state=trouble]")
    with Server(assistant, port=server.port):
        assert desk.keeps() == [True, False, None, None, None, None]


def test_what_is_not_saved_waits_for_the_newest_address(
    tmp_path: Path, context: BrowserContext
) -> None:
    make_board(tmp_path, "one", 2, side=64)
    with Assistant.open(tmp_path, actor="tester") as a:
        with Server(a, port=0) as server:
            desk = Desk(server, context, "rita")
            desk.open("one")
        desk.press("p")
        a.accounts.new_token()
        with Server(a, port=server.port) as again:
            desk.server = again
            desk.page.wait_for_selector(".saving:has-text('open the address')")
            desk.open("one")  # in the old tab
            assert [one.keep if one else None for one in desk.saved("one")] == [True, None]


def test_what_is_refused_is_told_and_taken_from_the_picture(desk: Desk) -> None:
    refusal = '{"detail": "no such <b>picture</b>", "code": "not_found"}'
    desk.page.route("**/verdicts", lambda route: route.fulfill(status=404, body=refusal))
    desk.open()
    desk.press("p")
    desk.page.wait_for_selector(".refused p")
    assert desk.page.inner_text(".refused p").startswith("Not saved: no such <b>picture</b>")
    desk.page.wait_for_selector(".tile:first-child[data-state=undecided]", state="attached")
    desk.page.unroute("**/verdicts")
    assert desk.keeps() == [None] * 6
    desk.wrong = [one for one in desk.wrong if "404" not in one]


def test_without_the_token_there_is_nothing(server: Server, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{server.port}/campaigns/x?as=me")
    page.wait_for_selector("h1")
    assert page.inner_text("h1") == "This page is closed."
    page.goto(server.address("/campaigns"))
    page.wait_for_selector("main a")
    assert page.url == f"http://127.0.0.1:{server.port}/campaigns"
    page.click("main a")
    page.wait_for_selector("dialog")
    page.keyboard.type("Zoë")
    page.keyboard.press("Enter")
    page.wait_for_selector(".tile[aria-selected=true]")
    assert page.inner_text(".who") == "Zoë"
    page.reload()
    page.wait_for_selector(".tile[aria-selected=true]")
    assert page.inner_text(".who") == "Zoë"


def test_italian_and_a_small_dark_screen(server: Server, browser: Browser) -> None:
    with browser.new_context(
        viewport={"width": 360, "height": 740}, locale="it-IT", color_scheme="dark"
    ) as context:
        desk = Desk(server, context, "carla")
        desk.open()
        assert desk.page.get_attribute("html", "lang") == "it"
        assert desk.page.inner_text(".counts") == "6 immagini: 0 tenute, 0 scartate, 6 da decidere"
        desk.press("?")
        help_text = desk.page.inner_text("dialog")
        desk.press("Escape", "Enter")
        desk.page.wait_for_selector("picture-stage aside")
        wide = desk.page.evaluate("document.documentElement.scrollWidth")
        dark = desk.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert "Ritira l'ultimo giudizio" in help_text
    assert (wide, dark, desk.wrong) == (360, "rgb(22, 22, 21)", [])


def test_by_hand(desk: Desk) -> None:
    desk.open()
    desk.page.click("[data-act=keep]")
    desk.page.click(".tile >> nth=4")
    desk.page.click("[data-act=reject]")
    desk.page.click("[data-star='3']")
    desk.press("ArrowLeft")  # the keys still go to the pictures
    assert desk.at() == 4
    last = desk.saved()[5]
    assert last is not None
    assert (desk.keeps(), last.rating) == ([True, None, None, None, False, None], 3)
