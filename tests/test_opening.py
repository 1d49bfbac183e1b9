"""From a name to a picture: of folders, of a hub that is a server on this machine, with too little memory."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from studio import Studio, models
from studio.errors import BadInput, CannotDo, LicenceAsked, NotFound, Stopped, Unsafe, WeightsError
from studio.models.base import Progress, Request, eye
from studio.models.catalog import checkpoints, listed
from studio.models.diffused import card_of
from studio.models.fetching import Hub
from studio.models.fit import explained, plan
from studio.models.fitted import Fitted
from studio.models.hardware import Machine
from studio.models.opening import Here, accept, is_name, opened
from studio.models.records import Records
from tests.hub import Shop
from tests.hub import opened as served
from tests.tiny import SIDE, asked, picture, pixels, tiny

PROCESSOR = Machine("cpu", "this processor", "cpu", 64, 64, 64)


@pytest.fixture(autouse=True)
def may_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub is on this machine: it may be asked where tests run with HF_HUB_OFFLINE, too."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)


@pytest.fixture
def here(tmp_path: Path) -> Here:
    """A processor, nothing accepted, and a hub that cannot be reached."""
    return Here(PROCESSOR, Records(tmp_path / "records"), Hub("http://127.0.0.1:9", tmp_path / "cache"))


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny pipeline as `save_pretrained` leaves it."""
    folder = tmp_path_factory.mktemp("saved") / "z_image"
    tiny("z_image")[0].save_pretrained(folder)
    return folder


def test_a_folder_is_a_model_s_name(saved: Path, here: Here) -> None:
    said: list[str] = []
    model = opened(str(saved), here, said.append)
    picture = model.run(asked("generate"))
    assert picture.size == (SIDE, SIDE)
    assert (pixels(picture) == pixels(model.run(asked("generate")))).all()
    assert model.card.ops >= {"generate", "edit"}
    assert said[0].startswith("Loading z_image:") and said[0].endswith("(1 of 3).")


def test_what_was_drawn_is_drawn_on_alike_after_a_restart(saved: Path, here: Here) -> None:
    model = opened(str(saved), here)
    first = model.run(asked("generate"))
    second = model.run(asked("edit", "a blue fox", canvas=first))
    again = opened(str(saved), here)
    assert list((here.records.folder / "latents").glob("*.safetensors"))
    assert again.run(asked("edit", "a blue fox", canvas=first)).tobytes() == second.tobytes()


