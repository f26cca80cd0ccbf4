from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.adapters.embedders.bedrock import SHAPES
from bozzetto.adapters.embedders.cleaning import EMPTY, readable, size
from bozzetto.adapters.embedders.naming import spec_of, split_dimensions
from bozzetto.adapters.embedders.openai import ordered
from bozzetto.adapters.embedders.pacing import TRIES
from bozzetto.adapters.embedders.remote import Spec, batches, open_remote, unit
from bozzetto.adapters.endpoint import PassingError
from bozzetto.adapters.models import known, rows
from bozzetto.errors import BackendError, SetupError
from bozzetto.ports import QueryEmbedder

SPEC = Spec(id="test:one;1", place="the test", tokens=100, texts=2, dim=3)


class Service:
    """A service that turns a text into its length, its first character and 1.

    `fails` are what the next calls raise. `calls` holds the texts of each, `starts` when,
    `failed` when one last did.
    """

    def __init__(self, *fails: Exception, seconds: float = 0.0) -> None:
        self.calls: list[Sequence[str]] = []
        self.queries: list[bool] = []
        self.starts: list[float] = []
        self.most = self._open = 0
        self.failed = 0.0
        self._fails, self._seconds = list(fails), seconds
        self._lock = threading.Lock()

    def __call__(self, texts: Sequence[str], query: bool) -> object:
        with self._lock:
            self.calls.append(texts)
            self.queries.append(query)
            self.starts.append(time.monotonic())
            self._open += 1
            self.most = max(self.most, self._open)
            fail = self._fails.pop(0) if self._fails else None
        try:
            if self._seconds:
                time.sleep(self._seconds)
            if fail:
                self.failed = time.monotonic()
                raise fail
            return [vector(text) for text in texts]
        finally:
            with self._lock:
                self._open -= 1


def vector(text: str) -> list[float]:
    return [len(text), ord(text[0]), 1]


def unit_of(text: str) -> list[float]:
    numbers = np.array(vector(text), dtype=np.float64)
    found: list[float] = (numbers / np.linalg.norm(numbers)).tolist()
    return found


def test_rows_come_in_order_and_equal_texts_are_asked_once() -> None:
    service = Service()
    texts = ["aaa", "b", "aaa", "cc", "", "b"]
    rows = open_remote(SPEC, service).embed(texts)
    assert rows == pytest.approx(np.array([unit_of(text or EMPTY) for text in texts]), abs=1e-6)
    assert rows.dtype == np.float32
    assert sorted(map(tuple, service.calls)) == [("aaa", "b"), ("cc", EMPTY)]


def test_what_is_put_before_texts_tells_what_is_found_from_what_is_sought() -> None:
    service = Service()
    embedder = open_remote(replace(SPEC, document="found: ", query="sought: "), service)
    assert isinstance(embedder, QueryEmbedder)
    embedder.embed(["a dog"])
    embedder.embed_queries(["a dog"])
    assert service.calls == [["found: a dog"], ["sought: a dog"]]
    assert service.queries == [False, True]


def test_one_that_tells_nothing_apart_has_no_queries() -> None:
    assert not isinstance(open_remote(SPEC, Service()), QueryEmbedder)


def test_a_dimension_that_nobody_knows_is_asked_for_once() -> None:
    service = Service()
    embedder = open_remote(replace(SPEC, dim=None), service)
    assert [embedder.features.dim, embedder.features.dim] == [3, 3]
    assert embedder.embed([]).shape == (0, 3)
    assert service.calls == [[EMPTY]]


def test_vectors_of_another_length_are_refused() -> None:
    embedder = open_remote(replace(SPEC, dim=4), Service())
    with pytest.raises(BackendError, match="the test sent vectors of 3 numbers in place of 4"):
        embedder.embed(["a"])


@pytest.mark.parametrize(
    "junk",
    [
        None,
        [],
        [[1.0, 2.0]],
        [[1.0], [1.0, 2.0]],
        [["a", "b"], ["c", "d"]],
        [[None, 1.0], [1.0, 1.0]],
        [[0.0, 0.0], [1.0, 1.0]],
        [[float("nan"), 1.0], [1.0, 1.0]],
        [[float("inf"), 1.0], [1.0, 1.0]],
        [[10**400, 1], [1, 1]],
        [[], []],
        [[[1.0]], [[1.0]]],
        {"a": 1},
        "text",
    ],
)
def test_junk_is_no_vectors(junk: object) -> None:
    with pytest.raises(BackendError, match="the test sent"):
        unit(junk, 2, "the test")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["index", "embedding", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(JSON | st.lists(st.lists(st.floats(), min_size=2, max_size=2), min_size=2, max_size=2))
def test_whatever_a_stranger_sends_becomes_units_or_is_refused(found: object) -> None:
    try:
        rows = unit(found, 2, "the test")
    except BackendError:
        return
    assert rows.shape[0] == 2
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)


