"""The open lands: meadow, beach, snow, sea, desert and mountains, below their skies."""

from __future__ import annotations

import numpy as np

from .scenery_canvas import PIXELS, XS, Block, Canvas, Curve, Point, Polygon
from .scenery_colors import Color, mixed, scaled
from .scenery_skies import bumps, paint_sky, waves


def _folds(canvas: Canvas, horizon: float, colors: tuple[Color, ...], height: float) -> None:
    """The ground from the horizon to the lower edge, in a few calm folds."""
    rng, depth = canvas.rng, PIXELS - horizon
    for i, color in enumerate(colors[: rng.choice((2, 2, 3))]):
        base = horizon + depth * (0.0, 0.34, 0.74)[i] + (0 if i == 0 else rng.uniform(-0.06, 0.06) * depth)
        lit = canvas.mood.whitened(canvas.mood.lit(color))
        canvas.layer(waves(rng, base, height * (0.5 + 0.5 * i), rng.uniform(480, 800)), lit)


def _tree_line(canvas: Canvas, base: float, color: Color, far: float) -> None:
    """A hedge or a wood far away, pointed or round."""
    rng, mood = canvas.rng, canvas.mood
    edge = (
        conifers(canvas, base, rng.uniform(20, 34))
        if rng.random() < 0.5
        else bumps(rng, base, rng.uniform(14, 24))
    )
    canvas.layer(edge, mood.whitened(mood.lit(color, far), 0.25))


def conifers(canvas: Canvas, base: float, height: float) -> Curve:
    """An edge of pointed tree tops."""
    rng = canvas.rng
    curve = np.full(PIXELS, base, np.float32)
    x = rng.uniform(-20, 0)
    while x < PIXELS + 20:
        high, wide = height * rng.uniform(0.6, 1.25), height * rng.uniform(0.34, 0.5)
        curve = np.minimum(curve, base - high * (1 - np.abs(XS - x) / wide))
        x += wide * rng.uniform(0.9, 1.6)
    return curve.astype(np.float32)


def mounds(canvas: Canvas, base: float, height: float) -> Curve:
    """An edge of a few round hills side by side."""
    rng = canvas.rng
    curve = np.full(PIXELS, base, np.float32)
    x = rng.uniform(-60, 60)
    while x < PIXELS + 60:
        high, wide = height * rng.uniform(0.55, 1.15), rng.uniform(90, 170)
        curve = np.minimum(curve, base - high * np.sqrt(np.clip(1 - ((XS - x) / wide) ** 2, 0, 1)))
        x += wide * rng.uniform(0.9, 1.4)
    return curve.astype(np.float32)


def paint_meadow(canvas: Canvas, horizon: float) -> None:
    """Green hills, the far ones bluish."""
    paint_sky(canvas, horizon)
    rng, mood = canvas.rng, canvas.mood
    far = mood.whitened(mood.lit((126, 184, 164), 0.55))
    if rng.random() < 0.5:
        canvas.layer(mounds(canvas, horizon + 4, rng.uniform(50, 84)), far)
    else:
        high = rng.uniform(12, 26)
        canvas.layer(waves(rng, horizon - rng.uniform(34, 52), high, rng.uniform(300, 520)), far)
    middle = mood.whitened(mood.lit((126, 192, 120), 0.22))
    canvas.layer(waves(rng, horizon - rng.uniform(12, 20), rng.uniform(8, 18), rng.uniform(320, 560)), middle)
    if rng.random() < 0.5:
        _tree_line(canvas, horizon + 6, (82, 152, 92), 0.12)
    _folds(canvas, horizon, ((140, 208, 98), (118, 192, 84), (96, 172, 72)), rng.uniform(8, 20))


