from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.errors import InputError, NotFoundError
from bozzetto.review.brief import LARGEST, brief_from, brief_json, parse_brief, read_brief
from bozzetto.types import Brief

WHOLE = """
name = "Perfume, spring"
ideas = ["a bottle of perfume among wild flowers", " una bottiglia di profumo sulla neve "]
audience = "women over forty"
must = ["bottle"]
never = ["people", "text"]
sizes = ["1024x1024", "832 X 1216"]
n = 3
seeds = 2
seed = 7
profile = "sdxl"
chat = "ollama:llama3.2"
images = "a1111:http://127.0.0.1:7860"
model = "sd_xl_base_1.0"
steps = 30
guidance = 7
sampler = "Euler a"
compare = true
"""


def test_a_whole_brief() -> None:
    assert parse_brief(WHOLE.encode()) == Brief(
        name="Perfume, spring",
        ideas=("a bottle of perfume among wild flowers", "una bottiglia di profumo sulla neve"),
        audience="women over forty",
        must=("bottle",),
        never=("people", "text"),
        sizes=("1024x1024", "832x1216"),
        n=3,
        seeds=2,
        seed=7,
        profile="sdxl",
        chat="ollama:llama3.2",
        images="a1111:http://127.0.0.1:7860",
        model="sd_xl_base_1.0",
        steps=30,
        guidance=7.0,
        sampler="Euler a",
        compare=True,
    )


def test_the_least_brief_has_the_name_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "小狗 spring.toml"
    path.write_bytes('\ufeffidea = "un piccolo cane"\r\n'.encode())
    assert read_brief(path) == Brief(name="小狗 spring", ideas=("un piccolo cane",))


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError) as caught:
        read_brief(tmp_path / "none.toml")
    assert caught.value.message == f"there is no file {tmp_path / 'none.toml'}"
    with pytest.raises(InputError, match="cannot be read"):
        read_brief(tmp_path)


SIZE_HINT = 'must be "WIDTHxHEIGHT", each side 16 to 8192 pixels, as "1024x768"'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "b: ideas is missing"),
        ("ideas = []", "b: ideas: [] has 0 texts; 1 to 200 are right"),
        ('ideas = ["a", " "]', "b: ideas: ['a', ' '] has a blank text"),
        ("ideas = 3", "b: ideas: 3 is neither a text nor a list of texts"),
        ("ideas = [3]", "b: ideas: [3] is not a text"),
        ('idea = "a"\nideas = "b"', "b: idea and ideas are the same"),
        ('idea = "a"\naudeince = "x"', "b: unknown key 'audeince'; did you mean 'audience'?"),
        ('idea = "a"\nzzz = 1', "b: unknown key 'zzz'"),
        ('idea = "a"\nn = 0', "b: n: 0 must be 1 to 32"),
        ('idea = "a"\nn = 33', "b: n: 33 must be 1 to 32"),
        ('idea = "a"\nn = true', "b: n: True is not a whole number"),
        ('idea = "a"\nn = 2.5', "b: n: 2.5 is not a whole number"),
        ('idea = "a"\nseeds = 65', "b: seeds: 65 must be 1 to 64"),
        ('idea = "a"\nseed = -1', "b: seed: -1 must be 0 to 4294967232"),
        ('idea = "a"\nguidance = nan', "b: guidance: nan must be 0 to 100"),
        ('idea = "a"\nguidance = "7"', "b: guidance: '7' is not a number"),
        ('idea = "a"\nsizes = ["1024"]', f"b: sizes: ['1024'] {SIZE_HINT}"),
        ('idea = "a"\nsizes = "15x64"', f"b: sizes: '15x64' {SIZE_HINT}"),
        ('idea = "a"\ncompare = 1', "b: compare: 1 is neither true nor false"),
        ('idea = "a"\nname = 3', "b: name: 3 is not a text"),
        ('idea = "a"\n[must]\nx = 1', "b: must: {'x': 1} is neither a text nor a list of texts"),
        (
            f'idea = "{"a" * 2001}"',
            f"b: ideas: '{'a' * 56}... has 2001 characters; 2000 are the most",
        ),
        (f'idea = "a"\nn = 0x{"f" * 5000}', "b: n: the number must be 1 to 32"),
        ("idea = a", "b is no TOML: Invalid value (at line 1, column 8)"),
        ("# " + "a" * LARGEST, "b: larger than 1 MiB"),
    ],
)  # fmt: skip
def test_bad_briefs(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_brief(text.encode(), place="b")
    assert caught.value.message == message


@pytest.mark.parametrize("text", [f"idea = {'[' * 5000}", f'idea = "a"\nn = {"9" * 5000}'])
def test_what_the_parser_itself_gives_up_on(text: str) -> None:
    with pytest.raises(InputError, match=r"^b is no TOML: "):
        parse_brief(text.encode(), place="b")


def test_not_utf8() -> None:
    with pytest.raises(InputError) as caught:
        parse_brief('name = "x"\nidea = "caffè"'.encode("latin-1"), place="b.toml")
    assert caught.value.message == "b.toml, line 2: not UTF-8"


def test_too_many_ideas() -> None:
    ideas = [f"idea {n}" for n in range(201)]
    assert len(brief_from({"ideas": ideas[:200]}).ideas) == 200
    with pytest.raises(InputError, match="has 201 texts; 1 to 200 are right"):
        brief_from({"ideas": ideas})


def test_null_is_as_if_not_there_and_blank_names_are_replaced() -> None:
    table = {"ideas": "a dog", "name": "  ", "sampler": None, "model": ""}
    assert brief_from(table) == Brief(name="campaign", ideas=("a dog",))


def test_half_a_character_is_refused() -> None:
    with pytest.raises(InputError, match="has half a character"):
        brief_from({"idea": "a \ud83d dog"})


WORDS = st.text('ab 小è"\\\n=#', min_size=1, max_size=12).map(str.strip).filter(bool)
LISTS = st.lists(WORDS, max_size=4, unique=True).map(tuple)
NAMES = st.none() | st.text("ab:-_", min_size=1, max_size=9)
BRIEFS = st.builds(
    Brief,
    name=st.text("ab小", min_size=1, max_size=20),
    ideas=st.lists(WORDS, min_size=1, max_size=4, unique=True).map(tuple),
    audience=st.just("") | WORDS,
    must=LISTS,
    never=LISTS,
    sizes=st.lists(st.sampled_from(["64x64", "1024x768"]), unique=True).map(tuple),
    n=st.integers(1, 32),
    seeds=st.integers(1, 64),
    seed=st.integers(0, 2**32 - 64),
    profile=NAMES,
    chat=NAMES,
    images=NAMES,
    model=NAMES,
    steps=st.none() | st.integers(1, 1000),
    guidance=st.none() | st.floats(0, 100),
    sampler=NAMES,
    compare=st.booleans(),
)


@given(BRIEFS)
def test_a_brief_survives_json(brief: Brief) -> None:
    assert brief_from(json.loads(json.dumps(brief_json(brief)))) == brief


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode()))
def test_any_bytes_are_a_brief_or_refused_with_a_reason(data: bytes) -> None:
    """Nothing else is ever raised."""
    try:
        brief = parse_brief(data)
    except InputError:
        return
    assert brief.ideas
