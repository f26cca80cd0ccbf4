"""The how-tos say what is so: a page for each back end, commands that can be typed, policies that
grant what is called and no more."""

from __future__ import annotations

import json
import os
import re
import shlex
import tomllib
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import typer

from bozzetto.app.backends import rows
from bozzetto.app.serving import place_of
from bozzetto.cli.main import app
from bozzetto.errors import BozzettoError
from bozzetto.testing.opensearch_server import AOSS, OPENSEARCH, Call, SearchServer
from bozzetto.testing.search_index import Flavour
from bozzetto.testing.stores import rows_of

Require = Callable[[str], object]

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "how-to"
AWS = PAGES / "aws.md"
KINDS = ("chat", "embedders", "stores")
WITHIN = {"builtin": "minilm", "here": "faiss"}
ROWS = {
    f"{kind}/{WITHIN.get(scheme, scheme)}": row
    for (kind, scheme), row in rows().items()
    if kind in KINDS and scheme != "compose"
}
MOST_LINES = 25
TESTED = {"real": "real", "contract": "contract server"}
OPTION = {"chat": "--chat", "embedders": "--embedder", "stores": "--vectors"}


def page(name: str) -> str:
    return (PAGES / f"{name}.md").read_text("utf-8")


def fenced(text: str, kind: str) -> list[str]:
    """The blocks of a kind between fences."""
    return re.findall(rf"^```{kind}\n(.*?)^```", text, re.M | re.S)


def shown(text: str) -> list[str]:
    """Lines of code: indented, between fences, or within a sentence."""
    prose = re.sub(r"^```(?!sh).*?^```", "", text, flags=re.M | re.S)
    lines = re.findall(r"^(?: {4})?((?:[A-Z]\w*=\S+ )*bozzetto .+)$", prose, re.M)
    return lines + [" ".join(found.split()) for found in re.findall(r"`(bozzetto [^`]+)`", prose)]


def words(line: str) -> list[str]:
    """A command's arguments, without what a shell takes away."""
    found = shlex.split(line, comments=True)
    return found[found.index("bozzetto") + 1 :]


def parse(arguments: list[str]) -> dict[str, Any]:
    """What the command line makes of them; nothing is run."""
    command: Any = typer.main.get_command(app)
    rest = list(arguments)
    while (children := getattr(command, "commands", None)) is not None:
        command = children[rest.pop(0)]
    params: dict[str, Any] = command.make_context(command.name, rest).params
    return params


# Each page


def test_there_is_a_page_for_each_back_end_and_no_other() -> None:
    there = {
        path.relative_to(PAGES).with_suffix("").as_posix()
        for kind in KINDS
        for path in (PAGES / kind).glob("*.md")
    }
    assert there == set(ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_a_page_is_short(name: str) -> None:
    text = page(name)
    assert text.startswith("# ")
    assert len(text.splitlines()) <= MOST_LINES


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.get("extra")])
def test_a_page_names_what_is_to_be_installed(name: str) -> None:
    assert f"pip install 'bozzetto[{ROWS[name]['extra']}]'" in page(name)


@pytest.mark.parametrize("name", ROWS)
def test_a_page_says_what_it_costs_and_how_to_clean_up(name: str) -> None:
    assert re.search(r"\b(costs?|takes money)\b", page(name))
    assert re.search(r"Cleaning up: |left behind", page(name))


@pytest.mark.parametrize("name", ROWS)
def test_a_page_says_how_it_was_tested(name: str) -> None:
    paragraphs = re.split(r"\n\n|\n- ", page(name))
    told = next(one for one in paragraphs if re.search(r"\bTested\b", one))
    told = told[told.index("Tested") :]
    if ROWS[name]["tested"] == "real":
        assert re.search(r"\breal\b", told), told
    else:
        assert re.search(r"\bserver\b.*\bnot (against|on)\b", told, re.S), told
        assert not re.search(r"\bTested:? (for )?real\b", told), told


@pytest.mark.parametrize("name", [*ROWS, "aws"])
def test_there_is_a_command_to_type(name: str) -> None:
    assert shown(page(name))


@pytest.mark.parametrize(
    ("name", "line"), [(name, line) for name in (*ROWS, "aws") for line in shown(page(name))]
)
def test_a_command_can_be_typed(name: str, line: str) -> None:
    parse(words(line))


def test_a_command_that_cannot_be_typed_is_found() -> None:
    usage = typer.BadParameter.__mro__[1]
    for line in ("bozzetto index build --embed-der x:y", "bozzetto index drop a b"):
        with pytest.raises(usage):
            parse(words(line))
    with pytest.raises(KeyError):
        parse(words("bozzetto index bild"))


