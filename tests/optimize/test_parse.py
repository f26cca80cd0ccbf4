import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bozzetto.optimize.loops import cut_loops
from bozzetto.optimize.parse import MAX_ANSWER, Draft, Refusal, parse

DOG = "a small dog in the rain, watercolor, soft light"


@pytest.mark.parametrize(
    "answer",
    [
        DOG,
        f"PROMPT: {DOG}",
        f"prompt : {DOG}",
        f"Optimized Prompt: {DOG}",
        f"**PROMPT:** {DOG}",
        f"### Prompt\n{DOG}".replace("### Prompt\n", "### Prompt:\n"),
        f"- PROMPT: {DOG}",
        f'PROMPT: "{DOG}"',
        f"PROMPT: “{DOG}”",
        f"PROMPT: `{DOG}`",
        f"PROMPT：{DOG}",
        f"提示词：{DOG}",
        f"Sure! {DOG}",
        f"Sure! Here is your prompt: {DOG}",
        f"Here is the optimized prompt:\n\n{DOG}",
        f"Here's a prompt for you:\nPROMPT: {DOG}",
        f"```\n{DOG}\n```",
        f"```text\nPROMPT: {DOG}\n```\nThis prompt keeps the dog.",
        f"```\nPROMPT: {DOG}",
        f"<think>The user wants a dog.</think>PROMPT: {DOG}",
        f"<think>\nPROMPT: a cat\n</think>\n\nPROMPT: {DOG}",
        f"hm, a dog, let me see\n</think>\nPROMPT: {DOG}",
        f"PROMPT: {DOG}\n<think>and now I should explain",
        f"<thinking>x</thinking><|im_start|>assistant\nPROMPT: {DOG}<|im_end|>\nuser: more",
        f"1. {DOG}\n2. a big dog in the snow, oil painting, hard light",
        f"- {DOG}",
        f"Prompt 1: {DOG}\nPrompt 2: a big dog in the snow",
        f"PROMPT: {DOG}\n\nLet me know if you want changes!",
        f"PROMPT: {DOG}. Let me know if you want changes!\n",
        f"{DOG}\n\nThis prompt has a dog and rain.",
        f'{{"prompt": "{DOG}"}}',
        f'{{"Positive Prompt": "{DOG}", "seed": 1}}',
        f'[{{"prompt": "{DOG}"}}, {{"prompt": "a cat"}}]',
        f'```json\n{{"prompt": "{DOG}"}}\n```',
        f'{{"prompt": "{DOG}", "negative": "blu',
        f"<p>{DOG}</p>",
        f"PROMPT: {DOG}<script>alert(1)</script>",
        f"PROMPT: \x1b[31m{DOG}\x1b[0m",
        f"PROMPT: \x1b]52;c;ZXZpbA==\a{DOG}",
        f"PROMPT: {DOG}\u202e\x00",
        f"PROMPT:\n{DOG}",
        f"\r\nPROMPT: {DOG}\r\nNEGATIVE: none\r\n",
        "PROMPT: " + f"{DOG}, " * 40,
        "- a small dog in the rain\n- watercolor\n- soft light",
    ],
)
def test_the_prompt_is_found_in_what_a_model_wraps_around_it(answer: str) -> None:
    found = parse(answer, "a dog in the rain")
    assert isinstance(found, Draft)
    assert found.prompt.rstrip(".") == DOG
    assert found.negative is None


@pytest.mark.parametrize(
    "answer",
    [
        f"PROMPT: {DOG}\nNEGATIVE: blurry, text",
        f"PROMPT: {DOG}\nNegative prompt: blurry, text",
        f"PROMPT: {DOG} NEGATIVE: blurry, text",
        f"**PROMPT:** {DOG}\n\n**NEGATIVE:** blurry, text\n\nI hope this helps!",
        f"{DOG}\nNEGATIVE: blurry, text",
        f"NOTE: x\nPROMPT: {DOG}\nNEGATIVE:\nblurry, text",
        f'{{"prompt": "{DOG}", "negative_prompt": "blurry, text"}}',
        f'{{"prompt": "{DOG}", "negative": ["blurry", "text"]}}',
    ],
)
def test_the_negative_prompt_is_found_too(answer: str) -> None:
    assert parse(answer) == Draft(DOG, "blurry, text")


ANSWERS = json.loads((Path(__file__).parents[1] / "data" / "answers.json").read_text("utf-8"))
"""The shapes that models of several makers answer in, all around the one prompt."""


@pytest.mark.parametrize("answer", ANSWERS["plain"])
def test_shapes_of_answers_without_a_negative_prompt(answer: str) -> None:
    found = parse(answer, "a dog in the rain")
    assert isinstance(found, Draft)
    assert (found.prompt.rstrip("."), found.negative) == (DOG, None)


