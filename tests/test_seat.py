"""Another model while the page is up: the old one draws on, is let go of, and comes back if need be."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from studio import Studio
from studio.errors import CannotDo, LicenceAsked, NotFound, Stopped, StudioError
from studio.models.choosing import FITS, choices
from studio.models.fetching import Hub
from studio.models.fitted import Fitted
from studio.models.hardware import Machine
from studio.models.opening import Here, room
from studio.models.records import Records
from studio.models.swatch import Swatch
from tests.hub import Shop
from tests.hub import opened as served
from tests.tiny import asked, tiny

PROCESSOR = Machine("cpu", "this processor", "cpu", 64, 64, 64)
REPO = "painters/tiny"


@pytest.fixture(autouse=True)
def may_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub is on this machine: it may be asked where tests run with HF_HUB_OFFLINE, too."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny pipeline as `save_pretrained` leaves it."""
    folder = tmp_path_factory.mktemp("saved") / "z_image"
    tiny("z_image")[0].save_pretrained(folder)
    return folder


@pytest.fixture
def broken(saved: Path, tmp_path: Path) -> Path:
    """The same with weights that are none."""
    folder = Path(shutil.copytree(saved, tmp_path / "broken"))
    (folder / "vae" / "diffusion_pytorch_model.safetensors").write_bytes(b"none")
    return folder


@pytest.fixture
def shop(saved: Path) -> Shop:
    """A hub with that pipeline, which gives no weights before it is `opened`."""
    files = {f.relative_to(saved).as_posix(): f.read_bytes() for f in saved.rglob("*") if f.is_file()}
    return Shop({REPO: files}, slow=True)


Begin = Callable[..., Studio]


@pytest.fixture
def begin(tmp_path: Path, shop: Shop) -> Iterator[Begin]:
    """`begin(model)` is a studio on a processor, with the hub of the shop."""
    begun: list[Studio] = []

    with served(shop) as address:
        here = Here(PROCESSOR, Records(tmp_path / "records"), Hub(address, tmp_path / "cache"))

        def begin(model: str | Swatch) -> Studio:
            begun.append(Studio(tmp_path / "studio", model, here=lambda: here))
            return begun[-1]

        yield begin
        shop.opened.set()
        for studio in begun:
            studio.close()


def drawn_by(studio: Studio, key: str, words: str, **more: object) -> str:
    """Say it and wait: the model that the receipt names."""
    job = studio.say(key, words, seed=1, settings={"steps": 1, "width": 64, "height": 64})
    assert job.wait(120), job.events
    assert job.error is None, job.error
    session = studio.session(key)
    assert session.head is not None
    return str(session.receipt(session.head.id)["model"]).split("@")[0]


def test_sessions_draw_on_with_another_model(begin: Begin, saved: Path) -> None:
    studio = begin(Swatch())
    key = studio.create()
    assert drawn_by(studio, key, "a red fox") == "swatch-1"
    first = studio.model()
    assert studio.use(str(saved)).result(120).card.name == "z_image"
    assert studio.state()["model"] == "z_image" and studio.state()["changing"] is None
    assert drawn_by(studio, key, "new picture: a blue fox") == "z_image"
    assert studio.use("swatch").result(120) is first, "what was given is not let go of"
    assert drawn_by(studio, key, "new picture: a green fox") == "swatch-1"


def test_the_old_weights_are_let_go_of(begin: Begin, saved: Path) -> None:
    studio = begin(str(saved))
    old = studio.model()
    assert isinstance(old, Fitted)
    assert room(replace(PROCESSOR, free=32.0), old).free > 32.0
    pipe = old._model.pipe
    studio.use("swatch").result(120)
    assert pipe.transformer is None and pipe.vae is None
    with pytest.raises(CannotDo, match="not loaded any more"):
        old.run(asked("generate"))


def test_what_is_being_drawn_is_drawn_to_its_end_by_the_old_model(begin: Begin, saved: Path) -> None:
    studio = begin(Swatch(pause=0.2))
    key = studio.create()
    studio.model()
    job = studio.say(key, "a red fox", seed=1)
    studio.use(str(saved)).result(120)
    assert job.state == "done"
    session = studio.session(key)
    assert session.head is not None and session.receipt(session.head.id)["model"] == "swatch-1"


def test_a_model_that_cannot_be_loaded_says_so_and_the_old_one_draws_again(
    begin: Begin, saved: Path, broken: Path, tmp_path: Path
) -> None:
    studio = begin(str(saved))
    key = studio.create()
    assert drawn_by(studio, key, "a red fox") == "z_image"
    with pytest.raises(StudioError, match=r"vae/.* is not a safetensors file"):
        studio.use(str(broken)).result(120)
    state = studio.state()
    assert state["ready"] and state["model"] == "z_image" and state["fault"] is None
    assert "not a safetensors file" in str(state["refused"]) and str(tmp_path) not in str(state)
    assert drawn_by(studio, key, "new picture: a blue fox") == "z_image"
    studio.use("swatch").result(120)
    assert studio.state()["refused"] is None


