"""Library, campaigns, pictures and settings in a real browser: what people do there, and what is
then kept. Whatever people and files bring along is shown as text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.cli.conftest import PROMPTS
from tests.web.conftest import CANARY

from bozzetto.app import Assistant
from bozzetto.web.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

FILE = '<img src=x onerror="window.fired=2">.jsonl'
KITES = "a kite of no kind, woodcut\nhidden \x00 in it\n"
PASSWORD = "three words or four"
HOSTILE = {
    "prompt": f"a hostile kite {CANARY}",
    "negative": f"rain {CANARY}",
    "tags": [f"wind {CANARY}"],
    "rating": 3,
}

DROP = """(files) => {
  const transfer = new DataTransfer();
  for (const [name, text] of Object.entries(files)) transfer.items.add(new File([text], name));
  const event = (kind) => new DragEvent(
    kind, { dataTransfer: transfer, bubbles: true, cancelable: true });
  document.body.dispatchEvent(event("dragover"));
  const shown = !document.querySelector(".drop").hidden;
  document.body.dispatchEvent(event("drop"));
  return shown;
}"""


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("pages")
    plain, hostile = folder / "mine.txt", folder / FILE
    plain.write_text("\n".join(PROMPTS) + "\n", encoding="utf-8")
    hostile.write_text(json.dumps(HOSTILE) + "\n", encoding="utf-8")
    with Assistant.open(folder / "home", actor="tester") as a:
        a.add(plain)
        a.add(hostile)
        yield a


@pytest.fixture(scope="module")
def server(assistant: Assistant) -> Iterator[Server]:
    with Server(assistant, port=0) as found:
        yield found


class Desk:
    """Somebody before the pages. `wrong` is what they complained of."""

    def __init__(self, server: Server, context: BrowserContext) -> None:
        self.server = server
        self.wrong: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", self._heard)

    def _heard(self, said: Any) -> None:  # noqa: ANN401 - a message of the browser
        if said.type in ("error", "warning"):
            self.wrong.append(said.text)

    def open(self, path: str) -> Page:
        self.page.goto(self.server.address(path))
        self.page.wait_for_selector("main")
        return self.page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def said(self, text: str) -> None:
        """Wait until the line at the foot says so."""
        self.page.locator(".says", has_text=text).wait_for()

    def row(self, words: str) -> Locator:
        return self.page.locator(".row[data-id]", has_text=words)

    def drop(self, files: Mapping[str, str]) -> bool:
        shown: bool = self.page.evaluate(DROP, dict(files))
        return shown


@pytest.fixture
def desk(server: Server, context: BrowserContext) -> Iterator[Desk]:
    found = Desk(server, context)
    yield found
    assert (found.wrong, found.page.evaluate("window.fired")) == ([], None)


def kept(a: Assistant, words: str) -> dict[str, Any] | None:
    """The prompt of the library that holds these words."""
    return next((one for one in a.library.export() if words in one["prompt"]), None)


# The library


def test_browsing_by_keyboard_link_and_back(desk: Desk) -> None:
    page = desk.open("/library")
    desk.row(PROMPTS[0]).wait_for()
    desk.press("j", "j", "Enter")
    page.locator(".prompt .text", has_text=PROMPTS[2]).wait_for()
    here = page.url
    assert "id=" in here
    desk.press("k")
    page.locator(".prompt .text", has_text=PROMPTS[1]).wait_for()
    assert page.evaluate("history.length") < 5  # stepping through them adds none
    page.goto(here)
    page.locator(".prompt .text", has_text=PROMPTS[2]).wait_for()
    desk.press("Escape")
    page.locator("aside.side").wait_for(state="hidden")
    page.go_back()
    page.locator(".prompt .text", has_text=PROMPTS[2]).wait_for()
    assert page.locator(".prompt a.main").get_attribute("href") == f"/#pick={here[-16:]}"


def test_searching_and_filters(desk: Desk) -> None:
    page = desk.open("/library")
    desk.row(PROMPTS[0]).wait_for()
    desk.press("/")
    page.keyboard.type("faro nella nebbia")
    page.wait_for_url("**q=faro**")
    page.locator(".row[data-id] >> nth=0", has_text="a lighthouse in fog").wait_for()
    page.click(".narrow > summary")
    page.select_option("[name=min_rating]", "3")
    page.wait_for_url("**min_rating=3**")
    page.fill("[type=search]", "")
    page.locator("header", has_text="1 prompts").wait_for()
    page.reload()
    desk.row("a hostile kite").wait_for()
    assert page.locator(".row[data-id]").count() == 1
    assert page.input_value("[name=min_rating]") == "3"
    page.click("text=No filters")
    desk.row(PROMPTS[0]).wait_for()


def test_whatever_a_file_brought_is_text(desk: Desk) -> None:
    page = desk.open("/library?min_rating=3")
    desk.row("a hostile kite").click()
    page.locator("aside h2").wait_for()
    shown = page.inner_text("aside")
    assert [CANARY in shown, f"rain {CANARY}" in shown, f"wind {CANARY}".casefold() in shown] == [
        True,
    ] * 3
    assert FILE in shown
    page.click("summary:text-is('Source')")
    assert FILE in page.inner_text(".filters")
    desk.press("?")
    assert "Edit words and tags" in page.inner_text("dialog")
    desk.press("Escape")


def test_stars_by_key_and_by_hand(desk: Desk, assistant: Assistant) -> None:
    page = desk.open("/library")
    desk.row(PROMPTS[4]).click()
    page.locator("aside h2").wait_for()
    desk.press("4")
    desk.said("Rated: 4 stars.")
    page.click("aside [data-star='2']")
    desk.said("Rated: 2 stars.")
    desk.row(PROMPTS[4]).locator(".stars").wait_for()
    page.click(".says button")
    desk.said("Rated: 4 stars.")
    found = kept(assistant, PROMPTS[4])
    assert found is not None
    assert found["rating"] == 4
    desk.press("0")
    desk.said("No stars any more.")


def test_words_and_tags_are_edited_and_that_is_undone(desk: Desk, assistant: Assistant) -> None:
    page = desk.open("/library")
    desk.row(PROMPTS[5]).click()
    page.locator("aside h2").wait_for()
    desk.press("e")
    page.fill("[name=prompt]", f"a castle {CANARY} by the sea, gouache")
    page.fill("[name=tags]", f"sea, {CANARY}")
    page.reload()  # what is typed is still there
    page.locator("aside h2").wait_for()
    desk.press("e")
    assert page.input_value("[name=prompt]") == f"a castle {CANARY} by the sea, gouache"
    desk.press("Control+Enter")
    desk.said("Saved.")
    found = kept(assistant, "a castle")
    assert found is not None
    assert page.url.endswith(found["id"])
    assert sorted(found["tags"]) == sorted(["sea", CANARY.casefold()])
    assert CANARY.casefold() in page.inner_text(".tags")
    desk.row("by the sea, gouache").wait_for()
    page.click(".says button")
    desk.said("Undone.")
    assert kept(assistant, PROMPTS[5]) is not None
    desk.press("e")
    page.fill("[name=prompt]", PROMPTS[0])
    desk.press("Control+Enter")
    page.locator(".edit [role=alert]", has_text="has that prompt already").wait_for()
    page.fill("[name=prompt]", PROMPTS[5])
    desk.press("Escape")
    desk.wrong = [one for one in desk.wrong if "422" not in one]


def test_deleting_asks_first(desk: Desk, assistant: Assistant) -> None:
    page = desk.open("/library")
    desk.row(PROMPTS[9]).click()
    page.locator("aside h2").wait_for()
    desk.press("Delete")
    assert "This is final" in page.inner_text("dialog")
    desk.press("Escape")
    assert kept(assistant, PROMPTS[9]) is not None
    desk.press("Delete")
    page.click("dialog .danger")
    desk.said("Deleted.")
    assert kept(assistant, PROMPTS[9]) is None
    assert desk.row(PROMPTS[9]).count() == 0


def test_files_dropped_anywhere_come_in_with_a_report(desk: Desk, assistant: Assistant) -> None:
    page = desk.open("/library")
    desk.row(PROMPTS[0]).wait_for()
    good = json.dumps({"prompt": "a lamp made of ice, product photo", "tags": ["lamp"]})
    lines = [good, good, "{broken", json.dumps({"prompt": ""})]
    shown = desk.drop({FILE: "\n".join(lines) + "\n", "empty.csv": "", "kites.pdf": KITES})
    card = page.locator(".bringing article", has_text="window.fired=2")
    card.locator(".bad-rows").wait_for()
    text = card.inner_text()
    assert (shown, FILE in text) == (True, True)
    assert "1 added" in text
    assert "line 3" in text
    empty = page.locator(".bringing article", has_text="empty.csv")
    empty.locator("[role=alert]", has_text="is empty").wait_for()
    desk.row("a lamp made of ice").wait_for()
    found = kept(assistant, "a lamp made of ice")
    assert found is not None
    assert (found["tags"], found["source"]) == (["lamp"], FILE)
    unnamed = page.locator(".bringing article", has_text="kites.pdf")
    unnamed.locator("select").select_option("text")
    unnamed.locator("button", has_text="Try again").click()
    desk.row("a kite of no kind").wait_for()
    desk.wrong = [one for one in desk.wrong if "422" not in one]


def test_an_empty_library_teaches(context: BrowserContext, tmp_path: Path) -> None:
    with Assistant.open(tmp_path / "home", actor="t") as a, Server(a, port=0) as server:
        desk = Desk(server, context)
        page = desk.open("/library")
        page.locator(".teach").wait_for()
        said = page.inner_text(".teach")
        where = page.get_attribute(".teach a", "href") or ""
        (tmp_path / "mine.txt").write_text("a paper boat, macro photo\n", encoding="utf-8")
        page.set_input_files("input[type=file]", tmp_path / "mine.txt")
        desk.row("a paper boat").wait_for()
    assert "JSON Lines" in said
    assert '"prompt"' in said
    assert where.endswith("metadata.parquet")
    assert desk.wrong == []


# Campaigns


def test_from_a_form_to_a_board(desk: Desk, assistant: Assistant) -> None:
    page = desk.open("/campaigns")
    page.locator(".teach").wait_for()
    desk.press("n")
    page.fill("[name=name]", f"Kites {CANARY}")
    page.fill("[name=ideas]", f"a red kite {CANARY}\n\na blue kite over the sea")
    page.fill("[name=n]", "2")
    page.fill("[name=images]", "sketch:")
    page.check("[value='512x512']")
    page.locator("[role=status]", has_text="2 ideas, 4 pictures.").wait_for()
    page.click("#tab-toml")
    assert 'images = "sketch:"' in page.input_value(".toml")
    page.click("#tab-fields")
    page.reload()  # what is typed is still there
    assert page.input_value("[name=name]") == f"Kites {CANARY}"
    page.click("button[type=submit]")
    card = page.locator(".campaign", has_text="4 pictures: 0 kept")
    card.wait_for()
    assert card.locator("h2").inner_text() == f"Kites {CANARY}"
    card.locator("img >> nth=3").wait_for()
    card.locator("text=Review the pictures").click()
    page.wait_for_selector("dialog")
    page.keyboard.type(f"Z{CANARY}")
    desk.press("Enter")
    page.wait_for_selector(".tile[aria-selected=true]")
    assert page.locator(".tile").count() == 4
    desk.press("p", "n")
    page.keyboard.type(f"fine {CANARY}")
    desk.press("Enter")
    page.wait_for_selector(".saving[data-state=saved]")
    page.click("header a[href='/campaigns']")
    card = page.locator(".campaign", has_text="4 pictures: 1 kept")
    card.locator("text=Bring the kept into the library").click()
    desk.said("In the library: 1 new")
    page.click(".says button")
    desk.said("1 prompts are as they were.")
    card.locator("summary").click()
    with page.expect_download() as got:
        card.locator("text=Export the kept (zip)").click()
    assert Path(got.value.path()).read_bytes()[:2] == b"PK"
    card.locator(".bad", has_text="Delete").click()
    page.click("dialog .danger")
    page.locator(".teach").wait_for()
    assert list(assistant.campaigns.list()) == []


def test_a_wrong_brief_is_told_where_it_is_typed(desk: Desk) -> None:
    page = desk.open("/campaigns?new")
    page.click("#tab-toml")
    page.fill(".toml", 'name = "x"\nideas = ["a kite"]\nsedes = 3\n')
    page.locator("brief-form .wrong", has_text="did you mean 'seeds'?").wait_for()
    page.fill(".toml", 'name = "x"\nideas = ["a kite"]\nseeds = 3\n')
    page.locator("brief-form [role=status]", has_text="1 ideas, 12 pictures.").wait_for()
    page.click("brief-form button:has-text('Cancel')")
    page.evaluate("localStorage.clear()")
    desk.wrong = [one for one in desk.wrong if "422" not in one]


# Pictures


def test_jobs_and_their_pictures(desk: Desk, server: Server) -> None:
    page = desk.open("/jobs")
    body = {"prompt": f"a kite {CANARY}", "n": 3, "images": "sketch:", "size": "64x64"}
    made = page.evaluate(
        """(body) => fetch("/api/v1/generate", { method: "POST", body: JSON.stringify(body),
             headers: { "Content-Type": "application/json" } }).then((one) => one.json())""",
        body,
    )
    link = page.locator(".job a", has_text=f"a kite {CANARY}").first
    link.click()  # it is seen without a reload
    page.wait_for_url(f"**id={made['id']}")
    page.locator("aside .numbers", has_text="3 ready").wait_for()
    page.locator("aside .thumbs img >> nth=2").wait_for()
    page.click("aside .thumbs button >> nth=0")
    assert CANARY in page.inner_text("dialog.large")
    page.click("dialog button:has-text('Draw it again')")
    page.wait_for_url(lambda url: "id=" in url and made["id"] not in url)
    page.locator("aside .numbers", has_text="1 ready").wait_for()
    page.go_back()
    page.locator("aside .numbers", has_text="3 ready").wait_for()
    desk.press("Escape")
    page.locator("aside").wait_for(state="hidden")
    page.goto(f"http://127.0.0.1:{server.port}/jobs?id=nothing")
    page.locator("aside [role=alert]", has_text="no job is called").wait_for()
    desk.wrong = [one for one in desk.wrong if "404" not in one]


def test_a_job_is_cancelled_and_tried_again(desk: Desk, assistant: Assistant) -> None:
    from bozzetto.app.drawing import Asked

    job = assistant.jobs.add(Asked("sketch:", "64x64"), prompt="a kite at night", n=2)
    page = desk.open(f"/jobs?id={job}")
    page.locator("aside button", has_text="Go on").wait_for()
    page.click("aside button:has-text('Cancel')")
    page.locator("aside .numbers", has_text="2 cancelled").wait_for()
    page.click("aside button:has-text('Try those again')")
    page.locator("aside .numbers", has_text="2 ready").wait_for()
    assert assistant.jobs.show(job)[0].ok == 2


# Settings


def test_settings_say_how_everything_stands(desk: Desk, assistant: Assistant) -> None:
    page = desk.open("/settings")
    page.locator("#library", has_text=FILE).wait_for()
    page.locator("#profiles summary", has_text="Stable Diffusion XL sdxl").click()
    assert "75 tokens (CLIP)" in page.inner_text("#profiles details[open]")
    assert "sketch" in page.inner_text("#backends")
    page.locator("#config td", has_text=str(assistant.settings.home)).wait_for()
    page.locator("#index button", has_text="Bring up to date").click()
    desk.said("The indexes are up to date.")
    with page.expect_download() as got:
        page.click("text=Download a backup")
    assert Path(got.value.path()).read_bytes()[:6] == b"SQLite"
    page.click("#health button")
    page.locator("#health li[data-state=ok]").first.wait_for()


def test_accounts_and_keys(context: BrowserContext, tmp_path: Path) -> None:
    with Assistant.open(tmp_path / "home", actor="t") as a, Server(a, port=0) as server:
        desk = Desk(server, context)
        page = desk.open("/settings")
        page.click("#accounts summary")
        page.fill("#accounts input >> nth=0", "ada")
        page.fill("#accounts [type=password]", PASSWORD)
        page.select_option("#accounts form select", "admin")
        page.click("#accounts button[type=submit]")
        page.locator("#accounts li", has_text="ada").wait_for()
        page.click("#accounts button:has-text('API keys')")
        page.fill("#accounts [placeholder='What the key is for']", CANARY)
        page.click("#accounts button:has-text('Make a key')")
        secret = page.inner_text("#accounts [role=status] code")
        label = page.inner_text("#accounts .keys-of li .words")
        page.click("#accounts button:has-text('Revoke')")
        page.locator("#accounts .keys-of li").wait_for(state="detached")
        (account,) = a.accounts.list()
        left = list(a.accounts.keys("ada"))
        fired = page.evaluate("window.fired")
    assert (account.name, account.role, left) == ("ada", "admin", [])
    assert (secret[:4], label, fired, desk.wrong) == ("bzk_", CANARY, None, [])


def test_a_viewer_sees_nothing_that_only_editors_may(
    context: BrowserContext, tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("a paper boat, macro photo\n", encoding="utf-8")
    with Assistant.open(tmp_path / "home", actor="t") as a:
        a.add(tmp_path / "mine.txt")
        a.accounts.add("ada", PASSWORD, "admin")
        a.accounts.add("vic", PASSWORD, "viewer")
        with Server(a, port=0) as server:
            desk = Desk(server, context)
            page, base = desk.page, f"http://127.0.0.1:{server.port}"
            page.goto(f"{base}/library")
            page.fill("input[autocomplete=username]", "vic")
            page.fill("[type=password]", PASSWORD)
            desk.press("Enter")
            desk.row("a paper boat").click()
            page.locator("aside h2").wait_for()
            desk.press("4", "e", "Delete", "i")
            library = [one.inner_text() for one in page.get_by_role("button").all()]
            page.goto(f"{base}/campaigns?new")
            page.locator(".teach").wait_for()
            campaigns = [one.inner_text() for one in page.get_by_role("button").all()]
            page.goto(f"{base}/settings")
            page.locator("#library", has_text="mine.txt").wait_for()
            page.locator("#index ul").wait_for()
            parts = page.eval_on_selector_all("section", "all => all.map((one) => one.id)")
            mine = page.inner_text("#oneself")
            page.click("text=Log out")
            page.locator("form.login").wait_for()
        rating = next(iter(a.library.export()))["rating"]
    assert library == ["?", "✕", "Copy"]
    assert campaigns == ["?"]
    assert parts == ["library", "index", "profiles", "backends", "oneself"]
    assert ("vic" in mine, rating) == (True, None)
    assert [one for one in desk.wrong if "401" not in one] == []


@pytest.mark.parametrize("path", ["/library", "/campaigns?new", "/jobs", "/settings"])
def test_italian_on_a_small_dark_screen(server: Server, browser: Browser, path: str) -> None:
    with browser.new_context(
        viewport={"width": 360, "height": 740}, locale="it-IT", color_scheme="dark"
    ) as context:
        desk = Desk(server, context)
        page = desk.open(path)
        page.wait_for_load_state("networkidle")
        wide = page.evaluate("document.documentElement.scrollWidth")
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
        raw = page.evaluate(r"document.body.innerText.match(/\b[a-z]+[._][a-z_]+\b/g)?.join(' ')")
        assert page.get_attribute("html", "lang") == "it"
        page.evaluate("localStorage.clear()")
    assert (wide, dark, desk.wrong) == (360, "rgb(22, 22, 21)", [])
    assert not {"empty_way", "page.library", "brief.name"} & set((raw or "").split())
