"""The layout map: a draft, what is known of the ground behind, and words about light, weather and style,
spread over the latent grid, so that the renderer is told at every cell what lies there.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from studio.models.pocket.blocks import CELL, GRID, LATENT_CHANNELS, PIXELS, conv3
from studio.models.pocket.codes import KINDS, TONES
from studio.models.pocket.drafting import PLANES
from studio.models.pocket.scene import SIZE, STYLES, WEATHERS

DRAFT = LATENT_CHANNELS + 4 * PLANES  # channels of a draft: its latents and its planes
GROUND = LATENT_CHANNELS + 1  # channels that hold what is known of the picture around or behind
SHOWN = DRAFT + GROUND
# In the last of these: only the background is known, and the draft lies on it; the finished picture is known.
BEHIND, AROUND = 0.5, 1.0


class LayoutMap(nn.Module):
    """Settings [B, 4] and horizons [B] (see `codes`), drafts [B, DRAFT, 32, 32] and grounds
    [B, GROUND, 32, 32] -> [B, width + SHOWN, 32, 32].

    A ground is latents and, in its last channel, what they are known as: BEHIND, AROUND or, with zeros, not
    at all.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        tables = [nn.Embedding(count, 64) for count in (len(KINDS), len(TONES), len(WEATHERS), len(STYLES))]
        for table in tables:
            nn.init.normal_(table.weight, std=0.5)
        self.settings = nn.ModuleList(tables)
        self.place = nn.Parameter(torch.randn(1, 24, GRID, GRID) * 0.3)
        self.mix1 = conv3(SHOWN + 64 + 4 + 24, width)
        self.mix2 = conv3(width, width)
        self.centers: Tensor
        self.register_buffer("centers", (torch.arange(GRID) + 0.5) * CELL, persistent=False)

    def forward(self, setting: Tensor, horizon: Tensor, draft: Tensor, ground: Tensor) -> Tensor:
        words = [table(column) for table, column in zip(self.settings, setting.unbind(1), strict=True)]
        said = torch.stack(words).sum(0)[:, :, None, None].expand(-1, -1, GRID, GRID)
        place = self.place.expand(len(said), -1, -1, -1)
        shown = torch.cat([draft, ground], 1)
        told = torch.cat([shown, said, self._distance(horizon), place], 1)
        x = F.silu(self.mix1(told.contiguous(memory_format=torch.channels_last)))
        mixed = self.mix2(x)
        return torch.cat([mixed, shown.to(mixed.dtype)], 1)

    def _distance(self, horizon: Tensor) -> Tensor:
        """How far below the horizon every cell is, [B, 4, 32, 32]."""
        line = horizon[:, None, None] * (PIXELS / SIZE)
        has = (line > 0).expand(-1, GRID, GRID).float()
        below = (self.centers[None, :, None] - line) / 64 * has
        return torch.stack([below, (below * 4).clamp(-1, 1), (below > 0).float(), has], 1)


def expected(shown: Tensor) -> Tensor:
    """The latents that draft and ground come to, 0 where nothing is known."""
    draft, ground = shown[:, :LATENT_CHANNELS], shown[:, DRAFT:-1]
    cover = shown[:, LATENT_CHANNELS : LATENT_CHANNELS + 4].mean(1, keepdim=True)
    known = shown[:, -1:]
    laid = torch.where(known > BEHIND / 2, draft, cover * draft)
    return torch.where(known > (BEHIND + AROUND) / 2, ground, laid)
