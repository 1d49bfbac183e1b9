"""The networks of `pocket`: pixels <-> latents, scenes -> latents, latents -> scenes.

Nouns: *latents* are [B, 32, 16, 16], one column of 32 numbers for every 16 x 16 pixels of a 256 x 256
picture; the `Autoencoder` goes between pixels and latents; the *layout map* is a scene spread over the
latent grid; the `Renderer` is a flow-matching denoiser of latents that reads a layout map; the `Eye` reads
a scene off latents. Time t runs from 1 (noise) to 0 (picture).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from diffusers import ModelMixin  # by this name here diffusers knows the classes below as its own
from torch import Tensor, nn

from studio.models.pocket.blocks import (
    GRID,
    LATENT_CHANNELS,
    Model,
    PixelNorm,
    ResidualBlock,
    TransformerBlock,
    Upsample,
    conv3,
    register_to_config,
)
from studio.models.pocket.codes import BACKDROP_CODES, COLOR_CODE, NAMES
from studio.models.pocket.renderer import Renderer

# Saved pipelines name their networks by this module.
__all__ = ["Autoencoder", "Eye", "ModelMixin", "Renderer", "read_horizon"]


class Autoencoder(Model):
    """[B, 3, 256, 256] in -1..1 <-> [B, 32, 16, 16] latents of about zero mean and unit variance.

    Convolutional throughout, so that training on 128 x 128 crops is enough. `mean` and `std` per channel are
    measured after training and make the latents standard.
    """

    @register_to_config
    def __init__(self) -> None:
        super().__init__()
        a, b, c = 64, 96, 160
        self.encoder = nn.Sequential(
            nn.PixelUnshuffle(4), conv3(48, a), ResidualBlock(a),
            conv3(a, b, stride=2), ResidualBlock(b),
            conv3(b, c, stride=2), ResidualBlock(c), ResidualBlock(c),
            PixelNorm(c), nn.SiLU(), conv3(c, LATENT_CHANNELS),
        )  # fmt: skip
        d, e, f, g = 192, 128, 64, 32
        self.decoder = nn.Sequential(
            conv3(LATENT_CHANNELS, d), ResidualBlock(d), ResidualBlock(d),
            Upsample(d, e), ResidualBlock(e), ResidualBlock(e),
            Upsample(e, f), ResidualBlock(f), ResidualBlock(f),
            Upsample(f, g), ResidualBlock(g), PixelNorm(g), nn.SiLU(), conv3(g, 12), nn.PixelShuffle(2),
        )  # fmt: skip
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.zeros(1, LATENT_CHANNELS, 1, 1))
        self.register_buffer("std", torch.ones(1, LATENT_CHANNELS, 1, 1))

    def encode(self, pixels: Tensor) -> Tensor:
        """Standardised latents of pixels [B, 3, H, W] in -1..1."""
        latents: Tensor = self.encoder(pixels.contiguous(memory_format=torch.channels_last))
        return (latents.float() - self.mean) / self.std

    def decode(self, latents: Tensor) -> Tensor:
        """Pixels [B, 3, H, W], about -1..1, of standardised latents."""
        raw = (latents * self.std + self.mean).contiguous(memory_format=torch.channels_last)
        pixels: Tensor = self.decoder(raw)
        return pixels.float()


class Eye(Model):
    """Latents -> what is where: per cell a thing's centre, box, color, flip and name; for all, the
    background.

    Returns (cells [B, 1 + 4 + 2 + 11, 16, 16], names [B, 220, 16, 16], whole [B, 60 + 1 + 1]); `whole`
    holds the backdrop's logits, the horizon (`read_horizon`), and the logit that the picture is of this
    world at all.
    """

    @register_to_config
    def __init__(self, width: int = 160, inner: int = 256, depth: int = 2) -> None:
        super().__init__()
        self.enter = conv3(LATENT_CHANNELS + 2, width)
        self.before = nn.ModuleList(ResidualBlock(width) for _ in range(3))
        self.down = nn.Conv2d(width, inner, 2, stride=2)
        self.place = nn.Parameter(torch.randn(1, GRID * GRID // 4, inner) * 0.02)
        self.blocks = nn.ModuleList(TransformerBlock(inner, inner // 64) for _ in range(depth))
        self.up = nn.Linear(inner, 4 * width)
        self.after = nn.ModuleList(ResidualBlock(width) for _ in range(2))
        self.norm = PixelNorm(width)
        self.cells = nn.Conv2d(width, 1 + 4 + 2 + len(COLOR_CODE), 1)
        self.names = nn.Sequential(nn.Conv2d(width, 256, 1), nn.SiLU(), nn.Conv2d(256, len(NAMES), 1))
        self.whole = nn.Sequential(
            nn.Linear(inner + width, 256), nn.SiLU(), nn.Linear(256, len(BACKDROP_CODES) + 2)
        )
        with torch.no_grad():
            self.cells.bias[0] = -3.0  # type: ignore[index]
        self.ramp: Tensor
        y = torch.linspace(-1, 1, GRID)
        self.register_buffer("ramp", torch.stack(torch.meshgrid(y, y, indexing="ij"))[None], persistent=False)

    def forward(self, latents: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = torch.cat([latents, self.ramp.expand(len(latents), -1, -1, -1)], 1)
        x = self.enter(x.contiguous(memory_format=torch.channels_last))
        for block in self.before:
            x = block(x)
        h = self.down(x)
        b, inner, rows, columns = h.shape
        h = h.flatten(2).transpose(1, 2) + self.place
        still = h.new_zeros(b, 6, inner)
        for block in self.blocks:
            h = block(h, still)
        wide = self.up(h).transpose(1, 2).reshape(b, -1, rows, columns)
        x = x + F.pixel_shuffle(wide, 2)
        for block in self.after:
            x = block(x)
        x = self.norm(x)
        whole = self.whole(torch.cat([h.mean(1), x.mean((2, 3))], 1))
        return self.cells(x).float(), self.names(x).float(), whole.float()


def read_horizon(raw: Tensor) -> Tensor:
    """The eye's horizon output in pixels."""
    return raw * 25 + 147
