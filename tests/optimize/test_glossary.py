from __future__ import annotations

from collections import Counter

import pytest

from bozzetto.optimize.glossary import LANGUAGES, Entry, known, look_up
from bozzetto.optimize.modifiers import table
from bozzetto.optimize.translate import translate

ROWS = table("glossary.tsv")
NAMED = {"n", "a", "v", "d", "p", "x"}

WORDS = (
    ("it", "violoncello", "cello"),
    ("de", "Eichelhäher", None),
    ("de", "Küken", "chick"),
    ("fr", "horlogère", "watchmaker"),
    ("es", "liebres", "hares"),
    ("pt", "ouriço-do-mar", "sea urchin"),
    ("ja", "灯台守", "lighthouse keeper"),
    ("zh", "手风琴", "accordion"),
    ("ko", "시계수리공", "watchmaker"),
)

SENTENCES = (
    (
        "it",
        "una strega con un rospo e una scopa mescola una pozione nel calderone",
        "a witch with a toad and a broom mixing a potion in the cauldron",
    ),
    (
        "it",
        "un orologiaio ripara un orologio da tasca sotto una lampada nella sua bottega",
        "a watchmaker repairing a pocket watch under a lamp in the its shop",
    ),
    (
        "it",
        "un centauro con arco e frecce in un canyon di notte sotto le stelle",
        "a centaur with bow and arrows in a canyon of night under the stars",
    ),
    (
        "de",
        "ein Uhrmacher repariert eine Taschenuhr unter einer Lampe in seiner Werkstatt",
        "a watchmaker repairing a pocket watch under a lamp in its workshop",
    ),
    (
        "de",
        "ein Seepferdchen im Korallenriff zwischen Seesternen",
        "a seahorse in the coral reef between starfish",
    ),
    (
        "de",
        "die Oma mit Schürze backt Kekse vor dem Ofen",
        "the grandmother with apron baking cookies in front of the oven",
    ),
    (
        "fr",
        "un hérisson tricote une écharpe dans un fauteuil à bascule",
        "a hedgehog knitting a scarf in a rocking chair",
    ),
    (
        "fr",
        "un garçon en fauteuil roulant avec un cerf-volant sur une falaise au bord de la mer",
        "a boy in wheelchair with a kite on a cliff on the edge of sea",
    ),
    (
        "fr",
        "une sorcière avec un crapaud et un balai remue une potion dans un chaudron",
        "a witch with a toad and a broom mixing a potion in a cauldron",
    ),
    (
        "es",
        "una apicultora junto a una colmena en un campo de lavanda",
        "a beekeeper next to a beehive in a field of lavender",
    ),
    (
        "es",
        "un hombre toca el acordeón en un puente bajo la lluvia con un paraguas",
        "a man playing the accordion in a bridge under the rain with an umbrella",
    ),
    (
        "es",
        "huevos fritos, tocino y panqueques para el desayuno en una terraza soleada",
        "fried eggs, bacon and pancakes for the breakfast in a sunny terrace",
    ),
    (
        "pt",
        "uma rena puxa um trenó entre abetos nevados ao luar",
        "a reindeer pulling a sled between snowy moonlit fir trees",
    ),
    (
        "pt",
        "romãs e peras em uma tigela de cobre sobre uma toalha de mesa de veludo",
        "pomegranates and pears in a bowl of copper on a tablecloth velvet",
    ),
    (
        "pt",
        "uma velha locomotiva enferrujada em trilhos abandonados entre bétulas",
        "an old rusty locomotive in abandoned railway between birches",
    ),
    (
        "ja",
        "ロッキングチェアでマフラーを編むハリネズミ",
        "hedgehog knitting at rocking chair scarf",
    ),
    (
        "ja",
        "雛菊の草原でハンモックに寝そべる裸足の少女",
        "barefoot girl lying daisy at meadow hammock",
    ),
    (
        "zh",
        "修女在修道院的院落里浇花",
        "nun monastery watering plants in courtyard",
    ),
    (
        "zh",
        "毛茸茸的小猫在篮子里玩毛线球",
        "ball of yarn playing furry kitten in basket",
    ),
    (
        "zh",
        "一位鐘錶匠在他的店裡修理懷錶",
        "a pocket watch repairing watchmaker its in shop",
    ),
    (
        "ko",
        "하얀 이빨의 악어와 칫솔을 든 치과 의사",
        "dentist holding white tooth crocodile toothbrush",
    ),
    (
        "ko",
        "수술실에서 빛나는 심장을 든 로봇 외과 의사",
        "robot surgeon holding operating room shiny heart",
    ),
)

PLURALS = (
    ("it", "violini", "violins"),
    ("it", "stelle marine", "starfish"),
    ("fr", "portes", "doors"),
    ("es", "peras", "pears"),
    ("pt", "meninas", "girls"),
    ("es", "relojes de bolsillo", "pocket watches"),
)


@pytest.mark.parametrize(("language", "word", "expected"), WORDS)
def test_a_thing_is_not_its_neighbour(language: str, word: str, expected: str | None) -> None:
    found = look_up(word, language)
    assert found == (Entry(expected, "n") if expected else None)


@pytest.mark.parametrize(("language", "word", "expected"), PLURALS)
def test_a_plural_is_read_as_one_first(language: str, word: str, expected: str) -> None:
    assert look_up(word, language) == Entry(expected, "n")


@pytest.mark.parametrize(("language", "text", "expected"), SENTENCES)
def test_ideas_of_concrete_things(language: str, text: str, expected: str) -> None:
    english, _, notes = translate(text, language, None)
    assert english == expected
    assert len(notes) == 1  # nothing left out


@pytest.mark.parametrize(
    ("simplified", "traditional"), [("龙", "龍"), ("面包", "麵包"), ("后面", "後面")]
)
def test_traditional_characters(simplified: str, traditional: str) -> None:
    assert known("zh")[traditional] == known("zh")[simplified]


def test_every_row_has_a_kind_and_all_languages() -> None:
    assert {row[1] for row in ROWS} == NAMED
    assert {len(row) for row in ROWS} == {2 + len(LANGUAGES)}
    lacking = [row[0] for row in ROWS if row[1] in "nav" and not all(row[2:])]
    assert lacking == ["look out"]


def test_no_english_word_has_two_rows_of_a_kind() -> None:
    assert [name for name, times in Counter((r[0], r[1]) for r in ROWS).items() if times > 1] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_further_form_of_a_word_belongs_to_no_other(language: str) -> None:
    """The first form of a row may stand for two words, and then the first row counts."""
    column = 2 + LANGUAGES.index(language)
    seen: dict[str, str] = {}
    twice = []
    for row in ROWS:
        for place, form in enumerate(row[column].lower().split("|")):
            first = seen.setdefault(form, row[0]) if form else row[0]
            if first != row[0] and place:
                twice.append((form, first, row[0]))
    assert twice == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_is_found(language: str) -> None:
    column = 2 + LANGUAGES.index(language)
    forms = [form for row in ROWS for form in row[column].lower().split("|") if form]
    assert [form for form in forms if form not in known(language)] == []
    assert [form for form in forms if form != form.strip()] == []
