"""The examples run as they are, on the embedded model, and show what they say they show."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio import Studio

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted(file.stem for file in (ROOT / "examples").glob("*.py"))

pytestmark = pytest.mark.slow


def run(folder: Path, *command: str) -> str:
    """What it printed. It must end well and complain about nothing."""
    done = subprocess.run([sys.executable, *command, str(folder)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def pixels(file: Path) -> np.ndarray:
    return np.asarray(Image.open(file).convert("RGB"))


def test_a_first_picture_is_drawn_changed_and_kept_at_every_state(tmp_path: Path) -> None:
    said = run(tmp_path, "-m", "examples.first_picture")
    assert "2. make it night" in said
    day, night, brighter = (pixels(tmp_path / f"first_picture_{n}.png") for n in (1, 2, 3))
    assert night.mean() < day.mean()
    assert night.mean() < brighter.mean()
    studio = Studio(tmp_path, model="swatch")
    assert studio.store.verify() == ()
    studio.close()


def test_a_masked_edit_changes_what_is_painted_and_not_one_byte_more(tmp_path: Path) -> None:
    said = run(tmp_path, "-m", "examples.masked_edit")
    assert "outside the mask, by 0 levels" in said
    before, mask, after = (pixels(tmp_path / f"masked_edit_{n}.png") for n in ("before", "mask", "after"))
    changed, painted = (before != after).any(axis=2), mask.any(axis=2)
    assert changed.any()
    assert not (changed & ~painted).any()


def test_a_rewritten_past_shows_both_pasts_and_runs_again_as_a_program(tmp_path: Path) -> None:
    said = run(tmp_path, "-m", "examples.rewritten_past")
    assert "a yellow pear on a snowy field" in said
    before, after = (pixels(tmp_path / f"rewritten_past_{n}.png") for n in ("before", "after"))
    assert before.shape == after.shape
    assert (before != after).any()
    program = (tmp_path / "a-rewritten-past.py").read_text()
    again = run(tmp_path / "elsewhere", "-c", program)
    assert again.count("as it was") == 3
    assert "DIFFERS" not in again


def test_every_example_has_its_test_here() -> None:
    assert EXAMPLES == ["first_picture", "masked_edit", "rewritten_past"]
