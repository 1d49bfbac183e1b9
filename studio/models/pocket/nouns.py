"""What people call the things: other words for each one, words for whole kinds, and nouns that are no thing
here.

`SYNONYMS` maps a key of `things.THINGS` to other words for it. `KINDS` maps a word such as "bird" to the
things that fit: a new picture gets one of them, an instruction finds any of them. `NOT_THINGS` are phrases
that end or begin in a known word and yet mean something else (a computer mouse). `INSTEAD` says what to
offer for common wishes that cannot be drawn, because spelling is no guide there: "man" is not like "mango".
"""

from __future__ import annotations

_SYNONYMS = """
dog: puppy, doggy, doggie, pup, hound, puppy dog
cat: kitten, kitty, kitty cat, pussycat, tomcat
monkey: chimp, chimpanzee, ape
wolf: werewolf, coyote
fox: vixen
lion: lioness
bear: grizzly, grizzly bear, bear cub
koala: koala bear
panda: panda bear, giant panda
pig: piglet, hog, piggy
rabbit: bunny, hare, bunny rabbit
sheep: lamb, ram, ewe
crocodile: alligator, croc, gator
dinosaur: dino, t rex, trex, tyrannosaurus, tyrannosaurus rex
tiger: bengal tiger, tigress
horse: pony, stallion, mare, foal
cow: calf, cattle, dairy cow
deer: stag, doe, reindeer, fawn, elk
camel: dromedary
mouse: field mouse
hedgehog: porcupine
chick: baby chick, baby chicken, duckling
frog: toad, tree frog
turtle: tortoise, sea turtle
snake: serpent, cobra, python
ladybug: ladybird, lady beetle, lady bug, beetle
spider: tarantula
parrot: macaw, parakeet
butterfly: moth
bee: honeybee, honey bee, bumblebee, bumble bee, wasp
rooster: chicken, hen, cockerel, cock
duck: mallard
dolphin: porpoise
fish: goldfish, trout, carp
tropical fish: clownfish, clown fish, angelfish, reef fish
shark: great white shark, great white
octopus: kraken, squid
seal: sea lion
daisy: camomile
cherry blossom: blossom, sakura
cactus: saguaro
potted plant: plant, houseplant, house plant, pot plant, flower pot, flowerpot
mushroom: toadstool
pine tree: pine, evergreen, evergreen tree, fir, fir tree, spruce, conifer
tree: oak, oak tree, deciduous tree, apple tree, maple tree, birch, maple, bush
palm tree: palm, coconut palm, coconut tree
grapes: grape, bunch of grapes
watermelon: melon, water melon, slice of watermelon
orange: tangerine, mandarin, clementine
peach: nectarine, apricot
cherries: cherry, pair of cherries
eggplant: aubergine
corn: maize, ear of corn, corn cob, corn on the cob, sweetcorn
chili pepper: chili, chilli, hot pepper, pepper
bread: loaf, loaf of bread, bread loaf
pancakes: pancake, stack of pancakes
cheese: cheese wedge, piece of cheese, slice of cheese
hamburger: burger, cheeseburger
fries: french fries, french fry, chips
pizza: slice of pizza, pizza slice, piece of pizza
hot dog: hotdog
ice cream: icecream, ice cream cone, soft serve
donut: doughnut
cookie: biscuit
cake: birthday cake, layer cake
cupcake: muffin, cup cake
lollipop: lolly
teapot: tea pot, kettle
coffee: cup of coffee, coffee cup, mug, cup, cup of tea, teacup, tea cup, coffee mug, tea
bubble tea: boba, milk tea
wine: wine glass, wineglass, glass of wine
house: home, cottage, cabin, hut, farmhouse, villa
castle: fortress, palace
church: chapel, cathedral
tent: camping tent
ferris wheel: big wheel
volcano: erupting volcano
mountain: mountain top, snowy mountain, peak
tower: radio tower, eiffel tower, skyscraper
island: desert island, tropical island, islet
train: locomotive, steam train, steam engine
bus: coach, school bus
fire truck: fire engine, firetruck, truck, pickup truck, lorry
police car: cop car
taxi: cab, taxi cab, taxicab
car: automobile, auto, toy car, sedan
scooter: motor scooter, moped, vespa
motorcycle: motorbike, motor cycle, motor bike
race car: racing car, racecar, sports car, formula one car
bicycle: bike, cycle, push bike
sailboat: boat, sailing boat, sail boat, yacht, toy boat
ship: ocean liner, cruise ship, steamship, cargo ship, ferry
canoe: kayak, rowboat, rowing boat
speedboat: speed boat, motorboat, motor boat
airplane: plane, aeroplane, jet, aircraft, jumbo jet, airliner
helicopter: chopper
rocket: rocketship, rocket ship, spaceship, space ship, spacecraft, space rocket, space shuttle
ufo: flying saucer, alien ship, alien spaceship
moon: crescent moon, crescent, half moon
rain cloud: raincloud, storm cloud, thundercloud
lightning: lightning bolt, thunderbolt, bolt of lightning
earth: globe, planet earth
planet: saturn, ringed planet, jupiter
balloon: air balloon, party balloon
umbrella: parasol, beach umbrella, brolly
snowman: snow man
fire: flame, campfire, bonfire, camp fire
pumpkin: jack o lantern, halloween pumpkin
christmas tree: xmas tree
gift: present, wrapped gift, gift box, wrapped present, birthday present
soccer ball: soccerball
basketball: basket ball
football: american football, rugby ball
dice: die, game die
teddy bear: teddy, stuffed bear, toy bear
t-shirt: tshirt, shirt, tee shirt, tee
dress: gown
backpack: rucksack, school bag, schoolbag, knapsack
shoe: sneaker, running shoe, trainer, tennis shoe
glasses: sunglasses, shades, eyeglasses, spectacles, pair of glasses
top hat: tophat
sun hat: sunhat, straw hat
cap: baseball cap
ring: diamond ring, wedding ring
diamond: gem, gem stone, gemstone, jewel
bell: church bell
headphones: headphone, headset
guitar: electric guitar
violin: fiddle
piano: musical keyboard, piano keys
phone: mobile phone, cell phone, cellphone, smartphone, smart phone, iphone, telephone
laptop: computer, notebook computer, laptop computer
television: tv, tv set, telly
light bulb: lamp, lightbulb, bulb
lantern: paper lantern
books: stack of books, pile of books
book: notebook, novel
paintbrush: paint brush
picture: framed picture, picture frame, painting
pencil: crayon
suitcase: luggage
alarm clock: clock
hourglass: sand clock, sandglass
scissors: pair of scissors
axe: ax, hatchet
sword: dagger
couch: sofa, settee
bucket: pail
skull: skeleton head
ghost: spook, phantom
alien: martian, extraterrestrial, space alien
robot: android, droid
heart: love heart
clown: jester
smiley: smiley face, happy face, grinning face, emoji
astronaut: spaceman, cosmonaut
wizard: magician, sorcerer, mage
princess: queen
santa: santa claus, father christmas
boy: lad, little boy
girl: little girl
"""

