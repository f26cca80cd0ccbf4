"""Frames of event streams, held against botocore's own reader."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.testing.aws_frames import event, exception, frame

JSON = st.dictionaries(st.text(max_size=5), st.text(max_size=20) | st.integers(), max_size=4)


@pytest.fixture(autouse=True)
def aws(require: Callable[[str], object]) -> None:
    require("aws")


@given(st.lists(JSON | st.binary(max_size=30), max_size=4), st.integers(1, 50))
def test_what_is_framed_is_read_back(payloads: list[dict[str, object] | bytes], size: int) -> None:
    from botocore.eventstream import EventStreamBuffer

    data = b"".join(event("chunk", payload) for payload in payloads)
    buffer = EventStreamBuffer()
    for at in range(0, len(data), size):
        buffer.add_data(data[at : at + size])
    found = list(buffer)
    assert [one.payload for one in found] == [
        payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        for payload in payloads
    ]
    assert {one.headers[":event-type"] for one in found} <= {"chunk"}


def test_an_exception_is_one_to_botocore() -> None:
    from botocore.eventstream import EventStreamBuffer

    buffer = EventStreamBuffer()
    buffer.add_data(exception("throttlingException", {"message": "slowly"}))
    (found,) = buffer
    assert found.to_response_dict()["status_code"] == 400
    assert found.headers[":exception-type"] == "throttlingException"


@given(st.integers(min_value=0), st.integers(1, 255))
def test_a_changed_byte_is_noticed(place: int, change: int) -> None:
    from botocore.eventstream import EventStreamBuffer, ParserError

    data = bytearray(frame({":event-type": "a"}, b"payload"))
    place %= len(data)
    data[place] ^= change
    buffer = EventStreamBuffer()
    buffer.add_data(bytes(data))
    with pytest.raises((ParserError, StopIteration)):
        next(iter(buffer))