def paint_beach(canvas: Canvas, horizon: float) -> None:
    """The sea behind, foam, and sand in front."""
    light = paint_sky(canvas, horizon)
    rng, mood, depth = canvas.rng, canvas.mood, PIXELS - horizon
    if rng.random() < 0.6:
        _headland(canvas, horizon)
    level = np.full(PIXELS, horizon, np.float32)
    deep = mixed(*mood.water(), 0.42)
    shallow = mixed(mood.lit((112, 208, 220)), mood.sky[3], 0.6 if mood.time == "sunset" else 0.0)
    canvas.layer(level, deep, shallow)
    if canvas.style != "3d":
        canvas.layer(waves(rng, horizon + 0.15 * depth, 3, 420), mixed(deep, shallow, 0.6))
    _glints(canvas, horizon, 0.22 * depth, light, rng.randint(3, 6))
    shore = waves(rng, horizon + rng.uniform(0.26, 0.36) * depth, rng.uniform(8, 18), rng.uniform(420, 700))
    foam = mixed(mood.lit((252, 252, 252)), mood.sky[3], 0.1)
    canvas.layer(shore - 13 - 3 * np.sin(XS / 41), foam, foam)
    wet, dry = mood.lit((216, 186, 134)), mood.whitened(mood.lit((246, 222, 166)))
    canvas.layer(shore, wet, wet)
    canvas.layer(shore + rng.uniform(14, 24), dry, mood.whitened(mood.lit((226, 192, 134))))
    if rng.random() < 0.7:
        dune = waves(rng, horizon + rng.uniform(0.7, 0.82) * depth, rng.uniform(8, 18), rng.uniform(500, 800))
        canvas.layer(dune, mood.whitened(mood.lit((238, 208, 150))))


def _headland(canvas: Canvas, horizon: float) -> None:
    """A coast that runs out into the sea at one side."""
    rng = canvas.rng
    reach, high = rng.uniform(110, 230), rng.uniform(22, 46)
    where = XS if rng.random() < 0.5 else PIXELS - 1 - XS
    hill = np.clip(1 - where / reach, 0, 1) ** 0.7
    curve = horizon + 4 - high * hill * (1 + 0.15 * np.sin(XS / 23))
    green = canvas.mood.whitened(canvas.mood.lit((112, 170, 140), 0.5))
    canvas.layer(np.where(hill > 0, curve, horizon + 6).astype(np.float32), green)


def _glints(canvas: Canvas, horizon: float, reach: float, light: float, count: int) -> None:
    """Light that lies on water, in a few long strokes below where it comes from."""
    rng, mood = canvas.rng, canvas.mood
    color = mixed(mood.sky[3], (255, 250, 236), 0.5)
    strength = {"day": 0.45, "night": 0.32, "sunset": 0.70}[mood.time] * (
        1 if mood.weather == "clear" else 0.5
    )
    for i in range(count):
        y = horizon + reach * (i + rng.uniform(0.3, 0.8)) / count
        wide, thick = rng.uniform(40, 110), 4 + 3 * i / count
        x = light + rng.uniform(-40, 40)
        canvas.clear([Block((x - wide / 2, y, x + wide / 2, y + thick), thick / 2)], color, strength)


def paint_snow(canvas: Canvas, horizon: float) -> None:
    """White hills with blue shadows, and a wood far away."""
    paint_sky(canvas, horizon)
    rng, mood = canvas.rng, canvas.mood
    canvas.layer(
        waves(rng, horizon - rng.uniform(40, 58), rng.uniform(16, 30), rng.uniform(280, 460)),
        mood.lit((192, 212, 238), 0.4),
    )
    if rng.random() < 0.75:
        canvas.layer(conifers(canvas, horizon - 4, rng.uniform(28, 50)), mood.lit((112, 148, 166), 0.42))
    canvas.layer(
        waves(rng, horizon - rng.uniform(8, 14), rng.uniform(6, 12), rng.uniform(360, 560)),
        mood.lit((216, 229, 246), 0.12),
    )
    colors = ((232, 241, 251), (242, 247, 254), (250, 252, 255))
    depth = PIXELS - horizon
    for i, color in enumerate(colors):
        edge = waves(rng, horizon + depth * 0.35 * i, 6 + 5 * i, rng.uniform(480, 800))
        canvas.layer(edge, mood.lit(color), mood.lit((204, 220, 243)))


