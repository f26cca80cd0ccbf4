from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.adapters.sources.jsonl import open_source
from bozzetto.errors import InputError
from bozzetto.types import BadRow, Parameters, SourcePrompt


def read(path: Path) -> tuple[list[SourcePrompt], list[BadRow]]:
    batches = list(open_source(str(path), home=path.parent).read())
    return [r for b in batches for r in b.rows], [r for b in batches for r in b.bad]


def test_objects_with_settings_flat_or_inside(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        '\ufeff{"prompt": "a fox", "parameters": {"seed": 3}, "tags": ["x"]}\n\n'
        '{"Prompt": "a dog", "cfg_scale": 7, "steps": 20, "negative_prompt": "blurry"}\n',
        encoding="utf-8",
    )
    assert read(path) == (
        [
            SourcePrompt("a fox", "line 1", parameters=Parameters(seed=3), tags=("x",)),
            SourcePrompt("a dog", "line 3", "blurry", Parameters(steps=20, guidance=7.0)),
        ],
        [],
    )


def test_bad_lines_are_named_and_stop_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    deep = '{"prompt": ' + "[" * 100_000 + "]" * 100_000 + "}"
    number = '{"prompt": "x", "seed": ' + "9" * 6000 + "}"
    lines = ['{"prompt": "a"}', "{", '["a"]', "{}", '{"prompt": null}', deep, number, '"', "b\0"]
    path.write_text("\n".join(lines))
    rows, bad = read(path)
    assert [(row.text, row.place, row.parameters) for row in rows] == [
        ("a", "line 1", None),
        ("x", "line 7", None),
    ]
    assert [row.place for row in bad] == [f"line {n}" for n in (2, 3, 4, 5, 6, 8, 9)]
    assert bad[1].reason == "no JSON object"
    assert bad[2].reason == "no prompt"


def test_no_prompt_anywhere_names_the_fields(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": 1, "title": "x"}\n' * 3)
    with pytest.raises(InputError, match="'id', 'title'"):
        read(path)


def test_lone_surrogates_do_not_reach_the_fields(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"prompt": "a fox", "negative": "b\\ud800", "tags": ["\\udfff"]}')
    row = read(path)[0][0]
    assert (row.negative, row.tags) == ("b\ufffd", ("\ufffd",))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
OBJECTS = st.dictionaries(st.sampled_from(["prompt", "seed", "tags", "parameters", "x"]), VALUES)


@given(st.lists(OBJECTS, max_size=5))
def test_every_line_is_a_row_or_a_bad_row(objects: list[dict[str, object]]) -> None:
    objects.insert(0, {"prompt": "first"})
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.jsonl"
        path.write_text("".join(json.dumps(o) + "\n" for o in objects))
        rows, bad = read(path)
    assert len(rows) + len(bad) == len(objects)
    assert rows[0].text == "first"
