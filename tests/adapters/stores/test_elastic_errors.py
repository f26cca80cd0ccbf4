"""What OpenSearch, Elasticsearch and Amazon's doors answer, in our terms."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.adapters.stores.elastic_errors import Place, passing, refusal
from bozzetto.errors import BackendError, NotFoundError, SetupError
from bozzetto.text.normalise import visible

PLACE = Place("The store", "check the password", ("topsecret",))


def error(kind: str, reason: str = "because") -> dict[str, Any]:
    return {"error": {"root_cause": [], "type": kind, "reason": reason}, "status": 400}


@pytest.mark.parametrize(
    ("status", "body", "kind", "message"),
    [
        (
            404,
            error("index_not_found_exception", "no such index [x]"),
            NotFoundError,
            "The store has no such collection (404): no such index [x]",
        ),
        (404, None, BackendError, "The store does not know what is asked of it (404)"),
        (401, "Unauthorized", SetupError, "does not accept the credentials (401): Unauthorized"),
        (403, {"message": "Credential should be scoped to a valid region. "}, SetupError, "region"),
        (
            403,
            {"Message": "User: x is not authorized to perform: es:ESHttpGet"},
            SetupError,
            "role",
        ),
        (413, "<html>too large</html>", BackendError, "take a request of that size (413)"),
        (418, error("x"), BackendError, "The store refuses the call (418): because"),
        (500, error("x", "said topsecret"), BackendError, "The store failed (500): said ***"),
        (200, {"error": {"type": "y"}}, BackendError, "The store refuses the call (200): y"),
    ],
)
def test_answers_as_errors(status: int, body: Any, kind: type[Exception], message: str) -> None:  # noqa: ANN401
    found = refusal(status, body, PLACE)
    assert type(found) is kind
    assert message in found.message


def test_the_innermost_reason_is_told() -> None:
    body = {
        "error": {
            "type": "mapper_parsing_exception",
            "reason": "failed to parse field [vector]",
            "caused_by": {"type": "x", "reason": "Vector dimension mismatch. Expected: 24"},
        }
    }
    assert refusal(400, body, PLACE, rows=3).message == (
        "The store refuses the call (400): failed to parse field [vector]: Vector dimension "
        "mismatch. Expected: 24 (3 rows)"
    )


def test_a_signed_request_is_not_repeated() -> None:
    words = (
        "The request signature we calculated does not match the signature you provided.\n\nThe "
        "Canonical String for this request should have been\n'GET\n/\nx-amz-security-token:abc'"
    )
    found = refusal(403, {"message": words}, PLACE)
    assert found.message.endswith("does not match the signature you provided.")


@pytest.mark.parametrize(
    ("status", "kind", "passes"),
    [
        (429, "es_rejected_execution_exception", True),
        (429, "rejected_execution_exception", True),
        (429, "circuit_breaking_exception", True),
        (429, "cluster_block_exception", False),
        (503, "unavailable_shards_exception", True),
        (400, "mapper_parsing_exception", False),
        (409, "version_conflict_engine_exception", True),
    ],
)
def test_which_rows_are_sent_again(status: int, kind: str, passes: bool) -> None:
    assert passing({"status": status, "error": {"type": kind}}) is passes


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["error", "type", "reason", "caused_by", "message", "x"]), inner
    ),
    max_leaves=8,
)  # fmt: skip


@given(st.integers(100, 599), json_like)
def test_any_answer_becomes_one_line(status: int, body: Any) -> None:  # noqa: ANN401
    message = refusal(status, body, PLACE).message
    assert visible(message) == message
