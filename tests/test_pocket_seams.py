"""What `pocket_bench` calls a seam: a step where there was none, and no shadow or rim that went away."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from PIL import Image, ImageDraw

torch = pytest.importorskip("torch")

from studio.models.pocket.drafting import lay, placed  # noqa: E402
from studio.models.pocket.scene import STYLES, Background, Scene, Thing  # noqa: E402

from .pocket_edits import Trial  # noqa: E402
from .pocket_judge import Judge  # noqa: E402
from .pocket_measures import seam  # noqa: E402
from .pocket_rows import bare  # noqa: E402

EVERYWHERE = np.ones((512, 512), bool)


def ball(thing: Thing) -> tuple[tuple[int, int], Image.Image]:
    """A white ball as a thing, and where."""
    sprite = Image.new("RGBA", (160, 160))
    ImageDraw.Draw(sprite).ellipse((1, 1, 158, 158), fill="white")
    return placed(sprite, thing)


def removed(style: str) -> tuple[Scene, Image.Image, Image.Image]:
    """A scene with a ball, and a picture of it with the ball and without."""
    scene = Scene(Background("gradient", color="blue"), (Thing("dog", (80, 80, 90, 90)),), style)
    behind = Image.new("RGB", (512, 512), (120, 150, 200))
    picture = behind.copy()
    lay(picture, scene, scene.things[0], *ball(scene.things[0]))
    return scene, picture, behind


@pytest.mark.parametrize("style", STYLES)
def test_the_rim_and_the_shadow_of_what_was_removed_are_no_bare_ground(style: str) -> None:
    scene, before, after = removed(style)
    judge = cast(Judge, SimpleNamespace(studio=SimpleNamespace(cut_out=lambda thing, scene: ball(thing))))
    trial = Trial(np.asarray(before), scene, np.asarray(after), replace(scene, things=()), judge)
    changed = (trial.before != trial.after).any(-1)
    assert changed.any() and not (changed & bare(judge, trial)).any()


@pytest.mark.parametrize("style", STYLES)
def test_what_is_wiped_away_without_a_trace_has_no_seam(style: str) -> None:
    _, before, after = (
        np.asarray(part) if isinstance(part, Image.Image) else part for part in removed(style)
    )
    assert seam(before, after, EVERYWHERE) > 5, "against the source, the ball's own border is a step"
    assert seam(before, after, EVERYWHERE, after) == 0


def test_a_patch_of_another_tone_is_a_seam_also_against_what_is_really_there() -> None:
    _, before, behind = removed("flat")
    after = behind.copy()
    after.paste((124, 154, 204), (140, 140, 360, 360))
    found = seam(np.asarray(before), np.asarray(after), EVERYWHERE, np.asarray(behind))
    assert 3 < found <= 4.1
