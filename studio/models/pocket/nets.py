"""The networks of `pocket`: pixels <-> latents, scenes -> latents, latents -> scenes.

Nouns: *latents* are [B, 32, 16, 16], one column of 32 numbers for every 16 x 16 pixels of a 256 x 256
picture; the `Autoencoder` goes between pixels and latents; the *layout map* is a scene spread over the
latent grid; the `Renderer` is a flow-matching denoiser of latents that reads a layout map; the `Eye` reads
a scene off latents. Time t runs from 1 (noise) to 0 (picture).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .codes import BACKDROP_CODES, COLOR_CODE, NAMES

if TYPE_CHECKING:  # diffusers' classes say too little about their types; what is used of them is this
    F1 = TypeVar("F1", bound=Callable[..., None])

    def register_to_config(init: F1) -> F1: ...

    class Model(nn.Module):
        """A module that saves itself with its settings."""

else:
    from diffusers import ConfigMixin, ModelMixin
    from diffusers.configuration_utils import register_to_config

    class Model(ModelMixin, ConfigMixin):
        """A module that saves itself with its settings."""


LATENT_CHANNELS = 32
GRID = 16
CELL = 16


def conv3(inputs: int, outputs: int, stride: int = 1) -> nn.Conv2d:
    """A 3 x 3 convolution that keeps the size (or halves it)."""
    return nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1)


class PixelNorm(nn.Module):
    """RMS norm over the channels of each pixel: local, so that crops and masks agree with whole pictures."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        scale = torch.rsqrt(x.float().square().mean(1, keepdim=True) + 1e-5)
        return x * scale.to(x.dtype) * self.gain.to(x.dtype)


class ResidualBlock(nn.Module):
    """norm, convolution, convolution, added to its input; starts as the identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = PixelNorm(channels)
        self.first = conv3(channels, channels)
        self.second = conv3(channels, channels)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.second(F.silu(self.first(F.silu(self.norm(x)))))
        return out


class Upsample(nn.Sequential):
    """Twice the size by pixel shuffle."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(nn.Conv2d(inputs, outputs * 4, 1), nn.PixelShuffle(2))


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


class RMSNorm(nn.Module):
    """RMS norm over the last axis."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, (x.shape[-1],), self.gain.to(x.dtype), 1e-6)


class Attention(nn.Module):
    """Self-attention over [B, N, D] with normed queries and keys."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query_key_value = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.query_norm = RMSNorm(width // heads)
        self.key_norm = RMSNorm(width // heads)

    def forward(self, x: Tensor) -> Tensor:
        b, n, width = x.shape
        q, k, v = self.query_key_value(x).view(b, n, 3, self.heads, -1).unbind(2)
        q, k, v = self.query_norm(q).transpose(1, 2), self.key_norm(k).transpose(1, 2), v.transpose(1, 2)
        # Written out: at 64 tokens the fused kernel's backward is several times slower on a CPU.
        weights = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
        mixed = weights.softmax(-1).to(v.dtype) @ v
        out: Tensor = self.out(mixed.transpose(1, 2).reshape(b, n, width))
        return out


class TransformerBlock(nn.Module):
    """Attention and a feed-forward net, each scaled, shifted and gated by `modulation` [B, 6, D]."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = RMSNorm(width), RMSNorm(width)
        self.attention = Attention(width, heads)
        self.widen, self.narrow = nn.Linear(width, 3 * width), nn.Linear(3 * width, width)
        self.modulation = nn.Parameter(torch.zeros(6, width))
        with torch.no_grad():
            self.modulation[[2, 5]] = 0.5

    def forward(self, x: Tensor, modulation: Tensor) -> Tensor:
        parts = (modulation + self.modulation.to(modulation.dtype)).unsqueeze(2).unbind(1)
        scale1, shift1, gate1, scale2, shift2, gate2 = parts
        x = x + gate1 * self.attention(self.norm1(x) * (1 + scale1) + shift1)
        hidden = F.gelu(self.widen(self.norm2(x) * (1 + scale2) + shift2), approximate="tanh")
        out: Tensor = x + gate2 * self.narrow(hidden)
        return out


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
