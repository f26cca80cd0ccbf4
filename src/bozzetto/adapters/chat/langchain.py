"""Any chat model of LangChain: `rest` is "module:attribute", the model or a function that makes it.

What a model takes differs: the cap, the temperature and the seed of a request are set where it
has a field for them. A function makes a model anew for each use, which suits those that keep
connections of one event loop.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from bozzetto.adapters.chat.reading import count_of, reason_of, text_of
from bozzetto.adapters.chat.written import CHARACTERS_A_TOKEN
from bozzetto.adapters.endpoint import PassingError
from bozzetto.adapters.failures import Failure, Failures, failure_of, spoken
from bozzetto.adapters.langchain import named_object, secrets_of
from bozzetto.errors import BackendError, BozzettoError
from bozzetto.ports import ChatFeatures
from bozzetto.types import ChatEvent, ChatRequest, Delta, Finish, Message, Usage

__all__ = ["FAILURES", "LangchainChat", "open_chat"]

_KEY = Failure("setup", "refuses the credentials", "check the variables that its package reads")
_MODEL = Failure("setup", "finds no such model", "check what your code names")
_BUSY = Failure("passing", "is busy")
_DOWN = Failure("passing", "cannot be reached", "is it running?")
_SLOW = Failure("passing", "does not answer in time")

FAILURES: Failures = {
    "ModelAuthenticationError": _KEY,
    "ModelPermissionDeniedError": _KEY,
    "ModelNotFoundError": _MODEL,
    "ModelInvalidRequestError": Failure("backend", "refuses the request"),
    "ContextOverflowError": Failure("backend", "cannot hold so much text"),
    "ModelRateLimitError": _BUSY,
    "ModelAPIError": _BUSY,
    "ModelConnectionError": _DOWN,
    "ModelTimeoutError": _SLOW,
    "LangChainException": Failure("backend", "failed"),
    # Those of the packages below, by names that OpenAI's, Anthropic's and others' clients share.
    "AuthenticationError": _KEY,
    "PermissionDeniedError": _KEY,
    "NotFoundError": _MODEL,
    "RateLimitError": _BUSY,
    "InternalServerError": _BUSY,
    "APIConnectionError": _DOWN,
    "APITimeoutError": _SLOW,
    "ConnectError": _DOWN,
    "ConnectionError": _DOWN,
    "TimeoutException": _SLOW,
    "TimeoutError": _SLOW,
    "ImportError": Failure("setup", "lacks a package"),
}
"""What the exceptions mean; whatever has no row is a failure for good: it may be of any package."""

_FIELDS = {
    "max_tokens": ("max_tokens", "num_predict", "max_output_tokens", "max_new_tokens"),
    "temperature": ("temperature",),
    "seed": ("seed",),
}
_REASONS = ("finish_reason", "stop_reason", "done_reason", "stopReason")
_OPTIONAL = re.compile(r"\b(temperature|seed)\b")
_ROLES: Mapping[str, type[BaseMessage]] = {
    "system": SystemMessage,
    "user": HumanMessage,
    "assistant": AIMessage,
}


class LangchainChat:
    """A chat model of LangChain; `timeout` is how long it may stay silent, seconds."""

    def __init__(
        self, rest: str, model: BaseChatModel, *, timeout: float, environ: Mapping[str, str]
    ) -> None:
        self._fields = {
            wish: next((name for name in names if name in type(model).model_fields), None)
            for wish, names in _FIELDS.items()
        }
        # What a name of the user's own stands for may change with every edit.
        seeds = self._fields["seed"] is not None
        self._features = ChatFeatures(f"langchain:{rest}", seeds=seeds, fixed=False)
        self._model = model
        self._timeout = timeout
        self._environ = environ
        self._refused: set[str] = set()

    @property
    def features(self) -> ChatFeatures:
        """What the model is."""
        return self._features

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ChatEvent]:
        """Stream one answer; what it refuses of a request's numbers is left out from then on."""
        while True:
            reading = _Reading(CHARACTERS_A_TOKEN * request.max_tokens)
            try:
                async with aclosing(self._chunks(request)) as chunks:
                    async for chunk in chunks:
                        if delta := reading.take(chunk):
                            yield delta
                        if reading.over:
                            break
                break
            except BozzettoError:
                raise
            except Exception as error:
                again = None if reading.characters else self._refusal(error)
                if again is None:
                    raise self._told(error) from None
                self._refused.add(again)
        for event in reading.end(self._features.name):
            yield event

    async def _chunks(self, request: ChatRequest) -> AsyncGenerator[BaseMessage]:
        model = self._model.model_copy(update=self._wishes(request))
        messages = [_message(one) for one in request.messages]
        stream = model.astream(messages, stop=list(request.stop) or None)
        async with aclosing(stream):
            while True:
                async with asyncio.timeout(self._timeout):
                    chunk = await anext(stream, None)
                if chunk is None:
                    return
                yield chunk

    def _wishes(self, request: ChatRequest) -> dict[str, Any]:
        """The fields of the model that the request sets."""
        return {
            name: value
            for wish, name in self._fields.items()
            if name and wish not in self._refused and (value := getattr(request, wish)) is not None
        }

    def _refusal(self, error: Exception) -> str | None:
        """The number that an error complains of, where it was sent."""
        named = _OPTIONAL.search(str(error)[:2000])
        sent = bool(named and self._fields[named[1]] and named[1] not in self._refused)
        return named[1] if named and sent else None

    def _told(self, error: Exception) -> BozzettoError:
        name = self._features.name
        if isinstance(error, TimeoutError):
            return BackendError(f"{name}: nothing for {self._timeout:g} s")
        secrets = [*_kept(self._model), *secrets_of(self._environ)]
        ours = failure_of(error, FAILURES, name, secrets)
        return ours or BackendError(f"{name} failed: {spoken(error, secrets)}")

    async def aclose(self) -> None:
        """LangChain's models have nothing to close."""


