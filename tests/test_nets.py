"""Control weights: fetched once, from a hub that is a server here, judged, planned for, loaded and named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import save_file

from studio.errors import CannotDo, LicenceAsked, NotFound, Offline, Unsafe, WeightsError
from studio.models.base import Request
from studio.models.catalog import listed
from studio.models.family import Checkpoint, Net, Nets
from studio.models.fetching import Hub, obtain_net
from studio.models.fit import Plan, explained, plan
from studio.models.fitted import Fitted
from studio.models.hardware import Machine
from studio.models.loading import load_net
from studio.models.opening import Here, _obtained, _pinned
from studio.models.records import Records
from tests import tiny
from tests.hub import Shop, opened
from tests.test_steering import control

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")

PROCESSOR = Machine("cpu", "this processor", "cpu", 64, 64, 64)
CANNY = "lllyasviel/control_v11p_sd15_canny"
FILE = "diffusion_pytorch_model.fp16.safetensors"


@pytest.fixture(autouse=True)
def may_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub is on this machine: it may be asked where tests run with HF_HUB_OFFLINE, too."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Stable Diffusion 1.5, and a net of it in a folder beside."""
    root = tmp_path_factory.mktemp("saved")
    tiny.tiny("sd15")[0].save_pretrained(root / "sd15")
    tiny.nets("sd15")[1][CANNY].save_pretrained(root / "canny", variant="fp16")
    return root


@pytest.fixture
def shop(saved: Path) -> Shop:
    """A hub with the net, and much beside it that is not wanted."""
    files = {file.name: file.read_bytes() for file in (saved / "canny").iterdir()}
    return Shop({CANNY: {**files, "diffusion_pytorch_model.bin": b"pickled", "run.py": b"raise SystemExit"}})


@pytest.fixture
def here(shop: Shop, tmp_path: Path) -> Iterator[Here]:
    """A processor, and that hub."""
    with opened(shop) as address:
        yield Here(PROCESSOR, Records(tmp_path / "records"), Hub(address, tmp_path / "cache"))


def known() -> Checkpoint:
    """The tiny checkpoint as if it were a real one, so that there are steps down."""
    checkpoint = tiny.tiny("sd15")[1]
    parts = {"unet": 2.0, "text_encoder": 1.0, "vae": 0.08}
    return replace(checkpoint, parts=parts, control=tiny.nets("sd15")[0], working=1024)


def net(name: str = "sd15", kind: str = "edges") -> Net:
    """The net for that kind."""
    how = tiny.nets(name)[0].net(kind)
    assert how is not None
    return how


def accept(here: Here) -> None:
    here.records.accept(net().licence)


# --- fetching


def test_only_the_weights_and_their_shape_are_fetched_and_only_once(shop: Shop, here: Here) -> None:
    accept(here)
    folder = obtain_net(net(), here.records, here.hub)
    assert {file.name for file in folder.iterdir()} == {"config.json", FILE}
    assert folder.name == shop.commit(CANNY)
    asked = len(shop.asked)
    assert obtain_net(net(), here.records, here.hub) == folder
    assert len(shop.asked) == asked


def test_terms_come_first(shop: Shop, here: Here) -> None:
    with pytest.raises(LicenceAsked, match="CreativeML"):
        obtain_net(net(), here.records, here.hub)
    assert shop.asked == []


def test_a_net_that_asks_for_code_is_refused(shop: Shop, here: Here) -> None:
    accept(here)
    config = json.loads(shop.repos[CANNY]["config.json"])
    shop.repos[CANNY]["config.json"] = json.dumps({**config, "auto_map": {"x": "run.py"}}).encode()
    with pytest.raises(Unsafe, match="never run"):
        obtain_net(net(), here.records, here.hub)


def test_a_repository_without_the_file_is_said(shop: Shop, here: Here) -> None:
    accept(here)
    del shop.repos[CANNY][FILE]
    with pytest.raises(NotFound, match=FILE):
        obtain_net(net(), here.records, here.hub)


def test_a_folder_may_be_given_but_not_one_with_code(saved: Path, here: Here, tmp_path: Path) -> None:
    accept(here)
    assert obtain_net(replace(net(), repo=str(saved / "canny")), here.records) == (saved / "canny").resolve()
    (tmp_path / "run.py").write_text("raise SystemExit")
    with pytest.raises(Unsafe, match=r"run.py"):
        obtain_net(replace(net(), repo=str(tmp_path)), here.records)


# --- loading


def test_what_is_loaded_draws_as_what_was_saved(saved: Path, here: Here) -> None:
    accept(here)
    said: list[str] = []
    model = fitted(saved, here, said.append)
    asked = tiny.asked("generate", control_edges=control())
    bare = model.run(tiny.asked("generate"))
    assert said == [] and model.card.controls["edges"] == f"{CANNY}@main"
    drawn = model.run(asked)
    assert drawn.tobytes() == tiny.steered_model("sd15").run(asked).tobytes() != bare.tobytes()
    assert said[0].startswith(f"Fetching {CANNY}") and said[-1] == f"Loading {CANNY}."
    assert model.run(tiny.asked("generate")).tobytes() == bare.tobytes()


