"""The assistant's page in a real browser: from an idea to pictures that are judged and exported."""

from __future__ import annotations

import json
import re
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import pytest
from tests.cli.conftest import PROMPTS
from tests.web.conftest import CANARY, LOOK
from tests.web.test_accessibility import broken
from tests.web.test_writing import good

from bozzetto.app import Assistant
from bozzetto.testing.chat_server import HEAD, ChatServer, Step, delta
from bozzetto.web.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Route

IDEA = "a small dog"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("studio")
    file = folder / "mine.txt"
    lines = [*PROMPTS, f"a small dog {CANARY}, ink wash", "a small \u202edog\u202c asleep, pencil"]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with Assistant.open(folder / "home", actor="tester") as a:
        a.add(file)
    return folder / "home"


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Server]:
    with Assistant.open(home, actor="tester") as a, Server(a, port=0) as found:
        yield found


class Desk:
    """Somebody before the page. `wrong`: what it complained of, or asked elsewhere."""

    def __init__(self, server: Server, context: BrowserContext) -> None:
        self.server = server
        self.base = f"http://127.0.0.1:{server.port}"
        self.wrong: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", self._said)
        self.page.on("request", self._asked)

    def _said(self, said: Any) -> None:  # noqa: ANN401 - a message of the browser
        if said.type in ("error", "warning"):
            self.wrong.append(said.text)

    def _asked(self, request: Any) -> None:  # noqa: ANN401 - a request of the browser
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.wrong.append(request.url)

    def open(self, fragment: str = "") -> None:
        """The page with the token, then at a state."""
        self.page.goto(self.server.address("/") + (f"&{fragment}" if fragment else ""))
        self.page.wait_for_selector("#idea")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def say(self, idea: str = IDEA) -> None:
        self.page.fill("#idea", idea)
        self.page.wait_for_selector(".hit")

    def write(self, idea: str = IDEA, count: int = 2) -> None:
        """Candidates of an idea."""
        self.open(f"n={count}")
        self.say(idea)
        self.press("Control+Enter")
        self.wait_for(count)

    def wait_for(self, count: int) -> None:
        self.page.wait_for_function(
            "count => document.querySelectorAll('.phrase[data-place=\"0\"]').length === count",
            arg=count,
        )

    def prompt(self, card: int = 0) -> str:
        found: str = self.page.locator("prompt-card .prompt").nth(card).inner_text()
        return found

    def becomes(self, text: str, card: int = 0) -> None:
        """The prompt of a card is soon this."""
        self.page.locator("prompt-card .prompt").nth(card).filter(
            has_text=re.compile(f"^{re.escape(text)}$")
        ).wait_for()

    def act(self, name: str, card: int = 0) -> None:
        self.page.locator("prompt-card").nth(card).locator(f"[data-act={name}]").first.click()

    def state(self) -> str:
        """What the address holds, once it is settled."""
        self.page.wait_for_timeout(450)
        found: str = urlsplit(self.page.url).fragment
        return found

    def heard(self, text: str) -> None:
        """A listener is told so."""
        self.page.wait_for_selector(f".unseen[aria-live]:has-text('{text}')", state="attached")


@pytest.fixture
def desk(server: Server, context: BrowserContext) -> Iterator[Desk]:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    found = Desk(server, context)
    yield found
    fired = found.page.evaluate("window.fired")
    assert (found.wrong, fired) == ([], None)


def test_hits_come_while_one_types(desk: Desk) -> None:
    desk.open()
    assert desk.page.evaluate("document.activeElement.id") == "idea"
    assert desk.page.locator(".example").count() == 3
    desk.page.keyboard.type("a small dog")
    desk.page.wait_for_selector(".hit mark")
    shown = desk.page.locator(".hit .words").all_inner_texts()
    assert f"a small dog {CANARY}, ink wash" in shown
    assert desk.page.locator(".example:visible").count() == 0
    desk.heard("closest")
    desk.page.click(".hit summary >> nth=0")
    assert "place 1" in desk.page.inner_text(".why[open]")
    desk.page.fill("#idea", "")
    desk.page.wait_for_selector("found-prompts", state="hidden")
    desk.page.click(".example >> nth=0")
    desk.page.wait_for_selector(".hit")


