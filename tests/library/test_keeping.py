"""What reviewers keep as entries."""

from __future__ import annotations

import pytest

from bozzetto.errors import InputError
from bozzetto.library.keeping import KeepItem, judged
from bozzetto.store.entries import hash_of
from bozzetto.text.normalise import prompt_id


def test_ids_and_cores_are_those_of_an_import() -> None:
    (one,) = judged([KeepItem("A fox , oil painting, 8 k", tags=("Fox",), negative="\ud800")])
    assert one.entry.hash == hash_of(prompt_id("A fox, oil painting, 8k"))
    assert (one.entry.text, one.entry.core) == ("A fox, oil painting, 8k", "A fox")
    assert (one.entry.row.tags, one.entry.row.negative) == (("fox",), "\ufffd")


@pytest.mark.parametrize(
    ("verdicts", "keep", "rating"),
    [
        ([(True, None)], True, 4),
        ([(False, None)], False, 1),
        ([(True, 5), (True, 2)], True, 3.5),
        ([(True, 5), (False, 1)], True, 5),
        ([(False, 2), (False, None)], False, 1.5),
    ],
)
def test_reviewers_of_one_picture_are_one_voice(
    verdicts: list[tuple[bool, int | None]], keep: bool, rating: float
) -> None:
    items = [KeepItem("a fox", keep=one, rating=stars, image="i") for one, stars in verdicts]
    (found,) = judged(items)
    assert (found.keep, found.rating, found.image) == (keep, rating, "i")


def test_each_picture_is_an_entry() -> None:
    items = [KeepItem("a fox", image="1"), KeepItem("A fox.", image="2"), KeepItem("a dog")]
    assert [one.image for one in judged(items)] == ["1", "2", ""]


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (KeepItem("a fox", rating=6), "rating: 6 is not between 1 and 5"),
        (KeepItem("a fox", rating=0), "rating: 0 is not between 1 and 5"),
        (KeepItem("..."), "'...' cannot be kept: the prompt has no word"),
        (KeepItem("\ud800" * 20_001), "cannot be kept: the prompt has 20,001 characters"),
    ],
)
def test_what_cannot_be_kept_is_named(item: KeepItem, said: str) -> None:
    with pytest.raises(InputError, match=said.replace(".", r"\.")):
        judged([item])
