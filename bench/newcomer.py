"""A newcomer before the page: from `bozzetto serve` to a picture that is reviewed and exported.

    python -m bench.newcomer [--shots FOLDER]

starts the server in a new home, opens the address that it prints in Chromium, and does by name
(what buttons and fields say) what somebody does who has read nothing. The browser may reach the
loopback address alone; what it asks of others is counted. `--shots` writes a picture of each step.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from PIL import Image

from bench.board import browser
from bench.claims import Claim, offline

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["IDEA", "Walk", "serving", "walk", "walk_claims"]

IDEA = "un cartone animato di un piccolo cane"
"""The article's idea, in another language than the library's."""

WISH = "warm light"

PATIENCE = 60_000
"""Milliseconds that a step may take; what it does take is for bench/web.py to say."""

FIRST_PAINT_MS = 1000.0


@dataclass(slots=True)
class Walk:
    """What came of it; what the page asked of other hosts, and what the browser complained of."""

    hits: int = 0
    prompts: list[str] = field(default_factory=list)
    pictures: int = 0
    exported: dict[str, bytes] = field(default_factory=dict)
    found_again: str = ""
    reloaded: bool = False
    first_paint: float = 0.0
    elsewhere: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """`bozzetto serve` in a process of its own: the address that it prints."""
    command = [sys.executable, "-m", "bozzetto", "serve", "--no-browser", "--port", "0"]
    with subprocess.Popen(
        [*command, "--home", str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | offline(home),
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)


def walk(address: str, chromium: Browser, shots: Path | None = None) -> Walk:
    """All of it, in one window."""
    found = Walk()
    context = chromium.new_context(viewport={"width": 1280, "height": 860}, locale="en-GB")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    _watch(page, found, urlsplit(address).netloc)
    step = _Steps(page, shots)
    page.goto(address)
    page.get_by_role("textbox", name="What do you have in mind?").wait_for()
    found.first_paint = page.evaluate(
        "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    )
    step("start")
    _find(page, found, step)
    _write(page, found, step)
    _draw(page, found, step)
    _judge(page, found, step)
    found.found_again = _library(page, step)
    context.close()
    return found


def _watch(page: Page, found: Walk, ours: str) -> None:
    page.on("pageerror", lambda error: found.wrong.append(str(error)))
    page.on(
        "console",
        lambda said: found.wrong.append(said.text) if said.type in ("error", "warning") else None,
    )
    page.on(
        "request",
        lambda asked: (
            None
            if urlsplit(asked.url).netloc == ours or asked.url.startswith(("data:", "blob:"))
            else found.elsewhere.append(asked.url)
        ),
    )


class _Steps:
    """Takes a picture of each step, in few colours, where a folder is given."""

    def __init__(self, page: Page, folder: Path | None) -> None:
        self._page, self._folder = page, folder
        if folder:
            folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, name: str) -> None:
        if not self._folder:
            return
        self._page.wait_for_timeout(400)  # what fades has faded
        with Image.open(io.BytesIO(self._page.screenshot())) as shot:
            few = shot.convert("RGB").quantize(160, dither=Image.Dither.NONE)
        few.save(self._folder / f"{name}.png", optimize=True)


def _find(page: Page, found: Walk, step: _Steps) -> None:
    page.keyboard.type(IDEA, delay=20)  # the page has put the cursor where one begins
    picks = page.get_by_role("button", name="Build on this one")
    picks.first.wait_for()
    page.wait_for_load_state("networkidle")
    found.hits = picks.count()
    picks.first.click()
    page.get_by_role("textbox", name="How you would like it").fill(WISH)
    step("found")


def _write(page: Page, found: Walk, step: _Steps) -> None:
    page.keyboard.press("Control+Enter")
    draws = page.get_by_role("checkbox", name="Draw")
    draws.nth(3).wait_for()
    page.get_by_role("button", name="Draw 12 pictures").wait_for()
    found.prompts = [one.inner_text() for one in page.locator(".prompt").all()]
    step("written")
    address = page.url
    page.reload()
    draws.nth(3).wait_for()
    again = [one.inner_text() for one in page.locator(".prompt").all()]
    found.reloaded = again == found.prompts and page.url == address


def _draw(page: Page, found: Walk, step: _Steps) -> None:
    page.get_by_role("button", name="Draw 12 pictures").click()
    keeps = page.get_by_role("button", name="Keep", exact=True)
    keeps.nth(11).wait_for()
    found.pictures = keeps.count()
    page.get_by_role("heading", name="Pictures").evaluate("(one) => one.scrollIntoView()")
    step("drawn")


def _judge(page: Page, found: Walk, step: _Steps) -> None:
    page.get_by_role("button", name="Keep", exact=True).nth(4).click()
    page.get_by_role("textbox", name="Your name").fill("Zoë")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Reject", exact=True).nth(0).click()
    page.get_by_role("link", name="Review all on the board").click()
    page.wait_for_selector("[aria-selected=true]")
    page.keyboard.press("End")
    page.keyboard.press("p")
    page.keyboard.press("5")
    page.wait_for_selector(".saving[data-state=saved]")
    step("board")
    page.go_back()
    page.get_by_role("button", name="Bring what was kept into the library").click()
    page.get_by_text("What was kept is in the library now").last.wait_for()
    with page.expect_download() as coming:
        page.get_by_role("link", name="Export what was kept").click()
    with zipfile.ZipFile(io.BytesIO(coming.value.path().read_bytes())) as archive:
        found.exported = {name: archive.read(name) for name in archive.namelist()}
    page.get_by_role("heading", name="Pictures").evaluate("(one) => one.scrollIntoView()")
    step("kept")


def _library(page: Page, step: _Steps) -> str:
    """The kept prompt, found in the library by its own words."""
    page.get_by_role("link", name="Library").click()
    page.get_by_role("searchbox").fill(f"a cartoon of a small dog, {WISH}")
    row = page.locator("[data-rating='5'], .row:has-text('★★★★★')").first
    row.wait_for()
    step("library")
    return str(row.inner_text())


def _reviewed(exported: dict[str, bytes]) -> list[dict[str, Any]]:
    manifest = next((data for name, data in exported.items() if name.endswith(".json")), b"{}")
    images: list[dict[str, Any]] = json.loads(manifest).get("images", [])
    return images


def walk_claims(found: Walk) -> Iterator[Claim]:
    """What a newcomer must have got."""
    pngs = [data for name, data in found.exported.items() if name.endswith(".png")]
    whole = all(data.startswith(b"\x89PNG") for data in pngs)
    yield Claim("hits while one types", str(found.hits), found.hits > 0)
    yield Claim("prompts side by side", str(len(found.prompts)), len(found.prompts) == 4)
    yield Claim("a reload shows the same", str(found.reloaded), found.reloaded)
    yield Claim("pictures: typed, found, written", str(found.pictures), found.pictures == 12)
    yield Claim("kept pictures exported", str(len(pngs)), len(pngs) == 2 and whole)
    yield Claim("what was kept is found again", found.found_again[:60], bool(found.found_again))
    yield Claim(
        "first paint (must 1,000 ms)",
        f"{found.first_paint:.0f} ms",
        found.first_paint <= FIRST_PAINT_MS,
    )
    yield Claim("asked of other hosts", str(len(found.elsewhere)), not found.elsewhere)
    yield Claim("complaints of the browser", "; ".join(found.wrong)[:200] or "0", not found.wrong)


def main() -> int:
    """Walk once and say what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--shots", type=Path)
    shots = parser.parse_args().shots
    with (
        tempfile.TemporaryDirectory() as folder,
        browser() as chromium,
        serving(Path(folder)) as address,
    ):
        found = list(walk_claims(walk(address, chromium, shots)))
    for claim in found:
        print(claim.line())
    return 0 if all(claim.holds for claim in found) else 1


if __name__ == "__main__":
    sys.exit(main())