def test_a_late_answer_is_not_shown(desk: Desk) -> None:
    from playwright.sync_api import Error

    held: list[Route] = []

    def hold(route: Route) -> None:
        castle = "castle" in (route.request.post_data or "")
        held.append(route) if castle else route.continue_()

    desk.open()
    desk.page.route("**/search", hold)
    with desk.page.expect_request("**/search"):
        desk.page.fill("#idea", "a castle above")
    desk.page.fill("#idea", "a bowl of ramen")
    desk.page.wait_for_selector(".words:has-text('ramen')")
    for route in held:
        with suppress(Error):  # the page has taken the request back
            route.continue_()
    desk.page.wait_for_timeout(300)
    assert "ramen" in desk.page.inner_text(".hit .words >> nth=0")
    assert len(held) == 1


def test_filters_likes_and_the_way_out(desk: Desk) -> None:
    desk.open()
    desk.say()
    desk.page.click(".opener:has-text('Filters')")
    desk.page.select_option("select[name=min_rating]", "5")
    desk.page.wait_for_selector(".nothing")
    assert "Filters (1)" in desk.page.inner_text(".openers")
    desk.page.click("text=Clear filters")
    desk.page.wait_for_selector(".hit")
    first = desk.page.inner_text(".hit .words >> nth=0")
    desk.page.click(".hit [data-act=unlike] >> nth=0")
    desk.page.wait_for_selector("prompt-chips[data-name=unlike] li")
    desk.page.wait_for_function(
        "first => document.querySelector('.hit .words').innerText !== first", arg=first
    )
    assert "unlike=" in desk.state()
    desk.page.click("prompt-chips[data-name=unlike] button")
    desk.page.wait_for_function(
        "first => document.querySelector('.hit .words').innerText === first", arg=first
    )


def test_by_keyboard_alone(desk: Desk) -> None:
    desk.open("n=2")
    desk.page.keyboard.insert_text("a small dog")
    desk.page.wait_for_selector(".hit")
    desk.press("ArrowDown", "ArrowDown", "Space", "ArrowUp", "Enter")
    picked = desk.page.locator(".tray li").all_inner_texts()
    assert len(picked) == 2
    assert desk.page.locator(".hit .pick >> nth=0").inner_text() == "2"
    desk.press("/")
    assert desk.page.evaluate("document.activeElement.id") == "idea"
    desk.press("Control+Enter")
    desk.wait_for(2)
    assert desk.page.evaluate("document.activeElement.id") == "written"
    before = desk.prompt()
    desk.page.locator("prompt-card .phrase").first.focus()
    desk.press("ArrowRight", "Enter")
    assert desk.page.locator("prompt-card .phrase[data-accepted]").count() == 1
    dropped = (
        desk.page.locator("prompt-card .phrase[data-at]").first.inner_text().removesuffix(" ✓")
    )
    desk.press("Delete")
    desk.becomes(before.replace(f", {dropped}", "", 1))
    assert desk.page.evaluate("document.activeElement.className") == "phrase"
    desk.press("Control+z")
    desk.becomes(before)
    desk.press("Control+Shift+z")
    desk.becomes(before.replace(f", {dropped}", "", 1))
    desk.press("?")
    assert "Drop the phrase" in desk.page.inner_text("dialog")
    desk.press("Escape")
    desk.page.wait_for_selector("dialog", state="detached")


