import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bozzetto.adapters.chat.sse import DONE, Lines, Payloads
from bozzetto.adapters.endpoint import read_json


def payloads(data: bytes, cuts: list[int]) -> list[object]:
    lines, parser, found = Lines(), Payloads(), []
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    for start, end in pairwise(places):
        found += [parser.feed(line) for line in lines.feed(data[start:end])]
    found += [parser.feed(line) for line in lines.feed(b"", last=True)]
    parser.flush()
    return [payload for payload in found if payload is not None]


WANTED = [{"a": "né 犬 🐕"}, {"b": [1, 2]}, DONE]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("prefix", ["data: ", "data:", "event: x\nid: 1\nretry: 5\n:\ndata: "])
@pytest.mark.parametrize("gap", ["\n", ""])
@pytest.mark.parametrize("cuts", [[], list(range(400))])
def test_payloads_survive_every_framing(end: str, prefix: str, gap: str, cuts: list[int]) -> None:
    texts = [json.dumps(p, ensure_ascii=False) if p != DONE else DONE for p in WANTED]
    text = ": hello\n" + "".join(f"{prefix}{t}\n{gap}" for t in texts)
    assert payloads(text.replace("\n", end).encode(), cuts) == WANTED
    assert payloads(text.rstrip().replace("\n", end).encode(), cuts) == WANTED


def test_a_text_over_several_data_lines_is_one_payload() -> None:
    assert payloads(b'data: {"a":\ndata: 1}\n\n', []) == [{"a": 1}]


def test_what_is_no_json_ends_in_an_error() -> None:
    with pytest.raises(ValueError):
        payloads(b"data: hello\n\n", [])
    with pytest.raises(ValueError):
        payloads(b"data: {\n" * 100, [])


def test_deep_nesting_and_huge_numbers_are_no_json() -> None:
    for text in ("[" * 200_000, "1" * 10_000, "", "{'a': 1}"):
        with pytest.raises(ValueError):
            read_json(text)


@settings(deadline=None)
@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=5))
def test_lines_do_not_depend_on_the_cuts(data: bytes, cuts: list[int]) -> None:
    whole, pieces, found = Lines(), Lines(), []
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    for start, end in pairwise(places):
        found += pieces.feed(data[start:end])
    found += pieces.feed(b"", last=True)
    assert found == whole.feed(data, last=True)
