"""What `pocket` remembers of drawings and backgrounds, as latents, one byte a number.

Nouns: a *row* is a thing by one hand, `HANDS.index(hand) * len(NAMES) + NAMES.index(name)`, remembered as the
latents of its drawing stretched over a square of gray paper, its outline, its body (see `tinting`), and a
*miniature* of it to know it by. A *ground* is a painting of one background in one style, its horizon in the
usual place.
"""

from __future__ import annotations

import numpy as np
import torch
from diffusers import ModelMixin  # by this name here diffusers knows the class below as its own
from PIL import Image
from torch import Tensor

from studio.models.pocket.blocks import CELL, GRID, LATENT_CHANNELS, Model, register_to_config
from studio.models.pocket.codes import (
    GROUNDS,
    HAND_OF_STYLE,
    HANDS,
    NAME_CODE,
    NAMES,
    tone_of,
    weather_of,
)
from studio.models.pocket.drafting import PAPER
from studio.models.pocket.scene import STYLES, Background
from studio.models.pocket.things import THINGS
from studio.models.pocket.tinting import Body
from studio.models.pocket.trimming import fine, pure

__all__ = ["MINI", "SIDE", "Memory", "ModelMixin", "miniature", "on_paper", "outline_of", "sprite_of"]

SIDE = 20  # latent cells a side of a remembered drawing
SPRITE = SIDE * CELL  # pixels a side
OUTLINE = 64
MINI = 24  # pixels a side of a miniature
STEP = 0.06  # of a stored latent; they reach from -7.62 to 7.62


class Memory(Model):
    """The drawings of all things by all hands, and a painting of every background in every style."""

    @register_to_config
    def __init__(self) -> None:
        super().__init__()
        rows = len(HANDS) * len(NAMES)
        shape = (rows, LATENT_CHANNELS, SIDE, SIDE)
        self.register_buffer("drawings", torch.zeros(shape, dtype=torch.int8))
        self.register_buffer("outlines", torch.zeros(rows, OUTLINE, OUTLINE, dtype=torch.uint8))
        self.register_buffer("bodies", torch.zeros(rows, len(Body._fields)))
        self.register_buffer("miniatures", torch.zeros(rows, 4, MINI, MINI, dtype=torch.uint8))
        shape = (len(GROUNDS) * len(STYLES), LATENT_CHANNELS, GRID, GRID)
        self.register_buffer("grounds", torch.zeros(shape, dtype=torch.int8))

    def drawing(self, name: str, style: str) -> tuple[Tensor, Tensor]:
        """The latents [1, 24, 20, 20] of a thing's drawing and its outline [64, 64] of 0..1."""
        row = row_of(name, HAND_OF_STYLE[style])
        return self.get_buffer("drawings")[[row]].float() * STEP, self.outline(name, style)

    def outline(self, name: str, style: str) -> Tensor:
        """How much of a thing's square is covered, [64, 64] of 0..1."""
        return self.get_buffer("outlines")[row_of(name, HAND_OF_STYLE[style])].float() / 255

    def body(self, name: str, style: str) -> Body:
        """Which part of a thing's drawing is painted when it is given a color."""
        return self.body_in(row_of(name, HAND_OF_STYLE[style]))

    def body_in(self, row: int) -> Body:
        """The same by row."""
        return Body(*self.get_buffer("bodies")[row].tolist())

    def ground(self, back: Background, style: str) -> Tensor:
        """The latents [1, 24, 32, 32] of one painting of a background."""
        at = GROUNDS.index((back.kind, tone_of(back), weather_of(back))) * len(STYLES)
        return self.get_buffer("grounds")[[at + STYLES.index(style)]].float() * STEP

    def keep_drawings(self, rows: slice, latents: Tensor, outlines: Tensor) -> None:
        """Remember drawings: latents [N, 24, 20, 20], outlines [N, 64, 64]."""
        self.get_buffer("drawings")[rows] = _bytes(latents)
        self.get_buffer("outlines")[rows] = (outlines * 255).round().to(torch.uint8)

    def keep_miniature(self, row: int, sprite: Image.Image) -> None:
        """Remember what a sprite looks like from far."""
        self.get_buffer("miniatures")[row] = torch.from_numpy(miniature(sprite)).permute(2, 0, 1)

    def keep_body(self, row: int, body: Body) -> None:
        """Remember which part of a drawing is its body."""
        self.get_buffer("bodies")[row] = torch.tensor(body)

    def keep_grounds(self, rows: slice, latents: Tensor) -> None:
        """Remember backgrounds, row `GROUNDS.index(...) * len(STYLES) + STYLES.index(style)`."""
        self.get_buffer("grounds")[rows] = _bytes(latents)


def row_of(name: str, hand: str) -> int:
    """Where a drawing is remembered."""
    return HANDS.index(hand) * len(NAMES) + NAME_CODE[name]


def _bytes(latents: Tensor) -> Tensor:
    return (latents / STEP).round().clamp(-127, 127).to(torch.int8)


def on_paper(sprite: Image.Image) -> np.ndarray:
    """A sprite stretched over a square of gray paper, as it is encoded: [320, 320, 3]."""
    sheet = Image.new("RGB", (SPRITE, SPRITE), PAPER)
    stretched = sprite.resize((SPRITE, SPRITE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    sheet.paste(stretched, (0, 0), stretched)
    return np.asarray(sheet)


def outline_of(sprite: Image.Image) -> np.ndarray:
    """How much of every sixty-fourth of a sprite's square is covered, [64, 64] of 0..1."""
    alpha = sprite.getchannel("A").resize((OUTLINE, OUTLINE), Image.Resampling.BOX)
    return np.asarray(alpha, np.float32) / 255


def miniature(sprite: Image.Image) -> np.ndarray:
    """A sprite stretched over a square, very small: RGBA, [24, 24, 4]."""
    # Premultiplied while it shrinks: what lies under transparent pixels has no say.
    small = sprite.convert("RGBa").resize((MINI, MINI), Image.Resampling.BOX)
    return np.array(small.convert("RGBA"))


def sprite_of(name: str, pixels: Tensor, outline: Tensor) -> Image.Image:
    """A remembered drawing as a sprite in its own shape: pixels [3, 320, 320] in -1..1, outline [64, 64]."""
    cover = fine(outline[None, None].cpu(), SPRITE)
    drawing = (pixels[None].float().clamp(-1, 1).cpu() + 1) * 127.5
    colors = pure(drawing, cover, torch.tensor(PAPER).view(1, 3, 1, 1))
    both = torch.cat([colors, 255 * cover], 1)[0].permute(1, 2, 0).round().to(torch.uint8).numpy()
    aspect = THINGS[name].aspect
    wide, high = (1.0, 1 / aspect) if aspect >= 1 else (aspect, 1.0)
    return Image.fromarray(both).resize(
        (round(SPRITE * wide), round(SPRITE * high)), Image.Resampling.BICUBIC
    )