def test_prompts_stream_in_and_one_is_stopped(desk: Desk) -> None:
    go_on = threading.Event()

    def slow(body: Mapping[str, Any]) -> Iterator[Step]:
        if body["seed"] % 2:
            yield HEAD
            yield delta("PROMPT: still thinking about ")
            yield 30.0
        else:
            yield from good(body)

    with ChatServer(slow) as chat:
        desk.open(f"n=2&chat=ollama:tiny@{chat.address}")
        desk.say()
        desk.press("Control+Enter")
        desk.page.wait_for_selector(".coming:has-text('still thinking about')")
        desk.wait_for(1)
        desk.page.click("prompt-card [data-act=stop]")
        desk.page.wait_for_selector("idea-form .main:has-text('Write prompts')")
        go_on.set()
    assert desk.page.locator("prompt-card").count() == 1
    assert desk.page.inner_text("prompt-card .by") == "ollama:tiny"
    assert desk.page.locator(".phrase[data-from=model]").count() > 0
    desk.heard("ready")


def test_a_lost_connection_is_taken_up_again(desk: Desk) -> None:
    with ChatServer(good) as chat:
        desk.open(f"n=1&chat=ollama:tiny@{chat.address}")
        desk.say()
        # The first answer breaks off after one event; the rest is fetched where Location says.
        desk.page.evaluate("""() => {
          const plain = window.fetch;
          window.fetch = async (path, options) => {
            const answer = await plain(path, options);
            window.places = [...window.places ?? [], String(path)];
            if (!String(path).endsWith("/optimize")) return answer;
            const reader = answer.body.getReader();
            const { value } = await reader.read();
            const cut = new ReadableStream({
              start(to) { to.enqueue(value); to.error(new TypeError("lost")); },
            });
            reader.cancel();
            return new Response(cut, { headers: answer.headers });
          };
        }""")
        desk.press("Control+Enter")
        desk.wait_for(1)
    again = desk.page.evaluate("window.places.filter((one) => one.includes('/runs/'))")
    assert len(again) >= 1


def test_editing_in_place_the_meter_and_the_original(desk: Desk) -> None:
    desk.write(count=1)
    before = desk.prompt()
    desk.act("edit")
    desk.page.fill(
        "prompt-editor textarea >> nth=0", f"{before}, under a red umbrella" + ", rain" * 60
    )
    desk.page.wait_for_selector("prompt-editor .tokens[data-over]")
    desk.page.fill("prompt-editor textarea >> nth=0", f"{before}, under a red umbrella")
    desk.press("Control+Enter")
    desk.becomes(f"{before}, under a red umbrella")
    assert desk.page.locator(".phrase[data-from=user]").inner_text() == "under a red umbrella"
    desk.act("original")
    desk.becomes(before)
    assert desk.page.locator(".phrase").count() == 0
    desk.press("Escape")
    desk.becomes(f"{before}, under a red umbrella")
    desk.act("diff")
    desk.page.wait_for_selector(".diff ins")
    assert "red umbrella" in desk.page.inner_text(".diff ins >> nth=-1")
    desk.act("diff")
    desk.act("back")
    desk.becomes(before)
    desk.act("edit")
    desk.press("End", "x", "Escape")
    desk.becomes(before)


def test_another_and_refined(desk: Desk) -> None:
    desk.write(count=1)
    before = desk.prompt()
    desk.act("refine")
    desk.page.keyboard.type("warm light")
    desk.press("Enter")
    desk.page.wait_for_selector(".phrase:has-text('warm light')")
    warmer = desk.prompt()
    desk.act("regenerate")
    desk.page.wait_for_function(
        "old => ![undefined, old].includes(document.querySelector('.prompt')?.innerText)",
        arg=warmer,
    )
    desk.press("Control+z", "Control+z")
    desk.becomes(before)


def test_where_a_phrase_comes_from(desk: Desk) -> None:
    desk.write("un piccolo cane", count=1)
    desk.page.hover(".phrase[data-from=idea]")
    assert "un piccolo cane" in desk.page.inner_text(".origin")
    desk.page.hover(".phrase[data-from=hit]")
    desk.page.click(".origin [data-act=hit]")
    assert desk.page.locator(".hit[data-pointed] .pick").evaluate(
        "one => one === document.activeElement"
    )


