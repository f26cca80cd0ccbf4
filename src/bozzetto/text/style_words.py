"""The vocabulary of how a picture is made to look, as the splitter needs it."""

from __future__ import annotations

__all__ = [
    "ALWAYS_HEADS",
    "ARTICLES",
    "CREDIT_STOPS",
    "CREDIT_VERBS",
    "DONE",
    "HEADS",
    "MEDIA",
    "NAME_LINKS",
    "OTHER_FUNCTION_WORDS",
    "PREPOSITIONS",
    "STRONG",
    "THEMES",
    "WEAK",
    "WEAK_NOUNS",
]


def _words(*blocks: str) -> frozenset[str]:
    return frozenset(word for block in blocks for word in block.split())


MEDIA = _words(
    # drawn, painted, printed
    """art artwork artworks painting paintings drawing drawings sketch sketches doodle doodles
    scribble illustration illustrations watercolor watercolour watercolors gouache acrylic
    fresco mural graffiti engraving etching lithograph woodcut woodblock linocut print
    silkscreen mosaic tapestry embroidery collage caricature cartoon comic manga anime
    fanart lineart storyboard sculpture bust diorama claymation origami poster cover
    wallpaper postcard sticker stickers icon logo emblem infographic diagram schematic
    blueprint concept design designs matte""",
    # seen through a lens or on a screen
    """photo photos photograph photographs photography photoshoot photoshop picture pictures
    image images snapshot selfie headshot mugshot polaroid daguerreotype still stills
    footage shot shots closeup closeups screenshot screenshots screencap screengrab render
    renders rendering renderings cgi animation gameplay gif""",
    # a genre of picture that is followed by what it shows
    """portrait portraits portriat potrait portait portraiture depiction rendition study
    vignette panorama view sheet asset spritesheet""",
)
"""Nouns that name a kind of picture, as in: an oil painting of a fox."""

STRONG = _words(
    # quality and finish
    """detailed hyperdetailed ultradetailed overdetailed detailded highlydetailed intricate
    intricately masterpiece masterpieces masterful masterwork bestquality hq uhq hd uhd fhd
    qhd hdr hdri ultrahd ultrafine ultrasharp hires highres megapixel megapixels upscaled
    upscale resolution photorealistic photorealism photoreal hyperrealistic hyperrealism
    hyperreal hyperrealist ultrarealistic ultrarealism realism lifelike realistically
    breathtaking stunningly exquisitely aesthetically winning award contest winner featured
    trending tranding trends""",
    # places where pictures are shown
    """artstation artstationhq artstationhd artsation arstation deviantart deviant cgsociety
    cgi behance pixiv pinterest instagram flickr unsplash shutterstock 500px furaffinity
    danbooru gelbooru zbrush fanbox artbook natgeo dribbble polycount conceptart wikiart""",
    # engines and software
    """octane unreal vray redshift cryengine raytracing raytraced raytrace pathtracing rtx
    houdini blender c4d cinema4d lumion keyshot renderman photoshop procreate nvidia daz
    midjourney pixar weta dreamworks ghibli ue4 ue5 unity renderer rendered rendering render
    renders postprocessing postproduction denoised voxel pathtraced""",
    # light
    """lighting lightning lit backlit backlight backlighting rimlight chiaroscuro volumetric
    volumetrics illumination illuminated godrays godray crepuscular caustics subsurface
    scattering sss occlusion specular raytraced bloom shading shaded cel cell tonemapping
    tonemapped lumen tyndall""",
    # camera
    """bokeh dslr slr dof lens lense lenses aperture exposure fstop telephoto fisheye
    anamorphic panoramic isometric closeup cinematic cinematography cinematographic filmic
    analog analogue kodak portra ektar ektachrome kodachrome fujifilm fuji cinestill ilford
    velvia leica hasselblad canon nikon nikkor sony panavision arriflex alexa imax
    technicolor polaroid grain grainy iso hdr tiltshift handheld gopro focus focused
    defocused blur blurred blurry depth vignetting aberration macro headshot midshot
    wideshot""",
    # drawing and printing techniques
    """watercolor watercolour gouache acrylic impasto linework lineart brushstrokes brushstroke
    brushwork airbrush airbrushed crosshatching hatching halftone stipple stippling cmyk
    risograph lithograph linocut woodcut etching engraving pastel pastels charcoal pencil
    crayon tempera encaustic painterly stylized stylised illustrative illustrated
    illustration illustrations vector artstyle style styled styles stylistic aesthetic
    aesthetics vibe vibes digital concept matte fanart photography photographic cinestyle""",
    # movements
    """baroque rococo impressionist impressionistic expressionist expressionistic surrealist
    cubist futurist symbolist romanticist neoclassical preraphaelite raphaelite bauhaus
    brutalist constructivist constructivism minimalist maximalist maximalism hypermaximalist
    minimalism nouveau deco ukiyo dadaist precisionist luminist lowbrow popart vaporwave
    synthwave retrowave outrun grimdark noir symbolism surrealism impressionism
    expressionism cubism romanticism realist""",
    # composition
    """composition symmetrical symmetric asymmetrical asymmetric symmetry asymmetry fibonacci
    palette monochrome monochromatic greyscale grayscale saturated desaturated complementary
    analogous triadic duotone sepia hue hues tones toned gradient gradients saturation
    contrast contrasting contrasted vfx sfx graded grading""",
)
"""Words that speak of looks wherever they stand."""

