"""The families say what is so: every class, argument, multiple and size in them is checked against diffusers.

Nothing is downloaded and no weights are made: signatures are inspected, parameters counted on the meta
device.
"""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
import textwrap
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from studio.models import family
from studio.models.catalog import FAMILIES, checkpoints, listed
from studio.models.diffused import DiffusersModel
from studio.models.family import Call, Checkpoint
from studio.models.modular import pipeline_class
from tests.tiny import SIDE, abilities, asked, picture, tiny

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import diffusers
    import torch
    import transformers
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker

ROOT = Path(__file__).parents[1]
LONGEST = 80
PIXELS_A_LATENT = {"QwenImage21Pipeline": 16}  # by the VAE; 8 in all others

EACH = [pytest.param(one, id=one.name) for one in checkpoints()]
CALLS = [pytest.param(one, op, id=f"{one.name}-{op}") for one in checkpoints() for op in one.calls]
EVERY = pytest.mark.parametrize("one", EACH)


@cache
def arguments(name: str) -> frozenset[str]:
    """The names of all arguments that the class's call takes."""
    return frozenset(inspect.signature(pipeline_class(name).__call__).parameters) - {"self", "kwargs"}


@cache
def components(name: str) -> Mapping[str, str]:
    """The names of what the class is made of, to the names of their types."""
    given = inspect.signature(pipeline_class(name).__init__).parameters
    return {key: getattr(p.annotation, "__name__", str(p.annotation)) for key, p in given.items()}


# --- what is asked of a pipeline --------------------------------------------------------------------------


@pytest.mark.parametrize(("one", "op"), CALLS)
def test_every_class_is_in_diffusers_and_takes_what_it_is_given(one: Checkpoint, op: str) -> None:
    call = one.calls[op]
    cls = pipeline_class(call.pipeline)
    assert issubclass(cls, diffusers.DiffusionPipeline)
    given = {"prompt", "num_inference_steps", "generator", *call.fixed}
    given |= {name for name in (call.canvas, call.mask, call.references, call.boxes, one.guided_by) if name}
    given |= {"width", "height"} if call.sized else set()
    assert given - arguments(call.pipeline) == set()


@pytest.mark.parametrize(("one", "op"), CALLS)
def test_a_call_has_the_pictures_that_its_ability_needs(one: Checkpoint, op: str) -> None:
    call = one.calls[op]
    assert op in {"generate", "edit", "inpaint", "layers"}
    assert (call.canvas is not None) == (op != "generate")
    assert (call.mask is not None or call.blend) == (op == "inpaint")
    assert not (call.mask and call.blend)
    if call.limit is not None:
        assert call.limit <= one.references
    if call.references:
        assert one.references > 0


@pytest.mark.parametrize(("one", "op"), CALLS)
def test_an_edit_by_strength_is_told_the_whole_picture(one: Checkpoint, op: str) -> None:
    call = one.calls[op]
    if op == "edit":
        assert call.describes == ("strength" in arguments(call.pipeline))
    if "strength" in arguments(call.pipeline) and call.pipeline != "FluxFillPipeline":
        assert 0 < call.fixed["strength"] <= 1


@pytest.mark.parametrize(("one", "op"), CALLS)
def test_the_pictures_come_back_in_the_field_that_is_named(one: Checkpoint, op: str) -> None:
    call = one.calls[op]
    source = inspect.getsource(pipeline_class(call.pipeline).__call__)
    assert set(re.findall(r"Output\(\s*(\w+)=", source)) == {call.output}


@EVERY
def test_guidance_has_both_a_name_and_a_value_or_neither(one: Checkpoint) -> None:
    assert (one.guidance is None) == (one.guided_by is None)
    for call in one.calls.values():
        if one.guided_by == "true_cfg_scale":
            assert ("negative_prompt" in call.fixed) == (one.guidance is not None and one.guidance > 1)


# --- sizes --------------------------------------------------------------------------------------------------


@EVERY
def test_the_multiple_is_one_of_what_the_classes_ask_for(one: Checkpoint) -> None:
    for call in one.calls.values():
        for wanted in multiples(pipeline_class(call.pipeline)):
            assert one.multiple % wanted == 0, f"{call.pipeline} wants multiples of {wanted}"
    assert one.working % one.multiple == 0
    assert all(side % one.multiple == 0 for size in one.sizes for side in size)


