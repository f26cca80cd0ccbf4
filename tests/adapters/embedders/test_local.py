from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.adapters.embedders.local import RUNNING, digest, need, readable, unit_rows
from bozzetto.adapters.failures import Failures
from bozzetto.errors import BackendError, MissingExtraError
from bozzetto.testing.failures import unmapped


def test_rows_get_unit_length() -> None:
    assert unit_rows([[3, 4], [0, 2]], ["a", "b"], "x").tolist() == [
        pytest.approx([0.6, 0.8]),
        [0, 1],
    ]


def test_a_blank_text_may_have_no_direction() -> None:
    assert unit_rows([[0, 0, 0, 0]], [" \n"], "x").tolist() == [[0.5, 0.5, 0.5, 0.5]]


def test_a_text_without_known_words_has_none_in_a_static_model() -> None:
    assert unit_rows([[0, 0, 0, 0]], ["qqq"], "x", mute=True).tolist() == [[0.5] * 4]


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ([[0.0, 0.0]], "x: gave a vector of zeros, which points nowhere"),
        ([[1.0, float("nan")]], "x: gave vectors with numbers that are not finite"),
        ([[1e300, 1.0]], "x: gave vectors with numbers that are not finite"),
        ([[1.0, 0.0], [0.0, 1.0]], "x: gave 2 x 2 numbers for 1 texts"),
        ([], "x: gave 0 numbers for 1 texts"),
        ([1.0, 2.0], "x: gave 2 numbers for 1 texts"),
        ([[1.0, 2.0, 3.0]], "x: gave vectors of 3 dimensions, not 2"),
        ([[1.0, "dog"]], "x: gave no vectors of one width"),
        ([[1.0], [1.0, 2.0]], "x: gave no vectors of one width"),
        (None, "x: gave one numbers for 1 texts"),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
def test_junk_is_told(found: object, message: str) -> None:
    with pytest.raises(BackendError) as caught:
        unit_rows(found, ["dog"], "x:", dim=2)
    assert caught.value.message == message


@given(st.text(), st.integers(0, 20))
def test_what_is_read_is_utf8_without_nul(text: str, most: int) -> None:
    (found,) = readable([text], most)
    assert found.encode("utf-8").count(0) == 0
    assert len(found) == min(len(text), most)


def test_a_missing_package_names_its_extra() -> None:
    need("gguf", "numpy")
    with pytest.raises(MissingExtraError) as caught:
        need("nowhere", "numpy", "no_such_package")
    assert caught.value.message == "'nowhere' needs the package no-such-package"
    assert caught.value.hint == "pip install 'bozzetto[nowhere]'"


def test_a_digest_changes_with_names_and_content(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    small, large = tmp_path / "sub" / "config.json", tmp_path / "model.bin"
    small.write_text("{}")
    large.write_bytes(bytes(3 << 20))
    first = digest(tmp_path)
    assert first == digest(tmp_path)
    (tmp_path / "README.md").write_text("for people")
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "x").write_text("y")
    assert digest(tmp_path) == first
    small.write_text("[]")
    second = digest(tmp_path)
    weights = np.random.default_rng(0).integers(0, 255, 3 << 20, np.uint8)
    large.write_bytes(weights.tobytes())
    third = digest(tmp_path)
    small.rename(tmp_path / "config.json")
    assert len({first, second, third, digest(tmp_path)}) == 4


def test_every_exception_of_onnx_runtime_has_a_row() -> None:
    from onnxruntime.capi import onnxruntime_pybind11_state

    assert unmapped(onnxruntime_pybind11_state, named()) == []


def test_every_exception_of_torch_has_a_row(require: Callable[[str], Path]) -> None:
    require("backends")
    import torch

    assert unmapped(torch, named()) == []


def named() -> Failures:
    """The rows without the last, for what has no class of its own."""
    return {name: row for name, row in RUNNING.items() if name != "Exception"}
