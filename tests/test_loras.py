"""LoRAs: found, judged, pinned, loaded, weighted, combined, and gone again, on tiny pipelines."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import peft
import pytest
import safetensors.torch
import torch
from diffusers.utils import peft_utils

from studio import Studio
from studio.errors import BadInput, CannotDo, NotFound, Stopped, StudioError
from studio.models import loras
from studio.models.base import Progress
from studio.models.diffused import DiffusersModel
from studio.models.family import DISTILLED
from studio.models.kept import Kept
from tests import tiny
from tests.tiny_loras import lora

FAMILIES = tuple(tiny.FAMILIES)
OF = {"sd15": "sd15", "sdxl": "sdxl", "kontext": "flux1", "klein": "flux2", "qwen_edit": "qwen-image",
      "qwen21": "qwen-image-2.1", "z_image": "z-image", "dreamlite": "dreamlite", "flux3": "flux3",
      "flux3_base": "flux3"}  # fmt: skip
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A library with nothing in it."""
    folder = tmp_path / loras.FOLDER
    folder.mkdir()
    return folder


@pytest.fixture(autouse=True, scope="module")
def left_as_they_were() -> Iterator[None]:
    """What was used last stays loaded; other tests save these pipelines, and would save that too."""
    yield
    for name in FAMILIES:
        pipe, known = tiny.tiny(name)
        for part in (known.drawing, "text_encoder", "text_encoder_2"):
            if hasattr(host := getattr(pipe, part, None), "modules"):
                peft_utils.recurse_remove_peft_layers(host)
                vars(host).pop("peft_config", None)


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


@pytest.mark.parametrize(
    "config",
    [
        {"rank_pattern": {"attn1.to_q": 4}, "alpha_pattern": {"attn1.to_q": 3}},
        {"use_rslora": True},
        {"alpha_pattern": {"to_v": 1}, "rank_pattern": {"to_v": 3}, "use_rslora": True},
    ],
)
def test_strengths_are_what_diffusers_makes_of_the_same_file(folder: Path, config: dict[str, Any]) -> None:
    """Patterns, and the square root of the rank."""
    lora("sd15", folder / "ink.safetensors", size=0.1, **config)
    ours = model("sd15", folder)
    bare, found = drawn(ours), drawn(ours, loras={"ink": 1})
    pipe, checkpoint = tiny.tiny("sd15")
    parts = {**pipe.components, "unet": copy.deepcopy(pipe.unet)}
    other = type(pipe)(**parts, requires_safety_checker=False)
    other.set_progress_bar_config(disable=True)
    other.unload_lora_weights()
    other.load_lora_weights(folder, weight_name="ink.safetensors")
    expected = drawn(DiffusersModel(other, checkpoint, library=folder))
    levels = [np.frombuffer(one, np.uint8).astype(int) for one in (found, expected, bare)]
    assert abs(levels[0] - levels[1]).max() <= 1 < abs(levels[0] - levels[2]).max()


@pytest.mark.parametrize("name", ["sd15", "sdxl"])
def test_names_and_strengths_of_another_trainer_come_to_the_same(name: str, folder: Path) -> None:
    """The form in which most LoRAs are shared: flat names, "down" and "up", and alpha as a tensor."""
    lora(name, folder / "ink.safetensors", alpha=8)
    tensors = safetensors.torch.load_file(folder / "ink.safetensors")
    flat = {}
    for key, tensor in tensors.items():
        module = key.split(".lora_")[0].replace("unet.", "lora_unet_").replace(".", "_")
        side = "down" if ".lora_A." in key else "up"
        flat[f"{module}.lora_{side}.weight"] = tensor
        flat[f"{module}.alpha"] = torch.tensor(8.0)
    safetensors.torch.save_file(flat, folder / "flat.safetensors")
    one = model(name, folder)
    assert drawn(one, loras={"flat": 1}) == drawn(one, loras={"ink": 1})