class _Reading:
    """An answer while it arrives."""

    def __init__(self, limit: int) -> None:
        self.characters = 0
        self.over = False
        self._limit = limit
        self._reason: str | None = None
        self._usage: Usage | None = None

    def take(self, chunk: BaseMessage) -> Delta | None:
        """The text of a chunk; what it says of tokens adds up."""
        said = chunk.response_metadata or {}
        reasons = (reason_of(said.get(name)) for name in _REASONS)
        self._reason = next(filter(None, reasons), None) or self._reason
        self._count(getattr(chunk, "usage_metadata", None))
        text = (text_of(str(chunk.text)) or "")[: self._limit - self.characters]
        self.characters += len(text)
        if self.characters >= self._limit:
            self.over, self._reason = True, "length"
        return Delta(text) if text else None

    def _count(self, found: Mapping[str, Any] | None) -> None:
        if not found:
            return
        before = self._usage or Usage(0, 0)
        self._usage = Usage(
            before.input_tokens + (count_of(found.get("input_tokens")) or 0),
            before.output_tokens + (count_of(found.get("output_tokens")) or 0),
        )

    def end(self, name: str) -> list[ChatEvent]:
        """The last events.

        Raises:
            BackendError: there was no answer at all.
        """
        if not self.characters and self._reason is None:
            raise PassingError(f"{name} gave an empty answer")
        finish = Finish(self._reason or "stop")
        return [self._usage, finish] if self._usage else [finish]


def _kept(model: BaseChatModel) -> list[str]:
    """The secrets that a model keeps in its fields."""
    fields = (getattr(model, name, None) for name in type(model).model_fields)
    found = (read() for one in fields if (read := getattr(one, "get_secret_value", None)))
    return [one for one in found if isinstance(one, str)]


def _message(message: Message) -> BaseMessage:
    return _ROLES[message.role](content=message.content)


def open_chat(rest: str, *, environ: Mapping[str, str], timeout: float) -> LangchainChat:
    """Open the model that a module holds; the module is run.

    Raises:
        SetupError: there is none under that name, or making it failed.
    """
    model = named_object(rest, BaseChatModel, environ=environ)
    return LangchainChat(rest.strip(), model, timeout=timeout, environ=environ)
