from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bozzetto.adapters.embedders import minilm
from bozzetto.errors import BackendError, SetupError
from bozzetto.plugins import load
from bozzetto.ports import QueryEmbedder
from bozzetto.testing.tiny_embedder import PROMPTS, build_onnx

Require = Callable[[str], Path]

TEXTS = ["a small dog on a beach", "", "dog", "a portrait of an old king, " * 100]


def opened(name: object, **environ: str) -> QueryEmbedder:
    found: QueryEmbedder = load("embedders", "fastembed")(str(name), environ=environ, timeout=1.0)
    return found


@pytest.fixture(scope="module")
def folder(require: Require, tmp_path_factory: pytest.TempPathFactory) -> Path:
    require("backends")
    return build_onnx(tmp_path_factory.mktemp("models") / "minilm")


@pytest.fixture(scope="module")
def plain(folder: Path) -> QueryEmbedder:
    return opened(folder, OMP_NUM_THREADS="1")


def test_the_features_of_a_folder(plain: QueryEmbedder) -> None:
    features = plain.features
    assert features.id.startswith("fastembed:minilm-")
    assert (features.dim, features.max_tokens, features.remote) == (384, 256, False)


def test_it_gives_what_our_own_adapter_gives(plain: QueryEmbedder) -> None:
    both = plain.embed(TEXTS) * minilm.open_embedder().embed(TEXTS)
    assert both.sum(axis=1) == pytest.approx(1, abs=1e-4)
    assert plain.embed_queries(TEXTS) == pytest.approx(plain.embed(TEXTS), abs=1e-5)


def test_prompts_of_the_folder_are_put_before(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "prompted", symlinks=True)
    settings = tmp_path / "prompted" / "config_sentence_transformers.json"
    settings.write_text(json.dumps({"prompts": PROMPTS}))
    prompted = opened(tmp_path / "prompted")
    direct = opened(folder)
    assert prompted.features.id != direct.features.id
    for found, prompt in [
        (prompted.embed(["a dog"]), "passage: a dog"),
        (prompted.embed_queries(["a dog"]), "query: a dog"),
    ]:
        assert found == pytest.approx(direct.embed([prompt]), abs=1e-5)


def test_pooling_of_the_folder_is_heeded(
    folder: Path, plain: QueryEmbedder, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "first", symlinks=True)
    (tmp_path / "first" / "1_Pooling").mkdir()
    (tmp_path / "first" / "1_Pooling" / "config.json").write_text(
        json.dumps({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False})
    )
    first = opened(tmp_path / "first").embed(["a dog on a beach"])
    assert np.linalg.norm(first) == pytest.approx(1, abs=1e-3)
    assert (first @ plain.embed(["a dog on a beach"]).T).item() < 0.99


def test_a_model_that_is_not_here_is_told_offline(require: Require, tmp_path: Path) -> None:
    require("backends")
    lacking = opened(
        "BAAI/bge-small-en-v1.5", HF_HUB_OFFLINE="1", FASTEMBED_CACHE_PATH=str(tmp_path)
    )
    with pytest.raises(SetupError) as caught:
        lacking.embed(["a dog"])
    assert caught.value.message == (
        "fastembed:BAAI/bge-small-en-v1.5 is not on this machine, and HF_HUB_OFFLINE is set"
    )
    assert caught.value.hint is not None
    assert "FASTEMBED_CACHE_PATH" in caught.value.hint


def test_an_unknown_model_is_told(require: Require) -> None:
    require("backends")
    with pytest.raises(SetupError) as caught:
        opened("no/such\x1b").features  # noqa: B018 - the property loads
    assert caught.value.message == (
        "fastembed knows no model no/such\\x1b, and there is no such folder"
    )


def test_no_model_is_told(require: Require) -> None:
    require("backends")
    with pytest.raises(SetupError) as caught:
        opened(" ")
    assert caught.value.message == "fastembed: names no model"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "fastembed:{} holds no model.onnx or onnx/model.onnx"),
        ({"model.onnx": "junk"}, "fastembed:{} holds no config.json"),
        (
            {"model.onnx": "junk", "config.json": "{}"},
            "{}/config.json does not say how long the vectors are",
        ),
        ({"model.onnx": "junk", "config.json": "{"}, "{}/config.json is no JSON: "),
        ({"model.onnx": "junk", "config.json": "[]"}, "{}/config.json is no JSON object"),
        ({"model.onnx": "junk", "config.json": '{"dim": 8}'}, "fastembed:{} cannot be loaded: "),
    ],
)
def test_a_folder_that_is_no_model_is_told(
    require: Require, tmp_path: Path, files: dict[str, str], message: str
) -> None:
    require("backends")
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(SetupError) as caught:
        opened(tmp_path).embed(["dog"])
    assert caught.value.message.startswith(message.format(tmp_path))


def test_a_model_that_gives_other_vectors_is_told(folder: Path, tmp_path: Path) -> None:
    from bozzetto.errors import BackendError

    shutil.copytree(folder, tmp_path / "wrong", symlinks=True)
    (tmp_path / "wrong" / "config.json").write_text('{"hidden_size": 8, "pad_token_id": 0}')
    with pytest.raises(BackendError, match="gave vectors of 384 dimensions, not 8"):
        opened(tmp_path / "wrong").embed(["dog"])


def test_a_model_that_fails_while_it_runs_is_told(folder: Path, tmp_path: Path) -> None:
    """Its tokeniser knows a word that its weights do not."""
    broken = shutil.copytree(folder, tmp_path / "broken")
    (file,) = broken.rglob("tokenizer.json")
    tokens = json.loads(file.read_text())
    tokens["model"]["vocab"]["dog"] = 99_999
    file.write_text(json.dumps(tokens))
    with pytest.raises(BackendError, match=r"broken failed: ") as caught:
        opened(broken).embed(["dog"])
    assert "\n" not in caught.value.message
