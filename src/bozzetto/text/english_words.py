"""Plain English words that ideas and prompts are made of; no names among them.

Two questions lean on it: is a short text English, and is a scrap beside artists a thing
or a name. Plurals and verb forms are covered by `is_english`, not listed.
"""

from __future__ import annotations

__all__ = ["ENGLISH_WORDS", "QUALITIES", "is_english"]

_PEOPLE = """
man woman men women boy girl child children kid baby toddler teenager adult person people human
lady gentleman guy male female husband wife mother father mom dad son daughter brother sister twin
family grandmother grandfather grandma grandpa uncle aunt cousin couple lover friend neighbor
stranger crowd group team army king queen prince princess emperor empress lord duke knight warrior
soldier samurai ninja viking pirate hunter archer assassin mercenary gladiator barbarian paladin
rogue ranger wizard witch sorcerer sorceress mage necromancer druid priest priestess monk nun
shaman cleric bard alchemist farmer fisherman sailor captain pilot astronaut cosmonaut scientist
engineer doctor nurse surgeon patient teacher student professor pupil librarian writer poet painter
artist sculptor musician singer dancer ballerina actor actress model photographer chef cook baker
waiter waitress barista bartender butcher tailor blacksmith carpenter mechanic worker miner builder
driver rider cyclist runner athlete boxer wrestler player skater surfer climber diver swimmer gamer
hacker detective police policeman cop officer sheriff cowboy cowgirl gangster criminal thief
prisoner guard judge lawyer politician president businessman businesswoman banker clerk secretary
boss clown jester magician acrobat mime beggar nomad wanderer traveler tourist pilgrim refugee
peasant servant maid butler slave noble noblewoman nobleman aristocrat courtesan geisha goddess god
deity angel demon devil saint prophet hero heroine superhero villain monster creature beast ghost
spirit zombie vampire werewolf skeleton mummy goblin orc elf elves dwarf dwarves fairy fairies
nymph mermaid siren centaur minotaur giant ogre troll gnome hobbit golem gargoyle cyborg android
robot alien mutant clone mascot puppet doll toy figure statue scarecrow snowman bride groom widow
orphan veteran elder youth teen folk tribe native
"""

_ANIMALS = """
animal pet dog puppy cat kitten bird fish horse pony donkey mule cow bull calf ox sheep lamb goat
pig piglet boar hog chicken hen rooster chick duck duckling goose swan turkey peacock pigeon dove
crow raven owl eagle hawk falcon vulture parrot toucan flamingo penguin seagull pelican stork crane
heron sparrow robin hummingbird woodpecker ostrich emu mouse mice rat hamster squirrel rabbit bunny
hare fox wolf wolves bear panda koala kangaroo raccoon badger otter beaver hedgehog skunk weasel
ferret mole bat deer stag doe elk moose reindeer antelope gazelle giraffe zebra elephant rhino
rhinoceros hippo hippopotamus camel llama alpaca lion lioness tiger leopard cheetah panther jaguar
lynx cougar hyena monkey ape gorilla chimpanzee orangutan baboon lemur sloth anteater armadillo
crocodile alligator lizard gecko chameleon iguana snake serpent cobra python turtle tortoise frog
toad newt salamander dinosaur dragon griffin phoenix unicorn pegasus hydra kraken basilisk wyvern
chimera shark whale dolphin seal walrus octopus squid jellyfish crab lobster shrimp clam oyster
snail slug worm salmon tuna trout goldfish koi carp eel ray starfish seahorse coral insect bug ant
bee wasp butterfly moth fly mosquito beetle ladybug dragonfly cricket grasshopper mantis spider
scorpion caterpillar cockroach mammoth hybrid corgi poodle husky retriever bulldog pug beagle
terrier shiba siamese tabby feather fur paw claw wing tail fang horn antler beak hoof hooves scale
shell tentacle mane whisker nest egg cub herd flock swarm pack
"""

