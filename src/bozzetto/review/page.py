"""Prompts and their pictures side by side as one HTML page that needs nothing beside it."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Mapping, Sequence
from html import escape

from bozzetto.review.canvas import absence, loaded, one_line
from bozzetto.review.sheet import Column
from bozzetto.types import Image, Phrase

__all__ = ["compare_page"]

SIDE = 640
"""Pixels of the longer side of a picture in the page."""

_STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1e; --soft: #5f5f66; --paper: #fff; --card: #f3f3f5;
  --line: #d3d3d9 }
@media (prefers-color-scheme: dark) { :root { --ink: #ececf0; --soft: #a3a3ad; --paper: #131316;
  --card: #1e1e23; --line: #3a3a42 } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1.2rem; background: var(--paper); color: var(--ink);
  font: clamp(1rem, .85rem + .3vw, 1.7rem)/1.45 system-ui, sans-serif }
h1 { font-size: 1.6em; line-height: 1.2; margin: 0 0 .8em; overflow-wrap: anywhere }
h2 { font-size: 1em; margin: 0; color: var(--soft); font-weight: 600 }
main { display: grid; gap: 1.2rem }
section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: .9rem; display: grid; gap: .8rem; align-content: start; min-width: 0 }
.prompt { margin: .3rem 0 0; overflow-wrap: anywhere }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 7.5rem), 1fr));
  gap: .8rem }
figure { margin: 0; min-width: 0 }
img { display: block; width: 100%; height: auto; border-radius: .3rem }
.none { display: grid; place-items: center; min-height: 8rem; padding: 1rem; text-align: center;
  border: 1px dashed var(--line); border-radius: .3rem; color: var(--soft);
  overflow-wrap: anywhere }
figcaption { color: var(--soft); font-size: .8em; margin-top: .2rem }
details { font-size: .85em; margin-top: .5rem }
summary { cursor: pointer; color: var(--soft) }
ul { margin: .4rem 0 0; padding-left: 1.2em; overflow-wrap: anywhere }
li span { color: var(--soft) }
@media (min-width: 60rem) {
  main { grid-auto-flow: column; grid-auto-columns: minmax(13rem, 1fr); overflow-x: auto;
    grid-template-rows: repeat(ROWS, auto); padding-bottom: .5rem }
  section { grid-row: span ROWS; grid-template-rows: subgrid }
  .pictures { display: contents }
}
"""


def compare_page(columns: Sequence[Column], seeds: Sequence[int], *, title: str) -> str:
    """The page: a column for each prompt, a row for each seed; one under the other where narrow.

    Pictures are within it, made smaller; it loads and runs nothing. A prompt whose phrases are
    known says where each came from.
    """
    style = _STYLE.replace("ROWS", str(1 + len(seeds)))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    sections = "\n".join(_section(column, seeds) for column in columns)
    return _PAGE.format(
        policy=(
            f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; "
            "base-uri 'none'; form-action 'none'"
        ),
        title=_text(title),
        style=style,
        sections=sections,
    )


_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1 dir="auto">{title}</h1>
<main>
{sections}
</main>
</body>
</html>
"""


def _section(column: Column, seeds: Sequence[int]) -> str:
    figures = "\n".join(_figure(column, seed) for seed in seeds)
    return (
        f"<section>\n<div>\n<h2>{_text(column.title)}</h2>\n"
        f'<p class="prompt" dir="auto">{_text(column.prompt)}</p>\n{_sources(column.phrases)}'
        f'</div>\n<div class="pictures">\n{figures}\n</div>\n</section>'
    )


def _figure(column: Column, seed: int) -> str:
    image = column.pictures.get(seed)
    picture = _picture(image, f"{column.title}, seed {seed}")
    return f"<figure>{picture}<figcaption>seed {seed}</figcaption></figure>"


def _picture(image: Image | None, words: str) -> str:
    pixels = loaded(image, (SIDE, SIDE)) if image else None
    if pixels is None:
        return f'<div class="none">{_text(absence(image))}</div>'
    file = io.BytesIO()
    pixels.save(file, "JPEG", quality=85, optimize=True)
    data = base64.b64encode(file.getvalue()).decode()
    return (
        f'<img src="data:image/jpeg;base64,{data}" width="{pixels.width}" '
        f'height="{pixels.height}" alt="{_text(words)}">'
    )


_ORIGINS: Mapping[str, str] = {
    "idea": "your idea",
    "preference": "your preferences",
    "template": "the template",
    "guideline": "the guidelines",
    "library": "the library",
    "model": "the chat model",
    "user": "you",
}


def _sources(phrases: Sequence[Phrase]) -> str:
    if not phrases:
        return ""
    items = "\n".join(
        f'<li><q dir="auto">{_text(phrase.text)}</q> <span>from {_origin(phrase)}</span></li>'
        for phrase in phrases
    )
    summary = "<summary>where the words come from</summary>"
    return f"<details>\n{summary}\n<ul>\n{items}\n</ul>\n</details>\n"


def _origin(phrase: Phrase) -> str:
    source = _ORIGINS.get(phrase.source) or f"prompt {_text(phrase.source)}"
    return source if phrase.original is None else f"{source}: {_text(phrase.original)}"


def _text(text: str) -> str:
    """A stranger's text as one line of HTML."""
    return escape(one_line(text), quote=True)
