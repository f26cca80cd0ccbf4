import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.text.normalise import fold, normalise, prompt_id, visible

# Pieces that the mending looks at, so that chance finds their combinations.
PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            [" ", "  ", "1", "9", "0", "5", "k", "d", "s", "mm", "-", "'", "’", "&", "(", ")", "[",
             ":", "/", ".", ",", "f", "a", "A", "fox", "engine", "#", "!", "\n", "\x00", "\u200b",
             "\u200d", "é", "Ã", "©", "â", "€", "™", "\ufeff", "\ud83d", "\ude00", "e", "\u0301"]
        ),
        st.characters(),
    ),
    max_size=24,
).map("".join)  # fmt: skip
ANY = st.text(st.characters(exclude_categories=()), max_size=40)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("portrait of a 1 9 8 0 s  fox , 8 k ", "portrait of a 1980s fox, 8k"),
        ("a sci - fi city, hyper - realistic", "a sci-fi city, hyper-realistic"),
        ("a 2 0 0 year old man in his 5 0 s", "a 200 year old man in his 50s"),
        ("( ( ( art deco ) ) ), [ x ]", "(((art deco))), [x]"),
        ("d & d, greg & wlop", "d&d, greg & wlop"),
        ("it 's the king ’ s court, don ' t", "it's the king’s court, don't"),
        ("8 5 mm f / 1. 8, iso 2 0 0, 1 / 1 6 0 s", "85mm f/1.8, iso 200, 1/160s"),
        ("8 5 mm, f 1. 8", "85mm, f 1.8"),
        ("unreal engine 5 8 k", "unreal engine 5 8k"),
        ("unreal engine 5. 8 k", "unreal engine 5. 8k"),
        ("hd 2 0 2 2 3 d", "hd 2022 3d"),
        ("widescreen, 1 6 : 9", "widescreen, 16:9"),
        ("( a fox : 1. 2 )", "(a fox:1.2)"),
        ("a fox : : by wlop", "a fox :: by wlop"),
        ("pixiv # 1 ranking", "pixiv #1 ranking"),
        ("a fox ; a hen ! what ?", "a fox; a hen! what?"),
        ("wait ... what", "wait ... what"),
        ("A fox - digital art", "A fox - digital art"),
        ("a fox - digital art", "a fox - digital art"),
        ("a well-lit room - empty", "a well-lit room - empty"),
        ("12 monkeys, 3 dogs and 2 kids", "12 monkeys, 3 dogs and 2 kids"),
        ("a\x00b\x1b[31mc\x7f", "ab[31mc"),
        (" a\tb\r\n\nc\u00a0d\u3000e ", "a b c d e"),
        ("\ufeffzero\u200bwidth \u202eright", "zerowidth right"),
        ("cafe\u0301", "café"),
        ("cafÃ© â€œfoxâ€\x9d, ZdzisÅ‚aw", "café “fox”, Zdzisław"),
        ("fox \ud83e\udd8a, lone \ud83e end", "fox 🦊, lone end"),
        ("👩\u200d👩, Zdzisław Beksiński, 奈良美智", "👩\u200d👩, Zdzisław Beksiński, 奈良美智"),
        ("", ""),
        (" \n", ""),
    ],
)
def test_normalise(raw: str, clean: str) -> None:
    assert normalise(raw) == clean


@given(st.one_of(PIECES, ANY))
def test_normalise_is_a_fixed_point_and_valid(text: str) -> None:
    clean = normalise(text)
    assert normalise(clean) == clean
    assert clean.encode().decode() == clean
    assert clean == " ".join(clean.split())


@given(st.one_of(PIECES, ANY))
def test_equal_ids_for_texts_that_differ_in_case_space_or_end(text: str) -> None:
    clean = normalise(text)
    assert prompt_id(text) == prompt_id(clean) == prompt_id(f"  {clean}\n")
    assert fold(fold(clean)) == fold(clean)


def test_prompt_id_is_stable() -> None:
    assert prompt_id("A fox , 8 k. ") == prompt_id("a FOX, 8k") == "04310ac2669aa144"
    assert prompt_id("a fox") != prompt_id("a vixen")
    assert prompt_id("fox\ud800") == prompt_id("fox")


def test_visible_shows_what_would_steer_a_terminal() -> None:
    assert visible("a\x1b[31mred\x07 \x9b2J") == r"a\x1b[31mred\x07 \x9b2J"
    assert visible("\u202eevil \u2066x \U000e0041") == r"\u202eevil \u2066x \U000e0041"
    assert visible("line\n\ttab, é 你好 🦊") == "line\n\ttab, é 你好 🦊"
    assert visible("back\rover\ud800") == r"back\x0dover\ud800"


@given(ANY)
def test_visible_never_leaves_a_control(text: str) -> None:
    shown = visible(text)
    assert all(c.isprintable() or c.isspace() or ord(c) > 0xA0 for c in shown)
    assert not set(shown) & set("\x1b\r\x9b\u202e")
