"""What people say, and what must come of it: a table of messages with the whole plan expected of each.

The notebook they are said in (`DESK`): five pictures, the fourth on another branch, the fifth on the canvas.

1 "a red boat on a calm sea" · 2 "make it night" · 3 "add a hat to the captain" · 5 "remove the moon"
                                                   └ 4 "new picture: a cat in a garden" (elsewhere)
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from studio.director import Desk, Shown
from studio.timeline import Step

HERE = 5  # the number of the picture on the canvas


def _shown(*rows: tuple[str, str, bool]) -> tuple[Shown, ...]:
    return tuple(
        Shown(f"version-{n}", n, f"t{n}", words, op, here, f"image-{n}")
        for n, (words, op, here) in enumerate(rows, start=1)
    )


DESK = Desk(
    "version-5",
    (640, 512),
    _shown(
        ("a red boat on a calm sea", "generate", True),
        ("make it night", "edit", True),
        ("add a hat to the captain", "edit", True),
        ("new picture: a cat in a garden", "generate", False),
        ("remove the moon", "edit", True),
    ),
    seed=1000,
    last=(Step("edit", "remove the moon", {"seed": 5}, {"canvas": "canvas"}),),
    last_from="turn:t3",
)
EMPTY = Desk(None, None, seed=1000)
PLAIN = replace(DESK, references=0, sees=False)  # with a model that only draws
FIRST = Desk(
    "version-1",
    (512, 512),
    _shown(("a red boat on a calm sea", "generate", True)),
    seed=1000,
    last=(Step("generate", "a red boat on a calm sea", {"seed": 1000}),),
)
BOATS = Desk(
    "version-4",
    (512, 512),
    _shown(
        ("a red boat on a calm sea", "generate", True),
        ("make it night", "edit", True),
        ("make the boat green", "edit", True),
        ("add a lighthouse", "edit", True),
    ),
    seed=1000,
    last=(Step("edit", "add a lighthouse", {"seed": 5}, {"canvas": "canvas"}),),
    last_from="turn:t3",
)
TONED = Desk(
    "version-1",
    (512, 512),
    _shown(("my photo", "open", True)),
    seed=1000,
    last=(Step("adjust", "", {"kind": "brightness", "amount": 0.2}, {"canvas": "canvas"}),),
    last_from="turn:t1",
)


@dataclass(frozen=True)
class Does:
    """One expected step: op, prompt, and its params but for the seed."""

    op: str
    prompt: str = ""
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One message and what must come of it. `to`: the number of the target picture."""

    text: str
    does: tuple[Does, ...] = ()
    to: int | None = None
    go: int | str | None = None
    kind: str = "plan"  # or asks, talks, missing
    says: str = ""  # must be in the reply or the refusal
    seeds: tuple[int, ...] = (1000,)  # one: the seed; more: the takes
    desk: Desk = DESK
    mask: bool = False
    images: int = 0
    inputs: dict[str, str] | None = (
        None  # of the first step, when they are not just the target's canvas and mask
    )


def new(text: str, prompt: str, **more: Any) -> Case:
    """A new picture is drawn."""
    return Case(text, (Does("generate", prompt, more.pop("params", {})),), **more)


def change(text: str, *prompts: str, to: int = HERE, **more: Any) -> Case:
    """Edits by the model, one a prompt; with none, in the words as they are."""
    return Case(text, tuple(Does("edit", prompt) for prompt in prompts or (text,)), to=to, **more)


def exact(text: str, kind: str, to: int = HERE, **params: Any) -> Case:
    """One exact adjustment."""
    more = {name: params.pop(name) for name in ("desk", "mask", "says", "inputs") if name in params}
    return Case(text, (Does("adjust", "", {"kind": kind, **params}),), to=to, **more)


def grow(text: str, prompt: str = "", **sides: float) -> Case:
    """The canvas grows."""
    params = {side: sides.get(side, 0.0) for side in ("left", "top", "right", "bottom")}
    return Case(text, (Does("outpaint", prompt, params),), to=HERE)


def steps(text: str, *does: Does, to: int | None = HERE, **more: Any) -> Case:
    """Several things in order."""
    return Case(text, does, to=to, **more)


def goes(text: str, go: int | str, **more: Any) -> Case:
    """Another picture is put on the canvas."""
    return Case(text, go=go, **more)


def asks(text: str, says: str = "?", **more: Any) -> Case:
    """Nothing is changed, and the reply asks."""
    return Case(text, kind="asks", says=says, **more)


def talks(text: str, says: str = "", **more: Any) -> Case:
    """Nothing is changed, and the reply answers."""
    return Case(text, kind="talks", says=says, **more)


