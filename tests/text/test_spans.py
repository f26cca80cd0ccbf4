import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.text.spans import protected


def found(text: str) -> list[tuple[str, str]]:
    return [(text[span.start : span.end], span.kind) for span in protected(text)]


CASES: dict[str, list[tuple[str, str]]] = {
    "a fox in the snow": [],
    'a sign that says "Open late"': [('"Open late"', "quoted")],
    "“hello” «salut» 「你好」": [
        ("“hello”", "quoted"),
        ("«salut»", "quoted"),
        ("「你好」", "quoted"),
    ],
    "a fox <lora:snow_style:0.8>": [("<lora:snow_style:0.8>", "lora")],
    "embedding:EasyNegative, <my-cat>": [
        ("embedding:EasyNegative", "embedding"),
        ("<my-cat>", "embedding"),
    ],
    "a __animal__ in __place/wild*__": [
        ("__animal__", "wildcard"),
        ("__place/wild*__", "wildcard"),
    ],
    "a fox BREAK BREAKFAST": [("BREAK", "break")],
    "(a fox:1.2), ((snow)), [blur]": [
        ("(a fox:1.2)", "weight"),
        ("((snow))", "weight"),
        ("[blur]", "weight"),
    ],
    "(a, (b:1.3), c:1.2)": [("(a, (b:1.3), c:1.2)", "weight")],
    "((a:1.1) b": [("(a:1.1)", "weight")],
    "an Audi (1988), (x), [] and (((": [],
    r"\(fox:1.2\)": [],
    "a {red|blue} fox, {2$$a|b}, {c}": [("{red|blue}", "dynamic"), ("{2$$a|b}", "dynamic")],
    "{a|{b|c}} d": [("{a|{b|c}}", "dynamic")],
    'unclosed "quote, <lora:x, {a|b': [],
    "": [],
}


@pytest.mark.parametrize(("text", "expected"), CASES.items())
def test_protected(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@given(st.text('ab "(){}[]<>|:1.2_\nBREAK“”', max_size=60))
def test_spans_are_ordered_and_apart(text: str) -> None:
    at = 0
    for span in protected(text):
        assert at <= span.start < span.end <= len(text)
        at = span.end


def test_a_long_row_of_brackets_is_read_in_time() -> None:
    assert protected("(" * 20_000) == ()
