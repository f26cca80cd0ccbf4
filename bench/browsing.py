"""The pages in a real browser: how heavy, how soon painted, how soon hits come while one types.

    python -m bench.browsing [--home HOME]

`--home` holds the 10,000 real prompts, else they are imported from --library or
BOZZETTO_BENCH_DATA. What is timed ends where the frame with the hits was painted.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.board import browser
from bench.claims import command
from bench.measure import Gate, print_table
from bench.newcomer import serving
from bench.paths import library_file

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Response

__all__ = ["gates"]

IDEAS = (
    "a lighthouse keeper baking bread at dawn",
    "un vecchio libraio che legge al suo gatto",
    "ein Leuchtturm im Sturm, von weitem gesehen",
    "une danseuse sous la pluie à Paris",
    "un caballo de madera en una feria de noche",
    "uma baleia que voa sobre a cidade",
    "a perfume bottle on wet black stone",
    "two children building a raft from doors",
    "una cucina di montagna piena di vapore",
    "the last library on a drowned island",
)
EACH_KEY = 70
"""Milliseconds between two keys: a quick typist."""

REST = 500
"""Milliseconds between two ideas."""

_WATCH = """() => {
  window.keyed = 0;
  window.longest = 0;
  addEventListener("input", (event) => { window.keyed = event.timeStamp; }, { capture: true });
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) window.longest = Math.max(window.longest, one.duration);
  }).observe({ type: "longtask" });
}"""

_PAINTED = """() => new Promise((resolve) => requestAnimationFrame(() => {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => resolve(performance.now() - window.keyed);
  channel.port2.postMessage(null);
}))"""


def _window(chromium: Browser) -> Page:
    context = chromium.new_context(viewport={"width": 1280, "height": 860}, locale="en-GB")
    return context.new_page()


def opened(address: str, chromium: Browser) -> Iterator[Gate]:
    """The page of ideas, opened for the first time by a browser."""
    page = _window(chromium)
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(address)
    page.wait_for_load_state("networkidle")
    sent = sum(one.request.sizes()["responseBodySize"] for one in answers if "/api/" not in one.url)
    painted: float = page.evaluate(
        "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    )
    page.context.close()
    yield Gate("page of ideas, as sent", sent / 1000, 150, 60, "kB", False)
    yield Gate("page of ideas, first paint", painted, 1000, 500, "ms", False)


def typed(address: str, chromium: Browser) -> Iterator[Gate]:
    """Ideas typed key by key: from the last key to the frame with its hits."""
    page = _window(chromium)
    page.goto(address)
    box = page.get_by_role("textbox", name="What do you have in mind?")
    box.wait_for()
    _type(page, box, "warm")
    page.evaluate(_WATCH)
    waits = sorted(_type(page, box, idea) for idea in IDEAS)
    longest: float = page.evaluate("window.longest")
    page.context.close()
    print("  from the last key to the hits:", *(f"{wait:.0f}" for wait in waits), "ms")
    yield Gate(
        "10k: hits after the last key, median", waits[len(waits) // 2], 150, 120, "ms", False
    )
    yield Gate("10k: longest task of the page while typing", longest, 50, 50, "ms", False)


def _type(page: Page, box: Any, idea: str) -> float:  # noqa: ANN401
    box.fill("")
    page.wait_for_timeout(REST)
    with page.expect_response(lambda one: _answers(one, idea)):
        box.press_sequentially(idea, delay=EACH_KEY)
    wait: float = page.evaluate(_PAINTED)
    return wait


def _answers(one: Response, idea: str) -> bool:
    return (
        one.url.endswith("/api/v1/search")
        and (one.request.post_data_json or {}).get("idea") == idea
    )


def gates(home: Path) -> Iterator[Gate]:
    """All of them, on a home that holds the real prompts."""
    with browser() as chromium, serving(home) as address:
        yield from opened(address, chromium)
        yield from typed(address, chromium)


def main() -> int:
    """Print the table; non-zero when a floor is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--home", type=Path, help="a home that holds the real prompts")
    parser.add_argument("--library", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = options.home or Path(folder) / "home"
        if options.home is None:
            command(home, "import", str(library_file(options.library)))
        return 0 if print_table("The pages in a browser", list(gates(home))) else 1


if __name__ == "__main__":
    sys.exit(main())
