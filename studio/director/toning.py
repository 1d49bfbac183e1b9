"""Light, colour and sharpness said in words: "a bit darker", "contrast +20", "black and white".

`tone` reads a whole clause or nothing: "make the apple brighter" names a thing and is left to the model,
unless a mask says which part is meant.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from studio.director.said import Deed
from studio.director.words import COUNTS, VERBS, listed, plain

BRIGHT, CONTRAST, COLOUR, WARM = "brightness", "contrast", "saturation", "temperature"

# word: what it turns, and which way
QUALITIES = {
    **dict.fromkeys(listed("brighter brighten lighter lighten bright brightness illumination"), (BRIGHT, 1)),
    **dict.fromkeys(listed("darker darken dimmer dim dark darkness"), (BRIGHT, -1)),
    **dict.fromkeys(listed("contrast contrasty contrastier punchy punchier punch"), (CONTRAST, 1)),
    **dict.fromkeys(["flatter", "flat"], (CONTRAST, -1)),
    **dict.fromkeys(
        listed(
            "saturation saturated saturate vibrance vibrant colourful colorful colour color colours"
            " colors vivid"
        ),
        (COLOUR, 1),
    ),
    **dict.fromkeys(listed("desaturate desaturated desaturation muted pale paler"), (COLOUR, -1)),
    **dict.fromkeys(["warmer", "warm", "warmth", "temperature"], (WARM, 1)),
    **dict.fromkeys(["cooler", "colder", "cool", "cold"], (WARM, -1)),
    **dict.fromkeys(["exposure", "exposed"], ("exposure", 1)),
    **dict.fromkeys(["overexpose", "overexposed"], ("exposure", 1)),
    **dict.fromkeys(["underexpose", "underexposed"], ("exposure", -1)),
    **dict.fromkeys(listed("sharper sharpen sharp sharpness crisper crisp clearer"), ("sharpen", 1)),
    **dict.fromkeys(listed("blur blurrier blurry blurred softer soften"), ("blur", 1)),
}
COLOURS = {"colours", "colors", "colour", "color"}
# These say nothing alone: "make it dark" paints a scene, "darker" turns a knob.
NEEDS_WAY = frozenset(
    listed(
        "bright dark brightness illumination contrast punch flat saturation vibrance colour color"
        " colours colors vivid warm warmth temperature cool cold exposure sharp sharpness crisp"
        " contrasty punchy saturated vibrant colourful colorful muted pale exposed clear soft"
    )
)
WAYS = {
    **dict.fromkeys(
        listed("more increase boost raise up add higher enhance improve strengthen pump bump crank"), 1
    ),
    **dict.fromkeys(listed("less decrease reduce lower down drop cut weaken minus fewer"), -1),
    "too": -2,  # a complaint: "too dark" asks for the opposite
}
SLIGHT = (
    r"\b(?:slightly|a (?:little|tiny|wee)?\s?bit|a bit|a little|little|a touch|a tad|a hair|somewhat"
    r"|subtly|gently|marginally)\b"
)
GREAT = (
    r"\b(?:much|a lot|lots|way|far|very|really|considerably|significantly|strongly|heavily|dramatically"
    r"|a great deal|loads|super|massively|totally|extremely|quite a bit)\b"
)
FILLER = frozenset(
    listed(
        "make makes turn render have give get set change shoot put do let keep convert apply it"
        " this that picture image photo photograph pic shot the whole entire full everything all"
        " thing overall its of in a an to into look be by some and with on for i want need would"
        " like is it's be here even style version bring go lighting tones tone mood levels level"
    )
)
# Where "up" and "down" belong to the verb and say nothing of the way.
PHRASES = (
    (re.compile(r"\bnot (?:\w+ )?enough\b"), "more"),
    (re.compile(r"\btoo (?:much|many)\b"), "too"),
    # "it's a bit blurry" is a complaint, as "it's too blurry" is
    (
        re.compile(
            r"^(?:it|this|that|the (?:picture|image|photo))(?:'s| is| looks| seems)"
            r" ((?:a bit |a little |so |very |quite )*)"
            r"(dark|bright|blurry|flat|pale|cold|cool|warm|soft|muted)$"
        ),
        r"\1too \2",
    ),
    (re.compile(r"\b(more|less|too) light\b"), r"\1 brightness"),
    (re.compile(r"\bwarm(?:er)?\b((?: \w+){0,3}?) up\b"), r"warmer\1"),
    (re.compile(r"\bcool(?:er)?\b((?: \w+){0,3}?) (?:down|off)\b"), r"cooler\1"),
    (re.compile(r"\b(brighten|lighten|sharpen|lighter|brighter)\b((?: \w+){0,3}?) up\b"), r"\1\2"),
    (re.compile(r"\b(darken|desaturate)\b((?: \w+){0,3}?) down\b"), r"\1\2"),
)
GREY = re.compile(
    r"(?:black (?:and|&|n|'n'|'n) white|b ?& ?w|b/w|b and w|gr[ae]y ?scale|monochrome|no colou?rs?"
    r"|without colou?rs?)"
)
NUMBER = re.compile(
    r"([+-])?\s?(\d{1,4}(?:\.\d{1,3})?)\s*(%|percent|stops?|ev|px|pixels?|points?)?(?![\w:/])"
)
STOPS = re.compile(r"\b(one|a|half a|two|three|a third of a)\s+(?:full )?(stops?)\b")
STOP_WORTH = {"one": 1.0, "a": 1.0, "half a": 0.5, "two": 2.0, "three": 3.0, "a third of a": 1 / 3}

# kind: its parameter, the amounts for slightly, plainly and much, and the greatest there is
AMOUNTS: dict[str, tuple[str, tuple[float, float, float], float]] = {
    BRIGHT: ("amount", (0.1, 0.25, 0.5), 1.0),
    CONTRAST: ("amount", (0.1, 0.25, 0.5), 1.0),
    COLOUR: ("amount", (0.15, 0.3, 0.6), 1.0),
    WARM: ("amount", (0.15, 0.3, 0.6), 1.0),
    "exposure": ("stops", (0.33, 0.67, 1.5), 4.0),
    "sharpen": ("amount", (0.5, 1.0, 2.0), 3.0),
    "blur": ("radius", (0.01, 0.02, 0.05), 0.2),
}
NAMES = {
    (BRIGHT, 1): "brightening",
    (BRIGHT, -1): "darkening",
    (CONTRAST, 1): "raising the contrast",
    (CONTRAST, -1): "lowering the contrast",
    (COLOUR, 1): "raising the saturation",
    (COLOUR, -1): "lowering the saturation",
    (WARM, 1): "warming the colours",
    (WARM, -1): "cooling the colours",
    ("exposure", 1): "raising the exposure",
    ("exposure", -1): "lowering the exposure",
    ("sharpen", 1): "sharpening",
    ("blur", 1): "blurring",
}
OPPOSITE = {("sharpen", -1): ("blur", 1), ("blur", -1): ("sharpen", 1)}
NAMED = 3  # words that may name a part when a mask shows which: "the red apple"


class Measure(NamedTuple):
    """A number and its unit ("%", "stop", "px" or none); `sign` is None when none was said."""

    sign: int | None
    value: float
    unit: str


def tone(clause: str, masked: bool = False, short_side: int | None = None) -> Deed | None:
    """The photo adjustment a whole clause asks for, None if it asks for anything else."""
    text = plain(clause)
    if len(text) > 200:
        return None
    if GREY.search(text):
        return _grey(text, masked)
    for phrase, word in PHRASES:
        text = phrase.sub(word, text)
    measure, text = _measure(text)
    degree, text = _degree(text)
    tokens = re.findall(r"[\w'&]+", text)
    parts = [token for token in tokens if token in QUALITIES]
    ways = [WAYS[token] for token in tokens if token in WAYS and token not in QUALITIES]
    rest = [t for t in tokens if t not in QUALITIES and t not in WAYS and t not in FILLER]
    if not parts or len(ways) > 2 or (rest and not (masked and _named(rest))):
        return None
    return _turn(parts, ways, measure, degree, short_side)


def _turn(
    parts: list[str], ways: list[int], measure: Measure | None, degree: int, short_side: int | None
) -> Deed | None:
    kinds = {QUALITIES[part][0] for part in parts}
    if len(kinds) == 2 and COLOURS & set(parts):
        kinds = {COLOUR} if BRIGHT in kinds else kinds - {COLOUR}  # "brighter colours", "warmer colours"
        parts = [part for part in parts if part not in COLOURS or COLOUR in kinds]
    if len(kinds) > 1 or (not ways and measure is None and NEEDS_WAY.issuperset(parts)):
        return None
    way = -1 if ways and (ways[0] < 0) != (len(ways) > 1 and ways[1] < 0) else 1
    facing = min((QUALITIES[part][1] for part in parts if QUALITIES[part][0] in kinds), default=1)
    if "exposure" not in kinds and measure and measure.unit == "stop":
        kinds = {"exposure"}
    if measure and measure.sign == -1:
        way = -way if not ways else way
    kind, sign = kinds.pop(), way * facing
    kind, sign = OPPOSITE.get((kind, sign), (kind, sign))
    return _deed(kind, sign, _size(kind, measure, degree, short_side))


def _deed(kind: str, sign: int, size: float) -> Deed:
    name, _, most = AMOUNTS[kind]
    value = round(sign * min(size, most), 3)
    params = {"kind": kind, name: value}
    return Deed("adjust", f"{NAMES[kind, sign]} ({kind} {value:+g})", params=params, masked=True)


def _size(kind: str, measure: Measure | None, degree: int, short_side: int | None) -> float:
    _, sizes, most = AMOUNTS[kind]
    if measure is None or measure.value == 0:
        return sizes[degree + 1]
    if measure.unit == "px":
        return measure.value / (short_side or 512)
    if measure.unit == "%" or (measure.value > most and kind != "exposure"):
        return measure.value / 100
    return measure.value


def _measure(text: str) -> tuple[Measure | None, str]:
    stops = STOPS.search(text)
    if stops:
        return Measure(None, STOP_WORTH[stops[1]], "stop"), text.replace(stops[0], " ")
    number = NUMBER.search(text)
    if not number:
        return None, text
    unit = {"percent": "%", "ev": "stop", "pixel": "px", "pixels": "px", "stops": "stop"}.get(
        number[3], number[3] or ""
    )
    sign = {"+": 1, "-": -1}.get(number[1])
    return Measure(sign, float(number[2]), unit), text.replace(number[0], " ", 1)


def _degree(text: str) -> tuple[int, str]:
    """-1 for slightly, 1 for much, 0 otherwise; and the text without saying so."""
    for pattern, degree in ((SLIGHT, -1), (GREAT, 1)):
        if re.search(pattern, text):
            return degree, re.sub(pattern, " ", text)
    return 0, text


def _named(rest: list[str]) -> bool:
    """Whether what is left over is a short name for the masked part and nothing else to do."""
    return len(rest) <= NAMED and not VERBS.intersection(rest) and not COUNTS.keys() & set(rest)


def _grey(text: str, masked: bool) -> Deed | None:
    rest = [t for t in re.findall(r"[\w'&]+", GREY.sub(" ", text)) if t not in FILLER]
    if rest and not (masked and _named(rest)):
        return None
    return Deed("adjust", "taking the colour out", params={"kind": COLOUR, "amount": -1.0}, masked=True)
