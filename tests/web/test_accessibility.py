"""Every page against the rules of WCAG 2.2 AA that a program can check, light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

import pytest
from tests.web.conftest import LOOK, NAME

from bozzetto.web.page import PAGES
from bozzetto.web.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ADDRESSES = [path for path in PAGES if "{" not in path]
BOARD = f"/campaigns/{quote(NAME, safe='')}?as=me"
SIZES = {"phone": (360, 740), "desk": (1280, 800)}


def broken(page: Page) -> list[str]:
    """The rules that are broken, each with the first place where."""
    from axe_playwright_python.sync_playwright import Axe

    found: dict[str, Any] = Axe().run(page, options={"runOnly": RULES}).response
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]} {one['nodes'][0]['failureSummary'][:200]}"
        for one in found["violations"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", [*ADDRESSES, BOARD])
def test_a_page_keeps_the_rules(
    server: Server, browser: Browser, path: str, size: str, scheme: Literal["light", "dark"]
) -> None:
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-GB"
    )
    context.set_default_timeout(LOOK)
    page = context.new_page()
    page.goto(server.address(path))
    page.wait_for_selector("main")
    page.wait_for_load_state("networkidle")
    assert broken(page) == []
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
    context.close()
