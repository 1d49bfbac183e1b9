"""The places with something standing around: forest, city, room and the sea below its surface."""

from __future__ import annotations

import numpy as np

from .scenery_canvas import PIXELS, Block, Canvas, Oval, Point, Polygon, Shape
from .scenery_colors import Color, mixed, scaled
from .scenery_lands import conifers
from .scenery_skies import bumps, paint_sky, waves


def paint_forest(canvas: Canvas, horizon: float) -> None:
    """Trees behind trees with a clear floor in front."""
    paint_sky(canvas, horizon)
    rng, mood = canvas.rng, canvas.mood
    pointed = rng.random() < 0.45
    green: Color = rng.choice(((84, 150, 92), (96, 156, 78), (70, 140, 104)))
    for row, far in enumerate((0.9, 0.6)):
        color = mood.whitened(mood.lit(mixed(green, (90, 160, 130), 0.5), far), 0.2)
        base = horizon * (0.60, 0.76)[row]
        edge = conifers(canvas, base, 0.34 * horizon) if pointed else bumps(rng, base, rng.uniform(34, 50))
        canvas.layer(edge, color, mood.lit(green, far * 0.8))
    _trees(canvas, horizon, green, pointed)
    bush = mood.whitened(mood.lit(scaled(green, 0.8), 0.1), 0.3)
    canvas.layer(bumps(rng, horizon + 4, rng.uniform(16, 24)), bush, scaled(bush, 0.9))
    depth = PIXELS - horizon
    for i, color in enumerate(((128, 182, 92), (112, 168, 80), (96, 150, 70))):
        lit = mood.whitened(mood.lit(color))
        canvas.layer(waves(rng, horizon + depth * 0.36 * i, 5 + 5 * i, rng.uniform(420, 700)), lit)


def _trees(canvas: Canvas, horizon: float, green: Color, pointed: bool) -> None:
    """A row of trees in the middle distance, and taller ones at both sides."""
    rng = canvas.rng
    xs = [(i + rng.uniform(0.1, 0.9)) * PIXELS / 6 for i in range(6)]
    rng.shuffle(xs)
    for x in xs:
        _tree(canvas, x, horizon + 8, rng.uniform(0.52, 0.72) * horizon, green, 0.28, pointed)
    for x in (rng.uniform(-20, 50), rng.uniform(462, 532)):
        _tree(canvas, x, horizon + rng.uniform(18, 30), horizon * rng.uniform(0.95, 1.1), green, 0.0, pointed)


def _tree(
    canvas: Canvas, x: float, foot: float, high: float, green: Color, far: float, pointed: bool
) -> None:
    rng, mood = canvas.rng, canvas.mood
    thick = high * rng.uniform(0.06, 0.08)
    trunk = Polygon(
        (
            (x - thick, foot),
            (x - thick * 0.6, foot - high * 0.8),
            (x + thick * 0.6, foot - high * 0.8),
            (x + thick, foot),
        )
    )
    canvas.put([trunk], mood.lit((128, 94, 70), far))
    leaves = mood.whitened(mood.lit(scaled(green, rng.uniform(0.86, 1.08)), far), 0.3)
    crown: list[Shape] = []
    if pointed:
        for i in range(3):
            top, wide = foot - high + i * high * 0.2, high * (0.16 + 0.06 * i)
            crown.append(Polygon(((x, top), (x + wide, top + high * 0.36), (x - wide, top + high * 0.36))))
        canvas.put(crown, leaves)
        return
    r = high * 0.2
    for dx, dy, share in ((-0.7, 0.45, 0.85), (0.7, 0.4, 0.85), (0.0, -0.25, 1.0), (0.0, 0.6, 0.9)):
        cx, cy = x + dx * r, foot - high * 0.72 + dy * r
        reach = r * share * rng.uniform(0.9, 1.12)
        crown.append(Oval((cx - reach, cy - reach, cx + reach, cy + reach)))
    canvas.put(crown, leaves)


_FACADES: tuple[Color, ...] = (
    (214, 150, 128),
    (232, 196, 150),
    (150, 176, 204),
    (196, 182, 206),
    (176, 200, 180),
    (226, 214, 196),
    (206, 128, 118),
)


