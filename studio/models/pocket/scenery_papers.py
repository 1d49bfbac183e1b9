"""Sheets in one color behind things: plain, in a gradient, dotted or striped."""

from __future__ import annotations

import numpy as np

from .scenery_canvas import PIXELS, Canvas, Oval, Polygon, Shape
from .scenery_colors import Color, brightness, grayed, mixed, scaled, turned
from .scenery_skies import waves

PAPER: dict[str, Color] = {
    "red": (232, 96, 90),
    "orange": (250, 178, 106),
    "yellow": (252, 226, 130),
    "green": (158, 214, 150),
    "blue": (150, 198, 246),
    "purple": (194, 168, 236),
    "pink": (250, 202, 218),
    "brown": (176, 142, 114),
    "black": (32, 33, 38),
    "white": (250, 250, 251),
    "gray": (174, 177, 184),
}


def paint_paper(canvas: Canvas, kind: str, name: str) -> None:
    """One of BACKDROPS in that color."""
    rng = canvas.rng
    color = PAPER[name]
    if name in ("black", "white", "gray"):
        color = scaled(color, rng.uniform(0.97, 1.0))
    else:
        color = scaled(turned(canvas.mood.styled(color), rng.uniform(-0.06, 0.06)), rng.uniform(0.96, 1.03))
    if kind == "gradient":
        _gradient(canvas, color)
        return
    _sheet(canvas, color)
    if kind == "dots":
        _dots(canvas, _second(color))
    elif kind == "stripes":
        _stripes(canvas, _second(color))


def _second(color: Color) -> Color:
    """What goes with a color: paler, or a little darker on white."""
    if brightness(color) > 235:
        return scaled(color, 0.90)
    if brightness(color) < 60:
        return mixed(color, (255, 255, 255), 0.12)
    return mixed(color, (255, 255, 255), 0.42)


def _sheet(canvas: Canvas, color: Color) -> None:
    canvas.fill((color, color))
    if canvas.style == "3d":  # lit like a studio wall
        canvas.fill((color, scaled(color, 0.93)))
        x = PIXELS * (0.5 + 0.2 * canvas.side)
        canvas.glow(x, canvas.rng.uniform(120, 220), 330, mixed(color, (255, 255, 255), 0.5), 0.3)


def _gradient(canvas: Canvas, color: Color) -> None:
    """From pale above to strong below: smooth, in steps or in sheets."""
    rng = canvas.rng
    pale = (
        mixed(color, (255, 255, 255), 0.6) if brightness(color) > 60 else mixed(color, (255, 255, 255), 0.30)
    )
    strong = scaled(grayed(color, -0.22), 0.92)
    if canvas.style == "3d":
        canvas.fill((pale, strong))
        return
    steps = rng.choice((6, 7, 8))
    canvas.fill((pale, pale))
    height, length = (0.0, 400.0) if canvas.style == "flat" else (rng.uniform(6, 16), rng.uniform(300, 600))
    for i in range(1, steps):
        edge = waves(rng, PIXELS * i / steps, height, length)
        step = canvas.under if canvas.style == "cartoon" else canvas.layer
        step(edge, mixed(pale, strong, i / (steps - 1)))


def _dots(canvas: Canvas, color: Color) -> None:
    rng = canvas.rng
    step = rng.choice((56, 64, 72, 84))
    r, shifted = step * rng.uniform(0.24, 0.31), rng.random() < 0.6
    x0, y0 = rng.uniform(-step, 0), rng.uniform(-step, 0)
    dots: list[Shape] = []
    for row, y in enumerate(np.arange(y0, PIXELS + step, step).tolist()):
        for x in np.arange(x0 - step * 0.5 * (row % 2) * shifted, PIXELS + step, step).tolist():
            dots.append(Oval((x - r, y - r, x + r, y + r)))
    canvas.put(dots, color, plain=canvas.style == "3d")


def _stripes(canvas: Canvas, color: Color) -> None:
    rng = canvas.rng
    step = rng.choice((52, 64, 80))
    lean = rng.choice((-PIXELS, PIXELS, 0, None))
    stripes: list[Shape] = []
    for at in np.arange(rng.uniform(-step, 0) - PIXELS, 2 * PIXELS, step).tolist():
        if lean is None:
            corners = ((-9.0, at), (PIXELS + 9.0, at), (PIXELS + 9.0, at + step / 2), (-9.0, at + step / 2))
        else:
            low = at + lean
            corners = ((at, -9.0), (at + step / 2, -9.0), (low + step / 2, PIXELS + 9.0), (low, PIXELS + 9.0))
        stripes.append(Polygon(corners))
    canvas.put(stripes, color, plain=canvas.style == "3d")
