"""Another embedder and another place for the vectors, by the command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Run

from bozzetto.errors import BackendError, DataError, InputError, SetupError

IDEA = "a small dog with a scarf"


@pytest.fixture
def own_home(small_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the small home that may be changed, and the home of this test."""
    folder = tmp_path / "home"
    shutil.copytree(small_home, folder)
    monkeypatch.setenv("BOZZETTO_HOME", str(folder))
    return folder


def found(run: Run, *more: str) -> list[tuple[str, float]]:
    hits = run("search", IDEA, "--format", "json", *more).json["hits"]
    return [(hit["id"], round(hit["score"], 2)) for hit in hits]


def test_there_and_back(
    run: Run, own_home: Path, tmp_path: Path, require: Callable[[str], Path]
) -> None:
    require("backends")
    before = found(run)
    folder = tmp_path / "vectors"
    built = run("index", "build", "--vectors", f"lancedb:{folder}", "--format", "json").json
    assert (built["embedder"], built["vectors"]) == ("builtin", f"lancedb:{folder}")
    stored = {one["name"]: (one["state"], one["stored"]) for one in built["indexes"]}
    assert stored == {
        "words": ("complete", None),
        "minilm": ("complete", 10),
        "use": ("complete", 10),
    }
    assert found(run) == before  # and without naming the store again
    assert [path.name for path in (own_home / "indexes").glob("minilm*")] == []
    listed = run("config", "backends", "--format", "json").json["backends"]
    states = {one["scheme"]: one["state"] for one in listed if one["kind"] == "stores"}
    assert (states["lancedb"], states["here"]) == ("serves this home", "ready")
    dropped = run("index", "drop", "--format", "json").json["dropped"]
    assert len(dropped) == 4
    assert list(folder.glob("bozzetto*")) == []
    assert found(run) == before
    assert run("index", "status", "--format", "json").json["vectors"] == "here"


def test_another_embedder_and_back(run: Run, own_home: Path) -> None:
    before = found(run)
    built = run("index", "build", "--embedder", "minilm:", "--format", "json").json
    assert (built["embedder"], [one["name"] for one in built["indexes"]]) == (
        "minilm:",
        ["words", "own"],
    )
    assert found(run)[0][0] == before[0][0]
    assert json.loads((own_home / "serving.json").read_text())["dim"] == 384
    again = run("index", "build", "--embedder", "builtin", "--format", "json").json
    assert [one["name"] for one in again["indexes"]] == ["words", "minilm", "use"]
    assert found(run) == before


