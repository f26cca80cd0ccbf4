"""What a home keeps of its prompts beside the library, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bozzetto import Assistant
from bozzetto.app.indexing import VECTORS
from bozzetto.app.parts import EMBEDDERS, open_embedder
from bozzetto.search.views import texts_of
from bozzetto.store.vectors import VectorCache, text_hashes


@pytest.fixture
def a(tmp_path: Path) -> Iterator[Assistant]:
    """A library of two prompts with one core, and another."""
    file = tmp_path / "mine.txt"
    file.write_text(
        "a red fox in the snow, ink drawing\n"
        "a red fox in the snow, watercolor, soft light\n"
        "a lighthouse in fog, charcoal drawing\n",
        encoding="utf-8",
    )
    with Assistant.open(tmp_path / "home") as opened:
        opened.add(file)
        yield opened


def held(home: Path, texts: list[str], name: str) -> list[bool]:
    """Which texts have a vector of an embedder."""
    with closing(VectorCache(home / VECTORS)) as cache:
        hashes = text_hashes(texts)
        missing = set(cache.missing(open_embedder(name).features.id, hashes).tolist())
    return [number not in missing for number in hashes.tolist()]


def test_vectors_of_deleted_prompts_go_and_shared_ones_stay(a: Assistant, tmp_path: Path) -> None:
    fox, other_fox, lighthouse = a.library.list()
    assert fox.core == other_fox.core
    a.library.delete(ids=[other_fox.id, lighthouse.id])
    a.embed()
    for name in EMBEDDERS:
        kept, shared = texts_of(name, fox), set(texts_of(name, fox))
        gone = [text for text in texts_of(name, other_fox) if text not in shared]
        gone += texts_of(name, lighthouse)
        assert all(held(tmp_path / "home", list(kept), name))
        assert not any(held(tmp_path / "home", gone, name))
    assert a.library.waiting() == 0
    assert [hit.id for hit in a.search("a fox in winter")] == [fox.id]


def test_phrases_of_the_library_keep_their_vectors(a: Assistant, tmp_path: Path) -> None:
    file = tmp_path / "more.txt"
    file.write_text("".join(f"a snowy owl, study {n}\n" for n in range(5)), encoding="utf-8")
    a.add(file)
    assert held(tmp_path / "home", ["snowy owl"], "use") == [True]
    a.embed()
    assert held(tmp_path / "home", ["snowy owl"], "use") == [True]