@given(
    st.lists(st.fixed_dictionaries({"index": st.integers(-1, 3), "embedding": JSON}), max_size=4)
    | JSON
)
def test_whatever_a_stranger_numbers_is_put_in_order_or_refused(found: object) -> None:
    try:
        rows = ordered(found, "the test")
    except BackendError:
        return
    assert isinstance(found, list)
    assert len(rows) == len(found)


def test_huge_and_tiny_numbers_have_a_direction() -> None:
    rows = unit([[3e100, 4e100], [3e-100, 4e-100]], 2, "the test")
    assert rows == pytest.approx(np.array([[0.6, 0.8], [0.6, 0.8]]), abs=1e-6)


def test_what_passes_is_tried_again() -> None:
    service = Service(*[PassingError("busy", pause=0.01)] * (TRIES - 1))
    assert open_remote(SPEC, service).embed(["a"]).shape == (1, 3)
    assert len(service.calls) == TRIES


def test_it_gives_up_after_some_tries() -> None:
    service = Service(*[PassingError("busy", pause=0.01)] * 9)
    with pytest.raises(BackendError, match="busy"):
        open_remote(SPEC, service).embed(["a"])
    assert len(service.calls) == TRIES


@pytest.mark.parametrize("error", [BackendError("broken"), SetupError("wrong key")])
def test_what_does_not_pass_is_told_at_once(error: Exception) -> None:
    service = Service(error)
    with pytest.raises(type(error), match=str(error)):
        open_remote(SPEC, service).embed(["a"])
    assert len(service.calls) == 1


def test_a_service_that_asks_for_too_long_a_pause_is_not_waited_for() -> None:
    service = Service(PassingError("busy", status=429, pause=3600))
    with pytest.raises(BackendError, match="busy; it asks to wait 3600 s") as caught:
        open_remote(SPEC, service).embed(["a"])
    assert (caught.value.retryable, caught.value.status) == (True, 429)
    assert caught.value.hint is not None
    assert "goes on where it stopped" in caught.value.hint


def test_all_threads_leave_a_busy_service_alone() -> None:
    service = Service(PassingError("busy", status=429, pause=0.4), seconds=0.02)
    rows = open_remote(SPEC, service).embed([f"{number} dogs" for number in range(40)])
    assert rows.shape == (40, 3)
    # Only calls that were open or on their way already go out while it is left alone.
    until = service.failed + 0.35
    assert sum(service.failed < start < until for start in service.starts) <= 2 * SPEC.parallel
    assert max(service.starts) >= until


def test_calls_that_are_open_are_few_whoever_asks() -> None:
    service = Service(seconds=0.005)
    embedder = open_remote(SPEC, service)
    before = threading.active_count()
    texts = [[f"{caller} {number}" for number in range(20)] for caller in range(3)]
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(embedder.embed, texts))
    for units, wanted in zip(found, texts, strict=True):
        assert units == pytest.approx(np.array(list(map(unit_of, wanted))), abs=1e-6)
    assert service.most <= SPEC.parallel
    assert threading.active_count() == before


def test_with_the_first_failure_the_others_are_called_off() -> None:
    service = Service(SetupError("wrong key"), seconds=0.01)
    with pytest.raises(SetupError, match="wrong key"):
        open_remote(SPEC, service).embed([f"{number}" for number in range(200)])
    assert len(service.calls) <= 3 * SPEC.parallel


@given(st.lists(st.text(min_size=1, max_size=30)), st.integers(1, 5), st.integers(1, 60))
def test_batches_are_the_texts_within_their_bounds(texts: list[str], most: int, total: int) -> None:
    found = list(batches(texts, most, total))
    assert [text for part in found for text in part] == texts
    for part in found:
        assert 1 <= len(part) <= most
        assert len(part) == 1 or sum(map(size, part)) <= total


@given(st.text(st.characters(), max_size=200), st.integers(1, 60), st.integers(1, 60))
def test_a_readable_text_can_be_sent(text: str, tokens: int, characters: int) -> None:
    found = readable(text, tokens, characters)
    assert found
    assert len(found) <= characters
    assert found == " ".join(found.split())
    assert found.encode()
    assert all(ord(one) >= 32 and not 127 <= ord(one) < 160 for one in found)
    if text.isascii() and not text.strip():
        assert found == EMPTY


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("a  small\n\tdog ", "a small dog"),
        ("", EMPTY),
        (" \t\n", EMPTY),
        ("\x00\x1b[31m", "[31m"),
        ("a \ud800 lone surrogate", "a \ufffd lone surrogate"),
        ("\ud83e\udd8a", "🦊"),
        ("夕暮れの海辺", "夕暮れの海辺"),
    ],
)
def test_what_is_sent_for_a_text(text: str, sent: str) -> None:
    assert readable(text, 512, 2048) == sent


