"""Draw the picture of the README, docs/picture.svg: what `bozzetto optimize` shows.

    python scripts/picture.py

Needs bozzetto installed. Runs the program on the starter library, in a home of its own.
"""

from __future__ import annotations

import io
import re
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

import bozzetto
from bozzetto.cli.render import candidates_view

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "picture.svg"
IDEA = "un cartone animato di un piccolo cane"
WIDTH = 104

REMOTE_FONTS = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
"""A picture in a page may load nothing; the next font of the list is the reader's own."""


def draw(home: Path) -> str:
    """The picture as SVG."""
    with bozzetto.Assistant.open(home) as a:
        result = a.optimize(IDEA, n=2, save=False)
        view = candidates_view(result, a.token_limits(None))
    console = Console(
        record=True, width=WIDTH, file=io.StringIO(), force_terminal=True,
        highlight=False, emoji=False, markup=False,
    )  # fmt: skip
    console.print(Text.assemble(("$ ", "dim"), f'bozzetto optimize "{IDEA}" -n 2\n'))
    console.print(view)
    return REMOTE_FONTS.sub("", console.export_svg(title="bozzetto", unique_id="bozzetto"))


def main() -> int:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as folder:
        PICTURE.write_text(draw(Path(folder) / "home"), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