_BODY_AND_CLOTHES = """
body head face hair eye ear nose mouth lip tooth teeth tongue chin cheek forehead jaw neck throat
shoulder arm elbow wrist hand finger thumb fist nail chest breast back belly stomach waist hip leg
knee foot feet toe ankle skin bone skull brain heart lung blood muscle vein wrinkle freckle scar
tattoo beard mustache moustache eyebrow eyelash bangs braid ponytail bun curl pigtail haircut
hairstyle makeup lipstick smile grin frown tear expression gaze pose gesture clothes clothing
outfit costume dress gown skirt blouse shirt sweater hoodie jacket coat cloak cape robe suit tuxedo
tie bowtie vest jeans pants trousers shorts leggings stocking sock shoe boot sandal sneaker heel
slipper hat cap beanie helmet hood crown tiara headband headdress scarf shawl veil mask glove
mitten belt buckle button zipper pocket collar sleeve lace ribbon bow corset bikini swimsuit
underwear lingerie bra uniform apron kimono sari toga armor armour chainmail shield glasses
sunglasses goggles monocle earring necklace bracelet ring jewel jewelry pendant brooch watch purse
handbag bag backpack umbrella leather silk cotton wool denim velvet satin linen fabric cloth knit
fashion streetwear attire garment fur bandana turban headphones
"""

_THINGS = """
thing object item box crate barrel basket bucket bottle jar can cup mug glass goblet plate bowl
dish fork knife spoon pan pot kettle teapot tray table chair armchair sofa couch bench stool desk
bed pillow blanket mattress curtain carpet rug shelf bookshelf cabinet drawer wardrobe mirror lamp
lantern candle torch chandelier bulb clock hourglass vase painting picture poster book page letter
paper envelope newspaper magazine map scroll pen pencil brush ink key lock chain rope string thread
needle button scissors hammer saw axe shovel rake ladder broom tool wrench screw nail machine
engine gear wheel motor pipe tube wire cable circuit chip computer laptop keyboard screen monitor
phone smartphone tablet television tv radio camera projector telescope microscope lens speaker
microphone headset guitar piano violin cello drum flute trumpet saxophone harp instrument record
vinyl cassette disc ball balloon kite doll puzzle dice card chess game console controller arcade
pinball toy lego block car truck van bus taxi train tram subway locomotive bicycle bike motorcycle
scooter skateboard boat ship sailboat yacht canoe kayak raft submarine ferry airplane plane
aircraft jet helicopter drone rocket spaceship spacecraft starship shuttle satellite ufo tank
tractor wagon cart carriage sled vehicle sportscar sword dagger spear bow arrow quiver gun pistol
rifle revolver cannon bomb grenade missile weapon staff wand orb crystal gem diamond ruby emerald
sapphire pearl gold silver bronze copper iron steel metal stone rock brick wood wooden plastic
rubber clay ceramic porcelain marble concrete cardboard coin money treasure chest crown throne
altar cross coffin grave tombstone bell flag banner sign logo symbol badge medal trophy gift
present package trash garbage rubbish junk debris rubble cigar cigarette smoke match lighter ash
dust dirt mud sand oil bubble foam slime goo syringe pill medicine perfume soap towel toothbrush
comb razor lipstick cosmetic cream fountain pool bathtub shower sink toilet stove oven fridge
refrigerator microwave toaster fan heater umbrella tent flashlight compass binoculars anchor net
hook cage trap portal gate
"""

