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
    "sd3",
    "stable-image",
    "flux",
    "qwen-image",
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
    )


@pytest.mark.parametrize("name", ALL)
def test_built_in_ones_hold_together(name: str) -> None:
    profile = load(name)
    assert profile.negative == bool(profile.avoid)
    assert clip_tokens(profile.avoid) <= profile.tokens["clip"]
    assert "en" in profile.languages
    assert len(set(profile.sizes)) == len(profile.sizes)
    assert all(int(side) % 8 == 0 for size in profile.sizes for side in size.split("x"))


def test_limits() -> None:
    assert {name: load(name).tokens["clip"] for name in ALL} == {
        "sd15": 75,
        "sd21": 75,
        "sdxl": 75,
        "sdxl-anime": 75,
        "sd3": 75,
        "stable-image": 100,
        "flux": 100,
        "qwen-image": 250,
        "plain": 75,
    }


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
        (MINE + 'weight_syntax = "x"', "weight_syntax must be 'a1111' or 'none'"),
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


@given(st.text())
def test_any_other_name_is_refused_cleanly(name: str) -> None:
    if name not in ALL and not name.endswith(".toml"):
        with pytest.raises(NotFoundError):
            load(name)