def paint_city(canvas: Canvas, horizon: float) -> None:
    """Houses behind houses, and a street in front."""
    paint_sky(canvas, horizon)
    rng, mood, depth = canvas.rng, canvas.mood, PIXELS - horizon
    x = rng.uniform(-30, 0)
    while x < PIXELS:
        wide = rng.uniform(38, 72)
        top = horizon * (1 - rng.uniform(0.38, 0.72))
        canvas.put([Block((x, top, x + wide, horizon + 8))], mood.lit((142, 164, 196), rng.uniform(0.6, 0.8)))
        x += wide * rng.uniform(0.85, 1.15)
    x = rng.uniform(-40, 0)
    while x < PIXELS:
        wide = rng.uniform(70, 112)
        _house(canvas, x, wide, horizon * (1 - rng.uniform(0.24, 0.52)), horizon + 10)
        x += wide + rng.choice((0, 0, 4, 14))
    walk = mood.whitened(mood.lit((206, 202, 196)))
    canvas.layer(np.full(PIXELS, horizon, np.float32), walk, walk)
    kerb = horizon + depth * 0.16
    canvas.layer(np.full(PIXELS, kerb, np.float32), mood.whitened(mood.lit((168, 166, 168)), 0.3))
    street = mood.whitened(mood.lit((124, 128, 140)), 0.3)
    canvas.layer(np.full(PIXELS, kerb + 9, np.float32), street, mood.whitened(mood.lit((104, 108, 120)), 0.3))
    lane, start = horizon + depth * 0.56, rng.uniform(-90, 0)
    dashes: list[Shape] = [
        Polygon(((x, lane), (x + 60, lane), (x + 56, lane + 9), (x - 6, lane + 9)))
        for x in np.arange(start, PIXELS, 120).tolist()
    ]
    canvas.put(dashes, mixed(street, mood.lit((240, 236, 220)), 0.6), plain=True)