def paint_sea(canvas: Canvas, horizon: float) -> None:
    """Water to the horizon, in waves that grow towards the front."""
    light = paint_sky(canvas, horizon)
    rng, mood, depth = canvas.rng, canvas.mood, PIXELS - horizon
    if rng.random() < 0.35:
        _headland(canvas, horizon)
    far, near = mood.water()
    canvas.layer(np.full(PIXELS, horizon, np.float32), far, mixed(far, near, 0.5))
    _glints(canvas, horizon, 0.2 * depth, light, rng.randint(2, 4))
    count = rng.choice((4, 5, 5, 6))
    for i in range(1, count):
        t = i / count
        color = mixed(far, near, t)
        base = horizon + depth * t**1.35
        edge = _swell(canvas, base, 3 + 11 * t, 90 + 170 * t)
        canvas.layer(edge, color, mixed(color, near, 0.6))


def _swell(canvas: Canvas, base: float, height: float, length: float) -> Curve:
    """Waves of water: rounder in the trough than at the crest."""
    rng = canvas.rng
    phase = XS * (np.pi / (length * rng.uniform(0.85, 1.2))) + rng.uniform(0, 3.1)
    crest = 1 - np.abs(np.sin(phase)) ** 1.4
    swell: Curve = base - height * crest + 0.3 * height * np.sin(XS / 131 + rng.uniform(0, 6))
    return swell.astype(np.float32)


def paint_desert(canvas: Canvas, horizon: float) -> None:
    """Dunes, and table mountains far away."""
    paint_sky(canvas, horizon)
    rng, mood, depth = canvas.rng, canvas.mood, PIXELS - horizon
    if rng.random() < 0.7:
        _mesas(canvas, horizon)
    far = mood.whitened(mood.lit((230, 172, 122), 0.35))
    canvas.layer(waves(rng, horizon - rng.uniform(12, 26), rng.uniform(10, 22), rng.uniform(240, 420)), far)
    colors = ((248, 206, 138), (240, 188, 118), (226, 168, 100))
    for i, color in enumerate(colors):
        base = horizon + depth * 0.36 * i + (14 if i else 0)
        edge = waves(rng, base, 8 + 8 * i, rng.uniform(460, 760))
        canvas.layer(edge, mood.whitened(mood.lit(color)))
        if i:
            _shaded_slope(canvas, edge, mood.whitened(mood.lit(scaled(color, 0.90))), depth)


def _shaded_slope(canvas: Canvas, edge: Curve, color: Color, depth: float) -> None:
    """The side of a dune away from the light: it starts at the crest and runs out below."""
    crest = int(np.argmin(edge[60:-60])) + 60
    run = (XS - crest) * -canvas.side
    inner = np.where(run > 0, edge + 3 + 0.16 * run + 10 * np.sin(run / 60), edge + 3)
    lower = np.where(run > 0, edge + 3 + (run * 0.42).clip(0, depth * 0.3), edge + 3)
    points: list[Point] = [(float(x), float(edge[x] + 4)) for x in range(0, PIXELS, 8) if run[x] >= 0]
    back: list[Point] = [
        (float(x), float(max(inner[x], lower[x]))) for x in range(0, PIXELS, 8) if run[x] >= 0
    ]
    if len(points) > 2:
        canvas.put([Polygon((*points, *reversed(back)))], color, plain=True)


def _mesas(canvas: Canvas, horizon: float) -> None:
    rng, mood = canvas.rng, canvas.mood
    for place in rng.sample(range(4), rng.randint(1, 3)):
        x, high, wide = place * 128 + rng.uniform(20, 108), rng.uniform(30, 66), rng.uniform(60, 130)
        top = wide * rng.uniform(0.5, 0.75)
        foot, step = horizon + 24, horizon - high * 0.42
        shape = Polygon(
            (
                (x - wide * 0.8, foot),
                (x - wide * 0.52, step),
                (x - top / 2, horizon - high),
                (x + top / 2, horizon - high),
                (x + wide * 0.52, step),
                (x + wide * 0.8, foot),
            )
        )
        canvas.put([shape], mood.lit((206, 130, 100), 0.5))


