"""`python app.py --plan`, as a person types it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def app(*words: str) -> subprocess.CompletedProcess[str]:
    """The program with these arguments."""
    return subprocess.run(
        [sys.executable, "app.py", *words], cwd=ROOT, capture_output=True, text=True, timeout=120
    )


def test_a_plan_for_another_machine_names_every_part_and_what_it_takes() -> None:
    done = app("--plan", "--memory", "12", "--model", "flux2-klein-4b")
    assert done.returncode == 0, done.stderr
    for expected in ("FLUX.2 klein 4B", "a card with 12 GB", "transformer", "text_encoder", "vae", "it fits"):
        assert expected in done.stdout
    assert "--model auto draws with flux2-klein-4b." in done.stdout


def test_memory_alone_plans_every_model_and_says_which_do_not_fit() -> None:
    done = app("--memory", "6")
    assert done.returncode == 0, done.stderr
    assert "It does not fit" in done.stdout and "it fits" in done.stdout


def test_the_plan_for_this_machine_needs_no_memory_to_be_named() -> None:
    done = app("--plan", "--model", "flux2-klein-4b")
    assert done.returncode == 0, done.stderr
    assert "FLUX.2 klein 4B" in done.stdout and "--model auto draws with" in done.stdout
