from __future__ import annotations

from collections import Counter

import pytest

from bozzetto.optimize.glossary import LANGUAGES, Entry, known, look_up
from bozzetto.optimize.modifiers import table

ROWS = table("glossary.tsv")
NAMED = {"n", "a", "v", "d", "p", "x"}

WORDS = (
    ("it", "violoncello", "cello"),
    ("de", "Eichelhäher", None),
    ("de", "Küken", "chick"),
    ("fr", "horlogère", "watchmaker"),
    ("es", "liebres", "hares"),
    ("pt", "ouriço-do-mar", "sea urchin"),
    ("ja", "灯台守", "lighthouse keeper"),
    ("zh", "手风琴", "accordion"),
    ("ko", "시계수리공", "watchmaker"),
)


@pytest.mark.parametrize(("language", "word", "expected"), WORDS)
def test_a_thing_is_not_its_neighbour(language: str, word: str, expected: str | None) -> None:
    found = look_up(word, language)
    assert found == (Entry(expected, "n") if expected else None)


def test_every_row_has_a_kind_and_all_languages() -> None:
    assert {row[1] for row in ROWS} == NAMED
    assert {len(row) for row in ROWS} == {2 + len(LANGUAGES)}
    lacking = [row[0] for row in ROWS if row[1] in "nav" and not all(row[2:])]
    assert lacking == ["look out"]


def test_no_english_word_has_two_rows_of_a_kind() -> None:
    assert [name for name, times in Counter((r[0], r[1]) for r in ROWS).items() if times > 1] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_further_form_of_a_word_belongs_to_no_other(language: str) -> None:
    """The first form of a row may stand for two words, and then the first row counts."""
    column = 2 + LANGUAGES.index(language)
    seen: dict[str, str] = {}
    twice = []
    for row in ROWS:
        for place, form in enumerate(row[column].lower().split("|")):
            first = seen.setdefault(form, row[0]) if form else row[0]
            if first != row[0] and place:
                twice.append((form, first, row[0]))
    assert twice == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_is_found(language: str) -> None:
    column = 2 + LANGUAGES.index(language)
    forms = [form for row in ROWS for form in row[column].lower().split("|") if form]
    assert [form for form in forms if form not in known(language)] == []
    assert [form for form in forms if form != form.strip()] == []
