"""What the documents say is so: the reference, the links, and every command that is shown.

Commands of a `console` block are run, in the order of the page, in one new home and folder;
`python` blocks likewise. A comment on the line before a block tells what to expect:
`<!-- not run: reason -->`, or `<!-- exits 6 -->`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import reference

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(
    r"(?:<!-- (?P<note>[^\n]*) -->\n)?```(?P<kind>\w+)\n(?P<body>.*?)^```", re.M | re.S
)


@dataclass(frozen=True, slots=True)
class Step:
    """Something a page tells the reader to run, and the exit code it leads to."""

    line: int
    command: list[str]
    code: int


def steps(page: Path) -> Iterator[Step]:
    """What a page's blocks run."""
    text = page.read_text("utf-8")
    for block in BLOCK.finditer(text):
        note = block["note"] or ""
        if note.startswith("not run: "):
            continue
        line = text.count("\n", 0, block.start()) + 1
        code = int(note.removeprefix("exits ")) if note else 0
        if block["kind"] == "python":
            yield Step(line, [sys.executable, "-c", block["body"]], code)
        elif block["kind"] == "console":
            for shown in re.findall(r"^\$ ((?:.*\\\n)*.*)$", block["body"], re.M):
                yield Step(line, ["sh", "-c", shown], code)


RUN = {page.relative_to(ROOT).as_posix(): list(steps(page)) for page in PAGES}


def test_reference_is_what_the_program_says() -> None:
    assert reference.PAGE.read_text("utf-8") == reference.page()


@pytest.mark.timeout(900)
@pytest.mark.skipif(shutil.which("sh") is None, reason="the commands are for a POSIX shell")
@pytest.mark.parametrize("page", [name for name, found in RUN.items() if found])
def test_commands_run(page: str, tmp_path: Path) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for step in RUN[page]:
        done = subprocess.run(
            step.command,
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode != step.code:
            shown = f"{page}:{step.line}: exit code {done.returncode}, not {step.code}"
            pytest.fail(f"{shown}\n$ {step.command[-1]}\n{done.stdout}{done.stderr}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        name, _, anchor = target.partition("#")
        if name.startswith(("http:", "https:")):
            continue
        file = (page.parent / name) if name else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


def anchors(page: Path) -> set[str]:
    """The anchors that headings make."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings}


def test_no_command_is_left_out_of_the_guide() -> None:
    """Every command of the program is shown at least once, in the README or the guide."""
    blocks = (block for page in PAGES for block in BLOCK.finditer(page.read_text("utf-8")))
    shown = "\n".join(block["body"] for block in blocks if block["kind"] == "console")
    commands = [" ".join(path) for path, _ in reference.walk(*reference.root())]
    assert [command for command in commands if command not in shown] == []
