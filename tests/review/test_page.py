from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pixels

from bozzetto.review.page import compare_page
from bozzetto.review.sheet import Column
from bozzetto.types import Image, Phrase

Make = Callable[..., Image]


class Page(HTMLParser):
    """The elements of a page with their attributes, and the texts of each kind of element."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.setdefault(self._open[-1], []).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def test_a_page_of_three_prompts(make: Make) -> None:
    made = make("a", "red", size=(64, 32))
    refused = replace(make("b"), state="filtered", reason="no <b>dogs</b>")
    phrases = (
        Phrase("a dog", "idea", "un cane"),
        Phrase("oil", "h1"),
        Phrase("8k", "guideline"),
    )
    columns = [
        Column("original idea", "a dog", {1: made}),
        Column("chosen hit", "小狗 & <i>", {1: refused, 2: made}),
        Column("candidate 1", "a dog, oil, 8k", {}, phrases),
    ]
    page = Page(compare_page(columns, [1, 2], title="a <dog>"))
    style = page.texts.pop("style")
    assert page.texts == {
        "title": ["a <dog>"],
        "h1": ["a <dog>"],
        "h2": ["original idea", "chosen hit", "candidate 1"],
        "p": ["a dog", "小狗 & <i>", "a dog, oil, 8k"],
        "figcaption": ["seed 1", "seed 2"] * 3,
        "div": ["not made", "filtered: no <b>dogs</b>", "not made", "not made"],
        "summary": ["where the words come from"],
        "q": ["a dog", "oil", "8k"],
        "span": ["from your idea: un cane", "from prompt h1", "from the guidelines"],
    }
    digest = base64.b64encode(hashlib.sha256("".join(style).encode()).digest()).decode()
    assert page.all("meta")[1]["content"] == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )
    pictures = page.all("img")
    words = [(p["alt"], p["width"], p["height"]) for p in pictures]
    assert words == [
        ("original idea, seed 1", "640", "320"),
        ("chosen hit, seed 2", "640", "320"),
    ]
    kind, _, data = (pictures[0]["src"] or "").partition(",")
    assert kind == "data:image/jpeg;base64"
    with Pixels.open(io.BytesIO(base64.b64decode(data))) as file:
        assert (file.format, file.size) == ("JPEG", (640, 320))


HOSTILE = (
    "<img src=x onerror=alert(1)>",
    '"><script>alert(1)</script>',
    "' onload='x",
    "</style><script>",
    "]]>{title}{0}%s",
    "javascript:alert(1)",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_strangers_texts_stay_texts(text: str) -> None:
    check(text)


@given(st.text(max_size=30))
def test_any_text_stays_text(text: str) -> None:
    check(text)


def check(text: str) -> None:
    """The page has the same elements whatever the texts are."""
    page, plain = (
        Page(
            compare_page(
                [Column(words, words, {}, (Phrase(words, words, words),))], [1], title=words
            )
        )
        for words in (text, "plain")
    )
    assert page.elements == plain.elements


def test_no_columns() -> None:
    assert Page(compare_page([], [], title="")).all("section") == []
