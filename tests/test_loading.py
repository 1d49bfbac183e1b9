"""Pipelines out of folders: real classes, random weights, saved, judged, loaded and run on a processor."""

from __future__ import annotations

import gc
import json
import shutil
import socket
import weakref
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import diffusers
import pytest
import torch
import transformers
from PIL import ImageChops

from studio.errors import CannotDo, Stopped, Unsafe, WeightsError
from studio.models import loading, weighing
from studio.models.diffused import DiffusersModel
from studio.models.family import Checkpoint, Distillation
from studio.models.fit import Plan
from studio.models.hardware import LIBRARIES, Machine
from studio.models.weighing import CAST, Shrink
from tests.tiny import asked, tiny

HERE = Machine("cpu", "this processor", "cpu", 64, 64, 64, libraries=frozenset(LIBRARIES))
FAMILIES = ("sd15", "klein", "z_image")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Tiny pipelines of three families, as `save_pretrained` leaves them."""
    root = tmp_path_factory.mktemp("saved")
    for name in FAMILIES:
        tiny(name)[0].save_pretrained(root / name)
    return {name: root / name for name in FAMILIES}


@pytest.fixture
def copy(saved: Mapping[str, Path], tmp_path: Path) -> Path:
    """A Stable Diffusion to damage."""
    return Path(shutil.copytree(saved["sd15"], tmp_path / "copy"))


def known(name: str) -> Checkpoint:
    """The tiny checkpoint, with the parts that it has."""
    pipe, checkpoint = tiny(name)
    parts = {key: 2.0 for key, part in pipe.components.items() if isinstance(part, torch.nn.Module)}
    return replace(checkpoint, parts=parts)


def planned(name: str, precision: str = "fp32", shrink: Shrink | None = None, **more: Any) -> Plan:
    """A plan for it on this processor."""
    checkpoint = known(name)
    shrunk = () if shrink is None else ((checkpoint.drawing, shrink),)
    plan = Plan(checkpoint, HERE, precision, shrunk, "none", False, 64)
    return replace(plan, **more)


def drawn(pipe: Any, name: str) -> Any:
    """A picture of that pipeline."""
    return DiffusersModel(pipe, known(name)).run(asked("generate"))


@pytest.mark.parametrize("name", FAMILIES)
def test_what_is_loaded_draws_as_what_was_saved(saved: Mapping[str, Path], name: str) -> None:
    seen: list[tuple[str, int, int]] = []
    pipe = loading.load(known(name), planned(name), saved[name], lambda *step: seen.append(step))
    assert drawn(pipe, name).tobytes() == drawn(tiny(name)[0], name).tobytes()
    assert {part for part, _, _ in seen} == set(known(name).parts)
    assert [(number, parts) for _, number, parts in seen] == [(n, len(seen)) for n in range(len(seen))]


def test_nothing_is_looked_up_anywhere(saved: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*words: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    loading.load(known("klein"), planned("klein"), saved["klein"])


def test_every_part_computes_in_the_planned_numbers(saved: Mapping[str, Path]) -> None:
    pipe = loading.load(known("klein"), planned("klein", "bf16"), saved["klein"])
    found = {part.dtype for part in pipe.components.values() if isinstance(part, torch.nn.Module)}
    assert found == {torch.bfloat16}
    assert not any(p.training for p in pipe.components.values() if isinstance(p, torch.nn.Module))


def test_the_part_that_draws_is_stored_in_eight_bits_without_any_library(saved: Mapping[str, Path]) -> None:
    bare = replace(HERE, libraries=frozenset())
    pipe = loading.load(known("klein"), planned("klein", "bf16", CAST, machine=bare), saved["klein"])
    stored = {layer.weight.dtype for layer in pipe.transformer.transformer_blocks.modules()
              if isinstance(layer, torch.nn.Linear)}  # fmt: skip
    assert stored == {torch.float8_e4m3fn}
    assert drawn(pipe, "klein").size == (64, 64)


def test_parts_that_come_layer_by_layer_draw_the_same(saved: Mapping[str, Path]) -> None:
    # A machine whose card is the processor: the moving is real, only not to another memory.
    card = replace(HERE, kind="rocm")
    pipe = loading.load(known("klein"), planned("klein", machine=card, offload="group"), saved["klein"])
    assert drawn(pipe, "klein").tobytes() == drawn(tiny("klein")[0], "klein").tobytes()


def test_tiles_are_made_small_enough_to_matter() -> None:
    shape = {"block_out_channels": (8, 8, 8, 8), "latent_channels": 4, "norm_num_groups": 4}
    vae = diffusers.AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=1, sample_size=1024, **shape,
    ).eval()  # fmt: skip
    pipe, _ = tiny("sd15")
    tiled = type(pipe)(**{**pipe.components, "vae": vae}, requires_safety_checker=False)
    latents = torch.randn(1, 4, 96, 96, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        whole = vae.decode(latents).sample
        loading._tile(tiled)
        assert (vae.tile_sample_min_size, vae.tile_latent_min_size) == (weighing.TILE, weighing.TILE // 8)
        parts = vae.decode(latents).sample
    assert parts.shape == whole.shape
    assert (parts - whole).abs().mean() < 0.25 * whole.std()


def test_a_tiled_plan_tiles(saved: Mapping[str, Path]) -> None:
    assert loading.load(known("sd15"), planned("sd15", tiled=True), saved["sd15"]).vae.use_tiling
    assert not loading.load(known("sd15"), planned("sd15"), saved["sd15"]).vae.use_tiling


def test_what_is_unloaded_is_gone(saved: Mapping[str, Path]) -> None:
    pipe = loading.load(known("sd15"), planned("sd15"), saved["sd15"])
    parts = [weakref.ref(pipe.unet), weakref.ref(pipe.vae), weakref.ref(pipe.text_encoder)]
    loading.unload(pipe)
    assert [part() for part in parts] == [None, None, None]


def test_a_stopped_load_leaves_nothing_behind(saved: Mapping[str, Path]) -> None:
    def stop(part: str, number: int, parts: int) -> None:
        if number == 1:
            raise Stopped("Stopped.")

    with pytest.raises(Stopped):
        loading.load(known("sd15"), planned("sd15"), saved["sd15"], stop)
    gc.collect()
    loading.load(known("sd15"), planned("sd15"), saved["sd15"])


# --- weights in fewer bits, by the libraries there are


def size(module: torch.nn.Module) -> int:
    """Bytes that a module takes, also where its weights are made of several tensors."""
    found = 0
    for tensor in (*module.parameters(), *module.buffers()):
        inner = tensor.__tensor_flatten__()[0] if hasattr(tensor, "__tensor_flatten__") else None
        found += tensor.nbytes if inner is None else sum(getattr(tensor, name).nbytes for name in inner)
    return found


def large() -> dict[str, Any]:
    """Parts whose layers are large enough for every library to shrink them."""
    transformer = diffusers.Flux2Transformer2DModel(
        num_layers=2, num_single_layers=6, attention_head_dim=64, num_attention_heads=4, in_channels=64,
        joint_attention_dim=256, axes_dims_rope=(16, 16, 16, 16), guidance_embeds=False,
    )  # fmt: skip
    config = transformers.Qwen3Config(
        vocab_size=264, hidden_size=512, intermediate_size=1024, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=128, tie_word_embeddings=True,
    )  # fmt: skip
    return {"transformer": transformer, "text_encoder": transformers.Qwen3ForCausalLM(config)}


# bitsandbytes has kernels for cards only.
@pytest.mark.filterwarnings("ignore")  # the libraries warn of each other's versions
@pytest.mark.parametrize(
    "shrink",
    [s for s in weighing.SHRINKS if s.library != "bitsandbytes"],
    ids=lambda s: f"{s.library}-{s.name}",
)
@pytest.mark.parametrize("part", ["transformer", "text_encoder"])
def test_shrunk_parts_take_what_the_plan_counts_with(tmp_path: Path, shrink: Shrink, part: str) -> None:
    if find_spec(shrink.library) is None:
        pytest.skip(f"{shrink.library} is not installed, so that nothing can be shrunk with it")
    module = large()[part]
    module.save_pretrained(tmp_path / part)
    plan = planned("klein", "bf16", shrunk=((part, shrink),))
    loaded = loading._part(tmp_path / part, part, type(module), known("klein"), plan)
    parameters = sum(tensor.numel() for tensor in module.parameters())
    linear = sum(m.weight.numel() for m in loaded.modules() if isinstance(m, torch.nn.Linear))
    assert linear > 0.5 * parameters or shrink.library == "sdnq"
    # What the library leaves as it is, such as embeddings, is a larger share of so small a model.
    assert shrink.cost <= size(loaded) / parameters < shrink.cost + 0.25


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("library", ["torchao", "sdnq"])
def test_a_shrunk_pipeline_draws(saved: Mapping[str, Path], library: str) -> None:
    if find_spec(library) is None:
        pytest.skip(f"{library} is not installed, so that nothing can be shrunk with it")
    int8 = next(s for s in weighing.SHRINKS if (s.library, s.bits) == (library, 8))
    plan = planned("klein", "bf16", shrunk=(("transformer", int8), ("text_encoder", int8)))
    pipe = loading.load(known("klein"), plan, saved["klein"])
    before = drawn(tiny("klein")[0], "klein")
    after = drawn(pipe, "klein")
    assert after.size == before.size
    assert max(high for _, high in ImageChops.difference(before, after).getextrema()) < 128


# --- what is refused


@pytest.mark.parametrize(
    "asked_for",
    [
        ["subprocess", "Popen"],
        ["os", "system"],
        ["diffusers", "DiffusionPipeline"],
        ["transformers", "pipeline"],
        ["diffusers", "NoSuchModel"],
        ["unet", "UNet2DConditionModel"],
    ],
)
@pytest.mark.parametrize("component", ["unet", "scheduler"])
def test_a_component_that_is_none_of_the_libraries_is_refused(
    copy: Path, component: str, asked_for: list[str]
) -> None:
    index = json.loads((copy / "model_index.json").read_text())
    (copy / "model_index.json").write_text(json.dumps({**index, component: asked_for}))
    with pytest.raises(Unsafe, match=asked_for[0]):
        loading.load(known("sd15"), planned("sd15"), copy)


def test_pickles_are_not_taken_for_weights(copy: Path) -> None:
    weights = copy / "unet/diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(WeightsError, match="no weights of unet"):
        loading.load(known("sd15"), planned("sd15"), copy)


@pytest.mark.parametrize("keep", [0, 7, 100, 20_000])
def test_damaged_weights_are_one_sentence(copy: Path, keep: int) -> None:
    weights = copy / "unet/diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:keep])
    with pytest.raises(WeightsError, match="cannot be loaded"):
        loading.load(known("sd15"), planned("sd15"), copy)


def test_weights_of_another_shape_are_one_sentence(copy: Path) -> None:
    config = json.loads((copy / "unet/config.json").read_text())
    (copy / "unet/config.json").write_text(json.dumps({**config, "cross_attention_dim": 24}))
    with pytest.raises(WeightsError, match="cannot be loaded"):
        loading.load(known("sd15"), planned("sd15"), copy)


def test_a_library_that_is_missing_is_named(saved: Mapping[str, Path]) -> None:
    bare = replace(HERE, libraries=frozenset())
    nf4 = weighing.SHRINKS[1]
    with pytest.raises(CannotDo, match="bitsandbytes"):
        loading.load(known("klein"), planned("klein", "bf16", nf4, machine=bare), saved["klein"])


def test_a_few_step_model_says_what_it_lacks(saved: Mapping[str, Path], tmp_path: Path) -> None:
    few = replace(known("sd15"), distilled=Distillation("some/lora", "lora.safetensors", "LCMScheduler"))
    with pytest.raises(WeightsError, match="some/lora"):
        loading.load(few, planned("sd15"), saved["sd15"])
    if find_spec("peft") is None:
        with pytest.raises(CannotDo, match="pip install peft"):
            loading.load(few, planned("sd15"), saved["sd15"], lora=tmp_path / "lora.safetensors")


@pytest.mark.filterwarnings("ignore")
def test_a_few_step_model_is_loaded_with_its_lora_and_scheduler(
    saved: Mapping[str, Path], tmp_path: Path
) -> None:
    peft = pytest.importorskip("peft", reason="peft is not installed, so that no LoRA can be loaded")
    unet = diffusers.UNet2DConditionModel.from_pretrained(saved["sd15"] / "unet")
    unet.add_adapter(peft.LoraConfig(r=2, target_modules=["to_q", "to_k"], init_lora_weights=False))
    layers = peft.utils.get_peft_model_state_dict(unet)
    diffusers.StableDiffusionPipeline.save_lora_weights(tmp_path, unet_lora_layers=layers)
    few = Distillation("some/lora", "pytorch_lora_weights.safetensors", "LCMScheduler", {"beta_end": 0.013})
    checkpoint = replace(known("sd15"), distilled=few)
    pipe = loading.load(checkpoint, planned("sd15"), saved["sd15"], lora=tmp_path / few.file)
    assert pipe.get_active_adapters()
    assert (type(pipe.scheduler), pipe.scheduler.config.beta_end) == (diffusers.LCMScheduler, 0.013)
    assert drawn(pipe, "sd15").tobytes() != drawn(tiny("sd15")[0], "sd15").tobytes()
