"""The arithmetic of `pocket_bench`: intervals, overlaps, decibels, and the table they end up in.

Nouns: a `Tally` counts rights among trials, a `Sample` holds measured numbers; a `Row` is a line of the
table, which says whether its *bar* is met.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]
Interval = tuple[float, float]


def wilson(hits: int, trials: int, z: float = 1.96) -> Interval:
    """The 95% interval of a share."""
    if not trials:
        return 0.0, 1.0
    share, square = hits / trials, z * z
    middle = (share + square / (2 * trials)) / (1 + square / trials)
    half = z * math.sqrt(share * (1 - share) / trials + square / (4 * trials**2)) / (1 + square / trials)
    return max(0.0, middle - half), min(1.0, middle + half)


def bootstrap(values: Sequence[float], draws: int = 2000, seed: int = 0) -> Interval:
    """The 95% interval of a mean, by drawing from the values again."""
    if not values:
        return math.nan, math.nan
    array, rng = np.asarray(values, np.float64), np.random.default_rng(seed)
    means = array[rng.integers(0, len(array), (draws, len(array)))].mean(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def box_iou(a: Sequence[float], b: Sequence[float]) -> float:
    """Intersection over union of boxes (x, y, width, height)."""
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(0.0, wide) * max(0.0, high)
    return both / (a[2] * a[3] + b[2] * b[3] - both)


def mask_iou(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    """Intersection over union of masks; two empty ones agree."""
    union = int((a | b).sum())
    return int((a & b).sum()) / union if union else 1.0


def psnr_within(a: Pixels, b: Pixels, weight: Plane | NDArray[np.bool_]) -> float:
    """Decibels of the difference of two pictures, each pixel counted with its weight; at most 60."""
    total = float(weight.sum())
    if not total:
        return math.nan
    square = np.square(a.astype(np.float32) - b.astype(np.float32)).mean(-1)
    error = float((square * weight).sum()) / total
    return 60.0 if error < 0.065 else 10 * math.log10(255**2 / error)


def diversity(pictures: Sequence[Pixels]) -> float:
    """Mean distance between pictures, each made 32 x 32 first."""
    small = [
        p[: p.shape[0] // 32 * 32, : p.shape[1] // 32 * 32]
        .reshape(32, p.shape[0] // 32, 32, p.shape[1] // 32, 3)
        .mean((1, 3))
        for p in pictures
    ]
    pairs = [(i, j) for i in range(len(small)) for j in range(i)]
    return float(np.mean([np.sqrt(np.square(small[i] - small[j]).mean()) for i, j in pairs]))


def seam(before: Pixels, after: Pixels, clean: NDArray[np.bool_], truth: Pixels | None = None) -> float:
    """How much more the colors of a picture step across the border of what was changed in it than those of
    its source do in the same place, in gray levels, over the pixels that are `clean` (no thing on them).
    Where a picture without seams is known, it is the `truth`, in the place of the source.

    Steps are averaged along the border, eight pixels of each side of it: noise is no seam.
    """
    changed = np.abs(before.astype(np.int16) - after.astype(np.int16)).max(-1) > 0
    steps = []
    for axis in (0, 1):
        for way in (1, -1):
            edge = changed & ~np.roll(changed, way, axis)
            steps += _steps(before if truth is None else truth, after, changed, clean, edge, axis, way)
    return float(np.mean(steps)) if steps else 0.0


STRIP, RUN = 8, 32


def _steps(
    before: Pixels,
    after: Pixels,
    changed: NDArray[np.bool_],
    clean: NDArray[np.bool_],
    edge: NDArray[np.bool_],
    axis: int,
    way: int,
) -> list[float]:
    """The steps of one side: one for every RUN pixels along it."""
    ys, xs = np.nonzero(edge)
    inner = [(ys + way * k * (axis == 0), xs + way * k * (axis == 1)) for k in range(STRIP)]
    outer = [(ys - way * (k + 1) * (axis == 0), xs - way * (k + 1) * (axis == 1)) for k in range(STRIP)]
    high, wide = changed.shape
    fits = np.all([(y >= 0) & (y < high) & (x >= 0) & (x < wide) for y, x in (*inner, *outer)], 0)
    inner, outer = ([(y[fits], x[fits]) for y, x in side] for side in (inner, outer))
    if not fits.any():
        return []
    good = np.all([clean[p] for p in (*inner, *outer)], 0)
    good &= np.all([~changed[p] for p in outer], 0)

    def step(picture: Pixels) -> NDArray[np.float64]:
        near = np.mean([picture[p].astype(np.float64) for p in inner], 0)
        far = np.mean([picture[p].astype(np.float64) for p in outer], 0)
        return (near - far)[good]

    more = step(after) - step(before)
    return [float(np.abs(more[at : at + RUN].mean(0)).mean()) for at in range(0, len(more), RUN)]


@dataclass
class Tally:
    """Rights among trials."""

    hits: int = 0
    trials: int = 0

    def add(self, hit: bool) -> None:
        self.hits += bool(hit)
        self.trials += 1

    @property
    def value(self) -> float:
        return self.hits / self.trials if self.trials else math.nan

    @property
    def count(self) -> int:
        return self.trials

    @property
    def interval(self) -> Interval:
        return wilson(self.hits, self.trials)


@dataclass
class Sample:
    """Measured numbers, of which the mean counts, or the middle one if `median`."""

    values: list[float] = field(default_factory=list)
    median: bool = False

    def add(self, value: float) -> None:
        if not math.isnan(value):
            self.values.append(value)

    @property
    def value(self) -> float:
        if not self.values:
            return math.nan
        return float(np.median(self.values) if self.median else np.mean(self.values))

    @property
    def count(self) -> int:
        return len(self.values)

    @property
    def interval(self) -> Interval:
        if self.median:
            low, high = np.percentile(self.values, [2.5, 97.5]) if self.values else (math.nan, math.nan)
            return float(low), float(high)
        return bootstrap(self.values)


@dataclass(frozen=True)
class Row:
    """One measure. `bar` is what it must reach, or stay under if `most`; None asks for nothing. `exact` is
    what the same measure says of exact renderings, where that was asked: the judge's own error.
    """

    measure: str
    value: float
    count: int
    low: float
    high: float
    unit: str = "%"
    bar: float | None = None
    most: bool = False
    exact: float | None = None

    @property
    def passed(self) -> bool | None:
        if self.bar is None or math.isnan(self.value):
            return None
        return self.value <= self.bar if self.most else self.value >= self.bar

    @classmethod
    def of(cls, measure: str, found: Tally | Sample, unit: str = "%", bar: float | None = None,
           most: bool = False, exact: float | None = None) -> Row:  # fmt: skip
        """The row of a tally or a sample."""
        return cls(measure, found.value, found.count, *found.interval, unit, bar, most, exact)


def to_json(rows: Iterable[Row]) -> list[dict[str, object]]:
    """Rows as plain values."""
    return [asdict(row) for row in rows]


def table(rows: Sequence[Row], before: Mapping[str, float] | None = None) -> str:
    """Rows as a Markdown table; `before` holds values of an earlier run by measure."""
    extra = ["before"] if before is not None else []
    heads = ["measure", "bar", "value", *extra, "n", "95% interval", "judge on exact renderings", ""]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for row in rows:
        sign = "≤" if row.most else "≥"
        told = {True: "pass", False: "**miss**", None: ""}[row.passed]
        earlier = [_shown(before.get(row.measure), row.unit)] if before is not None else []
        cells = [
            row.measure,
            f"{sign} {_shown(row.bar, row.unit)}" if row.bar is not None else "",
            _shown(row.value, row.unit),
            *earlier,
            str(row.count),
            f"{_shown(row.low, row.unit)} – {_shown(row.high, row.unit)}",
            _shown(row.exact, row.unit),
            told,
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _shown(value: float | None, unit: str) -> str:
    if value is None or math.isnan(value):
        return ""
    if unit == "%":
        return f"{100 * value:.1f}%"
    return f"{value:.2f} {unit}".rstrip()