def _house(canvas: Canvas, x: float, wide: float, top: float, foot: float) -> None:
    rng, mood = canvas.rng, canvas.mood
    wall = mood.lit(rng.choice(_FACADES), 0.14)
    canvas.put([Block((x, top, x + wide, foot))], wall)
    if rng.random() < 0.5:
        canvas.put([Block((x - 3, top - 6, x + wide + 3, top + 5))], mood.whitened(scaled(wall, 0.84), 0.7))
    columns = int((wide - 10) // 22)
    gap = wide / columns
    tall = rng.uniform(15, 20)
    lit: list[Shape] = []
    dark: list[Shape] = []
    chance = {"day": 0.0, "night": 0.6, "sunset": 0.35}[mood.time] + (0.15 if mood.weather != "clear" else 0)
    for y in np.arange(top + 14, foot - 40, tall + 13).tolist():
        for i in range(columns):
            left = x + gap * (i + 0.5) - 6
            pane = Block((left, y, left + 12, y + tall))
            (lit if rng.random() < chance else dark).append(pane)
    glass = mixed(wall, mood.lit((96, 128, 168)), 0.62)
    canvas.put(dark, glass, plain=True)
    canvas.put(lit, mixed((255, 220, 130), mood.styled((255, 220, 130)), 0.5), plain=True)


_WALLS: tuple[tuple[Color, Color], ...] = (
    ((246, 226, 200), (196, 144, 100)),
    ((204, 226, 232), (208, 164, 120)),
    ((226, 232, 206), (186, 134, 94)),
    ((248, 214, 206), (214, 172, 132)),
    ((222, 214, 238), (190, 146, 116)),
    ((250, 236, 196), (170, 120, 86)),
)


def paint_room(canvas: Canvas, horizon: float) -> None:
    """A wall with a window or a picture on it, a skirting and a floor."""
    rng, mood = canvas.rng, canvas.mood
    wall_color, floor_color = rng.choice(_WALLS)
    wall, floor = _indoors(canvas, wall_color), _indoors(canvas, floor_color)
    canvas.fill(
        (mixed(wall, (255, 255, 255), 0.06), scaled(wall, 0.94)) if canvas.style == "3d" else (wall, wall)
    )
    if rng.random() < 0.4:
        step = rng.choice((40, 48, 64))
        start = rng.uniform(-step, 0)
        bands: list[Shape] = [
            Block((x, -2, x + step / 2, horizon)) for x in np.arange(start, PIXELS, step).tolist()
        ]
        canvas.put(bands, scaled(wall, 0.965), plain=True)
    middle = PIXELS * (0.5 + canvas.side * rng.uniform(0.18, 0.3))
    _window(canvas, middle, horizon)
    if rng.random() < 0.6:
        _frame(canvas, PIXELS - middle + rng.uniform(-30, 30), horizon)
    if canvas.style == "3d" and mood.time == "night":
        canvas.glow(PIXELS - middle, horizon * 0.5, 260, (255, 214, 150), 0.30)
    level = np.full(PIXELS, horizon, np.float32)
    base = _indoors(canvas, (252, 248, 240))
    canvas.put([Block((-9, horizon - 20, PIXELS + 9, horizon + 6))], base)
    canvas.layer(level, floor, scaled(floor, 0.88))
    if rng.random() < 0.6:
        _boards(canvas, horizon, floor)
    if rng.random() < 0.5:
        _rug(canvas, horizon)


def _indoors(canvas: Canvas, color: Color) -> Color:
    """A color of the room: by lamp light at night."""
    mood = canvas.mood
    light = {"day": (1.0, 1.0, 1.0), "night": (0.68, 0.56, 0.46), "sunset": (1.0, 0.90, 0.80)}[mood.time]
    color = mood.styled(color)
    return color[0] * light[0], color[1] * light[1], color[2] * light[2]


def _window(canvas: Canvas, middle: float, horizon: float) -> None:
    """A window with the hour outside, between curtains."""
    rng, mood = canvas.rng, canvas.mood
    wide, high = rng.uniform(62, 82), horizon * rng.uniform(0.48, 0.58)
    left, right, top = middle - wide, middle + wide, horizon * rng.uniform(0.12, 0.2)
    foot = top + high
    frame = _indoors(canvas, (253, 250, 244))
    canvas.put([Block((left - 9, top - 9, right + 9, foot + 9), 4)], frame)
    bands = 6
    for i in range(bands):
        t = i / bands
        color = mixed(mixed(mood.sky[0], mood.sky[1], min(1, 2 * t)), mood.sky[3], max(0, t - 0.3))
        canvas.put([Block((left, top + high * t, right, foot))], color, plain=True)
    hill = Oval((left - wide * 0.2, foot - high * 0.22, right + wide * 0.9, foot + high * 0.4))
    inside = [(x, y) for x, y in _arc(hill.bounds, left, right)]
    canvas.put([Polygon((*inside, (right, foot), (left, foot)))], mood.lit((124, 186, 110), 0.2), plain=True)
    bars: list[Shape] = [
        Block((middle - 4, top, middle + 4, foot)),
        Block((left, top + high * 0.46, right, top + high * 0.46 + 7)),
    ]
    canvas.put(bars, frame, plain=True)
    canvas.put([Block((left - 18, foot + 6, right + 18, foot + 18), 4)], frame)
    if rng.random() < 0.7:
        color = _indoors(
            canvas, rng.choice(((232, 128, 116), (112, 164, 200), (240, 188, 96), (134, 178, 140)))
        )
        for side, edge in ((-1, left), (1, right)):
            outer, inner = edge + side * 30, edge - side * wide * 0.3
            drape = (
                (outer, top - 14),
                (inner, top - 14),
                (edge, foot - high * 0.3),
                (edge - side * 6, foot + 26),
                (outer, foot + 26),
            )
            canvas.put([Polygon(drape)], color)
        canvas.put([Block((left - 40, top - 20, right + 40, top - 12), 4)], _indoors(canvas, (150, 110, 84)))


def _arc(bounds: tuple[float, float, float, float], left: float, right: float) -> list[Point]:
    """The upper edge of an oval between two columns."""
    x0, y0, x1, y1 = bounds
    xs = np.linspace(left, right, 16)
    t = np.clip((xs - (x0 + x1) / 2) / ((x1 - x0) / 2), -1, 1)
    ys = (y0 + y1) / 2 - (y1 - y0) / 2 * np.sqrt(1 - t * t)
    return [(float(x), float(y)) for x, y in zip(xs, ys, strict=True)]


def _frame(canvas: Canvas, middle: float, horizon: float) -> None:
    """A framed picture: hills in two colors."""
    rng = canvas.rng
    wide, high, y = rng.uniform(34, 56), rng.uniform(30, 46), horizon * rng.uniform(0.3, 0.42)
    box = (middle - wide, y - high, middle + wide, y + high)
    canvas.put([Block((box[0] - 8, box[1] - 8, box[2] + 8, box[3] + 8), 3)], _indoors(canvas, (164, 118, 82)))
    canvas.put([Block(box)], _indoors(canvas, (250, 240, 220)), plain=True)
    low = _arc(
        (box[0] - wide, y + rng.uniform(-8, 10), box[2] + wide * rng.uniform(0.2, 1), y + 3 * high),
        box[0],
        box[2],
    )
    color = rng.choice(((150, 190, 150), (226, 150, 120), (140, 176, 210)))
    canvas.put([Polygon((*low, (box[2], box[3]), (box[0], box[3])))], _indoors(canvas, color), plain=True)


def _boards(canvas: Canvas, horizon: float, floor: Color) -> None:
    """The gaps between the boards of the floor."""
    y, step = horizon + 24.0, 26.0
    gaps: list[Shape] = []
    while y < PIXELS:
        gaps.append(Block((-2, y, PIXELS + 2, y + 4)))
        y += step
        step *= 1.35
    canvas.put(gaps, scaled(floor, 0.91), plain=True)


def _rug(canvas: Canvas, horizon: float) -> None:
    rng, depth = canvas.rng, PIXELS - horizon
    middle, y = rng.uniform(190, 322), horizon + depth * 0.58
    wide, high = rng.uniform(150, 210), depth * 0.27
    color = _indoors(canvas, rng.choice(((214, 120, 112), (120, 156, 188), (226, 186, 120), (150, 174, 140))))
    canvas.put([Oval((middle - wide, y - high, middle + wide, y + high))], color)
    inner = Oval((middle - wide * 0.86, y - high * 0.8, middle + wide * 0.86, y + high * 0.8))
    canvas.put([inner], mixed(color, (255, 246, 230), 0.3), plain=True)


_WATERS: dict[str, tuple[tuple[Color, Color, Color], ...]] = {
    "day": (
        ((120, 224, 238), (44, 160, 214), (18, 92, 164)),
        ((134, 236, 226), (50, 178, 200), (16, 104, 150)),
    ),
    "night": (((36, 78, 136), (18, 44, 98), (8, 20, 58)), ((30, 88, 126), (14, 50, 92), (6, 22, 56))),
    "sunset": (
        ((255, 188, 150), (186, 122, 168), (76, 72, 138)),
        ((250, 204, 156), (150, 132, 176), (56, 80, 140)),
    ),
}


def paint_underwater(canvas: Canvas, horizon: float) -> None:
    """Water lit from above, rocks far away, plants at the sides and a sandy bed."""
    rng, mood = canvas.rng, canvas.mood
    light, middle, dark = (mood.styled(c) for c in rng.choice(_WATERS[mood.time]))
    if canvas.style == "3d":
        canvas.fill((light, middle, dark))
    else:
        canvas.fill((light, light))
        for i in range(1, 4):
            color = mixed(mixed(light, middle, min(1, i / 2)), dark, max(0, (i - 2) / 2))
            edge = waves(rng, horizon * (i - 0.5) / 3.3, rng.uniform(8, 20), rng.uniform(360, 640))
            (canvas.under if canvas.style == "cartoon" else canvas.layer)(edge, color)
    _rays(canvas, light, horizon)
    for row in range(2):
        color = mixed(mixed(dark, middle, 0.55 - 0.35 * row), (20, 60, 90), 0.1)
        canvas.layer(waves(rng, horizon - 50 + 34 * row, 24 - 8 * row, rng.uniform(180, 320)), color)
    sand = mixed(mood.lit((236, 216, 166)), middle, 0.26)
    depth = PIXELS - horizon
    for i in range(2):
        edge = waves(rng, horizon + 0.5 * depth * i, 7 + 6 * i, rng.uniform(420, 700))
        canvas.layer(edge, scaled(sand, 1 - 0.06 * i), mixed(sand, middle, 0.25))
    for side in (0, 1):
        for foot in sorted(rng.uniform(0.08, 0.5) for _ in range(rng.randint(1, 3))):
            x = rng.uniform(4, 84) if side == 0 else rng.uniform(428, 508)
            rng.choice((_weed, _weed, _coral, _rock))(canvas, x, horizon + foot * depth, middle)
    bubble = mixed(light, (255, 255, 255), 0.6)
    for _ in range(rng.randint(5, 11)):
        x, y, r = rng.uniform(14, 498), rng.uniform(20, horizon), rng.uniform(5, 12)
        canvas.clear([Oval((x - r, y - r, x + r, y + r))], bubble, 0.34)
        canvas.clear([Oval((x - r * 0.6, y - r * 0.7, x, y - r * 0.1))], (255, 255, 255), 0.5)


def _rays(canvas: Canvas, light: Color, horizon: float) -> None:
    """Beams of light that fan out from above."""
    rng = canvas.rng
    source = PIXELS * (0.5 + canvas.side * rng.uniform(0.1, 0.4))
    strength = {"day": 0.20, "night": 0.10, "sunset": 0.17}[canvas.mood.time]
    for _ in range(rng.randint(3, 5)):
        top, wide = source + rng.uniform(-150, 150), rng.uniform(18, 44)
        low = top + (top - source) * 0.9 - canvas.side * 120
        beam = Polygon(
            (
                (top - wide / 2, -4),
                (top + wide / 2, -4),
                (low + wide * 1.7, horizon),
                (low - wide * 1.7, horizon),
            )
        )
        canvas.clear([beam], mixed(light, (255, 255, 255), 0.6), strength)


def _weed(canvas: Canvas, x: float, foot: float, water: Color) -> None:
    """A plant of a few blades that sway in the water."""
    rng, mood = canvas.rng, canvas.mood
    color = mixed(mood.lit(rng.choice(((62, 156, 110), (96, 168, 76), (46, 140, 130)))), water, 0.2)
    steps = np.linspace(0, 1, 14)
    phase = rng.uniform(0, 6)
    for i in rng.sample(range(-1, 2), rng.choice((2, 3))):
        high, sway = rng.uniform(90, 190) * (1 - 0.3 * abs(i)), rng.uniform(7, 13)
        middle = x + 13 * i + 18 * i * steps + sway * np.sin(steps * 5 + phase + i) * (0.2 + steps)
        thick = 9 * (0.6 + 1.2 * steps) * np.sqrt(np.clip(1 - steps, 0, 1)) + 1
        ys = foot - steps * high
        left = [(float(a), float(b)) for a, b in zip(middle - thick, ys, strict=True)]
        right = [(float(a), float(b)) for a, b in zip(middle + thick, ys, strict=True)]
        canvas.put([Polygon((*left, *reversed(right)))], scaled(color, 1 - 0.1 * abs(i)))


def _coral(canvas: Canvas, x: float, foot: float, water: Color) -> None:
    """Round-tipped branches that fan out from a foot."""
    rng, mood = canvas.rng, canvas.mood
    color = mixed(mood.lit(rng.choice(((240, 124, 124), (246, 164, 96), (190, 124, 206)))), water, 0.22)
    high, count = rng.uniform(46, 88), rng.choice((3, 4, 5))
    branches: list[Shape] = []
    for i in range(count):
        lean = (i - (count - 1) / 2) * rng.uniform(0.34, 0.46)
        length = high * (1.05 - 0.3 * abs(lean)) * rng.uniform(0.8, 1.1)
        tip_x, tip_y, r = x + length * np.sin(lean), foot - length * np.cos(lean), rng.uniform(7, 10)
        branches.append(
            Polygon(((x - 5, foot), (x + 5, foot), (tip_x + r * 0.8, tip_y), (tip_x - r * 0.8, tip_y)))
        )
        branches.append(Oval((tip_x - r, tip_y - r, tip_x + r, tip_y + r)))
    canvas.put(branches, color)


def _rock(canvas: Canvas, x: float, foot: float, water: Color) -> None:
    """One or two round stones."""
    rng, mood = canvas.rng, canvas.mood
    color = mixed(mood.lit((142, 146, 160)), water, 0.35)
    for share in (1.0, 0.6)[: rng.choice((1, 2))]:
        wide, high = share * rng.uniform(40, 64), share * rng.uniform(30, 50)
        x += rng.uniform(-40, 40) * (share < 1)
        low = Polygon(
            (
                (x - wide, foot),
                (x - wide * 0.9, foot - high * 0.6),
                (x - wide * 0.3, foot - high),
                (x + wide * 0.4, foot - high * 0.9),
                (x + wide, foot),
            )
        )
        canvas.put([low], scaled(color, 0.9 + 0.16 * (share < 1)))
