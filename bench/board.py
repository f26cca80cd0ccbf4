"""The review board in a real browser: how long a key takes until its mark is painted.

    python bench/board.py

makes a campaign of 200 sketches in a new home, opens it in Chromium and judges all of them by
keyboard, half of them small and half large; then scrolls through one of 2,000, which take some
minutes to make. Needs Playwright, and `chromium` on the path.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from bozzetto.app import Assistant
from bozzetto.types import ImageRequest, ImageTask, Lineage
from bozzetto.web.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["LONGEST_MS", "browser", "make_board", "measure_board", "measure_scroll", "scroll"]

LONGEST_MS = 100.0
"""No key may take longer: the gate."""

IDEA = "a bottle of perfume on a stone"


def make_board(home: Path, name: str, count: int, *, side: int = 256, said: str = "") -> None:
    """A campaign with so many sketches; `said` is added to every prompt."""
    from bozzetto.store.store import Store

    now = "2026-01-01T00:00:00+00:00"
    home.mkdir(parents=True, exist_ok=True)
    store = Store.open(home)
    try:
        brief = {"name": name, "ideas": [IDEA]}
        campaign = store.boards.add(name, brief, actor="bench", now=now).id
        tasks = [_task(number, side, said) for number in range(count)]
        store.queue.add(IDEA, tasks, campaign=campaign, actor="bench", now=now)
    finally:
        store.close()
    with Assistant.open(home, actor="bench") as a:
        a.campaigns.resume(name)


def _task(number: int, side: int, said: str) -> ImageTask:
    prompt = f"{IDEA}, soft light, {number} {said}".strip()
    request = ImageRequest(prompt, seed=number, width=side, height=side + number % 3 * side // 4)
    return ImageTask(request, Lineage("candidate", IDEA, f"{number:016x}"))


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium without a window; as root it cannot have its sandbox."""
    from playwright.sync_api import sync_playwright

    rootless = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=shutil.which("chromium"), args=rootless)
        try:
            yield found
        finally:
            found.close()


_WATCH = """() => {
  const waits = window.waits = [], tasks = window.longTasks = [];
  new PerformanceObserver((list) => tasks.push(...list.getEntries().map((one) => one.duration)))
    .observe({ type: "longtask" });
  // Ours hears first, and asks for the frame before the board has done anything; what comes after
  // that frame's callbacks and a message is after it was painted.
  addEventListener("keydown", (event) => {
    if (event.key !== "p" && event.key !== "x") return;
    const id = document.querySelector('.tile[aria-selected="true"]').dataset.id;
    const want = event.key === "p" ? "kept" : "rejected";
    const look = () => requestAnimationFrame(() => {
      const channel = new MessageChannel();
      const done = document.querySelector(`.tile[data-id="${id}"]`).dataset.state === want;
      const full = [...document.querySelectorAll("picture-stage:not([hidden]) img.full")];
      const there = full.every((image) => "ready" in image.dataset);
      channel.port1.onmessage = () => {
        if (done && there) waits.push(performance.now() - event.timeStamp);
        else look();
      };
      channel.port2.postMessage(null);
    });
    look();
  }, { capture: true });
}"""


_PAINTED = """async (n) => {
  while (window.waits.length < n) await new Promise(requestAnimationFrame);
}"""


