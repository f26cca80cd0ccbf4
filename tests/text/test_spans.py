import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.text.spans import literals, protected

LENGTH = 200_000


def found(text: str) -> list[tuple[str, str]]:
    return [(text[span.start : span.end], span.kind) for span in protected(text)]


CASES: dict[str, list[tuple[str, str]]] = {
    "a fox in the snow": [],
    'a sign that says "Open late"': [('"Open late"', "quoted")],
    "“hello” «salut» 「你好」 『こん』 „Hallo“ „cześć” ‹a› »b« ‘x y’": [
        ("“hello”", "quoted"),
        ("«salut»", "quoted"),
        ("「你好」", "quoted"),
        ("『こん』", "quoted"),
        ("„Hallo“", "quoted"),
        ("„cześć”", "quoted"),
        ("‹a›", "quoted"),
        ("»b«", "quoted"),
        ("‘x y’", "quoted"),
    ],
    "a shop with 'Google Research' written on it, ‘it’s late’": [
        ("'Google Research'", "quoted"),
        ("‘it’s late’", "quoted"),
    ],
    "the dogs' bowls, the cats' toys, rock 'n' roll, the '90s kids' toys, it's Ann's": [],
    "’tis the dog’s toy, the cats’ bowls": [],
    "“never closed, „nor this, 「nor 『that」": [("「nor 『that」", "quoted")],
    "“a ((fox)) in the snow” ": [("((fox))", "weight")],
    "a fox <lora:snow_style:0.8>": [("<lora:snow_style:0.8>", "lora")],
    "<lora:<lora:a:1>": [("<lora:a:1>", "lora")],
    "<lyco:a:1> <hypernet:b:.5> <lora:../../x:1>": [
        ("<lyco:a:1>", "lora"),
        ("<hypernet:b:.5>", "lora"),
        ("<lora:../../x:1>", "lora"),
    ],
    "embedding:EasyNegative, <my-cat>": [
        ("embedding:EasyNegative", "embedding"),
        ("<my-cat>", "embedding"),
    ],
    "a __animal__ in __place/wild*__, ____ and _____x__": [
        ("__animal__", "wildcard"),
        ("__place/wild*__", "wildcard"),
        ("__x__", "wildcard"),
    ],
    "a fox BREAK BREAKFAST": [("BREAK", "break")],
    "a fox AND a hare, ANDES": [("AND", "break")],
    "A FOX AND A HARE": [],
    "(a fox:1.2), ((snow)), [blur]": [
        ("(a fox:1.2)", "weight"),
        ("((snow))", "weight"),
        ("[blur]", "weight"),
    ],
    "(a fox)1.2, (snow)++, (sun)-, (Disney)-like, (1988) 5": [
        ("(a fox)1.2", "weight"),
        ("(snow)++", "weight"),
        ("(sun)-", "weight"),
    ],
    "(a, (b:1.3), c:1.2)": [("(a, (b:1.3), c:1.2)", "weight")],
    "((a:1.1) b": [("(a:1.1)", "weight")],
    "an Audi (1988), (x), [] and (((": [],
    "a [cat:dog:0.5], [snow:10], [::5], [red|blue] sky": [
        ("[cat:dog:0.5]", "schedule"),
        ("[snow:10]", "schedule"),
        ("[::5]", "schedule"),
        ("[red|blue]", "schedule"),
    ],
    "[(blue:1.2):red:.4], [[a:b:5]]": [
        ("[(blue:1.2):red:.4]", "schedule"),
        ("[[a:b:5]]", "weight"),
    ],
    "[cat:dog:0.5": [],
    r"\(fox:1.2\) \[a:b:5\] \{a|b\}": [],
    "a {red|blue} fox, {2$$a|b}, {c}": [("{red|blue}", "dynamic"), ("{2$$a|b}", "dynamic")],
    "{a|{b|c}} d": [("{a|{b|c}}", "dynamic")],
    "{a|[b|c}]": [("{a|[b|c}", "dynamic")],
    'unclosed "quote, <lora:x, {a|b': [],
    "": [],
}


@pytest.mark.parametrize(("text", "expected"), CASES.items())
def test_protected(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


def test_literals_are_found_inside_weights_and_quotes_are_whole() -> None:
    text = 'a (fox <lora:x:1> [a:b:5]:1.2), ("((x))"), ((__y__))'
    assert [(text[s.start : s.end], s.kind) for s in literals(text)] == [
        ("<lora:x:1>", "lora"),
        ("[a:b:5]", "schedule"),
        ('"((x))"', "quoted"),
        ("__y__", "wildcard"),
    ]


ALPHABET = "ab \"'(){}[]<>|:1.2_\nBREAK“”„‘’«»「」『』\\+-"


@given(st.text(ALPHABET, max_size=60))
def test_spans_are_ordered_and_apart(text: str) -> None:
    for spans in (protected(text), literals(text)):
        at = 0
        for span in spans:
            assert at <= span.start < span.end <= len(text)
            at = span.end


HOSTILE = (
    *(
        "(",
        "[",
        "{",
        "()",
        "[]",
        "{|",
        "[|",
        "(a",
        "[a:",
        "({[",
        "((a)",
        ":1)",
        "(a:1.2)",
        "[a:b:5]",
    ),
    *(
        "<",
        "<lora:",
        "<lora:a",
        "<a",
        "_",
        "__",
        "__a",
        "___a",
        "embedding:",
        "BREAK",
        "AND ",
        "\\",
    ),
    *(
        "\\(",
        '"',
        '"a',
        "“",
        "“a",
        "„",
        "‘",
        "‘a",
        "’",
        "'",
        "'a",
        " 'a",
        "'a'",
        "«",
        "»",
        "「",
        "『",
    ),
    *(
        "'a b",
        "{" * 499 + "}" * 499,
        "[" * 499 + "]" * 499,
        "(a" * 300 + ")" * 300,
        "[|" * 250 + "]" * 250,
    ),
)


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_is_read_in_linear_time(piece: str) -> None:
    text = piece * (LENGTH // len(piece))
    start = time.process_time()
    protected(text)
    assert time.process_time() - start < 2  # quadratic would be minutes


def test_a_megabyte_of_everything() -> None:
    text = "".join(HOSTILE)
    start = time.process_time()
    protected(text * (1_000_000 // len(text)))
    assert time.process_time() - start < 10
