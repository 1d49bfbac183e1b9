"""Tiny pipelines of every family, made of random numbers: what they draw is noise, the code is the real one.

Nothing is fetched. Tokenizers are made here too: bytes for CLIP and Qwen, characters for T5. Each builder
gives a pipeline of the real class, and the checkpoint that says how it is asked. They are built once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import diffusers
import numpy as np
import torch
import transformers
from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler
from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit_plus as qwen_plus
from PIL import Image
from tokenizers import pre_tokenizers

from studio.images import KINDS
from studio.models.base import Report, Request, ignore
from studio.models.diffused import DiffusersModel
from studio.models.family import APACHE, Call, Checkpoint, Net, Nets, Shown
from studio.models.kept import Kept
from studio.models.latents import Glimpses
from studio.models.nets import FLUX1, QWEN_IMAGE, SD15, SDXL, Z_IMAGE_TURBO
from studio.models.shelf import Shelf

SIDE = 64  # of the pictures
BYTES = sorted(pre_tokenizers.ByteLevel.alphabet())
MARKS = ("im_start", "im_end", "vision_start", "vision_end", "vision_pad", "image_pad", "video_pad")
IMAGE, VIDEO, VISION_START, VISION_END = 262, 263, 259, 260
CHAT = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' }}{% if m['content'] is string %}"
    "{{ m['content'] }}{% else %}{% for c in m['content'] %}{% if c['type'] == 'image' %}"
    "<|vision_start|><|image_pad|><|vision_end|>{% else %}{{ c['text'] }}{% endif %}{% endfor %}{% endif %}"
    "{{ '<|im_end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


@cache
def tiny(name: str) -> tuple[Any, Checkpoint]:
    """The tiny pipeline of that family and its checkpoint."""
    torch.manual_seed(0)
    pipe, checkpoint = FAMILIES[name]()
    pipe.set_progress_bar_config(disable=True)
    return pipe, checkpoint


def abilities() -> list[tuple[str, str]]:
    """Every family with each of its abilities."""
    all_three = ("generate", "edit", "inpaint")
    return [(name, op) for name in FAMILIES for op in all_three if (name, op) != ("qwen_edit", "generate")]


def model(name: str, shelf: Shelf | None = None) -> DiffusersModel:
    """A model over the tiny pipeline that has kept nothing yet, but for what is on the shelf."""
    pipe, checkpoint = tiny(name)
    return DiffusersModel(pipe, checkpoint, kept=Kept(name, shelf), preview=glimpses(name))


@cache
def glimpses(name: str) -> Glimpses:
    """What shows the family's latents: its matrix is fitted once, as it is in the studio."""
    return Glimpses(tiny(name)[0].vae)


def asked(op: str, prompt: str = "a red fox", seed: int = 3, report: Report = ignore, **more: Any) -> Request:
    """A request for that ability, with the pictures it needs; `more` are parameters, and pictures by role."""
    pictures = {"canvas": picture(1)} if op != "generate" else {}
    if op == "inpaint":
        pictures["mask"] = mask()
    pictures |= {
        role.replace("control_", "control:").replace("_", " "): given
        for role, given in more.items()
        if isinstance(given, Image.Image)
    }
    params = {name: given for name, given in more.items() if not isinstance(given, Image.Image)}
    return Request(op, prompt, pictures, {"seed": seed, "width": SIDE, "height": SIDE, **params}, report)


def pixels(image: Image.Image) -> np.ndarray:
    """Levels that can be subtracted."""
    return np.asarray(image.convert("RGB"), np.int16)