def test_copying(desk: Desk) -> None:
    desk.write(count=1)
    prompt = desk.prompt()
    negative = desk.page.inner_text(".negative").removeprefix("Without:").strip()
    wanted = {
        "copy_prompt": prompt,
        "copy_negative": negative,
        "copy_infotext": f"{prompt}\nNegative prompt: {negative}",
    }
    for act, text in wanted.items():
        desk.page.click(".menu summary")
        desk.act(act)
        desk.page.wait_for_function(
            "async text => await navigator.clipboard.readText() === text", arg=text
        )
    desk.page.wait_for_selector(".says:has-text('Copied')")


def test_a_link_shows_the_same_elsewhere(desk: Desk, browser: Browser) -> None:
    desk.open("n=2&mood=calm")
    desk.say()
    desk.page.click(".hit .pick >> nth=1")
    desk.press("Control+Enter")
    desk.wait_for(2)
    desk.page.hover(".phrase >> nth=2")
    desk.act("drop")
    desk.page.wait_for_selector("prompt-card [data-act=back]")
    prompts = [desk.prompt(card) for card in (0, 1)]
    link = desk.state()
    with browser.new_context(locale="it-IT") as elsewhere:
        elsewhere.set_default_timeout(LOOK)
        other = Desk(desk.server, elsewhere)
        other.open(link)
        other.wait_for(2)
        assert [other.prompt(card) for card in (0, 1)] == prompts
        assert other.page.input_value("#idea") == IDEA
        assert other.page.locator(".tray li").count() == 1
        assert "Preferenze (1)" in other.page.inner_text(".openers")
        other.page.wait_for_selector("prompt-card [data-act=back]")
        other.page.focus("#written")
        other.press("Control+z")  # what it was before is known there too
        other.page.wait_for_function(
            "old => document.querySelector('.prompt').innerText !== old", arg=prompts[0]
        )
        assert other.wrong == []


def test_a_draft_survives_a_reload_and_back_goes_by_steps(desk: Desk) -> None:
    desk.open("n=1")
    desk.page.keyboard.type("a small dog")
    desk.page.wait_for_selector(".hit")
    desk.page.fill("input[name=prefer]", "warm light")
    desk.state()
    desk.page.goto(f"{desk.base}/")
    desk.page.wait_for_selector(".hit")
    assert desk.page.input_value("#idea") == IDEA
    assert desk.page.input_value("input[name=prefer]") == "warm light"
    desk.press("Control+Enter")
    desk.wait_for(1)
    prompt = desk.prompt()
    desk.state()
    desk.page.reload()
    desk.wait_for(1)
    assert desk.prompt() == prompt
    desk.page.focus("#idea")
    desk.press("End")
    desk.page.keyboard.type(" in the snow")
    desk.state()
    desk.page.go_back()
    desk.page.wait_for_function("() => document.querySelector('#idea').value === 'a small dog'")
    assert desk.prompt() == prompt
    desk.page.go_back()
    desk.page.wait_for_selector("prompt-card", state="detached")
    assert desk.page.input_value("#idea") == IDEA
    desk.page.go_forward()
    desk.wait_for(1)
    desk.page.click("text=New idea")
    desk.page.wait_for_selector(".example")
    assert (desk.page.input_value("#idea"), desk.state()) == ("", "")
    desk.page.go_back()
    desk.wait_for(1)


