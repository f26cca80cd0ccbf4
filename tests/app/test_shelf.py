"""What an export holds comes back whole."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bozzetto.adapters.sources.columns import LONGEST_TEXT, MOST_TAGS
from bozzetto.adapters.sources.jsonl import open_source
from bozzetto.app.shelf import Shelf
from bozzetto.library.importer import import_source
from bozzetto.library.reading import LONGEST_PROMPT
from bozzetto.store.store import Store

NOW = "2026-01-02T03:04:05Z"

KEPT = (
    "id", "text", "core", "negative", "parameters", "tags", "rating", "use", "model_family",
    "image", "prompt_nsfw", "image_nsfw", "made_at",
)  # fmt: skip
"""What is known of a prompt wherever it is."""

TEXTS = st.text() | st.text(st.characters()) | st.sampled_from(["blurry, low quality", "8 k", " "])
NUMBERS = (
    st.integers()
    | st.integers(0, 2**64)
    | st.floats(allow_nan=True)
    | st.integers().map(str)
    | st.floats(0, 100).map(str)
)
ANY = TEXTS | NUMBERS | st.none() | st.booleans()
DATES = st.datetimes().map(str) | st.sampled_from(
    ["2022-08-07T22:57:00Z", "2022-08-07 22:57+02:00"]
)
ROWS = st.fixed_dictionaries(
    {"prompt": TEXTS | st.text(min_size=1).map("a fox, {}".format)},
    optional={
        "negative": ANY,
        "seed": ANY,
        "steps": ANY,
        "cfg_scale": ANY,
        "sampler": ANY,
        "width": ANY,
        "height": ANY,
        "model": ANY,
        "tags": st.lists(TEXTS) | TEXTS,
        "use": ANY,
        "model_family": ANY,
        "rating": ANY | st.integers(1, 5),
        "image": ANY,
        "prompt_nsfw": ANY,
        "image_nsfw": ANY,
        "timestamp": DATES | ANY,
    },
)


def told(folder: Path, lines: Sequence[str]) -> tuple[list[dict[str, Any]], list[str]]:
    """What a library knows after it has read some lines, and what it exports."""
    file = folder / "rows.jsonl"
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
    with Store.open(folder) as store:
        import_source(store, open_source(str(file), home=folder), actor="ada", now=NOW)
        shelf = Shelf(store, "ada", lambda: 0, lambda _: None)
        known = [{name: getattr(r, name) for name in KEPT} for r in shelf.list(limit=1000)]
        lines = [json.dumps(row, ensure_ascii=False, allow_nan=False) for row in shelf.export()]
    return known, lines


@settings(deadline=None, max_examples=150)
@given(rows=st.lists(ROWS, min_size=1, max_size=6))
@example(rows=[{"prompt": "A picture of a fox , 8 k", "seed": 2**63 - 1, "tags": ["ß", "a, b"]}])
@example(rows=[{"prompt": "木" * LONGEST_PROMPT, "negative": "é\u2028\x85\x0c" * 9}])
@example(
    rows=[
        {
            "prompt": "𒀀" * LONGEST_PROMPT,
            **dict.fromkeys(("negative", "model", "use", "image"), "\x00" * LONGEST_TEXT),
            "tags": [f"{n:0100}" for n in range(MOST_TAGS)],
        }
    ]
)
@example(rows=[{"prompt": "a fox\n\ud800 in the snow", "model": "\ud800", "rating": "5"}])
def test_an_export_is_imported_as_the_same_library(rows: list[Mapping[str, Any]]) -> None:
    lines = [json.dumps({"prompt": "a lighthouse"}), *map(json.dumps, rows)]
    with TemporaryDirectory() as one, TemporaryDirectory() as two, TemporaryDirectory() as three:
        known, exported = told(Path(one), lines)
        again, once_more = told(Path(two), exported)
        assert again == known
        assert told(Path(three), once_more)[0] == known
