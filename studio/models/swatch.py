"""The fake that ships: paints flat colour, the same for the same words, seed and pixels. Needs no weights.

It enters by the same door as every model, so whatever runs on it runs on them. Its colour comes from a hash
of the request; with a mask it paints the mask, without one the whole picture. It sees colours and no things:
a click selects the flat colour there. `pause` seconds a step make it slow, for those who test stopping and
waiting. Of control pictures it knows two: it paints with the first colour of a palette, and the lines of
edges in white on top, so that it can be seen where they lie.
"""

from __future__ import annotations

import hashlib
import time

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from studio.errors import CannotDo
from studio.models.base import REFERENCES, Card, Progress, Request, Sighting

STEPS = 4


class Swatch:
    """An `ImageModel` of any size. It fails on purpose at the word "impossible"."""

    card = Card(
        name="swatch",
        key="swatch-1",
        ops=frozenset({"generate", "edit", "inpaint"}),
        working=1024,
        multiple=1,
        square=False,
        steps=STEPS,
        licence="Apache-2.0",
        sees=True,
        references=len(REFERENCES),
        controls={"edges": "", "palette": ""},
    )

    def __init__(self, pause: float = 0.0) -> None:
        self.pause = pause
        self.runs = 0

    def run(self, request: Request) -> Image.Image:
        """A flat picture of the canvas's size, or of `width` x `height`."""
        if "impossible" in request.prompt:
            raise CannotDo(f"swatch cannot draw {request.prompt!r}. Try other words.")
        self.runs += 1
        canvas, mask = request.pictures.get("canvas"), request.pictures.get("mask")
        size = canvas.size if canvas else (request.params["width"], request.params["height"])
        paint = Image.new("RGB", size, _colour(request))
        if (edges := request.controls.get("edges")) is not None:
            paint.paste("white", mask=edges.convert("L").resize(size))
        if canvas is not None and mask is not None:
            paint = Image.composite(paint, canvas.convert("RGB"), mask)
        steps = int(request.params.get("steps", STEPS))
        for step in range(steps):
            time.sleep(self.pause)
            request.report(Progress(step + 1, steps, paint.resize((32, 32)) if self.pause else None))
        return paint

    def see(self, image: Image.Image) -> tuple[Sighting, ...]:
        """Nothing: it knows no things."""
        return ()

    def select(
        self, image: Image.Image, words: str | None = None, point: tuple[int, int] | None = None
    ) -> Image.Image:
        """The area of one colour around the point. No words name anything it sees."""
        if point is None:
            return Image.new("L", image.size)
        pixels = np.asarray(image.convert("RGB"))
        same = (pixels == pixels[point[1], point[0]]).all(axis=-1)
        return Image.fromarray(_flood(same, point).astype(np.uint8) * 255)

    def compare(self, image: Image.Image, words: str) -> tuple[str, ...]:
        """Nothing is missing from what it cannot see."""
        return ()


def _colour(request: Request) -> tuple[int, int, int]:
    """The first colour of a palette, or else one from everything the request says."""
    if (palette := request.controls.get("palette")) is not None:
        red, green, blue = palette.convert("RGB").crop((0, 0, 1, 1)).tobytes()
        return red, green, blue
    seen = hashlib.blake2b(f"{request.op}|{request.prompt}|{request.params.get('seed')}".encode())
    for role in sorted(request.pictures):
        seen.update(request.pictures[role].tobytes())
    red, green, blue = seen.digest()[:3]
    return red, green, blue


def _flood(open: NDArray[np.bool_], point: tuple[int, int]) -> NDArray[np.bool_]:
    """The open pixels that hang together with the one at the point, found by whole runs of them."""
    found = np.zeros_like(open)
    found[point[1], point[0]] = True
    count = 0
    while count != (count := int(found.sum())):
        found = _along_rows(open, found)
        found = _along_rows(open.T, found.T).T
    return found


def _along_rows(open: NDArray[np.bool_], found: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Every run of open pixels in a row that has a found one in it."""
    starts = open.copy()
    starts[:, 1:] &= ~open[:, :-1]
    runs = np.cumsum(starts).reshape(open.shape)
    return np.asarray(np.bincount(runs[open], found[open], runs.max() + 1) > 0)[runs] & open


def load() -> Swatch:
    """The swatch model; nothing is loaded."""
    return Swatch()