def multiples(cls: type) -> Iterator[int]:
    """What the class divides heights and widths by, read from its source."""
    latent = PIXELS_A_LATENT.get(cls.__name__, 8)
    known = {"self": SimpleNamespace(vae_scale_factor=latent, patch_size=2)}
    for method in ("__call__", "check_inputs"):
        if not hasattr(cls, method):
            continue
        tree = ast.parse(textwrap.dedent(inspect.getsource(getattr(cls, method))))
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("multiple_of", "vae_scale"):
                known[ast.unparse(node.targets[0])] = value(node.value, known)
        for node in ast.walk(tree):
            checks = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod)
            if checks and ast.unparse(node.left) in ("height", "width", "size"):
                yield value(node.right, known)


def value(node: ast.expr, known: Mapping[str, Any]) -> Any:
    """What a product of numbers, names and attributes comes to."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return value(node.left, known) * value(node.right, known)
    if isinstance(node, ast.Attribute):
        return getattr(value(node.value, known), node.attr)
    return known[node.id] if isinstance(node, ast.Name) else ast.literal_eval(node)


def test_multiples_are_found_where_classes_check_them() -> None:
    asked = {
        "Flux2KleinPipeline": 16,
        "QwenImage21Pipeline": 32,
        "ZImagePipeline": 16,
        "StableDiffusion3Pipeline": 16,
        "StableDiffusionXLPipeline": 8,
        "BriaFibo2Pipeline": 16,
        "FluxKontextPipeline": 16,
        "LongCatImagePipeline": 16,
    }
    assert {name: max(multiples(getattr(diffusers, name))) for name in asked} == asked


def test_kandinsky_5_draws_the_sizes_that_its_class_has() -> None:
    nothing = dict.fromkeys(components("Kandinsky5T2IPipeline").keys() - {"self"})
    pipe = diffusers.Kandinsky5T2IPipeline(**nothing)
    assert set(listed("kandinsky-5").sizes) == set(pipe.resolutions)


def test_as_many_references_are_named_as_the_classes_take() -> None:
    source = inspect.getsource(diffusers.BriaFibo2Pipeline)
    assert f"max_num_images = {listed('fibo-2').references + 1}" in source


# --- parts --------------------------------------------------------------------------------------------------


@EVERY
def test_parts_are_components_of_every_class(one: Checkpoint) -> None:
    named = {one.drawing, *one.parts, *filter(None, [one.talks])}
    for call in one.calls.values():
        assert named - components(call.pipeline).keys() == set()
    assert {one.drawing, *filter(None, [one.talks])} <= one.parts.keys()
    assert all(size > 0 for size in one.parts.values())


@EVERY
def test_a_part_talks_if_it_is_a_whole_language_model(one: Checkpoint) -> None:
    call = next(iter(one.calls.values()))
    kind = components(call.pipeline)["text_encoder"]
    assert (one.talks == "text_encoder") == kind.endswith(("ForCausalLM", "ForConditionalGeneration"))
    if one.sees:
        assert kind.endswith("ForConditionalGeneration")
        assert any("Processor" in kind for kind in components(call.pipeline).values())


@EVERY
def test_a_distillation_has_a_scheduler_that_takes_its_configuration(one: Checkpoint) -> None:
    if one.distilled is not None:
        scheduler = getattr(diffusers, one.distilled.scheduler)
        assert one.distilled.config.keys() <= inspect.signature(scheduler.__init__).parameters.keys()
        assert one.distilled.file.endswith(".safetensors")
        loads = next(iter(one.calls.values())).pipeline
        assert hasattr(pipeline_class(loads), "load_lora_weights")


def billions(make: Callable[[], torch.nn.Module]) -> float:
    """Parameters and buffers, counted where weights take no memory."""
    with torch.device("meta"):
        model = make()
    return sum(tensor.numel() for tensor in (*model.parameters(), *model.buffers())) / 1e9


def qwen3(hidden: int, inner: int, layers: int = 36, heads: int = 32, tied: bool = True) -> dict[str, Any]:
    return {
        "vocab_size": 151936, "hidden_size": hidden, "intermediate_size": inner, "num_hidden_layers": layers,
        "num_attention_heads": heads, "num_key_value_heads": 8, "head_dim": 128, "tie_word_embeddings": tied,
    }  # fmt: skip


def qwen3_vl(text: dict[str, Any], depth: int, width: int, inner: int, deep: list[int]) -> torch.nn.Module:
    vision = {
        "depth": depth, "hidden_size": width, "intermediate_size": inner, "num_heads": 16, "patch_size": 16,
        "out_hidden_size": text["hidden_size"], "deepstack_visual_indexes": deep,
    }  # fmt: skip
    config = transformers.Qwen3VLConfig(
        text_config=text, vision_config=vision, tie_word_embeddings=text["tie_word_embeddings"]
    )
    return transformers.Qwen3VLForConditionalGeneration(config)


def qwen25_vl() -> torch.nn.Module:
    text = {
        "vocab_size": 152064, "hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28,
        "num_attention_heads": 28, "num_key_value_heads": 4, "tie_word_embeddings": False,
    }  # fmt: skip
    vision = {"depth": 32, "hidden_size": 1280, "intermediate_size": 3420, "out_hidden_size": 3584}
    config = transformers.Qwen2_5_VLConfig(text_config=text, vision_config=vision, tie_word_embeddings=False)
    return transformers.Qwen2_5_VLForConditionalGeneration(config)


def mistral_small() -> torch.nn.Module:
    text = {
        "model_type": "mistral", "vocab_size": 131072, "hidden_size": 5120, "intermediate_size": 32768,
        "num_hidden_layers": 40, "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128,
        "tie_word_embeddings": False,
    }  # fmt: skip
    vision = {
        "model_type": "pixtral",
        "hidden_size": 1024,
        "intermediate_size": 4096,
        "num_hidden_layers": 24,
    }
    config = transformers.Mistral3Config(text_config=text, vision_config=vision, tie_word_embeddings=False)
    return transformers.Mistral3ForConditionalGeneration(config)


def clip(width: int, layers: int, heads: int, **more: Any) -> transformers.CLIPTextConfig:
    return transformers.CLIPTextConfig(
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        **more,
    )


def t5(inner: int, layers: int, heads: int, width: int) -> torch.nn.Module:
    return transformers.T5EncoderModel(transformers.T5Config(
        d_model=4096, d_ff=inner, num_layers=layers, num_heads=heads, d_kv=width,
        feed_forward_proj="gated-gelu",
    ))  # fmt: skip


def klein(layers: int, single: int, heads: int, words: int) -> torch.nn.Module:
    return diffusers.Flux2Transformer2DModel(
        num_layers=layers, num_single_layers=single, num_attention_heads=heads, joint_attention_dim=words,
        guidance_embeds=False,
    )  # fmt: skip


def kandinsky_5() -> torch.nn.Module:
    return diffusers.Kandinsky5Transformer3DModel(
        in_visual_dim=16, out_visual_dim=16, model_dim=2560, ff_dim=10240, num_visual_blocks=50,
        axes_dims=(32, 48, 48), visual_cond=True,
    )  # fmt: skip


def sd3(layers: int, positions: int, **more: Any) -> torch.nn.Module:
    return diffusers.SD3Transformer2DModel(
        num_layers=layers, num_attention_heads=layers, caption_projection_dim=64 * layers, qk_norm="rms_norm",
        pos_embed_max_size=positions, joint_attention_dim=4096, in_channels=16, **more,
    )  # fmt: skip


def sdxl() -> torch.nn.Module:
    return diffusers.UNet2DConditionModel(
        sample_size=128, down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        block_out_channels=(320, 640, 1280), cross_attention_dim=2048, attention_head_dim=(5, 10, 20),
        use_linear_projection=True, addition_embed_type="text_time", addition_time_embed_dim=256,
        transformer_layers_per_block=(1, 2, 10), projection_class_embeddings_input_dim=2816,
    )  # fmt: skip


def kl_vae() -> torch.nn.Module:
    return diffusers.AutoencoderKL(
        block_out_channels=(128, 256, 512, 512), layers_per_block=2, latent_channels=16,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
    )  # fmt: skip


def safety_checker() -> torch.nn.Module:
    vision = {
        "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16,
        "patch_size": 14,
    }  # fmt: skip
    return StableDiffusionSafetyChecker(transformers.CLIPConfig(vision_config=vision, projection_dim=768))


def part(name: str, key: str = "transformer") -> float:
    return listed(name).parts[key]


COUNTED: dict[str, tuple[float, Callable[[], torch.nn.Module]]] = {
    # parts that several families share
    "CLIP_L": (family.CLIP_L, lambda: transformers.CLIPTextModel(clip(768, 12, 12))),
    "CLIP_G": (
        family.CLIP_G,
        lambda: transformers.CLIPTextModelWithProjection(clip(1280, 32, 20, projection_dim=1280)),
    ),
    "T5_XXL": (family.T5_XXL, lambda: t5(10240, 24, 64, 64)),
    "QWEN25_VL_7B": (family.QWEN25_VL_7B, qwen25_vl),
    "QWEN3_VL_2B": (
        family.QWEN3_VL_2B,
        lambda: qwen3_vl(qwen3(2048, 6144, 28, 16), 24, 1024, 4096, [5, 11, 17]),
    ),
    "QWEN3_VL_4B": (family.QWEN3_VL_4B, lambda: qwen3_vl(qwen3(2560, 9728), 24, 1024, 4096, [5, 11, 17])),
    "QWEN3_VL_8B": (
        family.QWEN3_VL_8B,
        lambda: qwen3_vl(qwen3(4096, 12288, tied=False), 27, 1152, 4304, [8, 16, 24]),
    ),
    "QWEN3_4B": (
        family.QWEN3_4B,
        lambda: transformers.Qwen3ForCausalLM(transformers.Qwen3Config(**qwen3(2560, 9728))),
    ),
    "QWEN3_8B": (
        family.QWEN3_8B,
        lambda: transformers.Qwen3ForCausalLM(transformers.Qwen3Config(**qwen3(4096, 12288, tied=False))),
    ),
    "KL_VAE": (family.KL_VAE, kl_vae),
    "KL_VAE of FLUX.2": (family.KL_VAE, diffusers.AutoencoderKLFlux2),
    "QWEN_VAE": (family.QWEN_VAE, diffusers.AutoencoderKLQwenImage),
    # parts of one family
    "FLUX.2 klein 4B": (part("flux2-klein-4b"), lambda: klein(5, 20, 24, 7680)),
    "FLUX.2 klein 9B": (part("flux2-klein-9b"), lambda: klein(8, 24, 32, 12288)),
    "FLUX.2 dev": (part("flux2-dev"), diffusers.Flux2Transformer2DModel),
    "FLUX.2 dev's encoder": (part("flux2-dev", "text_encoder"), mistral_small),
    "Qwen-Image": (part("qwen-image"), diffusers.QwenImageTransformer2DModel),
    "Qwen-Image-2.1": (part("qwen-image-2.1"), diffusers.QwenImage21Transformer2DModel),
    "Qwen-Image-2.1's VAE": (part("qwen-image-2.1", "vae"), diffusers.AutoencoderKLQwenImage21),
    "LongCat": (
        part("longcat-image"),
        lambda: diffusers.LongCatImageTransformer2DModel(num_layers=10, num_single_layers=20),
    ),
    "Z-Image": (part("z-image"), diffusers.ZImageTransformer2DModel),
    "DreamLite": (part("dreamlite", "unet"), diffusers.DreamLiteUNetModel),
    "DreamLite's VAE": (part("dreamlite", "vae"), diffusers.AutoencoderTiny),
    "FIBO 2": (part("fibo-2"), diffusers.BriaFibo2Transformer2DModel),
    "FLUX.3": (part("flux3-klein"), lambda: diffusers.Flux3Transformer2DModel(flow_map=True)),
    "FLUX.3 base": (part("flux3-klein-base"), diffusers.Flux3Transformer2DModel),
    "FLUX.3's upsampler": (
        part("flux3-klein", "prompt_upsampler"),
        lambda: transformers.Qwen3_5ForConditionalGeneration(transformers.Qwen3_5Config()),
    ),
    "FLUX.1": (part("flux1-kontext"), lambda: diffusers.FluxTransformer2DModel(guidance_embeds=True)),
    "Kandinsky 5": (part("kandinsky-5"), kandinsky_5),
    "Kandinsky 3": (part("kandinsky-3", "unet"), diffusers.Kandinsky3UNet),
    "Kandinsky 3's encoder": (part("kandinsky-3", "text_encoder"), lambda: t5(16384, 32, 16, 256)),
    "SD 3.5 Large": (part("sd3.5-large"), lambda: sd3(38, 192)),
    "SD 3.5 Medium": (
        part("sd3.5-medium"),
        lambda: sd3(24, 384, dual_attention_layers=tuple(range(13))),
    ),
    "SDXL": (part("sdxl", "unet"), sdxl),
    "SD 1.5": (
        part("sd15", "unet"),
        lambda: diffusers.UNet2DConditionModel(cross_attention_dim=768, attention_head_dim=8),
    ),
    "SD 1.5's safety checker": (part("sd15", "safety_checker"), safety_checker),
}


@pytest.mark.parametrize("name", COUNTED)
def test_a_part_has_the_parameters_that_are_counted(name: str) -> None:
    said, make = COUNTED[name]
    assert said == pytest.approx(billions(make), abs=0.006, rel=0.001)


# --- drawing ------------------------------------------------------------------------------------------------

TINY = {
    "sd15": "sd15",
    "sdxl": "sdxl",
    "kontext": "flux1-kontext",
    "klein": "flux2-klein-4b",
    "flux3": "flux3-klein",
    "flux3_base": "flux3-klein-base",
    "qwen_edit": "qwen-image-edit-2509",
    "qwen21": "qwen-image-2.1",
    "z_image": "z-image-turbo",
    "dreamlite": "dreamlite-mobile",
}


@pytest.mark.parametrize(("name", "op"), abilities())
def test_what_a_family_says_draws_a_picture(name: str, op: str) -> None:
    """The family's own calls over a tiny pipeline of its classes, in few words and steps."""
    pipe, small = tiny(name)
    known = listed(TINY[name])
    short = {key: given for key, given in small.calls[op].fixed.items() if "max_" in key or "layers" in key}
    calls = {op: replace(call, fixed={**call.fixed, **short}) for op, call in known.calls.items()}
    model = DiffusersModel(pipe, replace(known, calls=calls, steps=3, working=SIDE))
    drawn = model.run(asked(op))
    assert drawn.size == (SIDE, SIDE)
    assert drawn.mode == "RGB" or known.calls[op].alpha
    assert drawn.tobytes() != picture(1).tobytes()
    assert model.card.ops == known.ops


