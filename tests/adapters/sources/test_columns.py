from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.adapters.sources.columns import (
    LONGEST_TAG,
    LONGEST_TEXT,
    MOST_TAGS,
    READ,
    find,
    prompt_of,
    require,
)
from bozzetto.errors import InputError
from bozzetto.types import BadRow, Parameters, SourcePrompt


@pytest.mark.parametrize(
    "name",
    ["prompt", "Prompt", " PROMPT", "\ufeffprompt", "positive prompt", "Positive-Prompt", "text",
     "caption", "prompt example"],
)  # fmt: skip
def test_the_prompt_column_is_known_by_its_usual_names(name: str) -> None:
    assert find(["id", name])["text"] == name


def test_the_prompt_goes_before_other_texts() -> None:
    assert find(["text", "caption", "Prompt"])["text"] == "Prompt"


def test_no_prompt_column_names_what_there_is_and_the_way_out() -> None:
    with pytest.raises(InputError, match=r"a\.csv: no prompt column; .* 'id', 'picture'") as caught:
        require(["id", "picture"], "a.csv")
    assert caught.value.hint is not None
    assert "`prompt`" in caught.value.hint


def test_a_row_is_read_from_values_of_any_shape() -> None:
    row = prompt_of(
        {
            "text": "a fox", "negative": " ", "seed": "18446744073", "steps": 20.0,
            "guidance": "7.5", "sampler": 3, "width": -1, "height": "512", "model": "x",
            "tags": "Red, fox,,red", "rating": "5", "prompt_nsfw": True, "image_nsfw": "nan",
            "made_at": "2022-08-01T02:00:00+02:00",
        },
        "line 1",
    )  # fmt: skip
    assert row == SourcePrompt(
        "a fox", "line 1", None, Parameters(18446744073, 20, 7.5, "3", None, 512, "x"), 1.0,
        tags=("red", "fox"), rating=5, made_at="2022-08-01T00:00:00Z",
    )  # fmt: skip


def test_what_is_far_too_long_is_left_out() -> None:
    long = "x" * (LONGEST_TEXT + 1)
    tags = ["y" * (LONGEST_TAG + 1), *map(str, range(MOST_TAGS + 1))]
    row = prompt_of({"text": long, "negative": long, "image": long[1:], "tags": tags}, "row 1")
    assert isinstance(row, SourcePrompt)
    assert (row.text, row.negative, row.image) == (long, None, long[1:])
    assert row.tags == tuple(map(str, range(MOST_TAGS)))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "no prompt"),
        (7, "the prompt is no text but a number"),
        ([], "the prompt is no text but a list"),
    ],
)
def test_a_row_without_a_text_is_bad(value: object, reason: str) -> None:
    assert prompt_of({"text": value}, "line 9") == BadRow("line 9", reason)


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.text()),
    st.datetimes(), st.dictionaries(st.text(), st.text()), st.just("9" * 5000), st.binary(),
)  # fmt: skip


@given(st.sampled_from(sorted(READ)), ANYTHING)
def test_no_value_is_too_strange(role: str, value: object) -> None:
    found = READ[role](value)
    for text in found if isinstance(found, tuple) else (found,):
        if isinstance(text, str) and role != "text":
            text.encode()
    if role in ("seed", "steps", "width", "height", "rating"):
        assert found is None or 0 <= found < 2**63


@given(st.datetimes())
def test_moments_are_written_in_utc(moment: datetime) -> None:
    written = READ["made_at"](moment)
    assert written is not None
    assert datetime.fromisoformat(written).replace(tzinfo=None) == moment.replace(microsecond=0)
