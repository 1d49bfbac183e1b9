"""What people call the things: other words for each one, words for whole kinds, and nouns that are no thing
here.

`SYNONYMS`, from `synonyms.tsv`, maps a key of `things.THINGS` to other words for it. `KINDS` maps a word such
as "bird" to the things that fit: a new picture gets one of them, an instruction finds any of them.
`WHOLE_KINDS` has the words that an instruction means more widely: a new person is a man or a woman, but "the
person" in a picture may be a doctor, and "the animal" any animal. `FACES` are the nouns that go with a mood.
`NOT_THINGS` are phrases that end or begin in a known word and yet mean something else (a tennis ball).
`INSTEAD` says what to offer for common wishes that cannot be drawn, because spelling is no guide there.
"""

from __future__ import annotations

from pathlib import Path

from studio.models.pocket.things import THINGS

_KINDS = """
bird: small bird, parrot, owl, duck, flamingo, eagle, dove, goose, peacock
flower: tulip, sunflower, rose, daisy, cherry blossom
ball: soccer ball, basketball, football, volleyball, baseball
sports ball: soccer ball, basketball, football, volleyball, baseball
hat: top hat, sun hat, cap
toy: teddy bear, kite, balloon, yarn, dice
bag: handbag, backpack, suitcase
pet: cat, dog, rabbit, parrot, hamster
insect: bee, ladybug, butterfly, ant, caterpillar
bug: ladybug, bee, butterfly, ant, caterpillar
fruit: apple, banana, pear, peach, strawberry, lemon, pineapple, watermelon, cherries, grapes, orange, mango,
    kiwi, blueberries, coconut
berry: strawberry, blueberries, cherries
vegetable: carrot, broccoli, eggplant, tomato, corn, avocado, potato, cucumber, lettuce, onion, garlic
animal: cat, dog, fox, rabbit, bear, lion, tiger, horse, cow, pig, elephant, giraffe, zebra, frog, panda
farm animal: cow, pig, sheep, horse, goat, hen, rooster, donkey
wild animal: lion, tiger, elephant, giraffe, zebra, bear, wolf, leopard
sea creature: octopus, crab, fish, jellyfish, whale, dolphin, shark, lobster, squid
sea animal: octopus, crab, fish, jellyfish, whale, dolphin, shark, lobster, squid
dessert: cake, cupcake, ice cream, donut, cookie, pie
snack: donut, cookie, pretzel, popcorn, sandwich
fast food: hamburger, fries, pizza, hot dog, taco
sweets: candy, lollipop, chocolate
drink: coffee, bubble tea, wine, tea, milk, soda, beer
beverage: coffee, bubble tea, wine, tea, milk, soda, beer
instrument: guitar, violin, drum, trumpet, piano, saxophone, flute, accordion
musical instrument: guitar, violin, drum, trumpet, piano, saxophone, flute, accordion
tool: hammer, axe, scissors, wrench
weapon: sword, axe, bow and arrow
building: house, castle, church, tower, school, hospital, office building, hotel
vehicle: car, bus, taxi, train, tractor, fire truck, bicycle, truck
monster: ghost, dragon, alien, zombie, vampire
person: man, woman
human: man, woman
people: man, woman
someone: man, woman
somebody: man, woman
adult: man, woman
parent: man, woman
child: boy, girl
children: boy, girl
kid: boy, girl
athlete: runner, swimmer, cyclist, surfer
"""

# What an instruction may mean by "the person" in a picture: more than a new picture gets for it.
_WHOLE_KINDS = """
person, human, people, someone, somebody, adult: man, woman, boy, girl, baby,
    old man, old woman, king, princess, prince, doctor, teacher, farmer, chef, scientist, singer, artist,
    firefighter, police officer, astronaut, ninja, superhero, fairy, vampire, wizard, mermaid, santa, angel,
    runner, dancing woman, dancing man, skier, snowboarder, surfer, swimmer, cyclist, happy man, sad man,
    angry man, confused man, embarrassed man, sorry man, determined man, pleased man, happy woman, sad woman,
    angry woman, confused woman, embarrassed woman, sorry woman, determined woman, pleased woman
child, children, kid: boy, girl, baby
"""

# Words for a whole group of `things`.
GROUP_WORDS = {
    "animal": "animal",
    "plant": "plant",
    "food": "food",
    "building": "building",
    "vehicle": "vehicle",
    "clothes": "clothing",
    "clothing": "clothing",
    "symbol": "symbol",
    "instrument": "music",
    "musical instrument": "music",
}

_NOT_THINGS = """
baseball bat, baseball glove, tennis ball, hair drier, hair dryer, tv remote, fire hydrant, fire storm,
fire pit, parking meter, dining table, water bottle, fish tank, fish bowl, dog house, doghouse, cat house,
tree house, treehouse, bird house, birdhouse, car park, star fish, starfish, seahorse, sea horse,
horse race, carrot juice, egg cup, book shelf, bookshelf, book case, bookcase, candle stick, candlestick,
drum stick, pizza box, shoe rack, shoe box, bus station, train station, train track, space station,
ring finger, moon base, snow board, snowboard, rainbow trout, dragon fruit, dragonfly, bear trap,
crab apple, cat food, dog food, duck pond, fire place, fireplace, football player, football field,
soccer player, basketball player, bell pepper, house boat, houseboat, egg white, bee hive, beehive,
ice berg, iceberg, rose garden, running path, book cover, heart attack, pencil case, key hole, keyhole,
key chain, shoe lace, clown nose, door handle, flower bed, hot air balloon, ice cube, lighthouse,
light house, greenhouse, hand drier, hand dryer, hand towel, hand soap, phone booth,
phone box, telephone booth, window sill, windowsill, window box, box office, bottle opener, bottle cap,
clock tower, clocktower, watch tower, watchtower, mirror ball, wave pool, leaf blower, stone wall,
stone age, rock band, rock concert, coffee table, coffee machine, coffee maker, tea towel, bed side table,
dish washer, dishwasher, milk carton, pen knife, book store, bookstore, toy store, toy box, car seat,
bike rack, shoe store, hand rail, handrail, hair brush, hairbrush, paper plane, paper airplane,
paper boat, knife block, salt shaker, fish hook, fishing rod, fishing pole, ice skate, ice skates,
christmas card, tomato soup, chicken soup, surfboard, surf board, bird bath, bird cage, birdcage,
baby stroller, baby carriage, baby crib, police station, fire station, gas station, petrol station,
chess board, chessboard, dart board, dartboard, playing card, playing cards
"""