@pytest.mark.parametrize("name", [name for name in ROWS if Path(name).name not in WITHIN.values()])
def test_a_page_names_its_back_end_to_the_right_option(name: str) -> None:
    kind, scheme = name.split("/")
    found = [words(line) for line in shown(page(name))]
    named = [one[one.index(OPTION[kind]) + 1] for one in found if OPTION[kind] in one]
    assert any(re.match(rf"{scheme}(\+https?)?:", one) for one in named)


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.get("keys")])
def test_a_page_names_a_variable_for_the_key(name: str) -> None:
    keys = ["AWS_PROFILE" if key == "aws" else key for key in ROWS[name]["keys"]]
    keys += ["AWS_REGION"] if "AWS_PROFILE" in keys else []
    assert any(key in page(name) for key in keys)


def test_the_index_lists_each_with_how_it_was_tested() -> None:
    listed = re.findall(r"^\| \[(.+)\]\((.+)\.md\) \| (.*) \| (.+) \|$", page("README"), re.M)
    assert listed == [
        (
            row["title"],
            name,
            f"`pip install 'bozzetto[{row['extra']}]'`" if row.get("extra") else "",
            TESTED[row["tested"]],
        )
        for name, row in ROWS.items()
    ]


# Amazon


def policies() -> list[Any]:
    return [json.loads(block) for block in fenced(page("aws"), "json")]


IAM = [one for one in policies() if isinstance(one, dict) and "Version" in one]
STATEMENTS = [statement for policy in IAM for statement in policy["Statement"]]


def several(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


ACTIONS = {action for statement in STATEMENTS for action in several(statement["Action"])}

NOT_OPERATIONS = {
    "es:ESHttpGet", "es:ESHttpPost", "es:ESHttpPut", "es:ESHttpDelete",
    "aoss:APIAccessAll", "rds-db:connect", "s3:ListBucket",
}  # fmt: skip
"""Actions of the service authorization reference that stand for no operation of that name."""

MODELS = {"bedrock": "bedrock-runtime", "sagemaker": "sagemaker-runtime", "s3": "s3"}
"""Where botocore has the operations behind an action's prefix."""


@cache
def service(name: str) -> Any:  # noqa: ANN401 - botocore's, which has no types
    session = pytest.importorskip("botocore.session").get_session()
    return session.get_service_model(name)


def test_there_is_a_policy_for_each_of_amazon_s() -> None:
    assert {action.partition(":")[0] for action in ACTIONS} == {
        "aoss", "bedrock", "es", "rds-db", "s3", "sagemaker",
    }  # fmt: skip


@pytest.mark.parametrize("policy", IAM, ids=lambda policy: str(policy["Statement"][0]["Action"]))
def test_a_policy_has_the_shape_that_iam_takes(policy: dict[str, Any]) -> None:
    assert set(policy) == {"Version", "Statement"}
    assert policy["Version"] == "2012-10-17"
    for statement in policy["Statement"]:
        assert set(statement) == {"Effect", "Action", "Resource"}
        assert statement["Effect"] == "Allow"
        for action in several(statement["Action"]):
            assert re.fullmatch(r"[a-z0-9-]+:[A-Za-z]+", action)  # no "*" in it
        for resource in several(statement["Resource"]):
            assert re.fullmatch(r"arn:aws:[a-z0-9-]+:[a-z0-9*-]*:\d*:[^*]\S+", resource)


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda one: str(one["Resource"]))
def test_a_resource_is_of_its_action_s_service(statement: dict[str, Any]) -> None:
    prefixes = {action.partition(":")[0] for action in several(statement["Action"])}
    owners = {resource.split(":")[2] for resource in several(statement["Resource"])}
    assert owners == prefixes


@pytest.mark.parametrize("action", sorted(ACTIONS - NOT_OPERATIONS))
def test_an_action_is_an_operation(action: str) -> None:
    prefix, _, name = action.partition(":")
    assert name in service(MODELS[prefix]).operation_names


def test_what_the_adapters_call_is_allowed_and_nothing_else_of_it() -> None:
    """Converse and ConverseStream are allowed by the actions of InvokeModel."""
    folder = ROOT / "src" / "bozzetto" / "adapters"
    sources = "".join(
        path.read_text("utf-8")
        for kind in ("chat", "embedders", "images")
        for path in (folder / kind).glob("*.py")
    )
    calls = set(re.findall(r"client\.((?:invoke|converse)_?\w*)", sources))
    same = {"converse": "invoke_model", "converse_stream": "invoke_model_with_response_stream"}
    needed = {same.get(call, call).replace("_", "") for call in calls}
    named = {a.partition(":")[2].lower() for a in ACTIONS if a.startswith(("bed", "sage"))}
    assert named == needed


