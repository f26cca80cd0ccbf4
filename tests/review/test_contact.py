from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from PIL import Image as Pixels
from PIL import PdfParser

from bozzetto.review.contact import contact_pages, contact_pdf, contact_pngs
from bozzetto.types import Brief, Image, Verdict

Make = Callable[..., Image]

A4 = (1754, 1240)
SEEN = Brief(
    "Dogs, 春天", ("a dog",), audience="all " * 200, must=("dog", "ball"), never=("people",)
)


def colours(page: Pixels.Image, at: tuple[int, int, int, int]) -> set[object]:
    found = page.crop(at).getcolors(A4[0] * A4[1]) or []
    return {colour for _, colour in found}


def test_a_page_has_twelve_pictures_in_their_order(make: Make) -> None:
    images = [make(f"{n:02}", "red" if n % 2 else "blue") for n in range(13)]
    first, second = contact_pages(images)
    assert (first.size, second.size) == (A4, A4)
    middles = [
        (60 + column * 415 + 194, 150 + row * 356 + 100) for row in range(3) for column in range(4)
    ]
    red, blue = (255, 0, 0), (0, 0, 255)
    assert [first.getpixel(at) for at in middles] == [blue, red] * 6
    assert [second.getpixel(at) for at in middles] == [blue] + [(255, 255, 255)] * 11


def test_verdicts_are_marked(make: Make) -> None:
    image = make("a", "blue")
    green, red = (26, 127, 55), (179, 38, 30)
    under = (60, 400, 460, 500)
    for keep, wanted in ((True, {green}), (False, {red}), (None, set())):
        (page,) = contact_pages([image], [Verdict("a", "anna", keep=keep)])
        assert colours(page, under) & {green, red} == wanted
    plain, rated = (next(contact_pages([image], [Verdict("a", "anna", rating=n)])) for n in (1, 5))
    assert plain.tobytes() != rated.tobytes()


def test_one_page_is_one_file_and_several_are_numbered(make: Make) -> None:
    image = make("a")
    assert list(contact_pngs([image])) == ["contact.png"]
    assert list(contact_pngs([])) == ["contact.png"]
    names = list(contact_pngs([image] * 121, name="dogs"))
    assert (len(names), names[0], names[-1]) == (11, "dogs-01.png", "dogs-11.png")


def test_a_pdf_has_all_pages_a_title_and_no_date(make: Make) -> None:
    images = [make("a"), replace(make("b"), state="filtered", reason="no dogs")] * 50
    data = contact_pdf(images, [Verdict("a", "anna", keep=True, rating=3)], brief=SEEN)
    with PdfParser.PdfParser(buf=data) as pdf:
        boxes = [
            [float(side) for side in pdf.read_indirect(page)[b"MediaBox"]] for page in pdf.pages
        ]
        assert len(pdf.info) == 2
        assert (pdf.info.Title, pdf.info.Creator) == ("Dogs, 春天", "bozzetto")
    assert boxes == [[0, 0, 841.92, 595.2]] * 9
    assert data == contact_pdf(images, [Verdict("a", "anna", keep=True, rating=3)], brief=SEEN)


@pytest.mark.parametrize(
    "text", ["一只小狗" * 50, "perché " * 50, "x" * 5000, "\x1b[0m\u202e\n\ud83d", ""]
)
def test_any_text_fits(make: Make, text: str) -> None:
    """What is written never reaches the picture's row below."""
    image = make("a", "blue", seed=2**32 - 1)
    image = replace(image, request=replace(image.request, prompt=text))
    brief = Brief(text or "x", (text,), audience=text, must=(text,), never=(text,))
    (page,) = contact_pages([image] * 5, [Verdict("a", "r", rating=5)], brief=brief, title=text)
    for row, column in ((0, 0), (0, 1), (1, 0)):
        x, y = 60 + column * 415, 150 + row * 356
        at = (x, y, x + 389, y + 238)
        assert colours(page, at) <= {(0, 0, 255), (255, 255, 255)}
    data = io.BytesIO(contact_pngs([image], brief=brief)["contact.png"])
    with Pixels.open(data) as sheet:
        assert (sheet.size, sheet.info) == (A4, {})