def measure_board(home: Path, name: str) -> Mapping[str, float]:
    """Judge every picture of a campaign by keyboard; milliseconds from key to painted mark.

    In the large view the next picture must be there too. `saved_s` is how long after the last key
    everything was saved, `long_tasks` how many tasks of the page took over 50 ms.
    """
    with Assistant.open(home, actor="bench") as a, Server(a, port=0) as server, browser() as b:
        page = b.new_page(viewport={"width": 1280, "height": 800})
        page.goto(server.address(f"/campaigns/{quote(name, safe='')}?as=bench"))
        page.wait_for_selector(".tile[aria-selected=true]")
        page.evaluate(_WATCH)
        total = page.locator(".tile").count()
        for number in range(total):
            if number == total // 2:
                page.keyboard.press("Enter")
                page.wait_for_selector("picture-stage img.full[data-ready]")
            page.keyboard.press("x" if number % 3 else "p")
            page.evaluate(_PAINTED, number + 1)
        began = page.evaluate("performance.now()")
        page.wait_for_selector(".saving[data-state=saved]")
        found: dict[str, Any] = page.evaluate(
            "({waits, tasks: longTasks.length, now: performance.now()})"
        )
        kept = [item.own for item in a.campaigns.board(name, reviewer="bench").items]
    if [one.keep if one else None for one in kept] != [n % 3 == 0 for n in range(total)]:
        raise AssertionError("what was pressed is not what was saved")
    waits = sorted(found["waits"])
    return {
        "pictures": total,
        "median_ms": statistics.median(waits),
        "p95_ms": waits[int(0.95 * (total - 1))],
        "max_ms": waits[-1],
        "long_tasks": found["tasks"],
        "saved_s": (found["now"] - began) / 1000,
    }


_SCROLL = """async ([selector, steps]) => {
  const frame = () => new Promise(requestAnimationFrame);
  const box = selector ? document.querySelector(selector) : document.scrollingElement;
  const tasks = [], frames = [];
  const hear = (entries) => tasks.push(...entries.map((one) => one.duration));
  const watch = new PerformanceObserver((list) => hear(list.getEntries()));
  watch.observe({ type: "longtask" });
  await frame();
  let before = performance.now();
  for (let step = 1; step <= steps; step++) {
    const there = 2 * Math.min(step, steps - step) / steps;
    box.scrollTop = (box.scrollHeight - box.clientHeight) * there;
    const now = await frame();
    frames.push(now - before);
    before = now;
  }
  await new Promise((done) => setTimeout(done, 500));
  hear(watch.takeRecords());
  return { tasks, frames };
}"""


def scroll(page: Page, selector: str | None, *, steps: int = 240) -> Mapping[str, float]:
    """Scroll from the top to the end and back, a step a frame, and see what holds the page up.

    `longest_task_ms` is 0 where no task took over 50 ms, which is what browsers call long.
    """
    found: dict[str, list[float]] = page.evaluate(_SCROLL, [selector, steps])
    frames = sorted(found["frames"])
    return {
        "long_tasks": len(found["tasks"]),
        "longest_task_ms": max(found["tasks"], default=0.0),
        "frame_p95_ms": frames[int(0.95 * (len(frames) - 1))],
    }


def measure_scroll(home: Path, name: str) -> Mapping[str, float]:
    """Open a campaign's board and scroll through all of it; long tasks from the first moment on."""
    with Assistant.open(home, actor="bench") as a, Server(a, port=0) as server, browser() as b:
        page = b.new_page(viewport={"width": 1280, "height": 800})
        page.add_init_script(_FROM_THE_START)
        page.goto(server.address(f"/campaigns/{quote(name, safe='')}?as=bench"))
        page.wait_for_selector(".tile[aria-selected=true]")
        page.wait_for_load_state("networkidle")
        opening: list[float] = page.evaluate("window.longTasks")
        found = scroll(page, "picture-grid")
        total = page.locator(".tile").count()
    return {"pictures": total, "opening_ms": max(opening, default=0.0), **found}


_FROM_THE_START = """window.longTasks = [];
new PerformanceObserver((list) => longTasks.push(...list.getEntries().map((one) => one.duration)))
  .observe({ type: "longtask", buffered: true });"""


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        make_board(home, "board", 200, side=512)
        numbers = measure_board(home, "board")
        make_board(home, "many", 2_000, side=64)
        scrolled = measure_scroll(home, "many")
    for key, value in (*numbers.items(), *scrolled.items()):
        print(f"{key:16} {value:8.1f}")
    return int(numbers["max_ms"] > LONGEST_MS or scrolled["long_tasks"] > 0)


if __name__ == "__main__":
    sys.exit(main())
