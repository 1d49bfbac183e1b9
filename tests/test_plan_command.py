"""`python app.py --plan`, and what else is answered without a page, as a person types it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
Done = subprocess.CompletedProcess[str]


@pytest.fixture
def app(tmp_path: Path) -> Callable[..., Done]:
    """The program, where nothing was fetched or accepted before."""
    env = {**os.environ, "HF_HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}

    def run(*words: str) -> Done:
        return subprocess.run(
            [sys.executable, "app.py", *words],
            cwd=ROOT, env=env, capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    return run


def test_a_plan_for_another_machine_names_every_part_and_what_it_takes(app: Callable[..., Done]) -> None:
    done = app("--plan", "--memory", "12", "--model", "flux2-klein-4b")
    assert done.returncode == 0, done.stderr
    for expected in ("FLUX.2 klein 4B", "a card with 12 GB", "transformer", "text_encoder", "vae", "it fits"):
        assert expected in done.stdout
    assert "--model auto draws with flux2-klein-4b." in done.stdout


def test_memory_alone_plans_every_model_and_says_which_do_not_fit(app: Callable[..., Done]) -> None:
    done = app("--memory", "6")
    assert done.returncode == 0, done.stderr
    assert "It does not fit" in done.stdout and "it fits" in done.stdout


def test_the_plan_for_this_machine_needs_no_memory_to_be_named(app: Callable[..., Done]) -> None:
    done = app("--plan", "--model", "flux2-klein-4b")
    assert done.returncode == 0, done.stderr
    assert "FLUX.2 klein 4B" in done.stdout and "--model auto draws with" in done.stdout


def test_a_name_that_nobody_knows_ends_with_a_sentence(app: Callable[..., Done]) -> None:
    done = app("--plan", "--model", "no-such-model")
    assert done.returncode == 1
    assert done.stderr.startswith("There is no model 'no-such-model'") and "Traceback" not in done.stderr


def test_terms_that_were_accepted_are_what_auto_may_choose(app: Callable[..., Done]) -> None:
    before = app("--memory", "6", "--model", "auto")
    assert "--model auto draws with flux2-klein-4b." in before.stdout
    done = app("--accept-licence", "--model", "dreamlite")
    assert done.returncode == 0 and "non-commercial" in done.stdout
    after = app("--memory", "6", "--model", "auto")
    assert "--model auto draws with dreamlite." in after.stdout
    assert "nothing to accept" in app("--accept-licence", "--model", "flux2-klein-4b").stdout