def test_a_prefix_of_another_program_is_understood(folder: Path) -> None:
    lora("z_image", folder / "ink.safetensors", alpha=2)
    tensors = safetensors.torch.load_file(folder / "ink.safetensors")
    named = {key.replace("transformer.", "diffusion_model."): tensor for key, tensor in tensors.items()}
    safetensors.torch.save_file(named, folder / "named.safetensors")
    one = model("z_image", folder)
    assert drawn(one, loras={"named": 1}) == drawn(one, loras={"ink": 1})


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
    one = DiffusersModel(pipe, checkpoint, library=folder)
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


# --- what a file may be


def test_a_library_lists_what_is_in_the_folder_with_its_card(folder: Path) -> None:
    lora("klein", folder / "ink.safetensors")
    lora("klein", folder / "Old Photo-1.2.safetensors")
    card = {
        "title": "Ink  wash", "prompt": "ink wash style", "weight": 0.8, "family": "flux2",
        "licence": "CC BY 4.0", "steps": 6, "guidance": 2.5, "file": "../../etc/passwd",
    }  # fmt: skip
    (folder / "ink.json").write_text(json.dumps(card))
    (folder / "notes.txt").write_text("not one of them")
    bare, ink = loras.library(folder)
    assert (bare.name, bare.title, bare.weight, bare.wrong) == ("Old Photo-1.2", "Old Photo-1.2", 1.0, "")
    assert ink == loras.LoRA(
        "ink", ink.file, "Ink wash", "ink wash style", 0.8, "flux2", "CC BY 4.0", 6, 2.5, ""
    )
    assert loras.library(None) == loras.library(folder / "no such") == ()


WIDTHS = {  # of the words or the blocks of the real models, which tell them apart
    "sd15": ("unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k", 768),
    "sdxl": ("lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k", 2048),
    "flux1": ("transformer.single_transformer_blocks.30.proj_mlp", 3072),
    "flux2": ("transformer.single_transformer_blocks.3.attn.to_qkv_mlp_proj", 3072),
    "qwen-image": ("transformer.transformer_blocks.3.img_mlp.net.2", 12288),
    "qwen-image-2.1": ("transformer.transformer_blocks.3.img_mlp.gate_layer", 4096),
    "fibo-2": ("transformer.layers.3.attention.to_q", 3584),
    "z-image": ("diffusion_model.layers.3.attention.to_q", 3840),
    "sd3": ("transformer.transformer_blocks.3.attn.to_q", 2432),
    "kandinsky-5": ("transformer.visual_transformer_blocks.3.self_attention.to_query", 2560),
}


@pytest.mark.parametrize("family", WIDTHS)
def test_the_family_is_told_from_the_tensors(family: str, folder: Path) -> None:
    module, width = WIDTHS[family]
    old = module.startswith("lora_")
    down, up = ("lora_down", "lora_up") if old else ("lora_A", "lora_B")
    tensors = {f"{module}.{down}.weight": torch.zeros(2, width), f"{module}.{up}.weight": torch.zeros(8, 2)}
    if old:
        tensors[f"{module}.alpha"] = torch.tensor(2.0)
    safetensors.torch.save_file(tensors, folder / "it.safetensors")
    (one,) = loras.library(folder)
    assert (one.family, one.wrong) == (family, "")
    assert loras.fitting(folder, family) == (one,) and loras.fitting(folder, "longcat") == ()


def _pickled(folder: Path) -> None:
    torch.save({"a": torch.zeros(1)}, folder / "bad.pt")


def _not_one(folder: Path) -> None:
    (folder / "bad.safetensors").write_bytes(b"\x80\x04" * 99)


def _cut_short(folder: Path) -> None:
    file = lora("klein", folder / "bad.safetensors")
    file.write_bytes(file.read_bytes()[:-99])


def _a_whole_model(folder: Path) -> None:
    safetensors.torch.save_file({"unet.conv_in.weight": torch.zeros(4)}, folder / "bad.safetensors")


def _norms_too(folder: Path) -> None:
    """A control LoRA of FLUX.1 would replace the model's own norms."""
    tensors = safetensors.torch.load_file(lora("kontext", folder / "bad.safetensors"))
    tensors["transformer.transformer_blocks.0.attn.norm_q.weight"] = torch.zeros(16)
    safetensors.torch.save_file(tensors, folder / "bad.safetensors")


def _nothing_in_it(folder: Path) -> None:
    safetensors.torch.save_file({}, folder / "bad.safetensors")


