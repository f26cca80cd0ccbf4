from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.text.words import content_words, jaccard, owner, stem, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A Fox, in the SNOW!", ("a", "fox", "in", "the", "snow")),
        ("it's sci-fi, 8k (d&d)", ("it's", "sci", "fi", "8k", "d", "d")),
        ("l’été à l'île", ("l’été", "à", "l'île")),
        ("snake_case", ("snake", "case")),
        ("赤い狐とfox", ("赤", "い", "狐", "と", "fox")),
        ("빨간 여우", ("빨간", "여우")),
        ("рыжая Лиса", ("рыжая", "лиса")),
        ("🦊 ...", ()),
        ("", ()),
    ],
)
def test_words(text: str, expected: tuple[str, ...]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "a fox in the snow with its cubs", ("fox", "snow", "cubs")),
        ("it", "il profumo dell'estate con un'amica", ("profumo", "estate", "amica")),
        ("de", "ein Hund auf der Straße", ("hund", "straße")),
        ("fr", "l'ombre d'un chat qu'on aime", ("ombre", "chat", "aime")),
        ("es", "un perro en la playa", ("perro", "playa")),
        ("pt", "um cão na praia", ("cão", "praia")),
        ("ja", "雪の中の狐", ("雪", "中", "狐")),
        ("zh", "雪中的狐狸", ("雪", "中", "狐", "狸")),
        ("ko", "눈 속 의 여우", ("눈", "속", "여우")),
        ("pl", "lis na śniegu", ("lis", "na", "śniegu")),
        ("und", "the fox", ("the", "fox")),
    ],
)
def test_content_words(language: str, text: str, expected: tuple[str, ...]) -> None:
    assert content_words(text, language) == expected


def test_stem() -> None:
    assert [stem(word) for word in ("foxes", "running", "painted", "castle", "8k", "狐")] == [
        "fox",
        "run",
        "paint",
        "castl",
        "8k",
        "狐",
    ]


def test_jaccard_examples() -> None:
    assert jaccard({"a", "b"}, {"b", "c"}) == 1 / 3
    assert jaccard({"a"}, {"a"}) == 1.0
    assert jaccard({"a"}, set()) == 0.0
    assert jaccard(set(), set()) == 1.0


@given(st.text(max_size=60))
def test_words_are_lower_case_and_occur_in_the_text(text: str) -> None:
    lower = text.lower()
    assert all(word == word.lower() and word in lower for word in words(text))


def test_threads_stem_at_the_same_time() -> None:
    def work(start: int) -> list[str]:
        return [stem(f"running{start * 1000 + n}ing") for n in range(300)]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(work, range(40)))
    assert found == [[f"running{start * 1000 + n}" for n in range(300)] for start in range(40)]


def test_an_owner_is_told_without_what_says_so() -> None:
    assert [owner(word) for word in ("dog's", "dog’s", "dogs'", "dogs", "'s")] == [
        "dog", "dog", "dogs'", "dogs", "",
    ]  # fmt: skip
