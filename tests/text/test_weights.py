import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.text.weights import strip_weights


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a fox", "a fox"),
        ("(a fox:1.2)", "a fox"),
        ("a (red:.5) fox, (snow : 1.35 )", "a red fox, snow"),
        ("((a fox)), [blur], {{x}}", "a fox, blur, {{x}}"),
        ("((a fox:1.1) in the snow:1.3)", "a fox in the snow"),
        (r"a \(red\) fox \[1\]", "a (red) fox [1]"),
        ("a fox) (in snow", "a fox in snow"),
        ("ratio 16:9, time 12:30", "ratio 16:9, time 12:30"),
        ("<lora:my_style:0.8>, (fox:1.2)", "<lora:my_style:0.8>, fox"),
        ("__animal/(x)__ (y)", "__animal/x__ y"),
        ("a [cat:dog:0.5] in the [snow]", "a [cat:dog:0.5] in the snow"),
        ("", ""),
    ],
)
def test_strip_weights(text: str, plain: str) -> None:
    assert strip_weights(text) == plain


@given(st.text("ab ,:.()[]1"))
def test_no_round_bracket_is_left(text: str) -> None:
    plain = strip_weights(text)
    assert "(" not in plain
    assert ")" not in plain
    assert [c for c in plain if c in "ab"] == [c for c in text if c in "ab"]
