"""Templates: what is a slot, what fills it, and what is told where something is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.errors import InputError, NotFoundError
from bozzetto.optimize.template import (
    Slot,
    Template,
    fill,
    idea_slot,
    load,
    make,
    parts,
    written,
)

TEXT = "{subject} on {surface=a marble table}, {light=soft window light}"

names = st.from_regex(r"[A-Za-zéü_][\w-]{0,10}", fullmatch=True)
texts = st.text(st.sampled_from("ab {}|=$,é犬\n"), max_size=12)
paired = st.lists(st.sampled_from(["a", "{b}", "{b|{c}}", "=", " é", "{}"]), max_size=4).map(
    "".join
)
slots = st.builds(Slot, names, st.none() | paired)


def joined(pieces: list[str | Slot]) -> tuple[str | Slot, ...]:
    """Texts side by side as one, empty ones and second slots of a name left out."""
    found: list[str | Slot] = []
    seen: set[str] = set()
    for piece in pieces:
        if isinstance(piece, Slot):
            if piece.name not in seen:
                found.append(piece)
            seen.add(piece.name)
        elif found and isinstance(found[-1], str):
            found[-1] += piece
        elif piece:
            found.append(piece)
    return tuple(found)


@given(st.lists(texts | slots, max_size=6))
def test_what_is_written_is_read_back(pieces: list[str | Slot]) -> None:
    assert parts(written(joined(pieces))) == joined(pieces)


@given(st.text(st.sampled_from("ab{}|=$ "), max_size=14))
def test_any_text_is_read_or_refused_with_a_way_out(text: str) -> None:
    try:
        found = parts(text)
    except InputError as wrong:
        found = (wrong.message.partition(":")[0], wrong.hint or "")
        assert found == ("template", 'a brace of the text is written twice: "{{" or "}}"') or (
            found == ("template", "give each a name of its own")
        )
    else:
        assert parts(written(found)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a dog", ("a dog",)),
        ("{a}{b=}", (Slot("a"), Slot("b", ""))),
        ("{ light = soft}", (Slot("light", " soft"),)),
        ("{{a}} {b}", ("{a} ", Slot("b"))),
        ("a {red|blue} {b}", ("a {red|blue} ", Slot("b"))),
        ("{2$$a|b}", ("{2$$a|b}",)),
        ("{light={soft|hard} light}", (Slot("light", "{soft|hard} light"),)),
        ("{light={soft|hard}}", (Slot("light", "{soft|hard}"),)),
        ("{a={{b}}}", (Slot("a", "{{b}}"),)),
        ("{a}}} {b=c}}}", (Slot("a"), "} ", Slot("b", "c"), "}")),
        ("{größe=klein}", (Slot("größe", "klein"),)),
    ],
)
def test_parts(text: str, found: tuple[str | Slot, ...]) -> None:
    assert parts(text) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{subject", "template: no } closes this {, at '{subject'"),
        ("a } b", "template: no { opens this }, at '} b'"),
        ("{}", "template: a slot is {name} or {name=default}, at '{}'"),
        ("{a.b}", "template: a slot is {name} or {name=default}, at '{a.b}'"),
        ("{0}", "template: a slot is {name} or {name=default}, at '{0}'"),
        ("{a} {a=b}", "template: two slots are called 'a'"),
        ("  ", "template 'inline': the text has 2 of 1 to 10000 characters"),
        ("x" * 20_000, "template 'inline': the text has 20000 of 1 to 10000 characters"),
    ],
)
def test_a_wrong_text_says_where(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        make(text)
    assert caught.value.message == message


def test_the_idea_fills_its_slot_and_values_the_others() -> None:
    template = make(TEXT, slots={"light": {"guidance": "one source"}})
    subject, surface, light = template.slots
    assert fill(template, "a bottle", {"light": "{subject} %s {0}"}) == (
        ("a bottle", subject, True),
        (" on ", None, False),
        ("a marble table", surface, False),
        (", ", None, False),
        ("{subject} %s {0}", light, True),
    )
    assert light == Slot("light", "soft window light", "one source")


@pytest.mark.parametrize(
    ("text", "slot"),
    [
        ("{a} {subject}", "subject"),
        ("{subject} {idea=x}", "idea"),
        ("{a=1} {b} {c}", "b"),
        ("{a=1}", None),
    ],
)
def test_where_the_idea_goes(text: str, slot: str | None) -> None:
    found = idea_slot(make(text))
    assert (found.name if found else None) == slot


@pytest.mark.parametrize(
    ("text", "idea", "values", "message", "hint"),
    [
        (
            "{a} {b} {c=1}", "x", {}, "template 'inline': nothing fills b", "--set b=...",
        ),
        (
            "{a} {b}", "", {}, "template 'inline': nothing fills a, b", "--set a=... --set b=...",
        ),
        (
            TEXT, "x", {"lihgt": "y"},
            "template 'inline' has no slot 'lihgt'; did you mean 'light'?",
            "its slots: subject, surface, light",
        ),
        (
            TEXT, "x", {"light": " "}, "template 'inline': light has 0 of 1 to 10000 characters",
            "leave it out to use the default",
        ),
        (
            TEXT, "x", {"light": "y" * 1_000_000},
            "template 'inline': light has 1000000 of 1 to 10000 characters",
            "leave it out to use the default",
        ),
        (
            TEXT, "x", {"subject": "y"},
            "template 'inline': subject is filled by the idea and by a value",
            "give one of the two",
        ),
        (
            "{a=1}", "x", {}, "template 'inline' has no slot for the idea",
            "write {subject} in its text",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_filled(
    text: str, idea: str, values: dict[str, str], message: str, hint: str
) -> None:
    with pytest.raises(InputError) as caught:
        fill(make(text), idea, values)
    assert (caught.value.message, caught.value.hint) == (message, hint)


FILE = """
text = "{subject}, {light=soft light}"
use = "product"
profile = "flux"
version = "2"
[slots.light]
guidance = "one source only"
[slots.subject]
default = "a bottle"
"""
PRODUCT = Template(
    "mine",
    "{subject}, {light=soft light}",
    (Slot("subject", "a bottle"), Slot("light", "soft light", "one source only")),
    "product",
    "flux",
    "2",
)


def test_files_and_names(tmp_path: Path) -> None:
    toml, other = tmp_path / "mine.toml", tmp_path / "other.json"
    toml.write_text(FILE, "utf-8")
    other.write_text(json.dumps({"name": "mine", "text": "{subject}"}), "utf-8")
    assert load(str(toml), tmp_path / "none") == PRODUCT
    assert load("mine", tmp_path) == PRODUCT
    assert load(str(other), tmp_path) == make("{subject}", name="mine")
    assert load("{subject}", tmp_path) == make("{subject}")


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("", "text: missing"),
        ("txt = 'a'", "template: unknown key 'txt'; did you mean 'text'?"),
        ("text = 3", "template: text must be a text, not 3"),
        ("text = '{a'", "template: no } closes this {, at '{a'"),
        ("text = '{a}'\nslots = 3", "slots: not a table of tables"),
        ("text = '{a}'\n[slots.b]\n", "template 'bad' has no slot 'b'"),
        ("text = '{a}'\n[slots.a]\nguide = 'x'", "slots.a: unknown key 'guide'"),
        ("text = '{a}'\nversion = 2", "template: version must be a text, not 2"),
    ],
)
def test_a_wrong_file_is_named_with_its_key(tmp_path: Path, file: str, message: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(file, "utf-8")
    with pytest.raises(InputError) as caught:
        load(str(path), tmp_path)
    assert caught.value.message.startswith(f"{path}: {message}")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"text = ", b"\x00"])
def test_a_file_that_is_no_toml(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    with pytest.raises(InputError, match="cannot be read"):
        load(str(path), tmp_path)


@pytest.mark.parametrize("name", ["produkt", "../mine", "/etc/passwd", "", "x" * 5000])
def test_a_name_that_is_not_there(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "product.toml").write_text(FILE, "utf-8")
    (tmp_path / "mine.toml").write_text(FILE, "utf-8")
    with pytest.raises(NotFoundError) as caught:
        load(name, folder)
    assert "product" in str(caught.value.hint)
    assert len(caught.value.message) < 300


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no template file"):
        load(str(tmp_path / "gone.toml"), tmp_path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{subject}, in the style of {artist=}, pixel art", "a cat, pixel art"),
        ("{subject} in the style of {artist=}, pixel art", "a cat, pixel art"),
        ("{subject} surrounded by {things=}", "a cat"),
        ("{subject}, {a=}, {b=}, {light=dim}", "a cat, dim"),
        ("{subject}, in {color=} light, sharp", "a cat, sharp"),
        ("{subject}, sharp, by {artist=}", "a cat, sharp"),
        ("{subject}, {size=} and {light=dim}", "a cat,  dim"),
        ("a {size=} picture of {subject}", "a  picture of a cat"),
        ("{quality=}, {subject}", "a cat"),
        ("{subject}. Painted by {artist=}. At dusk.", "a cat. At dusk."),
        ("{subject}, by {artist=somebody}, sharp", "a cat, by somebody, sharp"),
    ],
)
def test_nothing_stays_of_the_words_around_an_empty_slot(text: str, told: str) -> None:
    assert "".join(words for words, _, _ in fill(make(text), "a cat", {})) == told
