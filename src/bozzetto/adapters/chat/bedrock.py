"""Chat models of Amazon Bedrock: ConverseStream, Converse, or InvokeModel with a model's own body.

`rest` is a model's id, an inference profile, or an ARN of either. How a model is called stands in
a table (`models/bedrock.toml`); one that is not there is tried by ConverseStream, and what its
refusals say is remembered. Bedrock takes no seed.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any

from bozzetto.adapters.aws import json_object, open_client, read_body
from bozzetto.adapters.aws_errors import Asked
from bozzetto.adapters.aws_events import answered, heard
from bozzetto.adapters.chat.bedrock_bodies import BODIES, whole_of
from bozzetto.adapters.chat.bedrock_takes import Takes, row_of, takes_of, taught
from bozzetto.adapters.chat.retrying import patiently
from bozzetto.adapters.chat.turns import folded, merged, plain, split_system
from bozzetto.adapters.chat.written import CHARACTERS_A_TOKEN, Written
from bozzetto.errors import BackendError, InputError, SetupError
from bozzetto.ports import ChatFeatures
from bozzetto.types import ChatEvent, ChatRequest, Finish, Message

__all__ = ["BedrockChat", "open_chat"]

TITLE = "Amazon Bedrock"
PARALLEL = 8  # connections that are kept
_LISTING = (
    "ids: aws bedrock list-foundation-models --by-output-modality TEXT, and profiles: "
    "aws bedrock list-inference-profiles; AWS_REGION chooses the region"
)
_ACCESS = (
    "the account needs access to the model (Amazon Bedrock console, Model catalog) and the "
    "permissions bedrock:InvokeModel and bedrock:InvokeModelWithResponseStream"
)
_BLOCKED = "blocked by our content filters"
_BYTES_A_CHARACTER = 6  # an escaped one in JSON
_AROUND = 1_000_000  # bytes of an answer that are not its text, at most
_HOTTEST = 1.0


class BedrockChat:
    """A chat model behind Amazon Bedrock."""

    def __init__(self, model: str, client: Any, timeout: float) -> None:  # noqa: ANN401
        row = row_of(model)
        self._features = ChatFeatures(
            name=f"bedrock:{model}", seeds=False, lifecycle=row.lifecycle if row else None
        )
        self._model = model
        self._client = client
        self._timeout = timeout
        self._takes = takes_of(model)
        self._asked = Asked(TITLE, f"the model {model!r}", _LISTING, _ACCESS)

    @property
    def features(self) -> ChatFeatures:
        """What the model is."""
        return self._features

    def stream(self, request: ChatRequest) -> AsyncGenerator[ChatEvent]:
        """Stream one answer, whole where the model does not stream; left early, it is closed."""
        return patiently(lambda: self._fitting(request))

    async def aclose(self) -> None:
        """Let go of idle connections; a later call opens its own."""
        self._client.close()

    async def _fitting(self, request: ChatRequest) -> AsyncGenerator[ChatEvent]:
        """An answer, after as many refusals as the model has to teach what it takes."""
        while True:
            takes = self._takes
            try:
                async with aclosing(self._calls[takes.api](self, request, takes)) as events:
                    async for event in events:
                        yield event
                return
            except InputError as error:
                if _BLOCKED in error.message:
                    yield Finish("filtered")
                    return
                known = taught(takes, error.message)
                if known is None:
                    raise BackendError(error.message, hint=error.hint) from None
                self._takes = known

    async def _converse_stream(
        self, request: ChatRequest, takes: Takes
    ) -> AsyncGenerator[ChatEvent]:
        written = Written(request.max_tokens)
        call = partial(self._client.converse_stream, **self._arguments(request, takes))
        events = heard(lambda: call()["stream"], self._asked, self._timeout)
        read = partial(_spoken, written)
        async for event in self._streamed(events, read, written):
            yield event

    async def _converse(self, request: ChatRequest, takes: Takes) -> AsyncGenerator[ChatEvent]:
        written = Written(request.max_tokens)
        call = partial(self._client.converse, **self._arguments(request, takes))
        answer = await answered(call, self._asked, self._timeout)
        content = ((answer.get("output") or {}).get("message") or {}).get("content") or []
        for block in content:
            for event in written.add(block.get("text")):
                yield event
        written.ended(answer.get("stopReason"))
        _count(written, answer.get("usage"))
        for event in written.end(TITLE):
            yield event

    async def _invoke_stream(self, request: ChatRequest, takes: Takes) -> AsyncGenerator[ChatEvent]:
        body, written = BODIES[takes.body], Written(request.max_tokens)
        made = {**self._body(request, takes), **body.streaming}
        call = partial(self._client.invoke_model_with_response_stream, **self._invocation(made))
        events = heard(lambda: call()["body"], self._asked, self._timeout)

        def read(event: Mapping[str, Any]) -> list[ChatEvent]:
            data = (event.get("chunk") or {}).get("bytes") or b"{}"
            return whole_of(json_object(data, self._asked), body, written)

        async for event in self._streamed(events, read, written):
            yield event

    async def _invoke(self, request: ChatRequest, takes: Takes) -> AsyncGenerator[ChatEvent]:
        body, written = BODIES[takes.body], Written(request.max_tokens)
        arguments = self._invocation(self._body(request, takes))
        limit = _AROUND + _BYTES_A_CHARACTER * CHARACTERS_A_TOKEN * request.max_tokens

        def call() -> tuple[bytes, Mapping[str, str]]:
            answer = self._client.invoke_model(**arguments)
            data = read_body(answer["body"], self._asked, limit)
            return data, answer["ResponseMetadata"]["HTTPHeaders"]

        data, headers = await answered(call, self._asked, self._timeout)
        for event in whole_of(json_object(data, self._asked), body, written):
            yield event
        written.took(*(_counted(headers, way) for way in ("input", "output")))
        for event in written.end(TITLE):
            yield event

    _calls: Mapping[str, Callable[..., AsyncGenerator[ChatEvent]]] = {
        "converse-stream": _converse_stream,
        "converse": _converse,
        "invoke-stream": _invoke_stream,
        "invoke": _invoke,
    }

    async def _streamed(
        self,
        events: AsyncGenerator[Any],
        read: Callable[[Mapping[str, Any]], list[ChatEvent]],
        written: Written,
    ) -> AsyncGenerator[ChatEvent]:
        try:
            async with aclosing(events):
                async for event in events:
                    written.came(len(str(event)), TITLE)
                    for found in read(event):
                        yield found
                    if written.over:
                        break
        except BackendError:
            # An end was announced already: whatever breaks after it takes nothing away.
            if written.reason is None:
                raise
        for found in written.end(TITLE):
            yield found

    def _arguments(self, request: ChatRequest, takes: Takes) -> dict[str, Any]:
        """Converse's arguments, less what the model does not take."""
        system, turns = split_system(request.messages)
        if not takes.turns:
            turns = [Message("user", plain(request.messages))]
        elif not takes.system:
            turns = folded(system, turns)
        made: dict[str, Any] = {
            "modelId": self._model,
            "messages": [{"role": t.role, "content": [{"text": t.content}]} for t in merged(turns)],
            "inferenceConfig": _config(request, takes),
        }
        if system and takes.system and takes.turns:
            made["system"] = [{"text": system}]
        return made

    def _body(self, request: ChatRequest, takes: Takes) -> dict[str, Any]:
        heat = min(request.temperature, _HOTTEST) if takes.temperature else None
        prompt = plain(request.messages)
        return BODIES[takes.body].make(request, prompt, _tokens(request, takes), heat, takes.stop)

    def _invocation(self, body: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "modelId": self._model,
            "body": json.dumps(body).encode(),
            "contentType": "application/json",
            "accept": "application/json",
        }


