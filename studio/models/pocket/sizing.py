"""How large things are when words leave it open: as large as leaves room for all, kinds in proportion."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from studio.models.pocket.scene import LANDS, Background, Thing
from studio.models.pocket.things import THINGS

SIZES = {"tiny": 0.5, "small": 0.7, "big": 1.3, "huge": 1.7}
# The longer side of a thing of ordinary size, by how many there are. Small things are drawn less well, so
# these are generous; lanes narrow what does not fit.
_SIDE = (140, 140, 112, 100, 88, 80, 74, 68, 64)
_RANGE = {1: (112.0, 168.0), 2: (80.0, 128.0), 3: (70.0, 122.0)}
_LEAST = 44.0


def side_of(
    name: str,
    size: str | None,
    place: str | None,
    total: int,
    background: Background,
    present: Sequence[Thing] = (),
) -> float:
    """The longer side that suits one of `total` things."""
    kind = THINGS[name]
    total = min(total, len(_SIDE) - 1)
    usual: float = _SIDE[total] * (kind.size / 100) ** (0.45 if background.kind in LANDS else 0.3)
    if present:
        scale = statistics.median(max(t.box[2:]) / THINGS[t.name].size for t in present)
        usual = (usual + kind.size * min(max(scale, 0.5), 1.4)) / 2
    least, most = _RANGE.get(total, (_LEAST, 216.0))
    if not present:
        usual = min(max(usual, least), most)
    return usual * SIZES.get(size or "", 1.0) * (0.6 if place == "far" else 1.0)
