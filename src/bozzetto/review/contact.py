"""Contact sheets: the pictures of a campaign on pages of A4, to print, to send round, to mark.

A PDF has all pages in one file. PNG files have one page each, as printers and photo editors
expect of contact sheets: `contact.png`, or `contact-1.png`, `contact-2.png` and so on.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from bozzetto.review.canvas import GREEN, GREY, RED, Canvas, one_line, png
from bozzetto.review.verdicts import Standing, standings
from bozzetto.types import Brief, Image, Verdict

if TYPE_CHECKING:
    from PIL import Image as Pixels

__all__ = ["contact_pages", "contact_pdf", "contact_pngs", "page_count"]

DPI = 150
_WIDTH, _HEIGHT = 1754, 1240
"""A4, landscape, at that resolution."""

_ACROSS, _DOWN = 4, 3
_EDGE, _GAP = 60, 26
_HEAD = 150
_CAPTION = 100
_TITLE, _TEXT, _SMALL = 34, 17, 15

_AT_ONCE = 8
"""Pages that are held in memory, 7 MB each."""

_CELL = (_WIDTH - 2 * _EDGE - (_ACROSS - 1) * _GAP) // _ACROSS
_ROW = (_HEIGHT - _HEAD - 20) // _DOWN


def contact_pngs(
    images: Sequence[Image],
    verdicts: Iterable[Verdict] = (),
    *,
    brief: Brief | None = None,
    title: str = "",
    name: str = "contact",
) -> Mapping[str, bytes]:
    """The pages as PNG files, by the names they are to have."""
    pages = [png(page) for page in contact_pages(images, verdicts, brief=brief, title=title)]
    if len(pages) == 1:
        return {f"{name}.png": pages[0]}
    digits = len(str(len(pages)))
    return {f"{name}-{n:0{digits}}.png": page for n, page in enumerate(pages, 1)}


def contact_pdf(
    images: Sequence[Image],
    verdicts: Iterable[Verdict] = (),
    *,
    brief: Brief | None = None,
    title: str = "",
) -> bytes:
    """The pages as one PDF file of A4; the same pictures give the same bytes."""
    file = io.BytesIO()
    pages = contact_pages(images, verdicts, brief=brief, title=title)
    while batch := list(islice(pages, _AT_ONCE)):
        batch[0].save(
            file,
            "PDF",
            save_all=True,
            append_images=batch[1:],
            append=file.tell() > 0,
            resolution=DPI,
            title=one_line(title or (brief.name if brief else "contact sheet")),
            creator="bozzetto",
            creationDate=None,
            modDate=None,
            quality=92,
            subsampling=0,
        )
    return file.getvalue()


def page_count(images: Sequence[Image]) -> int:
    """How many pages pictures take."""
    return max(1, -(-len(images) // (_ACROSS * _DOWN)))


def contact_pages(
    images: Sequence[Image],
    verdicts: Iterable[Verdict] = (),
    *,
    brief: Brief | None = None,
    title: str = "",
) -> Iterator[Pixels.Image]:
    """The pages one by one, at least one; the title is the brief's name where none is given."""
    stands = standings((image.id for image in images), verdicts)
    count = page_count(images)
    rest = iter(images)
    for number in range(1, count + 1):
        canvas = Canvas.blank(_WIDTH, _HEIGHT)
        _header(canvas, title or (brief.name if brief else "Contact sheet"), brief)
        canvas.right((_WIDTH - _EDGE, 48), f"page {number} of {count}", size=_SMALL)
        for place, image in enumerate(islice(rest, _ACROSS * _DOWN)):
            row, column = divmod(place, _ACROSS)
            at = (_EDGE + column * (_CELL + _GAP), _HEAD + row * _ROW)
            _entry(canvas, at, image, stands[image.id])
        yield canvas.sheet


def _header(canvas: Canvas, title: str, brief: Brief | None) -> None:
    width = _WIDTH - 2 * _EDGE
    y = canvas.words((_EDGE, 36), title, size=_TITLE, width=width - 160)
    if brief is None:
        return
    said = [
        ("for", brief.audience),
        ("must have", ", ".join(brief.must)),
        ("never", ", ".join(brief.never)),
    ]
    text = "   ·   ".join(f"{name}: {words}" for name, words in said if words)
    canvas.words((_EDGE, y + 2), text, size=_TEXT, width=width, most=2, fill=GREY)


def _entry(canvas: Canvas, at: tuple[int, int], image: Image, standing: Standing) -> None:
    """One picture, and under it its prompt, seed, id and where it stands."""
    x, y = at
    canvas.picture(at, (_CELL, _ROW - _CAPTION - 18), image)
    y += _ROW - _CAPTION - 12
    y = canvas.words((x, y), image.request.prompt, size=_TEXT, width=_CELL, most=2)
    if standing.rating is not None:
        canvas.stars((x, y), round(standing.rating), size=_SMALL)
    mark, colour = _MARKS[standing.keep] if standing.verdicts else ("", GREY)
    canvas.words((x + 102, y), mark, size=_SMALL, width=90, fill=colour)
    seed = image.effective.seed if image.effective else None
    seed = image.request.seed if seed is None else seed
    canvas.right((x + _CELL, y), f"seed {seed}", size=_SMALL)
    canvas.words((x, y + 20), image.id, size=_SMALL, width=_CELL, fill=GREY)


_MARKS: Mapping[bool | None, tuple[str, str]] = {
    True: ("keep", GREEN),
    False: ("reject", RED),
    None: ("undecided", GREY),
}