def _config(request: ChatRequest, takes: Takes) -> dict[str, Any]:
    config: dict[str, Any] = {"maxTokens": _tokens(request, takes)}
    if takes.temperature:
        config["temperature"] = min(request.temperature, _HOTTEST)
    if takes.stop and request.stop:
        config["stopSequences"] = list(request.stop)
    return config


def _tokens(request: ChatRequest, takes: Takes) -> int:
    return min(request.max_tokens, takes.tokens or request.max_tokens)


def _spoken(written: Written, event: Mapping[str, Any]) -> list[ChatEvent]:
    """What an event of ConverseStream brings; thoughts and tools are left alone."""
    if "messageStop" in event:
        written.ended(event["messageStop"].get("stopReason"))
    if "metadata" in event:
        _count(written, event["metadata"].get("usage"))
    return written.add(((event.get("contentBlockDelta") or {}).get("delta") or {}).get("text"))


def _count(written: Written, usage: Any) -> None:  # noqa: ANN401 - JSON of a stranger
    if isinstance(usage, Mapping):
        written.took(usage.get("inputTokens"), usage.get("outputTokens"))


def _counted(headers: Mapping[str, str], way: str) -> int | None:
    said = headers.get(f"x-amzn-bedrock-{way}-token-count", "")
    return int(said) if said.isdecimal() and len(said) < 12 else None


def open_chat(rest: str, *, environ: Mapping[str, str], timeout: float) -> BedrockChat:
    """Open a model. `timeout` is how long the service may stay silent, seconds.

    Raises:
        SetupError: no model is named, no region or no credentials are found.
        MissingExtraError: boto3 is not installed.
    """
    model = rest.strip()
    if not model:
        raise SetupError("bedrock: no model is named", hint=f"bedrock:MODEL-ID; {_LISTING}")
    client = open_client("bedrock-runtime", environ=environ, timeout=timeout, parallel=PARALLEL)
    return BedrockChat(model, client, timeout)