@pytest.mark.parametrize("answer", ANSWERS["with_negative"])
def test_shapes_of_answers_with_one(answer: str) -> None:
    assert parse(answer, "a dog in the rain") == Draft(DOG, "blurry, text")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", "said nothing"),
        ("This request may violate our content policy.", "declined"),
        ("I appreciate your request, but I'm not comfortable with this.", "declined"),
        ("*smiles* Oh, I would love to paint it for you, sweetie.", "talks about the task"),
        ("What breed is your dog, and what style do you prefer?", "talks about the task"),
        ("<think>\nThe user wants a dog. I should write a dog in the rain", "said nothing"),
        ("   \n", "said nothing"),
        ("<think>on and on and on", "said nothing"),
        ("PROMPT:", "said nothing that can be drawn"),
        ("...", "said nothing that can be drawn"),
        ("I'm sorry, but I can't help with that.", "declined"),
        ("I’m sorry, I cannot create that.", "declined"),
        ("PROMPT: I cannot write this prompt.", "declined"),
        ("As an AI language model, I do not draw.", "declined"),
        ("Lo siento, no puedo ayudar con eso.", "declined"),
        ("Es tut mir leid, das geht nicht.", "declined"),
        ("Je suis désolé, mais je ne peux pas.", "declined"),
        ("Mi dispiace, non posso farlo.", "declined"),
        ("Desculpe, não posso.", "declined"),
        ("申し訳ありませんが、できません。", "declined"),
        ("抱歉，我无法这样做。", "declined"),
        ("죄송하지만 도와드릴 수 없습니다.", "declined"),
        ("PROMPT: a dog, https://evil.example/x.png?d=1", "carries an address"),
        ("PROMPT: a dog ![x](http://evil.example)", "carries an address"),
        ("PROMPT: a dog, mail me@evil.example.com", "carries an address"),
        ("PROMPT: a dog, more at evil.com", "carries an address"),
        ("PROMPT: a dog {{system}}", "carries markup"),
        ("The prompt you want is one with a dog in it", "talks about the task"),
        ("PROMPT: a dog that your users will like", "talks about the task"),
        ("PROMPT: un perro pequeño bajo la lluvia con una luz muy suave", "is written in 'es'"),
        ("PROMPT: 雨の中の小さな犬", "is written in 'ja'"),
    ],
)
def test_what_cannot_be_used_says_why(answer: str, reason: str) -> None:
    assert parse(answer, "a dog") == Refusal(reason)


def test_a_language_the_image_model_reads_is_welcome() -> None:
    assert parse("PROMPT: 雨の中の小さな犬", "犬", ("en", "ja")) == Draft("雨の中の小さな犬")


@pytest.mark.parametrize(
    "prompt",
    [
        'a sign that says "I love you", neon, night',
        "(a dog:1.3), <lora:rain:0.8>, __season__ mood, {red|blue} coat BREAK mist",
        "a sorry-looking dog, 50% grey, f/1.8, 35mm * 2, C++ poster, {braces} %s {0}",
        "an elephant behind a tree, you can see the trunk on one side",
    ],
)
def test_what_belongs_to_a_prompt_stays_to_the_letter(prompt: str) -> None:
    assert parse(f"PROMPT: {prompt}\nNEGATIVE: none") == Draft(prompt)


def test_words_of_the_idea_are_no_talk() -> None:
    idea = "a poster that says I want you"
    assert parse(f"PROMPT: {idea}, bold type", idea) == Draft(f"{idea}, bold type")


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("a dog " * 50, "a dog"),
        ("rain rain rain rain", "rain"),
        (
            "a cat on a mat, soft light, soft light, soft light, soft light",
            "a cat on a mat, soft light,",
        ),
        ("a very very big dog", "a very very big dog"),
        ("a very very very very big dog", "a very big dog"),
        ("dog " * 9 + "cat", "dog"),
        ("x" * 100, ""),
        ("a cat, a dog, a cat, a bird", "a cat, a dog, a cat, a bird"),
        ("the sun sets low, a dog, the sun sets low, a bird", "the sun sets low, a dog, a bird"),
        ("", ""),
    ],
)
def test_loops_end_where_they_begin(text: str, cut: str) -> None:
    assert cut_loops(text) == cut


PIECES = st.sampled_from(
    (
        *("PROMPT:", "NEGATIVE:", "```", "<think>", "</think>", "\n", "- ", "1. ", '{"prompt": "'),
        *('"}', "Sure! ", "\x1b[2J", "\x1b]0;", "\u202e", "\ud800", "a dog, ", "Here is ", "**"),
        *("&lt;", "<b>", "no ", "I'm sorry", "<prompt>", "## prompt\n", "| prompt |", "\\n", "🎨"),
    )
)


@settings(deadline=None)
@given(st.lists(PIECES | st.text(max_size=12), max_size=30).map("".join))
def test_nothing_breaks_it_and_nothing_unsafe_comes_out(answer: str) -> None:
    found = parse(answer)
    texts = [found.prompt, found.negative or ""] if isinstance(found, Draft) else [found.reason]
    for text in texts:
        assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in text)
        assert text == text.strip()
        text.encode()


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "answer",
    [
        *("<" * MAX_ANSWER, "PROMPT: " * 3000, "a, " * 9000, "- \n" * 9000, "{" * MAX_ANSWER),
        *("```" * 7000, "i " * 10000, "sure " * 5000, "\n\n \n" * 5000, '{"prompt":"' * 2000),
        *("<prompt>" * 2500, "# prompt\n" * 2200, "| prompt |\n" * 1800, "option 1 " * 2200),
        *("Subject: " * 2200, "**" * 10000, "<negative>x" * 1800, '[{"a":' * 3000, "→ " * 9999),
        *("the the new new " * 1500, "*_" * 10000, "<script" * 3000, "w." * 9000, "a@" * 9000),
    ],
)
def test_hostile_answers_are_read_in_no_time(answer: str) -> None:
    assert isinstance(parse(answer), Draft | Refusal)