WEAK = _words(
    """negative environmental attributes stylish fashionable glamorous promotional oppressive
    luminous luminescent bioluminescent iridescent shimmering sparkling shiny glossy
    glistening glowing very highly extremely incredibly insanely super ultra hyper mega
    extra absurdly ridiculously amazingly beautifully perfectly finely precisely deeply high
    higher highest best better top great good nice quality detail details detailing art
    artwork arts artistic artist painting paintings painted paint drawing drawn draw sketch
    portrait portraits photo photos photograph photographs picture image images film movie
    movies still frame shot shots scene view angle perspective camera cover poster print
    wallpaper design designs designed designer work works piece render look looks beautiful
    beauty gorgeous stunning amazing awesome incredible wonderful fantastic magnificent
    marvelous majestic epic grand grandiose lovely pretty attractive elegant graceful
    exquisite refined sophisticated delicate fine finest perfect flawless clean crisp clear
    sharp smooth soft hard rough loose tight bold strong intense powerful expressive
    emotional dynamic dramatic atmospheric atmosphere moody mood ambient ambience ambiance
    evocative ethereal dreamy dreamlike serene peaceful tranquil calm cozy cosy warm cold
    cool bright dark dim dimly deep rich vivid vibrant vibrancy colorful colourful color
    colors colour colours colored coloured multicolored muted pale neutral earthy light
    shadow shadows radiant reflection reflections reflective refraction refractions rays ray
    beam beams sunlight sunrays sunbeams highlights rim edge key fill low long wide
    ultrawide full half medium mid close extreme establishing eye level aerial overhead
    upper body length front side back profile pose posing complex complexity ornate ornament
    ornaments ornamental ornamented decorative elaborate organic geometric texture textures
    textured material materials realistic real realistically lifelike natural naturalistic
    professional studio commercial editorial fashion official award awards popular famous
    viral trending contest original creative unique innovative inspired inspirational
    conceptual abstract surreal surrealistic minimal simple simplistic flat plain classic
    classical contemporary modern traditional vintage retro antique old oldschool aged faded
    distressed weathered gritty raw aesthetic 2d 3d 4d 2.5d cg digital 3 2 4 5 8 bit 16bit
    8bit 32bit pixel pixels lowpoly poly background backdrop backgrounds white black grey
    gray blank empty solid ink inks oil oils pen pencil brush canvas paper board parchment
    watercolors tempera effect effects post processing processed production grade tracing
    traced rtx global tone tonal scheme accents accent contours contour outline outlines
    outlined line lines curves sharpness clarity definition defined features feature
    proportions proportional proportion environment environments faces pallet pallette
    palettes anatomy anatomical anatomically correct correctly accurate accuracy coherent
    cohesive consistent balanced balance centered framed framing frames border borderless
    crop cropped uncropped vision visionary visual visuals imagery graphic graphics
    interface unit engine software magazine advertisement campaign gallery museum exhibition
    national geographic pulitzer prize vogue international publication unedited edited
    colorized colourized restored remastered enhanced enhancement enhancements hyperfine
    ratio rule thirds golden hour volumetric god speed shutter trends seasonal modernist
    sense awe inspiring tack ultraclear focal range field lut bloom much many more most lots
    lot of maximum max symmetrical central centred vanishing point one two three four five
    rendition depiction version masterfully crafted made created mixed media reference sheet
    character characters concept turnaround model modeling modelling sculpt asset maximal
    limited tilt shift stock unprocessed visually pleasing satisfying mesmerizing
    captivating enchanting haunting striking impressive nostalgic melancholic melancholy
    gloomy ominous eerie unsettling mysterious mystic mystical intimate romantic sensual
    whimsical playful charming wholesome cheerful gentle brilliant genius sublime superb
    divine outstanding remarkable spectacular glorious legendary timeless iconic photogenic
    majestically elegantly intricacies physically based pbr spectral particle particles
    particulate hand-drawn handdrawn handpainted""",
)
"""Words that speak of looks only among their like: beautiful light, but not light bulb."""

