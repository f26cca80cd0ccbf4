import json
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.errors import InputError, NotFoundError
from bozzetto.profiles import Profile, load, names
from bozzetto.text.tokens import clip_tokens

ALL = (
    "sd15",
    "sd21",
    "sdxl",
    "sdxl-anime",
    "pony",
    "sd3",
    "stable-image",
    "flux",
    "flux-schnell",
    "qwen-image",
    "z-image",
    "plain",
)
MINE = """
title = "My model"
style = "prose"
tokens = { clip = 150, t5 = 256 }
"""


def write(folder: Path, text: str, name: str = "mine.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_built_in_ones() -> None:
    assert names() == ALL
    assert [load(name).name for name in names()] == list(ALL)


def test_sdxl_whole() -> None:
    assert load("sdxl") == Profile(
        name="sdxl",
        title="Stable Diffusion XL",
        style="tags",
        tokens={"clip": 75},
        family="sdxl",
        negative=True,
        avoid="blurry, low quality, deformed, text, watermark",
        quality=("highly detailed",),
        languages=("en",),
        weight_syntax="a1111",
        sizes=(
            "1024x1024",
            "832x1216",
            "1216x832",
            "896x1152",
            "1152x896",
            "768x1344",
            "1344x768",
        ),
        guidelines=(
            "Begin with a short clause that says who or what does what and where.",
            "Then add phrases separated by commas: medium, light, palette, lens, mood.",
            "Do not pile up words of praise: one or two about quality are enough.",
        ),
    )


@pytest.mark.parametrize("name", ALL)
def test_built_in_ones_hold_together(name: str) -> None:
    profile = load(name)
    assert profile.negative == bool(profile.avoid)
    assert clip_tokens(profile.avoid) <= 75
    assert profile.guidelines
    assert "en" in profile.languages
    assert len(set(profile.sizes)) == len(profile.sizes)
    assert all(int(side) % 8 == 0 for size in profile.sizes for side in size.split("x"))


def test_limits() -> None:
    assert {name: (dict(load(name).tokens), load(name).words) for name in ALL} == {
        "sd15": ({"clip": 75}, 0),
        "sd21": ({"clip": 75}, 0),
        "sdxl": ({"clip": 75}, 0),
        "sdxl-anime": ({"clip": 75}, 0),
        "pony": ({"clip": 75}, 0),
        "sd3": ({"clip": 75, "t5": 255}, 0),
        "stable-image": ({"t5": 255}, 80),
        "flux": ({"t5": 511}, 80),
        "flux-schnell": ({"t5": 255}, 80),
        "qwen-image": ({"qwen": 507}, 200),
        "z-image": ({"qwen": 504}, 200),
        "plain": ({"clip": 75}, 0),
    }


def test_every_family_of_the_starter_prompts_has_a_profile() -> None:
    lines = resources.files("bozzetto.library").joinpath("starter.jsonl").read_text("utf-8")
    families = {json.loads(line).get("model_family") for line in lines.splitlines()} - {None}
    assert families <= {load(name).family for name in ALL}


def test_a_profile_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        load("sdxl").tokens["clip"] = 1  # type: ignore[index]


def test_a_users_file_needs_three_keys(tmp_path: Path) -> None:
    path = write(tmp_path, MINE)
    expected = Profile("mine", "My model", "prose", {"clip": 150, "t5": 256})
    assert load(path) == expected
    assert load(str(path)) == expected
    assert expected.negative is False
    assert expected.sizes == ("1024x1024",)


def test_a_users_file_may_name_itself_and_begin_with_a_bom(tmp_path: Path) -> None:
    path = write(tmp_path, '\ufeffname = "other"' + MINE)
    assert load(path).name == "other"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MINE + "negativ = true", "unknown key 'negativ'; did you mean 'negative'?"),
        (MINE + "frobnicate = 1", "unknown key 'frobnicate'"),
        ('title = "x"', "missing style, tokens"),
        (MINE.replace("150", "0"), "tokens must be a table of token limits above 0"),
        (MINE.replace("150", "true"), "tokens must be a table of token limits above 0"),
        (MINE.replace("{ clip = 150, t5 = 256 }", "75"), "tokens must be a table"),
        (MINE.replace("{ clip = 150, t5 = 256 }", "{}"), "tokens must be a table"),
        (MINE.replace("prose", "poetry"), "style must be 'tags' or 'prose', not 'poetry'"),
        (MINE + 'weight_syntax = "x"', "weight_syntax must be 'a1111' or 'comfy' or "),
        (MINE + "chunks = 0", "chunks must be a whole number above 0, not 0"),
        (MINE + "words = -1", "words must be a whole number, 0 for no limit, not -1"),
        (MINE + 'banned = [""]', "banned must be a list of texts"),
        (MINE + "extends = 7", "extends must be a text, not 7"),
        (MINE.replace("t5", "gemma"), "tokens must be a table of token limits above 0, such as"),
        (MINE + 'negative = "yes"', "negative must be true or false, not 'yes'"),
        (MINE + 'sizes = ["big"]', 'sizes must be a list of sizes such as "1024x768"'),
        (MINE + "sizes = []", "sizes must be a list with something in it"),
        (MINE + 'languages = "en"', "languages must be a list of texts, not 'en'"),
        (MINE + "family = 7", "family must be a text, not 7"),
        ("style = ", "is not TOML"),
    ],
)
def test_a_wrong_file_is_refused_with_place_and_reason(
    tmp_path: Path, text: str, message: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(InputError) as caught:
        load(path)
    assert message in caught.value.message
    assert str(path) in caught.value.message


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "latin.toml"
    path.write_bytes(b'title = "caf\xe9"')
    with pytest.raises(InputError, match="not UTF-8"):
        load(path)


def test_a_folder_is_no_profile(tmp_path: Path) -> None:
    folder = tmp_path / "folder.toml"
    folder.mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        load(folder)


def test_unknown_names_and_files(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"no profile is called 'sdlx'; did you mean 'sdxl'\?"):
        load("sdlx")
    with pytest.raises(NotFoundError, match="no profile file") as caught:
        load(tmp_path / "none.toml")
    assert caught.value.exit_code == 3


def test_a_file_may_extend_a_profile(tmp_path: Path) -> None:
    path = write(tmp_path, 'extends = "sdxl"\nchunks = 3\nbanned = ["8k"]')
    assert load(path) == replace(load("sdxl"), name="mine", chunks=3, banned=("8k",))


def test_a_file_extends_another_beside_it_or_in_the_folder(tmp_path: Path) -> None:
    write(tmp_path, 'extends = "flux"\nwords = 60', "house.toml")
    path = write(tmp_path, 'extends = "house.toml"\ntitle = "Ours"')
    expected = replace(load("flux"), name="mine", words=60, title="Ours")
    assert load(path) == expected
    write(tmp_path, 'extends = "house"\ntitle = "Ours"')
    assert load("mine", tmp_path) == expected


def test_a_file_named_as_a_built_in_goes_before_it(tmp_path: Path) -> None:
    write(tmp_path, 'extends = "sdxl"\nnegative = false', "sdxl.toml")
    assert load("sdxl", tmp_path) == replace(load("sdxl"), negative=False)
    assert load("pony", tmp_path) == load("pony")
    assert names(tmp_path) == ALL
    write(tmp_path, MINE, "mine.toml")
    assert names(tmp_path) == (*ALL, "mine")


def test_files_that_extend_one_another_are_refused(tmp_path: Path) -> None:
    write(tmp_path, 'extends = "b"', "a.toml")
    write(tmp_path, 'extends = "a"', "b.toml")
    with pytest.raises(InputError, match=r"extends itself: .*a\.toml -> .*b\.toml -> .*a\.toml"):
        load("a", tmp_path)


def test_a_missing_parent_is_said(tmp_path: Path) -> None:
    path = write(tmp_path, 'extends = "sdlx"')
    with pytest.raises(NotFoundError, match="did you mean 'sdxl'"):
        load(path)


def test_a_name_is_no_way_out_of_the_folder(tmp_path: Path) -> None:
    write(tmp_path, MINE)
    for name in ("../mine", str(tmp_path / "mine"), "", ".", ".."):
        with pytest.raises(NotFoundError):
            load(name, tmp_path / "profiles")
    for name in ("~nobody-here.toml", "a\0b.toml"):
        with pytest.raises((NotFoundError, InputError)):
            load(name)


@given(st.text())
def test_any_other_name_is_refused_cleanly(name: str) -> None:
    if name not in ALL and not name.endswith(".toml"):
        with pytest.raises(NotFoundError):
            load(name)
