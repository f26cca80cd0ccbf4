"""Words that say how a picture is made to look."""

from __future__ import annotations

__all__ = ["STYLE_WORDS"]

STYLE_WORDS = frozenset(
    """highly detailed intricate elegant artstation deviantart cgsociety behance pixiv trending
    concept art digital painting illustration sharp focus smooth octane render unreal engine
    4k 8k 16k hd uhd hdr photorealistic hyperrealistic realistic cinematic dramatic lighting light
    volumetric bokeh depth field lens mm 85mm 50mm 35mm canon nikon dslr photo photography
    photograph award winning masterpiece quality resolution oil canvas watercolor sketch drawing
    style rendered rendering vray blender raytracing global illumination soft studio moody
    atmospheric palette colors colours color vibrant pastel wallpaper ultra hyper extremely
    insanely very beautiful stunning symmetrical composition 3d 2d wide angle shot closeup
    macro polaroid film grain matte""".split()
)
