"""Control weights, for the families that need further weights to keep to control pictures.

Each is counted with its published configuration (tests/test_steering.py counts them again). None was tried
with its real weights here.
"""

from __future__ import annotations

from studio.models.family import APACHE, FLUX1_DEV, OPEN_RAIL, Call, Net, Nets

ALL_FOUR = dict.fromkeys(("edges", "sketch", "depth", "pose"))


def _calls(name: str, generate: str, edit: float, inpaint: float) -> dict[str, Call]:
    """The three classes of a family. In one the first has another name for the picture."""
    return {
        "generate": Call(f"{name}Pipeline", control=generate),
        "edit": Call(
            f"{name}Img2ImgPipeline", canvas="image", control="control_image", fixed={"strength": edit},
            describes=True,
        ),
        "inpaint": Call(
            f"{name}InpaintPipeline", canvas="image", mask="mask_image", control="control_image",
            fixed={"strength": inpaint}, describes=True,
        ),
    }  # fmt: skip


def _sd15(repo: str, kind: str) -> Net:
    """One of version 1.1 by the author of ControlNet: each knows one kind."""
    file = "diffusion_pytorch_model.fp16.safetensors"
    return Net(f"lllyasviel/{repo}", OPEN_RAIL, {kind: None}, billions=0.36, file=file)


SD15 = Nets(
    # With a picture that holds it in place, more of a canvas may be painted over than without.
    calls=_calls("StableDiffusionControlNet", "image", edit=0.8, inpaint=1.0),
    nets=(
        _sd15("control_v11p_sd15_canny", "edges"),
        _sd15("control_v11p_sd15_scribble", "sketch"),
        _sd15("control_v11f1p_sd15_depth", "depth"),
        _sd15("control_v11p_sd15_openpose", "pose"),
    ),
    strength=1.0,
)
SDXL = Nets(
    calls=_calls("StableDiffusionXLControlNetUnion", "control_image", edit=0.8, inpaint=0.9999),
    nets=(
        Net(
            "xinsir/controlnet-union-sdxl-1.0", APACHE, {"pose": 0, "depth": 1, "sketch": 2, "edges": 3},
            billions=1.26, model="ControlNetUnionModel", takes_lists=True,
        ),
    ),
    strength=1.0,
)  # fmt: skip
FLUX1 = Nets(
    calls=_calls("FluxControlNet", "control_image", edit=0.8, inpaint=1.0),
    nets=(
        Net(
            # It is told no kind, but two of the classes drop pictures for which no number is given.
            "Shakker-Labs/FLUX.1-dev-ControlNet-Union-Pro-2.0", FLUX1_DEV, dict.fromkeys(ALL_FOUR, -1),
            billions=2.14, model="FluxControlNetModel",
        ),
    ),
    strength=0.7,
)  # fmt: skip
QWEN_IMAGE = Nets(
    calls={
        "generate": Call(
            "QwenImageControlNetPipeline", control="control_image", fixed={"negative_prompt": " "}
        ),
    },
    nets=(
        Net("InstantX/Qwen-Image-ControlNet-Union", APACHE, ALL_FOUR, 1.77, model="QwenImageControlNetModel"),
    ),
    strength=1.0,
    shared="QwenImageMultiControlNetModel",
)
Z_IMAGE_TURBO = Nets(
    calls={"generate": Call("ZImageControlNetPipeline", control="control_image")},
    nets=(
        # A single file without a configuration: a block beside every fifth one of the transformer.
        Net(
            "alibaba-pai/Z-Image-Turbo-Fun-Controlnet-Union", APACHE, ALL_FOUR, 1.55,
            model="ZImageControlNetModel", file="Z-Image-Turbo-Fun-Controlnet-Union.safetensors",
            config={"control_layers_places": [0, 5, 10, 15, 20, 25], "control_in_dim": 16},
        ),
    ),
    strength=0.75,
    together=False,
)  # fmt: skip