def missing(text: str, says: str, **more: Any) -> Case:
    """What is named is not there."""
    return Case(text, kind="missing", says=says, **more)


MIDDLE = [0.3333, 0.3333, 0.6667, 0.6667]
CROP = Does("adjust", "", {"kind": "crop", "aspect": "1:1"})
BRIGHT = Does("adjust", "", {"kind": "brightness", "amount": 0.25})
WARM = Does("adjust", "", {"kind": "temperature", "amount": 0.3})
OPEN = Does("open")

BEGINNINGS = [
    new(
        "a red boat on a calm sea", "a red boat on a calm sea", desk=EMPTY, says="“a red boat on a calm sea”"
    ),
    new("cat", "cat", desk=EMPTY),
    new("A photo of a bench.", "A photo of a bench", desk=EMPTY),
    new("draw me a cat", "a cat", desk=EMPTY),
    new("could you please draw a cat on a mat?", "a cat on a mat", desk=EMPTY),
    new("i want a picture of a dog in the snow", "a picture of a dog in the snow", desk=EMPTY),
    new("make a castle", "a castle", desk=EMPTY),
    new("paint the eiffel tower at night", "the eiffel tower at night", desk=EMPTY),
    new("add a dog", "a dog", desk=EMPTY),
    new("a black and white cat", "a black and white cat", desk=EMPTY),
    new("hello kitty on a skateboard", "hello kitty on a skateboard", desk=EMPTY),
    new("turn of the century street", "turn of the century street", desk=EMPTY),
    new("a brighter tomorrow", "a brighter tomorrow", desk=EMPTY),
    new("a boat, seed 42", "a boat", desk=EMPTY, seeds=(42,), says="seed 42"),
    new("a boat with seed 7 please", "a boat", desk=EMPTY, seeds=(7,)),
    new("a boat with 20 steps", "a boat", desk=EMPTY, params={"steps": 20}),
    new("a wide harbour, 768x512", "a wide harbour", desk=EMPTY, params={"width": 768, "height": 512}),
    new("一只红色的船", "一只红色的船", desk=EMPTY),
    new(
        'a sign that says "undo, then crop to a square"',
        'a sign that says "undo, then crop to a square"',
        desk=EMPTY,
    ),
    new("give me two versions of a red boat", "a red boat", desk=EMPTY, seeds=(1000, 1001)),
    new("4 variations of a lighthouse", "a lighthouse", desk=EMPTY, seeds=(1000, 1001, 1002, 1003)),
    new("a lighthouse x3", "a lighthouse", desk=EMPTY, seeds=(1000, 1001, 1002)),
    steps(
        "a red boat on a calm sea, then make it night",
        Does("generate", "a red boat on a calm sea"),
        Does("edit", "make it night"),
        to=None,
        desk=EMPTY,
    ),
    steps(
        "draw a boat and make it red",
        Does("generate", "a boat"),
        Does("edit", "make it red"),
        to=None,
        desk=EMPTY,
    ),
    asks("make it night", "Nothing is drawn yet", desk=EMPTY),
    asks("brighter", "Nothing is drawn yet", desk=EMPTY),
    asks("crop to a square", "Nothing is drawn yet", desk=EMPTY),
    asks("remove the moon", "Nothing is drawn yet", desk=EMPTY),
    asks("try again", "Nothing has been drawn yet", desk=EMPTY),
    asks("four variations", "Nothing has been drawn yet", desk=EMPTY),
    missing("go back to version 2", "There is no version 2; nothing has been drawn yet.", desk=EMPTY),
]