_FOOD = """
food meal breakfast lunch dinner dessert snack fruit vegetable apple pear orange lemon lime banana
grape strawberry raspberry blueberry cherry peach plum apricot mango pineapple watermelon melon
coconut kiwi fig pomegranate avocado tomato potato carrot onion garlic pepper cucumber pumpkin
squash corn pea bean lettuce cabbage broccoli cauliflower spinach mushroom olive nut almond walnut
peanut chestnut rice wheat flour bread toast bun bagel baguette croissant sandwich burger hamburger
cheeseburger hotdog pizza pasta spaghetti noodle ramen sushi taco burrito soup stew salad steak
meat beef pork ham bacon sausage chicken egg omelette cheese butter milk yogurt cream honey jam
sugar salt spice sauce ketchup chocolate candy cookie biscuit cake cupcake pie tart donut doughnut
pancake waffle muffin pudding ice lollipop gum marshmallow popcorn chip fries nugget coffee tea
juice soda cola beer wine whiskey vodka cocktail champagne water drink beverage smoothie milkshake
espresso latte
"""

_PLACES = """
place world earth globe planet moon sun star galaxy universe cosmos nebula space sky heaven hell
cloud land country nation state city town village suburb neighborhood district street road highway
path alley avenue lane sidewalk bridge tunnel crossroad corner square plaza park garden yard
courtyard lawn playground field meadow farm barn stable ranch vineyard orchard greenhouse forest
wood woods woodland jungle rainforest swamp marsh bog desert dune oasis savanna prairie steppe
tundra mountain hill cliff canyon valley ravine gorge cave cavern grotto volcano crater glacier
iceberg island peninsula coast shore beach bay harbor port dock pier lighthouse lagoon reef sea
ocean lake pond river stream creek waterfall spring wave tide house home cottage cabin hut shack
mansion villa manor apartment flat penthouse loft studio room bedroom bathroom kitchen hallway
corridor basement cellar attic garage balcony terrace porch patio roof rooftop chimney wall floor
ceiling door doorway window stairs staircase stairway elevator column pillar arch dome tower spire
skyscraper building architecture structure construction facade interior exterior castle palace
fortress citadel keep dungeon temple church cathedral chapel monastery abbey mosque pagoda shrine
tomb crypt cemetery graveyard pyramid ruin monument museum gallery library school classroom
university hospital clinic laboratory lab office factory warehouse workshop store shop supermarket
mall market restaurant cafe bar pub tavern inn hotel motel casino club nightclub theater theatre
cinema stage circus carnival fair amusement stadium arena gym station airport prison jail court
bank bakery diner saloon mine mill windmill dam bunker base camp campsite outpost colony metropolis
skyline cityscape landscape seascape scenery horizon background foreground ground surface
underwater underground outdoors indoors outside inside downtown countryside wilderness ghetto slum
"""

_NATURE_AND_TIME = """
nature tree oak pine palm willow birch maple bamboo bush hedge plant flower rose tulip daisy lily
lotus orchid sunflower lavender poppy dandelion cactus fern moss ivy vine grass leaf leaves branch
root trunk bark seed petal thorn blossom bloom bouquet wreath seaweed algae fungus fungi lichen
weather rain rainy rainbow storm thunder thunderstorm lightning wind windy breeze tornado hurricane
blizzard snow snowy snowflake ice icy frost frozen hail fog foggy mist misty cloudy sunny sunshine
sunlight moonlight starlight daylight shadow reflection ripple splash drop puddle flood drought
fire flame ember spark explosion lava magma steam vapor flare aurora eclipse comet meteor asteroid
time past present future day night morning noon afternoon evening dusk dawn sunset sunrise twilight
midnight spring summer autumn fall winter season holiday christmas halloween easter birthday
wedding party festival parade concert dance ball battle war fight duel hunt chase race adventure
journey voyage trip quest century year month week hour minute ancient medieval prehistoric modern
"""

