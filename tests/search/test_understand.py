from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bozzetto.errors import InputError
from bozzetto.search.understand import MAX_READ, MAX_TYPED, Query, understand


def test_an_idea_is_read_into_text_language_and_terms() -> None:
    assert understand("  A cartoon of\tsmall dogs ") == Query(
        idea="A cartoon of small dogs",
        text="A cartoon of small dogs",
        language="en",
        kind="idea",
        content=("cartoon", "small", "dogs"),
    )
    assert understand("small dogs").terms == ("small", "dog")


@pytest.mark.parametrize(
    ("idea", "text"),
    [
        ("please draw me a picture of a fox", "a fox"),
        ("an image of two old friends", "two old friends"),
        ("un'immagine di un gatto nero", "un gatto nero"),
        ("ein Bild von einem alten Haus", "einem alten Haus"),
        ("a fox", "a fox"),
        ("picture of", "picture of"),
    ],
)
def test_asking_words_are_taken_off(idea: str, text: str) -> None:
    assert understand(idea).text == text


@pytest.mark.parametrize(
    ("idea", "text", "negated"),
    [
        ("a beach at dawn, no boats", "a beach at dawn", ("boat",)),
        ("a quiet street, without cars or signs", "a quiet street", ("car", "sign")),
        ("una spiaggia senza persone", "una spiaggia", "people"),
        ("ein leerer Platz ohne Menschen", "ein leerer Platz", "people"),
        ("a square with no people", "a square with", "people"),
        ("没有人的海滩", "海滩", "people"),
        ("a knight without a head", "a knight without a head", ()),
        ("no people", "no people", ()),
    ],
)
def test_what_is_not_wanted_is_taken_off_and_kept(
    idea: str, text: str, negated: tuple[str, ...] | str
) -> None:
    query = understand(idea)
    assert query.text == text
    if negated == "people":
        assert {"peopl", "man", "woman", "crowd"} <= set(query.negated)
    else:
        assert query.negated == negated


@pytest.mark.parametrize(
    ("idea", "kind"),
    [
        ("red dragon", "scrap"),
        ("muscular man ponytail", "scrap"),
        ("synthwave", "scrap"),
        ("a red dragon flying over a burning town", "idea"),
        ("a lonely lighthouse keeper", "idea"),
    ],
)
def test_scraps_are_told_from_ideas(idea: str, kind: str) -> None:
    assert understand(idea).kind == kind


@pytest.mark.parametrize(
    ("idea", "message"),
    [
        ("", "the idea is empty"),
        (" \n\t ", "the idea is empty"),
        ("🌈🌈🌈", "the idea holds no word"),
        ("\x00\x07\x1b", "the idea holds no word"),
        ("?!…", "the idea holds no word"),
        ("x" * (MAX_TYPED + 1), "the idea is 100,001 characters long; at most 100,000 are read"),
    ],
)
def test_what_is_no_idea_is_refused(idea: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        understand(idea)
    assert (caught.value.message, bool(caught.value.hint)) == (message, True)


def test_a_long_idea_is_cut_at_a_word_and_says_so() -> None:
    query = understand("a fox " * 1000)
    assert len(query.text) <= MAX_READ
    assert query.text.endswith("fox") or query.text.endswith("a")
    assert query.notes == (
        f"the idea is long: its first {len(query.idea):,} characters were searched for",
    )


@pytest.mark.parametrize("idea", ['"', "NEAR(", "col:x AND OR NOT", "a* ^b (c", "-x", "{a|b}"])
def test_query_languages_are_only_words(idea: str) -> None:
    if any(c.isalnum() for c in idea):
        assert understand(idea).terms
    else:
        with pytest.raises(InputError):
            understand(idea)


@given(st.text(max_size=300))
@settings(deadline=None)  # the first text loads the language models
def test_any_text_is_understood_or_refused(text: str) -> None:
    try:
        query = understand(text)
    except InputError:
        return
    assert query.text
    assert query.terms
    assert query.idea == understand(query.idea).idea
