"""Fixed expressions of how a picture is made to look, for the splitter."""

from __future__ import annotations

__all__ = ["PHRASES", "THEME_PHRASES"]


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(" ".join(phrase.split()) for phrase in text.split(","))


PHRASES = _phrases(
    """depth of field, well lit, golden hour, blue hour, magic hour, golden ratio, rule of
    thirds, ray tracing, ray traced, path tracing, global illumination, ambient occlusion,
    chromatic aberration, film grain, lens flare, lens flares, unreal engine, octane render,
    cinema 4d, cinema 4 d, v ray, daz 3d, unity engine, god rays, light rays, rim light, rim
    lights, soft light, hard light, key light, natural light, studio light, dramatic light,
    cinematic light, volumetric light, volumetric lights, volumetric fog, volumetric clouds,
    volumetric smoke, art station, art germ, deviant art, national geographic, award
    winning, winning award, prize winning, best selling, work of art, state of the art,
    sense of awe, sense of depth, sense of scale, out of focus, in focus, black and white,
    white and black, high definition, high detail, high details, high quality, best quality,
    hi res, high res, low poly, line art, ink wash, pen and ink, oil on canvas, oil
    painting, oil paint, acrylic on canvas, water color, water colour, mixed media, double
    exposure, long exposure, tilt shift, wide angle, low angle, high angle, dutch angle,
    birds eye view, bird's eye view, worms eye view, worm's eye view, aerial view, point of
    view, eye level, close up, full body, half body, upper body, full length, waist up,
    knees up, head and shoulders, head shot, mid shot, medium shot, long shot, wide shot,
    full shot, establishing shot, character sheet, reference sheet, character design, model
    sheet, key visual, key art, splash art, promo art, box art, cover art, album cover,
    album art, book cover, movie poster, movie still, film still, tarot card, trading card,
    playing card, stained glass, studio ghibli, film noir, pop art, op art, pixel art,
    vector art, fan art, clip art, street art, concept art, art nouveau, art deco, fine art,
    digital art, abstract art, ukiyo e, yukio e, hi fructose, pre raphaelite, post
    impressionism, subsurface scattering, sub surface scattering, physically based
    rendering, behind the scenes, kodak portra, fuji superia, canon eos, sharp focus, soft
    focus, shallow focus, shallow depth, solid background, plain background, simple
    background, blurred background, blurry background, studio background, no text, no
    watermark, no people, no humans, cut out, die cut, made in blender, made in maya,
    attention to detail, tone mapping, photo realistic, photo real, photo realism, well
    composed, sense of wonder, sense of mystery, industrial design, dramatic lights,
    cinematic lights, studio lights, soft lights, ambient lights, detailed face, perfect
    face, symmetrical face, symmetric face, beautiful face, realistic face, intricate face,
    detailed eyes, perfect eyes, beautiful eyes, symmetrical eyes, detailed hands, perfect
    hands, detailed skin, perfect skin, realistic skin, smooth skin, skin texture, skin
    details, facial features, facial details, face details, perfect body, brush strokes,
    brush stroke, cg society, art style, 4 k, 8 k"""
)
"""Style as a whole, whatever their words are alone."""

THEME_PHRASES = _phrases(
    """sci fi, science fiction, post apocalyptic, dungeons and dragons, magic the gathering,
    elden ring, league of legends, dark souls, outer space"""
)
"""Worlds and genres: style among words of style, the core where nothing else is."""