def test_every_model_that_matters_is_there() -> None:
    wanted = {
        "flux2-klein-4b", "flux2-dev", "qwen-image", "qwen-image-edit", "qwen-image-edit-2509",
        "qwen-image-edit-2511", "qwen-image-layered", "qwen-image-2.1", "longcat-image", "longcat-image-edit",
        "longcat-image-edit-turbo", "z-image", "z-image-turbo", "dreamlite", "fibo-2", "flux3-klein",
        "flux1-kontext", "flux1-fill", "kandinsky-5", "kandinsky-3", "sd3.5-large", "sdxl", "sdxl-turbo",
        "sd15-lcm",
    }  # fmt: skip
    assert wanted <= {one.name for one in checkpoints()}


# --- for people --------------------------------------------------------------------------------------------


def test_names_are_unique_and_found() -> None:
    families = [import_module(f"studio.models.{module}") for module in FAMILIES.values()]
    every = [one for found in families for one in found.CHECKPOINTS]
    assert len({one.name for one in every}) == len(every) == len(checkpoints())
    assert len({one.title for one in every}) == len(every)
    assert all(listed(one.name) == one for one in every)
    assert listed("black-forest-labs/FLUX.2-klein-4B") == listed("flux2-klein-4b")
    assert listed("nothing") is None


@EVERY
def test_what_is_not_free_says_its_terms(one: Checkpoint) -> None:
    licence = one.licence
    assert licence.url.startswith("https://")
    assert licence.free == (not licence.terms)
    assert all(sentence.endswith(".") for sentence in (*filter(None, [licence.terms]), *one.notes))
    assert re.fullmatch(r"[\w.-]+/[\w.-]+", one.repo)


def test_the_catalog_needs_no_heavy_library() -> None:
    program = (
        "import sys; from studio.models.catalog import checkpoints; checkpoints();"
        "print(*({'torch', 'diffusers', 'transformers', 'numpy'} & sys.modules.keys()))"
    )
    run = [sys.executable, "-c", program]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"numpy"}


@pytest.mark.parametrize("module", FAMILIES.values())
def test_a_family_is_read_in_one_go(module: str) -> None:
    lines = (ROOT / "studio" / "models" / f"{module}.py").read_text().splitlines()
    assert len(lines) <= LONGEST


def test_a_call_is_a_value() -> None:
    with pytest.raises(AttributeError):
        Call("Flux2Pipeline").blend = True  # type: ignore[misc]