def _leads_out(folder: Path) -> None:
    (folder / "bad.safetensors").symlink_to(lora("klein", folder.parent / "elsewhere.safetensors"))


def _another_family(folder: Path) -> None:
    lora("klein", folder / "bad.safetensors")
    (folder / "bad.json").write_text('{"family": "sdxl"}')


def _card_with(said: str) -> Any:
    def made(folder: Path) -> None:
        lora("klein", folder / "bad.safetensors")
        (folder / "bad.json").write_text(said)

    return made


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (_pickled, "could run code"),
        (_not_one, "not a safetensors file"),
        (_cut_short, "a part of it is missing"),
        (_a_whole_model, "no part of one"),
        (_norms_too, "no part of one"),
        (_nothing_in_it, "empty"),
        (_leads_out, "leads out"),
        (_another_family, "says sdxl, and its weights are for flux2"),
        (_card_with("[1, 2]"), "not a table"),
        (_card_with('{"weight": NaN}'), "weight"),
        (_card_with('{"weight": 1e9}'), "weight"),
        (_card_with('{"title": ""}'), "title"),
        (_card_with('{"prompt": ["a"]}'), "prompt"),
        (_card_with('{"steps": true}'), "steps"),
        (_card_with('{"family": "any"}'), "family"),
    ],
)
def test_a_hostile_file_is_listed_with_what_is_wrong_and_never_loaded(
    made: Any, words: str, folder: Path
) -> None:
    made(folder)
    (one,) = loras.library(folder)
    assert words in one.wrong and str(folder) not in one.wrong
    assert loras.fitting(folder, one.family) == ()
    with pytest.raises(CannotDo, match=words):
        loras.frozen({"loras": {"bad": 1}}, folder)


@pytest.mark.parametrize(
    "name", ["../ink", "/etc/passwd", "ink.safetensors", "", "ink@", "INK", "a" * 500, "ink\0"]
)
def test_a_name_is_only_ever_looked_up_among_those_that_are_there(name: str, folder: Path) -> None:
    lora("klein", folder.parent / "elsewhere.safetensors")
    lora("klein", folder / "ink.safetensors")
    if name == "ink@":
        assert set(loras.frozen({"loras": {name: 1}}, folder)["loras"]) == {loras.library(folder)[0].pinned}
        return
    with pytest.raises(NotFound, match="There is no LoRA"):
        loras.frozen({"loras": {name: 1}}, folder)


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), 99, "1", True, [1]])
def test_a_weight_is_a_number_within_reason(weight: Any, folder: Path) -> None:
    lora("klein", folder / "ink.safetensors")
    with pytest.raises(BadInput, match="weight is a number"):
        loras.frozen({"loras": {"ink": weight}}, folder)


