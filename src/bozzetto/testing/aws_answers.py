"""What the stand-in for Amazon's services makes of a call, by what is documented of its model."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from bozzetto.testing.aws_chat_rules import (
    TALKS,
    Said,
    Talk,
    conversation,
    conversation_problem,
    converse,
    events,
    said_to,
)
from bozzetto.testing.aws_checks import Rule
from bozzetto.testing.aws_frames import event
from bozzetto.testing.aws_rules import endpoint_rule, model_rule, plain_id
from bozzetto.testing.aws_steps import (
    CUT,
    FILTERED,
    Events,
    Fault,
    Flow,
    Reply,
    Step,
    bedrock_chunks,
    payload_parts,
    spoilt,
)
from bozzetto.testing.aws_writers import ENDPOINTS, MODELS, Writes

__all__ = ["known", "problem", "reply"]

Body = Mapping[str, Any]
Says = Callable[[str], str]

_STREAMS = ("ConverseStream", "InvokeModelWithResponseStream", "InvokeEndpointWithResponseStream")
_NO_CONVERSE = (
    "This action doesn't support the model that you provided. Try again with a supported text or "
    "chat model."
)


def _talk(model: str) -> Talk | None:
    plain = plain_id(model)
    return next((talk for start, talk in TALKS if plain.startswith(start)), None)


def _writer(kind: str, name: str) -> Writes | None:
    if kind == "endpoint":
        return next((writes for part, writes in ENDPOINTS if part in name), None)
    plain = plain_id(name)
    return next((writes for start, writes in MODELS if plain.startswith(start)), None)


def _rule(kind: str, name: str) -> Rule | None:
    return endpoint_rule(name) if kind == "endpoint" else model_rule(name)


def known(model: str) -> bool:
    """Whether there is such a model."""
    return bool(_talk(model) or _writer("model", model) or model_rule(model))


def problem(
    kind: str, operation: str, name: str, body: Body, headers: Mapping[str, str]
) -> str | None:
    """Why a call that fits its operation is refused, in the services' words, or None."""
    stream = operation in _STREAMS
    if operation.startswith("Converse"):
        talk = _talk(name)
        return conversation_problem(body, talk, stream=stream) if talk else _NO_CONVERSE
    writes = _writer(kind, name)
    rule = writes or _rule(kind, name)
    if rule is None or (stream and kind == "model" and not (writes and writes.pieces)):
        return "The model is unsupported for streaming." if stream else _NO_CONVERSE
    if writes and writes.attributes not in headers.get("x-amzn-sagemaker-custom-attributes", ""):
        return f"Need to pass custom_attributes='{writes.attributes}' as part of header."
    found = rule.problem(body)
    if found is None:
        return None
    return f"Malformed input request: {found}, please reformat your input and try again."


def reply(
    kind: str, operation: str, name: str, body: Body, accept: str, step: Step | None, says: Says
) -> Fault | Reply | Flow:
    """The answer to a call without a problem."""
    if isinstance(step, Events):
        return Flow([event(one, payload) for one, payload in step.events])
    if operation.startswith("Converse"):
        config = body.get("inferenceConfig", {})
        limits = config.get("maxTokens"), config.get("stopSequences", ())
        said = _said(conversation(body), *limits, step, says)
        if operation == "Converse":
            return _whole(converse(said), step)
        return spoilt([event(one, payload) for one, payload in events(said)], step)
    writes = _writer(kind, name)
    if writes:
        return _written(writes, operation, body, step, says)
    rule = _rule(kind, name)
    if rule is None:
        return Fault("ValidationException", "The provided model identifier is invalid.")
    if step == FILTERED:
        return _refused(rule)
    return _whole(rule.answer(body, accept), step)


def _said(heard: str, most: int | None, stops: Any, step: Step | None, says: Says) -> Said:  # noqa: ANN401
    if step == FILTERED:
        return Said(("Sorry",), "content_filtered", len(heard.split()))
    return said_to(heard, says(heard), most, stops)


def _written(
    writes: Writes, operation: str, body: Body, step: Step | None, says: Says
) -> Reply | Flow:
    said = _said(*writes.limits(body), step, says)
    sent, written = said.sent, len(said.words)
    if operation == "InvokeModelWithResponseStream" and writes.pieces:
        return spoilt(bedrock_chunks(writes.pieces(said), sent, written), step)
    if operation == "InvokeEndpointWithResponseStream":
        whole = [json.dumps(writes.answer(said)).encode()]
        parts = writes.pieces(said) if writes.pieces and body.get("stream") else whole
        return spoilt(payload_parts(parts), step)
    counts = {
        "X-Amzn-Bedrock-Input-Token-Count": str(sent),
        "X-Amzn-Bedrock-Output-Token-Count": str(written),
    }
    return _whole(writes.answer(said), step, counts)


def _whole(answer: Any, step: Step | None, headers: Mapping[str, str] | None = None) -> Reply:  # noqa: ANN401
    data = json.dumps(answer).encode()
    if step == CUT:
        return Reply(data[: len(data) // 2], len(data), headers or {})
    return Reply(data, headers=headers or {})


def _refused(rule: Rule) -> Fault | Reply:
    if isinstance(rule.refused, str):
        return Fault("ValidationException", rule.refused)
    return Reply(json.dumps(rule.refused).encode())