THEMES = _words(
    """hearthstone overwatch warhammer warcraft fortnite borderlands xenoblade bioshock skyrim
    gloomhaven mtg pathfinder valorant arcane game games fantasy scifi sci fi science
    fiction horror cyberpunk steampunk dieselpunk biopunk solarpunk atompunk dystopian
    dystopia utopian utopia apocalyptic postapocalyptic gothic goth medieval renaissance
    victorian western anime manga cartoon cartoonish comic comics kawaii chibi shonen shojo
    psychedelic trippy lsd dmt acid esoteric occult lovecraftian eldritch cosmic celestial
    space alien futuristic futurism retrofuturistic retrofuturism afrofuturism tribal
    baroque rpg dnd d&d videogame lovecraft noir biomechanical bioorganic fractal fractals
    kitsch cottagecore darkwave grunge punk pop hiphop liminal dream nightmare macabre gore
    magical magic mythology mythological mythic mythical legend historical documentary drama
    action adventure comedy thriller mystery romance fairytale tale fairy storybook
    spiritual religious 1920s 1930s 1940s 1950s 1960s 1970s 1980s 1990s 2000s 20s 30s 40s
    50s 60s 70s 80s 90s edwardian futurist dark""",
)
"""Genres and worlds: style among other words of style, the core where nothing else is."""

HEADS = _words(
    """lighting illumination style styles aesthetic aesthetics vibe vibes mood atmosphere
    ambience ambiance palette colors colours hues tones composition perspective lens lut
    photography photograph photo photos photoshoot cinematography painting paintings drawing
    sketch illustration illustrations art artwork artworks render renders rendering
    engraving etching lithograph woodcut print poster wallpaper fanart lineart linework
    quality resolution detail details texture textures shading shadows focus exposure grain
    effect effects realism definition contrast shot angle engine graphics cgi vfx
    masterpiece rendition animation cartoon anime manga comic comics screenshot footage
    movie movies film design portrait winner contest brushstrokes brushwork closeup headshot
    rays lines outlines background inspired""",
)
"""Nouns that make the two or three words before them a style: film noir lighting."""

WEAK_NOUNS = _words(
    """light lights face eyes hands skin background backgrounds shadow shadows paper board
    sunlight reflection reflections glow pose back front side body scene character
    characters film movie movies frame frames cover piece camera gallery museum magazine
    model beauty world dream magic"""
)
"""Weak words that are things too: a run of style at the end of a clause starts after them."""

ALWAYS_HEADS = _words(
    """lighting illumination style styles aesthetic aesthetics vibe vibes mood atmosphere
    ambience ambiance palette hues tones composition perspective lens lut quality resolution
    shading exposure grain effect effects definition contrast angle engine graphics colors
    colours brushstrokes brushwork texture textures detail details"""
)
"""The heads that leave no subject before them: in van gogh style there is none."""

ARTICLES = _words("a an the this that these those his her their its my your our some")

PREPOSITIONS = _words(
    """in on at with by to as into onto like using via per out up without under over inside
    near behind between among through across around against during above below beside upon
    within"""
)

OTHER_FUNCTION_WORDS = _words(
    """is are was were be been being it it's no not so who which where when while there here i
    you he she they we has have had"""
)

CREDIT_VERBS = (
    "art artwork artworks painted drawn illustrated designed directed photographed rendered created"
    " inspired sculpted reimagined imagined styled animated made produced composed filmed written"
    " shot penned inked painter artist illustrator"
)
"""Words that make of the by that follows a credit, whoever it names."""

CREDIT_STOPS = _words(
    """in with as on at from wearing holding trending while is are who that which featuring
    under inside standing sitting looking during between for to into over near against
    without where when made using showing depicting having and/or"""
)
"""Words a credit ends before."""

DONE = _words(
    """eaten taken given driven beaten bitten hidden broken frozen stolen ridden torn worn held
    lit led built caught seen shown grown bound stung struck hit cut"""
)
"""Irregular participles after which by names who does it, not who made the picture."""

NAME_LINKS = _words("and & van von der den de del della di da la le el of the y e jr st mc o")
"""Small words inside names and between them."""
