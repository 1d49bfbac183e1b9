"""FLUX.3, of which diffusers has blocks only: how it is asked, fetched from two repositories, and loaded."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import pytest
import torch

from studio.errors import BadInput, LicenceAsked, Stopped, Unsafe, WeightsError
from studio.models import catalog, loading
from studio.models.base import Progress
from studio.models.family import Beside, Checkpoint
from studio.models.fetching import Hub, obtain_part
from studio.models.fit import plan
from studio.models.flux3 import KLEIN
from studio.models.hardware import Machine
from studio.models.opening import Here, opened
from studio.models.records import Records
from studio.models.unknown import checkpoint_of
from tests import tiny
from tests.hub import Shop
from tests.hub import opened as served

PROCESSOR = Machine("cpu", "this processor", "cpu", 64, 64, 64, bf16=False)
REPO, UPSAMPLER = "painters/flux3", "painters/flux3-captions"
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The tiny one as its makers publish theirs: an index of blocks, and the upsampler in a repository of its
    own, to which the index points.
    """
    root = tmp_path_factory.mktemp("saved")
    pipe = tiny.tiny("flux3")[0]
    blocks = diffusers.Flux3DistilledAutoBlocks().init_pipeline()
    blocks.update_components(**pipe.components)
    blocks.save_pretrained(str(root / "flux3"), overwrite_modular_index=True)
    captions = root / "captions"
    shutil.move(root / "flux3" / "prompt_upsampler", captions)
    for file in (root / "flux3" / "prompt_upsampler_processor").iterdir():
        shutil.move(file, captions / file.name)
    (root / "flux3" / "prompt_upsampler_processor").rmdir()
    index = json.loads((root / "flux3" / "modular_model_index.json").read_text())
    for name in ("prompt_upsampler", "prompt_upsampler_processor"):
        index[name][2] |= {"pretrained_model_name_or_path": UPSAMPLER, "subfolder": ""}
    (root / "flux3" / "modular_model_index.json").write_text(json.dumps(index))
    return root / "flux3", captions


def known(**more: Any) -> Checkpoint:
    """The tiny checkpoint, as the family says what there is."""
    parts = dict.fromkeys(KLEIN.parts, 2.0)
    beside = (replace(KLEIN.beside[0], repo=UPSAMPLER),)
    return replace(tiny.tiny("flux3")[1], repo=REPO, parts=parts, beside=beside, **more)


def files(folder: Path) -> Mapping[str, bytes]:
    """All files below a folder."""
    return {f.relative_to(folder).as_posix(): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


# --- fetched and loaded -------------------------------------------------------------------------------------


def test_what_is_loaded_of_both_folders_draws_as_what_was_saved(saved: tuple[Path, Path]) -> None:
    folder, captions = saved
    seen: list[str] = []
    pipe = loading.load(
        known(), plan(known(), PROCESSOR), folder, lambda part, *rest: seen.append(part), beside=[captions]
    )
    model = tiny.DiffusersModel(pipe, known())
    for op in ("generate", "edit", "inpaint"):
        assert model.run(tiny.asked(op)).tobytes() == tiny.model("flux3").run(tiny.asked(op)).tobytes()
    assert sorted(seen) == sorted(KLEIN.parts)


def test_without_its_upsampler_it_is_not_loaded(saved: tuple[Path, Path], tmp_path: Path) -> None:
    empty = tmp_path / "captions"
    empty.mkdir()
    with pytest.raises(WeightsError):
        loading.load(known(), plan(known(), PROCESSOR), saved[0], beside=[empty])


def test_both_repositories_are_fetched_once_and_only_what_is_needed(
    saved: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    asked_for = known(licence=KLEIN.licence)
    monkeypatch.setattr("studio.models.opening.listed", lambda name: asked_for)
    more = {"example.safetensors": b"of another program", "quantised/model.safetensors": b"also"}
    shop = Shop({REPO: {**files(saved[0]), **more}, UPSAMPLER: {**files(saved[1]), "a/b.json": b"{}"}})
    records = Records(tmp_path / "records")
    with served(shop) as address:
        here = Here(PROCESSOR, records, Hub(address, tmp_path / "cache"))
        with pytest.raises(LicenceAsked, match="Kommunity"):
            opened("flux3", here)
        records.accept(KLEIN.licence)
        first = opened("flux3", here)
    again = opened("flux3", here)  # the hub is gone now
    drawn = [model.run(tiny.asked("edit")).tobytes() for model in (first, again)]
    assert drawn[0] == drawn[1] == tiny.model("flux3").run(tiny.asked("edit")).tobytes()
    assert first.card.key == again.card.key
    fetched = {name for repo in (REPO, UPSAMPLER) if (one := records.fetched(repo)) for name in one.files}
    assert not fetched & {*more, "a/b.json"}
    assert "modular_model_index.json" in fetched


def test_a_part_that_asks_for_code_is_refused(saved: tuple[Path, Path], tmp_path: Path) -> None:
    copy = Path(shutil.copytree(saved[1], tmp_path / "copy"))
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, "auto_map": {"AutoModel": "mine.Model"}}))
    with pytest.raises(Unsafe, match="asks for code"):
        obtain_part(str(copy), Records(tmp_path))


