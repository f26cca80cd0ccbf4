"""Models of LangChain by name: what they are asked, how their answers end, what goes wrong."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bozzetto.errors import BackendError, BozzettoError, SetupError
from bozzetto.plugins import load
from bozzetto.ports import ChatModel
from bozzetto.testing.chat import GREETING, collect
from bozzetto.testing.failures import unmapped
from bozzetto.types import ChatEvent, Delta, Finish, Message, Usage

CANARY = "sk-canary-1234567890"

MODULE = f'''
import asyncio
import importlib
from itertools import cycle
from langchain_core.exceptions import ModelAuthenticationError, ModelRateLimitError
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk
from pydantic import SecretStr

fake = GenericFakeChatModel(messages=cycle(["good morning"]))


class Shop:
    fake = fake


class Told(BaseChatModel):
    """Says what it was asked; `fails` are raised in turn, before or after the first words."""
    max_tokens: int | None = None
    temperature: float | None = None
    seed: int | None = None
    key: SecretStr = SecretStr("{CANARY}")
    fails: list = []
    slow: float = 0.0
    reason: str = "stop"
    asked: list = []

    @property
    def _llm_type(self):
        return "told"

    def _generate(self, *args, **kwargs):
        raise NotImplementedError

    async def _astream(self, messages, stop=None, run_manager=None, **kwargs):
        told = dict(max_tokens=self.max_tokens, temperature=self.temperature, seed=self.seed)
        self.asked.append([*[(m.type, m.content) for m in messages], stop, told])
        def chunk(content, **more):
            return ChatGenerationChunk(message=AIMessageChunk(content=content, **more))
        if self.fails and not self.slow:
            raise self.fails.pop(0)
        yield chunk("good", usage_metadata=dict(input_tokens=9, output_tokens=0, total_tokens=9))
        await asyncio.sleep(self.slow)
        yield chunk([dict(type="thinking", thinking="hm"), dict(type="text", text=" morning")])
        if self.fails:
            raise self.fails.pop(0)
        yield chunk("", usage_metadata=dict(input_tokens=0, output_tokens=2, total_tokens=2),
                    response_metadata=dict(finish_reason=self.reason))


class Mute(Told):
    async def _astream(self, messages, stop=None, run_manager=None, **kwargs):
        yield ChatGenerationChunk(message=AIMessageChunk(content=""))


told = Told()
def silent(): return Mute()
def made(): return Told()
FUSSY = Told(fails=[ValueError("Unsupported value: 'temperature' of this model")], asked=[])
def fussy(): return FUSSY
def locked(): return Told(fails=[ModelAuthenticationError("no: {CANARY}")])
def busy(): return Told(fails=[ModelRateLimitError("slower")])
def odd(): return Told(fails=[LookupError("odd \\x1b[31m")])
def late(): return Told(slow=0.001, fails=[ModelRateLimitError("slower")])
def slow(): return Told(slow=30.0)
def filtered(): return Told(reason="content_filter")
def broken(): raise RuntimeError("no {CANARY}")
def invalid(): return Told(max_tokens="{CANARY}")
def lacking(): return importlib.import_module("no_such_package.part")
def quits(): raise SystemExit(3)
number = 7
'''
HELLO = [Delta("good"), Delta(" morning"), Usage(9, 2), Finish("stop")]


@pytest.fixture(autouse=True, scope="module")
def needed(require: Callable[[str], Path]) -> None:
    require("langchain")


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "mymodels.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "needing.py").write_text("import no_such_package", encoding="utf-8")
    (tmp_path / "wrong.py").write_text("1 / 0", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    for name in ("mymodels", "needing", "wrong"):
        sys.modules.pop(name, None)


def opened(rest: str, timeout: float = 10.0) -> ChatModel:
    environ = {"A_SERVICE_API_KEY": CANARY}
    chat: ChatModel = load("chat", "langchain")(rest, environ=environ, timeout=timeout)
    return chat


def ask(rest: str, timeout: float = 10.0) -> tuple[list[ChatEvent], BozzettoError | None]:
    events: list[ChatEvent] = []

    async def keep() -> None:
        async for event in opened(rest, timeout).stream(GREETING):
            events.append(event)  # noqa: PERF401 - those before an error count

    try:
        asyncio.run(keep())
    except BozzettoError as error:
        return events, error
    return events, None


@pytest.mark.parametrize("rest", ["mymodels:fake", "mymodels:Shop.fake"])
def test_an_object_answers(rest: str) -> None:
    chat = opened(rest)
    assert (chat.features.name, chat.features.seeds, chat.features.fixed) == (
        f"langchain:{rest}",
        False,
        False,
    )
    events = asyncio.run(collect(chat, GREETING))
    assert events == [Delta("good"), Delta(" "), Delta("morning"), Finish("stop")]


def test_what_a_model_is_asked() -> None:
    request = replace(
        GREETING,
        messages=(*GREETING.messages, Message("assistant", "{x} %s")),
        stop=("END",),
    )
    chat = opened("mymodels:told")
    assert chat.features.seeds
    assert asyncio.run(collect(chat, request)) == HELLO
    assert sys.modules["mymodels"].told.asked == [
        [
            ("system", "Answer in a few words."),
            ("human", "Good morning!"),
            ("ai", "{x} %s"),
            ["END"],
            {"max_tokens": 16, "temperature": 0.0, "seed": 7},
        ]
    ]
    assert sys.modules["mymodels"].told.max_tokens is None


def test_how_an_answer_ended() -> None:
    assert ask("mymodels:filtered") == ([*HELLO[:3], Finish("filtered")], None)


def test_what_never_ends_is_cut() -> None:
    async def short() -> list[ChatEvent]:
        return await collect(opened("mymodels:fake"), replace(GREETING, max_tokens=1))

    assert asyncio.run(short()) == [
        Delta("good"), Delta(" "), Delta("morning"), Finish("length")
    ]  # fmt: skip


def test_a_number_that_is_refused_is_left_out_from_then_on() -> None:
    chat = opened("mymodels:fussy")
    model = sys.modules["mymodels"].FUSSY
    for _ in range(2):
        assert asyncio.run(collect(chat, GREETING)) == HELLO
    told = [one[-1] for one in model.asked]
    assert [one["temperature"] for one in told] == [0.0, None, None]
    assert [one["seed"] for one in told] == [7, 7, 7]


@pytest.mark.parametrize(
    ("name", "kind", "said", "retryable"),
    [
        ("locked", SetupError, "langchain:mymodels:locked refuses the credentials: no: ***", None),
        ("busy", BackendError, "langchain:mymodels:busy is busy: slower", True),
        ("odd", BackendError, "langchain:mymodels:odd failed: odd \\x1b[31m", False),
    ],
)
def test_failures_are_told(
    name: str, kind: type[BozzettoError], said: str, retryable: bool | None
) -> None:
    events, error = ask(f"mymodels:{name}")
    assert events == []
    assert type(error) is kind
    assert error.message == said
    assert getattr(error, "retryable", None) is retryable


def test_a_failure_in_the_middle_comes_after_the_words() -> None:
    events, error = ask("mymodels:late")
    assert events == HELLO[:2]
    assert isinstance(error, BackendError)


def test_silence_is_told() -> None:
    events, error = ask("mymodels:slow", timeout=0.2)
    assert events == [Delta("good")]
    assert error
    assert error.message == "langchain:mymodels:slow: nothing for 0.2 s"


def test_an_empty_answer_is_a_failure_that_may_pass() -> None:
    _, error = ask("mymodels:silent")
    assert isinstance(error, BackendError)
    assert error.retryable


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("", "langchain: '' names nothing"),
        ("openai", "langchain: 'openai' names nothing"),
        ("../x:y", "langchain: '../x:y' names nothing"),
        ("mymodels:", "langchain: 'mymodels:' names nothing"),
        ("mymodels:a(1)", "langchain: 'mymodels:a(1)' names nothing"),
        ("nowhere:x", "langchain:nowhere:x: Python finds no module nowhere"),
        ("mymodels.part:x", "langchain:mymodels.part:x: Python finds no module mymodels.part"),
        ("needing:x", "langchain:needing:x needs the package no_such_package"),
        ("mymodels:lacking", "langchain:mymodels:lacking needs the package no_such_package"),
        ("mymodels:none", "langchain:mymodels:none: module 'mymodels' has no attribute 'none'"),
        ("mymodels:number", "langchain:mymodels:number is no BaseChatModel of LangChain, but int"),
        (
            "wrong:x",
            "langchain:wrong:x failed while it was set up: ZeroDivisionError: division by zero",
        ),
        (
            "mymodels:broken",
            "langchain:mymodels:broken failed while it was set up: RuntimeError: no ***",
        ),
        (
            "mymodels:invalid",
            "langchain:mymodels:invalid failed while it was set up: ValidationError: max_tokens:"
            " Input should be a valid integer, unable to parse string as an integer",
        ),
        ("mymodels:quits", "langchain:mymodels:quits failed while it was set up: SystemExit: 3"),
    ],
)
def test_what_cannot_be_set_up_is_told(rest: str, said: str) -> None:
    with pytest.raises(SetupError) as caught:
        opened(rest)
    assert caught.value.message == said


def test_nothing_is_imported_that_was_not_named() -> None:
    with pytest.raises(SetupError):
        opened("mymodels:none")
    assert "needing" not in sys.modules
    assert "wrong" not in sys.modules


def test_every_exception_of_langchain_has_a_row() -> None:
    import langchain_core.exceptions

    from bozzetto.adapters.chat.langchain import FAILURES

    assert unmapped(langchain_core.exceptions, FAILURES) == []