def test_a_file_cannot_configure_anything_but_ranks_and_strengths(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its words become arguments of peft where diffusers reads them: some change the model's own weights,
    one names a module to import.
    """
    lora("klein", folder / "ink.safetensors")
    clean = drawn(model("klein", folder), loras={"ink": 1})
    tensors = safetensors.torch.load_file(folder / "ink.safetensors")
    config = {
        "r": 2, "lora_alpha": 8, "init_lora_weights": "pissa", "megatron_config": {"a": 1},
        "megatron_core": "antigravity", "target_modules": "(a+)+$", "layer_replication": [[0, 9]],
        "alpha_pattern": {"(a+)+$": 9},
    }  # fmt: skip
    about = {"lora_adapter_metadata": json.dumps({f"transformer.{k}": v for k, v in config.items()})}
    safetensors.torch.save_file(tensors, folder / "ink.safetensors", metadata=about)
    given: list[dict[str, Any]] = []
    own = peft.LoraConfig.__init__
    monkeypatch.setattr(
        peft.LoraConfig, "__init__", lambda self, *a, **more: (given.append(more), own(self, *a, **more))[1]
    )
    assert drawn(model("klein", folder), loras={"ink": 1}) == clean
    asked = set().union(*given)
    assert asked <= {"r", "lora_alpha", "rank_pattern", "alpha_pattern", "target_modules", "use_dora",
                     "lora_bias"}  # fmt: skip


@pytest.mark.parametrize(
    "said", ["[", "[]", '{"transformer.lora_alpha": "x"}', '{"transformer.lora_alpha": 1e999}']
)
def test_words_of_a_file_that_make_no_sense_are_refused(said: str, folder: Path) -> None:
    file = lora("klein", folder / "ink.safetensors")
    tensors = safetensors.torch.load_file(file)
    safetensors.torch.save_file(tensors, file, metadata={"lora_adapter_metadata": said})
    with pytest.raises(CannotDo, match="says about itself"):
        drawn(model("klein", folder), loras={"ink": 1})


# --- what does not fit


@pytest.mark.parametrize(("made_for", "name"), [("sd15", "sdxl"), ("sdxl", "sd15"), ("kontext", "klein"),
                                                ("klein", "kontext"), ("qwen21", "z_image")])  # fmt: skip
def test_a_lora_of_another_family_is_refused_in_a_sentence_and_nothing_is_left_of_it(
    made_for: str, name: str, folder: Path
) -> None:
    lora(made_for, folder / "other.safetensors", parts=_reading_too(made_for))
    lora(name, folder / "ink.safetensors")
    one = model(name, folder)
    bare, inked = drawn(one), drawn(one, loras={"ink": 1})
    shapes = _shapes(one)
    with pytest.raises(CannotDo, match=r"The LoRA other .*\. Choose another\."):
        drawn(one, loras={"other": 1, "ink": 1})
    assert drawn(one) == bare and drawn(one, loras={"ink": 1}) == inked
    assert _shapes(one) == shapes


def _shapes(one: DiffusersModel) -> dict[str, Any]:
    weights = getattr(one.pipe, one.checkpoint.drawing).state_dict().items()
    return {key.replace(".base_layer", ""): weight.shape for key, weight in weights}


def _reading_too(name: str) -> tuple[str, ...]:
    known = tiny.tiny(name)[1]
    reads = name in ("sd15", "sdxl", "kontext")
    return ("text_encoder", known.drawing) if reads else ()


def test_a_lora_that_reads_more_than_the_model_has_does_not_widen_the_model(folder: Path) -> None:
    """Those of FLUX.1 that were made for a control picture would, and it would stay so."""
    module = "transformer.x_embedder"
    tensors = {f"{module}.lora_A.weight": torch.ones(2, 32), f"{module}.lora_B.weight": torch.ones(32, 2)}
    safetensors.torch.save_file(tensors, folder / "control.safetensors")
    one = model("kontext", folder)
    bare = drawn(one)
    with pytest.raises(CannotDo, match="takes 16 numbers there, not 32"):
        drawn(one, loras={"control": 1})
    assert drawn(one) == bare and one.pipe.transformer.x_embedder.in_features == 16


def test_a_part_without_a_place_is_refused_and_not_left_out_in_silence(folder: Path) -> None:
    file = lora("klein", folder / "ink.safetensors")
    tensors = safetensors.torch.load_file(file)
    tensors |= {"transformer.no_such.lora_A.weight": torch.ones(2, 32),
                "transformer.no_such.lora_B.weight": torch.ones(32, 2)}  # fmt: skip
    safetensors.torch.save_file(tensors, file)
    one = model("klein", folder)
    bare = drawn(one)
    with pytest.raises(CannotDo, match="does not fit this model"):
        drawn(one, loras={"ink": 1})
    assert drawn(one) == bare


def test_a_model_of_the_wrong_family_says_which_it_takes(folder: Path) -> None:
    lora("klein", folder / "ink.safetensors")
    with pytest.raises(CannotDo, match="is for flux2, and StableDiffusion takes those for sd15"):
        drawn(model("sd15", folder), loras={"ink": 1})


# --- a step's parameters


def test_frozen_parameters_say_all_that_a_lora_decides(folder: Path) -> None:
    lora("klein", folder / "ink.safetensors")
    lora("klein", folder / "gold.safetensors", 2)
    card = {"prompt": "ink wash style", "weight": 0.8, "steps": 6, "guidance": 2.5, "licence": "CC BY 4.0"}
    (folder / "ink.json").write_text(json.dumps(card))
    gold, ink = loras.library(folder)
    params = loras.frozen({"seed": 3, "loras": {"ink": None, "gold": 0.5}}, folder)
    assert params == {
        "seed": 3, "steps": 6, "guidance": 2.5, "hints": ["ink wash style"],
        "loras": {gold.pinned: 0.5, ink.pinned: 0.8},
    }  # fmt: skip
    assert loras.frozen({"steps": 9, "guidance": 0.0, "loras": {"ink": 1}}, folder)["steps"] == 9
    assert loras.frozen({"steps": 9, "guidance": 0.0, "loras": {"ink": 1}}, folder)["guidance"] == 0.0
    assert loras.frozen(params, folder) == params, "what is frozen stays so"
    for nothing in ({}, None, {"ink": 0}):
        assert loras.frozen({"seed": 3, "loras": nothing}, folder) == {"seed": 3}
    with pytest.raises(BadInput, match="8 at the most"):
        loras.frozen({"loras": dict.fromkeys("abcdefghi", 1)}, folder)


def test_the_words_that_wake_it_are_added_and_said(folder: Path) -> None:
    lora("klein", folder / "ink.safetensors")
    card = {"title": "Ink wash", "prompt": "ink wash style", "licence": "CC BY 4.0"}
    (folder / "ink.json").write_text(json.dumps(card))
    one, notes = model("klein", folder), list[str]()
    params = loras.frozen({"loras": {"ink": 0.8}}, folder)
    request = tiny.asked("generate", "a fox,", **params)
    awake = one.run(replace(request, note=notes.append)).tobytes()
    assert notes == [
        "Drawn with the LoRA Ink wash at 0.8 (CC BY 4.0).",
        "For that the words had this added: ink wash style.",
    ]
    (folder / "ink.json").unlink()
    assert drawn(one, "generate", prompt="a fox, ink wash style", loras={"ink": 0.8}) == awake
    assert loras.prompted("A fox, INK wash style", ["ink wash style"]) == "A fox, INK wash style"
    assert loras.prompted("", ["ink wash style"]) == "ink wash style"


def test_a_picture_is_not_drawn_with_another_file_of_the_same_name(folder: Path) -> None:
    file = lora("klein", folder / "ink.safetensors")
    one, came = model("klein", folder), file.read_bytes()
    params = loras.frozen({"loras": {"ink": 1}}, folder)
    lora("klein", file, 2)
    with pytest.raises(CannotDo, match="is another than the one"):
        one.run(tiny.asked("edit", **params))
    file.unlink()
    with pytest.raises(NotFound, match="It is empty"):
        one.run(tiny.asked("edit", **params))
    file.write_bytes(came)
    one.run(tiny.asked("edit", **params))
    with pytest.raises(BadInput, match="without saying which file"):
        one.run(tiny.asked("edit", loras={"ink": 1}))


def test_models_without_loras_say_so(tmp_path: Path, folder: Path) -> None:
    lora("klein", folder / "ink.safetensors")
    from studio.models import pocket

    drawing = pocket.load()
    assert drawing.card.loras is None
    with pytest.raises(StudioError):
        drawing.run(tiny.asked("generate", **loras.frozen({"loras": {"ink": 1}}, folder)))


def test_a_session_s_results_are_told_apart_by_lora_and_weight(tmp_path: Path, folder: Path) -> None:
    """The whole way, with a step as a plan has it: its key knows the file and the weight."""
    from studio.replay import step_key
    from studio.timeline import Step

    lora("klein", folder / "ink.safetensors")
    one = model("klein", folder)
    base = {"seed": 1, "width": 64, "height": 64}
    keys = set()
    for seed, weight in ((1, 1.0), (1, 0.5), (2, 1.0)):
        lora("klein", folder / "ink.safetensors", seed)
        params = loras.frozen({**base, "loras": {"ink": weight}}, folder)
        keys.add(step_key(Step("generate", "a fox", params), {}, one))
    keys.add(step_key(Step("generate", "a fox", base), {}, one))
    assert len(keys) == 4
    with closing(Studio(tmp_path / "studio", model=one)) as studio:
        assert studio.store.folder / loras.FOLDER == tmp_path / "studio" / "loras"
