"""What can be named, what it lacks, and whether it is reached."""

from __future__ import annotations

import importlib.util
import socket
from dataclasses import replace
from importlib.metadata import entry_points, metadata
from pathlib import Path

import pytest

from bozzetto.app.backends import KINDS, Backend, absent, backends, looked_at, rows
from bozzetto.config import load_settings

ROOT = Path(__file__).resolve().parents[2]


def listed() -> dict[tuple[str, str], Backend]:
    return {(one.kind, one.scheme): one for one in backends()}


def test_every_scheme_is_listed_with_what_it_lacks() -> None:
    found = listed()
    own = Backend("chat", "compose", title="the program itself, no model", tested="real")
    assert found["chat", "compose"] == own
    forge = "AUTOMATIC1111, Forge, SD.Next"
    assert found["images", "a1111"] == Backend("images", "a1111", title=forge, tested="contract")
    lacks = importlib.util.find_spec("boto3") is None
    bedrock = Backend("images", "bedrock", title="Amazon Bedrock", tested="contract")
    wanting = replace(bedrock, missing="boto3", hint="pip install 'bozzetto[aws]'")
    assert found["images", "bedrock"] == (wanting if lacks else bedrock)


def test_ours_are_all_in_the_table_and_nothing_else_is() -> None:
    ours = {
        (kind, point.name)
        for kind in KINDS
        for point in entry_points(group=f"bozzetto.{kind}")
        if point.value.startswith("bozzetto.")
    }
    within = {("chat", "compose"), ("embedders", "builtin"), ("stores", "here")}
    assert set(rows()) - within == ours - {("embedders", "minilm"), ("embedders", "use")}


@pytest.mark.parametrize("row", rows().values(), ids=lambda row: f"{row['kind']}:{row['scheme']}")
def test_a_row_is_whole(row: dict[str, object]) -> None:
    known = {"kind", "scheme", "title", "extra", "keys", "address", "address_variable", "tested"}
    assert set(row) <= known
    assert row["tested"] in ("real", "contract")
    assert row["title"]
    extras = metadata("bozzetto").get_all("Provides-Extra") or []
    assert row.get("extra", extras[0]) in extras


@pytest.mark.parametrize(
    "name",
    [
        f"{kind}/{scheme}"
        for kind, scheme in rows()
        if kind in ("chat", "embedders", "stores") and scheme != "compose"
    ],
)
def test_each_has_a_how_to(name: str) -> None:
    within = {"embedders/builtin": "embedders/minilm", "stores/here": "stores/faiss"}
    page = ROOT / "docs" / "how-to" / f"{within.get(name, name)}.md"
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert "ested" in text


def test_packages_of_an_extra_that_are_not_there_are_named() -> None:
    lines = ["none-such[a]>=1,<2; extra == 'aws'", "absent>=2", 'numpy>=2; extra == "aws"']
    assert absent("aws", lines) == ["none-such"]
    assert absent("other", lines) == []


def states(home: Path) -> dict[tuple[str, str], str | None]:
    return {(one.kind, one.scheme): one.state for one in looked_at(load_settings(home), 0.2)}


def test_what_lacks_a_key_or_does_not_answer_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("OLLAMA_HOST", f"127.0.0.1:{port}")
        monkeypatch.setenv("VLLM_BASE_URL", "http://127.0.0.1:9/v1")
        monkeypatch.setenv("HOME", str(tmp_path))
        found = states(tmp_path)
    assert found["chat", "ollama"] == found["embedders", "ollama"] == f"answers at 127.0.0.1:{port}"
    assert found["chat", "vllm"] == "no answer at 127.0.0.1:9"
    assert found["chat", "anthropic"] == "lacks ANTHROPIC_API_KEY"
    assert found["chat", "azure"] == "lacks AZURE_OPENAI_API_KEY"
    assert found["chat", "compose"] == "ready"
    assert found["embedders", "builtin"] == found["stores", "here"] == "serves this home"


def test_keys_of_the_home_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    keys = tmp_path / "keys.env"
    keys.write_text("ANTHROPIC_API_KEY=sk-x\nANTHROPIC_BASE_URL=http://127.0.0.1:9\n")
    keys.chmod(0o600)
    assert states(tmp_path)["chat", "anthropic"] == "no answer at 127.0.0.1:9"


def test_amazon_s_credentials_are_found_in_their_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    lacking = (None, "not installed", "lacks AWS credentials")
    assert states(tmp_path)["chat", "sagemaker"] in lacking
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text("[default]\n")
    assert states(tmp_path)["chat", "sagemaker"] in ("not installed", "has a key")
