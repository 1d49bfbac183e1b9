"""Tables of words that are no things: colors, sizes, numbers, lands, times, weathers, styles, moods, places,
relations, verbs and the small words.

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
forest: woods woodland woodlands forests jungle rainforest rain-forest pine-forest grove
    forest-clearing birch-forest deep-woods
mountains: the-mountains mountain-range mountain-landscape mountain-scenery mountainous alps the-alps alpine
    himalayas rocky-mountains rockies mountain-valley valley canyon mountain-view highlands cliffs
city: street streets downtown town urban skyline cityscape road roads alley avenue sidewalk boulevard
    city-street city-streets town-square city-square new-york manhattan tokyo london paris inner-city
    down-town metropolis city-center city-centre street-scene city-skyline suburb neighborhood neighbourhood
    village highway crosswalk big-city
room: bedroom living-room livingroom kitchen bathroom indoors indoor inside-a-house inside-the-house
    classroom hallway interior dining-room lounge gym restaurant cafe indoor-room hotel-room in-the-office
    in-an-office attic basement nursery corridor waiting-room ballroom art-gallery gallery
underwater: under-water under-the-sea under-the-ocean ocean-floor sea-floor seafloor seabed sea-bed coral-reef
    reef deep-sea aquarium undersea subaquatic bottom-of-the-sea bottom-of-the-ocean at-the-bottom-of-the-sea
    at-the-bottom-of-the-ocean beneath-the-waves under-the-waves deep-ocean below-the-surface
    beneath-the-surface under-the-surface submerged
beach: shore seashore seaside coast sand sandy sandy-beach coastline
snow: snowy winter ice icy glacier arctic antarctic antarctica north-pole south-pole tundra frozen wintry
    snowfield snow-covered snowy-landscape wintertime snow-field snowy-field
sea: ocean lake water river waves pond pool at-sea bay harbour harbor seawater open-water the-waves open-sea
    high-seas lagoon lakeside
desert: dunes dune sahara sand-dunes sand-dune
space: outer-space galaxy universe cosmos deep-space milky-way another-galaxy starfield
"""
_TIMES = """
day: daytime daylight noon midday sunny sunny-day day-time by-day during-the-day morning afternoon
    brighter sunshine sunlit midmorning high-noon broad-daylight
night: nighttime night-time midnight moonlit moonlight starry dark darker darkness by-night after-dark
    starlit nightfall nocturnal darkening tonight
sunset: sunrise dawn dusk evening twilight golden-hour sundown sun-set setting-sun rising-sun sun-rise
    daybreak early-morning at-dusk at-dawn at-sunrise
"""
# What a row stands for is no word of its own: "clear" clears away, and "snow" and "snowy" are the land.
_WEATHERS = """
clear: clear-sky clear-skies clear-weather clear-up cleared-up cloudless blue-skies fair-weather no-clouds
    no-rain no-fog no-mist without-rain without-fog without-clouds stop-raining stop-the-rain stop-snowing
    stop-the-snow sunny-weather sunny-skies good-weather fine-weather nice-weather
cloudy: cloudy overcast clouded cloud-covered gray-sky grey-sky gray-skies grey-skies cloudy-sky cloudy-skies
    cloud-cover gloomy clouded-over cloudy-weather overcast-sky
rain: rain raining rainy rainfall downpour drizzle drizzling storm stormy thunderstorm rainstorm pouring-rain
    heavy-rain light-rain rain-shower rain-showers wet-weather rainy-weather rainy-day falling-rain
    bad-weather the-rain rains monsoon make-it-rain let-it-rain
snow: snowing snowfall snowstorm blizzard falling-snow snow-falling falling-snowflakes flurries snow-flurries
    heavy-snow light-snow it-snows snows make-it-snow let-it-snow snow-storm snowy-weather
fog: fog foggy mist misty haze hazy smog thick-fog dense-fog morning-mist morning-fog the-fog foggy-weather
"""
_STYLES = """
3d: 3-d in-3d 3d-render 3d-rendered 3d-rendering 3d-model 3d-style 3d-art 3d-graphics glossy rendered
    rendering three-dimensional cgi computer-graphics computer-generated plastic-look pixar pixar-style
    3d-icon 3d-emoji 3d-cartoon 3d-animation soft-3d shiny-3d
flat: flat-style flat-design flat-art flat-look flat-vector flat-illustration flat-drawing flat-graphic
    flat-color flat-colors flat-colour flat-colours flat-icon flat-icons vector vectors vector-art
    vector-graphic vector-graphics vector-style vector-illustration minimalist minimalistic minimal
    minimalist-style minimalism poster poster-style poster-art 2d two-dimensional infographic flat-2d
    flat-cartoon clip-art clipart material-design
cartoon: cartoons cartoonish cartoony comic comics comic-book comic-strip drawn hand-drawn manga anime
    cartoon-style comic-style cartoon-drawing outlined comic-book-style cartoon-look toon line-art
    storybook picture-book childrens-book children's-book
paper: paper-cut-out paper-cut-outs paper-cutout paper-cutouts papercut paper-cut paper-cuts paper-craft
    papercraft paper-art cut-out-style cutout cutouts cut-outs cut-out-paper cut-paper origami collage
    paper-collage made-of-paper out-of-paper from-paper colored-paper coloured-paper construction-paper
    craft-paper paper-style cutout-style cut-out-art kirigami scrapbook
"""
# How a face or a person feels; the first word of a row is one of `things.MOODS`.
_MOODS = """
happy: smile smiles smiling grin grinning cheerful joyful glad joyous delighted merry happier cheery beaming
    content
sad: unhappy frown frowning frowns gloomy-looking sorrowful sadder upset depressed mournful melancholy
    miserable heartbroken disappointed glum down-hearted
angry: mad furious annoyed pouting grumpy cross-looking irritated enraged raging angrier grouchy scowling
    outraged pout pouts
crying: cry cries weeping weep weeps sobbing sob in-tears tearful crying-loudly
laughing: laugh laughs lol giggling giggle giggles chuckling laughing-out-loud hilarious tears-of-joy amused
surprised: shocked amazed astonished startled stunned astounded gasping open-mouthed
scared: afraid frightened terrified fearful screaming scream screams horrified panicked panicking
sleepy: sleeping asleep sleep sleeps tired snoring napping drowsy exhausted
determined: resolute stern strict fierce triumphant firm stubborn huffing serious
loving: in-love loves lovestruck heart-eyes with-heart-eyes enamored enamoured smitten adoring infatuated
cool: wearing-sunglasses with-sunglasses cool-looking relaxed-looking
confused: puzzled shrug shrugging shrugs clueless unsure perplexed bewildered baffled doubtful uncertain
disgusted: nauseated queasy nauseous grossed-out green-faced
sick: ill feverish unwell with-a-fever sickly
winking: wink winks wink-wink
kissing: kiss kisses blowing-a-kiss blow-a-kiss
thinking: think thinks thoughtful pondering pensive wondering contemplating
silly: goofy playful sticking-its-tongue-out sticking-out-its-tongue sticking-his-tongue-out
    sticking-her-tongue-out tongue-out with-its-tongue-out zany wacky cheeky
neutral: expressionless emotionless blank-faced indifferent poker-faced no-expression straight-faced unsmiling
    poker-face
embarrassed: ashamed blushing blush flushed facepalm facepalming facepalms
worried: anxious nervous concerned worry worries stressed
pleading: begging beg puppy-eyed with-puppy-eyes puppy-dog-eyes
sorry: bowing bow-down apologizing apologising apologetic regretful
pleased: satisfied proud approving gesturing-ok
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
style style: style styles sketch pencil-sketch charcoal-sketch watercolor watercolour oil-painting
    watercolor-painting watercolour-painting acrylic-painting digital-art pixel-art black-and-white sepia
    engraving woodcut mosaic stained-glass claymation low-poly impressionism impressionist cubism pop-art
    graffiti photorealistic photorealism line-drawing marker-drawing oil-paint gouache pastel-drawing
    cyberpunk steampunk
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
portrait-of render-of calm beautiful pretty cute lovely nice funny cozy cosy old new young fresh
juicy ripe sweet fluffy shiny soft quiet peaceful clean simple modern ancient classic vibrant colorful
colourful detailed realistic high-quality quality sleek smooth rough wild gentle friendly brave
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
WEATHERS, STYLES, MOODS = _table(_WEATHERS), _table(_STYLES), _table(_MOODS)
LANDS, TIMES, PATTERNS = _table(_LANDS), _table(_TIMES), _table(_PATTERNS)
PLACES, SHIFTS, RELATIONS, VERBS = _table(_PLACES), _table(_SHIFTS), _table(_RELATIONS), _table(_VERBS)
# In these, and in the weathers, a row's first word is a name of ours and not something people say.
FAR_PLACES, FLIPS, GROWTH = _table(_FAR_PLACES), _table(_FLIPS), _table(_GROWTH)
SMALL_WORDS = _table(_SMALL_WORDS)
STOP = tuple(word.replace("-", " ") for word in _STOP.split())