def test_pictures_from_the_idea_to_the_export(desk: Desk, home: Path) -> None:
    desk.write(count=2)
    desk.page.uncheck("prompt-card >> nth=1 >> [data-act=draw]")
    desk.page.fill("input[name=seeds]", "1")
    desk.page.fill("input[name=size]", "64x64")
    assert "no image model is at work" in desk.page.inner_text("drawn-pictures")
    desk.page.click("text=Draw 3 pictures")
    desk.page.wait_for_function("() => document.querySelectorAll('.says-it').length === 3")
    assert desk.page.locator(".column h3").all_inner_texts() == ["As typed", "Found", "Prompt A"]
    desk.page.click(".says-it [data-act=keep] >> nth=2")
    desk.page.wait_for_selector("dialog")
    desk.page.keyboard.type("Ann")
    desk.press("Enter")
    desk.page.wait_for_selector("figure[data-verdict=kept]")
    desk.page.click(".says-it [data-act=reject] >> nth=0")
    desk.page.click(".says-it >> nth=2 >> [data-star='4']")
    desk.page.wait_for_selector("figure[data-verdict=rejected]")
    desk.page.click("[data-act=bring]")
    desk.page.wait_for_selector(".says:has-text('is in the library')")
    with desk.page.expect_download() as waiting:
        desk.page.click("[data-act=export]")
    with zipfile.ZipFile(waiting.value.path()) as whole:
        assert len([name for name in whole.namelist() if name.endswith(".png")]) == 1
    desk.state()
    desk.page.reload()
    desk.page.wait_for_selector("figure[data-verdict=kept]")
    desk.page.wait_for_selector(".hit .thumbnail", state="attached")
    assert desk.page.locator(".says-it >> nth=2 >> [data-star='4'][aria-pressed=true]").count() == 1
    desk.page.click("[data-act=review]")
    desk.page.wait_for_selector(".tile[data-state=kept]")
    with Assistant.open(home, actor="tester") as a:
        kept = [record for record in a.library.page(0, limit=100)[0] if record.kept]
    assert [record.rating for record in kept] == [4]


def test_away_and_back_again(desk: Desk) -> None:
    desk.open()
    desk.page.route("**/search", lambda route: route.abort())
    desk.page.fill("#idea", IDEA)
    desk.page.wait_for_selector("found-prompts .trouble:has-text('tried again')")
    desk.page.unroute("**/search")
    desk.page.wait_for_selector(".hit")
    assert desk.page.inner_text("found-prompts .trouble") == ""
    desk.wrong = [one for one in desk.wrong if "net::ERR_FAILED" not in one]


def test_what_cannot_be_done_says_so_and_loses_nothing(desk: Desk) -> None:
    desk.open("chat=nobody:x&n=1")
    desk.say()
    desk.press("Control+Enter")
    desk.page.wait_for_selector("written-prompts .trouble:has-text('nobody')")
    assert desk.page.input_value("#idea") == IDEA
    assert desk.page.locator("prompt-card").count() == 0
    desk.wrong = [one for one in desk.wrong if "status of" not in one]
    desk.page.click(".opener >> nth=2")
    desk.page.fill("input[name=chat]", "ollama:tiny@http://127.0.0.1:9/v1")
    desk.press("Enter")
    desk.wait_for(1)
    desk.page.wait_for_selector("written-prompts .notes:has-text('composed these itself')")
    assert desk.page.inner_text("written-prompts .trouble") == ""


def test_an_empty_library_says_how_prompts_come_in(desk: Desk) -> None:
    desk.open()
    nothing = {"idea": IDEA, "language": "en", "confident": False, "confidence": 0, "hidden": 0,
               "hits": [], "notes": [], "facets": {"of": 0}}  # fmt: skip
    desk.page.route("**/search", lambda route: route.fulfill(body=json.dumps(nothing)))
    desk.page.route("**/library?limit=1", lambda route: route.fulfill(body='{"total": 0}'))
    desk.page.fill("#idea", IDEA)
    desk.page.wait_for_selector(".nothing a[href='/library']")


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_the_rules_of_accessibility_in_every_state(
    server: Server, browser: Browser, width: int, scheme: Literal["light", "dark"]
) -> None:
    with browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, locale="it-IT"
    ) as context:
        context.set_default_timeout(LOOK)
        desk = Desk(server, context)
        desk.write(count=1)
        for opener in desk.page.locator(".opener").all():
            opener.click()
        desk.page.click("found-prompts header .link")
        desk.page.click(".hit .pick >> nth=0")
        desk.page.fill("input[name=size]", "64x64")
        desk.page.click("drawn-pictures .go")
        desk.page.wait_for_selector(".says-it")
        desk.page.hover(".phrase[data-from=hit]")
        assert broken(desk.page) == []
        desk.act("edit")
        assert broken(desk.page) == []
        wide = desk.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert (wide, desk.wrong) == (0, [])
