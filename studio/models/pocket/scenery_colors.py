"""What colors a painted background has: the hours, the weathers and the four styles as tables of colors.

Nouns: a *mood* is everything that shifts all colors of one picture together, so that they fit each other; a
color is (red, green, blue) in 0..255; *far* is how much air lies before a thing, 0 near to 1 at the horizon.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

Color = tuple[float, float, float]
Stops = tuple[Color, Color, Color, Color]

# From the top of the sky to the horizon; the last is also the color of the air.
CLEAR: dict[str, tuple[Stops, ...]] = {
    "day": (
        ((58, 146, 244), (106, 182, 252), (162, 214, 255), (220, 241, 255)),
        ((48, 164, 232), (98, 196, 244), (158, 222, 250), (224, 245, 250)),
        ((84, 150, 250), (130, 184, 255), (180, 212, 255), (232, 240, 255)),
    ),
    "night": (
        ((10, 14, 54), (20, 28, 84), (38, 50, 120), (72, 86, 160)),
        ((8, 18, 50), (14, 36, 82), (26, 60, 118), (58, 102, 158)),
        ((20, 14, 62), (34, 26, 92), (54, 46, 126), (90, 80, 164)),
    ),
    "sunset": (
        ((96, 72, 160), (208, 104, 152), (252, 148, 110), (255, 210, 134)),
        ((224, 98, 128), (246, 128, 110), (254, 168, 104), (255, 216, 140)),
        ((126, 84, 168), (232, 112, 146), (255, 140, 116), (255, 188, 122)),
    ),
}
DULL: dict[tuple[str, str], Stops] = {
    ("day", "cloudy"): ((134, 146, 162), (158, 168, 182), (184, 193, 204), (212, 218, 224)),
    ("day", "rain"): ((82, 96, 118), (104, 118, 138), (130, 143, 160), (160, 171, 184)),
    ("day", "snow"): ((150, 164, 186), (174, 186, 206), (200, 210, 224), (226, 233, 242)),
    ("day", "fog"): ((186, 196, 206), (202, 210, 217), (216, 222, 227), (230, 234, 237)),
    ("night", "cloudy"): ((20, 25, 48), (31, 37, 64), (46, 53, 84), (66, 74, 106)),
    ("night", "rain"): ((10, 14, 32), (18, 24, 46), (29, 36, 62), (44, 52, 82)),
    ("night", "snow"): ((22, 29, 62), (36, 45, 84), (56, 66, 108), (86, 98, 142)),
    ("night", "fog"): ((44, 51, 78), (60, 68, 96), (80, 88, 118), (102, 110, 140)),
    ("sunset", "cloudy"): ((112, 88, 118), (170, 114, 126), (216, 146, 126), (240, 186, 146)),
    ("sunset", "rain"): ((74, 60, 88), (122, 84, 102), (168, 112, 110), (206, 150, 128)),
    ("sunset", "snow"): ((140, 116, 150), (196, 146, 158), (234, 176, 162), (250, 208, 182)),
    ("sunset", "fog"): ((196, 160, 168), (222, 178, 170), (242, 198, 176), (250, 216, 188)),
}
# What the hour and the weather leave of the color of the ground.
HOUR: dict[str, Color] = {"day": (1.0, 1.0, 1.0), "night": (0.30, 0.38, 0.61), "sunset": (1.08, 0.85, 0.72)}
DIMMED = {"clear": 1.0, "cloudy": 0.91, "rain": 0.74, "snow": 0.97, "fog": 0.97}
GRAYED = {"clear": 0.0, "cloudy": 0.22, "rain": 0.30, "snow": 0.18, "fog": 0.25}
# How much of the air's color lies over the farthest ridge.
HAZE = {"clear": 0.50, "cloudy": 0.55, "rain": 0.66, "snow": 0.66, "fog": 0.88}
# How strong the colors of a style are, and how much warm white is mixed in.
STRENGTH = {"3d": 1.04, "flat": 0.94, "cartoon": 1.24, "paper": 0.70}
CREAM: Color = (244, 232, 212)
CREAMED = {"3d": 0.0, "flat": 0.04, "cartoon": 0.0, "paper": 0.13}

# What falls on things.
LIGHT: dict[str, Color] = {"day": (1.0, 1.0, 1.0), "night": (0.70, 0.74, 0.96), "sunset": (1.0, 0.89, 0.82)}
WEATHER_LIGHT: dict[str, Color] = {
    "clear": (1.0, 1.0, 1.0),
    "cloudy": (0.95, 0.96, 0.98),
    "rain": (0.86, 0.89, 0.94),
    "snow": (0.96, 0.98, 1.0),
    "fog": (0.94, 0.95, 0.97),
}
UNDERWATER_LIGHT: Color = (0.85, 0.95, 1.0)
SPACE_LIGHT: Color = (0.92, 0.92, 1.0)
LAMP_LIGHT: Color = (0.90, 0.82, 0.72)


def mixed(first: Color, second: Color, part: float) -> Color:
    """From `first` (0) to `second` (1)."""
    keep = 1 - part
    return (
        first[0] * keep + second[0] * part,
        first[1] * keep + second[1] * part,
        first[2] * keep + second[2] * part,
    )


def times(color: Color, other: Color) -> Color:
    """Every channel by that of the other, as light on a surface."""
    return color[0] * other[0], color[1] * other[1], color[2] * other[2]


def scaled(color: Color, gain: float) -> Color:
    """Darker (gain below 1) or lighter."""
    return color[0] * gain, color[1] * gain, color[2] * gain


def brightness(color: Color) -> float:
    """How light a color looks, 0..255."""
    return 0.30 * color[0] + 0.59 * color[1] + 0.11 * color[2]


def grayed(color: Color, part: float) -> Color:
    """Without that part of its strength; a negative part makes it stronger."""
    level = brightness(color)
    return mixed(color, (level, level, level), part)


def turned(color: Color, angle: float) -> Color:
    """The color moved round the wheel by a small angle in radians."""
    third = (1 - math.cos(angle)) / 3
    swing = math.sin(angle) / math.sqrt(3)
    r, g, b = color
    keep, left, right = math.cos(angle) + third, third - swing, third + swing
    return (
        keep * r + left * g + right * b,
        right * r + keep * g + left * b,
        left * r + right * g + keep * b,
    )


def rounded(color: Color) -> tuple[int, int, int]:
    """A color as pixels hold it."""
    r, g, b = (min(255, max(0, round(v))) for v in color)
    return r, g, b


@dataclass(frozen=True)
class Mood:
    """The hour, the weather and the style of one picture, and by how much chance moved its colors."""

    style: str
    time: str
    weather: str
    sky: Stops
    hue: float
    gain: float

    @classmethod
    def drawn(cls, style: str, time: str, weather: str, rng: random.Random) -> Mood:
        """A mood with its small shifts drawn by `rng`."""
        sky = rng.choice(CLEAR[time]) if weather == "clear" else DULL[time, weather]
        hue, gain = rng.uniform(-0.13, 0.13), rng.uniform(0.97, 1.05)
        mood = cls(style, time, weather, sky, hue, gain)
        first, second, third, last = (mood.styled(turned(scaled(c, gain), hue * 0.5), 0.6) for c in sky)
        return cls(style, time, weather, (first, second, third, last), hue, gain)

    def styled(self, color: Color, part: float = 1.0) -> Color:
        """The color in the paints of the style, or only that part of the way to them."""
        cream = scaled(CREAM, 0.35) if self.time == "night" else CREAM
        return mixed(grayed(color, part * (1 - STRENGTH[self.style])), cream, CREAMED[self.style])

    def water(self) -> tuple[Color, Color]:
        """Open water at the horizon and in front of it: it mirrors the evening and the clouds."""
        if self.time == "sunset":
            near = scaled(self.styled((98, 74, 148)), DIMMED[self.weather])
            return mixed(self.sky[2], near, 0.22), near
        return mixed(self.lit((100, 186, 228), 0.2), self.sky[2], 0.25), self.lit((26, 92, 172))

    def lit(self, color: Color, far: float = 0.0) -> Color:
        """A color of the ground by day as it looks now."""
        color = self.styled(turned(scaled(color, self.gain), self.hue))
        light = HOUR[self.time]
        if self.time == "night":  # what is white gives back more of the little light
            light = scaled(light, 0.86 + 0.30 * brightness(color) / 255)
        color = scaled(times(grayed(color, GRAYED[self.weather]), light), DIMMED[self.weather])
        if self.time != "day":  # the whole land takes on a little of the color of the sky
            color = mixed(color, self.sky[1], 0.07 if self.time == "sunset" else 0.14)
        return mixed(color, self.sky[3], min(1.0, far * HAZE[self.weather]))

    def whitened(self, color: Color, part: float = 0.42) -> Color:
        """A color of the ground with the snow on it that falls, if it snows."""
        return mixed(color, self.lit((244, 248, 255)), part) if self.weather == "snow" else color
