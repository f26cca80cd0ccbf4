from __future__ import annotations

from bozzetto.optimize.company import bonds, learned_facets, places

LISTS = [("ink", "wash")] * 10 + [("photo", "bokeh")] * 10
COUNTS = {"bokeh": 10, "ink": 10, "photo": 10, "wash": 10}


def test_what_stands_together_is_bound_and_what_never_does_is_apart() -> None:
    found = bonds(LISTS, COUNTS)
    assert found == {
        "bokeh": {"ink": -24, "photo": 6, "wash": -24},
        "ink": {"photo": -24, "wash": 6},
        "photo": {"wash": -24},
    }


def test_rare_pairs_say_nothing() -> None:
    assert bonds(LISTS[:2], {"ink": 2, "wash": 2}) == {}


def test_where_modifiers_stand() -> None:
    assert places(LISTS, COUNTS) == {"bokeh": 100, "ink": 0, "photo": 0, "wash": 100}


def test_a_phrase_no_table_names_speaks_of_what_its_words_do() -> None:
    counts = {"detailed and intricate environment": 9, "cinematic soft environment": 9, "environment": 9, "oil painting": 9}  # fmt: skip  # noqa: E501
    assert learned_facets(counts) == {
        "detailed and intricate environment": "quality",
        "cinematic soft environment": "mood",
    }
