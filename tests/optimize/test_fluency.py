import json
from pathlib import Path

import pytest

from bozzetto.optimize.fluency import odd

IDEAS = Path(__file__).parents[2] / "bench" / "data" / "ideas.jsonl"


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("cat two marina sofa bed is", ("cat two", "bed is")),
        ("a witch not door the hat", ("not door", "door the")),
        ("small dog wearing at wooden following red hat", ("wearing at",)),
        ("a man bed a newspaper", ("bed a",)),
        ("a dog, the", ()),
        ("a dog of, in snow", ("dog of",)),
        ('a sign that says "not door the"', ()),
        ("", ()),
    ],
)
def test_what_english_does_not_put_together(text: str, pairs: tuple[str, ...]) -> None:
    assert odd(text) == pairs


def test_english_ideas_are_english() -> None:
    lines = IDEAS.read_text(encoding="utf-8").splitlines()
    assert [found for line in lines if (found := odd(json.loads(line)["en"]))] == []
