"""Messages fitted to models that take fewer roles than a chat has."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bozzetto.adapters.chat.turns import folded, merged, plain, split_system
from bozzetto.types import Message

SYSTEM = Message("system", "Be brief.")
ASK = Message("user", "Hello")
REPLY = Message("assistant", "Yes?")

MESSAGES = st.lists(
    st.builds(
        Message,
        st.sampled_from(["system", "user", "assistant"]),
        st.sampled_from(["", " ", "a", "b\nc"]),
    ),
    max_size=6,
)


def test_the_system_prompt_goes_before_the_first_question() -> None:
    system, turns = split_system((SYSTEM, ASK, REPLY, ASK))
    assert (system, turns) == ("Be brief.", [ASK, REPLY, ASK])
    assert folded(system, turns) == [Message("user", "Be brief.\n\nHello"), REPLY, ASK]
    assert folded("", turns) == turns


def test_a_system_prompt_alone_is_the_question() -> None:
    assert split_system((SYSTEM,)) == ("", [Message("user", "Be brief.")])


def test_one_question_is_plain_and_several_turns_are_told_apart() -> None:
    assert plain((SYSTEM, ASK)) == "Be brief.\n\nHello"
    assert plain((ASK,)) == "Hello"
    assert plain((SYSTEM, ASK, REPLY, ASK)) == (
        "Be brief.\n\nUser: Hello\n\nAssistant: Yes?\n\nUser: Hello\n\nAssistant:"
    )


@given(MESSAGES)
def test_turns_alternate_and_lose_no_word_of_the_user(messages: list[Message]) -> None:
    _, turns = split_system(messages)
    roles = [turn.role for turn in turns]
    assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"] * (len(roles) % 2)
    assert all(turn.content.strip() for turn in turns)
    said = [m.content for m in messages if m.role == "user" and m.content.strip()]
    if said:
        heard = "\n\n".join(turn.content for turn in turns if turn.role == "user")
        assert heard == "\n\n".join(said)
    assert merged(turns) == turns
