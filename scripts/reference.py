"""Write docs/reference.md, and the table of back ends in the README, from the program itself.

    python scripts/reference.py            write them
    python scripts/reference.py --check    exit 1 where a file says something else

Needs bozzetto installed. Everything in the page comes from the tables and signatures the
program runs on, so that the page cannot say what the program does not do.
"""

from __future__ import annotations

import difflib
import inspect
import sys
from collections.abc import Iterable, Iterator
from enum import Enum
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import typer

from bozzetto import config, errors, profiles
from bozzetto.adapters.chat.anthropic import SERVICE as ANTHROPIC
from bozzetto.adapters.chat.openai import SERVICES
from bozzetto.adapters.sources.columns import ROLES
from bozzetto.app import backends
from bozzetto.cli.main import app
from bozzetto.text.tokens import ESTIMATED

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference.md"
README = ROOT / "README.md"
MARKS = "<!-- back ends, by scripts/reference.py -->", "<!-- /back ends -->"

HEAD = """# Reference

Written by `scripts/reference.py` from the program itself: change the program, not this page.
How to do things is in the [guide](guide.md).
"""

KINDS = {
    "sources": "Sources",
    "vectors": "Indexes of vectors",
    "texts": "Indexes of words",
}


def page() -> str:
    """The whole page."""
    parts = [HEAD, *_commands(), _settings(), _profiles(), _backends(), _errors()]
    return "\n".join(parts)


def _commands() -> Iterator[str]:
    yield "## Commands\n"
    for path, command in walk(*root()):
        yield _command(" ".join(path), command)


def root() -> tuple[Any, tuple[str, ...]]:
    """The program as a command, and the word that calls it: where `walk` starts."""
    return typer.main.get_command(app), ("bozzetto",)


def walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:  # noqa: ANN401 - typer's commands have no public type
    """The commands below a command, each with the words that call it."""
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command
        return
    for name, child in children.items():
        yield from walk(child, (*path, name))


def _command(words: str, command: Any) -> str:  # noqa: ANN401 - as above
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and not p.hidden]
    usage = " ".join([words, "[OPTIONS]", *map(_placeholder, arguments)])
    rows = [(_names(p), _meaning(p), _default(p)) for p in (*arguments, *options)]
    summary = inspect.cleandoc(command.help or "")
    return f"### {words}\n\n{summary}\n\n    {usage}\n\n{_table(('', 'meaning', 'default'), rows)}"


def _placeholder(parameter: Any) -> str:  # noqa: ANN401 - as above
    name = parameter.metavar or parameter.name.upper()
    return name if parameter.required or name.startswith("[") else f"[{name}]"


def _names(parameter: Any) -> str:  # noqa: ANN401 - as above
    if parameter.param_type_name == "argument":
        return f"`{_placeholder(parameter)}`"
    spelled = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    if parameter.is_flag:
        return spelled
    if isinstance(parameter.default, Enum):
        return f"{spelled} `{'|'.join(str(item.value) for item in type(parameter.default))}`"
    return f"{spelled} `{parameter.metavar or parameter.name.upper()}`"


def _meaning(parameter: Any) -> str:  # noqa: ANN401 - as above
    said = parameter.help or ""
    return f"{said} May be repeated." if parameter.multiple and "repeat" not in said else said


def _default(parameter: Any) -> str:  # noqa: ANN401 - as above
    if parameter.required:
        return "required"
    if isinstance(parameter.show_default, str):
        return f"`{parameter.show_default}`"
    value = parameter.default
    if value is None or callable(value):
        return ""
    if parameter.secondary_opts:
        return f"`{parameter.opts[0] if value else parameter.secondary_opts[0]}`"
    if value is False:
        return "no"
    return f"`{value.value if isinstance(value, Enum) else value}`"


def _settings() -> str:
    rows = [
        (
            f"`{o.name}`",
            f"`BOZZETTO_{o.name.upper()}`",
            o.help,
            f"`{o.default}`" if o.default != "" else "",
            _range(o),
        )
        for o in config.OPTIONS
    ]
    table = _table(("name", "environment", "meaning", "default", "range"), rows)
    return (
        "## Settings\n\n"
        "The command line goes before the environment, the environment before `config.toml` in\n"
        "the home folder, and the file before the default. `bozzetto config show` says which of\n"
        "them each value came from. The home folder itself is `--home`, else `BOZZETTO_HOME`,\n"
        f"else the platform's data folder.\n\n{table}\n"
        'Tables `[prices."scheme:model"]` in the file say what a chat model costs: `input` and\n'
        "`output`, for a million tokens, in a currency of your own; `[prices.scheme]` holds for\n"
        "all models of a scheme.\n"
    )


def _range(option: config.Option) -> str:
    if option.low is None or option.high is None:
        return ""
    return f"{option.low:g} to {option.high:g}"


def _profiles() -> str:
    rows = []
    for name in profiles.names():
        found = profiles.load(name)
        limits = ", ".join(f"{limit} {encoder}" for encoder, limit in found.tokens.items())
        limits += f", {found.words} words" * bool(found.words)
        negative = "yes" if found.negative else "no"
        languages = ", ".join(found.languages)
        row = (f"`{name}`", found.title, found.style, limits, found.weight_syntax)
        rows.append((*row, negative, languages))
    head = ("name", "image model", "style", "at most", "weights", "negative prompt", "languages")
    return (
        "## Profiles\n\nWhat each image model wants of a prompt: `--profile NAME`, or the path of a"
        "\n`.toml` file. `bozzetto profile show NAME` has all of it; how to make one of your own is"
        "\nin the [guide](guide.md#profiles). CLIP's tokens are counted exactly, those of "
        f"{' and '.join(sorted(ESTIMATED))} are\nestimated, rather too high than too low.\n\n"
        f"{_table(head, rows)}"
    )