_ACTIONS = """
be am is are was were been being have has had do does did make made take took taken give gave get
got go went gone come came see saw seen look watch stare gaze stand stood sit sat lie lay kneel
squat walk run ran jump leap hop climb crawl fall fell fly flew float drift swim swam dive sail
ride rode drive drove race chase follow lead hunt fight fought attack defend kill die dead dying
sleep asleep slept dream wake rest relax wait meet meeting talk speak spoke say said shout scream
whisper sing sang laugh cry weep smile grin hug kiss hold held carry lift push pull throw threw
catch caught hit kick punch bite lick eat ate drink drank cook bake cut slice chop pour mix stir
wash clean sweep wear worn dress undress put open close shut lock break broke broken crack shatter
smash crush tear torn build built destroy burn burning melt freeze explode erupt crash sink rise
rose shine glow glowing sparkle shimmer glitter flicker flash fade grow grew bloom wither rot play
work study learn teach read write wrote draw drew drawn paint painted carve sculpt sew knit weave
woven pray worship cast summon conjure transform become turn spin twist bend stretch lean hang hung
swing balance hide hid hidden reveal appear disappear vanish emerge surround cover wrap tie bind
decorate adorn fill empty contain show point aim shoot shot fire explore discover find found search
lose lost escape enter leave return arrive depart travel wander roam stroll march drown save help
feed buy sell pay steal stole win won want need like love hate fear feel felt think thought know
knew believe hope wish try use using celebrate enjoy gather crouch ski surf skate dance typing
posing facing chill meditate levitate hover stack pile spill drip flow leak spread reach touch grab
squeeze pet stroke brush comb shave snort vape inhale exhale breathe blow whistle knock ring sound
hear heard listen taste smell drawing advertise
"""

_QUALITIES = """
big large huge enormous gigantic massive colossal tiny small little mini miniature short tall long
wide narrow thin thick fat chubby slim skinny slender muscular strong weak heavy light old young
aged elderly new fresh ancient antique vintage retro modern futuristic red blue green yellow orange
purple violet pink brown black white gray grey golden silver beige turquoise teal cyan magenta
crimson scarlet maroon navy indigo blonde blond brunette ginger redhead dark bright pale colorful
colourful transparent translucent opaque shiny glossy matte metallic rusty dusty dirty clean muddy
wet dry soaked hot warm cool cold soft hard smooth rough sharp blunt spiky fluffy furry hairy bald
fuzzy scaly slimy sticky crispy round square circular triangular rectangular oval flat curved
straight curly wavy messy neat empty full open closed broken cracked abandoned ruined haunted
enchanted magic magical mystical sacred holy cursed evil good bad nice cute adorable pretty
beautiful handsome gorgeous lovely ugly hideous scary spooky creepy horrifying terrifying
frightening dangerous deadly fierce angry mad furious sad happy joyful cheerful lonely alone tired
sleepy bored calm peaceful quiet silent loud noisy brave shy proud serious funny silly goofy crazy
weird strange mysterious unknown secret famous popular rich poor royal noble elegant fancy luxury
luxurious expensive cheap simple plain cozy comfortable fast quick slow early late high low deep
shallow far near close left right front rear upper lower middle central inner outer upside down
half whole double single many several few various different same other another first second third
last one two three four five six seven eight nine ten eleven twelve twenty hundred thousand million
dozen pair lot bunch wild tame domestic tropical arctic rural urban industrial mechanical electric
electronic digital robotic organic natural artificial synthetic wooden floral striped spotted
checkered plaid naked nude shirtless barefoot hooded masked armored winged horned bearded blind
deaf pregnant wounded injured bloody smiling crying laughing sitting standing running flying
floating sleeping eating drinking reading holding wearing riding playing dancing walking looking
glowing growing hanging american british english french german italian spanish russian chinese
japanese korean indian african asian european arab arabic egyptian greek roman mexican brazilian
irish scottish norse turkish victorian edwardian nordic scandinavian soviet fantasy horror scifi
cyberpunk steampunk space super real realistic fake perfect delicious tasty yummy sweet sour bitter
spicy juicy ripe rotten raw fried grilled roasted
"""

