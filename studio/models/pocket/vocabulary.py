"""Tables of words that are no things: colors, sizes, numbers, places, relations, verbs and the small words.

A row is "what it stands for: phrases that say it"; a hyphen in a phrase is a space. Adding a word here is
all it takes for the reader to know it.
"""

from __future__ import annotations

_COLORS = """
red: crimson scarlet ruby maroon burgundy cherry-red vermilion reddish
orange: amber tangerine-coloured apricot-coloured rust rusty ginger
yellow: golden gold lemon-yellow yellowish blond blonde mustard
green: emerald lime olive mint jade greenish forest-green
blue: navy azure cyan turquoise teal aqua cobalt sapphire bluish indigo sky-blue
purple: violet lavender lilac plum mauve amethyst
pink: magenta fuchsia rose-coloured salmon-pink hot-pink coral rosy
brown: tan beige chocolate-brown bronze copper chestnut hazel wooden
black: ebony jet-black charcoal blackish
white: ivory cream snow-white silver silvery
gray: grey greyish grayish ash-gray
"""
_SIZES = """
tiny: minuscule miniature teeny mini teeny-tiny wee microscopic
small: little smallish short petite
big: large tall great sizable
huge: giant gigantic enormous massive colossal very-big very-large immense towering gargantuan
"""
_COUNTS = """
1: single one-single only-one just-one one-of
2: two both-of couple-of couple pair-of pair twin 2x
3: three few few-of trio-of bunch-of
4: four several group-of herd-of flock-of
5: five many lots-of lot-of
6: six half-a-dozen half-dozen dozen crowd-of
7: seven
8: eight
9: nine
10: ten
12: twelve a-dozen
"""
_LANDS = """
meadow: grass field fields park lawn garden grassland pasture countryside prairie savanna savannah
    farmland hills grassy hill
forest: woods woodland forests jungle rainforest
beach: shore seashore seaside coast sand sandy sandy-beach coastline
snow: snowy winter ice icy glacier arctic antarctic antarctica north-pole south-pole tundra frozen wintry
    snowfield snow-covered snowy-landscape snowing wintertime
sea: ocean lake water river waves pond pool at-sea bay harbour harbor underwater under-water seawater
    under-the-sea open-water the-waves
desert: dunes dune sahara sand-dunes sand-dune
space: outer-space galaxy universe cosmos deep-space milky-way another-galaxy
"""
_TIMES = """
day: daytime daylight noon midday sunny sunny-day day-time by-day during-the-day morning afternoon
    brighter sunshine sunlit
night: nighttime night-time midnight moonlit moonlight starry dark darker darkness by-night after-dark
    starlit nightfall nocturnal darkening tonight
sunset: sunrise dawn dusk evening twilight golden-hour sundown sun-set setting-sun rising-sun sun-rise
"""
_PATTERNS = """
plain: solid blank empty-plain flat monochrome
gradient: gradients ombre
dots: dotted polka-dot polka-dots polkadot polka-dotted spotted
stripes: striped stripy stripey stripe
"""
_PLACES = """
left: left-hand leftmost
right: right-hand rightmost
top: upper
bottom: lower-half lower-part
middle: center centre central
top left: upper-left left-upper left-top
top right: upper-right right-upper right-top
bottom left: lower-left left-lower left-bottom
bottom right: lower-right right-lower right-bottom
"""
_FAR_PLACES = """
front: to-the-front into-the-foreground to-the-foreground to-front in-the-foreground in-front foreground
    up-close
far: far far-away in-the-distance in-the-background far-off in-the-far-distance at-the-back
    in-the-back to-the-back into-the-background to-the-background
air: in-the-air mid-air in-mid-air in-midair into-the-air up-high high-up
other: the-other-side other-side opposite-side the-opposite-side
ground: on-the-ground on-the-floor onto-the-ground to-the-ground onto-the-floor to-the-floor
"""
_SHIFTS = """
up: upwards upward higher
down: downwards downward lower
left: leftwards leftward
right: rightwards rightward
closer: nearer
away: away-from away further-away farther-away further-back farther-back further farther
"""
_RELATIONS = """
above: over higher-than
below: beneath lower-than on-the-bottom-of at-the-bottom-of
under: underneath
on: on-top-of atop onto upon on-the-top-of riding rides riding-on at-the-top-of sitting-on standing-on
    to-the-top-of against
beside: past next-to near by alongside close-to near-to at-the-side-of on-the-side-of on-side-of adjacent-to
    right-next-to to-the-side-of at-side-of beside-of
behind: in-back-of hidden-by hidden-behind covered-by obscured-by at-the-back-of right-behind
front: in-front-of before to-the-front-of right-in-front-of
in: inside into within inside-of
between: in-between among amid
wear: wearing wears dressed-in
hold: holding holds carrying carries
with: has having gets needs and-with together-with along-with
"""
_VERBS = """
make: have let render
color: paint colour recolor recolour dye tint colouring coloring
turn: change convert transform switch morph
move: put place shift bring push pull drag position slide set relocate send move-over
add: i'd-like insert include draw introduce create throw-in put-in bring-in show i-want i-would-like
    there-should-be there-is-also paint-in incorporate
give: hand offer
remove: i-don't-like i-don't-want i-do-not-want i-do-not-like delete erase get-rid-of take take-away
    take-out take-off lose without no eliminate eradicate hide
    wipe-out clear discard cut-out exclude omit purge rid-of leave-out no-more remove-from
substitute:
replace: swap exchange trade swap-out trade-out replacing
copy: duplicate clone
flip: mirror reverse
grow: enlarge scale-up blow-up increase increase-the-size-of zoom-in-on double
shrink: reduce scale-down decrease reduce-the-size-of decrease-the-size-of halve
raise: lift
keep: leave
only: keep-only leave-only just-keep
"""
_FLIPS = """
other: look-the-other-way face-the-other-way facing-the-other-way turn-around turn-round turned-around
    the-other-way around the-other-way-around the-other-direction look-in-the-other-direction
    face-the-other-direction mirrored flipped looking-the-other-way look-back around-the-other-way
    in-the-other-direction
left: facing-left looking-left look-left face-left look-to-the-left facing-to-the-left face-the-left
    looking-to-the-left facing-the-left
toward: facing face look-at looking-at face-towards look-towards looks-at
right: facing-right looking-right look-right face-right look-to-the-right facing-to-the-right
    face-the-right looking-to-the-right facing-the-right
"""
_GROWTH = """
1.35: too-small too-tiny too-little less-small bigger larger taller wider huger
0.72: too-big too-large too-tall too-huge less-big less-large less-tall smaller tinier shorter thinner
2: twice-as-big twice-as-large twice-as-tall twice-the-size double-the-size two-times-bigger 2x-bigger
    twice-its-size twice-the-height two-times-as-big double-its-size twice-as-high
0.5: half-as-big half-as-large half-as-tall half-the-size half-its-size half-size half-the-height
3: three-times-as-big three-times-as-large three-times-bigger triple-the-size
"""
_SMALL_WORDS = """
amount little: bit a-bit slightly a-little-bit somewhat a-touch a-tad little-bit
amount much: much a-lot way considerably significantly lots
det a: a an some any
det the: the this that these those its his her their my our your
more more: second another one-more more additional extra some-more yet-another more-of
every every: all every each both all-of both-of-the all-the
pron it: it itself this-one that-one him he she its-head his-head her-head the-head its-face his-face
    her-face their-head their-heads their-faces
pron them: them themselves all-of-them both-of-them they those-ones
pron all: everything all-things every-thing everyone everybody all-objects all-the-things
pron one: one ones
pron others: others other-things the-rest rest
canvas canvas: image photo photograph scene canvas frame pic view illustration drawing composition images
style style: style styles cartoon sketch pencil-sketch charcoal-sketch watercolor watercolour oil-painting
    watercolor-painting watercolour-painting acrylic-painting digital-art pixel-art comic comic-book manga
    anime black-and-white sepia engraving woodcut mosaic stained-glass claymation low-poly impressionism
    impressionist cubism pop-art graffiti photorealistic photorealism render 3d-render 3d in-3d clip-art
    line-art line-drawing marker-drawing cartoon-drawing oil-paint gouache pastel-drawing cyberpunk
    steampunk
ground ground: background backdrop wall backing wallpaper back-ground surroundings setting environment
    scenery backround
sky sky: sky skies air heavens
side side: side corner half part edge hand third area end portion section
aspect places: places positions spots
aspect aspect: color colour colors colours hue shade size time time-of-day weather
    season lighting
    position
link to: to become becomes towards toward like as as-if as-though look-like looks-like into-being
link for: for
link at: at
link of: of made-of from off
link instead: instead instead-of rather-than in-place-of rather
link except: except but-not except-for apart-from other-than besides
link than: than
link match: as-big-as as-large-as as-tall-as as-high-as as-small-as the-same-size-as same-size-as
copula is: is are was were be being am isn't should-be must-be looks becomes there-is there-are that-is
    which-is sits stands lies sitting standing lying floating flying
pause and: and & plus as-well-as also and-also too
pause but: but
pause ,: ,
pause then: then and-then after-that afterwards finally next now and-now
pause .: . ; ! ?
"""
_STOP = """
please kindly could can you would i we want wish like to-see see just also there here what if so well very
really quite simply same again still already more-like kind sort version set look looks looking seen view
photo-of picture-of image-of painting-of drawing-of photograph-of illustration-of close-up closeup
portrait-of render-of calm beautiful pretty cute lovely nice happy sad funny cozy cosy old new young fresh
juicy ripe sweet fluffy shiny soft quiet peaceful clean simple modern ancient classic vibrant colorful
colourful detailed realistic high-quality quality sleek smooth rough wild gentle sleepy friendly brave
majestic stylish tasty delicious empty wide open clear bright pale light deep vivid dusky warm cold cool
hot lone lonely windless lush distant do does did will shall may
might must should need let's lets us me who whom whose which when where while during it's i'm i'll
we'd don't not his hers theirs own self something somewhere thing object objects things item items up out
onto-it nothing nobody none empty-space through across along around-it upon-it per via about
swim swims swam swimming run runs running ran walk walks walking walked fly flies flew flying-by sail
sails sailing sailed stand standing-there sit sat sleeping sleeps lie lay drive drives driving parked jump
jumps jumping grow-on grows growing float floats hang hangs hanging hung rest rests resting resting-on
live lives living play plays playing eat eats eating chasing chases watching watches following
follows next-door shining shines rising rise setting hovering hovers hover seated perched placed located
positioned surrounded going go goes gone gets get got come comes coming appear appears seen-from together
each-other side-by-side in-a-row row-of row line-of standing-tall horizontally horizontal way direction
facing face head heads turned pointing once more-or-less bit-of everywhere completely entirely whole full
entire this-picture time-of shape shaped form group landscape day-of okay ok hi
hello hey thanks thank actually maybe perhaps both-sides much-more such s t m d ll ve re
being-there have-it-be be-in it-be i-see give-me show-me draw-me make-me paint-me i-need id
want-to
else leaning leans leant different various kinds-of first's i'd possible else's hand-of
"""


def _table(text: str) -> dict[str, tuple[str, ...]]:
    """Rows of "value: phrase phrase", with further lines of a row indented."""
    rows = (row.split(":", 1) for row in text.strip().replace("\n    ", " ").splitlines())
    return {value.strip(): tuple(word.replace("-", " ") for word in row.split()) for value, row in rows}


COLORS, SIZES, COUNTS = _table(_COLORS), _table(_SIZES), _table(_COUNTS)
LANDS, TIMES, PATTERNS = _table(_LANDS), _table(_TIMES), _table(_PATTERNS)
PLACES, SHIFTS, RELATIONS, VERBS = _table(_PLACES), _table(_SHIFTS), _table(_RELATIONS), _table(_VERBS)
# In these a row's first word is a name of ours and not something people say.
FAR_PLACES, FLIPS, GROWTH = _table(_FAR_PLACES), _table(_FLIPS), _table(_GROWTH)
SMALL_WORDS = _table(_SMALL_WORDS)
STOP = tuple(word.replace("-", " ") for word in _STOP.split())
