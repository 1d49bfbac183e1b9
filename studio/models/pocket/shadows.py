"""Where things touch what lies under them: the shadow of what stands, and the rim and shadow of cut paper.

Drafts and exact pictures draw both alike, so that the renderer need not guess them.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .blocks import PIXELS
from .scene import SIZE, Thing

SCALE = PIXELS / SIZE  # pixels a unit
EDGE = 4.0  # pixels of paper left around what is cut out
PAPER_EDGE = (250, 248, 242)
SHADE = (22, 24, 44)


@lru_cache(maxsize=2)
def _penumbra(soft: float) -> Image.Image:
    """A blurred ellipse, as darkness 0..255, with a third of its size as margin, at whose end it is gone."""
    ellipse = Image.new("L", (160, 80))
    ImageDraw.Draw(ellipse).ellipse((27, 14, 133, 66), fill=255)
    dark = np.asarray(ellipse.filter(ImageFilter.GaussianBlur(soft)), np.float32)
    left = max(dark[0].max(), dark[-1].max(), dark[:, 0].max(), dark[:, -1].max())
    gone = (dark - left).clip(0) * (dark.max() / (dark.max() - left))
    return Image.fromarray(gone.round().astype(np.uint8))


def draw_shadow(picture: Image.Image, thing: Thing, style: str) -> None:
    """Where a standing thing touches the ground."""
    x, y, width, height = (v * SCALE for v in thing.box)
    rx, ry = 0.75 * width, max(8.0, 0.13 * width)
    soft, dark = (12.0, 0.5) if style == "3d" else (2.0, 0.22)
    mask = _penumbra(soft).resize((max(2, round(2 * rx)), max(2, round(2 * ry))), Image.Resampling.BILINEAR)
    mask = mask.point([round(a * dark) for a in range(256)])
    picture.paste(SHADE, (round(x + width / 2 - rx), round(y + height * 0.975 - ry)), mask)


def draw_edge(picture: Image.Image, place: tuple[int, int], sprite: Image.Image) -> None:
    """The rim of paper around a cut-out, and the shadow it throws on what lies under it."""
    margin = 18
    shape = Image.new("L", (sprite.width + 2 * margin, sprite.height + 2 * margin))
    shape.paste(sprite.getchannel("A"), (margin, margin))
    rim = shape.filter(ImageFilter.GaussianBlur(EDGE)).point(
        [min(255, max(0, (a - 10) * 7)) for a in range(256)]
    )
    shade = rim.filter(ImageFilter.GaussianBlur(5)).point([round(a * 0.42) for a in range(256)])
    left, top = place[0] - margin, place[1] - margin
    picture.paste(SHADE, (left + 3, top + 7), shade)
    picture.paste(PAPER_EDGE, (left, top), rim)
