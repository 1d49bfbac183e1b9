"""What the studio adds to a pipeline: `python -m tests.bench_overhead`.

A turn from words to a version that is on disk and shown, beside the same pipeline called by itself for the
same words and seed, one after the other in one run. The bar is 5% and 60 ms. What the model's eye says of the
picture comes after that, while a person looks at it; how long it takes is the last column, and no part of the
bar. Nobody watches, so no previews are made. A pipeline of which the studio keeps the words' embeddings is
faster in it than alone.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from studio import Session, Studio
from studio.models import load
from studio.models.base import ImageModel
from studio.models.diffused import DiffusersModel
from studio.models.pipeline import PipelineModel
from studio.replay import Watch
from tests import tiny

TIMES = 15
WORDS = "a red fox on a meadow"


def main() -> None:
    """Print one table."""
    print("| model | pipeline alone | until it is shown | more | bar | then, until its verdict |")
    print("|---|---|---|---|---|---|")
    pocket = load("pocket")
    assert isinstance(pocket, PipelineModel)
    _row("pocket, 512 x 512", pocket, partial(_alone, pocket))
    for family in ("sd15", "sdxl", "klein", "qwen21", "z_image"):
        pipe, known = tiny.tiny(family)
        model = DiffusersModel(pipe, known)
        _row(f"{family}, random weights, {known.working} px", model, partial(_alone, model))


def _alone(model: DiffusersModel, seed: int) -> None:
    """The pipeline as anybody would call it."""
    call, known = model.checkpoint.calls["generate"], model.checkpoint
    side = {"width": known.working, "height": known.working} if call.sized else {}
    guided = {known.guided_by: known.guidance} if known.guided_by else {}
    generator = torch.Generator().manual_seed(seed)
    model.sibling(call.pipeline)(
        prompt=WORDS, num_inference_steps=known.steps, generator=generator, **side, **guided, **call.fixed
    )


def _row(name: str, model: ImageModel, alone: Callable[[int], None]) -> None:
    with TemporaryDirectory() as folder:
        studio = Studio(Path(folder), model)
        session = studio.open("overhead")
        session.say(WORDS, seed=0)
        alone(0)
        bare, turn, verdict = [], [], []
        for seed in range(1, TIMES + 1):  # in turn, so that a busy machine is busy for both
            bare.append(_seconds(partial(alone, seed)))
            shown, judged = _turn(session, seed)
            turn.append(shown)
            verdict.append(judged)
        studio.close()
    one, two, three = statistics.median(bare), statistics.median(turn), statistics.median(verdict)
    more = two - one
    well = more <= 0.05 * one + 0.06
    print(
        f"| {name} | {1e3 * one:.0f} ms | {1e3 * two:.0f} ms | {1e3 * more:+.0f} ms ({more / one:+.0%}) "
        f"| {'kept' if well else 'MISSED'} | {1e3 * three:.0f} ms |"
    )


def _turn(session: Session, seed: int) -> tuple[float, float]:
    """Seconds until the picture is on disk and shown, and from then until the verb returns."""
    shown: list[float] = []
    watch = Watch(drawn=lambda: shown.append(time.perf_counter()))
    began = time.perf_counter()
    session.say(f"new picture: {WORDS}", seed=100 + seed, watch=watch)
    return shown[0] - began, time.perf_counter() - shown[0]


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
