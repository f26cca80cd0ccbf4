"""The retriever and the runnable in real chains of langchain-core."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integrations.conftest import PROMPTS

from bozzetto import Assistant, Filters, InputError
from bozzetto.app.wire import hit_json, optimize_json

IDEA = "un cartone animato di un piccolo cane"
IDEAS = [IDEA, "a lighthouse", "ein Leuchtturm im Nebel"]


@pytest.fixture(scope="module")
def assistant(require: Callable[[str], Path], small_home: Path) -> Iterator[Assistant]:
    require("langchain")
    with Assistant.open(small_home, actor="tester") as a:
        yield a


def test_documents_are_the_hits(assistant: Assistant) -> None:
    from bozzetto.integrations.langchain import BozzettoRetriever

    documents = BozzettoRetriever(assistant=assistant, k=2).invoke(IDEA)
    hits = [hit_json(hit) for hit in assistant.search(IDEA, 2)]
    assert [{"prompt": one.page_content} | one.metadata for one in documents] == [
        {"prompt": hit["prompt"]} | hit for hit in hits
    ]
    assert [one.id for one in documents] == [hit["id"] for hit in hits]
    assert documents[0].page_content in PROMPTS[1:3]


def test_filters_reach_the_search(assistant: Assistant) -> None:
    from bozzetto.integrations.langchain import BozzettoRetriever

    nobody = BozzettoRetriever(assistant=assistant, filters=Filters(source=("nobody",)))
    assert nobody.invoke(IDEA) == []


def test_batches_and_loops_find_the_same(assistant: Assistant) -> None:
    from bozzetto.integrations.langchain import BozzettoRetriever

    retriever = BozzettoRetriever(assistant=assistant, k=3)
    one_by_one = [retriever.invoke(idea) for idea in IDEAS]
    assert retriever.batch(IDEAS) == one_by_one
    assert asyncio.run(retriever.abatch(IDEAS)) == one_by_one


def test_an_existing_chain_gains_prompts(assistant: Assistant) -> None:
    """From an idea to picks to a prompt, with parts of langchain-core before and after."""
    from langchain_core.output_parsers import StrOutputParser
    from langchain_core.prompts import PromptTemplate
    from langchain_core.runnables import RunnableLambda, RunnablePassthrough

    from bozzetto.integrations.langchain import BozzettoRetriever, bozzetto_optimizer

    retriever = BozzettoRetriever(assistant=assistant, k=2)
    best = retriever | RunnableLambda(lambda documents: documents[0].page_content)
    template = PromptTemplate.from_template("{idea}: {found}")
    chain = {"found": best, "idea": RunnablePassthrough()} | template
    assert chain.invoke(IDEA).text == f"{IDEA}: {assistant.search(IDEA, 2)[0].prompt}"

    first = RunnableLambda(lambda answer: answer["candidates"][0]["prompt"])
    written = (bozzetto_optimizer(assistant, n=1) | first | StrOutputParser()).invoke(IDEA)
    assert written == assistant.optimize(IDEA, n=1).candidates[0].prompt


def test_the_optimizer_answers_as_the_command_line(assistant: Assistant) -> None:
    from bozzetto.integrations.langchain import bozzetto_optimizer

    pick = [assistant.search(IDEA, 1)[0].id]
    optimizer = bozzetto_optimizer(
        assistant, n=2, pick=pick, prefer="warm light", profile="sd15", chat="compose", seed=3
    )
    there = assistant.optimize(
        IDEA, n=2, pick=pick, prefer="warm light", profile="sd15", chat="compose", seed=3
    )
    answer = optimizer.invoke(IDEA)
    assert answer == optimize_json(there)
    assert json.loads(json.dumps(answer)) == answer
    assert asyncio.run(optimizer.ainvoke(IDEA)) == answer


def test_errors_are_the_assistant_s(assistant: Assistant) -> None:
    from bozzetto.integrations.langchain import BozzettoRetriever, bozzetto_optimizer

    with pytest.raises(InputError, match="k"):
        BozzettoRetriever(assistant=assistant, k=0).invoke(IDEA)
    with pytest.raises(InputError, match="idea"):
        bozzetto_optimizer(assistant).invoke(" ")


HIDDEN = """
import sys
sys.modules["langchain_core"] = None
from bozzetto.errors import MissingExtraError
try:
    import bozzetto.integrations.langchain
except MissingExtraError as error:
    print(error, error.hint, sep="; ")
"""


def test_without_the_package_the_import_says_how_to_get_it() -> None:
    done = subprocess.run([sys.executable, "-c", HIDDEN], capture_output=True, text=True)
    assert done.stdout == (
        "a LangChain chain needs the package langchain-core; pip install 'bozzetto[langchain]'\n"
    )
