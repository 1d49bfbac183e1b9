"""LoRAs: found, judged, pinned, loaded, weighted, combined, and gone again, on tiny pipelines."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from PIL import Image

from studio.errors import BadInput, CannotDo, NotFound, Stopped
from studio.models import loras
from studio.models.adapting import DISTILLED
from studio.models.base import Progress
from studio.models.diffused import DiffusersModel
from studio.models.kept import Kept
from tests import tiny
from tests.tiny_loras import READING, TARGETS, lora

FAMILIES = tuple(tiny.FAMILIES)
OF = {"sd15": "sd15", "sdxl": "sdxl", "kontext": "flux1", "klein": "flux2", "qwen_edit": "qwen-image",
      "qwen21": "qwen-image-2.1", "z_image": "z-image", "dreamlite": None}  # fmt: skip
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A library with nothing in it."""
    folder = tmp_path / loras.FOLDER
    folder.mkdir()
    return folder


def model(name: str, folder: Path) -> DiffusersModel:
    """The tiny model with that library."""
    pipe, checkpoint = tiny.tiny(name)
    return DiffusersModel(pipe, checkpoint, kept=Kept(name), preview=tiny.glimpses(name), library=folder)


def drawn(model: DiffusersModel, op: str = "edit", folder: Path | None = None, **more: Any) -> bytes:
    """What it draws, asked as a session does: with its parameters frozen."""
    request = tiny.asked(op, **more)
    params = loras.frozen(request.params, folder or model._library)
    return model.run(replace(request, params=params)).tobytes()


# --- on every family


@pytest.mark.parametrize("name", FAMILIES)
def test_a_lora_changes_what_is_drawn_and_without_it_every_byte_is_as_before(name: str, folder: Path) -> None:
    lora(name, folder / "ink.safetensors")
    fresh = model(name, folder)
    bare = drawn(fresh)
    inked = drawn(fresh, loras={"ink": 1})
    assert inked != bare
    assert drawn(fresh) == bare, "off again"
    assert drawn(fresh, loras={"ink": 1}) == inked, "and on again"
    assert drawn(fresh, loras={"ink": 0}) == bare, "a weight of nothing is no LoRA"
    assert drawn(fresh, loras={"ink": 0.4}) not in (bare, inked)
    assert drawn(model(name, folder), loras={"ink": 1}) == inked, "another model comes to the same"


@pytest.mark.parametrize("name", FAMILIES)
def test_several_are_combined_by_their_weights_in_whatever_order_they_are_named(
    name: str, folder: Path
) -> None:
    lora(name, folder / "ink.safetensors", 1)
    lora(name, folder / "gold.safetensors", 2, rank=3)
    one = model(name, folder)
    both = drawn(one, loras={"ink": 1, "gold": 0.5})
    assert both not in (drawn(one, loras={"ink": 1}), drawn(one, loras={"gold": 0.5}))
    assert both != drawn(one, loras={"ink": 0.5, "gold": 1})
    assert both == drawn(model(name, folder), loras={"gold": 0.5, "ink": 1})


@pytest.mark.parametrize("name", FAMILIES)
def test_every_ability_draws_with_it_over_the_same_weights(name: str, folder: Path) -> None:
    lora(name, folder / "ink.safetensors")
    one = model(name, folder)
    for op in one.checkpoint.calls:
        bare = drawn(one, op)
        assert drawn(one, op, loras={"ink": 1}) != bare
        assert drawn(one, op) == bare


@pytest.mark.parametrize("name", FAMILIES)
def test_a_run_with_a_lora_that_is_stopped_leaves_the_next_one_unharmed(name: str, folder: Path) -> None:
    lora(name, folder / "ink.safetensors")
    one = model(name, folder)
    bare, inked = drawn(one), drawn(one, loras={"ink": 1})

    def stop(progress: Progress) -> None:
        raise Stopped("Stopped.")

    with pytest.raises(Stopped):
        drawn(one, loras={"ink": 1}, report=stop)
    assert drawn(one) == bare
    assert drawn(one, loras={"ink": 1}) == inked


@pytest.mark.parametrize("name", FAMILIES)
def test_the_card_says_whose_loras_it_takes(name: str, folder: Path) -> None:
    assert model(name, folder).card.loras == OF[name]


# --- strength


@pytest.mark.parametrize("name", ["sd15", "klein", "z_image"])
def test_a_file_s_own_strength_is_kept(name: str, folder: Path) -> None:
    """Alpha is in the words of the file. Twice as strong is the same as twice the weight."""
    lora(name, folder / "soft.safetensors", alpha=2)
    lora(name, folder / "strong.safetensors", alpha=4)
    one = model(name, folder)
    assert drawn(one, loras={"strong": 1}) == drawn(one, loras={"soft": 2})
    assert drawn(one, loras={"strong": 1}) != drawn(one, loras={"soft": 1})


