"""Skies and what falls from them: clouds, stars, rain, snow and fog, in every style; and open space."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from .scenery_canvas import PIXELS, XS, Block, Canvas, Curve, Oval, Shape
from .scenery_colors import Color, Mood, mixed, scaled

_GLOWS: dict[str, Color] = {"day": (255, 252, 232), "night": (132, 158, 232), "sunset": (255, 236, 170)}
_STAR: Color = (244, 246, 255)


def waves(rng: random.Random, base: float, height: float, length: float) -> Curve:
    """A gently rolling edge: about so high and so long from crest to crest."""
    curve = np.full(PIXELS, base, np.float32)
    for share, shorter in ((0.72, 1.0), (0.28, 0.47)):
        period = length * shorter * rng.uniform(0.8, 1.25)
        curve += share * height * np.sin(XS * (2 * np.pi / period) + rng.uniform(0, 6.3))
    return curve.astype(np.float32)


def bumps(rng: random.Random, base: float, radius: float) -> Curve:
    """An edge of round bumps side by side, like tree tops or clouds."""
    curve = np.full(PIXELS, base, np.float32)
    x = rng.uniform(-radius, 0)
    while x < PIXELS + radius:
        r = radius * rng.uniform(0.7, 1.3)
        arc = np.sqrt(np.clip(r * r - (XS - x) ** 2, 0, None))
        curve = np.minimum(curve, base - arc * 0.85 + (rng.uniform(-0.2, 0.2) * radius) * (arc > 0))
        x += r * rng.uniform(0.9, 1.3)
    return curve.astype(np.float32)


def paint_sky(canvas: Canvas, horizon: float) -> float:
    """The sky down to the horizon with its clouds or stars; returns where along it the light is."""
    mood, land, rng = canvas.mood, canvas.rng, canvas.air
    light = PIXELS * (0.5 + canvas.side * land.uniform(0.14, 0.38))
    low = horizon + 10
    canvas.rng = rng
    _PAINTERS[canvas.style](canvas, low, light)
    if mood.weather == "clear" and mood.time == "night":
        _stars(canvas, rng.randint(12, 24), horizon * 0.8)
    if mood.weather in ("cloudy", "rain", "snow"):
        _overcast(canvas, horizon)
    elif mood.weather == "clear":
        counts = {"day": (2, 5), "sunset": (1, 4), "night": (0, 2)}[mood.time]
        _clouds(canvas, horizon, rng.randint(*counts))
    canvas.rng = land
    return light


def _soft_sky(canvas: Canvas, low: float, light: float) -> None:
    canvas.fill(canvas.mood.sky, 0, low)
    if canvas.mood.weather == "clear":
        strength = {"day": 0.42, "night": 0.26, "sunset": 0.80}[canvas.mood.time]
        high = low if canvas.mood.time == "sunset" else low * canvas.rng.uniform(0.1, 0.6)
        canvas.glow(light, high, canvas.rng.uniform(190, 260), _GLOWS[canvas.mood.time], strength)


def _steps(sky: Sequence[Color], count: int) -> list[Color]:
    """Colors from the top of the sky to the horizon, evenly spaced."""
    table = np.array(sky)
    places = np.linspace(0, len(sky) - 1, count)
    rows = [np.interp(places, range(len(sky)), table[:, i]) for i in range(3)]
    return [(float(r), float(g), float(b)) for r, g, b in zip(*rows, strict=True)]


def _flat_sky(canvas: Canvas, low: float, light: float) -> None:
    """Bands across, or rings around the light."""
    rng = canvas.rng
    colors = _steps(canvas.mood.sky, rng.choice((5, 6, 7)))
    if canvas.mood.weather == "clear" and rng.random() < 0.6:
        widest, narrowest = max(light, PIXELS - light) * rng.uniform(0.9, 1.1) + 60, rng.uniform(130, 180)
        if canvas.mood.time == "night":  # nothing that looks like a rising moon
            widest, narrowest = 1.3 * widest, 2.0 * narrowest
        radii = np.linspace(widest, narrowest, len(colors) - 1)
        canvas.rings(light, low, [float(r) for r in radii], colors)
        return
    canvas.fill(colors[:1] * 2)
    height = rng.uniform(0, 9)
    for i, color in enumerate(colors[1:], 1):
        canvas.layer(waves(rng, low * (i / len(colors)), height, 620), color, sky=True)


def _inked_sky(canvas: Canvas, low: float, light: float) -> None:
    """Three broad bands with wavy borders."""
    rng = canvas.rng
    colors = _steps(canvas.mood.sky, 4)
    canvas.fill(colors[:1] * 2)
    for i, color in enumerate(colors[1:], 1):
        edge = waves(rng, low * (0.06 + 0.24 * i), 7, rng.uniform(240, 420))
        canvas.under(edge, color)


def _cut_sky(canvas: Canvas, low: float, light: float) -> None:
    """Sheets of paper, one before the other down to the horizon."""
    rng = canvas.rng
    colors = _steps(canvas.mood.sky, rng.choice((3, 4)))
    canvas.fill(colors[:1] * 2)
    height = rng.uniform(10, 22)
    for i, color in enumerate(colors[1:], 1):
        base = low * (i - 0.25 + rng.uniform(-0.1, 0.1)) / len(colors)
        canvas.layer(waves(rng, base, height, rng.uniform(460, 800)), color, sky=True)


_PAINTERS = {"3d": _soft_sky, "flat": _flat_sky, "cartoon": _inked_sky, "paper": _cut_sky}


def _stars(canvas: Canvas, count: int, lowest: float) -> None:
    """Dots of light of several sizes, none too small to be kept."""
    for _ in range(count):
        x, y = canvas.rng.uniform(8, PIXELS - 8), canvas.rng.uniform(8, lowest)
        size = canvas.rng.choice((2.5, 3.0, 3.0, 4.2))
        if canvas.style == "3d":
            canvas.glow(x, y, size * 3, _STAR, 0.5)
            canvas.glow(x, y, size * 1.6, _STAR, 1.0)
        else:
            canvas.clear([Oval((x - size, y - size, x + size, y + size))], _STAR, 0.92)


def _cloud_colors(mood: Mood) -> tuple[Color, Color]:
    """The lit and the shaded side of a fair-weather cloud."""
    if mood.time == "night":
        return mixed(mood.sky[3], (120, 134, 200), 0.30), mixed(mood.sky[1], mood.sky[2], 0.8)
    if mood.time == "sunset":
        return mixed(mood.sky[3], (255, 240, 226), 0.55), mixed(mood.sky[1], mood.sky[2], 0.55)
    return mood.styled((255, 255, 255)), mixed(mood.styled((214, 230, 250)), mood.sky[2], 0.3)


def _heap(rng: random.Random, x: float, y: float, width: float) -> list[tuple[float, float, float]]:
    """The balls (x, y, radius) that a cloud is heaped up of, from its flat foot at y."""
    balls = []
    count = max(3, round(width / 34))
    for i in range(count):
        t = (i + 0.5) / count * 2 - 1
        r = width * (0.11 + 0.12 * (1 - t * t)) * rng.uniform(0.85, 1.2)
        balls.append((x + t * (width / 2 - r * 0.6), y - r * 0.72, r))
    return sorted(balls, key=lambda ball: -ball[2])


def _cloud(canvas: Canvas, x: float, y: float, width: float, light: Color, shade: Color) -> None:
    rng = canvas.rng
    if canvas.style == "flat":
        bars: list[Shape] = []
        thick = width * rng.uniform(0.14, 0.18)
        middle = x
        for i, share in enumerate((1.0, rng.uniform(0.6, 0.74), rng.uniform(0.3, 0.4))):
            middle += rng.uniform(-0.11, 0.11) * width * (i > 0)
            top = y - thick * (i + 1) + i * 2
            bars.append(
                Block((middle - share * width / 2, top, middle + share * width / 2, top + thick), thick / 2)
            )
        canvas.put(bars, mixed(light, canvas.mood.sky[2], 0.12), sky=True)
        return
    balls = _heap(rng, x, y, width)
    if canvas.style == "3d":
        for bx, by, r in balls:
            canvas.puff(bx, by, r, light, shade)
        return
    foot = min(r for _, _, r in balls)
    shapes: list[Shape] = [Oval((bx - r, by - r, bx + r, min(by + r, y))) for bx, by, r in balls]
    shapes.append(Block((x - width / 2, y - foot, x + width / 2, y), foot / 2))
    canvas.put(shapes, light, sky=True)
    if canvas.style == "cartoon":
        lower = Block((x - width * 0.36, y - foot * 0.5, x + width * 0.42, y - 2), foot / 5)
        canvas.put([lower], mixed(light, shade, 0.8), plain=True, sky=True)


def _clouds(canvas: Canvas, horizon: float, count: int) -> None:
    """Fair-weather clouds, each in its own stretch of the sky."""
    rng, (light, shade) = canvas.rng, _cloud_colors(canvas.mood)
    for i in rng.sample(range(5), count):
        width = rng.uniform(76, 168)
        x = (i + rng.uniform(0.2, 0.8)) * PIXELS / 5
        _cloud(canvas, x, rng.uniform(0.18, 0.66) * horizon, width, light, shade)


def _overcast(canvas: Canvas, horizon: float) -> None:
    """Banks of cloud that hang into the picture from above, the nearer the darker."""
    mood, rng = canvas.mood, canvas.rng
    top, _, third, last = mood.sky
    dark = scaled(top, 0.86 if mood.weather == "rain" else 0.98)
    depth = {"cloudy": 0.30, "rain": 0.36, "snow": 0.26}[mood.weather] * horizon
    for row, share in enumerate((1.0, 0.52)):
        radius = rng.uniform(44, 70) * (1.1 - 0.3 * row)
        light = mixed(mixed(third, last, 0.7), dark, 0.10 + 0.35 * row)
        shade = mixed(dark, third, 0.30 - 0.30 * row)
        xs = np.arange(rng.uniform(-radius, 0), PIXELS + radius, radius * 1.15)
        balls = [
            (float(x), depth * share - radius * rng.uniform(0.7, 1.1), radius * rng.uniform(0.8, 1.2))
            for x in xs
        ]
        if canvas.style == "3d":
            canvas.clear([Block((0, -9, PIXELS, depth * share - radius))], mixed(light, shade, 0.5), 1.0)
            rng.shuffle(balls)
            for x, y, r in balls:
                canvas.puff(x, y, r, light, shade)
            continue
        shapes: list[Shape] = [Oval((x - r, y - r * 0.9, x + r, y + r * 0.9)) for x, y, r in balls]
        shapes.append(Block((-9, -40, PIXELS + 9, depth * share - radius * 0.9)))
        canvas.put(shapes, mixed(light, shade, 0.6), sky=True)


def paint_weather(canvas: Canvas, horizon: float) -> None:
    """What is in the air before everything: rain, falling snow, fog."""
    mood = canvas.mood
    if mood.weather == "rain":
        _rain(canvas)
    elif mood.weather == "snow":
        _snowfall(canvas)
    elif mood.weather == "fog":
        _fog(canvas, horizon)


def _rain(canvas: Canvas) -> None:
    rng = canvas.rng
    lean, count = canvas.side * rng.uniform(0.12, 0.4), rng.randint(38, 60)
    sheet = Image.new("L", (PIXELS * 2, PIXELS * 2))
    pen = ImageDraw.Draw(sheet)
    for _ in range(count):
        x, y, length = rng.uniform(0, PIXELS), rng.uniform(-20, PIXELS), rng.uniform(26, 46)
        ends = (2 * x, 2 * y, 2 * (x - lean * length), 2 * (y + length))
        pen.line(ends, fill=rng.randint(90, 150), width=6)
    color = {"day": (224, 236, 248), "night": (140, 160, 204), "sunset": (255, 228, 216)}[canvas.mood.time]
    canvas.wash(color, sheet.reduce(2))


def _snowfall(canvas: Canvas) -> None:
    rng = canvas.rng
    strength = 0.8 if canvas.mood.time == "night" else 0.95
    for _ in range(rng.randint(46, 66)):
        x, y, r = rng.uniform(0, PIXELS), rng.uniform(0, PIXELS), rng.uniform(3.0, 4.6)
        if canvas.style == "3d":
            canvas.glow(x, y, r * 1.9, (255, 255, 255), strength)
        else:
            canvas.clear([Oval((x - r, y - r, x + r, y + r))], (255, 255, 255), strength)


def _fog(canvas: Canvas, horizon: float) -> None:
    """A veil that is thickest at the horizon, and in the drawn styles banks of mist."""
    mood, rng = canvas.mood, canvas.rng
    rows = np.arange(PIXELS, dtype=np.float32)
    above = np.clip(rows / horizon, 0, 1) ** 1.5
    under = np.clip((PIXELS - rows) / (PIXELS - horizon), 0, 1) ** 1.3
    canvas.veil((0.22 + 0.50 * np.where(rows < horizon, above, under)).astype(np.float32), mood.sky[3])
    for _ in range(rng.randint(3, 5)):
        width, thick = rng.uniform(260, 460), rng.uniform(22, 40)
        x, y = rng.uniform(-60, PIXELS - 200), horizon + rng.uniform(-90, 90)
        if canvas.style == "3d":
            canvas.glow(x + width / 2, y, width * 0.5, mood.sky[3], 0.35)
        else:
            canvas.clear([Block((x, y, x + width, y + thick), thick / 2)], mood.sky[3], 0.42)


_SPACE: tuple[tuple[Color, Color, Color], ...] = (
    ((14, 14, 46), (104, 58, 158), (40, 92, 168)),
    ((10, 18, 48), (36, 84, 150), (120, 56, 146)),
    ((24, 12, 52), (140, 50, 130), (70, 60, 170)),
)


def paint_space(canvas: Canvas) -> None:
    """The dark with its nebulae and stars."""
    rng, mood = canvas.rng, canvas.mood
    dark, first, second = (mood.styled(c) for c in rng.choice(_SPACE))
    dark = scaled(dark, 0.8)
    if canvas.style == "3d":
        canvas.fill((scaled(dark, 0.9), mixed(dark, first, 0.22), dark))
        for color in (first, second, first):
            canvas.glow(rng.uniform(40, 472), rng.uniform(40, 472), rng.uniform(130, 240), color, 0.42)
    else:
        canvas.fill((dark, dark))
        turn, count = rng.random() < 0.5, rng.choice((3, 4))
        slant = (XS - PIXELS / 2) * (canvas.side * rng.uniform(0.35, 0.95))
        for i in range(count):
            color = mixed(
                dark,
                mixed(first, second, (i / (count - 1) if turn else 1 - i / (count - 1))),
                0.24 + 0.13 * i,
            )
            base = PIXELS * (0.30 + 0.66 * i / count) + rng.uniform(-20, 20)
            edge = waves(rng, base, rng.uniform(24, 60), rng.uniform(420, 760)) + slant
            if canvas.style == "paper":
                canvas.layer(edge, color, sky=True)
            else:
                canvas.under(edge, color)
    _stars(canvas, rng.randint(26, 44), PIXELS - 8)