@pytest.mark.parametrize("hint", [["os", "system"], ["diffusers", "../up"], [None, None], "x", None, [1, 2]])
def test_an_index_of_blocks_that_names_something_else_is_refused(
    saved: tuple[Path, Path], tmp_path: Path, hint: Any
) -> None:
    copy = Path(shutil.copytree(saved[0], tmp_path / "copy"))
    index = json.loads((copy / "modular_model_index.json").read_text())
    index["transformer"][2]["type_hint"] = hint
    (copy / "modular_model_index.json").write_text(json.dumps(index))
    with pytest.raises((Unsafe, WeightsError)):
        loading.load(known(), plan(known(), PROCESSOR), copy, beside=[saved[1]])


def test_a_folder_of_it_is_known_by_its_blocks(saved: tuple[Path, Path]) -> None:
    described = checkpoint_of(saved[0])
    assert described.calls == KLEIN.calls and described.beside == ()
    assert set(described.parts) == {"transformer", "text_encoder", "vae"}
    pipe = loading.load(described, plan(described, PROCESSOR), saved[0])
    assert pipe.prompt_upsampler is None and pipe.distilled


def test_the_catalog_has_both_and_says_where_the_upsampler_is() -> None:
    both = [one for one in catalog.checkpoints() if one.name.startswith("flux3")]
    assert [one.steps for one in both] == [16, 50]
    assert all(isinstance(one.beside[0], Beside) and one.licence.terms for one in both)


def test_the_undistilled_one_is_guided_and_the_distilled_one_passes_once() -> None:
    passes: dict[str, int] = {}
    for name in ("flux3", "flux3_base"):
        counted: list[torch.Tensor] = []
        model = tiny.model(name)
        hook = model.pipe.transformer.register_forward_hook(lambda part, given, made: counted.append(made[0]))  # noqa: B023
        model.run(tiny.asked("generate", steps=3))
        hook.remove()
        passes[name] = len(counted)
    assert passes == {"flux3": 3, "flux3_base": 6}


# --- asked --------------------------------------------------------------------------------------------------


def test_things_are_put_where_a_layout_says() -> None:
    model = tiny.model("flux3")
    place = [{"name": "a fox", "box": (0.1, 0.2, 0.5, 0.6)}]
    plain, placed = (model.run(tiny.asked("edit", **more)) for more in ({}, {"layout": place}))
    assert plain.tobytes() != placed.tobytes()
    assert model.run(tiny.asked("generate", layout=place)).size == (tiny.SIDE, tiny.SIDE)
    masked = [model.run(tiny.asked("inpaint", **more)).tobytes() for more in ({}, {"layout": place})]
    assert masked[0] == masked[1], "a masked edit sees a part of the canvas, of which such boxes say nothing"


@pytest.mark.parametrize(
    "layout",
    [
        [{"name": "a fox"}], ["a fox"], [{"name": "a fox", "box": (0.5, 0, 0.2, 1)}],
        [{"name": "x", "box": "abcd"}], [{"name": "x", "box": (0, 0, 1)}],
        [{"name": "x", "box": (0, 0, 2, float("nan"))}],
    ],
)  # fmt: skip
def test_a_layout_that_is_none_is_refused(layout: Any) -> None:
    with pytest.raises(BadInput):
        tiny.model("flux3").run(tiny.asked("generate", layout=layout))


def test_a_caption_is_written_once_for_the_same_words_and_pictures() -> None:
    model = tiny.model("flux3")
    written: list[Any] = []
    hook = model.pipe.prompt_upsampler.register_forward_hook(lambda *made: written.append(made))
    try:
        model.run(tiny.asked("edit", seed=1))
        once = len(written)
        again = model.run(tiny.asked("edit", seed=2))
        assert once == len(written) > 0, "another seed has the same caption"
        model.run(tiny.asked("edit", seed=2, canvas=tiny.picture(9)))
        assert len(written) > once, "another picture has another one"
    finally:
        hook.remove()
    assert again.tobytes() == tiny.model("flux3").run(tiny.asked("edit", seed=2)).tobytes()


def test_a_caption_that_takes_long_says_so_and_can_be_stopped() -> None:
    pipe, known = tiny.tiny("flux3")
    call = known.calls["generate"]
    long = {"generate": replace(call, fixed={**call.fixed, "max_new_tokens": 40})}
    model = tiny.DiffusersModel(pipe, replace(known, calls=long))
    seen: list[Progress] = []
    expected = model.run(tiny.asked("generate", "a harbour", report=seen.append))
    steps = [progress.step for progress in seen]
    assert steps.count(0) >= 1 and steps[-3:] == [1, 2, 3] and seen[0].preview is None

    def stop(progress: Progress) -> None:
        raise Stopped("Stopped.")

    decoded: list[Any] = []
    hook = pipe.vae.decoder.register_forward_hook(lambda *made: decoded.append(made))
    with pytest.raises(Stopped):
        model.run(tiny.asked("generate", "a lighthouse", report=stop))
    hook.remove()
    assert decoded == [] and "beat" not in vars(pipe)
    assert model.run(tiny.asked("generate", "a harbour")).tobytes() == expected.tobytes()


def test_a_stop_is_no_mistake_that_blocks_shout_about(caplog: pytest.LogCaptureFixture) -> None:
    def stop(progress: Progress) -> None:
        raise Stopped("Stopped.")

    with pytest.raises(Stopped):
        tiny.model("flux3").run(tiny.asked("generate", report=stop))
    assert [said for said in caplog.records if "diffusers" in said.name] == []
