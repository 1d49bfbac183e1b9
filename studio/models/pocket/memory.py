"""What `pocket` remembers of drawings: how things look, as latents.

Nouns: a *look* is one drawing as the renderer is shown it: its latents, encoded at three sizes on gray paper,
each stretched over a square, and two *planes*: where it is, and which part is its body, the part that takes a
color. `Looks` are several of them. The `Memory` holds the look of every thing by every hand
and a painting of every background in every style, in bytes; the
look of a thing in a reference picture is made in the same way while the words are read, which is why the
renderer can draw what it has never seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from diffusers import ModelMixin  # by this name here diffusers knows the class below as its own
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from studio.models.pocket.blocks import CELL, GRID, LATENT_CHANNELS, Model, register_to_config
from studio.models.pocket.codes import GROUNDS, HAND_OF_STYLE, HANDS, NAMES, tone_of, weather_of
from studio.models.pocket.scene import STYLES, Scene
from studio.models.pocket.tinting import body_mask

__all__ = ["Looks", "Memory", "ModelMixin", "look_at"]

SIDES = (20, 12, 7)  # latent cells a side, of the three sizes
PLANE = 40
PAPER = (174, 177, 184)
STEP = 0.06  # of a stored latent; they reach from -7.62 to 7.62

# For every style the first row of its hand in the memory.
FIRST_ROW = torch.tensor([HANDS.index(HAND_OF_STYLE[style]) * len(NAMES) for style in STYLES])


class Looks(NamedTuple):
    """M looks: a tensor [M, 24, side, side] for each of SIDES, and planes [M, 2, 40, 40] of 0..1."""

    levels: tuple[Tensor, ...]
    planes: Tensor

    def join(self, others: Looks) -> Looks:
        """These looks and then the others."""
        levels = tuple(torch.cat(pair) for pair in zip(self.levels, others.levels, strict=True))
        return Looks(levels, torch.cat([self.planes, others.planes]))

    def rows(self, rows: Tensor) -> Looks:
        """Some of these looks."""
        return Looks(tuple(level[rows] for level in self.levels), self.planes[rows])


class Memory(Model):
    """The looks of all things by all hands: row `HANDS.index(hand) * len(NAMES) + NAMES.index(name)`."""

    @register_to_config
    def __init__(self, rows: int = len(HANDS) * len(NAMES)) -> None:
        super().__init__()
        for side in SIDES:
            shape = (rows, LATENT_CHANNELS, side, side)
            self.register_buffer(f"latents{side}", torch.zeros(shape, dtype=torch.int8))
        self.register_buffer("planes", torch.zeros(rows, 2, PLANE, PLANE, dtype=torch.uint8))
        shape = (len(GROUNDS) * len(STYLES), LATENT_CHANNELS, GRID, GRID)
        self.register_buffer("grounds", torch.zeros(shape, dtype=torch.int8))

    def recall(self, rows: Tensor) -> Looks:
        """The looks of some rows."""
        levels = tuple(self.get_buffer(f"latents{side}")[rows].float() * STEP for side in SIDES)
        return Looks(levels, self.get_buffer("planes")[rows].float() / 255)

    def ground(self, scene: Scene) -> Tensor:
        """One painting of a scene's background: latents [1, 24, 32, 32], its horizon in the usual place."""
        back = scene.background
        at = GROUNDS.index((back.kind, tone_of(back), weather_of(back))) * len(STYLES)
        return self.get_buffer("grounds")[[at + STYLES.index(scene.style)]].float() * STEP

    def store(self, rows: slice, looks: Looks) -> None:
        """Remember looks."""
        for side, level in zip(SIDES, looks.levels, strict=True):
            self.get_buffer(f"latents{side}")[rows] = (level / STEP).round().clamp(-127, 127).to(torch.int8)
        self.get_buffer("planes")[rows] = (looks.planes * 255).round().to(torch.uint8)

    def store_ground(self, row: int, latents: Tensor) -> None:
        """Remember a background, row `GROUNDS.index(...) * len(STYLES) + STYLES.index(style)`."""
        self.get_buffer("grounds")[row] = (latents / STEP).round().clamp(-127, 127).to(torch.int8)


def look_at(sprites: Sequence[Image.Image], encode: Callable[[Tensor], Tensor]) -> Looks:
    """The looks of cut-out drawings (RGBA). `encode` is an autoencoder's: pixels [M, 3, H, W] in -1..1 to
    latents.
    """
    levels = []
    for side in SIDES:
        sheets = []
        for sprite in sprites:
            size = (side * CELL, side * CELL)
            sheet = Image.new("RGB", size, PAPER)
            stretched = sprite.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
            sheet.paste(stretched, (0, 0), stretched)
            sheets.append(np.asarray(sheet))
        pixels = torch.from_numpy(np.stack(sheets)).permute(0, 3, 1, 2).float() / 127.5 - 1
        levels.append(encode(pixels).float())
    planes = []
    for sprite in sprites:
        array = np.asarray(sprite)
        alpha = array[..., 3].astype(np.float32) / np.float32(255)
        planes.append(np.stack([_small(alpha), _small(alpha * body_mask(array))]))
    return Looks(tuple(levels), torch.from_numpy(np.stack(planes)))


def _small(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    image = Image.fromarray(plane).resize((PLANE, PLANE), Image.Resampling.BOX)
    return np.asarray(image, np.float32).clip(0, 1)
