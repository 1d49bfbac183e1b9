"""What ten edits do to the part of a picture that none of them was about: `python -m tests.bench_drift`.

The same ten masked edits are made in three ways. *raw*: the pipeline's own picture is its next canvas, and is
encoded anew. *kept*: the same, but the latents that a picture was decoded from are used in place of encoding
it. *studio*: edits go through `studio.ops`, which locks what lies outside of the mask as well. The pipeline
is a tiny one that draws noise, with a VAE that loses a little at every turn, as real ones do.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from studio import ops
from studio.images import shifting
from studio.models.diffused import DiffusersModel
from studio.models.kept import Kept
from tests import tiny

SIDE = 256
TURNS = 10
UNTOUCHED = (0, 0, SIDE // 2, SIDE)  # no mask reaches into it


@dataclass(frozen=True)
class Drift:
    """How the untouched part lies against the first picture's: likeness in dB, and movement in pixels.

    The movement is None where the two are too unlike to tell.
    """

    likeness: float
    movement: float | None


class Unsettled(DiffusersModel):
    """The model without what undoes a drift of the whole picture."""

    def _settled(self, canvas: Image.Image, picture: Image.Image) -> Image.Image:
        return picture


def model(kind: type[DiffusersModel]) -> DiffusersModel:
    """DreamLite's pipeline, which knows no masks, with a VAE that decodes what it encoded, nearly."""
    pipe, known = tiny.tiny("dreamlite")
    other = type(pipe)(**{**pipe.components, "vae": tiny.plain_vae()})
    other.set_progress_bar_config(disable=True)
    return kind(other, known, kept=Kept("drift"))


def first() -> Image.Image:
    """Shapes with edges on a soft ground."""
    rng = np.random.default_rng(4)
    picture = tiny.picture(2, (SIDE, SIDE))
    for _ in range(60):
        x, y, side = (int(n) for n in (*rng.integers(0, SIDE, 2), rng.integers(8, 40)))
        picture.paste(tuple(int(level) for level in rng.integers(0, 255, 3)), (x, y, x + side, y + side))
    return picture.filter(ImageFilter.GaussianBlur(2))


def mask(turn: int) -> Image.Image:
    """Somewhere in the right half, a little lower at each turn."""
    painted = Image.new("L", (SIDE, SIDE))
    top = 8 + turn * 16
    painted.paste(255, (SIDE // 2 + 24, top, SIDE - 24, top + 64))
    return painted


def raw(model: DiffusersModel, canvas: Image.Image, turn: int) -> Image.Image:
    """The pipeline's own picture, of a canvas that is encoded."""
    model.kept = Kept(model.card.key)
    return kept(model, canvas, turn)


def kept(model: DiffusersModel, canvas: Image.Image, turn: int) -> Image.Image:
    """The pipeline's own picture, of a canvas whose latents are known."""
    return model.run(tiny.asked("inpaint", canvas=canvas, mask=mask(turn), seed=turn))


def studio(model: DiffusersModel, canvas: Image.Image, turn: int) -> Image.Image:
    """What a person gets."""
    return ops.perform(model, tiny.asked("edit", canvas=canvas, mask=mask(turn), seed=turn))


WAYS: dict[str, Callable[[DiffusersModel, Image.Image, int], Image.Image]] = {
    "raw": raw,
    "kept": kept,
    "studio": studio,
}


def chain(way: str, turns: int = TURNS) -> list[Drift]:
    """The drift after each turn of that way."""
    drawing, start = model(DiffusersModel if way == "studio" else Unsettled), first()
    canvas, drifts = start, []
    for turn in range(turns):
        canvas = WAYS[way](drawing, canvas, turn)
        drifts.append(drift(start.crop(UNTOUCHED), canvas.crop(UNTOUCHED)))
    return drifts


def drift(before: Image.Image, after: Image.Image) -> Drift:
    """PSNR, and how far the corner moved that moved most."""
    error = float(((tiny.pixels(before) - tiny.pixels(after)).astype(float) ** 2).mean())
    likeness = math.inf if error == 0 else 10 * math.log10(255**2 / error)
    way = shifting.moved(before, after)
    return Drift(likeness, None if error and way == shifting.STILL else way.farthest(before.size))


def main() -> None:
    """Print the table."""
    chains = {way: chain(way) for way in WAYS}
    print("turn  " + "  ".join(f"{way:>8} dB  {'px':>5}" for way in WAYS))
    for turn in range(TURNS):
        drifts = (chains[way][turn] for way in WAYS)
        row = (
            f"{drift.likeness:11.2f}  {'?' if drift.movement is None else round(drift.movement, 2):>5}"
            for drift in drifts
        )
        print(f"{turn + 1:4}  " + "  ".join(row))


if __name__ == "__main__":
    main()