_KINDS = """
bird: parrot, owl, duck, flamingo
flower: tulip, sunflower, rose, daisy, cherry blossom
ball: soccer ball, basketball, football
sports ball: soccer ball, basketball, football
beach ball: soccer ball, basketball
hat: top hat, sun hat, cap
toy: teddy bear, kite, balloon
bag: backpack, suitcase
pet: cat, dog, rabbit, parrot
insect: bee, ladybug, butterfly
bug: ladybug, bee, butterfly
fruit: apple, banana, pear, peach, strawberry, lemon, pineapple, watermelon, cherries, grapes, orange
vegetable: carrot, broccoli, eggplant, tomato, corn, avocado
animal: cat, dog, fox, rabbit, bear, lion, tiger, horse, cow, pig, elephant, giraffe, zebra, frog, panda
dessert: cake, cupcake, ice cream, donut, cookie
snack: donut, cookie, pretzel, popcorn, sandwich
drink: coffee, bubble tea, wine
instrument: guitar, violin, drum, trumpet, piano
musical instrument: guitar, violin, drum, trumpet, piano
tool: hammer, axe, scissors
building: house, castle, church, tower
vehicle: car, bus, taxi, train, tractor, fire truck, bicycle
sea creature: octopus, crab, fish, jellyfish, whale, dolphin, shark
monster: ghost, dragon, alien
child: boy, girl
children: boy, girl
kid: boy, girl
"""