def test_the_studio_says_how_far_its_model_is(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HOME", str(tmp_path / "hub"))
    studio = Studio(tmp_path / "studio", str(saved))
    assert studio.state()["saying"] == ""
    assert studio.model().card.name == "z_image"
    assert studio.state()["ready"]
    assert str(studio.state()["saying"]).startswith("Loading z_image:")
    studio.close()


def test_nobody_on_the_page_learns_where_things_are(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HOME", str(tmp_path / "hub"))
    broken = Path(shutil.copytree(saved, tmp_path / "broken"))
    (broken / "vae" / "diffusion_pytorch_model.safetensors").write_bytes(b"none")
    for folder in (saved, broken):
        studio = Studio(tmp_path / f"studio of {folder.name}", str(folder))
        assert studio.state()["model"] == folder.name
        session = studio.open("harbour")
        with contextlib.suppress(WeightsError, BadInput):
            session.say("a red fox", seed=1)
        told = [studio.state(), *(dict(session.receipt(v)) for v in session.timeline.versions)]
        told += [studio.export(session.key, "script")[1].decode()] if session.head else []
        assert len(told) == (3 if folder == saved else 1)
        assert str(tmp_path) not in str(told) and str(saved.parent) not in str(told)
        assert studio.state()["model"] == folder.name
        assert bool(studio.state()["fault"]) == (folder == broken)
        studio.close()


def test_other_weights_in_the_same_folder_have_another_key(saved: Path, here: Here) -> None:
    before = opened(str(saved), here).card.key
    (saved / "scheduler" / "scheduler_config.json").touch()
    assert opened(str(saved), here).card.key != before


def test_a_repository_of_no_family_is_fetched_once_its_terms_are_accepted(
    saved: Path, here: Here, tmp_path: Path
) -> None:
    files = {f.relative_to(saved).as_posix(): f.read_bytes() for f in saved.rglob("*") if f.is_file()}
    with served(Shop({"painters/tiny": files})) as address:
        near = replace(here, hub=Hub(address, tmp_path / "cache"))
        with pytest.raises(LicenceAsked, match="--accept-licence"):
            opened("painters/tiny", near)
        assert "painters/tiny" in accept("painters/tiny", near.records)
        said: list[str] = []
        first = opened("painters/tiny", near, said.append)
        assert any(sentence.startswith("Fetching painters/tiny") for sentence in said)
    # The hub is gone now, and is not needed.
    again = opened("painters/tiny", near)
    assert again.card.key == first.card.key
    assert first.run(asked("generate")).tobytes() == again.run(asked("generate")).tobytes()


def test_a_folder_with_code_in_it_is_refused(saved: Path, here: Here, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    for file in saved.rglob("*.json"):
        target = folder / file.relative_to(saved)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
    (folder / "pipeline.py").write_text("raise SystemExit")
    with pytest.raises(Unsafe, match=r"pipeline\.py"):
        opened(str(folder), here)


def test_auto_without_a_card_is_the_embedded_model(here: Here) -> None:
    assert opened("auto", here).card.name == "pocket"


def test_what_does_not_fit_is_said_before_anything_is_fetched(here: Here) -> None:
    small = replace(here, machine=replace(PROCESSOR, free=2.0, total=2.0, ram=2.0))
    with pytest.raises(CannotDo, match=r"does not fit: it needs .* GB"):
        opened("flux2-klein-4b", small)


def test_terms_are_asked_for_before_anything_else(here: Here) -> None:
    with pytest.raises(LicenceAsked, match="non-commercial"):
        opened("dreamlite", here)


@pytest.mark.parametrize("name", ["nothing", "a/b/c", "../up", "owner/", "/", "", "a b/c", "owner/na\nme"])
def test_what_is_no_name_is_not_found(name: str) -> None:
    assert not is_name(name) or Path(name).is_dir()
    if not Path(name).is_dir():
        with pytest.raises(NotFound, match="There is no model"):
            models.check(name)


def test_every_checkpoint_is_a_name() -> None:
    for one in checkpoints():
        models.check(one.name)
    models.check("auto")
    models.check("black-forest-labs/FLUX.2-klein-4B")


def test_a_fitted_model_looks_with_what_it_wraps(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pocket = models.load("pocket")
    monkeypatch.setattr(Fitted, "_loaded", lambda self: pocket)
    model = fitted(saved)
    drawn = model.run(Request("generate", "a red apple on a green meadow", params={"seed": 5}))
    assert model.card.sees
    assert [thing.name for thing in eye(model).see(drawn)] == [thing.name for thing in eye(pocket).see(drawn)]
    assert "apple" in [thing.name for thing in eye(model).see(drawn)]
    assert eye(model).select(drawn, "the apple").getbbox() is not None
    assert eye(model).compare(drawn, "a red apple") == ()


def test_a_fitted_model_that_does_not_see_says_so(saved: Path) -> None:
    with pytest.raises(CannotDo, match="does not see"):
        fitted(saved).see(picture())


def test_a_card_and_a_plan_say_whether_the_text_encoder_talks_and_looks() -> None:
    minds = {one.name: (card_of(one, "bf16").talks, card_of(one, "bf16").looks) for one in checkpoints()}
    assert minds["flux2-klein-4b"] == (True, False)
    assert minds["qwen-image-edit-2511"] == minds["flux3-klein"] == (True, True)
    assert minds["sdxl"] == (False, False)
    words = [explained(plan(listed(name), PROCESSOR)) for name in ("flux3-klein", "flux2-klein-4b", "sdxl")]
    assert "talks and looks at pictures" in words[0]
    assert "talks, and is shown no pictures" in words[1]
    assert "only encodes" in words[2]


# --- when memory runs out: really, by a picture that no machine has room for

ENORMOUS: Mapping[str, int] = {"width": 2**25, "height": 2**25}


def fitted(saved: Path) -> Fitted:
    """A model that is planned as if it were a real one, so that there are steps down."""
    parts = dict.fromkeys(("transformer", "text_encoder", "vae"), 2.0)
    known = replace(tiny("z_image")[1], parts=parts, working=1024)
    return Fitted(known, plan(known, PROCESSOR), saved)


def test_when_memory_runs_out_the_next_lower_plan_is_loaded(saved: Path) -> None:
    model = fitted(saved)
    before, key = model.plan, model.card.key
    with pytest.raises(CannotDo, match="ask once more"):
        model.run(asked("generate", **ENORMOUS))
    assert model.plan == before.lower()
    assert model.card.key != key
    assert model.run(asked("generate")).size == (SIDE, SIDE)


def test_a_stopped_run_leaves_the_next_one_unharmed(saved: Path) -> None:
    def stop(progress: Progress) -> None:
        raise Stopped("Stopped.")

    model = fitted(saved)
    before = model.run(asked("generate"))
    with pytest.raises(Stopped):
        model.run(asked("generate", "another", report=stop))
    assert model.run(asked("generate")).tobytes() == before.tobytes()


def test_a_smaller_plan_is_on_the_card(saved: Path) -> None:
    model = fitted(saved)
    assert model.card.working == model.plan.working == 1024
    while model.card.working == 1024:
        with pytest.raises(CannotDo, match="ask once more"):
            model.run(asked("generate", **ENORMOUS))
    assert model.card.working == model.plan.working == 768


def test_at_the_end_of_the_ladder_the_refusal_stands(saved: Path) -> None:
    model = fitted(saved)
    rungs = 0
    while model.plan.lower() is not None:
        with pytest.raises(CannotDo, match="ask once more"):
            model.run(asked("generate", **ENORMOUS))
        rungs += 1
    assert rungs >= 2
    last = model.plan
    with pytest.raises(CannotDo, match="not enough memory"):
        model.run(asked("generate", **ENORMOUS))
    assert model.plan == last
    assert model.run(asked("generate")).size == (SIDE, SIDE)
