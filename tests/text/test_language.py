import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.text.language import detect

IDEAS = {
    "en": [
        "a cartoon of a small dog",
        "an old sailor mending nets at dawn",
        "red fox",
        "a cosy café",
        "perfume bottle",
        "lion",
        "portrait",
        "art nouveau poster",
        "hatsune miku",
        "darth vader fighting yoda",
        "a photo of chat noir",
        "cyberpunk city, 8k, highly detailed",
    ],
    "it": [
        "un cartone animato di un piccolo cane",
        "cane",
        "tramonto",
        "bottiglia di profumo",
        "casa infestata",
        "cavaliere in armatura",
        "una nonna che prepara la pasta nella sua cucina",
        "il profumo dell'estate su una terrazza",
    ],
    "de": [
        "ein Zeichentrickfilm von einem kleinen Hund",
        "Hund",
        "Gitarre spielen",
        "gemütliches Wohnzimmer",
        "eine Großmutter strickt neben dem warmen Ofen",
        "verlassene Fabrik im Nebel",
    ],
    "fr": [
        "un dessin animé d'un petit chien",
        "cheval",
        "maison hantée",
        "coucher de soleil",
        "une vieille librairie éclairée par des bougies",
        "le marché aux fleurs sous la pluie",
    ],
    "es": [
        "un dibujo animado de un perro pequeño",
        "perro",
        "atardecer",
        "una abuela cocinando en su pueblo",
        "el caballero perdido entre las montañas",
        "¿dónde está la luna?",
    ],
    "pt": [
        "um desenho animado de um cachorro pequeno",
        "cão",
        "dragão",
        "pôr do sol",
        "uma avó cozinhando na sua aldeia",
        "o cavaleiro perdido nas montanhas",
    ],
    "ja": ["小さな犬のアニメ", "侘び寂び", "浮世絵", "雪の中の赤い狐"],
    "zh": ["一只小狗的卡通画", "小狗", "雪地里的红狐狸", "雪景"],
    "ko": ["작은 강아지 만화", "강아지", "눈 속의 붉은 여우"],
    "ru": ["рыжая лиса в лесу"],
    "uk": ["руда лисиця і їжак"],
    "ar": ["ثعلب أحمر في الغابة"],
    "pl": ["czerwony lis w zaśnieżonym lesie"],
    "tr": ["karlı ormanda kırmızı bir tilki"],
    "und": ["", "123", "🌠👡", "!?", "1 + 1"],
}


@pytest.mark.parametrize(
    ("language", "idea"), [(code, idea) for code, ideas in IDEAS.items() for idea in ideas]
)
def test_detect(language: str, idea: str) -> None:
    assert detect(idea) == language


def test_case_and_punctuation_do_not_matter() -> None:
    assert detect("UN PICCOLO CANE!!!") == detect("un piccolo cane") == "it"


def test_english_prompts_with_a_foreign_character_stay_english() -> None:
    assert detect("an anime girl with a sign that says 猫 in the rain") == "en"


@given(st.text(max_size=40))
def test_detect_answers_any_text(text: str) -> None:
    code = detect(text)
    assert code == "und" or (len(code) == 2 and code.islower())
    assert (code == "und") == (not any(char.isalpha() for char in text[:400]))