NEW_PICTURES = [
    new("new picture: a cat on a mat", "a cat on a mat"),
    new("New picture - a cat", "a cat"),
    new("start over with a green field", "a green field"),
    new("start over: draw a horse", "a horse"),
    new("draw me a house", "a house"),
    new("make me a picture of two dogs", "a picture of two dogs"),
    new("a new drawing of a horse", "a horse"),
    new("create a new image of a train in the mountains", "a train in the mountains"),
    new("another picture of a cat", "a cat"),
    new("draw a cat", "a cat"),
    new("generate a robot", "a robot"),
    new("a blue train in a snowy valley", "a blue train in a snowy valley"),
    new("a vase on a wooden table", "a vase on a wooden table"),
    new("two dogs playing in a park at sunset", "two dogs playing in a park at sunset"),
    new("a photo of a bench", "a photo of a bench"),
    new("an oil painting of a lighthouse", "an oil painting of a lighthouse"),
    new("red car on a desert road", "red car on a desert road"),
    new("a red boat on a calm sea, seed 42", "a red boat on a calm sea", seeds=(42,)),
    new("three versions of a red kite in a meadow", "a red kite in a meadow", seeds=(1000, 1001, 1002)),
    new("new picture: a fox, 3 takes", "a fox", seeds=(1000, 1001, 1002)),
    new("new picture: a cat", "a cat", mask=True, says="mask is not used"),
    new("new picture: version 9 of the mona lisa", "version 9 of the mona lisa"),
    steps(
        "new picture: a cat on a mat, then make it night",
        Does("generate", "a cat on a mat"),
        Does("edit", "make it night"),
        to=None,
    ),
    new("sketch of a horse", "sketch of a horse"),
    new("let's start with a horse", "a horse"),
    new("scrap that, draw a horse instead", "a horse"),
    new("something completely different: a horse", "a horse"),
    new("next picture: a horse", "a horse"),
    new(
        "cyberpunk city street at night, neon lights, rain",
        "cyberpunk city street at night, neon lights, rain",
    ),
    asks("new picture", "What shall the new picture show?"),
    asks("start over", "What shall the new picture show?"),
]

CHANGES = [
    change("make it night", says="Making it night in version 5."),
    change("make the apple green"),
    change("make the apple brighter"),
    change("add a hat to the cat"),
    change("add a cat and a dog"),
    change("remove the boat"),
    change("turn the boat into a whale"),
    change("replace the boat with a whale"),
    change("move the boat to the left"),
    change("give him a beard"),
    change("put a bird on the mast"),
    change("change the sky to pink"),
    change("paint the house red"),
    change("colour the sail blue"),
    change("erase the clouds"),
    change("without the clouds"),
    change("more clouds"),
    change("less fog"),
    change("as pop art"),
    change("in the style of van gogh"),
    change("a tree", "add a tree"),
    change("A tree.", "add a tree"),
    change("two birds", "add two birds"),
    change("a bird in the sky", "add a bird in the sky"),
    change("a hat on the captain", "add a hat on the captain"),
    change("a cat on the left", "add a cat on the left"),
    change("how about a hat", "add a hat"),
    change("could you please make the sky pink?", "make the sky pink"),
    change("can you make the sky a bit more pink please", "make the sky a bit more pink"),
    change("pls add a moon thx", "add a moon"),
    change("i'd like you to remove the people", "remove the people"),
    change("no, make it blue", "make it blue"),
    change("ok now make it snow!", "make it snow"),
    change("let's add a dragon", "add a dragon"),
    change("Make it night-time.", "Make it night-time"),
    change("make it bigger"),
    change("make it a portrait of a king"),
    change("make the sky darker and more dramatic"),
    change("make it dark"),
    change("blur the background"),
    change("add a light"),
    change("add motion blur"),
    change("make her dress black and white"),
    change("rotate the boat"),
    change("crop out the car"),
    change("extend his arm to the left"),
    change("more birds at the top"),
    change("zoom in on the face"),
    change("move to Sweden"),
    change("change the second picture on the wall"),
    change("add the number 7 to the shirt"),
    change("draw a moon in the sky"),
    change("<b>make</b> it red"),
    change('add a sign that says "version 2"'),
    change("replace 'TRAIN' with 'PLANE, then undo'"),
    change("make it \x00night\x07", "make it night"),
    change("make it night with seed 7", "make it night", seeds=(7,), says="seed 7"),
    change("make it night, 4 variations", "make it night", seeds=(1000, 1001, 1002, 1003), says="4 takes"),
    change("three options with a green sky", "with a green sky", seeds=(1000, 1001, 1002)),
    change("a tree", mask=True, inputs={"canvas": "canvas", "mask": "blob:mask"}, says="inside the mask"),
    change("a red boat on a calm sea", mask=True),
    change("draw me a cat", "a cat", mask=True),
    change("make it gold", mask=True),
    change("on the left of the woman, add a bag"),
    change("same but at night", "at night"),
    change("give me a horse", "add a horse"),
    change("would it be possible to add a dog?", "add a dog"),
    change("a lighthouse on the horizon", "add a lighthouse on the horizon"),
    change("the sky is too dark"),
    change("make the road wider"),
    asks("crop", "half an instruction"),
    asks("make it", "half an instruction"),
    asks("a cat on a chair", "new picture: a cat on a chair"),
    asks("a man on the left of a lamp", "add a man on the left of a lamp"),
    asks("a forest", "Shall I add it"),
]

