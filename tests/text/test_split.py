from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.text.normalise import normalise
from bozzetto.text.split import split

LABELS = Path(__file__).with_name("split_labels.tsv")

SHAPES = {
    "tag list": (
        "red fox, snow, pine forest, highly detailed, digital painting, artstation, 8k",
        "red fox, snow, pine forest",
        ("highly detailed", "digital painting", "artstation", "8k"),
    ),
    "medium first": ("an oil painting of a fox", "a fox", ("oil painting",)),
    "medium and adjectives first": (
        "a beautiful highly detailed watercolor of an old mill",
        "an old mill",
        ("beautiful highly detailed watercolor",),
    ),
    "concept art first": ("concept art of a space station", "a space station", ("concept art",)),
    "photo first": ("a photo of a cat in a box", "a cat in a box", ("photo",)),
    "close-up first": ("close-up of a bee", "a bee", ("close-up",)),
    "two frames": ("screenshot of a painting of a cow", "a cow", ("screenshot", "painting")),
    "portrait and credit": (
        "portrait of a queen by greg rutkowski and wlop, sharp focus",
        "a queen",
        ("portrait", "by greg rutkowski and wlop", "sharp focus"),
    ),
    "credit list": (
        "a castle, art by greg rutkowski, artgerm, wlop and tom zyxwv, octane render",
        "a castle",
        ("art by greg rutkowski, artgerm, wlop and tom zyxwv", "octane render"),
    ),
    "credit with given names": (
        "a castle by john stone, mark wood, trees",
        "a castle, trees",
        ("by john stone, mark wood",),
    ),
    "credit in mid-sentence": (
        "a knight by frank frazetta riding a bear",
        "a knight",
        ("by frank frazetta riding a bear",),
    ),
    "style of": (
        "a village in the style of van gogh, at night",
        "a village, at night",
        ("in the style of van gogh",),
    ),
    "names first": (
        "greg rutkowski, a fox in the snow, 4k",
        "a fox in the snow",
        ("greg rutkowski", "4k"),
    ),
    "a person as the subject": (
        "emma watson, portrait, 4k",
        "emma watson",
        ("portrait", "4k"),
    ),
    "subject last": (
        "digital art, trending on artstation, a fox",
        "a fox",
        ("digital art", "trending on artstation"),
    ),
    "style at the end without a comma": (
        "an elven mage holding a dragon egg 4k ultra high resolution",
        "an elven mage holding a dragon egg",
        ("4k ultra high resolution",),
    ),
    "style at the start without a comma": (
        "hyperrealistic 3d render angry cat on a roof",
        "angry cat on a roof",
        ("hyperrealistic 3d render",),
    ),
    "head": ("medieval castle concept art", "medieval castle", ("concept art",)),
    "head beside a core": (
        "a detective, film noir lighting, animal photography",
        "a detective",
        ("film noir lighting", "animal photography"),
    ),
    "prose": (
        "A fox walks through the snow. It looks back at the camera. Soft light, very detailed.",
        "A fox walks through the snow, It looks back at the camera",
        ("Soft light", "very detailed"),
    ),
    "abbreviations end no sentence": (
        "dr. seuss reading to j. r. r. tolkien. oil on canvas.",
        "dr. seuss reading to j. r. r. tolkien",
        ("oil on canvas",),
    ),
    "by that credits nobody": (
        "a house by the sea surrounded by tall trees",
        "a house by the sea surrounded by tall trees",
        (),
    ),
    "weights": (
        "(masterpiece:1.2), ((best quality)), (a red fox:1.3) in [snow], a ((blue)) bird",
        "(a red fox:1.3) in [snow], a ((blue)) bird",
        ("masterpiece", "best quality"),
    ),
    "brackets over several tags": (
        "(masterpiece, best quality:1.2), [a fox], (year 1988)",
        "a fox, year 1988",
        ("masterpiece", "best quality"),
    ),
    "lora": (
        "a fox <lora:snow_style:0.8>, BREAK 8k <lora:b:1>",
        "a fox",
        ("<lora:snow_style:0.8>", "8k", "<lora:b:1>"),
    ),
    "settings": ("a fox --ar 16:9 --v 5", "a fox", ("--ar 16:9", "--v 5")),
    "bars and colons": (
        "a fox | oil painting :: snow + octane render ~ 8k",
        "a fox, snow",
        ("oil painting", "octane render", "8k"),
    ),
    "exclamations": (
        "symmetry!! portrait of a fox! in snow",
        "a fox, in snow",
        ("symmetry", "portrait"),
    ),
    "quotes around all": ("“ a fox, 8k ”", "a fox", ("8k",)),
    "wide commas": ("一只狐狸，雪景，8k", "一只狐狸, 雪景", ("8k",)),
    "a genre alone": ("cyberpunk, 8k", "cyberpunk", ("8k",)),
    "style only": (
        "painting by denis sarazhin, 8k.",
        "painting by denis sarazhin, 8k",
        (),
    ),
    "a medium in the picture": (
        "a man taking a photo, a woman with a pencil",
        "a man taking a photo, a woman with a pencil",
        (),
    ),
    "no words": ("🦊", "🦊", ()),
    "signs": ("...", "...", ()),
    "nothing": ("", "", ()),
    "white space": ("  \n ", "", ()),
}


@pytest.mark.parametrize(("text", "core", "modifiers"), SHAPES.values(), ids=SHAPES)
def test_split(text: str, core: str, modifiers: tuple[str, ...]) -> None:
    halves = split(text)
    assert halves.core == core
    assert halves.modifiers == modifiers


def test_share_of_real_prompts_split_as_by_hand() -> None:
    rows = [line.split("\t") for line in LABELS.read_text(encoding="utf-8").splitlines()]
    wrong = [text for text, core in rows if split(normalise(text)).core != core]
    assert len(rows) >= 60
    assert 1 - len(wrong) / len(rows) >= 0.88, wrong


def check(text: str) -> None:
    halves = split(text)
    assert halves.text == text
    spans = sorted([*halves.core_spans, *halves.modifier_spans])
    at = 0
    for start, end in spans:
        assert at <= start < end <= len(text)
        piece = text[start:end]
        assert piece == piece.strip()
        at = end
    assert list(halves.core_spans) == sorted(halves.core_spans)
    assert list(halves.modifier_spans) == sorted(halves.modifier_spans)
    assert bool(halves.core) == bool(text.strip())


SAMPLES = """
a fox by greg rutkowski and in the style of oil painting portrait photo 8k highly detailed lighting
, . | ( ) [ ] :1.2 " “ ” ' - :: ! <lora:x:1> --ar BREAK İ ß ᾳ 狐 ， trending on artstation fantasy
artgerm emma _ & of with
"""
PIECES = st.lists(st.one_of(st.sampled_from(SAMPLES.split()), st.characters()), max_size=14)


@given(PIECES.map(" ".join))
def test_spans_are_exact_ordered_and_apart(text: str) -> None:
    check(text)


@given(PIECES.map("".join))
def test_spans_hold_without_spaces_too(text: str) -> None:
    check(text)


def test_every_real_prompt(prompts: list[str]) -> None:
    for text in prompts:
        check(text)
        check(normalise(text))


def test_a_megabyte_is_split_in_time() -> None:
    check("a fox " * 170_000)
    check("fox, " * 200_000)
