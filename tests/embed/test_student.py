from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.adapters.embedders import minilm
from bozzetto.embed.student import FILE, Pieces, Student
from bozzetto.errors import SetupError
from bozzetto.ports import Embedder
from bozzetto.testing.embedders import EmbedderContract

MINILM = minilm.open_embedder()
STUDENT = Student()

TEXTS = [
    "a red fox in the snow",
    "a lighthouse on a cliff at night",
    "two robots drinking tea",
    "a bowl of ripe cherries on a blue table",
    "an abandoned swimming pool full of plants",
]


class TestStudent(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> Embedder:
        return STUDENT


def test_its_teacher_is_the_embedder_we_ship() -> None:
    assert STUDENT.teacher == MINILM.features.id
    assert STUDENT.features.dim == MINILM.features.dim


def test_it_gives_its_teachers_vectors_nearly() -> None:
    alike = (STUDENT.embed(TEXTS) * MINILM.embed(TEXTS)).sum(axis=1)
    assert alike.min() >= 0.85


def test_the_teachers_ideas_find_the_students_texts() -> None:
    ideas = [
        "a winter animal",
        "a beacon by the sea",
        "machines at a cafe",
        "fruit",
        "a derelict pool",
    ]
    found = (MINILM.embed(ideas) @ STUDENT.embed(TEXTS).T).argmax(axis=1)
    assert found.tolist() == [0, 1, 2, 3, 4]


def test_case_accents_and_marks_say_nothing() -> None:
    one, other = STUDENT.embed(["A Café, at NIGHT!", "a cafe at night"])
    assert one.tolist() == other.tolist()


def test_a_word_is_cut_into_the_longest_pieces_known() -> None:
    pieces = Pieces(["", "night", "night" + "s", "##mare", "##mar"])
    assert pieces.of("nightmare Nights, nightly -- ?") == [1, 3, 2, 1, 0]
    assert pieces.of("") == [0]


@given(st.text(max_size=300))
def test_any_text_has_pieces_of_the_vocabulary(text: str) -> None:
    pieces = Pieces(["", "a", "b", "##a", "##bb"])
    found = pieces.of(text)
    assert 1 <= len(found) <= 128
    assert set(found) <= set(range(5))


def test_rows_are_independent_of_the_block_they_are_in() -> None:
    texts = [f"{text} {number}" for number in range(300) for text in TEXTS]
    assert np.abs(STUDENT.embed(texts)[:5] - STUDENT.embed(texts[:5])).max() < 1e-5


def test_a_wrong_or_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"student_v1\.npz cannot be read"):
        Student(tmp_path).embed(["a"])
    (tmp_path / FILE.name).write_bytes(b"another file")
    with pytest.raises(SetupError, match="not the file this version was made with"):
        Student(tmp_path).embed(["a"])