# Words for a whole group of `things`: "the animal" in a picture is any animal, not only those above.
GROUP_WORDS = {
    "animal": "animal",
    "plant": "plant",
    "food": "food",
    "building": "building",
    "vehicle": "vehicle",
    "clothes": "clothing",
    "instrument": "music",
    "musical instrument": "music",
}

_NOT_THINGS = """
computer mouse, computer keyboard, baseball bat, baseball glove, baseball, tennis racket, tennis ball,
hair drier, hair dryer, tv remote, fire hydrant, fire storm, fire pit, stop sign, traffic light, parking
meter, dining table, water bottle, fish tank, fish bowl, dog house, doghouse, cat house, tree house,
treehouse, bird house, birdhouse, greenhouse, light house, lighthouse, car park, star fish, starfish,
seahorse, sea horse, key board, keyboard, horse race, apple juice, carrot juice, egg cup, book shelf,
bookshelf, book case, bookcase, candle stick, candlestick, drum stick, chicken soup, tomato soup, pizza
box, shoe rack, shoe box, bus stop, bus station, train station, train track, space station, ring finger,
moon base, snow globe, snow board, snowboard, ice cube, fire fighter, fireman, firefighter, rainbow trout,
dragon fruit, dragonfly, bear trap, crab apple, cat food, dog food, duck pond, snow leopard, polar bear,
fire place, fireplace, orange juice, football player, football field, soccer player, basketball player,
bell pepper, house boat, houseboat, egg white, apple watch, bee hive, beehive, ice berg, iceberg, tree
trunk, rose garden, christmas card, running path, book cover, heart attack, pencil case, key hole,
keyhole, key chain, shoe lace, clown nose, door handle, flower bed, hot air balloon
"""

_INSTEAD = """
person, people, man, men, human, guy, someone: boy, girl, astronaut
woman, women, lady: girl, princess
baby, toddler: boy, girl
king, prince, knight: princess, wizard, crown
goat: sheep, deer
goose: swan, duck
llama, alpaca: camel, sheep
hamster, rat, squirrel: mouse, hedgehog
gorilla: monkey, bear
hippo, rhino, rhinoceros, hippopotamus: elephant
leopard, cheetah, snow leopard, jaguar: tiger, lion
walrus, otter: seal, dolphin
polar bear: bear, penguin
turkey: rooster, duck
bench, stool, seat: chair, couch
table, desk, dining table, shelf: chair, bed
potato, potatoes, cucumber, onion, garlic, lettuce: carrot, corn
bottle, glass, bowl, plate, vase: coffee, teapot, wine
hill: mountain, volcano
road, street, city, town, village: house, tower
room, kitchen: house, door
rain, storm: rain cloud, umbrella
necklace, bracelet: ring, crown, diamond
watch: alarm clock
tie, necktie: scarf, t-shirt
skirt, pants, jeans, trousers, jacket, coat: dress, t-shirt
boot, boots, sock: shoe
helmet: cap, top hat
knife, gun, spear: sword, axe
flute, saxophone: trumpet, violin
skeleton, zombie: skull, ghost
vampire, witch: wizard, ghost
lighthouse, light house, clock tower: tower, castle
sled, ski, skis, snowboard, skateboard, skates: scooter, bicycle
starfish, seahorse: crab, octopus
dragonfly, fly, ant: butterfly, bee
keyboard, computer mouse: laptop, piano
pen, pens: pencil, paintbrush
eagle, hawk, pigeon, crow, raven: parrot, owl
pillow, blanket: bed, couch
refrigerator, fridge, cupboard, wardrobe: door, bucket
wallet, purse, handbag: coin, backpack
box: gift, suitcase
tennis ball, baseball: soccer ball, basketball
hot air balloon: balloon
cherry tomato: tomato, cherries
"""


def _table(text: str) -> dict[str, tuple[str, ...]]:
    """Rows of "word: one, another", with further lines of a row indented."""
    rows = (row.split(":", 1) for row in text.strip().replace("\n    ", " ").splitlines())
    return {head.strip(): _listed(tail) for head, tail in rows}


def _listed(text: str) -> tuple[str, ...]:
    return tuple(word for word in (part.strip() for part in text.replace("\n", " ").split(",")) if word)


SYNONYMS = _table(_SYNONYMS)
KINDS = _table(_KINDS)
NOT_THINGS = _listed(_NOT_THINGS)
INSTEAD = {word: offers for heads, offers in _table(_INSTEAD).items() for word in _listed(heads)}