def _backends() -> str:
    parts = ["## Back ends\n"]
    for kind, title in KINDS.items():
        points = sorted(entry_points(group=f"bozzetto.{kind}"), key=lambda point: point.name)
        ours = [point for point in points if point.value.startswith("bozzetto.")]
        rows = [(f"`{point.name}:`", _summary(import_module(point.module))) for point in ours]
        parts.append(f"### {title}\n\n{_table(('scheme', ''), rows)}")
    return "\n".join([*parts, _columns(), _services()])


PARTS = {
    "chat": "writers",
    "embedders": "meaning by",
    "stores": "vectors in",
    "images": "pictures by",
    "scores": "scores by",
}
TESTED = {"real": "real", "contract": "contract server"}
PAGES = {
    "compose": "docs/writing.md",
    "builtin": "docs/how-to/embedders/minilm.md",
    "here": "docs/how-to/stores/faiss.md",
}


def readme(text: str) -> str:
    """The README with the table of back ends as it is now."""
    before, rest = text.split(MARKS[0])
    _, after = rest.split(MARKS[1])
    rows = [_way(kind, scheme, row) for (kind, scheme), row in backends.rows().items()]
    parts = ["", *(row[0] for row in rows)]
    firsts = [
        (row[0] if row[0] != last else "", *row[1:]) for last, row in zip(parts, rows, strict=False)
    ]
    table = _table(("part", "way", "", "tested with"), firsts)
    return f"{before}{MARKS[0]}\n{table}{MARKS[1]}{after}"


def _way(kind: str, scheme: str, row: Any) -> tuple[str, ...]:  # noqa: ANN401 - a table of TOML
    within = PAGES.get(scheme, f"docs/how-to/{kind}/{scheme}.md")
    page = "docs/pictures.md" if kind in ("images", "scores") else within
    name = scheme if scheme in PAGES else f"{scheme}:"
    return PARTS[kind], f"[`{name}`]({page})", row["title"], TESTED[row["tested"]]


def _columns() -> str:
    rows = [
        (f"`{role}`", ", ".join(f"`{name}`" for name in names)) for role, names in ROLES.items()
    ]
    return (
        "### Columns of a source\n\nThe names by which a column is known, in any case and with"
        f" spaces or dashes\nfor `_`; the first found counts.\n\n{_table(('what', 'names'), rows)}"
    )


def _services() -> str:
    rows = [
        (
            f"`{scheme}:`",
            s.title,
            f"`{s.address}`",
            f"`{s.address_variable}`",
            f"`{s.key_variable}`",
        )
        for scheme, s in {**SERVICES, "anthropic": ANTHROPIC}.items()
    ]
    head = ("scheme", "service", "address", "another address", "key")
    return (
        "### Chat models\n\n`bozzetto optimize --chat SCHEME:MODEL`, or `SCHEME:MODEL@ADDRESS`."
        f" Address and key come from the\nenvironment.\n\n{_table(head, rows)}\n"
        "`bedrock:` and `sagemaker:` go by Amazon's own settings, `gguf:FILE` runs a model in this"
        " process,\nand `langchain:MODULE:ATTRIBUTE` any of LangChain's: `docs/how-to/chat` has a"
        " page for each.\n"
    )


def _errors() -> str:
    rows = [("0", "", "all went well"), ("1", "", "failure")]
    for name in errors.__all__:
        kind = getattr(errors, name)
        if kind.__bases__ == (errors.BozzettoError,):
            rows.append((str(kind.exit_code), f"`{kind.code}`", _summary(kind)))
    rows += [
        ("3", "", "Nothing was found: the list is empty, and is still written."),
        ("6", "", "Partly done: good rows kept, or `compose` stood in for a chat model."),
        ("130", "", "Interrupted; what was finished is kept."),
    ]
    rows.sort(key=lambda row: int(row[0]))
    return (
        "## Exit codes\n\nThe word is the `code` of an error in a line of `--batch`.\n\n"
        + _table(("code", "word", "meaning"), rows)
    )


def _summary(thing: Any) -> str:  # noqa: ANN401 - a module or a class
    return (inspect.getdoc(thing) or "").partition("\n\n")[0].replace("\n", " ")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(
        "| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |\n" for line in lines
    )


def main(arguments: list[str]) -> int:
    """Write the pages, or compare them; 1 where one differs."""
    told = README.read_text(encoding="utf-8")
    new = {PAGE: page(), README: readme(told)}
    if arguments != ["--check"]:
        for path, text in new.items():
            path.write_text(text, encoding="utf-8", newline="\n")
        return 0
    return max(_differs(path, text) for path, text in new.items())


def _differs(path: Path, new: str) -> int:
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    lines = difflib.unified_diff(
        old.splitlines(), new.splitlines(), str(path.name), "the program", lineterm="", n=0
    )
    difference = "\n".join(lines)
    if difference:
        print(difference, "\n\nrun: python scripts/reference.py", file=sys.stderr)
    return 1 if difference else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