REFERENCES = [
    change("in version 2 make the sky pink", "make the sky pink", to=2, says="version 2"),
    change("version 2: make the sky pink", "make the sky pink", to=2),
    change("v2 make the sky pink", "make the sky pink", to=2),
    change("in #3, make it snow", "make it snow", to=3),
    change("make the sky pink in version 2", "make the sky pink", to=2),
    change("make the first one bigger", "make it bigger", to=1),
    change("make the second picture look old", "make it look old", to=2),
    change("add a dog to picture 3", "add a dog", to=3),
    change("make version 2's sky green", "make the sky green", to=2),
    change("use version 2 but make it foggy", "make it foggy", to=2),
    change("take the first picture and make it rain", "make it rain", to=1),
    change("go back to version 1 and add a seagull", "add a seagull", to=1),
    change("go back to the boat and make it pink", "make it pink", to=1),
    change("undo that and make it blue", "make it blue", to=3),
    change("before the hat, make it red", "make it red", to=2),
    change("in the one with the boat make the sky pink", "make the sky pink", to=1),
    change("in the last picture add a bird", "add a bird", to=5),
    change("in the previous one add a bird", "add a bird", to=3),
    change("in version 4 add a dog", "add a dog", to=4, inputs={"canvas": "blob:image-4"}),
    change("in version 5 add a dog", "add a dog", to=5, inputs={"canvas": "canvas"}),
    steps(
        "make the original darker and add a moon",
        Does("adjust", "", {"kind": "brightness", "amount": -0.25}),
        Does("edit", "add a moon"),
        to=1,
    ),
    exact("make version 2 brighter", "brightness", to=2, amount=0.25),
    exact("crop the first one to a square", "crop", to=1, aspect="1:1"),
    change(
        "make the sky like in version 2",
        "make the sky like in the reference picture",
        inputs={"canvas": "canvas", "reference": "turn:t2"},
    ),
    change(
        "put the cat from version 4 into version 1",
        "put the cat from the reference picture",
        to=1,
        inputs={"canvas": "turn:t1", "reference": "blob:image-4"},
    ),
    change("start from version 1 and make it night", "make it night", to=1),
    change("version 2 with a dog", "with a dog", to=2),
    change("same as version 2 but with a dog", "with a dog", to=2),
    exact("v2 brighter", "brightness", to=2, amount=0.25),
    exact("rotate version 2 left", "rotate", to=2, degrees=90),
    asks("make version 1 and version 2 pink", "which one"),
    missing("in version 9 add a dog", "There is no version 9; the versions are 1 to 5."),
    missing("make the eighth picture red", "There is no picture number 8; the versions are 1 to 5."),
    missing("version 2", "there is only version 1", desk=FIRST),
    exact("make the image 512 pixels wide", "resize", width=512),
    change("add 2 dogs"),
]

GOING = [
    goes("undo", "undo"),
    goes("undo that", "undo"),
    goes("Undo that please!", "undo"),
    goes("can you undo that?", "undo"),
    goes("revert", "undo"),
    goes("go back", "undo"),
    goes("never mind", "undo"),
    goes("ctrl-z", "undo"),
    goes("undo the last change", "undo"),
    goes("undo the moon", "undo"),
    goes("redo", "redo"),
    goes("redo that", "redo"),
    goes("undo the undo", "redo"),
    goes("go back to when it was night", 2),
    goes("can we go back to how it was before the hat", 2),
    goes("actually keep version 2", 2),
    goes("let's go with version 3", 3),
    goes("version 2", 2),
    goes("v2", 2),
    goes("#3", 3),
    goes("picture 3", 3),
    goes("2", 2),
    goes("the second", 2),
    goes("version two", 2),
    goes("go back to version 2", 2, says="Going to version 2."),
    goes("go to version 4", 4),
    goes("show me version 4", 4),
    goes("the first one", 1),
    goes("back to the first one", 1),
    goes("i like the first one better", 1),
    goes("go back to the second picture", 2),
    goes("the previous one", 3),
    goes("back to the last picture", 3),
    goes("back to the original", 1),
    goes("revert to the original", 1),
    goes("go back two steps", 2),
    goes("undo twice", 2),
    goes("3 steps back", 1),
    goes("before the hat", 2),
    goes("go back to before the hat", 2),
    goes("go back to before I added the hat", 2),
    goes("the one before the hat", 2),
    goes("go back to the boat", 1),
    goes("go back to the hat", 3),
    goes("back to the cat", 4),
    goes("the one with the boat", 1),
    goes("go back to the one with the cat", 4),
    goes("return to the night version", 2),
    goes("go back to the red boat", 1, desk=BOATS),
    goes("go back to the green boat", 3, desk=BOATS),
    goes("go back to the night", 2, desk=BOATS),
    talks("version 5", "Version 5 is already on the canvas."),
    asks(
        "go back to the boat",
        "version 1 (“a red boat on a calm sea”) and version 3 (“make the boat green”)",
        desk=BOATS,
    ),
    asks("undo the hat", "version 3"),
    missing("version 9", "There is no version 9; the versions are 1 to 5."),
    missing("go back to the elephant", "No picture here speaks of “the elephant”"),
    missing("go back 9 steps", "There is no picture 9 steps back"),
    missing("before the boat", "There is no picture before version 1"),
]

