"""The shape of the repository: sizes, tests beside code, entry points, versions, words."""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from collections.abc import Container, Iterable, Iterator
from graphlib import TopologicalSorter
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import bozzetto

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "src" / "bozzetto"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

LONGEST_MODULE = 600
LONGEST_FUNCTION = 60

MODULES = {
    ".".join(path.relative_to(SRC.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(SRC.rglob("*.py"))
}
TREES = {name: ast.parse(path.read_text("utf-8")) for name, path in MODULES.items()}


def imports(tree: ast.AST) -> Iterator[str]:
    """Our modules that a tree imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            candidates = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            candidates = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        else:
            continue
        yield from (name for name in candidates if name in MODULES and name != "bozzetto")


def mentions(tree: ast.AST) -> Iterator[str]:
    """What a tree imports, and what it runs: `python -m` in a process of its own."""
    yield from imports(tree)
    texts = (n.value for n in ast.walk(tree) if isinstance(n, ast.Constant))
    yield from (text for text in texts if isinstance(text, str) and text in GRAPH)
    if any(isinstance(n, ast.alias) and n.name == "Assistant" for n in ast.walk(tree)):
        yield "bozzetto.app"


GRAPH = {name: set(imports(tree)) - {name} for name, tree in TREES.items() if name != "bozzetto"}


ROOMS = sorted({name.split(".")[1] for name in GRAPH} - {"__main__", "errors", "types", "ports"})
"""What needs tests of its own; the exceptions are declarations that everything else uses."""


def room(module: str) -> str:
    """The first name below the package."""
    return module.split(".")[1]


def closure(start: Iterable[str], inside: Container[str]) -> set[str]:
    """The modules that some modules reach without leaving some rooms."""
    found: set[str] = set()
    waiting = [name for name in start if room(name) in inside]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [m for m in mentions(TREES[name]) if room(m) in inside]
    return found


def test_modules_are_short() -> None:
    lengths = {name: path.read_text("utf-8").count("\n") for name, path in MODULES.items()}
    assert {name: n for name, n in lengths.items() if n > LONGEST_MODULE} == {}


def test_functions_are_short() -> None:
    """The signature is not counted: a command's is the list of its options."""
    lengths = {
        f"{name}.{node.name}": (node.end_lineno or 0) - node.body[0].lineno + 1
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: n for name, n in lengths.items() if n > LONGEST_FUNCTION} == {}


def test_no_import_cycle() -> None:
    """Imports inside functions count too; only the package's own front may look down."""
    TopologicalSorter(GRAPH).prepare()


ALSO_TESTED_IN = {
    "adapters": ("contracts",),
    "app": ("cli",),
    "client": ("web",),
    "testing": ("adapters", "contracts"),
}
"""The contracts open adapters through their entry points; the composer has a door."""


@pytest.mark.parametrize("name", ROOMS)
def test_every_module_has_a_test_of_its_room(name: str) -> None:
    """A room's tests reach each of its modules, directly or through others of the room."""
    places = (name, *ALSO_TESTED_IN.get(name, ()))
    single = f"bozzetto.{name}" in MODULES and not (SRC / name).is_dir()
    folders = [ROOT / "tests" / ("" if single else place) for place in places]
    tests = [path for folder in folders for path in folder.rglob("*.py")]
    sources = [path.read_text("utf-8") for path in tests]
    start = {module for source in sources for module in mentions(ast.parse(source))}
    start |= {
        value.partition(":")[0]
        for points in PROJECT["project"]["entry-points"].values()
        for scheme, value in points.items()
        if any(f'"{scheme}"' in source or f'"{scheme}:' in source for source in sources)
    }
    wanted = {m for m in GRAPH if room(m) == name and MODULES[m].name != "__init__.py"}
    assert sorted(wanted - closure(start, places)) == []


def test_entry_points_are_those_of_the_project_and_load() -> None:
    declared = {
        (group, name, value)
        for group, points in PROJECT["project"]["entry-points"].items()
        for name, value in points.items()
    } | {("console_scripts", name, value) for name, value in PROJECT["project"]["scripts"].items()}
    for _, _, value in sorted(declared):
        module, _, attribute = value.partition(":")
        assert callable(getattr(importlib.import_module(module), attribute)), value
    groups = {group for group, _, _ in declared}
    installed = {
        (point.group, point.name, point.value)
        for group in groups
        for point in entry_points(group=group)
        if point.value.startswith("bozzetto.")
    }
    assert installed == declared


def test_pip_hints_name_what_exists() -> None:
    extras = set(PROJECT["project"].get("optional-dependencies", {}))
    lines = [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]]
    packages = {re.split(r"[<>=\[ ]", line)[0] for line in lines} | {"bozzetto"}
    text = "\n".join(path.read_text("utf-8") for path in MODULES.values())
    assert set(re.findall(r"bozzetto\[([a-z-]+)\]", text)) <= extras
    assert set(re.findall(r"pip install ([a-z][a-z0-9-]+)", text)) <= packages


def test_public_names_exist() -> None:
    assert [name for name in bozzetto.__all__ if not hasattr(bozzetto, name)] == []


def test_version_is_the_changelog_s_newest() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    newest = re.search(r"^## \[(\d[^\]]*)\]", text, re.MULTILINE)
    assert newest is not None
    assert newest[1] == bozzetto.__version__


def test_readme_s_commands_are_those_of_continuous_integration() -> None:
    """Both documents give the same two commands, in the same words."""
    readme = (ROOT / "README.md").read_text("utf-8")
    commands = re.findall(r"^python3 scripts/(?:try|test)\.py.*$", readme, re.MULTILINE)
    runner = (ROOT / ".ci" / "run").read_text("utf-8")
    assert [command.split()[1] for command in commands] == ["scripts/try.py", "scripts/test.py"]
    assert [command for command in commands if command not in runner] == []


MACHINE = re.compile(r"(?<![\w.:-])/(?:root|work|home/[a-z]\w*|Users/[A-Z]\w*)/|C:\\\\?Users\\")
"""Paths that exist on one machine only."""

TEXTS = (".md", ".py", ".toml", ".tsv", ".json", ".jsonl", ".txt", "")


def test_no_path_of_a_machine() -> None:
    folders = ("src", "tests", "docs", "scripts", "bench", "examples", ".ci")
    paths = [*ROOT.glob("*.*"), *(p for folder in folders for p in (ROOT / folder).rglob("*"))]
    found = {
        str(path.relative_to(ROOT)): match[0]
        for path in paths
        if path.is_file() and path.suffix in TEXTS and path != Path(__file__)
        if (match := MACHINE.search(path.read_text("utf-8")))
    }
    assert found == {}