def fitted(saved: Path, here: Here, say: Any = lambda sentence: None) -> Fitted:
    """The tiny checkpoint, opened."""
    one = replace(known(), control=_pinned(known().control, here))
    planned = replace(plan(one, here.machine), precision="fp32", shrunk=())
    obtain = lambda net: _obtained(net, here, say)  # noqa: E731
    model = Fitted(one, planned, saved / "sd15", obtain=obtain)
    model._say = say
    return model


def test_the_commit_is_named_once_it_is_known_and_from_the_start_the_next_time(
    saved: Path, shop: Shop, here: Here
) -> None:
    accept(here)
    model = fitted(saved, here)
    model.run(tiny.asked("generate", control_edges=control()))
    named = f"{CANNY}@{shop.commit(CANNY)}"
    assert model.card.controls["edges"] == named
    assert fitted(saved, here).card.controls["edges"] == named
    assert model.card.controls["pose"].endswith("@main")


def test_what_is_not_there_is_a_sentence_and_what_needs_none_goes_on(saved: Path, here: Here) -> None:
    accept(here)
    model = fitted(saved, replace(here, hub=Hub("http://127.0.0.1:9", here.hub.cache)))
    with pytest.raises(Offline, match="cannot be reached"):
        model.run(tiny.asked("generate", control_edges=control()))
    assert model.run(tiny.asked("generate")).size == (tiny.SIDE, tiny.SIDE)


def test_a_single_file_is_loaded_with_the_shape_that_the_family_has(tmp_path: Path) -> None:
    one, made = net("z_image"), tiny.nets("z_image")[1]
    module = made[one.repo]
    own = {key: value for key, value in module.state_dict().items() if key.startswith("control")}
    save_file({key: value.contiguous() for key, value in own.items()}, tmp_path / one.file)
    kept = ("control_layers_places", "control_in_dim", "dim", "n_refiner_layers", "n_heads", "n_kv_heads")
    shaped = replace(one, config={key: module.config[key] for key in kept})
    loaded = load_net(shaped, planned(), tmp_path)
    assert all((loaded.state_dict()[key] == value).all() for key, value in own.items())
    with pytest.raises(WeightsError, match="cannot be loaded"):
        load_net(replace(shaped, config={**(shaped.config or {}), "dim": 64}), planned(), tmp_path)


def planned() -> Plan:
    return Plan(known(), PROCESSOR, "fp32", (), "none", False, 64)


# --- memory


def test_control_weights_are_part_of_what_a_plan_needs() -> None:
    before = planned()
    after = replace(before, beside=0.36)
    assert after.need == pytest.approx(before.need + 0.36e9 * 4 / 2**30)
    assert after.key == before.key, "they decide no pixels of what is drawn without them"
    lower = replace(after, machine=Machine.pretended(6), precision="bf16", working=1024).lower()
    assert lower is not None and lower.beside == 0.36


def test_a_card_with_no_room_for_them_makes_room(saved: Path, here: Here) -> None:
    """The plan fits as it is, and with control weights only a lower one does."""
    accept(here)
    model = fitted(saved, here)
    tight = replace(model.plan.machine, free=model.plan.need + 0.5, total=64)
    model.plan = replace(model.plan, machine=tight)
    asked = tiny.asked("generate", control_edges=control())
    with pytest.raises(CannotDo, match=r"loaded again to need less .* ask once more"):
        model.run(asked)
    assert model.plan.fits and model.plan.beside == 0.36
    assert model.run(asked).size == (tiny.SIDE, tiny.SIDE)
    assert model.run(tiny.asked("generate")).size == (tiny.SIDE, tiny.SIDE)


def test_where_there_is_no_room_at_all_it_is_said(saved: Path, here: Here) -> None:
    accept(here)
    model = fitted(saved, here)
    lowest = model.plan
    while (lower := lowest.lower()) is not None:
        lowest = lower
    model.plan = replace(lowest, machine=replace(PROCESSOR, free=lowest.need + 0.1))
    with pytest.raises(CannotDo, match="no room here for what follows control pictures"):
        model.run(tiny.asked("generate", control_edges=control()))
    assert model.run(tiny.asked("generate")).size == (tiny.SIDE, tiny.SIDE)


def test_a_plan_says_what_control_pictures_cost() -> None:
    sdxl, klein, turbo = (listed(name) for name in ("sdxl", "flux2-klein-4b", "sdxl-turbo"))
    assert sdxl and klein and turbo
    told = explained(plan(sdxl, Machine.pretended(12)))
    assert "control pictures (edges, sketch, depth and pose) with further weights: 2.3 GB for all" in told
    assert "Licence: Apache-2.0." in told
    assert "count as pictures that it follows" in explained(plan(klein, Machine.pretended(12)))
    assert "control" not in explained(plan(turbo, Machine.pretended(12)))


def test_a_net_is_needed_once_for_all_its_kinds() -> None:
    one, many = listed("sdxl"), listed("sd15")
    assert one and many and isinstance(one.control, Nets) and isinstance(many.control, Nets)
    kinds = ["edges", "pose"]
    assert len(one.control.needed(kinds)) == 1 and len(many.control.needed(kinds)) == 2
    assert one.control.needed([]) == () == many.control.needed(["palette"])
    assert Request("generate").controls == {}
