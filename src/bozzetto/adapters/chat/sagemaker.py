"""Text models behind endpoints of SageMaker: those of JumpStart, and any container like theirs.

`rest` is an endpoint's name. What stands before "@" names the container (`KINDS`), as in
"tgi@NAME"; where nothing does, the endpoint's own name tells, as JumpStart gives them. An answer
is streamed where the container does, and comes in one piece where it does not.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from bozzetto.adapters.aws import ENDPOINT_NAME, open_client, read_body
from bozzetto.adapters.aws_errors import Asked
from bozzetto.adapters.aws_events import answered, heard
from bozzetto.adapters.chat.retrying import patiently
from bozzetto.adapters.chat.sagemaker_kinds import KINDS, Kind, kind_of
from bozzetto.adapters.chat.sagemaker_reading import Parts, document, take_whole
from bozzetto.adapters.chat.written import CHARACTERS_A_TOKEN, Written
from bozzetto.errors import BackendError, InputError, SetupError
from bozzetto.ports import ChatFeatures
from bozzetto.types import ChatEvent, ChatRequest

__all__ = ["SageMakerChat", "open_chat"]

TITLE = "Amazon SageMaker"
PARALLEL = 8  # connections that are kept
_LISTING = "endpoints: aws sagemaker list-endpoints; AWS_REGION chooses the region"
_ACCESS = (
    "the credentials need the permissions sagemaker:InvokeEndpoint and "
    "sagemaker:InvokeEndpointWithResponseStream for it"
)
_BYTES_A_CHARACTER = 6  # an escaped one in JSON
_AROUND = 1_000_000  # bytes of an answer that are not its text, at most
_UNLICENSED = re.compile(r"custom_attributes|accept_eula", re.IGNORECASE)
_WHOLE_ONLY = re.compile(r"support.{0,20}stream|stream.{0,30}support", re.IGNORECASE)


class SageMakerChat:
    """A text model behind an endpoint of SageMaker."""

    def __init__(
        self,
        name: str,
        endpoint: str,
        kind: Kind,
        client: Any,  # noqa: ANN401 - made at run time
        timeout: float,
    ) -> None:
        self._features = ChatFeatures(name=f"sagemaker:{name}", seeds=kind.seeds, fixed=False)
        self._endpoint = endpoint
        self._kind = kind
        self._client = client
        self._timeout = timeout
        self._streams = kind.streams
        self._asked = Asked(TITLE, f"the endpoint {endpoint!r}", _LISTING, _ACCESS)

    @property
    def features(self) -> ChatFeatures:
        """What the model is; an endpoint may serve another one tomorrow."""
        return self._features

    def stream(self, request: ChatRequest) -> AsyncGenerator[ChatEvent]:
        """Stream one answer, whole where the container does not; left early, it is closed."""
        return patiently(lambda: self._answer(request))

    async def aclose(self) -> None:
        """Let go of idle connections; a later call opens its own."""
        self._client.close()

    async def _answer(self, request: ChatRequest) -> AsyncGenerator[ChatEvent]:
        try:
            if self._streams:
                try:
                    async with aclosing(self._parts(request)) as events:
                        async for event in events:
                            yield event
                    return
                except (BackendError, InputError) as error:
                    if not _WHOLE_ONLY.search(error.message):
                        raise
                    self._streams = False
            for event in await self._whole(request):
                yield event
        except (BackendError, InputError) as error:
            raise self._told(error) from None

    def _told(self, error: BackendError | InputError) -> BackendError:
        """A failure as the back end's; a licence that nobody has accepted is named."""
        if _UNLICENSED.search(error.message) and not self._kind.attributes:
            hint = f"sagemaker:llama2@{self._endpoint} says that you accept Meta's licence"
            return BackendError(error.message, hint=hint)
        return (
            error
            if isinstance(error, BackendError)
            else BackendError(error.message, hint=error.hint)
        )

    async def _parts(self, request: ChatRequest) -> AsyncGenerator[ChatEvent]:
        written = Written(request.max_tokens)
        parts = Parts(written, self._asked.title)
        arguments = self._arguments({**self._kind.make(request), "stream": True})
        events = heard(
            lambda: self._client.invoke_endpoint_with_response_stream(**arguments)["Body"],
            self._asked,
            self._timeout,
        )
        try:
            async with aclosing(events):
                async for event in events:
                    data = (event.get("PayloadPart") or {}).get("Bytes") or b""
                    written.came(len(data), TITLE)
                    for found in parts.feed(data):
                        yield found
                    if written.over:
                        break
            for found in () if written.over else parts.feed(b"", last=True):
                yield found
        except BackendError:
            # An end was announced already: whatever breaks after it takes nothing away.
            if written.reason is None:
                raise
        for found in written.end(TITLE):
            yield found

    async def _whole(self, request: ChatRequest) -> list[ChatEvent]:
        arguments = self._arguments(self._kind.make(request))
        limit = _AROUND + _BYTES_A_CHARACTER * CHARACTERS_A_TOKEN * request.max_tokens

        def call() -> bytes:
            answer = self._client.invoke_endpoint(Accept="application/json", **arguments)
            return read_body(answer["Body"], self._asked, limit)

        data = await answered(call, self._asked, self._timeout)
        written = Written(request.max_tokens)
        events = take_whole(document(data, TITLE), written, TITLE)
        return [*events, *written.end(TITLE)]

    def _arguments(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {
            "EndpointName": self._endpoint,
            "Body": json.dumps(payload).encode(),
            "ContentType": "application/json",
        }
        if self._kind.attributes:
            made["CustomAttributes"] = self._kind.attributes
        return made


def open_chat(rest: str, *, environ: Mapping[str, str], timeout: float) -> SageMakerChat:
    """Open an endpoint. `timeout` is how long it may stay silent, seconds.

    Raises:
        SetupError: no endpoint is named, the kind or the name is none, no region or no
            credentials are found.
        MissingExtraError: boto3 is not installed.
    """
    name = rest.strip()
    kind, at, endpoint = name.rpartition("@")
    if not endpoint:
        raise SetupError("sagemaker: no endpoint is named", hint=f"sagemaker:NAME; {_LISTING}")
    if not ENDPOINT_NAME.fullmatch(endpoint):
        raise SetupError(f"sagemaker: {endpoint!r} is no endpoint's name", hint=_LISTING)
    found = KINDS.get(kind if at else kind_of(endpoint))
    if found is None:
        raise SetupError(
            f"sagemaker: {kind!r} is no container that is known",
            hint=f"sagemaker:KIND@NAME with KIND one of {', '.join(KINDS)}",
        )
    if not at:  # a licence is for whoever writes its container's name to accept
        found = replace(found, attributes="")
    client = open_client("sagemaker-runtime", environ=environ, timeout=timeout, parallel=PARALLEL)
    return SageMakerChat(name, endpoint, found, client, timeout)
