import time
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bozzetto.text.weights import Piece, Syntax, convert, parse, recognise, strip_weights, write

SYNTAXES: tuple[Syntax, ...] = ("a1111", "comfy", "compel")


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
        ('a (sign:1.2) saying "(open)"', 'a sign saying "(open)"'),
        ("", ""),
    ],
)
def test_strip_weights(text: str, plain: str) -> None:
    assert strip_weights(text) == plain


@given(st.text("ab ,:.()1"))
def test_no_round_bracket_is_left(text: str) -> None:
    plain = strip_weights(text)
    assert "(" not in plain
    assert ")" not in plain
    assert [c for c in plain if c in "ab"] == [c for c in text if c in "ab"]


@pytest.mark.parametrize(
    ("syntax", "text", "pieces"),
    [
        ("a1111", "a fox", [Piece("a fox")]),
        ("a1111", "", []),
        ("a1111", "a (fox:1.25)", [Piece("a "), Piece("fox", 1.25)]),
        ("a1111", "((a)) [b] [[c]]", "a 1.21, b .91, c .83"),
        ("a1111", "((a:1.1) b:1.3)", [Piece("a", 1.43), Piece(" b", 1.3)]),
        ("a1111", "(a:.5)(b:0)(c:-1)", [Piece("a", 0.5), Piece("b", 0.0), Piece("c", -1.0)]),
        ("a1111", "(a [b:1.2) c", [Piece("a b", 1.2), Piece(" c")]),
        ("a1111", "a:1.2) (b", [Piece("a "), Piece("b", 1.1)]),
        (  # the example of A1111's own documentation
            "a1111",
            "a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).",
            [
                Piece("a "),
                Piece("house", 1.57),
                Piece(" on"),
                Piece(" a", 1.1),
                Piece(" "),
                Piece("hill", 0.55),
                Piece(", sun,", 1.1),
                Piece(" "),
                Piece("sky", 1.46),
                Piece(".", 1.1),
            ],
        ),
        ("a1111", r"\(a\) \[b\] c\\ \d", [Piece(r"(a) [b] c\ \d")]),
        (
            "a1111",
            "(a [b:c:5]:1.2)",
            [Piece("a ", 1.2), Piece("[b:c:5]", 1.2, literal=True)],
        ),
        ("comfy", "(a) ((b:1.2) c:1.5) [d]", "a 1.1, b 1.2, c 1.5"),
        ("comfy", r"\(a\) :) (b", [Piece("(a) :) (b")]),
        ("compel", "a++ (b c)-- (d)1.25 e-f g+", "a 1.21, b c .81, d 1.25, g 1.1"),
        ("compel", "((a)1.1 b)1.3 (c) C\\+\\+ (d", "a 1.43, b 1.3"),
        ("none", "(a:1.2)", [Piece("(a:1.2)")]),
    ],
)
def test_parse(syntax: Syntax, text: str, pieces: list[Piece] | str) -> None:
    found = parse(text, syntax)
    if isinstance(pieces, str):
        weighted = [(piece.text.strip(), piece.weight) for piece in found if piece.weight != 1]
        expected = [part.rsplit(" ", 1) for part in pieces.split(", ")]
        assert weighted == [(name, float(weight)) for name, weight in expected]
    else:
        assert list(found) == pieces


@pytest.mark.parametrize(
    ("source", "target", "text", "expected"),
    [
        ("a1111", "compel", "a (red fox:1.2), ((snow))", "a (red fox)1.2, (snow)1.21"),
        ("a1111", "comfy", "[blur] ((a:1.1) b:1.3)", "(blur:0.91) (a:1.43)( b:1.3)"),
        ("a1111", "none", "a (red fox:1.2) [x|y]", "a red fox [x|y]"),
        ("comfy", "a1111", "[snow] (fox)", r"\[snow\] (fox:1.1)"),
        ("compel", "a1111", "a fox++ (deep snow)-", "a (fox:1.21) (deep snow:0.9)"),
        ("compel", "comfy", r"C\+\+ \(x\)", r"C++ \(x\)"),
        ("a1111", "compel", r"C++ \(x\) (y:1.2)5 -z", r"C\+\+ \(x\) (y)1.2(5 -z)1.0"),
        ("a1111", "compel", "<lora:x-y:0.5> (__a__:1.5)", "<lora:x-y:0.5> (__a__)1.5"),
        ("a1111", "a1111", "((as it) is", "((as it) is"),
    ],
)
def test_convert(source: Syntax, target: Syntax, text: str, expected: str) -> None:
    assert convert(text, source, target) == expected