TONES = [
    exact("brighter", "brightness", amount=0.25),
    exact("make it brighter", "brightness", amount=0.25),
    exact("make it a bit brighter please", "brightness", amount=0.1),
    exact("a bit darker", "brightness", amount=-0.1),
    exact("much darker", "brightness", amount=-0.5),
    exact("it's too dark", "brightness", amount=0.25),
    exact("too bright", "brightness", amount=-0.25),
    exact("lighten it up", "brightness", amount=0.25),
    exact("20% brighter", "brightness", amount=0.2),
    exact("brightness -30", "brightness", amount=-0.3),
    exact("too much contrast", "contrast", amount=-0.25),
    exact("not enough contrast", "contrast", amount=0.25),
    exact("it's a little blurry", "sharpen", amount=0.5),
    exact("more contrast", "contrast", amount=0.25),
    exact("much more contrast", "contrast", amount=0.5),
    exact("reduce the contrast by 10%", "contrast", amount=-0.1),
    exact("contrast +20", "contrast", amount=0.2),
    exact("more saturated", "saturation", amount=0.3),
    exact("make the colors more vibrant", "saturation", amount=0.3),
    exact("turn down the saturation a bit", "saturation", amount=-0.15),
    exact("desaturate it", "saturation", amount=-0.3),
    exact("black and white", "saturation", amount=-1.0),
    exact("make it black & white", "saturation", amount=-1.0),
    exact("greyscale please", "saturation", amount=-1.0),
    exact("warmer", "temperature", amount=0.3),
    exact("warm it up a little", "temperature", amount=0.15),
    exact("cooler", "temperature", amount=-0.3),
    exact("cool it down", "temperature", amount=-0.3),
    exact("exposure +1", "exposure", stops=1.0),
    exact("one stop darker", "exposure", stops=-1.0),
    exact("increase the exposure by 1.5 stops", "exposure", stops=1.5),
    exact("sharpen it", "sharpen", amount=1.0),
    exact("a lot sharper", "sharpen", amount=2.0),
    exact("less blurry", "sharpen", amount=1.0),
    exact("blur it", "blur", radius=0.02),
    exact("blur it a lot", "blur", radius=0.05),
    exact("brighter", "brightness", mask=True, amount=0.25),
    exact("make the apple brighter", "brightness", mask=True, amount=0.25),
    exact("blur the background", "blur", mask=True, radius=0.02),
    exact("make this black and white", "saturation", mask=True, amount=-1.0),
]

SHAPES = [
    exact("crop to a square", "crop", aspect="1:1"),
    exact("crop it square", "crop", aspect="1:1"),
    exact("make it square", "crop", aspect="1:1"),
    exact("crop to 16:9", "crop", aspect="16:9"),
    exact("crop to 4x5 please", "crop", aspect="4:5"),
    exact("crop to the left half", "crop", box=[0.0, 0.0, 0.5, 1.0]),
    exact("crop 10% off the left", "crop", box=[0.1, 0.0, 1.0, 1.0]),
    exact("trim the bottom 20%", "crop", box=[0.0, 0.0, 1.0, 0.8]),
    exact("crop tighter", "crop", box=[0.1, 0.1, 0.9, 0.9]),
    exact("zoom in 2x", "crop", box=[0.25, 0.25, 0.75, 0.75]),
    exact(
        "crop to a square",
        "crop",
        mask=True,
        aspect="1:1",
        inputs={"canvas": "canvas"},
        says="mask is not used",
    ),
    exact("rotate left", "rotate", degrees=90),
    exact("rotate it to the right", "rotate", degrees=270),
    exact("rotate 90 degrees clockwise", "rotate", degrees=270),
    exact("rotate 90° counter-clockwise", "rotate", degrees=90),
    exact("rotate by 180", "rotate", degrees=180),
    exact("turn it upside down", "rotate", degrees=180),
    exact("rotate 5 degrees left", "straighten", degrees=5.0),
    exact("straighten by 2 degrees", "straighten", degrees=2.0),
    exact("straighten it 1.5 degrees to the right", "straighten", degrees=-1.5),
    exact("flip it horizontally", "flip", axis="horizontal"),
    exact("flip vertically", "flip", axis="vertical"),
    exact("mirror it", "flip", axis="horizontal"),
    exact("make it 512 pixels wide", "resize", width=512),
    exact("make it 300px high", "resize", height=300),
    exact("resize to 800x600", "resize", width=800, height=600),
    exact("half the size", "resize", scale=0.5),
    exact("make it twice as big", "resize", scale=2.0),
    exact("scale it to 75%", "resize", scale=0.75),
    exact("upscale 4x", "resize", scale=4.0),
    exact("increase the resolution", "resize", scale=2.0),
    asks("straighten it", "how many degrees"),
    asks("rotate 50 degrees", "quarter turns"),
    asks("resize to 99999x99999", "16 to 8192"),
]

