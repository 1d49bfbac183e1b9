"""The latents of every family, as pictures: their layout in a pipeline's loop, and a cheap look at them.

Nouns: *plain* latents are what the VAE decodes, [1, channels, rows, columns], a *cell* is one place of that
grid; *loop latents* are what a pipeline's loop holds: scaled so that they spread by about one, and in many
families packed, 2 x 2 cells a token.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

Size = tuple[int, int]  # width, height in pixels

_NOISE = 0.02  # how much a decode of noise counts in the fit of glimpses, against one of a picture


def channels_of(vae: Any) -> int:
    """How many channels its plain latents have. The families name it differently."""
    config = vae.config
    return int(config.get("z_dim") or config.get("latent_channels"))


def has_frames(vae: Any) -> bool:
    """Whether it is a VAE for films, for which a picture is a film of one frame."""
    return vae.config.get("z_dim") is not None


def takes_alpha(vae: Any) -> bool:
    """Whether its pictures have a fourth channel, for how opaque they are."""
    return int(vae.config.get("input_channels") or vae.config.get("in_channels") or 3) == 4


def encode(vae: Any, pixels: Tensor) -> Tensor:
    """Plain latents of pictures [N, 3 or 4, height, width], from -1 to 1: the mean, so nothing is random."""
    if takes_alpha(vae) and pixels.shape[1] == 3:
        pixels = torch.cat([pixels, torch.ones_like(pixels[:, :1])], dim=1)
    shaped = pixels.unsqueeze(2) if has_frames(vae) else pixels
    return plain(vae.encode(shaped.to(vae.dtype)))


def plain(encoded: Any) -> Tensor:
    """The plain latents in what a VAE's `encode` gives."""
    found: Tensor = encoded.latents if hasattr(encoded, "latents") else encoded.latent_dist.mode()
    return found[:, :, 0] if found.ndim == 5 else found


def decode(vae: Any, latents: Tensor) -> Tensor:
    """Pictures [N, 3, height, width] from -1 to 1 of plain latents."""
    shaped = latents.unsqueeze(2) if has_frames(vae) else latents
    pixels: Tensor = vae.decode(shaped.to(vae.dtype), return_dict=False)[0]
    return (pixels[:, :, 0] if pixels.ndim == 5 else pixels)[:, :3]


def from_loop(latents: Tensor, vae: Any, size: Size) -> Tensor:
    """Plain latents of loop latents, of which a picture of that size is being drawn."""
    return _unscaled(_spread(latents, channels_of(vae), size).float(), vae)


def to_loop(latents: Tensor, vae: Any, like: Tensor) -> Tensor:
    """Loop latents of plain ones, laid out as `like` are."""
    return _gathered(_scaled(latents.float(), vae), like)


def cells_to_loop(cells: Tensor, vae: Any, like: Tensor) -> Tensor:
    """A grid of cells [rows, columns], such as a mask, laid out as `like` are."""
    grid = cells[None, None].expand(1, channels_of(vae), *cells.shape)
    return _gathered(grid, like)


def grid_of(latents: Tensor, channels: int, size: Size) -> tuple[int, int]:
    """The rows and columns of cells of loop latents. Tokens do not tell: those nearest in shape to `size`."""
    if latents.ndim == 4:
        return latents.shape[2], latents.shape[3]
    if latents.ndim == 5 and latents.shape[-1] == channels:
        return latents.shape[2], latents.shape[3]
    if latents.ndim == 5:
        return latents.shape[3], latents.shape[4]
    tokens, side = latents.shape[1], _patch(latents, channels)
    wanted = size[0] / size[1]
    rows = min(
        (n for n in range(1, tokens + 1) if tokens % n == 0),
        key=lambda n: abs(np.log(tokens / n / n / wanted)),
    )
    return rows * side, tokens // rows * side


def _patch(latents: Tensor, channels: int) -> int:
    """How many cells a token is wide: 1 or 2."""
    return 2 if latents.shape[-1] == 4 * channels else 1


