"""Models with their real weights on this machine's card: each draws, edits, masks, stops, and keeps its plan.

python -m pytest -m gpu tests/test_gpu.py --models flux2-klein-4b,sdxl

fetches what is not here yet (a licence that is not free has to be accepted first) and leaves a page with all
figures and pictures in reports/gpu/index.html. Without `--models`, it is all that was fetched before; without
a card, everything is skipped.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.models.catalog import checkpoints, listed
from studio.models.fitted import Fitted
from studio.models.opening import opened, usual_records
from tests.gpu_report import Trial, trial, write

torch = pytest.importorskip("torch")
REPORT = Path(__file__).parents[1] / "reports" / "gpu"
pytestmark = [pytest.mark.gpu, pytest.mark.filterwarnings("ignore")]  # the libraries warn of each other


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    asked = metafunc.config.getoption("--models")
    records = usual_records()
    here = [one.name for one in checkpoints() if records.fetched(one.repo) is not None]
    metafunc.parametrize("name", asked.split(",") if asked else here)


@pytest.fixture(scope="module")
def device() -> str:
    if torch.cuda.is_available():
        return "cuda:0"
    if torch.backends.mps.is_available():
        return "mps"
    pytest.skip("there is no graphics card")


@pytest.fixture(scope="module")
def trials(device: str) -> Iterator[list[Trial]]:
    """What was seen so far. The page is written anew after each model, so that a crash leaves one."""
    seen: list[Trial] = []
    yield seen
    print(f"\nThe report: {write(REPORT, seen, _machine(device))}")


def _machine(device: str) -> str:
    return str(torch.cuda.get_device_name(device)) if device.startswith("cuda") else "an Apple chip"


def test_a_model_does_with_its_weights_what_it_says(name: str, device: str, trials: list[Trial]) -> None:
    known = listed(name)
    seen = Trial(name, known.title if known else name)
    trials.append(seen)
    describes = bool(known and "edit" in known.calls and known.calls["edit"].describes)

    def load() -> Fitted:
        model = opened(name)
        assert isinstance(model, Fitted)
        seen.need, seen.how = model.plan.need, f"{model.card.key}, parts: {model.plan.offload}"
        return model

    try:
        trial(seen, load, device, describes)
    finally:
        write(REPORT, trials, _machine(device))
        gc.collect()
        if device.startswith("cuda"):
            torch.cuda.empty_cache()
    assert seen.faults == []
    assert [words for words, well in seen.checks.items() if not well] == []