def test_the_policies_of_a_collection_have_the_shapes_of_serverless() -> None:
    encryption, network, data = (one for one in policies() if one not in IAM)
    assert encryption == {
        "Rules": [{"ResourceType": "collection", "Resource": ["collection/prompts"]}],
        "AWSOwnedKey": True,
    }
    assert network == [{"Rules": encryption["Rules"], "AllowFromPublic": True}]
    rule = data[0]["Rules"][0]
    assert rule["ResourceType"] == "index"
    assert rule["Resource"] == ["index/prompts/bozzetto_*"]
    assert set(rule["Permission"]) <= set(re.findall(r"aoss:\w+", page("stores/opensearch")))


NOTHING = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
REGION = {**NOTHING, "AWS_REGION": "us-west-2"}
SIGNED = {**REGION, "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}


def asked_of(flavour: Flavour, query: str) -> list[Call]:
    """What a store asks of a server of a kind, from the first row to the last."""
    from bozzetto.adapters.stores.opensearch import open_store

    rows, name = rows_of(20), "bozzetto_72ba2ffe_core"
    with SearchServer(flavour) as server:
        store = open_store(f"{server.address}{query}", environ=SIGNED, timeout=5)
        store.create(name, rows.vectors.shape[1], len(rows))
        store.put(name, rows)
        store.finish(name)
        for thorough in (False, True):
            store.search(name, rows.vectors[0], 5, thorough=thorough)
        store.delete(name, rows.keys[:5])
        assert store.count(name) is not None
        assert store.collections("bozzetto_72ba2ffe_") == (name,)
        store.drop(name)
        store.close()
        return list(server.calls)


def test_a_domain_s_policy_allows_what_is_asked_and_no_other_method(require: Require) -> None:
    require("backends")
    domain = "arn:aws:es:us-west-2:123456789012:domain/prompts"
    allowed = {
        (action.removeprefix("es:ESHttp").upper(), resource.removeprefix(domain))
        for statement in STATEMENTS
        for action in several(statement["Action"])
        for resource in several(statement["Resource"])
        if action.startswith("es:")
    }
    calls = {(call.method, unquote(call.path)) for call in asked_of(OPENSEARCH, "")}
    used = {
        (method, pattern)
        for asked, path in calls
        for method, pattern in allowed
        if asked == method and fnmatchcase(path, pattern)
    }
    refused = {
        (asked, path)
        for asked, path in calls
        if not any(asked == method and fnmatchcase(path, one) for method, one in allowed)
    }
    assert refused == set()
    assert used == allowed


PERMISSIONS = {
    "aoss:CreateIndex": r"PUT /[^/_][^/]*",
    "aoss:DescribeIndex": r"GET /(_resolve/index/[^/]+|[^/]+/_mapping)",
    "aoss:DeleteIndex": r"DELETE /[^/]+",
    "aoss:ReadDocument": r"GET /[^/]+/_count|POST /[^/]+/_search",
    "aoss:WriteDocument": r"POST /[^/]+/_bulk",
}
"""As in "Supported operations and plugins in Amazon OpenSearch Serverless" of its guide."""


def test_a_collection_s_policy_allows_what_is_asked_and_nothing_else(require: Require) -> None:
    require("backends")
    require("aws")
    data = next(one for one in policies() if isinstance(one, list) and "Principal" in one[0])
    calls = {f"{one.method} {unquote(one.path)}" for one in asked_of(AOSS, "?service=aoss")}
    needed = {
        next(name for name, form in PERMISSIONS.items() if re.fullmatch(form, call))
        for call in calls
    }
    assert set(data[0]["Rules"][0]["Permission"]) == needed
    for index in {call.split("/")[1] for call in calls} - {"_resolve"}:
        assert fnmatchcase(f"index/prompts/{index}", data[0]["Rules"][0]["Resource"][0])


def aws_lines() -> Iterator[list[str]]:
    for block in fenced(page("aws"), "sh"):
        for line in block.splitlines():
            if line.startswith("aws ") and not line.startswith("aws configure"):
                yield shlex.split(line)


@pytest.mark.parametrize("line", list(aws_lines()), ids=lambda line: " ".join(line[1:3]))
def test_a_command_of_amazon_s_has_these_options(line: list[str]) -> None:
    """As the AWS CLI makes them of botocore's models."""
    kebab = pytest.importorskip("botocore").xform_name
    _, name, command, *rest = line
    model = service(name)
    if command == "wait":
        loader = pytest.importorskip("botocore.loaders").Loader()
        waiters = loader.load_service_model(name, "waiters-2")["waiters"]
        found = {kebab(one, "-"): waiter["operation"] for one, waiter in waiters.items()}
        operation, rest = found[rest[0]], rest[1:]
    else:
        operation = {kebab(one, "-"): one for one in model.operation_names}[command]
    shape = model.operation_model(operation).input_shape
    members = {kebab(one, "-") for one in shape.members} if shape else set()
    needed = {kebab(one, "-") for one in shape.required_members} if shape else set()
    options = {one.removeprefix("--") for one in rest if one.startswith("--")}
    assert options - {"query"} <= members
    assert needed <= options


def test_files_that_commands_read_are_shown() -> None:
    text = page("aws")
    read = set(re.findall(r"file://(\S+)", text))
    assert read == {name for name in read if f"`{name}`" in text}


def test_settings_of_the_page_are_settings(tmp_path: Path) -> None:
    from bozzetto.config import load_settings

    (block,) = fenced(page("aws"), "toml")
    (tmp_path / "config.toml").write_text(block)
    settings = load_settings(tmp_path, environ={})
    assert settings.chat == tomllib.loads(block)["chat"]
    assert list(settings.prices) == [settings.chat]


# What the page says that the program says


def written(text: str) -> dict[re.Pattern[str], set[int]]:
    """Messages of a page's table, "..." for whatever stands there, and their exit codes."""
    found = re.findall(r"^\| `(.+)` \| ([\d][^|]*) \|", text, re.M)
    return {
        re.compile(re.escape(said).replace(r"\.\.\.", ".*")): set(
            map(int, re.findall(r"\d", codes))
        )
        for said, codes in found
    }


def refusal(code: str, words: str) -> BozzettoError:
    """What becomes of a service's answer."""
    from botocore.exceptions import ClientError

    from bozzetto.adapters.aws_errors import Asked, error_of

    answer: Any = {"Error": {"Code": code, "Message": words}}
    return error_of(ClientError(answer, "InvokeModel"), Asked("Amazon Bedrock", "the model 'x'"))


def raised(work: Callable[[], object]) -> BozzettoError:
    with pytest.raises(BozzettoError) as caught:
        work()
    return caught.value


def failures() -> Iterator[BozzettoError]:
    """Ours, as they come about."""
    from botocore.exceptions import EndpointConnectionError

    from bozzetto.adapters.aws_errors import Asked, error_of
    from bozzetto.adapters.chat.bedrock import open_chat
    from bozzetto.adapters.embedders.bedrock import open_embedder

    yield raised(lambda: open_chat("x", environ=NOTHING, timeout=5))
    yield raised(lambda: open_chat("x", environ=REGION, timeout=5))
    yield refusal("UnrecognizedClientException", "The security token is invalid.")
    who, which = "arn:aws:iam::1:user/a", "arn:aws:bedrock:us-west-2::foundation-model/x"
    not_allowed = f"User: {who} is not authorized to perform: bedrock:InvokeModel on resource: "
    yield refusal("AccessDeniedException", not_allowed + which)
    yield refusal("ValidationException", "The provided model identifier is invalid.")
    yield raised(lambda: open_embedder("nosuch", environ=SIGNED, timeout=5))
    far = EndpointConnectionError(endpoint_url="https://bedrock-runtime.moon-west-1.amazonaws.com")
    yield error_of(far, Asked("Amazon Bedrock", "x"))
    yield raised(lambda: place_of("postgresql://me:secret@host/db"))


def test_messages_are_those_of_the_page() -> None:
    pytest.importorskip("boto3")
    table = written(page("aws"))
    assert len(table) == 12
    found = list(failures())
    for error in found:
        codes = [codes for said, codes in table.items() if said.search(error.message)]
        assert len(codes) == 1, error.message
        assert error.exit_code in codes[0], error.message


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("elastic_errors.py opensearch.py", "refuses the credentials or lacks a permission"),
        ("opensearch.py", "cannot be reached"),
        ("postgresql_failures.py", "cannot be found"),
        ("postgresql_schema.py", "lacks the extension vector, and this user may not create it"),
    ],
)
def test_messages_of_stores_are_those_of_the_page(folder: str, said: str) -> None:
    stores = ROOT / "src" / "bozzetto" / "adapters" / "stores"
    assert said in page("aws")
    assert any(said in (stores / name).read_text("utf-8") for name in folder.split())
