"""What most tests start from: a studio in a fresh folder that draws with swatch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

# Two files are tested at a time: on two cores, two threads of torch in each take 1.7 times as long as one.
# It is read when torch is imported, and what a test starts inherits it.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import HealthCheck, settings
from PIL import Image

from studio import Session, Studio
from studio.models.swatch import Swatch

# A busy machine is slow to make up examples; that says nothing of what is tested.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--models", default="", help="models to try on a card, by name, with commas between them"
    )


@pytest.fixture
def swatch() -> Swatch:
    """The fake model, which counts its runs."""
    return Swatch()


@pytest.fixture
def studio(tmp_path: Path, swatch: Swatch) -> Iterator[Studio]:
    """A studio in a folder of its own."""
    studio = Studio(tmp_path / "studio", model=swatch)
    yield studio
    studio.close()


@pytest.fixture
def session(studio: Studio) -> Session:
    """An empty session."""
    return studio.open("harbour")


def painted(size: tuple[int, int], box: tuple[int, int, int, int]) -> Image.Image:
    """A mask of that size, white in the box."""
    mask = Image.new("L", size)
    mask.paste(255, box)
    return mask