GROWING = [
    grow("extend it to the right", right=0.5),
    grow("extend left", left=0.5),
    grow("wider", left=0.25, right=0.25),
    grow("make it wider", left=0.25, right=0.25),
    grow("make it a bit wider please", left=0.125, right=0.125),
    grow("taller", top=0.25, bottom=0.25),
    grow("zoom out", left=0.25, top=0.25, right=0.25, bottom=0.25),
    grow("uncrop", left=0.25, top=0.25, right=0.25, bottom=0.25),
    grow("expand the canvas", left=0.25, top=0.25, right=0.25, bottom=0.25),
    grow("more sky at the top", "sky", top=0.5),
    grow("extend the sky upwards", "sky", top=0.5),
    grow("extend the canvas by 50% on the left", left=0.5),
    grow("extend it by 20% on both sides", left=0.2, right=0.2),
    grow("extend it by 128 pixels on the right", right=0.2),
    grow("make room below", bottom=0.5),
    grow("add more space on the left", left=0.5),
    grow("extend to the left with mountains", "mountains", left=0.5),
    grow("outpaint the right side", right=0.5),
    grow("could you extend the picture downwards a bit?", bottom=0.25),
    grow("extend it to 16:9", left=0.2111, right=0.2111),
    grow("extend the sky", "sky", top=0.5),
    grow("show more of the sky", "sky", top=0.5),
    grow("more space around the boat", left=0.25, top=0.25, right=0.25, bottom=0.25),
    asks("extend it by 900% on the left", "by how much"),
]

UPLOADS = [
    steps("", OPEN, to=None, images=1, desk=EMPTY, inputs={"reference": "blob:photo-1"}),
    steps("", OPEN, to=None, images=1, inputs={"reference": "blob:photo-1"}),
    steps("", OPEN, to=None, images=3, says="only one", inputs={"reference": "blob:photo-1"}),
    steps("open this", OPEN, to=None, images=1, inputs={"reference": "blob:photo-1"}),
    steps("use this photo", OPEN, to=None, images=1, inputs={"reference": "blob:photo-1"}),
    *(
        steps(
            text,
            Does("place", "", {"box": box}),
            images=1,
            inputs={"canvas": "canvas", "reference": "blob:photo-1"},
        )
        for text, box in (
            ("paste this on the table", MIDDLE),
            ("put my logo in the bottom right corner exactly as it is", [0.6667, 0.6667, 1.0, 1.0]),
            ("place it bottom right", [0.6667, 0.6667, 1.0, 1.0]),
            ("bottom left", [0.0, 0.6667, 0.3333, 1.0]),
            ("put this in the top left corner", [0.0, 0.0, 0.3333, 0.3333]),
            ("paste this on the left", [0.0, 0.3333, 0.3333, 0.6667]),
            ("use this as the background", [0.0, 0.0, 1.0, 1.0]),
        )
    ),
    *(
        steps(
            text,
            Does("place", "", {"box": MIDDLE}),
            images=1,
            desk=PLAIN,
            inputs={"canvas": "canvas", "reference": "blob:photo-1"},
        )
        for text in ("put this on the table", "add this", "hang this on the wall")
    ),
    steps(
        "put this here",
        Does("place", "", {"box": None}),
        images=1,
        mask=True,
        inputs={"canvas": "canvas", "reference": "blob:photo-1", "mask": "blob:mask"},
    ),
    steps(
        "add this",
        Does("place", "", {"box": MIDDLE}),
        images=2,
        desk=PLAIN,
        says="only one",
        inputs={"canvas": "canvas", "reference": "blob:photo-1"},
    ),
    steps(
        "make it black and white",
        OPEN,
        Does("adjust", "", {"kind": "saturation", "amount": -1.0}),
        to=None,
        images=1,
        desk=EMPTY,
        inputs={"reference": "blob:photo-1"},
    ),
    steps(
        "make it night",
        OPEN,
        Does("edit", "make it night"),
        to=None,
        images=1,
        inputs={"reference": "blob:photo-1"},
    ),
    steps(
        "put this on the table",
        OPEN,
        to=None,
        images=1,
        desk=EMPTY,
        inputs={"reference": "blob:photo-1"},
        says="no picture yet",
    ),
    steps(
        "put a hat on him",
        OPEN,
        Does("edit", "put a hat on him"),
        to=None,
        images=1,
        desk=EMPTY,
        inputs={"reference": "blob:photo-1"},
    ),
    steps(
        "put image 2 on the left",
        Does("place", "", {"box": [0.0, 0.3333, 0.3333, 0.6667]}),
        images=2,
        inputs={"canvas": "canvas", "reference": "blob:photo-2"},
    ),
    steps("start with this", OPEN, to=None, images=1, inputs={"reference": "blob:photo-1"}),
    change("make it look like this", images=1, inputs={"canvas": "canvas", "reference": "blob:photo-1"}),
    change(
        "make it gold",
        images=1,
        mask=True,
        inputs={"canvas": "canvas", "reference": "blob:photo-1", "mask": "blob:mask"},
    ),
    change(
        "a boat like this",
        "add a boat like this",
        images=1,
        inputs={"canvas": "canvas", "reference": "blob:photo-1"},
    ),
    new("a boat like this", "a boat like this", images=1, desk=EMPTY, inputs={"reference": "blob:photo-1"}),
    new(
        "new picture: a boat in this style",
        "a boat in this style",
        images=1,
        inputs={"reference": "blob:photo-1"},
    ),
]

