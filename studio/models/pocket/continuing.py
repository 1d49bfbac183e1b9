"""What lies behind things where nothing like it is remembered: what is seen around them, carried on smoothly.

Nouns: *hidden* pixels are those that are to be made up; the rest is *known*.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

ROUNDS = 12  # of smoothing at every size up to COARSE; what is smooth there needs little more
COARSE = 256
LEVEL = 0.8  # how much of it is from side to side: horizons and hills run that way
LEAST = 0.02  # of the pixels that must be known


def continued(picture: Image.Image, hidden: NDArray[np.float32]) -> Image.Image | None:
    """A picture whose hidden pixels (1 in `hidden`, [H, W]) are the smoothest that go over into the known
    ones: a membrane, found from coarse to fine. None if hardly anything is known.
    """
    known = torch.from_numpy(1 - hidden)[None, None]
    if float(known.mean()) < LEAST:
        return None
    pixels = torch.from_numpy(np.array(picture.convert("RGB"), np.float32)).permute(2, 0, 1)[None]
    filled = _filled(pixels, known)[0].permute(1, 2, 0).numpy()
    return Image.fromarray(filled.round().clip(0, 255).astype(np.uint8))


def _filled(pixels: Tensor, known: Tensor) -> Tensor:
    """Colors [1, 3, H, W] where `known` [1, 1, H, W] is 0 made from the others."""
    height, width = pixels.shape[2:]
    if bool((known > 0).all()):
        return pixels
    share = F.avg_pool2d(known, 2, ceil_mode=True, count_include_pad=False)
    sums = F.avg_pool2d(pixels * known, 2, ceil_mode=True, count_include_pad=False)
    coarse = _filled(sums / share.clamp(min=1e-6), (share > 0).float())
    guess = F.interpolate(coarse, (height, width), mode="bilinear")
    filled = torch.lerp(guess, pixels, known)
    for _ in range(ROUNDS if max(height, width) <= COARSE else 2):
        beside = F.avg_pool2d(F.pad(filled, (1, 1, 0, 0), mode="replicate"), (1, 3), 1)
        above = F.avg_pool2d(F.pad(filled, (0, 0, 1, 1), mode="replicate"), (3, 1), 1)
        filled = torch.lerp(torch.lerp(above, beside, LEVEL), pixels, known)
    return filled