def test_strengths_are_what_diffusers_makes_of_the_same_file(folder: Path) -> None:
    """Patterns and the square root of the rank too: compared with diffusers reading the configuration."""
    config = {"rank_pattern": {"attn1.to_q": 4}, "alpha_pattern": {"attn1.to_q": 3}, "use_rslora": True}
    file = lora("sd15", folder / "ink.safetensors", **config)


# --- text encoders


@pytest.mark.parametrize("name", ["sd15", "sdxl", "kontext"])
def test_what_reads_the_words_is_adapted_too_and_the_same_words_are_read_anew(
    name: str, folder: Path
) -> None:
    """What was kept of an encoding without the LoRA is not taken for one with it, nor the other way round."""
    lora(name, folder / "reader.safetensors", parts=["text_encoder"])
    lora(name, folder / "both.safetensors", 2, parts=["text_encoder", tiny.tiny(name)[1].drawing])
    one = model(name, folder)
    bare = drawn(one, "generate")
    read = drawn(one, "generate", loras={"reader": 1})
    both = drawn(one, "generate", loras={"reader": 1, "both": 0.5})
    assert len({bare, read, both, drawn(one, "generate", loras={"both": 0.5})}) == 4
    assert drawn(one, "generate") == bare
    assert drawn(one, "generate", loras={"reader": 1}) == read
    assert drawn(one, "generate", loras={"reader": 1, "both": 0.5}) == both


# --- what stays loaded


def test_what_is_used_stays_loaded_and_what_is_not_goes_when_others_come(folder: Path) -> None:
    for seed, name in enumerate(("ink", "gold", "clay")):
        lora("klein", folder / f"{name}.safetensors", seed)
    one = model("klein", folder)
    for asked in ({"ink": 1}, {}, {"ink": 1, "gold": 1}, {"gold": 0.5, "clay": 1}):
        drawn(one, loras=asked)
    there = {item.name: f"lora_{item.digest}" for item in loras.library(folder)}
    assert set(one.pipe.transformer.peft_config) == {there["gold"], there["clay"]}


def test_a_few_step_lora_that_is_always_on_stays_on(folder: Path) -> None:
    file = lora("sd15", folder / "fast.safetensors", 5)
    lora("sd15", folder / "ink.safetensors")
    pipe, checkpoint = tiny.FAMILIES["sd15"]()
    pipe.set_progress_bar_config(disable=True)
    plain = drawn(DiffusersModel(pipe, checkpoint, library=folder))
    pipe.load_lora_weights(file.parent, weight_name=file.name, adapter_name=DISTILLED)
    one = DiffusersModel(pipe, checkpoint, library=folder)
    fast = drawn(one)
    assert fast != plain
    assert drawn(one, loras={"ink": 1}) != fast
    assert drawn(one) == fast


@pytest.mark.parametrize("name", ["sd15", "klein"])
def test_parts_that_wait_off_the_card_take_them_and_wait_again(name: str, folder: Path) -> None:
    lora(name, folder / "ink.safetensors")
    pipe, checkpoint = tiny.FAMILIES[name]()
    pipe.set_progress_bar_config(disable=True)
    one = DiffusersModel(pipe, checkpoint, library=folder)
    bare = drawn(one)
    inked = drawn(one, loras={"ink": 1})
    pipe.unload_lora_weights()
    pipe.enable_model_cpu_offload(device="cpu")
    assert drawn(one, loras={"ink": 1}) == inked
    assert drawn(one) == bare
    assert pipe._all_hooks and all(hasattr(part, "_hf_hook") for part in (pipe.vae, pipe.text_encoder))


def test_layers_that_come_one_group_at_a_time_take_them(folder: Path) -> None:
    lora("klein", folder / "ink.safetensors")
    pipe, checkpoint = tiny.FAMILIES["klein"]()
    pipe.set_progress_bar_config(disable=True)
    one = DiffusersModel(pipe, checkpoint, library=folder)
    bare, inked = drawn(one), drawn(one, loras={"ink": 1})
    pipe.unload_lora_weights()
    pipe.enable_group_offload(onload_device=torch.device("cpu"), offload_type="leaf_level")
    assert drawn(one, loras={"ink": 1}) == inked
    assert drawn(one) == bare


def test_weights_kept_in_eight_bits_take_them(folder: Path) -> None:
    lora("klein", folder / "ink.safetensors")
    pipe, checkpoint = tiny.FAMILIES["klein"]()
    pipe.set_progress_bar_config(disable=True)
    pipe.transformer.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=torch.float32)
    one = DiffusersModel(pipe, checkpoint, library=folder)
    bare = drawn(one)
    inked = drawn(one, loras={"ink": 1})
    assert inked != bare and drawn(one) == bare and drawn(one, loras={"ink": 1}) == inked
