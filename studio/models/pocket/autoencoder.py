"""The autoencoder: pixels <-> latents, one column of 24 numbers for every 16 x 16 pixels."""

from __future__ import annotations

import torch
from diffusers import ModelMixin  # by this name here diffusers knows the class below as its own
from torch import Tensor, nn

from studio.models.pocket.blocks import (
    LATENT_CHANNELS,
    Model,
    PixelNorm,
    ResidualBlock,
    Upsample,
    conv3,
    register_to_config,
)

__all__ = ["Autoencoder", "ModelMixin"]


class Autoencoder(Model):
    """[B, 3, H, W] in -1..1 <-> [B, 24, H/16, W/16] latents of about zero mean and unit variance.

    Convolutional throughout, so that training on 256 x 256 crops is enough. `mean` and `std` per channel are
    measured after training and make the latents standard.
    """

    @register_to_config
    def __init__(self) -> None:
        super().__init__()
        b, c = 96, 160
        self.encoder = nn.Sequential(
            nn.PixelUnshuffle(8), conv3(192, b), ResidualBlock(b), ResidualBlock(b),
            conv3(b, c, stride=2), ResidualBlock(c), ResidualBlock(c),
            PixelNorm(c), nn.SiLU(), conv3(c, LATENT_CHANNELS),
        )  # fmt: skip
        d, e, f = 160, 96, 48
        self.decoder = nn.Sequential(
            conv3(LATENT_CHANNELS, d), ResidualBlock(d), ResidualBlock(d),
            Upsample(d, e), ResidualBlock(e), ResidualBlock(e),
            Upsample(e, f), ResidualBlock(f), ResidualBlock(f),
            PixelNorm(f), nn.SiLU(), conv3(f, 48), nn.PixelShuffle(4),
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