def test_a_setting_waits_for_its_index(
    run: Run, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = found(run)
    monkeypatch.setenv("BOZZETTO_EMBEDDER", "minilm:")
    answer = run("search", IDEA)
    waits = (
        "searched by the program's own embedders until `bozzetto index build` has brought in "
        "minilm:"
    )
    assert waits in " ".join(answer.err.split())
    assert found(run) == before
    status = run("index", "status", "--format", "json").json
    assert (status["embedder"], status["wished"]) == ("builtin", waits)
    built = run("index", "build", "--format", "json").json
    assert (built["embedder"], built["wished"]) == ("minilm:", None)
    monkeypatch.delenv("BOZZETTO_EMBEDDER")
    assert run("index", "status", "--format", "json").json["embedder"] == "minilm:"


def test_a_new_home_begins_with_what_is_wished(
    run: Run, tmp_path: Path, lines: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "new"
    monkeypatch.setenv("BOZZETTO_HOME", str(home))
    monkeypatch.setenv("BOZZETTO_EMBEDDER", "minilm:")
    assert run("import", str(lines)).code == 0
    assert json.loads((home / "serving.json").read_text())["embedder"] == "minilm:"
    assert "red fox" in run("search", "a fox").out


CARRIES = "the address of the vector store carries a password"
SECRETS = (
    "postgresql://me:hunter2@host/db",
    "opensearch+https://me:hun/ter2@host:9200",
    "elasticsearch+https://me:12?hunter2@host:9200",
    "qdrant:http://me:hun#ter2@host",
    "weaviate:http://me:hu@nter2@host",
)


@pytest.mark.parametrize(
    ("arguments", "kind", "says"),
    [
        *((("--vectors", secret), SetupError, CARRIES) for secret in SECRETS),
        (("--vectors", "nowhere:x"), SetupError, "no vector store is called 'nowhere'"),
        (("--vectors", "a folder"), SetupError, "'a folder' names no vector store"),
        (("--embedder", "nobody:x"), SetupError, "no embedder is called 'nobody'"),
        (("--embedder", "ollama:m@http://127.0.0.1:9"), BackendError, "cannot be reached"),
        (("--embedder", "minilm:", "--no-embed"), InputError, "needs every prompt embedded anew"),
    ],
    ids=lambda value: str(value),
)
def test_what_cannot_be_used_changes_nothing(
    run: Run, own_home: Path, arguments: tuple[str, ...], kind: type[Exception], says: str
) -> None:
    before = found(run)
    answer = run("index", "build", *arguments)
    assert type(answer.error) is kind
    assert answer.code == {InputError: 2, SetupError: 4, BackendError: 5}[kind]
    assert says in str(answer.error)
    assert "ter2" not in answer.out + answer.err + str(answer.error)
    assert not (own_home / "serving.json").exists()
    assert found(run) == before


def test_a_store_that_is_gone_is_told(
    run: Run, own_home: Path, require: Callable[[str], Path]
) -> None:
    require("backends")
    (own_home / "serving.json").write_text(
        json.dumps({"embedder": "", "id": "", "dim": 0, "vectors": "postgresql://me@127.0.0.1:9/x"})
    )
    answer = run("search", IDEA)
    assert answer.code == 0
    assert "small dog" in answer.out
    said = " ".join(answer.err.split())
    assert "found by words alone: PostgreSQL at 127.0.0.1:9/x cannot be reached" in said
    assert run("optimize", IDEA, "--format", "json").code == 0
    states = run("index", "status", "--format", "json").json["indexes"]
    assert [one["state"] for one in states] == ["complete", "none", "none"]
    assert isinstance(run("index", "drop").error, BackendError)
    built = run("index", "build", "--vectors", "here", "--format", "json").json
    assert {one["state"] for one in built["indexes"]} == {"complete"}
    assert found(run)


def test_nothing_to_drop(run: Run, own_home: Path) -> None:
    error = run("index", "drop").error
    assert isinstance(error, InputError)
    assert "no vector store serves" in error.message


def test_a_choice_that_cannot_be_read(run: Run, own_home: Path) -> None:
    (own_home / "serving.json").write_text("{")
    error = run("search", IDEA).error
    assert isinstance(error, DataError)
    assert "serving.json" in error.message
    assert "delete it" in (error.hint or "")


def test_another_model_under_the_same_name(run: Run, own_home: Path) -> None:
    run("index", "build", "--embedder", "minilm:")
    path = own_home / "serving.json"
    path.write_text(path.read_text().replace("minilm:8199be6f", "minilm:00000000"))
    error = run("search", IDEA).error
    assert isinstance(error, SetupError)
    assert "was indexed by minilm:00000000" in error.message
    assert run("index", "build", "--embedder", "minilm:").code == 0
    assert found(run)


def test_keys_that_others_can_read_are_not_used(run: Run, own_home: Path) -> None:
    keys = own_home / "keys.env"
    keys.write_text("OPENAI_API_KEY=sk-secret\n")
    keys.chmod(0o644)
    error = run("optimize", IDEA, "--chat", "openai:m").error
    assert isinstance(error, SetupError)
    assert error.hint == f"chmod 600 {keys}"
    keys.chmod(0o600)
    keys.write_text("# mine\nOPENAI_API_KEY 'sk-secret'\n")
    error = run("optimize", IDEA, "--chat", "openai:m").error
    assert isinstance(error, SetupError)
    assert error.message == f"{keys}, line 2 is not NAME=value"


def test_a_server_that_was_given_another_model(run: Run, own_home: Path) -> None:
    from bozzetto.testing.embedding_server import EmbeddingServer

    with EmbeddingServer({"m": 24}) as server:
        name = f"openai:m@{server.address}/v1"
        assert run("index", "build", "--embedder", name).code == 0
        before = found(run)
        server.models = {"m": 48}
        error = run("search", IDEA).error
        assert isinstance(error, SetupError)
        assert "another model has that name now" in error.message
        assert run("index", "build", "--embedder", name).code == 0
        assert json.loads((own_home / "serving.json").read_text())["dim"] == 48
        assert found(run)[0][0] == before[0][0]


def test_a_server_that_is_down_is_told(run: Run, own_home: Path) -> None:
    from bozzetto.testing.embedding_server import EmbeddingServer

    with EmbeddingServer({"m": 24}) as server:
        assert run("index", "build", "--embedder", f"openai:m@{server.address}/v1").code == 0
    answer = run("search", IDEA)
    assert answer.code == 0
    assert "small dog" in answer.out
    assert "found by words alone: OpenAI at http" in " ".join(answer.err.split())
    assert isinstance(run("search", "quarterly tax return").error, BackendError)
