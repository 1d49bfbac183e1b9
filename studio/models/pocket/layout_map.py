"""The layout map: a scene spread over the latent grid, so that the renderer is told at every cell what lies
there.

Nouns: an *entry* is one thing at one cell that it covers or throws a shadow on; a *tap* is a point of a cell
where a look is sampled, four to a cell. Cells are gathered entry by entry because most things cover few.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from studio.models.pocket.blocks import CELL, GRID, LATENT_CHANNELS, PIXELS, conv3
from studio.models.pocket.codes import COLOR_CODE, KINDS, TONES
from studio.models.pocket.memory import SIDES, Looks
from studio.models.pocket.scene import SIZE, STYLES, WEATHERS

LAYERS = 3  # front-most things a cell is told of
HINT = LATENT_CHANNELS + 1  # channels that hold the looks as they are
GROUND = LATENT_CHANNELS + 1  # channels that hold what is known of the picture around or behind
BEHIND, AROUND = 0.5, 1.0  # in the last of these: the background alone is known; the finished picture is
REACH = 16.0  # pixels around a box where its rim of paper or its shadow may fall
FREQUENCIES = (0.5, 1.0, 2.0)
TAPS = tuple((dx, dy) for dy in (-CELL / 4, CELL / 4) for dx in (-CELL / 4, CELL / 4))
PLACED = 10 + 4 * len(FREQUENCIES)  # numbers that say where in its box an entry lies


class Entries(NamedTuple):
    """K entries: the thing [K] (a row of the looks), its picture and slot, the cell [K], and where in its box
    the cell lies, [K, PLACED]; `u`, `v` [K, 4] are the taps in shares of the box.
    """

    thing: Tensor
    batch: Tensor
    slot: Tensor
    cell: Tensor
    place: Tensor
    u: Tensor
    v: Tensor


class LayoutMap(nn.Module):
    """Scenes as arrays (see `codes.SceneArrays`) and their looks -> [B, width + HINT + GROUND, 32, 32].

    `ground` [B, GROUND, 32, 32] are latents and, in the last channel, what they are known as: BEHIND, AROUND
    or, with zeros, not at all.
    """

    def __init__(self, width: int, hidden: int = 192) -> None:
        super().__init__()
        self.color = nn.Embedding(len(COLOR_CODE), 24)
        self.settings = nn.ModuleList(
            nn.Embedding(count, 64) for count in (len(KINDS), len(TONES), len(WEATHERS), len(STYLES))
        )
        for embedding in (self.color, *self.settings):
            nn.init.normal_(embedding.weight, std=0.5)
        self.style = nn.Linear(64, 24)
        self.tone = nn.Linear(64, 24)
        self.place = nn.Parameter(torch.randn(1, 24, GRID, GRID) * 0.3)
        looks = len(TAPS) * (LATENT_CHANNELS + 2)
        self.entry = nn.Linear(looks + PLACED + 3 * 24, hidden)
        self.layers = nn.ModuleList(nn.Linear(hidden, width) for _ in range(LAYERS))
        self.behind = nn.Conv2d(64 + 4 + 24, width, 1)
        self.mix1 = nn.Conv2d(width, width, 1)
        self.mix2 = conv3(width, width)
        self.centers: Tensor
        self.register_buffer("centers", (torch.arange(GRID) + 0.5) * CELL, persistent=False)

    def forward(
        self, slots: Tensor, boxes: Tensor, setting: Tensor, horizon: Tensor, looks: Looks, ground: Tensor
    ) -> Tensor:
        batch, slot = (slots[..., 3] > 0).nonzero(as_tuple=True)
        things = slots[batch, slot]
        parts = [table(column) for table, column in zip(self.settings, setting.unbind(1), strict=True)]
        x = self.behind(self._behind(torch.stack(parts).sum(0), horizon))
        hint = x.new_zeros(len(x), HINT, GRID, GRID)
        if len(batch):
            with torch.no_grad():
                entries = find_entries(batch, slot, things[:, 2] > 0, boxes[batch, slot], self.centers)
                seen = sample_looks(looks, entries, boxes[batch, slot])
                fronts = front_most(entries, len(x))
                hint = hint_of(seen, fronts, len(x)).to(x.dtype)
            style, tone = self.style(parts[3])[batch], self.tone(parts[1])[batch]
            words = torch.cat([self.color(things[:, 1]), style, tone], 1)
            told = F.silu(self.entry(torch.cat([seen, entries.place, words[entries.thing]], 1)))
            flat = x.permute(0, 2, 3, 1).flatten(0, 2)
            for layer, (cell, row) in zip(self.layers, fronts, strict=True):
                flat = flat.index_add(0, cell, layer(told[row]).to(flat.dtype))
            x = flat.view(len(x), GRID, GRID, -1).permute(0, 3, 1, 2)
        mixed = self.mix2(F.silu(self.mix1(F.silu(x))))
        return torch.cat([mixed, hint.to(mixed.dtype), ground.to(mixed.dtype)], 1)

    def _behind(self, look: Tensor, horizon: Tensor) -> Tensor:
        """What is told of the background, [B, C, 32, 32]."""
        b = len(look)
        line = horizon[:, None, None] * (PIXELS / SIZE)
        has = (line > 0).expand(-1, GRID, GRID).float()
        below = (self.centers[None, :, None] - line) / 64 * has
        distance = torch.stack([below, (below * 4).clamp(-1, 1), (below > 0).float(), has], 1)
        wide = look[:, :, None, None].expand(-1, -1, GRID, GRID)
        return torch.cat([wide, distance, self.place.expand(b, -1, -1, -1)], 1)


def find_entries(batch: Tensor, slot: Tensor, flipped: Tensor, boxes: Tensor, centers: Tensor) -> Entries:
    """The cells of M things: boxes [M, 5] in units and degrees, clockwise."""
    left, top, width, height = ((v * (PIXELS / SIZE))[:, None, None] for v in boxes[:, :4].unbind(1))
    angle = (boxes[:, 4] * (math.pi / 180))[:, None, None]
    dx = centers[None, None, :] - left - width / 2
    dy = centers[None, :, None] - top - height / 2
    across, along = dx * angle.cos() + dy * angle.sin(), dy * angle.cos() - dx * angle.sin()
    inside = (across.abs() < width / 2 + REACH) & (along.abs() < height / 2 + REACH)
    foot = (dx.abs() < 0.6 * width + CELL) & (dy > 0) & (dy < height / 2 + 0.1 * width + CELL)
    thing, row, column = (inside | (foot & (angle.abs() < 0.4))).nonzero(as_tuple=True)
    width, height, angle = width[thing, 0, 0], height[thing, 0, 0], angle[thing, 0, 0]
    dx, dy = dx[thing, 0, column], dy[thing, row, 0]
    sine, cosine = angle.sin(), angle.cos()
    mirror = torch.where(flipped[thing], -1.0, 1.0)
    us, vs = [], []
    for x, y in ((0.0, 0.0), *TAPS):
        u = (((dx + x) * cosine + (dy + y) * sine) / width) * mirror
        us.append(u + 0.5)
        vs.append(((dy + y) * cosine - (dx + x) * sine) / height + 0.5)
    u, v = us[0], vs[0]
    edge = torch.minimum(torch.minimum(u, 1 - u) * width, torch.minimum(v, 1 - v) * height) / CELL
    place = [u - 0.5, v - 0.5, edge.clamp(-1, 3), (width / 200).log(), (height / 200).log()]
    place += [sine, cosine, mirror, (top + height)[thing, 0, 0] / PIXELS, torch.ones_like(u)]
    for frequency in FREQUENCIES:
        for w in (u, v):
            place += [(2 * math.pi * frequency * w).sin(), (2 * math.pi * frequency * w).cos()]
    return Entries(
        thing, batch[thing], slot[thing], row * GRID + column,
        torch.stack(place, 1), torch.stack(us[1:], 1), torch.stack(vs[1:], 1),
    )  # fmt: skip


def front_most(entries: Entries, pictures: int) -> list[tuple[Tensor, Tensor]]:
    """For each layer, the front-most first: cells (counted through all pictures) and the entries there."""
    cells = pictures * GRID * GRID
    order = entries.cell.new_zeros(int(entries.slot.max()) + 1, cells)
    order[entries.slot, entries.batch * GRID * GRID + entries.cell] = torch.arange(
        1, len(entries.cell) + 1, device=order.device
    )
    height = (order > 0) * torch.arange(1, len(order) + 1, device=order.device)[:, None]
    fronts = []
    for _ in range(LAYERS):
        top, index = height.max(0)
        cell = top.nonzero()[:, 0]
        fronts.append((cell, order[index[cell], cell] - 1))
        height = height.scatter(0, index[None], 0)
    return fronts


def hint_of(seen: Tensor, fronts: list[tuple[Tensor, Tensor]], pictures: int) -> Tensor:
    """The looks simply laid over each other, [B, 24 + 1, 32, 32]: what the picture's latents are near to
    where things are, and how much of the cell they cover.
    """
    taps = seen.view(len(seen), len(TAPS), LATENT_CHANNELS + 2).mean(1)
    flat = seen.new_zeros(pictures * GRID * GRID, HINT)
    for cell, row in reversed(fronts):
        look = taps[row]
        cover = look[:, LATENT_CHANNELS : LATENT_CHANNELS + 1]
        top = torch.cat([look[:, :LATENT_CHANNELS], torch.ones_like(cover)], 1)
        flat[cell] = flat[cell] * (1 - cover) + top * cover
    return flat.view(pictures, GRID, GRID, HINT).permute(0, 3, 1, 2)


def sample_looks(looks: Looks, entries: Entries, boxes: Tensor) -> Tensor:
    """Latents and planes at every entry's taps, [K, 4 * 26], from the look's size nearest the thing's."""
    cells = (boxes[:, 2] * boxes[:, 3]).sqrt() * (PIXELS / SIZE) / CELL
    ratio = cells[:, None].log() - torch.tensor(SIDES, device=cells.device).log()[None]
    nearest = ratio.abs().argmin(1)[entries.thing]
    latents = entries.u.new_zeros(len(entries.thing), len(TAPS), LATENT_CHANNELS)
    for i, level in enumerate(looks.levels):
        of = (nearest == i).nonzero()[:, 0]
        if len(of):
            latents[of] = _bilinear(level, entries.thing[of], entries.u[of], entries.v[of])
    planes = _bilinear(looks.planes, entries.thing, entries.u, entries.v)
    # Beyond the box there is nothing, whatever the nearest cell of the look holds.
    out = ((entries.u - 0.5).abs() > 0.5) | ((entries.v - 0.5).abs() > 0.5)
    planes = planes.masked_fill(out[..., None], 0.0)
    return torch.cat([latents, planes], 2).flatten(1)


def _bilinear(table: Tensor, thing: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """table [M, C, S, S] at shares (u, v) [K, T] of the thing's square: [K, T, C]; edges repeated."""
    side = table.shape[-1]
    flat = table.permute(0, 2, 3, 1).reshape(-1, table.shape[1])
    x, y = (u * side - 0.5).clamp(0, side - 1), (v * side - 0.5).clamp(0, side - 1)
    x0, y0 = x.long().clamp(max=side - 2), y.long().clamp(max=side - 2)
    fx, fy = (x - x0)[..., None], (y - y0)[..., None]
    at = (thing[:, None] * side + y0) * side + x0
    upper = flat[at] * (1 - fx) + flat[at + 1] * fx
    lower = flat[at + side] * (1 - fx) + flat[at + side + 1] * fx
    return upper * (1 - fy) + lower * fy
