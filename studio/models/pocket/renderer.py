"""The renderer: a flow-matching denoiser of latents, steered by a layout map at every cell.

Time t runs from 1 (noise) to 0 (picture).
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from diffusers import ModelMixin  # by this name here diffusers knows the class below as its own
from torch import Tensor, nn

from studio.models.pocket.blocks import (
    GRID,
    LATENT_CHANNELS,
    Model,
    PixelNorm,
    TransformerBlock,
    conv3,
    register_to_config,
)
from studio.models.pocket.layout_map import SHOWN, LayoutMap, expected

__all__ = ["ModelMixin", "Renderer", "clean_from", "euler_step", "flow_target", "render_latents"]


class LayoutBlock(nn.Module):
    """A residual block, scaled and shifted inside by time and, at every cell, by the layout."""

    def __init__(self, width: int, time_width: int, layout_width: int) -> None:
        super().__init__()
        self.norm = PixelNorm(width)
        self.first, self.second = conv3(width, width), conv3(width, width)
        self.by_time = nn.Linear(time_width, 2 * width)
        self.by_layout = nn.Conv2d(layout_width, 2 * width, 1)
        for layer in (self.second, self.by_time, self.by_layout):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor, time: Tensor, layout: Tensor) -> Tensor:
        scale, shift = (self.by_time(time)[:, :, None, None] + self.by_layout(layout)).chunk(2, 1)
        out: Tensor = x + self.second(F.silu(self.first(self.norm(x)) * (1 + scale) + shift))
        return out


class Renderer(Model):
    """Flow matching: noisy latents [B, 24, 32, 32], time [B] and a layout map -> a velocity-like target.

    The output is F = (t x0 - (1 - t) noise) / sqrt(t^2 + (1 - t)^2), which has unit variance at every t.
    An hourglass: convolutions on 32 x 32 and 16 x 16 cells, attention on 8 x 8.
    """

    @register_to_config
    def __init__(
        self, width: int = 96, middle: int = 160, inner: int = 256, depth: int = 3, layout_width: int = 128
    ) -> None:
        super().__init__()
        self.inner = inner
        self.layout = LayoutMap(layout_width)
        self.time = nn.Sequential(nn.Linear(128, inner), nn.SiLU(), nn.Linear(inner, inner))
        self.modulation = nn.Linear(inner, 6 * inner)
        self.enter = conv3(LATENT_CHANNELS + SHOWN, width)
        self.told = nn.Conv2d(layout_width, width, 1)
        self.before = nn.ModuleList(LayoutBlock(width, inner, layout_width) for _ in range(2))
        self.down1 = nn.Conv2d(width, middle, 2, stride=2)
        self.narrower = LayoutBlock(middle, inner, layout_width)
        self.down2 = nn.Conv2d(middle, inner, 2, stride=2)
        self.place = nn.Parameter(torch.randn(1, GRID * GRID // 16, inner) * 0.02)
        self.blocks = nn.ModuleList(TransformerBlock(inner, inner // 64) for _ in range(depth))
        self.up1 = nn.Linear(inner, 4 * middle)
        self.wider = LayoutBlock(middle, inner, layout_width)
        self.up2 = nn.Conv2d(middle, 4 * width, 1)
        self.merge = nn.Conv2d(2 * width + layout_width, width, 1)
        self.after = nn.ModuleList(LayoutBlock(width, inner, layout_width) for _ in range(3))
        self.norm = PixelNorm(width)
        self.doubt = nn.Conv2d(layout_width, 1, 1)
        self.leave = conv3(width, LATENT_CHANNELS)
        for layer in (self.leave, self.modulation, self.doubt):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(self, noisy: Tensor, t: Tensor, layout: Tensor) -> Tensor:
        time = F.silu(self.time(_time_code(t)))
        modulation = self.modulation(time).view(len(t), 6, self.inner)
        spread = (t * t + (1 - t) ** 2).sqrt()[:, None, None, None]
        layout, shown = layout[:, :-SHOWN], layout[:, -SHOWN:]
        coarse = F.avg_pool2d(layout, 2)
        start = torch.cat([noisy / spread, shown], 1).contiguous(memory_format=torch.channels_last)
        x = self.enter(start) + self.told(layout)
        for block in self.before:
            x = block(x, time, layout)
        y = self.narrower(self.down1(x), time, coarse)
        h = self.down2(y)
        b, _, rows, columns = h.shape
        h = h.flatten(2).transpose(1, 2) + self.place
        for block in self.blocks:
            h = block(h, modulation)
        y = y + F.pixel_shuffle(self.up1(h).transpose(1, 2).reshape(b, -1, rows, columns), 2)
        y = self.wider(y.contiguous(memory_format=torch.channels_last), time, coarse)
        wide = F.pixel_shuffle(self.up2(y), 2).contiguous(memory_format=torch.channels_last)
        x = self.merge(torch.cat([x, wide, layout], 1))
        for block in self.after:
            x = block(x, time, layout)
        doubt = self.doubt(layout).float().clamp(-4, 1).exp()
        correction: Tensor = self.leave(F.silu(self.norm(x)))
        return guess(noisy, t, expected(shown.float()), doubt) + correction.float()


def guess(noisy: Tensor, t: Tensor, prior: Tensor, doubt: Tensor) -> Tensor:
    """The target if every latent were normal about `prior` with the standard deviation `doubt`: the posterior
    mean (a Wiener filter), in the form of `flow_target`. The network adds what is missing from it.
    """
    t = t[:, None, None, None]
    away = noisy - (1 - t) * prior
    spread = ((1 - t) * doubt) ** 2 + t**2
    clean = prior + (1 - t) * doubt**2 / spread * away
    noise = t / spread * away
    return (t * clean - (1 - t) * noise) / ((1 - t) ** 2 + t**2).sqrt()


def _time_code(t: Tensor) -> Tensor:
    """Sines and cosines of t, [B, 128]."""
    frequencies = torch.exp(-math.log(1000) * torch.arange(64, device=t.device) / 64)
    angle = t[:, None] * 100 * frequencies[None]
    return torch.cat([angle.sin(), angle.cos()], 1)


def flow_target(clean: Tensor, noise: Tensor, t: Tensor) -> Tensor:
    """What the renderer is trained to give."""
    t = t[:, None, None, None]
    return (t * clean - (1 - t) * noise) / ((1 - t) ** 2 + t**2).sqrt()


def clean_from(noisy: Tensor, output: Tensor, t: Tensor) -> Tensor:
    """The clean latents that a renderer's output stands for."""
    t = t[:, None, None, None]
    square = (1 - t) ** 2 + t**2
    return (1 - t) / square * noisy + t / square.sqrt() * output


@torch.no_grad()
def render_latents(renderer: Renderer, layout: Tensor, noise: Tensor, steps: int) -> Tensor:
    """Plain Euler steps from noise to clean latents."""
    latents = noise
    times = torch.linspace(1, 0, steps + 1)
    for now, then in pairwise(times):
        t = now.expand(len(latents))
        clean = clean_from(latents, renderer(latents, t, layout).float(), t)
        latents = euler_step(latents, clean, now, then)
    return latents


def euler_step(latents: Tensor, clean: Tensor, now: Tensor, then: Tensor) -> Tensor:
    """From time `now` to `then`, along the straight line to the predicted clean latents."""
    return latents + (then - now) * (latents - clean) / now