def test_a_long_text_is_cut_to_what_the_model_reads() -> None:
    assert readable("word " * 3_000, 8191, 100_000) == ("word " * 3_000).strip()
    assert readable("word " * 3_000, 512, 100_000) == ("word " * 204 + "word")
    assert readable("夕" * 3_000, 300, 100_000) == "夕" * 100
    assert readable("a" * 3_000, 8191, 2048) == "a" * 2048


@pytest.mark.parametrize(
    ("rest", "found"),
    [
        ("m", ("m", None)),
        ("m?dimensions=512", ("m", 512)),
        ("m?dimensions=512@http://h/v1", ("m@http://h/v1", 512)),
        ("m@http://h/v1?dimensions=512", ("m@http://h/v1", 512)),
        ("m@http://h/v1?key=a", ("m@http://h/v1?key=a", None)),
    ],
)
def test_the_size_stands_behind_the_name(rest: str, found: tuple[str, int | None]) -> None:
    assert split_dimensions("x", rest) == found


@pytest.mark.parametrize("rest", ["m?key=hidden-key", "m?dimensions=", "m?dimensions=many"])
def test_nothing_else_may_stand_there_and_it_is_not_shown(rest: str) -> None:
    with pytest.raises(SetupError, match="only \\?dimensions=NUMBER may stand") as caught:
        split_dimensions("x", rest)
    assert "hidden-key" not in f"{caught.value.message}{caught.value.hint}"


@pytest.mark.parametrize(
    ("vendor", "model", "asked", "id_", "dim"),
    [
        ("bedrock", "amazon.titan-embed-text-v1", None, "x:m;1", 1536),
        ("bedrock", "amazon.titan-embed-text-v2:0", None, "x:m?dimensions=1024;1", 1024),
        ("bedrock", "amazon.titan-embed-text-v2:0", 256, "x:m?dimensions=256;1", 256),
        ("openai", "text-embedding-3-large", 100, "x:m?dimensions=100;1", 100),
        ("ollama", "multilingual-e5-large", None, "x:m;passage:;1", 1024),
        ("ollama", "qwen3-embedding:0.6b", None, "x:m;1", None),
        ("ollama", "qwen3-embedding:0.6b", 64, "x:m?dimensions=64;1", 64),
        ("ollama", "nothing-known", None, "x:m;1", None),
    ],
)
def test_an_id_names_all_that_vectors_depend_on(
    vendor: str, model: str, asked: int | None, id_: str, dim: int | None
) -> None:
    spec = spec_of("x:m", known(vendor, "embed", model), asked, "the test")
    assert (spec.id, spec.dim) == (id_, dim)


@pytest.mark.parametrize(
    ("vendor", "model", "asked", "way_out"),
    [
        ("bedrock", "amazon.titan-embed-text-v2:0", 300, "takes 1024 or 512 or 256"),
        ("bedrock", "cohere.embed-english-v3", 512, "takes 1024"),
        ("openai", "text-embedding-3-small", 1537, "takes 1 to 1536"),
        ("ollama", "nothing-known", 0, "takes more than 0"),
    ],
)
def test_a_size_that_a_model_has_not_is_refused(
    vendor: str, model: str, asked: int, way_out: str
) -> None:
    with pytest.raises(SetupError, match=f"x:m has no vectors of {asked} numbers") as caught:
        spec_of("x:m", known(vendor, "embed", model), asked, "the test")
    assert caught.value.hint is not None
    assert way_out in caught.value.hint


@pytest.mark.parametrize("vendor", ["bedrock", "cohere", "ollama", "openai"])
def test_the_tables_hold_what_is_read_of_them(vendor: str) -> None:
    found = [row for row in rows(vendor) if row.kind == "embed"]
    assert found
    for row in found:
        more = dict(row.more)
        assert more.pop("tokens") > 0
        assert all(dim > 0 for dim in more.pop("dims", ()))
        assert all(2 <= len(one) <= 3 for one in more.pop("languages", "").split())
        assert (more.pop("shape", None) in SHAPES) is (vendor == "bedrock")
        assert more.pop("characters", 1) > 0
        assert more.keys() <= {"any", "document", "query"}