ONE = {"reference": "blob:photo-1"}
TWO = {**ONE, "reference 2": "blob:photo-2"}
FOLLOWED = [
    *(
        new(text, prompt or text, images=1, desk=desk, inputs=ONE)
        for text, prompt in (
            ("this creature, on a beach", ""),
            ("this on a beach", ""),
            ("draw this creature on a beach", "this creature on a beach"),
            ("draw me this dog in the snow", "this dog in the snow"),
            ("a drawing of my dog in the snow", ""),
        )
        for desk in (EMPTY, DESK)
    ),
    new("put my logo on a red balloon", "my logo on a red balloon", images=1, desk=EMPTY, inputs=ONE),
    new("a balloon with my logo on it", "a balloon with my logo on it", images=1, desk=EMPTY, inputs=ONE),
    new("this cat next to this dog", "this cat next to this dog", images=2, desk=EMPTY, inputs=TWO),
    new(
        "these on a meadow",
        "these on a meadow",
        images=3,
        inputs={**TWO, "reference 3": "blob:photo-3"},
    ),
    *(
        change(text, prompt or text, images=1, inputs={"canvas": "canvas", **ONE})
        for text, prompt in (
            ("put my logo on the balloon", ""),
            ("put this on the table", ""),
            ("place this next to the boat", ""),
            ("add this", ""),
            ("this creature", "add this creature"),
            ("replace the boat with this creature", ""),
            ("give him this hat", ""),
        )
    ),
    change(
        "this creature",
        images=1,
        mask=True,
        inputs={"canvas": "canvas", "mask": "blob:mask", **ONE},
    ),
    change(
        "put the cat from picture 1 next to the dog from picture 2",
        images=2,
        inputs={"canvas": "canvas", **TWO},
    ),
    change(
        "make it night, then add this creature",
        "make it night",
        "add this creature",
        images=1,
        inputs={"canvas": "canvas"},
    ),
    steps("make this cat blue", OPEN, Does("edit", "make this cat blue"), to=None, images=1, inputs=ONE),
    asks("these on a meadow", "3 pictures at once, and there are 4", images=4),
    asks("make it look like this", "follows no other picture", images=1, desk=PLAIN),
]

POINTING = [
    *(
        Case(text, go=f"select:{what}")
        for text, what in (
            ("select the cat", "the cat"),
            ("mask the sky", "the sky"),
            ("please mask off the left apple and the sky.", "the left apple and the sky"),
            ("select the boat", "the boat"),
            ("Select only his face", "his face"),
        )
    ),
    goes("select version 2", 2),
    goes("select the picture with the boat", 1),
    change("put a mask on his face"),
    change("select the cat and make it blue", "select the cat", "make it blue"),
    new("mask the sky", "mask the sky", desk=EMPTY),
    asks("mask the sky", "paint the mask by hand", desk=PLAIN),
]

