from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bozzetto.library.families import CORE, WHOLE, renew
from bozzetto.ports import SourceFeatures
from bozzetto.store.entries import Entry, hash_of
from bozzetto.store.store import Store
from bozzetto.text.normalise import prompt_id
from bozzetto.text.words import jaccard, words
from bozzetto.types import SourcePrompt

SUFFIX = "highly detailed, digital painting, artstation, concept art, sharp focus, 8k"


def put(store: Store, prompts: list[tuple[str, str]], name: str = "s") -> None:
    """Prompts as (core, style)."""
    begun = store.begin_source(SourceFeatures(name, "test"), name, actor="a", now="n")
    rows = [(core, ", ".join(filter(None, (core, style)))) for core, style in prompts]
    entries = [
        Entry(hash_of(prompt_id(t)), t, core, SourcePrompt(t, f"row {n}"))
        for n, (core, t) in enumerate(rows)
    ]
    at = 0
    store.add_batch(begun, entries, [], start=at, position=len(rows))


def partition(store: Store) -> set[frozenset[str]]:
    groups: dict[int, set[str]] = {}
    after = 0
    while page := store.page(after=after, limit=500):
        for record in page:
            groups.setdefault(record.family, set()).add(record.text)
        after = page[-1].seq
    return {frozenset(group) for group in groups.values()}


def test_alike_in_core_and_in_whole(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        put(
            store,
            [
                ("a small brown dog in a garden", SUFFIX),
                ("a small brown dog in the garden", SUFFIX + ", smooth"),
                ("an old castle on a hill at night", SUFFIX),
                ("a small brown dog in a garden", "ink drawing, black and white"),
                ("小さな犬のアニメ", ""),
                ("小さな犬のアニメ画", ""),
            ],
        )
        assert renew(store)
        assert [record.family for record in store.page()] == [1, 1, 3, 4, 5, 5]
        assert not renew(store), "nothing has changed since"


def mould(rng: random.Random, count: int) -> list[tuple[str, str]]:
    """Sessions of variants, by hand's measure."""
    vocabulary = [f"word{n}" for n in range(300)]
    prompts: list[tuple[str, str]] = []
    for _ in range(count):
        core = rng.sample(vocabulary, 6)
        style = rng.sample(vocabulary, 10)
        for _ in range(rng.randint(1, 5)):
            prompts.append((" ".join(core), ", ".join(style)))
            (core if rng.random() < 0.4 else style)[rng.randrange(6)] = rng.choice(vocabulary)
    return prompts


@pytest.mark.parametrize("seed", range(3))
def test_the_same_whatever_the_order_of_import(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    prompts = list(dict.fromkeys(mould(rng, 150)))
    found = []
    for trial in range(3):
        with Store.open(tmp_path / str(trial)) as store:
            for part in range(trial + 1):
                put(store, prompts[part :: trial + 1], f"s{part}")
                renew(store)
            found.append(partition(store))
        rng.shuffle(prompts)
    assert found[0] == found[1] == found[2]
    assert len(found[0]) < len(prompts)


def test_every_alike_pair_of_a_sample_is_found_and_no_other(tmp_path: Path) -> None:
    prompts = list(dict.fromkeys(mould(random.Random(9), 200)))
    with Store.open(tmp_path) as store:
        put(store, prompts)
        renew(store)
        families = {record.text: record.family for record in store.page(limit=5000)}
    texts = [f"{core}, {style}" for core, style in prompts]
    sets = [
        (frozenset(words(c)), frozenset(words(t))) for (c, _), t in zip(prompts, texts, strict=True)
    ]
    above, root = 0, list(range(len(texts)))

    def find(n: int) -> int:
        while root[n] != n:
            n = root[n]
        return n

    for a in range(len(texts)):
        for b in range(a):
            if jaccard(sets[a][1], sets[b][1]) >= WHOLE and jaccard(sets[a][0], sets[b][0]) >= CORE:
                above += 1
                root[max(find(a), find(b))] = min(find(a), find(b))
    assert above > 50
    together = [(texts[n], texts[find(n)]) for n in range(len(texts))]
    missed = [pair for pair in together if families[pair[0]] != families[pair[1]]]
    assert len(missed) <= above * 0.01
    for n, text in enumerate(texts):
        for m in range(n):
            if families[text] == families[texts[m]]:
                assert find(n) == find(m), "a family that no pair explains"


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), min_size=1)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), min_size=1), max_size=6
    )
)
def test_any_text_has_a_family(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    with Store.open(tmp_path_factory.mktemp("home")) as store:
        put(store, [(text, "") for text in texts])
        renew(store)
        assert sum(len(group) for group in partition(store)) == store.count()


def test_on_real_prompts(require: object, tmp_path: Path) -> None:
    from bozzetto.adapters.sources.parquet import open_source
    from bozzetto.library.importer import import_source

    data = require("data")  # type: ignore[operator]
    source = open_source(str(data / "diffusiondb_10k.parquet"), home=tmp_path)
    with Store.open(tmp_path) as store:
        report = import_source(store, source, actor="a", now="n")
        renew(store)
        stats = store.stats()
    assert (report.rows, report.bad_count) == (10_000, 0)
    assert 9_700 < stats.prompts < 9_800
    assert 100 < stats.prompts - stats.families < 500
