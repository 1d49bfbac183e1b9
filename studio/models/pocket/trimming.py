"""A remembered drawing cut out of the paper it was encoded on: its coarse outline made fine, and the paper
taken out of the colors of its edge.

Nouns: an *outline* tells how much of every sixty-fourth of a drawing's square is covered; *cover* is the same
for every pixel. All tensors are [N, C, H, W].
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

ROUNDS = 6
STEEP = 4.0  # the outline's slope grows by this: an edge becomes about two pixels wide
SMOOTH = 0.9  # pixels
NEAR = 2.0  # pixels from which an edge takes its color


def fine(outline: Tensor, side: int) -> Tensor:
    """The cover [1, 1, side, side] of 0..1 of an outline [1, 1, 64, 64]: a smooth edge that covers as much of
    every sixty-fourth as is known (iterative back-projection, Irani and Peleg 1991).
    """
    scale = side // outline.shape[-1]
    soft = F.interpolate(outline, (side, side), mode="bicubic")
    for _ in range(ROUNDS):
        missing = outline - F.avg_pool2d(_steep(soft), scale)
        soft = _blur(soft + 0.7 * F.interpolate(missing, (side, side), mode="bilinear"), SMOOTH)
    return _steep(soft)


def pure(pixels: Tensor, cover: Tensor, paper: Tensor) -> Tensor:
    """The colors [1, 3, H, W] of 0..255 of a drawing that lies on `paper` [1, 3, 1, 1]. Those of its edge,
    where the autoencoder has mixed both, are taken from right inside.
    """
    share = cover.clamp(min=0.5)
    colors = ((pixels - (1 - share) * paper) / share).clamp(0, 255)
    sure = ((cover - 0.9) * 10).clamp(0, 1)
    # Where nothing near is sure, as on a whisker, all of the drawing has its say.
    sums = _blur(torch.cat([colors * sure, sure], 1), NEAR)
    sums = sums + 1e-4 * _blur(torch.cat([colors * cover, cover], 1), 3 * NEAR)
    inside = sums[:, :3] / sums[:, 3:].clamp(min=1e-7)
    edge = 1 + F.max_pool2d(-cover, 3, 1, 1)
    return torch.lerp(colors, inside, edge)


def _steep(soft: Tensor) -> Tensor:
    return ((soft - 0.5) * STEEP + 0.5).clamp(0, 1)


def _blur(planes: Tensor, radius: float) -> Tensor:
    """Gaussian blur of every channel, edges repeated."""
    size, channels = int(3 * radius), planes.shape[1]
    taps = torch.exp(-(torch.arange(-size, size + 1).float() ** 2) / (2 * radius**2)).to(planes)
    taps = (taps / taps.sum()).expand(channels, 1, -1)
    across = F.pad(planes, (size, size, 0, 0), mode="replicate")
    planes = F.conv2d(across, taps[:, :, None], groups=channels)
    down = F.pad(planes, (0, 0, size, size), mode="replicate")
    return F.conv2d(down, taps[..., None], groups=channels)
