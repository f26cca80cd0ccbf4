"""What goes wrong before the pages, in a real browser: it is said in plain words, and nothing typed
is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bench.board import make_board
from tests.web.test_pages import PASSWORD, Desk

from bozzetto.app import Assistant
from bozzetto.web.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

OPEN = """delete Crypto.prototype.randomUUID;
Object.defineProperty(Navigator.prototype, "clipboard", { value: undefined });"""
"""What browsers leave out over plain http beyond their own machine."""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Assistant]:
    (tmp_path / "mine.txt").write_text("a paper boat, macro photo\n", encoding="utf-8")
    with Assistant.open(tmp_path / "home", actor="tester") as a:
        a.add(tmp_path / "mine.txt")
        yield a


@pytest.fixture
def desk(home: Assistant, context: BrowserContext) -> Iterator[Desk]:
    with Server(home, port=0) as server:
        yield Desk(server, context)


def test_a_campaign_is_made_over_plain_http(desk: Desk, home: Assistant) -> None:
    desk.page.add_init_script(OPEN)
    page = desk.open("/campaigns?new")
    page.fill("[name=ideas]", "a kite over the harbour")
    page.fill("[name=images]", "sketch:")
    page.fill("[name=n]", "1")
    desk.press("Control+Enter")
    page.locator(".campaign", has_text="a kite over the harbour").wait_for()
    assert [one.name for one in home.campaigns.list()] == ["a kite over the harbour"]
    assert desk.wrong == []


def enter(desk: Desk, path: str, name: str = "ada") -> None:
    """Open a page and log in."""
    desk.page.goto(f"http://127.0.0.1:{desk.server.port}{path}")
    desk.page.fill("main.message input[autocomplete=username]", name)
    desk.page.fill("main.message [type=password]", PASSWORD)
    desk.press("Enter")
    desk.page.locator("nav.way").wait_for()


def test_who_is_logged_out_at_work_logs_in_and_goes_on(desk: Desk, home: Assistant) -> None:
    home.accounts.add("ada", PASSWORD, "admin")
    page = desk.page
    enter(desk, "/campaigns?new")
    page.fill("[name=ideas]", "a kite over the harbour")
    page.fill("[name=images]", "sketch:")
    page.fill("[name=n]", "1")
    page.locator("brief-form [role=status]", has_text="1 pictures").wait_for()
    home.accounts.log_out("ada")
    desk.press("Control+Enter")
    page.locator("dialog", has_text="You were logged out.").wait_for()
    assert page.input_value("dialog [autocomplete=username]") == "ada"
    page.keyboard.type("not it")
    desk.press("Enter")
    page.locator("dialog .wrong", has_text="wrong").wait_for()
    page.keyboard.type(PASSWORD)
    desk.press("Enter")
    page.locator(".campaign", has_text="a kite over the harbour").wait_for()
    assert [one.name for one in home.campaigns.list()] == ["a kite over the harbour"]
    assert [one for one in desk.wrong if "401" not in one] == []


def test_who_puts_logging_in_off_keeps_what_is_typed(desk: Desk, home: Assistant) -> None:
    home.accounts.add("ada", PASSWORD, "admin")
    page = desk.page
    enter(desk, "/library")
    home.accounts.log_out("ada")
    page.fill("[type=search]", "boat")
    page.locator("dialog", has_text="You were logged out.").wait_for()
    desk.press("Escape")
    page.locator("main .wrong", has_text="You were logged out. Reload").wait_for()
    assert page.input_value("[type=search]") == "boat"
    assert page.locator("dialog").count() == 0


def test_a_page_with_an_old_token_says_where_to_go(desk: Desk, home: Assistant) -> None:
    page = desk.open("/library")
    desk.row("a paper boat").wait_for()
    home.accounts.new_token()
    page.fill("[type=search]", "boat")
    page.locator("main .wrong", has_text="Open the address that the program printed").wait_for()
    assert page.input_value("[type=search]") == "boat"


def test_a_viewer_looks_at_the_board_and_judges_nothing(
    tmp_path: Path, context: BrowserContext
) -> None:
    make_board(tmp_path, "one", 2, side=64)
    with Assistant.open(tmp_path, actor="tester") as a, Server(a, port=0) as server:
        a.accounts.add("ada", PASSWORD, "admin")
        a.accounts.add("vic", PASSWORD, "viewer")
        desk = Desk(server, context)
        page = desk.page
        page.goto(f"http://127.0.0.1:{server.port}/campaigns/one")
        page.fill("[autocomplete=username]", "vic")
        page.fill("[type=password]", PASSWORD)
        desk.press("Enter")
        page.wait_for_selector(".tile[aria-selected=true]")
        desk.press("p", "x", "3", "n", "z", "ArrowRight", "c", "1", "Escape")
        acts = page.eval_on_selector_all(".bar button", "all => all.map(one => one.dataset.act)")
        told = page.inner_text("footer p")
        state = page.get_attribute(".saving", "data-state")
    assert acts == ["previous", "next", "large", "hold", "compare", "help"]
    assert told == "Only editors judge pictures; as a viewer you look."
    assert (state, [one for one in desk.wrong if "401" not in one]) == ("saved", [])


def test_what_is_typed_as_toml_outlives_a_look_at_the_form(desk: Desk) -> None:
    page = desk.open("/campaigns?new")
    page.locator("[name=sizes], fieldset input").first.wait_for()
    page.fill("[name=ideas]", "a kite")
    page.click("#tab-toml")
    mine = page.input_value(".toml") + 'audience = "sailors"\n'
    page.fill(".toml", mine)
    page.click("#tab-fields")
    page.click("#tab-toml")
    assert page.input_value(".toml") == mine
    page.reload()
    page.locator("#panel-toml").wait_for()
    page.click("#tab-fields")
    page.click("#tab-toml")
    assert page.input_value(".toml") == mine
    page.click("#tab-fields")
    page.fill("[name=ideas]", "a boat")
    page.click("#tab-toml")
    assert '"a boat"' in page.input_value(".toml")
    page.click(".says button")
    assert page.input_value(".toml") == mine


def test_an_edit_waits_for_a_server_that_is_away(home: Assistant, context: BrowserContext) -> None:
    with Server(home, port=0) as server:
        desk = Desk(server, context)
        page = desk.open("/library")
        desk.row("a paper boat").click()
        page.locator("aside .prompt").wait_for()
        desk.press("e")
        page.fill("aside [name=prompt]", "a paper boat at night")
    desk.press("Control+Enter")
    page.locator("aside .wrong", has_text="The program does not answer.").wait_for()
    with Server(home, port=server.port):
        desk.press("Control+Enter")
        desk.row("a paper boat at night").wait_for()


def test_settings_say_when_the_server_is_away(home: Assistant, context: BrowserContext) -> None:
    with Server(home, port=0) as server:
        desk = Desk(server, context)
        page = desk.open("/settings")
        page.click("#accounts summary")
        page.fill("#accounts input >> nth=0", "ada")
        page.fill("#accounts [type=password]", PASSWORD)
        page.locator("#library li", has_text="mine.txt").wait_for()
    page.click("#accounts button[type=submit]")
    page.locator("#accounts .wrong", has_text="The program does not answer.").wait_for()
    page.click("#library .sources button")
    page.click("dialog .danger")
    desk.said("The program does not answer.")
    page.click("text=Download a backup")
    page.locator("#library [role=status]", has_text="The program does not answer.").wait_for()


KEPT = "Object.keys(localStorage).filter((key) => /studio|brief|said/.test(key)).sort()"


def test_drafts_are_not_shown_to_the_next_account(desk: Desk, home: Assistant) -> None:
    home.accounts.add("ada", PASSWORD, "admin")
    home.accounts.add("eve", PASSWORD, "editor")
    page = desk.page
    enter(desk, "/campaigns?new")
    page.evaluate("localStorage.setItem('bozzetto.said:one:ada:1', '{}')")
    page.evaluate("localStorage.setItem('bozzetto.studio', 'q=a+secret+idea')")
    page.fill("[name=ideas]", "a secret idea")
    home.accounts.log_out("ada")  # not by the button: its session ended
    enter(desk, "/campaigns?new", "eve")
    assert page.input_value("[name=ideas]") == ""
    page.fill("[name=ideas]", "an idea of eve's")
    kept = page.evaluate(KEPT)
    page.goto(f"http://127.0.0.1:{desk.server.port}/settings")
    page.click("text=Log out")
    page.locator("form.login").wait_for()
    assert (kept, page.evaluate(KEPT)) == (
        ["bozzetto.brief", "bozzetto.said:one:ada:1"],
        ["bozzetto.said:one:ada:1"],
    )


def test_a_link_to_no_campaign_asks_for_no_name(desk: Desk) -> None:
    page = desk.open("/campaigns/nothing")
    page.locator("main", has_text="no campaign is called 'nothing'").wait_for()
    assert page.locator("dialog").count() == 0
    page.click("nav.way a[href='/campaigns']")
    page.locator(".teach").wait_for()


def test_a_prompt_is_copied_over_plain_http(desk: Desk) -> None:
    desk.page.add_init_script(OPEN)
    page = desk.open("/library")
    desk.row("a paper boat").click()
    page.locator("aside .prompt").wait_for()
    page.evaluate(
        "addEventListener('copy', () => { window.copied = document.activeElement.value; })"
    )
    page.click("aside button:has-text('Copy')")
    desk.said("Copied.")
    assert page.evaluate("window.copied") == "a paper boat, macro photo"


def test_an_address_of_no_page_shows_the_way_home(desk: Desk) -> None:
    desk.open("/library")
    answer = desk.page.goto(f"http://127.0.0.1:{desk.server.port}/gallery")
    desk.page.locator("h1", has_text="There is no page here.").wait_for()
    program = desk.page.request.get(desk.page.url, headers={"Accept": "application/json"})
    assert answer is not None
    assert (answer.status, program.status, program.json()["code"]) == (404, 404, "not_found")
    desk.page.click("main a")
    desk.page.locator("#idea").wait_for()


def test_a_page_tells_no_commands(desk: Desk) -> None:
    page = desk.open("/jobs?id=nothing")
    told = page.locator("aside [role=alert]")
    told.wait_for()
    assert told.all_inner_texts() == ["no job is called 'nothing'"]
    page.goto(f"http://127.0.0.1:{desk.server.port}/campaigns/nothing")
    page.locator("main.message p").first.wait_for()
    assert page.locator("main.message p").all_inner_texts() == ["no campaign is called 'nothing'"]


def test_one_of_something_is_said_as_one(home: Assistant, browser: Browser) -> None:
    with Server(home, port=0) as server, browser.new_context(locale="it-IT") as context:
        desk = Desk(server, context)
        page = desk.open("/library")
        desk.row("a paper boat").wait_for()
        desk.drop({"one.txt": "a kite\n", "two.txt": "a red kite\na blue boat\n"})
        page.locator("article .good", has_text="2 aggiunti").wait_for()
        assert page.locator("article .good").all_inner_texts() == ["1 aggiunto", "2 aggiunti"]
