from __future__ import annotations

from pathlib import Path

import pytest

from bozzetto.adapters.sources.delimited import open_csv
from bozzetto.errors import InputError
from bozzetto.library.importer import import_source
from bozzetto.library.starter import StarterSource, load
from bozzetto.ports import SourceFeatures
from bozzetto.store.store import Store


def test_it_is_loaded_into_an_empty_library_once(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        assert load(store, actor="ada", now="n")
        assert not load(store, actor="ada", now="n")
        stats = store.stats()
        assert [info.name for info in stats.sources] == ["starter"]
        assert stats.prompts >= 400
        assert stats.sources[0].bad == 0
        assert not store.families_stale()
        first = store.page(limit=1)[0]
        assert first.source == "starter"
        assert first.use is not None
        assert first.tags


def test_a_load_that_was_killed_is_finished(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        source = StarterSource()
        store.begin_source(source.features, source.fingerprint(), actor="ada", now="n")
        assert load(store, actor="ada", now="n")
        assert store.count() >= 400


def test_it_stays_out_of_a_library_that_holds_something(tmp_path: Path) -> None:
    from bozzetto.adapters.sources.lines import open_source

    (tmp_path / "a.txt").write_text("a fox\n")
    with Store.open(tmp_path) as store:
        source = open_source(str(tmp_path / "a.txt"), home=tmp_path)
        import_source(store, source, actor="ada", now="n")
        assert not load(store, actor="ada", now="n")
        assert store.count() == 1


def test_imports_that_kept_nothing_do_not_keep_it_away(tmp_path: Path) -> None:
    (tmp_path / "none.csv").write_text("id,title\n1,x\n")
    (tmp_path / "blank.csv").write_text("prompt\n...\n")
    with Store.open(tmp_path) as store:
        with pytest.raises(InputError):
            import_source(
                store, open_csv(str(tmp_path / "none.csv"), home=tmp_path), actor="ada", now="n"
            )
        blank = open_csv(str(tmp_path / "blank.csv"), home=tmp_path)
        assert import_source(store, blank, actor="ada", now="n").bad_count == 1
        assert load(store, actor="ada", now="n")
        assert not load(store, actor="ada", now="n")


def test_it_stays_out_while_a_first_import_is_unfinished(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.begin_source(SourceFeatures("mine", "text"), "print", actor="ada", now="n")
        assert not load(store, actor="ada", now="n")


def test_once_removed_it_is_never_loaded_again(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        load(store, actor="ada", now="n")
        store.delete_source("starter", actor="ada", now="n")
        assert store.count() == 0
        assert not load(store, actor="ada", now="n")
