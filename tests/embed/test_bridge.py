from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bozzetto.adapters.embedders import minilm, use
from bozzetto.embed.bridge import FILE, Bridge
from bozzetto.errors import SetupError

USE = use.open_embedder()
MINILM = minilm.open_embedder()


def test_it_goes_between_the_embedders_we_ship() -> None:
    bridge = Bridge.load()
    assert (bridge.source, bridge.target) == (USE.features.id, MINILM.features.id)


def test_what_is_mapped_is_a_unit_vector() -> None:
    mapped = Bridge.load().map(USE.embed(["a dog", "", "夕暮れ"]))
    assert mapped.dtype == np.float32
    assert mapped.shape == (3, 384)
    assert np.linalg.norm(mapped, axis=1) == pytest.approx(1, abs=1e-5)


def test_other_languages_arrive_near_their_english() -> None:
    english = MINILM.embed(
        ["a small dog on the beach", "a castle at night", "portrait of an old woman"]
    )
    for ideas in (
        ["un cagnolino sulla spiaggia", "un castello di notte", "ritratto di una donna anziana"],
        ["ein kleiner Hund am Strand", "ein Schloss bei Nacht", "Porträt einer alten Frau"],
        ["浜辺の小さな犬", "夜の城", "年老いた女性の肖像画"],
        ["해변의 작은 강아지", "밤의 성", "나이 든 여자의 초상화"],
    ):
        mapped = Bridge.load().map(USE.embed(ideas))
        assert (mapped @ english.T).argmax(axis=1).tolist() == [0, 1, 2]


def test_a_wrong_or_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"bridge_v1\.npz cannot be read"):
        Bridge.load(tmp_path)
    (tmp_path / FILE.name).write_bytes(b"another file")
    with pytest.raises(SetupError, match="not the file this version was made with"):
        Bridge.load(tmp_path)
