"""What of a prompt can be seen in the picture: the core, and the style that is not empty praise."""

from __future__ import annotations

import re

from bozzetto.text.split import split

__all__ = ["EMPTY", "gist"]

_CREDIT = re.compile(
    r"(?:\w+ ){0,3}by\b|(?:\w+ ){0,3}styles? of\b|inspired by\b|<|--"
    r"|.*\b(?:artstation|art station|deviantart|cgsociety|behance|pixiv|artgerm|wlop|rutkowski)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that praise or name a tool: in half of all prompts, and telling nothing of the picture.
EMPTY = _words(
    """
    1 16k 2 2d 3 32k 3d 4 4d 4k 5 5k 6 8k a an and art award awards beautiful blender c4d cg
    cinema cinematic clean composition concept crisp d definition design detail detailed details
    digital dnd drawing dslr effects elegant engine epic extremely fantasy fine focus gorgeous
    graphics hd hdr high highly hq hyper hyperdetailed hyperrealism hyperrealistic illustration
    image in insanely intricate intricately key lumion masterpiece masterwork matte max maya
    most nvidia octane of on painting pbr perfect photo photoreal photorealism photorealistic
    picture popular postprocessing professional professionally quality ray raytracing real
    realism realistic render rendered rendering resolution rtx rule set sharp smooth still
    stunning super symmetrical symmetry the thirds traced tracing trending uhd ultra
    ultradetailed unity unreal v very visual vray wallpaper well winning with zbrush
    """
)


def gist(text: str) -> str:
    """The visible part of a prompt, pieces in their order, joined by ", ".

    Credits, engines, resolutions and praise are left out; light, colours, medium and mood
    stay. Never empty unless the text is.
    """
    halves = split(text)
    kept = [(a, b, text[a:b]) for a, b in halves.core_spans]
    kept += [
        (a, b, piece)
        for a, b in halves.modifier_spans
        if not _CREDIT.match(piece := text[a:b]) and not _is_empty(piece)
    ]
    return ", ".join(piece for _, _, piece in sorted(kept)) or text


def _is_empty(piece: str) -> bool:
    return all(word in EMPTY for word in _WORD.findall(piece.lower()))