_SMALL_WORDS = """
himself herself itself themselves myself yourself candlelight a an the and or but nor so yet if
then else when while where why how what which who whom whose that this these those there here it
its he him his she her hers they them their we us our you your i me my mine of in on at by for with
without from to into onto over under above below between among through across along around behind
beside near next against toward towards during before after until since about like as than not no
yes very too also just only even still again always never ever often sometimes all any both each
every either neither some none more most less least much many such own off out up down away
together apart inside outside upon within beyond because can could will would shall should may
might must cannot don't doesn't isn't it's let's something someone somebody everything everyone
nothing nobody anything anyone made full side top bottom part piece kind type sort way name word
end start front middle center idea concept scene view image photo portrait style art story life
death love power energy light shadow color colour shape form line pattern texture size number music
song sound noise voice language question answer problem news science math history culture religion
politics business advertisement advert ad campaign product brand label packaging website banner
flyer brochure card avatar character icon profile level boss enemy map quest film movie cartoon
comic anime manga episode series show cover album band tour trailer documentary studio design
designer anatomy cell virus bacteria molecule atom dna diagram chart graph plan blueprint model
robotics humanoid mecha machinery equipment material technology security society civilization
humanity civilian reality creation destruction exploration chaos darkness silence madness paradise
apocalypse utopia afterlife realm kingdom empire palace layer edge border circle cube sphere spiral
stripe swirl particle beam smoke haze lamp sunbeam firefly tendril vegetation foliage jungle herb
berry ornament decoration furniture pedestal board sheet peak depth distance platform complex area
region rural geometric gothic tribal alien fluid solid smart confident innocent graceful gloomy
grim sinister serene tranquil majestic grand divine holy sacred legendary mythical heroic nuclear
toxic radioactive undead drunk nerdy casual exotic whimsical festive traditional cultural religious
political military federal public private personal professional athletic feminine masculine
androgynous attractive sexy sensual precious rare perfect imperfect shaven shaved trimmed jumpsuit
bodysuit spacesuit swimwear lingerie headpiece headscarf katana lightsaber laser missile reactor
spaceport cargo container crane bulldozer excavator truck caravan motorway treehouse lightbulb
campfire fireplace fireworks confetti graffiti mural mosaic neon hologram plague mutation biome
ecosystem climate disease surgery organ nerve spine tissue medical biology chemistry physics
astronomy
"""

_BRITISH = """
cosy jewellery harbour neighbour pyjamas aluminium tyre plough sceptre
"""

ENGLISH_WORDS: frozenset[str] = frozenset(
    word
    for block in (
        _PEOPLE,
        _ANIMALS,
        _BODY_AND_CLOTHES,
        _THINGS,
        _FOOD,
        _PLACES,
        _NATURE_AND_TIME,
        _ACTIONS,
        _QUALITIES,
        _SMALL_WORDS,
        _BRITISH,
    )
    for word in block.split()
)

QUALITIES = frozenset(_QUALITIES.split())
"""The words among them that tell how a thing is, not which."""

# Ending of an inflected form, and what to put in its place to find the listed one.
_ENDINGS = (
    ("'s", ""),
    ("s", ""),
    ("es", ""),
    ("ies", "y"),
    ("ing", ""),
    ("ing", "e"),
    ("ed", ""),
    ("ed", "e"),
    ("ied", "y"),
    ("er", ""),
    ("er", "e"),
    ("ly", ""),
    ("y", ""),
    ("est", ""),
    ("ful", ""),
    ("less", ""),
    ("like", ""),
)


def is_english(word: str) -> bool:
    """Whether a lower-case word is in the list, itself or as a regular form of one that is."""
    if word in ENGLISH_WORDS:
        return True
    for ending, instead in _ENDINGS:
        if word.endswith(ending):
            stem = word[: -len(ending)]
            if len(stem) > 1 and (stem + instead in ENGLISH_WORDS or _doubled(stem)):
                return True
    return False


def _doubled(stem: str) -> bool:
    """Whether "runn" of "running" is a listed "run"."""
    return len(stem) > 3 and stem[-1] == stem[-2] and stem[:-1] in ENGLISH_WORDS
