"""A team's browser: the login form, a name that is not somebody else's, logging out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from bench.board import make_board

from bozzetto.app import Assistant
from bozzetto.web.server import Server

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page

PASSWORD = "three words or four"
BOARD = "foxes"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    make_board(tmp_path / "home", BOARD, 2, side=64, said="a fox")
    with Assistant.open(tmp_path / "home", actor="owner") as a:
        a.accounts.add("ada", PASSWORD, "admin")
        with Server(a, port=0) as found:
            yield found


def enter(page: Page, password: str) -> None:
    page.locator("input[autocomplete=username]").fill("ada")
    page.locator("input[type=password]").fill(password)
    page.keyboard.press("Enter")


def test_one_logs_in_and_judges_under_ones_own_name(
    server: Server, context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{server.port}/campaigns/{BOARD}")
    enter(page, "wrong")
    page.get_by_text("name or password is wrong").wait_for()
    enter(page, PASSWORD)
    page.locator("form.login").wait_for(state="detached")
    page.locator("img").first.wait_for()
    page.keyboard.press("k")
    page.wait_for_function(
        "() => fetch('/api/v1/campaigns/foxes/board?reviewer=ada').then(r => r.json())"
        ".then(b => b.items.some(i => i.own && i.own.keep === true))"
    )
    (cookie,) = context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["value"][:4]) == (True, "Strict", "bzs_")
    assert page.evaluate("document.cookie") == ""


def test_whoever_was_logged_out_logs_in_again(server: Server, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{server.port}/campaigns")
    enter(page, PASSWORD)
    page.get_by_text(BOARD).first.wait_for()
    server.access.accounts.log_out("ada")
    page.reload()
    page.locator("form.login").wait_for()


def test_the_printed_address_still_lets_its_owner_in(
    server: Server, context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(server.address("/campaigns"))
    page.get_by_text(BOARD).first.wait_for()
    assert "#" not in page.url
    assert page.locator("form.login").count() == 0