AGAIN = Does("edit", "remove the moon")
TAKES = [
    *(
        steps(text, AGAIN, to=3, seeds=seeds, inputs={"canvas": "turn:t3"})
        for text, seeds in (
            ("four variations", (1000, 1001, 1002, 1003)),
            ("variations", (1000, 1001, 1002, 1003)),
            ("more like this", (1000, 1001, 1002, 1003)),
            ("3 more like this", (1000, 1001, 1002)),
            ("give me 3 more", (1000, 1001, 1002)),
            ("show me five different options", (1000, 1001, 1002, 1003, 1004)),
            ("try again", (1000,)),
            ("another one", (1000,)),
            ("again", (1000,)),
            ("seed 42", (42,)),
            ("try again with seed 42", (42,)),
        )
    ),
    steps(
        "20 variations",
        AGAIN,
        to=3,
        seeds=tuple(range(1000, 1008)),
        says="8 takes are the most",
        inputs={"canvas": "turn:t3"},
    ),
    steps("two more", Does("generate", "a red boat on a calm sea"), to=None, desk=FIRST, seeds=(1001, 1002)),
    asks("four variations", "what shall be different", desk=TONED),
    asks("three variations of version 2", "go to version 2"),
    new("three variations of version 1", "a red boat on a calm sea", seeds=(1000, 1001, 1002)),
    change("another dog"),
]

SEVERAL = [
    steps(
        "make the apple green and add a tree, then make it night, and crop to a square",
        Does("edit", "make the apple green"),
        Does("edit", "add a tree"),
        Does("edit", "make it night"),
        CROP,
    ),
    steps("make it brighter and warmer", BRIGHT, WARM),
    steps("brighter, warmer", BRIGHT, WARM),
    steps("crop to a square; rotate left", CROP, Does("adjust", "", {"kind": "rotate", "degrees": 90})),
    steps("Make it night. Add a moon.", Does("edit", "Make it night"), Does("edit", "Add a moon")),
    steps("make it night\nadd a moon", Does("edit", "make it night"), Does("edit", "add a moon")),
    steps(
        "remove the boat, add a cat and a dog",
        Does("edit", "remove the boat"),
        Does("edit", "add a cat and a dog"),
    ),
    steps("in version 2 make it snow and crop to a square", Does("edit", "make it snow"), CROP, to=2),
    steps(
        "add a tree and crop to a square",
        Does("edit", "add a tree"),
        CROP,
        mask=True,
        says="the first of these only",
    ),
    change("it's so foggy here. remove the fog"),
    change("give her red hair and blue eyes"),
    change("make the boat red, green and blue"),
    change("replace the cat and the dog with two birds"),
]

TALK = [
    talks("hello", "Describe a picture", desk=EMPTY),
    talks("hi there!", "make it night"),
    talks("thanks", "welcome"),
    talks("thank you so much!", "welcome"),
    talks("nice"),
    talks("what can you do?", "I draw what you describe"),
    talks("help", "I draw what you describe"),
    talks("why is it blurry?", "sharpen it"),
    talks("which version is this?", "This is version 5 of 5: “remove the moon”."),
    talks("how many versions are there?", "1 to 5"),
    talks("what was version 2?", "Version 2 is “make it night”."),
    talks("what was version 9?", "There is no version 9"),
    talks("how do i undo?", "undo"),
    talks("how do I use the mask", "Paint over the part"),
    talks("where can i download it?", "saved"),
    talks("what's in the picture?", "a red boat on a calm sea"),
    talks("how big is it?", "640 by 512"),
    talks("who won the world cup?", "cannot answer"),
    talks("yes"),
    talks("turn 2", "in the notebook"),
    talks("change turn 2 to a green boat", "in the notebook"),
    talks("stop", "stop button"),
    talks("delete version 3", "ever deleted"),
    talks("compare version 1 and 2", "timeline"),
    talks("undo everything", "go back to version 1"),
    talks("that's not what i asked for", "try again"),
    talks("who made you", "cannot answer"),
    talks("i don't like it", "try again"),
    talks("???"),
]

MESSAGES = [
    *BEGINNINGS,
    *NEW_PICTURES,
    *CHANGES,
    *REFERENCES,
    *GOING,
    *TONES,
    *SHAPES,
    *GROWING,
    *UPLOADS,
    *FOLLOWED,
    *POINTING,
    *TAKES,
    *SEVERAL,
    *TALK,
]
