"""The renderer: a layout map on the latent grid, and a flow-matching denoiser steered by it at every cell."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from diffusers import ModelMixin  # by this name here diffusers knows the class below as its own
from torch import Tensor, nn

from studio.models.pocket.blocks import (
    CELL,
    GRID,
    LATENT_CHANNELS,
    Model,
    PixelNorm,
    TransformerBlock,
    conv3,
    register_to_config,
)

from .codes import BACKDROP_CODES, COLOR_CODE, NAMES

__all__ = [
    "LayoutMap",
    "ModelMixin",
    "Renderer",
    "clean_from",
    "euler_step",
    "flow_target",
    "render_latents",
]

__all__ = ["LayoutMap", "ModelMixin", "Renderer", "clean_from", "euler_step", "flow_target", "render_latents"]


class LayoutMap(nn.Module):
    """Spreads scenes over the latent grid: arrays of `codes.SceneArrays`, batched, -> [B, width, 16, 16].

    Each cell is told of the two front-most things over it: which, in what color, where inside its box the
    cell lies, and what the *atlases* hold there; and of the background behind. An atlas is a learned grid
    of latents for every thing; training starts it from the thing's encoded drawing, at two sizes.
    """

    LAYERS = 2
    FREQUENCIES = (0.5, 1.0, 2.0, 4.0, 6.0, 8.0)

    SIDES = (12, 7)

    def __init__(self, width: int) -> None:
        super().__init__()
        self.name = nn.Embedding(len(NAMES), 64)
        self.color = nn.Embedding(len(COLOR_CODE), 24)
        self.backdrop = nn.Embedding(len(BACKDROP_CODES), 48)
        for embedding in (self.name, self.color, self.backdrop):
            nn.init.normal_(embedding.weight, std=0.5)
        self.atlases = nn.ParameterList(
            torch.randn(len(NAMES), LATENT_CHANNELS, side, side) * 0.3 for side in self.SIDES
        )
        self.place = nn.Parameter(torch.randn(1, 24, GRID, GRID) * 0.3)
        self.features = 64 + 24 + LATENT_CHANNELS * len(self.SIDES) + 8 + 4 * len(self.FREQUENCIES)
        self.mix1 = nn.Conv2d(self.features * self.LAYERS + 48 + 4 + 24, 256, 1)
        self.mix2 = nn.Conv2d(256, width, 1)
        self.mix3 = conv3(width, width)
        for layer in (self.mix1, self.mix2, self.mix3):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
        self.centers: Tensor
        self.register_buffer("centers", (torch.arange(GRID) + 0.5) * CELL, persistent=False)

    def forward(self, slots: Tensor, boxes: Tensor, backdrop: Tensor, horizon: Tensor) -> Tensor:
        b = len(slots)
        batch, slot = (slots[..., 3] > 0).nonzero(as_tuple=True)
        things, inside = self._things(slots[batch, slot], boxes[batch, slot])
        chosen = self._front(batch, slot, inside, b)
        table = torch.cat([things, things.new_zeros(1, self.features)])
        front = table.index_select(0, chosen.flatten()).view(b, self.LAYERS, GRID, GRID, self.features)
        parts = [*front.unbind(1), *self._behind(backdrop, horizon)]
        # Concatenated channels-last, seen as [B, C, 16, 16].
        x = torch.cat(parts, -1).permute(0, 3, 1, 2)
        out: Tensor = self.mix3(F.silu(self.mix2(F.silu(self.mix1(x)))))
        return out

    def _things(self, slots: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
        """Features [M * 256, C] of M things at every cell, and which cells they touch, [M, 16, 16]."""
        m = len(slots)
        left, top, width, height = (v[:, None, None] for v in boxes.unbind(1))
        cx, cy = self.centers[None, None, :], self.centers[None, :, None]
        flat = torch.zeros(m, GRID, GRID, device=boxes.device)
        u, v = (cx - left) / width + flat, (cy - top) / height + flat
        u = torch.where((slots[:, 2] > 0)[:, None, None], 1 - u, u)
        reach = CELL / 2
        shadow = 0.07 * width
        inside = ((cx - left - width / 2).abs() < width / 2 + reach) & (cy > top - reach)
        inside = inside & (cy < top + height + reach + shadow)
        across = (torch.minimum(cx + reach, left + width) - torch.maximum(cx - reach, left)).clamp(0, CELL)
        down = (torch.minimum(cy + reach, top + height) - torch.maximum(cy - reach, top)).clamp(0, CELL)
        edge = torch.minimum(torch.minimum(u, 1 - u) * width, torch.minimum(v, 1 - v) * height) / CELL
        planes = [u - 0.5, v - 0.5, edge.clamp(-0.6, 3) / 3, across * down / CELL**2]
        planes += [(width / 80).log().expand_as(u), (height / 80).log().expand_as(u)]
        planes += [(width * 0.01).expand_as(u), torch.ones_like(u)]
        for frequency in self.FREQUENCIES:
            for w in (u, v):
                planes += [(math.pi * frequency * w).sin(), (math.pi * frequency * w).cos()]
        where = torch.stack([u * 2 - 1, v * 2 - 1], -1)
        looks = [
            F.grid_sample(atlas[slots[:, 0]], where, padding_mode="border", align_corners=False)
            for atlas in self.atlases
        ]
        words = torch.cat([self.name(slots[:, 0]), self.color(slots[:, 1])], 1)
        words = words[:, None, None].expand(-1, GRID, GRID, -1)
        features = torch.cat(
            [words, *(look.permute(0, 2, 3, 1) for look in looks), torch.stack(planes, -1)], -1
        )
        return features.reshape(m * GRID * GRID, self.features), inside

    def _front(self, batch: Tensor, slot: Tensor, inside: Tensor, b: int) -> Tensor:
        """For each cell the rows of the front-most things over it, [B, LAYERS, 16, 16]; the last row is
        none.
        """
        m, cells = len(batch), GRID * GRID
        order = slot.new_zeros(b, int(slot.max()) + 1 if m else 1, GRID, GRID)
        owner = slot.new_zeros(b, order.shape[1])
        order[batch, slot] = inside.long() * (slot + 1)[:, None, None]
        owner[batch, slot] = torch.arange(m, device=slot.device)
        cell = torch.arange(cells, device=slot.device).view(1, GRID, GRID)
        chosen = []
        for _ in range(self.LAYERS):
            best, index = order.max(1)
            thing = owner.gather(1, index.flatten(1)).view(b, GRID, GRID)
            chosen.append(torch.where(best > 0, thing * cells + cell, m * cells))
            order = order.scatter(1, index[:, None], 0)
        return torch.stack(chosen, 1)

    def _behind(self, backdrop: Tensor, horizon: Tensor) -> list[Tensor]:
        """Features of the background, [B, 16, 16, C] each."""
        b = len(backdrop)
        has = (horizon > 0)[:, None, None].expand(-1, GRID, GRID).float()
        below = (self.centers[None, :, None] - horizon[:, None, None]) / 32 * has
        distance = torch.stack([below, below.clamp(-0.5, 0.5), (below > 0).float(), has], -1)
        look = self.backdrop(backdrop)[:, None, None].expand(-1, GRID, GRID, -1)
        return [look, distance, self.place.permute(0, 2, 3, 1).expand(b, -1, -1, -1)]


class LayoutBlock(nn.Module):
    """A residual block whose inner activations are scaled and shifted by time and, per pixel, by the
    layout.
    """

    def __init__(self, width: int, time_width: int) -> None:
        super().__init__()
        self.norm = PixelNorm(width)
        self.first, self.second = conv3(width, width), conv3(width, width)
        self.by_time = nn.Linear(time_width, 2 * width)
        self.by_layout = nn.Conv2d(width, 2 * width, 1)
        for layer in (self.second, self.by_time, self.by_layout):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor, time: Tensor, layout: Tensor) -> Tensor:
        scale, shift = (self.by_time(time)[:, :, None, None] + self.by_layout(layout)).chunk(2, 1)
        out: Tensor = x + self.second(F.silu(self.first(self.norm(x)) * (1 + scale) + shift))
        return out


class Renderer(Model):
    """Flow matching: noisy latents [B, 32, 16, 16], time [B] and a layout map -> `velocity_like` target.

    The output is F = (t x0 - (1 - t) noise) / sqrt(t^2 + (1 - t)^2), which has unit variance at every t.
    """

    @register_to_config
    def __init__(self, width: int = 160, inner: int = 256, depth: int = 3) -> None:
        super().__init__()
        self.inner = inner
        self.layout = LayoutMap(width)
        self.time = nn.Sequential(nn.Linear(128, inner), nn.SiLU(), nn.Linear(inner, inner))
        self.modulation = nn.Linear(inner, 6 * inner)
        self.enter = conv3(LATENT_CHANNELS, width)
        self.before = nn.ModuleList(LayoutBlock(width, inner) for _ in range(2))
        self.down = nn.Conv2d(width, inner, 2, stride=2)
        self.place = nn.Parameter(torch.randn(1, GRID * GRID // 4, inner) * 0.02)
        self.blocks = nn.ModuleList(TransformerBlock(inner, inner // 64) for _ in range(depth))
        self.up = nn.Linear(inner, 4 * width)
        self.merge = nn.Conv2d(3 * width, width, 1)
        self.after = nn.ModuleList(LayoutBlock(width, inner) for _ in range(3))
        self.norm = PixelNorm(width)
        self.leave = conv3(width, LATENT_CHANNELS)
        for layer in (self.leave, self.modulation):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(self, noisy: Tensor, t: Tensor, layout: Tensor) -> Tensor:
        time = F.silu(self.time(_time_code(t)))
        modulation = self.modulation(time).view(len(t), 6, self.inner)
        spread = (t * t + (1 - t) ** 2).sqrt()[:, None, None, None]
        x = self.enter((noisy / spread).contiguous(memory_format=torch.channels_last)) + layout
        for block in self.before:
            x = block(x, time, layout)
        h = self.down(x)
        b, _, rows, columns = h.shape
        h = h.flatten(2).transpose(1, 2) + self.place
        for block in self.blocks:
            h = block(h, modulation)
        wide = self.up(h).transpose(1, 2).reshape(b, -1, rows, columns)
        wide = F.pixel_shuffle(wide, 2).contiguous(memory_format=torch.channels_last)
        x = self.merge(torch.cat([x, wide, layout], 1))
        for block in self.after:
            x = block(x, time, layout)
        out: Tensor = self.leave(F.silu(self.norm(x)))
        return out


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
