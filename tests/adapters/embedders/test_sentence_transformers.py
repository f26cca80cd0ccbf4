from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bozzetto.adapters.hub import best_device
from bozzetto.errors import BackendError, SetupError
from bozzetto.plugins import load
from bozzetto.ports import QueryEmbedder

Require = Callable[[str], Path]

TEXTS = ["a small dog on a beach", "", "dog", "a portrait of an old king, " * 40]


@pytest.fixture(scope="module")
def models(require: Require, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with tiny models; "prompted" has prompts."""
    require("backends")
    from bozzetto.testing.tiny_embedder import KINDS, PROMPTS, build_embedder

    folder = tmp_path_factory.mktemp("models")
    for kind in KINDS:
        build_embedder(folder / kind, kind)
    build_embedder(folder / "prompted", "transformer", prompts=PROMPTS)
    return folder


def opened(name: object, **environ: str) -> QueryEmbedder:
    found: QueryEmbedder = load("embedders", "sentence-transformers")(
        str(name), environ=environ, timeout=1.0
    )
    return found


def test_the_features_of_a_folder(models: Path) -> None:
    features = opened(models / "transformer").features
    assert features.id.startswith("sentence-transformers:transformer-")
    assert (features.dim, features.max_tokens, features.languages) == (32, 64, ())
    assert features.remote is (best_device() != "cpu")
    assert opened(models / "static").features.max_tokens == 8_192


def test_the_id_changes_with_the_model(models: Path, tmp_path: Path) -> None:
    shutil.copytree(models / "prompted", tmp_path / "prompted")
    same = opened(tmp_path / "prompted").features.id
    assert same == opened(models / "prompted").features.id
    settings = tmp_path / "prompted" / "config_sentence_transformers.json"
    changed = json.loads(settings.read_text())
    changed["prompts"]["document"] = "text: "
    settings.write_text(json.dumps(changed))
    assert opened(tmp_path / "prompted").features.id != same


def test_the_package_gives_the_same_by_hand(models: Path) -> None:
    from sentence_transformers import SentenceTransformer

    by_hand = SentenceTransformer(str(models / "prompted"), device="cpu")
    prompted = opened(models / "prompted")
    for found, prompt in [
        (prompted.embed(TEXTS), "passage: "),
        (prompted.embed_queries(TEXTS), "query: "),
    ]:
        wanted = by_hand.encode(TEXTS, prompt=prompt, normalize_embeddings=True)
        assert found == pytest.approx(wanted, abs=1e-5)


def test_without_prompts_queries_are_texts(models: Path) -> None:
    plain = opened(models / "transformer")
    assert plain.embed(TEXTS) == pytest.approx(plain.embed_queries(TEXTS), abs=1e-6)
    assert plain.embed_queries([]).shape == (0, 32)


def test_a_row_does_not_depend_on_its_batch(models: Path) -> None:
    transformer = opened(models / "transformer")
    together = transformer.embed(TEXTS)
    alone = np.concatenate([transformer.embed([text]) for text in TEXTS])
    assert (together * alone).sum(axis=1) == pytest.approx(1, abs=1e-5)


def hub_cache(folder: Path, model: Path, name: str) -> Path:
    """A cache of the hub that holds a model, as huggingface_hub lays it out."""
    place = folder / f"models--{name.replace('/', '--')}"
    shutil.copytree(model, place / "snapshots" / "0123456789abcdef0123456789abcdef01234567")
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text("0123456789abcdef0123456789abcdef01234567")
    return folder


@pytest.mark.parametrize("name", ["tiny", "sentence-transformers/tiny", "someone/else.v2"])
def test_a_model_of_the_hub_is_taken_from_the_cache(
    models: Path, tmp_path: Path, name: str
) -> None:
    full = name if "/" in name else f"sentence-transformers/{name}"
    cache = hub_cache(tmp_path, models / "static", full)
    found = opened(name, HF_HUB_OFFLINE="1", HF_HUB_CACHE=str(cache))
    assert found.features.id == f"sentence-transformers:{name}@01234567-1"
    assert found.embed(TEXTS) == pytest.approx(opened(models / "static").embed(TEXTS), abs=1e-6)


def test_a_model_that_is_not_here_is_told_offline(models: Path, tmp_path: Path) -> None:
    lacking = opened("someone/nothing", HF_HUB_OFFLINE="1", HF_HUB_CACHE=str(tmp_path))
    with pytest.raises(SetupError) as caught:
        lacking.embed(["a dog"])
    assert caught.value.message == (
        "sentence-transformers:someone/nothing needs what is not on this machine, "
        "and HF_HUB_OFFLINE is set"
    )
    assert caught.value.hint == (
        "where there is a network: hf download someone/nothing --local-dir FOLDER; "
        "then sentence-transformers:FOLDER"
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "sentence-transformers: names no model"),
        ("/no/such/folder", "sentence-transformers: there is no folder /no/such/folder"),
        ("a b\x1b", "sentence-transformers: there is no folder a b\\x1b"),
        ("a/b/c", "sentence-transformers: there is no folder a/b/c"),
        ("../b", "sentence-transformers: there is no folder ../b"),
    ],
)
def test_a_name_that_is_none_is_told(require: Require, name: str, message: str) -> None:
    require("backends")
    with pytest.raises(SetupError) as caught:
        opened(name)
    assert caught.value.message == message


def test_a_folder_that_is_no_model_is_told(require: Require, tmp_path: Path) -> None:
    require("backends")
    (tmp_path / "notes.txt").write_text("no model")
    with pytest.raises(SetupError) as caught:
        opened(tmp_path).embed(["dog"])
    assert caught.value.message.startswith(f"sentence-transformers:{tmp_path} cannot be loaded: ")


def test_code_of_a_model_is_never_run(models: Path, tmp_path: Path) -> None:
    shutil.copytree(models / "static", tmp_path / "evil")
    modules = json.loads((tmp_path / "evil" / "modules.json").read_text())
    modules[0]["type"] = "evil.Evil"
    (tmp_path / "evil" / "modules.json").write_text(json.dumps(modules))
    (tmp_path / "evil" / "evil.py").write_text(
        f"open({str(tmp_path / 'was_here')!r}, 'w').close()\nclass Evil: pass\n"
    )
    with pytest.raises(SetupError, match="cannot be loaded"):
        opened(tmp_path / "evil").embed(["dog"])
    assert not (tmp_path / "was_here").exists()


def test_a_model_that_fails_while_it_runs_is_told(models: Path, tmp_path: Path) -> None:
    """Its tokeniser knows a word that its weights do not."""
    broken = shutil.copytree(models / "transformer", tmp_path / "broken")
    (file,) = broken.rglob("tokenizer.json")
    tokens = json.loads(file.read_text())
    tokens["model"]["vocab"]["dog"] = 99_999
    file.write_text(json.dumps(tokens))
    with pytest.raises(BackendError, match=r"broken failed: ") as caught:
        opened(broken).embed(["dog"])
    assert "\n" not in caught.value.message