_INSTEAD = """
family, crowd, team: man, woman, boy
knight, soldier, warrior: ninja, superhero, prince
witch, elf, dwarf: wizard, fairy
pirate: pirate flag, parrot
nun, priest, monk: old man, angel
rat: mouse, hamster
orangutan: gorilla, monkey
moose, antelope, gazelle: deer
buffalo, bison, ox, bull, yak: cow
boar: pig
walrus: seal, otter
ostrich, emu, stork, crane, pelican, seagull: flamingo, goose
crow, raven, blackbird, swallow, bluebird: small bird, dove
lizard, iguana, chameleon, gecko: crocodile, turtle
worm, centipede: caterpillar, snake
fly, mosquito, dragonfly, firefly: bee, butterfly
starfish, seahorse, coral: crab, seashell
bench, stool, throne: chair, couch
table, desk, dining table, shelf, coffee table: chair, box, bed
hill: mountain, volcano
refrigerator, fridge, cupboard, wardrobe, closet: door, box
microwave, oven, stove, toaster: television, box
sink, basin: bathtub, toilet
washing machine, dishwasher: box, bathtub
tv remote, remote, remote control: phone, gamepad
hair drier, hair dryer, hairdryer: flashlight, microphone
parking meter: traffic light, mailbox
fire hydrant, hydrant: fire extinguisher, mailbox
baseball bat, bat and ball: baseball, tennis racket
baseball glove: boxing glove, gloves
tennis ball: baseball, volleyball
surfboard: surfer, skateboard
snowboard, sled, sledge: skis, snowboarder
ice skate, ice skates, skates: roller skate, skis
fence, gate, wall: brick wall, door
lighthouse, light house, windmill, clock tower: tower, castle
pyramid, sphinx: temple, statue of liberty
greenhouse: house, potted plant
gas station, police station, fire station: shop, school
hot air balloon, zeppelin, blimp: balloon, parachute
submarine: ship, cargo ship
drone: helicopter, satellite
pillow, blanket, towel, carpet, rug, curtain: bed, couch
pot: fried egg, bowl, potted plant
bell pepper: tomato, chili pepper
peas, beans, asparagus, celery, radish: broccoli, cucumber
raspberry, blackberry, cranberry, berries: strawberry, blueberries
plum, fig, lime: peach, lemon
bagel, bun, roll, toast: bread, baguette
jam, syrup, butter: honey
whisky, whiskey, vodka, cocktail, champagne glass: wine, beer
skirt, sweater, hoodie, vest, suit: dress, t-shirt, coat
sandal, slipper, high heels, heels: shoe, boot
earring, earrings: necklace, ring
gun, pistol, rifle, spear, lance: sword, bow and arrow
screwdriver, saw, drill, shovel, spade, rake: hammer, wrench
harp, cello, ukulele, banjo: guitar, violin
trombone, tuba, horn: trumpet, saxophone
keyhole: key, padlock
skeleton: skull, bone
comet, shooting star, meteor: star, rocket
fireworks, firework: rocket, star
cherry tomato: tomato, cherries
"""


# Family of `things.EXPRESSIONS` -> nouns that are of that family only behind a mood: "sad emoji".
FACES: dict[str, tuple[str, ...]] = {
    "face": ("face", "emoji", "smiley", "emoticon"),
    "cat face": ("cat face", "cat emoji"),
}


def _table(text: str) -> dict[str, tuple[str, ...]]:
    """Rows of "word: one, another", with further lines of a row indented."""
    rows = (row.split(":", 1) for row in text.strip().replace("\n    ", " ").splitlines())
    return {head.strip(): _listed(tail) for head, tail in rows}


def _synonyms() -> dict[str, tuple[str, ...]]:
    lines = Path(__file__).with_name("synonyms.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines)
    return {name: _listed(words) for name, words in rows}


def _listed(text: str) -> tuple[str, ...]:
    return tuple(word for word in (part.strip() for part in text.replace("\n", " ").split(",")) if word)


SYNONYMS: dict[str, tuple[str, ...]] = _synonyms()
KINDS = _table(_KINDS)
NOT_THINGS = _listed(_NOT_THINGS)
WHOLE_KINDS = {
    **{
        word: tuple(kind.name for kind in THINGS.values() if kind.group == group)
        for word, group in GROUP_WORDS.items()
    },
    **{word: names for heads, names in _table(_WHOLE_KINDS).items() for word in _listed(heads)},
}
INSTEAD = {word: offers for heads, offers in _table(_INSTEAD).items() for word in _listed(heads)}