def _spread(latents: Tensor, channels: int, size: Size) -> Tensor:
    """Loop latents as a grid, their scale left alone."""
    if latents.ndim == 4:
        return latents
    if latents.ndim == 5:  # one frame: channels last in Kandinsky 5, first in the others
        last = latents.shape[-1] == channels
        return (
            latents[:, 0].permute(0, 3, 1, 2) if last else latents.squeeze(1 if latents.shape[1] == 1 else 2)
        )
    rows, columns = grid_of(latents, channels, size)
    side = _patch(latents, channels)
    tokens = latents.reshape(len(latents), rows // side, columns // side, channels, side, side)
    return tokens.permute(0, 3, 1, 4, 2, 5).reshape(len(latents), channels, rows, columns)


def _gathered(grid: Tensor, like: Tensor) -> Tensor:
    """A grid laid out as `like`: the inverse of `_spread`."""
    if like.ndim == 4:
        return grid
    count, channels, rows, columns = grid.shape
    if like.ndim == 5:
        if like.shape[-1] == channels:
            return grid.permute(0, 2, 3, 1).unsqueeze(1)
        return grid.unsqueeze(1 if like.shape[1] == 1 else 2)
    side = _patch(like, channels)
    tokens = grid.reshape(count, channels, rows // side, side, columns // side, side)
    return tokens.permute(0, 2, 4, 1, 3, 5).reshape(count, -1, channels * side * side)


def _scaled(grid: Tensor, vae: Any) -> Tensor:
    """Plain latents in the scale of the loop."""
    mean, deviation = _scale(vae, grid)
    if hasattr(vae, "bn"):  # FLUX.2 scales each of the four cells of a patch by itself
        return F.pixel_shuffle((F.pixel_unshuffle(grid, 2) - mean) / deviation, 2)
    return (grid - mean) / deviation


def _unscaled(grid: Tensor, vae: Any) -> Tensor:
    mean, deviation = _scale(vae, grid)
    if hasattr(vae, "bn"):
        return F.pixel_shuffle(F.pixel_unshuffle(grid, 2) * deviation + mean, 2)
    return grid * deviation + mean


def _scale(vae: Any, like: Tensor) -> tuple[Tensor, Tensor]:
    """What to take from plain latents, and what to divide them by then."""
    config = vae.config

    def a_channel(values: Any) -> Tensor:
        return torch.as_tensor(values, dtype=torch.float32, device=like.device).reshape(1, -1, 1, 1)

    if hasattr(vae, "bn"):
        return a_channel(vae.bn.running_mean), a_channel((vae.bn.running_var + config.batch_norm_eps).sqrt())
    if config.get("latents_mean") is not None:
        factor = config.get("scaling_factor") or 1.0
        return a_channel(config.latents_mean), a_channel(config.latents_std) / factor
    return a_channel(config.get("shift_factor") or 0.0), a_channel(1 / (config.get("scaling_factor") or 1.0))


class Glimpses:
    """Small pictures of plain latents by one matrix: a cell becomes a pixel of the colour it stands for.

    The matrix is the least-squares fit to decodes by the VAE itself, made when it is first asked for: of
    pictures that it encoded, and a little of noise, for what these pictures do not have. It costs a few
    decodes of 64 x 64 pixels once, and then next to nothing a step.
    """

    def __init__(self, vae: Any) -> None:
        self._vae = vae
        self._fit: Tensor | None = None

    @torch.no_grad()
    def ready(self, device: Any) -> None:
        """Make the matrix, if there is none: before a run, as the VAE may have to be moved to the device."""
        if self._fit is None:
            self._fit = _fitted(self._vae, device)

    @torch.no_grad()
    def __call__(self, loop: Tensor, size: Size) -> Image.Image:
        """A picture with a pixel a cell of clean loop latents."""
        self.ready(loop.device)
        assert self._fit is not None
        cells = from_loop(loop[:1].detach(), self._vae, size)[0].permute(1, 2, 0).cpu()
        colors = _with_one(cells) @ self._fit
        pixels = ((colors.clamp(-1, 1) + 1) * 127.5).round().nan_to_num(0).byte().numpy()
        return Image.fromarray(pixels)


def _with_one(cells: Tensor) -> Tensor:
    """Cells with a channel that is always one, for the constant part of the fit."""
    return torch.cat([cells, torch.ones_like(cells[..., :1])], dim=-1)


def _fitted(vae: Any, device: Any) -> Tensor:
    """The matrix [channels + 1, 3] that best turns the cells of latents into the colours of their decodes."""
    drawn = encode(vae, torch.from_numpy(_pictures(10, 64)).to(device)).float().cpu()
    coarse = torch.randn(4, channels_of(vae), 5, 5, generator=torch.Generator().manual_seed(0))
    smooth = _unscaled(F.interpolate(coarse, drawn.shape[-2:], mode="bilinear"), vae).cpu()
    latents = torch.cat([drawn, smooth])
    decoded = torch.cat([decode(vae, part[None].to(device)).float().cpu() for part in latents])
    colors = F.adaptive_avg_pool2d(decoded, (latents.shape[-2], latents.shape[-1]))
    cells = _with_one(latents.permute(0, 2, 3, 1).flatten(1, 2))
    targets = colors.permute(0, 2, 3, 1).flatten(1, 2)
    weights = torch.tensor([1.0] * len(drawn) + [_NOISE] * len(smooth))[:, None, None]
    square = (weights * cells).flatten(0, 1).T @ cells.flatten(0, 1)
    mixed = (weights * cells).flatten(0, 1).T @ targets.flatten(0, 1)
    # A little of the identity keeps channels that hardly vary from being blown up.
    fit: Tensor = torch.linalg.solve(square + 1e-3 * cells.shape[1] * torch.eye(len(square)), mixed)
    return fit


def _pictures(count: int, side: int) -> NDArray[np.float32]:
    """Soft colours with hard edges through them, [count, 3, side, side] from -1 to 1."""
    rng = np.random.default_rng(0)
    across = np.linspace(-1, 1, side, dtype=np.float32)
    pictures = np.empty((count, 3, side, side), np.float32)
    for picture in pictures:
        picture[:] = rng.uniform(-1, 1, (3, 1, 1))
        for sharpness in rng.choice([3, 60], 4):
            a, b, c = rng.uniform(-1, 1, 3)
            there = 1 / (1 + np.exp(-sharpness * (a * across[:, None] + b * across + c / 2)))
            picture += (rng.uniform(-1, 1, (3, 1, 1)) - picture) * there
    return pictures