def test_a_first_model_that_cannot_be_loaded_is_no_end(begin: Begin, broken: Path) -> None:
    studio = begin(str(broken))
    with pytest.raises(StudioError):
        studio.model()
    assert "not a safetensors file" in str(studio.state()["fault"])
    studio.use("swatch").result(120)
    assert studio.state()["fault"] is None and drawn_by(studio, studio.create(), "a fox") == "swatch-1"


def test_terms_are_asked_for_and_then_it_is_fetched_while_the_old_model_draws(
    begin: Begin, shop: Shop
) -> None:
    studio = begin(Swatch())
    key = studio.create()
    with pytest.raises(LicenceAsked, match="panel"):
        studio.use(REPO).result(120)
    assert not any(".safetensors" in request for request in shop.asked)
    assert REPO in studio.accept(REPO)
    coming = studio.use(REPO)
    assert studio.use(REPO) is coming, "to ask twice is to ask once"
    assert drawn_by(studio, key, "a red fox") == "swatch-1"
    assert not coming.done() and studio.state()["changing"] == REPO and studio.state()["ready"]
    shop.opened.set()
    coming.result(120)
    assert drawn_by(studio, key, "new picture: a blue fox") == REPO


def test_fetching_is_stopped_by_hand_or_by_another_choice(begin: Begin, shop: Shop, saved: Path) -> None:
    studio = begin(Swatch())
    studio.accept(REPO)
    studio.model()
    coming = studio.use(REPO)
    studio.use(str(saved)).result(120)
    shop.opened.set()
    with pytest.raises(Stopped, match="kept"):
        coming.result(120)
    assert studio.state()["model"] == "z_image" and studio.state()["refused"] is None
    shop.opened.clear()
    coming = studio.use(REPO)
    studio.halt()
    shop.opened.set()
    with pytest.raises(Stopped):
        coming.result(120)
    assert studio.state()["model"] == "z_image" and studio.state()["refused"] is None


def test_another_choice_helps_who_waits_for_a_first_model_that_is_still_fetched(
    begin: Begin, shop: Shop
) -> None:
    studio = begin(REPO)
    studio.accept(REPO)
    key = studio.create()
    studio.warm()
    job = studio.say(key, "a red fox")
    while job.state == "queued":
        time.sleep(0.01)
    studio.use("swatch").result(120)
    assert job.wait(120) and job.state == "done"


def test_of_many_choices_the_last_one_counts(begin: Begin, saved: Path, broken: Path) -> None:
    studio = begin(Swatch())
    for name in (str(saved), str(broken), "swatch", str(saved), "swatch", str(saved)):
        last = studio.use(name)
    assert last.result(120).card.name == "z_image"
    assert studio.model() is last.result() and studio.state()["changing"] is None


def test_a_name_that_can_be_no_model_is_refused_at_once(begin: Begin) -> None:
    studio = begin(Swatch())
    with pytest.raises(NotFound, match="no model 'nothing'"):
        studio.use("nothing")
    assert studio.model().card.name == "swatch"


# --- what there is to choose from


def test_every_model_is_listed_with_how_it_gets_on_with_the_machine(tmp_path: Path) -> None:
    here = Here(Machine.pretended(12), Records(tmp_path), Hub("http://127.0.0.1:9", tmp_path / "cache"))
    listed = choices(here, {})
    assert {one.fits for one in listed} == {"here", "well", "slowly", "not"}
    assert [one.fits for one in listed] == sorted((o.fits for o in listed), key=list(FITS).index)
    klein = next(one for one in listed if one.name == "flux2-klein-4b")
    assert (klein.fits, klein.accepted, klein.here, klein.family) == ("well", True, False, "FLUX.2")
    assert klein.gigabytes > 10 and "it fits" in klein.verdict and "part" in klein.table
    assert not next(one for one in listed if one.name == "dreamlite").accepted
    assert [one.name for one in listed if one.best] == ["flux2-klein-4b"]
    none = choices(replace(here, machine=Machine.pretended(0)), {})
    assert [one.name for one in none if one.best] == ["pocket"]
    assert "well" not in {one.fits for one in none}


def test_folders_of_the_studio_are_listed_and_used_by_name(begin: Begin, saved: Path, broken: Path) -> None:
    studio = begin(Swatch())
    shutil.copytree(saved, studio.store.folder / "models" / "my painter")
    folder = Path(shutil.copytree(broken, studio.store.folder / "models" / "odd"))
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "Nothing"}))
    found = {one.name: one for one in studio.models() if one.family == "Folders"}
    assert found["my painter"].here and found["my painter"].fits == "slowly"
    assert found["odd"].fits == "not" and "Nothing" in found["odd"].verdict
    assert studio.use("my painter").result(120).card.name == "my-painter"
    assert studio.state()["model"] == "my-painter"