def paint_mountains(canvas: Canvas, horizon: float) -> None:
    """Ridges with snow on them, the far ones in the haze, and a green foot."""
    paint_sky(canvas, horizon)
    rng, mood = canvas.rng, canvas.mood
    for row, (high, color, far) in enumerate(
        (((0.56), (142, 162, 198), 0.62), (0.42, (112, 132, 166), 0.22))
    ):
        count = rng.randint(3, 4) if row == 0 else rng.randint(2, 3)
        places = [(i + rng.uniform(0.15, 0.85)) * PIXELS / count for i in range(count)]
        rng.shuffle(places)
        for x in places:
            _peak(canvas, x, horizon, horizon * high * rng.uniform(0.7, 1.12), mood.lit(color, far), far)
        foot = waves(rng, horizon - 26 + 14 * row, 8, 300)
        canvas.layer(foot, mood.whitened(mood.lit(mixed(color, (120, 160, 140), 0.45), far * 0.8)))
    _tree_line(canvas, horizon + 8, (70, 128, 98), 0.15)
    _folds(canvas, horizon, ((136, 194, 106), (114, 176, 92), (92, 154, 80)), rng.uniform(6, 14))


def _peak(canvas: Canvas, x: float, horizon: float, high: float, color: Color, far: float) -> None:
    """One mountain with its shaded side and its cap of snow."""
    rng = canvas.rng
    wide, top, foot = high * rng.uniform(0.85, 1.15), horizon - high, horizon + 14
    ends = (x - wide, x + wide)
    lean = rng.uniform(-0.1, 0.1) * wide

    def at(side: int, t: float) -> Point:
        return x + (ends[side] - x) * t, top + (foot - top) * t

    rough = [rng.uniform(-0.05, 0.05) for _ in range(4)]
    left = [(at(0, t)[0] + r * wide, at(0, t)[1]) for t, r in zip((0.35, 0.68), rough, strict=False)]
    right = [(at(1, t)[0] + r * wide, at(1, t)[1]) for t, r in zip((0.3, 0.62), rough[2:], strict=False)]
    peak = (x, top)
    canvas.put([Polygon(((ends[0], foot), *reversed(left), peak, *right, (ends[1], foot)))], color)
    outer = (*right, (ends[1], foot)) if canvas.side < 0 else (*left, (ends[0], foot))
    spine = ((x + lean, foot), (x - lean * 0.6, top + high * 0.62), (x + lean * 0.8, top + high * 0.3))
    canvas.put([Polygon((peak, *outer, *spine))], scaled(color, 0.87), plain=True)
    _cap(canvas, peak, (left[0], right[0]), rng.uniform(0.55, 0.9), far)


def _cap(canvas: Canvas, peak: Point, sides: tuple[Point, Point], share: float, far: float) -> None:
    """Snow from the peak down, with a ragged lower edge."""
    (x, y), (left, right) = peak, sides
    start = (x + (left[0] - x) * share, y + (left[1] - y) * share)
    end = (x + (right[0] - x) * share, y + (right[1] - y) * share)
    teeth = []
    for i in range(1, 6):
        t, drop = i / 6, (0.42 if i % 2 else -0.05) * (start[1] - y)
        teeth.append(
            (start[0] + (end[0] - start[0]) * t, max(start[1], end[1]) * 0.5 + start[1] * 0.5 + drop * 0.8)
        )
    white = canvas.mood.lit((250, 252, 255), far)
    canvas.put([Polygon((peak, start, *teeth, end))], white, plain=True)
    shaded = (peak, end, *reversed(teeth[2:])) if canvas.side < 0 else (peak, start, *teeth[:3])
    canvas.put([Polygon(shaded)], mixed(white, canvas.mood.lit((176, 200, 234), far), 0.6), plain=True)
