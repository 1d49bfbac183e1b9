"""The things `pocket` can draw: about two hundred everyday nouns, each with one drawing.

Nouns: a `ThingKind` is what is known about one kind of thing before it is drawn. The drawing itself is an
emoji of the Fluent set, found by its code; `aspect` was measured on that drawing. The order of the table is
the order of the classes in the networks: append, never reorder, or the weights no longer fit.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ThingKind:
    """One kind of thing.

    `hexcode` names its drawing; `home` is where it belongs when words do not say: "land", "water" or "sky";
    `aspect` is width / height of the drawing; `size` the usual longer side on a 256 pixel canvas; what
    `glows` keeps its brightness at night.
    """

    name: str
    hexcode: str
    group: str
    home: str
    aspect: float
    size: int
    glows: bool = False

    @property
    def flies(self) -> bool:
        """Whether it floats in the air, so that it needs no ground and casts no shadow on it."""
        return self.home == "sky"


# name | drawing | group | home | aspect | usual longer side in pixels | glows
_TABLE = """
dog             | 1f415                 | animal   | land  |  1.12 | 100
cat             | 1f408                 | animal   | land  |  1.04 | 100
monkey          | 1f412                 | animal   | land  |  1.14 | 100
wolf            | 1f43a                 | animal   | land  |  1.01 | 100
fox             | 1f98a                 | animal   | land  |  0.96 | 100
lion            | 1f981                 | animal   | land  |  1.00 | 100
bear            | 1f43b                 | animal   | land  |  1.12 | 100
koala           | 1f428                 | animal   | land  |  1.12 | 100
panda           | 1f43c                 | animal   | land  |  1.12 | 100
pig             | 1f416                 | animal   | land  |  1.33 | 100
rabbit          | 1f407                 | animal   | land  |  1.00 | 100
sheep           | 1f411                 | animal   | land  |  1.00 | 100
kangaroo        | 1f998                 | animal   | land  |  1.07 | 100
penguin         | 1f427                 | animal   | land  |  1.01 | 100
swan            | 1f9a2                 | animal   | water |  1.08 | 100
crocodile       | 1f40a                 | animal   | land  |  1.00 | 100
dinosaur        | 1f996                 | animal   | land  |  1.08 | 140
dragon          | 1f409                 | animal   | land  |  0.96 | 140
tiger           | 1f405                 | animal   | land  |  1.27 | 100
unicorn         | 1f984                 | animal   | land  |  1.00 | 100
horse           | 1f40e                 | animal   | land  |  1.00 | 140
cow             | 1f404                 | animal   | land  |  1.06 | 140
zebra           | 1f993                 | animal   | land  |  1.00 | 140
deer            | 1f98c                 | animal   | land  |  1.00 | 140
camel           | 1f42a                 | animal   | land  |  1.03 | 140
giraffe         | 1f992                 | animal   | land  |  0.94 | 156
elephant        | 1f418                 | animal   | land  |  1.22 | 150
mouse           | 1f401                 | animal   | land  |  1.01 |  72
hedgehog        | 1f994                 | animal   | land  |  1.31 |  72
chick           | 1f424                 | animal   | land  |  1.08 |  72
frog            | 1f438                 | animal   | land  |  1.08 |  72
turtle          | 1f422                 | animal   | land  |  1.61 |  72
snake           | 1f40d                 | animal   | land  |  1.00 |  72
snail           | 1f40c                 | animal   | land  |  1.02 |  72
ladybug         | 1f41e                 | animal   | land  |  1.00 |  72
spider          | 1f577-fe0f            | animal   | land  |  1.00 |  72
bat             | 1f987                 | animal   | sky   |  1.00 |  84
parrot          | 1f99c                 | animal   | land  |  0.86 |  84
owl             | 1f989                 | animal   | land  |  0.79 |  84
butterfly       | 1f98b                 | animal   | sky   |  1.01 |  72
bee             | 1f41d                 | animal   | sky   |  1.06 |  72
rooster         | 1f413                 | animal   | land  |  0.96 |  84
duck            | 1f986                 | animal   | water |  1.00 |  84
flamingo        | 1f9a9                 | animal   | land  |  0.78 | 120
whale           | 1f433                 | animal   | water |  0.95 | 140
dolphin         | 1f42c                 | animal   | water |  0.79 | 110
fish            | 1f41f                 | animal   | water |  1.15 |  96
tropical fish   | 1f420                 | animal   | water |  1.22 |  96
shark           | 1f988                 | animal   | water |  1.00 | 130
octopus         | 1f419                 | animal   | water |  1.03 |  96
jellyfish       | 1fabc                 | animal   | water |  0.93 |  96
crab            | 1f980                 | animal   | land  |  1.12 |  96
seal            | 1f9ad                 | animal   | land  |  1.32 | 110
rose            | 1f339                 | plant    | land  |  0.58 | 100
sunflower       | 1f33b                 | plant    | land  |  0.78 | 110
tulip           | 1f337                 | plant    | land  |  0.65 | 100
daisy           | 1f33c                 | plant    | land  |  0.80 | 100
cherry blossom  | 1f338                 | plant    | land  |  1.04 |  80
cactus          | 1f335                 | plant    | land  |  0.92 | 110
potted plant    | 1fab4                 | plant    | land  |  0.67 | 100
mushroom        | 1f344                 | plant    | land  |  0.98 | 100
pine tree       | 1f332                 | plant    | land  |  0.76 | 156
tree            | 1f333                 | plant    | land  |  0.82 | 156
palm tree       | 1f334                 | plant    | land  |  0.86 | 156
grapes          | 1f347                 | food     | land  |  0.90 |  84
watermelon      | 1f349                 | food     | land  |  1.00 |  84
orange          | 1f34a                 | food     | land  |  0.82 |  84
lemon           | 1f34b                 | food     | land  |  1.00 |  84
banana          | 1f34c                 | food     | land  |  1.04 |  84
pineapple       | 1f34d                 | food     | land  |  0.77 | 110
apple           | 1f34e                 | food     | land  |  1.04 |  84
pear            | 1f350                 | food     | land  |  0.93 |  84
peach           | 1f351                 | food     | land  |  1.00 |  84
cherries        | 1f352                 | food     | land  |  1.04 |  84
strawberry      | 1f353                 | food     | land  |  0.71 |  84
tomato          | 1f345                 | food     | land  |  1.11 |  84
avocado         | 1f951                 | food     | land  |  0.97 |  84
eggplant        | 1f346                 | food     | land  |  0.99 |  84
carrot          | 1f955                 | food     | land  |  1.02 |  84
corn            | 1f33d                 | food     | land  |  0.88 |  84
chili pepper    | 1f336-fe0f            | food     | land  |  0.83 |  84
broccoli        | 1f966                 | food     | land  |  0.95 |  84
bread           | 1f35e                 | food     | land  |  1.04 |  84
croissant       | 1f950                 | food     | land  |  1.00 |  84
pretzel         | 1f968                 | food     | land  |  1.30 |  84
pancakes        | 1f95e                 | food     | land  |  1.02 |  84
cheese          | 1f9c0                 | food     | land  |  0.90 |  84
hamburger       | 1f354                 | food     | land  |  1.22 |  84
fries           | 1f35f                 | food     | land  |  0.93 |  84
pizza           | 1f355                 | food     | land  |  0.89 |  84
hot dog         | 1f32d                 | food     | land  |  1.00 |  84
sandwich        | 1f96a                 | food     | land  |  1.08 |  84
taco            | 1f32e                 | food     | land  |  1.41 |  84
egg             | 1f95a                 | food     | land  |  0.74 |  60
popcorn         | 1f37f                 | food     | land  |  0.74 |  84
ice cream       | 1f366                 | food     | land  |  0.74 |  84
donut           | 1f369                 | food     | land  |  0.87 |  84
cookie          | 1f36a                 | food     | land  |  1.00 |  84
cake            | 1f382                 | food     | land  |  1.01 |  84
cupcake         | 1f9c1                 | food     | land  |  0.86 |  84
lollipop        | 1f36d                 | food     | land  |  1.00 |  84
teapot          | 1fad6                 | food     | land  |  1.12 |  84
coffee          | 2615                  | food     | land  |  0.96 |  84
bubble tea      | 1f9cb                 | food     | land  |  0.71 |  84
wine            | 1f377                 | food     | land  |  0.71 |  84
house           | 1f3e0                 | building | land  |  1.04 | 160
castle          | 1f3f0                 | building | land  |  0.95 | 160
church          | 26ea                  | building | land  |  1.00 | 160
tent            | 26fa                  | building | land  |  1.15 | 130
ferris wheel    | 1f3a1                 | building | land  |  0.86 | 160
volcano         | 1f30b                 | building | land  |  0.86 | 160
mountain        | 1f3d4-fe0f            | building | land  |  1.08 | 160
tower           | 1f5fc                 | building | land  |  0.71 | 160
island          | 1f3dd-fe0f            | building | water |  1.08 | 160
train           | 1f682                 | vehicle  | land  |  1.08 | 120
bus             | 1f68c                 | vehicle  | land  |  1.27 | 120
ambulance       | 1f691                 | vehicle  | land  |  1.27 | 120
fire truck      | 1f692                 | vehicle  | land  |  1.08 | 120
police car      | 1f693                 | vehicle  | land  |  1.26 | 120
taxi            | 1f695                 | vehicle  | land  |  1.32 | 120
car             | 1f697                 | vehicle  | land  |  1.47 | 120
tractor         | 1f69c                 | vehicle  | land  |  1.22 | 120
scooter         | 1f6f5                 | vehicle  | land  |  1.33 | 100
motorcycle      | 1f3cd-fe0f            | vehicle  | land  |  1.49 | 110
race car        | 1f3ce-fe0f            | vehicle  | land  |  2.52 | 120
bicycle         | 1f6b2                 | vehicle  | land  |  1.33 | 120
sailboat        | 26f5                  | vehicle  | water |  1.00 | 130
ship            | 1f6f3-fe0f            | vehicle  | water |  1.11 | 130
canoe           | 1f6f6                 | vehicle  | water |  1.33 | 130
speedboat       | 1f6a4                 | vehicle  | water |  1.54 | 130
airplane        | 2708-fe0f             | vehicle  | sky   |  1.00 | 110
helicopter      | 1f681                 | vehicle  | sky   |  1.08 | 110
rocket          | 1f680                 | vehicle  | sky   |  1.01 | 120
ufo             | 1f6f8                 | vehicle  | sky   |  1.18 | 110
moon            | 1f319                 | sky      | sky   |  1.04 |  70 | glows
full moon       | 1f315                 | sky      | sky   |  1.00 |  70 | glows
sun             | 2600-fe0f             | sky      | sky   |  0.96 |  80 | glows
star            | 2b50                  | sky      | sky   |  1.00 |  60 | glows
cloud           | 2601-fe0f             | sky      | sky   |  1.54 |  96
rain cloud      | 1f327-fe0f            | sky      | sky   |  1.11 |  90
rainbow         | 1f308                 | sky      | sky   |  1.00 | 140
lightning       | 26a1                  | sky      | sky   |  0.59 |  80 | glows
earth           | 1f30d                 | sky      | sky   |  1.00 | 100
planet          | 1fa90                 | sky      | sky   |  1.00 | 100
balloon         | 1f388                 | sky      | sky   |  0.74 | 100
kite            | 1fa81                 | sky      | sky   |  1.01 | 100
umbrella        | 2602-fe0f             | thing    | land  |  1.00 | 110
snowman         | 2603-fe0f             | thing    | land  |  0.97 | 120
fire            | 1f525                 | thing    | land  |  0.75 |  90 | glows
pumpkin         | 1f383                 | thing    | land  |  1.08 |  90
christmas tree  | 1f384                 | thing    | land  |  0.64 | 150
gift            | 1f381                 | thing    | land  |  0.94 |  90
trophy          | 1f3c6                 | thing    | land  |  0.82 |  90
soccer ball     | 26bd                  | thing    | land  |  1.01 |  72
basketball      | 1f3c0                 | thing    | land  |  1.00 |  72
football        | 1f3c8                 | thing    | land  |  1.00 |  72
dice            | 1f3b2                 | thing    | land  |  0.96 |  64
teddy bear      | 1f9f8                 | thing    | land  |  1.00 |  90
t-shirt         | 1f455                 | clothing | land  |  1.31 |  84
dress           | 1f457                 | clothing | land  |  0.88 |  84
scarf           | 1f9e3                 | clothing | land  |  1.01 |  84
backpack        | 1f392                 | clothing | land  |  0.79 |  84
shoe            | 1f45f                 | clothing | land  |  1.00 |  84
glasses         | 1f453                 | clothing | land  |  2.55 |  84
crown           | 1f451                 | clothing | land  |  1.23 |  84
top hat         | 1f3a9                 | clothing | land  |  1.06 |  84
sun hat         | 1f452                 | clothing | land  |  1.40 |  84
cap             | 1f9e2                 | clothing | land  |  1.00 |  84
ring            | 1f48d                 | clothing | land  |  0.76 |  60
diamond         | 1f48e                 | clothing | land  |  1.27 |  72
bell            | 1f514                 | music    | land  |  0.93 |  72
headphones      | 1f3a7                 | music    | land  |  0.92 |  90
trumpet         | 1f3ba                 | music    | land  |  1.01 |  90
guitar          | 1f3b8                 | music    | land  |  1.04 | 110
violin          | 1f3bb                 | music    | land  |  0.99 |  90
drum            | 1f941                 | music    | land  |  1.00 |  90
piano           | 1f3b9                 | music    | land  |  1.00 |  90
phone           | 1f4f1                 | thing    | land  |  0.71 |  80
laptop          | 1f4bb                 | thing    | land  |  0.99 |  80
television      | 1f4fa                 | thing    | land  |  0.93 |  96
camera          | 1f4f7                 | thing    | land  |  1.47 |  80
light bulb      | 1f4a1                 | thing    | land  |  0.62 |  72 | glows
candle          | 1f56f-fe0f            | thing    | land  |  0.43 |  80 | glows
lantern         | 1f3ee                 | thing    | land  |  0.63 |  80 | glows
books           | 1f4da                 | thing    | land  |  1.08 |  80
book            | 1f4d5                 | thing    | land  |  0.79 |  80
palette         | 1f3a8                 | thing    | land  |  1.06 |  80
paintbrush      | 1f58c-fe0f            | thing    | land  |  0.78 |  80
picture         | 1f5bc-fe0f            | thing    | land  |  1.00 | 110
pencil          | 270f-fe0f             | thing    | land  |  1.00 |  80
coin            | 1fa99                 | thing    | land  |  1.00 |  60
suitcase        | 1f9f3                 | thing    | land  |  0.64 |  80
alarm clock     | 23f0                  | thing    | land  |  0.88 |  80
hourglass       | 23f3                  | thing    | land  |  0.71 |  80
scissors        | 2702-fe0f             | thing    | land  |  1.06 |  72
key             | 1f511                 | thing    | land  |  1.00 |  64
hammer          | 1f528                 | thing    | land  |  1.04 |  80
axe             | 1fa93                 | thing    | land  |  0.81 |  80
sword           | 1f5e1-fe0f            | thing    | land  |  1.00 |  96
shield          | 1f6e1-fe0f            | thing    | land  |  0.80 |  80
anchor          | 2693                  | thing    | land  |  0.95 |  80
chair           | 1fa91                 | thing    | land  |  0.69 | 110
couch           | 1f6cb-fe0f            | thing    | land  |  1.00 | 130
bed             | 1f6cf-fe0f            | thing    | land  |  1.40 | 140
door            | 1f6aa                 | thing    | land  |  0.57 | 140
bucket          | 1faa3                 | thing    | land  |  1.17 |  80
skull           | 1f480                 | person   | land  |  1.00 |  84
ghost           | 1f47b                 | person   | land  |  1.00 | 110
alien           | 1f47d                 | person   | land  |  1.00 | 110
robot           | 1f916                 | person   | land  |  1.00 | 110
heart           | 2764-fe0f             | person   | land  |  1.14 |  72
clown           | 1f921                 | person   | land  |  1.03 |  90
smiley          | 1f600                 | person   | land  |  1.00 |  80
astronaut       | 1f9d1-200d-1f680      | person   | land  |  0.79 | 130
wizard          | 1f9d9                 | person   | land  |  0.89 | 140
mermaid         | 1f9dc                 | person   | land  |  0.74 | 140
princess        | 1f478                 | person   | land  |  0.88 | 130
santa           | 1f385                 | person   | land  |  0.94 | 120
boy             | 1f466                 | person   | land  |  0.92 | 100
girl            | 1f467                 | person   | land  |  0.99 | 100
"""


def _parse(line: str) -> ThingKind:
    name, hexcode, group, home, aspect, size, *rest = (cell.strip() for cell in line.split("|"))
    return ThingKind(name, hexcode, group, home, float(aspect), int(size), "glows" in rest)


THINGS: dict[str, ThingKind] = {kind.name: kind for kind in map(_parse, _TABLE.strip().splitlines())}