def picture(seed: int = 0, size: tuple[int, int] = (SIDE, SIDE)) -> Image.Image:
    """A picture of soft colours."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 255, (3, 3, 3), dtype=np.uint8))
    return coarse.resize(size, Image.Resampling.BICUBIC)


def mask(size: tuple[int, int] = (SIDE, SIDE)) -> Image.Image:
    """A mask: the right lower part may change."""
    painted = Image.new("L", size)
    painted.paste(255, (size[0] // 2, size[1] // 2, size[0] - 8, size[1] - 8))
    return painted


def _known(name: str, calls: dict[str, Call], **more: Any) -> Checkpoint:
    known = Checkpoint(
        name=name, title=name, repo=f"tiny/{name}", licence=APACHE, calls=calls, parts={},
        drawing="transformer", steps=3, guidance=None, guided_by=None, working=SIDE, multiple=16,
    )  # fmt: skip
    return replace(known, **more)


# --- words


def _qwen_tokenizer() -> Any:
    return transformers.Qwen2Tokenizer(
        vocab={byte: at for at, byte in enumerate(BYTES)},
        merges=[],
        extra_special_tokens=[f"<|{mark}|>" for mark in MARKS],
        model_max_length=4096,
        chat_template=CHAT,
    )


def _clip_tokenizer() -> Any:
    vocab = {byte: at for at, byte in enumerate([*BYTES, *(f"{byte}</w>" for byte in BYTES)])}
    vocab |= {"<|startoftext|>": 512, "<|endoftext|>": 513}
    return transformers.CLIPTokenizer(vocab=vocab, merges=[], model_max_length=77)


def _t5_tokenizer() -> Any:
    vocab = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    vocab += [(chr(code), -3.0) for code in range(33, 127)]
    return transformers.T5TokenizerFast(
        vocab=vocab, extra_ids=0, additional_special_tokens=[], model_max_length=512
    )


def _processor(kind: str, patch: int) -> Any:
    """For a model that sees: at most 8 x 8 patches of a picture."""
    image = transformers.Qwen2VLImageProcessor(
        patch_size=patch,
        merge_size=2,
        temporal_patch_size=2,
        size={"shortest_edge": (2 * patch) ** 2, "longest_edge": (8 * patch) ** 2},
    )
    video = getattr(transformers, f"{kind}VideoProcessor")()
    return getattr(transformers, f"{kind}Processor")(
        image_processor=image, tokenizer=_qwen_tokenizer(), video_processor=video, chat_template=CHAT
    )


def _clip(projected: bool = False) -> Any:
    config = transformers.CLIPTextConfig(
        vocab_size=514, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=77, projection_dim=16, bos_token_id=512, eos_token_id=513, pad_token_id=513,
    )  # fmt: skip
    cls = transformers.CLIPTextModelWithProjection if projected else transformers.CLIPTextModel
    return cls(config).eval()


def _t5() -> Any:
    config = transformers.T5Config(
        vocab_size=98, d_model=32, d_kv=8, d_ff=37, num_layers=2, num_heads=4,
        relative_attention_num_buckets=8, is_encoder_decoder=False, use_cache=False,
    )  # fmt: skip
    return transformers.T5EncoderModel(config).eval()


TEXT = {
    "vocab_size": 264, "hidden_size": 16, "intermediate_size": 32, "num_attention_heads": 2,
    "num_key_value_heads": 2, "max_position_embeddings": 4096, "bos_token_id": None, "eos_token_id": 258,
    "pad_token_id": 256,
}  # fmt: skip
ROPE = {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [1, 1, 2]}
SIGHT = {"depth": 2, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": 16}
IDS = {
    "image_token_id": IMAGE, "video_token_id": VIDEO, "vision_start_token_id": VISION_START,
    "vision_end_token_id": VISION_END,
}  # fmt: skip


def _qwen3(head: bool) -> Any:
    config = transformers.Qwen3Config(**TEXT, num_hidden_layers=3, head_dim=8, tie_word_embeddings=True)
    return (transformers.Qwen3ForCausalLM if head else transformers.Qwen3Model)(config).eval()


def _qwen25_sees() -> Any:
    config = transformers.Qwen2_5_VLConfig(
        text_config={**TEXT, "num_hidden_layers": 2, "rope_parameters": ROPE},
        vision_config={**SIGHT, "patch_size": 14, "fullatt_block_indexes": [1]},
        **IDS,
    )
    return transformers.Qwen2_5_VLForConditionalGeneration(config).eval()


def _qwen3_sees() -> Any:
    text = {
        **TEXT,
        "num_hidden_layers": 3,
        "head_dim": 8,
        "rope_parameters": ROPE,
        "tie_word_embeddings": True,
    }
    sight = {**SIGHT, "patch_size": 16, "num_position_embeddings": 64, "deepstack_visual_indexes": [0]}
    config = transformers.Qwen3VLConfig(
        text_config=text, vision_config=sight, tie_word_embeddings=True, **IDS
    )
    return transformers.Qwen3VLForConditionalGeneration(config).eval()


# --- pixels


def _vae(cls: Any = AutoencoderKL, **more: Any) -> Any:
    return cls(
        in_channels=3, out_channels=3, down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4, block_out_channels=(8,) * 4, layers_per_block=1,
        latent_channels=4, norm_num_groups=4, sample_size=SIDE, **more,
    ).eval()  # fmt: skip


@cache
def plain_vae() -> Any:
    """A VAE with numbers set by hand: three of its channels are colours, averaged over 4 x 4 pixels.

    What it decodes looks like what it encoded, but softer, a little darker, and a fraction of a pixel aside.
    """
    vae = diffusers.AutoencoderTiny(
        encoder_block_out_channels=(4,) * 3, decoder_block_out_channels=(4,) * 3,
        num_encoder_blocks=(0,) * 3, num_decoder_blocks=(0,) * 3, latent_channels=4,
    )  # fmt: skip
    kept, halved, spread = ([0.0, 1.0, 0.0], [0.1, 0.5, 0.4], [0.1, 0.8, 0.1])
    with torch.no_grad():
        for part, stride_one in ((vae.encoder, kept), (vae.decoder, spread)):
            for conv in (layer for layer in part.modules() if isinstance(layer, torch.nn.Conv2d)):
                taps = torch.tensor(halved if conv.stride[0] == 2 else stride_one)
                colors = torch.eye(conv.out_channels, conv.in_channels)
                conv.weight.copy_(colors[:, :, None, None] * taps[:, None] * taps)
                if conv.bias is not None:
                    conv.bias.zero_()
    return vae.eval().requires_grad_(False)


def _flux_vae(shift: float, scale: float) -> Any:
    return _vae(use_quant_conv=False, use_post_quant_conv=False, shift_factor=shift, scaling_factor=scale)


def _qwen_vae() -> Any:
    return diffusers.AutoencoderKLQwenImage(
        base_dim=8, z_dim=4, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True],
        latents_mean=[0.1, -0.2, 0.0, 0.3], latents_std=[1.0, 1.5, 0.8, 1.2],
    ).eval()  # fmt: skip


def _flow(**more: Any) -> Any:
    return FlowMatchEulerDiscreteScheduler(**more)


BLANK = {"negative_prompt": " "}
FULL = {"strength": 1.0}
LAYERS = {"text_encoder_out_layers": (1, 2, 3), "max_sequence_length": 64}
UNET = {
    "block_out_channels": (8, 16), "layers_per_block": 1, "sample_size": 8, "in_channels": 4,
    "out_channels": 4, "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"), "norm_num_groups": 4,
    "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
}  # fmt: skip
XL = {
    "cross_attention_dim": 32, "attention_head_dim": (2, 4), "use_linear_projection": True,
    "addition_embed_type": "text_time", "addition_time_embed_dim": 8, "transformer_layers_per_block": (1, 1),
    "projection_class_embeddings_input_dim": 8 * 6 + 16,
}  # fmt: skip
BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}


def _stable(name: str, **more: Any) -> Checkpoint:
    calls = {
        "generate": Call(f"{name}Pipeline"),
        "edit": Call(f"{name}Img2ImgPipeline", canvas="image", sized=False, fixed={"strength": 0.6}),
        "inpaint": Call(
            f"{name}InpaintPipeline", canvas="image", mask="mask_image", fixed={"strength": 0.99}
        ),
    }
    return _known(name, calls, drawing="unet", guidance=5.0, guided_by="guidance_scale", **more)


def sd15() -> tuple[Any, Checkpoint]:
    """Stable Diffusion 1.5: predicts noise, guided by a second pass."""
    unet = diffusers.UNet2DConditionModel(**UNET, cross_attention_dim=16, attention_head_dim=4)
    pipe = diffusers.StableDiffusionPipeline(
        vae=_vae(), text_encoder=_clip(), tokenizer=_clip_tokenizer(), unet=unet.eval(),
        scheduler=diffusers.DDIMScheduler(**BETAS, steps_offset=1, clip_sample=False, set_alpha_to_one=False),
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    )  # fmt: skip
    return pipe, _stable("StableDiffusion")


def sdxl() -> tuple[Any, Checkpoint]:
    """SDXL: two text encoders, and samples that are scaled by the level of noise."""
    unet = diffusers.UNet2DConditionModel(**UNET, **XL)
    pipe = diffusers.StableDiffusionXLPipeline(
        vae=_vae(), text_encoder=_clip(), tokenizer=_clip_tokenizer(), text_encoder_2=_clip(projected=True),
        tokenizer_2=_clip_tokenizer(), unet=unet.eval(), add_watermarker=False,
        scheduler=diffusers.EulerDiscreteScheduler(**BETAS, steps_offset=1, timestep_spacing="leading"),
    )  # fmt: skip
    return pipe, _stable("StableDiffusionXL")


def kontext() -> tuple[Any, Checkpoint]:
    """FLUX.1 Kontext: packed latents, and sizes of its own unless it is told."""
    transformer = diffusers.FluxTransformer2DModel(
        patch_size=1, in_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=16,
        num_attention_heads=2, joint_attention_dim=32, pooled_projection_dim=16, axes_dims_rope=(4, 4, 8),
        guidance_embeds=True,
    )  # fmt: skip
    pipe = diffusers.FluxKontextPipeline(
        scheduler=_flow(shift=3.0, use_dynamic_shifting=True), vae=_flux_vae(0.0609, 1.5035),
        text_encoder=_clip(), tokenizer=_clip_tokenizer(), text_encoder_2=_t5(), tokenizer_2=_t5_tokenizer(),
        transformer=transformer.eval(), image_encoder=None, feature_extractor=None,
    )  # fmt: skip
    short = {"max_sequence_length": 32}
    calls = {
        "generate": Call("FluxKontextPipeline", fixed=short),
        "edit": Call("FluxKontextPipeline", canvas="image", limit=0, fixed=short),
        "inpaint": Call(
            "FluxKontextInpaintPipeline", canvas="image", mask="mask_image", references="image_reference",
            limit=1, fixed={**FULL, **short},
        ),
    }  # fmt: skip
    return pipe, _known("kontext", calls, guidance=3.5, guided_by="guidance_scale", references=1)


def klein() -> tuple[Any, Checkpoint]:
    """FLUX.2 klein: patches scaled each by itself, and many references."""
    transformer = diffusers.Flux2Transformer2DModel(
        patch_size=1, in_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=16,
        num_attention_heads=2, joint_attention_dim=48, timestep_guidance_channels=16,
        axes_dims_rope=(4, 4, 4, 4), guidance_embeds=False,
    )  # fmt: skip
    vae = _vae(diffusers.AutoencoderKLFlux2)
    with torch.no_grad():
        vae.bn.running_mean.normal_(0, 0.3)
        vae.bn.running_var.uniform_(0.5, 2)
    pipe = diffusers.Flux2KleinPipeline(
        scheduler=_flow(use_dynamic_shifting=True), vae=vae, text_encoder=_qwen3(head=True),
        tokenizer=_qwen_tokenizer(), transformer=transformer.eval(), is_distilled=True,
    )  # fmt: skip
    calls = {
        "generate": Call("Flux2KleinPipeline", references="image", fixed=LAYERS),
        "edit": Call("Flux2KleinPipeline", canvas="image", references="image", fixed=LAYERS),
        "inpaint": Call(
            "Flux2KleinInpaintPipeline", canvas="image", mask="mask_image", references="image_reference",
            fixed={**FULL, **LAYERS},
        ),
    }  # fmt: skip
    return pipe, _known("klein", calls, references=3)


def qwen_edit() -> tuple[Any, Checkpoint]:
    """Qwen-Image-Edit-2509: an encoder that sees, and guidance in a second pass. It knows no masks here.

    The class enlarges references to a megapixel, whatever is asked: here they keep their size.
    """
    qwen_plus.CONDITION_IMAGE_SIZE = qwen_plus.VAE_IMAGE_SIZE = SIDE * SIDE
    transformer = diffusers.QwenImageTransformer2DModel(
        patch_size=2, in_channels=16, out_channels=4, num_layers=2, attention_head_dim=16,
        num_attention_heads=2, joint_attention_dim=16, guidance_embeds=False, axes_dims_rope=(8, 4, 4),
    )  # fmt: skip
    pipe = diffusers.QwenImageEditPlusPipeline(
        scheduler=_flow(use_dynamic_shifting=True), vae=_qwen_vae(), text_encoder=_qwen25_sees(),
        tokenizer=_qwen_tokenizer(), processor=_processor("Qwen2VL", 14), transformer=transformer.eval(),
    )  # fmt: skip
    edit = Call("QwenImageEditPlusPipeline", canvas="image", references="image", fixed=BLANK)
    calls = {"edit": edit, "inpaint": replace(edit, blend=True)}
    return pipe, _known("qwen_edit", calls, guidance=4.0, guided_by="true_cfg_scale", references=2)


def qwen21() -> tuple[Any, Checkpoint]:
    """Qwen-Image-2.1: a token a cell, and pictures that can be seen through."""
    vae = diffusers.AutoencoderKLQwenImage21(
        base_dim=8, decoder_base_dim=8, z_dim=8, dim_mult=[1, 1, 1, 1, 1], num_res_blocks=1,
        latents_mean=[0.1] * 8, latents_std=[1.5] * 8,
    )  # fmt: skip
    transformer = diffusers.QwenImage21Transformer2DModel(
        patch_size=1, in_channels=8, out_channels=8, num_layers=2, attention_head_dim=16,
        num_attention_heads=2, context_in_dim=16, axes_dims_rope=(4, 6, 6), causal_condition=True,
    )  # fmt: skip
    pipe = diffusers.QwenImage21Pipeline(
        scheduler=_flow(use_dynamic_shifting=True), vae=vae.eval(), text_encoder=_qwen3_sees(),
        processor=_processor("Qwen3VL", 16), transformer=transformer.eval(),
    )  # fmt: skip
    edit = Call("QwenImage21Pipeline", canvas="image", references="image", alpha=True)
    calls = {
        "generate": Call("QwenImage21Pipeline", references="image", alpha=True),
        "edit": edit,
        "inpaint": replace(edit, blend=True),
    }
    return pipe, _known("qwen21", calls, guidance=1.0, guided_by="true_cfg_scale", references=2, multiple=32)


def z_image() -> tuple[Any, Checkpoint]:
    """Z-Image: plain latents, and an encoder without a head."""
    transformer = diffusers.ZImageTransformer2DModel(
        all_patch_size=(2,), all_f_patch_size=(1,), in_channels=4, dim=32, n_layers=2, n_refiner_layers=1,
        n_heads=2, n_kv_heads=2, qk_norm=True, cap_feat_dim=16, rope_theta=256.0, t_scale=1000.0,
        axes_dims=[8, 4, 4], axes_lens=[1536, 64, 64],
    )  # fmt: skip
    with torch.no_grad():  # the class leaves these two as whatever the memory held
        transformer.x_pad_token.fill_(1.0)
        transformer.cap_pad_token.fill_(1.0)
    pipe = diffusers.ZImagePipeline(
        scheduler=_flow(shift=3.0), vae=_flux_vae(0.1159, 0.3611), text_encoder=_qwen3(head=False),
        tokenizer=_qwen_tokenizer(), transformer=transformer.eval(),
    )  # fmt: skip
    short = {"max_sequence_length": 64}
    calls = {
        "generate": Call("ZImagePipeline", fixed=short),
        "edit": Call("ZImageImg2ImgPipeline", canvas="image", fixed={"strength": 0.6, **short}),
        "inpaint": Call("ZImageInpaintPipeline", canvas="image", mask="mask_image", fixed={**FULL, **short}),
    }
    return pipe, _known("z_image", calls, guidance=0.0, guided_by="guidance_scale")


def dreamlite() -> tuple[Any, Checkpoint]:
    """DreamLite mobile: no callback, no masks, a U-Net that flows, and a VAE that is not random."""
    unet = diffusers.DreamLiteUNetModel(
        sample_size=8, in_channels=4, out_channels=4, cross_attention_dim=16, attention_head_dim=8,
        layers_per_block=1, block_out_channels=(16, 32), norm_num_groups=8, transformer_layers_per_block=1,
        down_block_types=("DreamLiteCrossAttnNoSelfAttnDownBlock2D", "DreamLiteCrossAttnDownBlock2D"),
        up_block_types=("DreamLiteCrossAttnUpBlock2D", "DreamLiteUpBlock2D"),
    )  # fmt: skip
    vae = diffusers.AutoencoderTiny(
        encoder_block_out_channels=(8, 8, 8, 8), decoder_block_out_channels=(8, 8, 8, 8),
        num_encoder_blocks=(1, 1, 1, 1), num_decoder_blocks=(1, 1, 1, 1), latent_channels=4,
    )  # fmt: skip
    pipe = diffusers.DreamLiteMobilePipeline(
        text_encoder=_qwen3_sees(), tokenizer=_qwen_tokenizer(), processor=_processor("Qwen3VL", 16),
        vae=vae.eval(), unet=unet.eval(), scheduler=_flow(use_dynamic_shifting=True),
    )  # fmt: skip
    edit = Call("DreamLiteMobilePipeline", canvas="image")
    calls = {"generate": Call("DreamLiteMobilePipeline"), "edit": edit, "inpaint": replace(edit, blend=True)}
    return pipe, _known("dreamlite", calls, drawing="unet")


# --- nets


@cache
def nets(name: str) -> tuple[Nets, dict[str, Any]]:
    """How the tiny pipeline of that family keeps to control pictures, and the modules by their repository.

    A net begins with layers of zeros, so that it does nothing until it is trained: here they are random.
    """
    torch.manual_seed(1)
    how, make = STEERED[name]
    calls = {op: replace(call, fixed={**call.fixed, **SHORT.get(name, {})}) for op, call in how.calls.items()}
    made = {net.repo: make(tiny(name)[0]).eval() for net in how.nets}
    with torch.no_grad():
        for net in made.values():
            for weight in net.parameters():
                if not bool(weight.any()):
                    weight.normal_(0, 0.5)
    return replace(how, calls=calls), made


def steered_model(name: str, loaded: list[str] | None = None) -> DiffusersModel:
    """A model that keeps to control pictures; the repositories of nets are put on the list when they load."""
    made = nets(name)[1] if name in STEERED else {}

    def load(net: Net) -> Any:
        if loaded is not None:
            loaded.append(net.repo)
        return made[net.repo]

    pipe = tiny(name)[0]
    return DiffusersModel(pipe, steered(name), kept=Kept(name), preview=glimpses(name), net=load)


def steered(name: str) -> Checkpoint:
    """The checkpoint of the tiny pipeline, which keeps to control pictures by nets or as references."""
    checkpoint = tiny(name)[1]
    if name not in STEERED:
        return replace(checkpoint, control=Shown(frozenset(KINDS)))
    drawn = {"generate": Call("QwenImagePipeline", fixed=BLANK)} if name == "qwen_edit" else {}
    return replace(checkpoint, calls={**checkpoint.calls, **drawn}, control=nets(name)[0])


def _union_net(pipe: Any) -> Any:
    config = {key: pipe.unet.config[key] for key in (*UNET, *XL) if key in pipe.unet.config}
    for key in ("out_channels", "sample_size", "up_block_types"):
        config.pop(key)
    return diffusers.ControlNetUnionModel(
        **config, num_trans_channel=8, num_trans_head=2, num_proj_channel=8,
        conditioning_embedding_out_channels=(8, 8, 8, 8),
    )  # fmt: skip


def _qwen_net(pipe: Any) -> Any:
    return diffusers.QwenImageControlNetModel(
        patch_size=2, in_channels=16, out_channels=4, num_layers=1, attention_head_dim=16,
        num_attention_heads=2, joint_attention_dim=16, axes_dims_rope=(8, 4, 4),
    )  # fmt: skip


def _z_image_net(pipe: Any) -> Any:
    net = diffusers.ZImageControlNetModel(
        control_layers_places=[0, 1], control_in_dim=4, dim=32, n_refiner_layers=1, n_heads=2, n_kv_heads=2
    )
    with torch.no_grad():
        for weight in net.parameters():
            weight.normal_(0, 0.2)
    return net


def _flux_net(pipe: Any) -> Any:
    return diffusers.FluxControlNetModel.from_transformer(
        pipe.transformer, num_layers=1, num_single_layers=0, attention_head_dim=16, num_attention_heads=2
    )


SHORT = {"kontext": {"max_sequence_length": 32}, "z_image": {"max_sequence_length": 64}}
STEERED: dict[str, tuple[Nets, Callable[[Any], Any]]] = {
    "sd15": (SD15, lambda pipe: diffusers.ControlNetModel.from_unet(pipe.unet)),
    "sdxl": (SDXL, _union_net),
    "kontext": (FLUX1, _flux_net),
    "qwen_edit": (QWEN_IMAGE, _qwen_net),
    "z_image": (Z_IMAGE_TURBO, _z_image_net),
}


FAMILIES: dict[str, Callable[[], tuple[Any, Checkpoint]]] = {
    "sd15": sd15,
    "sdxl": sdxl,
    "kontext": kontext,
    "klein": klein,
    "qwen_edit": qwen_edit,
    "qwen21": qwen21,
    "z_image": z_image,
    "dreamlite": dreamlite,
}