ATOMS = ["<lora:a-b:0.8>", "[cat:dog:0.5]", "[a|b]", "{a|b}", "__w__", '"(x)++"', "embedding:e"]
WORDS = ["a", "red fox", "C++", "e-f", "--", "5", "1.5", "16:9", ":", ",", ".", " ", "[", "]", "é"]
MARKS = ["(", ")", ":1.2)", ":.25)", ")1.25", ")++", ")-", "++ ", "((", "))", "[[", "]]", ": 2 )"]
PARTS = st.sampled_from([*WORDS, *MARKS, *(f" {atom} " for atom in ATOMS)])
PROMPTS = st.lists(PARTS, max_size=14).map("".join)


@given(PROMPTS, st.sampled_from(SYNTAXES), st.sampled_from(SYNTAXES))
@example("(a:1.2)5", "a1111", "compel")
def test_what_is_written_is_read_back(prompt: str, source: Syntax, target: Syntax) -> None:
    pieces = parse(prompt, source)
    assert parse(write(pieces, target), target) == pieces


LEAVES = st.sampled_from(["fox", "deep snow", "x"]).map(lambda text: (text, [(text, 1.0)]))


def weighted(inner: tuple[str, list[tuple[str, float]]], weight: float | None) -> object:
    """A nested prompt in A1111's syntax and what it weighs, from what lies in the brackets."""
    text, parts = inner
    marks = {None: f"({text})", -1.0: f"[{text}]"}.get(weight, f"({text}:{weight})")
    factor = {None: 1.1, -1.0: 1 / 1.1}.get(weight, weight)
    return marks, [(word, value * (factor or 0.0)) for word, value in parts]


def together(items: list[tuple[str, list[tuple[str, float]]]]) -> object:
    """Prompts one after the other."""
    return ", ".join(text for text, _ in items), [part for _, parts in items for part in parts]


NESTED = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(weighted, inner, st.sampled_from([None, -1.0, 0.5, 1.25, 1.3])),
        st.lists(inner, min_size=1, max_size=3).map(together),
    ),
    max_leaves=12,
)


@given(NESTED)
def test_nested_weights_multiply(prompt: tuple[str, list[tuple[str, float]]]) -> None:
    text, parts = prompt
    for syntax in SYNTAXES:
        found = parse(convert(text, "a1111", syntax), syntax)
        words = [(w.strip(), p.weight) for p in found for w in p.text.split(",") if w.strip()]
        assert [word for word, _ in words] == [word for word, _ in parts]
        assert [weight for _, weight in words] == pytest.approx([w for _, w in parts], abs=0.0051)


@example("[ [] ")
@given(st.text("ab()[]\\: .1", max_size=40))
def test_a_backslash_survives_in_a1111(prompt: str) -> None:
    pieces = parse(prompt, "a1111")
    assert parse(write(pieces, "a1111"), "a1111") == pieces


@given(st.text("abc ,.;é!?\n"), st.sampled_from((*SYNTAXES, "none")))
def test_text_without_weights_stays(text: str, syntax: Syntax) -> None:
    assert write(parse(text, syntax), syntax) == text
    assert strip_weights(text, syntax) == text


@given(PROMPTS)
def test_literals_are_never_touched(prompt: str) -> None:
    atoms = [piece.text for piece in parse(prompt, "a1111") if piece.literal]
    for syntax in (*SYNTAXES, "none"):
        written, at = convert(prompt, "a1111", syntax), 0
        for atom in atoms:
            at = written.index(atom, at) + len(atom)


def test_recognise() -> None:
    for text in ("a (fox)1.2", "a fox++, snow", "(a fox)--, snow", "(a fox)+"):
        assert recognise(text) == "compel"
    for text in ("a (fox:1.2)", "((fox))", "[fox]", "C++", "an Audi (1988)", "(Disney)-like", ""):
        assert recognise(text) == "a1111"


HOSTILE = ("(", ")", "[", "(a", "a)", "(a:1)", ":", ": ", ":1", "\\", "a", "a-", "a+", "+", "a\\+")


@pytest.mark.parametrize(("piece", "syntax"), list(product(HOSTILE, SYNTAXES)))
def test_hostile_text_is_read_in_linear_time(piece: str, syntax: Syntax) -> None:
    text = piece * (20_000 // len(piece))
    start = time.process_time()
    write(parse(text, syntax), syntax)
    write(parse(text + ")" * 10_000 + ":9" * 9 + " " * 10_000, syntax), syntax)
    recognise(text)
    assert time.process_time() - start < 2  # quadratic would be minutes
