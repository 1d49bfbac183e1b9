"""What the studio knows of a model before it is loaded: plain values, one file of them a family.

Nouns: a *checkpoint* is one set of weights that a person can choose; a *call* is how one of the studio's
abilities is asked of a diffusers pipeline; a *part* is a component of the pipeline that has weights; a
*distillation* is a LoRA that makes a checkpoint draw in few steps; a *net* is control weights: what makes a
checkpoint keep to a control picture, such as edges or a pose.
Nothing here imports torch: cards, licences and plans are shown while nothing is loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from studio import images

NOTHING: Mapping[str, Any] = MappingProxyType({})
DISTILLED = "distilled"  # what a loaded distillation is called among a pipeline's LoRAs


@dataclass(frozen=True)
class Licence:
    """Terms of weights. Where they are not `free` (for any use), a person accepts them before a download;
    `terms` says in one sentence what they ask for.
    """

    name: str
    url: str
    free: bool
    terms: str = ""


@dataclass(frozen=True)
class Call:
    """How one ability is asked of a pipeline.

    pipeline    the name of a diffusers class. The first call's class loads the repository, the others are
                made of its components
    canvas, mask, references
                its arguments for these pictures; the mask is "L", white may change. Where `references` has
                the same name as `canvas`, it takes a list with the canvas first
    limit       how many references this call takes; None: as many as the checkpoint
    fixed       arguments that are always given. Only `strength` may be replaced by what a person asks for
    blend       the class knows no masks: latents outside of the mask are put back after every step
    sized       it takes `width` and `height`; otherwise the size follows the canvas. What comes back may
                have another size than asked for: models round to areas that they were trained at
    describes   the words describe the whole picture that is wanted (an edit: image to image; an inpainting:
                what is to be seen in the mask). Otherwise they are an instruction, such as "make it night"
    alpha       pictures are handed in and come back with transparency (RGBA)
    output      the field of what comes back that holds the list of pictures
    control     its argument for control pictures, in the calls of `Nets`
    """

    pipeline: str
    canvas: str | None = None
    mask: str | None = None
    references: str | None = None
    fixed: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    blend: bool = False
    sized: bool = True
    limit: int | None = None
    describes: bool = False
    alpha: bool = False
    output: str = "images"
    control: str | None = None


@dataclass(frozen=True)
class Distillation:
    """A LoRA that a checkpoint is always loaded with so that it draws in few steps.

    `repo` and `file` say where it is; `scheduler` names the diffusers class it was trained for, which is made
    of the repository's scheduler configuration with `config` laid over it. Checkpoints with and without one
    share a repository, so that its name belongs in whatever tells their results apart.
    """

    repo: str
    file: str
    scheduler: str
    config: Mapping[str, Any] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True)
class Net:
    """Control weights: a repository of their own, fetched and loaded when a picture of a kind first needs it.

    kinds       what it follows; where it was trained on several, to the number it has for each
    repo, file  where it is. The file `config.json` beside it says its shape
    config      its shape, for one that has no such file
    model       the diffusers class
    takes_lists it takes several pictures itself. Others are put into a list, one for each picture
    billions    parameters
    """

    repo: str
    licence: Licence
    kinds: Mapping[str, int | None]
    billions: float
    model: str = "ControlNetModel"
    file: str = "diffusion_pytorch_model.safetensors"
    config: Mapping[str, Any] | None = None
    takes_lists: bool = False
    revision: str | None = None


@dataclass(frozen=True)
class Nets:
    """A checkpoint that keeps to control pictures by further weights.

    `calls` are asked in the place of the checkpoint's own where there are control pictures. `strength` is how
    closely they are kept to unless asked otherwise, from 0; `together`, whether several can be at once.
    `shared` names the diffusers class by which one net follows several pictures, where that takes one.
    """

    calls: Mapping[str, Call]
    nets: tuple[Net, ...]
    strength: float
    together: bool = True
    shared: str | None = None

    def net(self, kind: str) -> Net | None:
        """What follows that kind, if anything does."""
        return next((net for net in self.nets if kind in net.kinds), None)

    def needed(self, kinds: Iterable[str]) -> tuple[Net, ...]:
        """The nets for these kinds, each once."""
        return tuple(net for net in self.nets if net.kinds.keys() & set(kinds))

    def pinned(self, commits: Mapping[str, str]) -> Nets:
        """The same with the commits of nets by their repository, as far as they are known."""
        nets = (replace(net, revision=commits.get(net.repo, net.revision)) for net in self.nets)
        return replace(self, nets=tuple(nets))


@dataclass(frozen=True)
class Shown:
    """A checkpoint that takes control pictures as references, and is told in words what they are.

    `called` is how a picture is spoken of by its number in the list that the pipeline gets.
    """

    kinds: frozenset[str]
    called: str = "Image {}"


@dataclass(frozen=True)
class Checkpoint:
    """One set of weights.

    name, title what it is called in commands and on the page
    repo        its repository on the hub, or a folder
    revision    branch, tag or commit that pins the repository; None pins what is fetched first
    variant     the files to take of a repository that has several precisions, such as "fp16"
    calls       "generate", "edit" and "inpaint" to how they are asked
    parts       every component with weights that is loaded, to billions of parameters with buffers
    drawing     the part that runs at every step; it is quantised first
    steps       how many unless asked otherwise. The argument is always `num_inference_steps`
    guidance, guided_by
                the default and its argument's name; both None if there is nothing to guide. For classes whose
                guidance needs a negative prompt too, `fixed` has one
    working     the longest side in pixels it draws well at
    multiple    what widths and heights are multiples of
    sizes       the (width, height) there are, for models that draw no others; the nearest shape is taken
    references  how many pictures it follows beside the canvas; may be more than a request holds
    talks       the part that is a whole language model, which can be asked to `generate` text
    sees        whether the part that talks also looks at pictures
    distilled   the LoRA it is always loaded with, if there is one
    control     how it keeps to control pictures, if it does
    notes       what a person should know, a sentence each
    """

    name: str
    title: str
    repo: str
    licence: Licence
    calls: Mapping[str, Call]
    parts: Mapping[str, float]
    drawing: str
    steps: int
    guidance: float | None
    guided_by: str | None
    working: int
    multiple: int
    references: int = 0
    talks: str | None = None
    sees: bool = False
    revision: str | None = None
    notes: tuple[str, ...] = ()
    variant: str | None = None
    sizes: tuple[tuple[int, int], ...] = ()
    distilled: Distillation | None = None
    control: Nets | Shown | None = None

    @property
    def ops(self) -> frozenset[str]:
        """The abilities it has."""
        return frozenset(self.calls)

    @property
    def billions(self) -> float:
        """Parameters of all parts together."""
        return sum(self.parts.values())

    @property
    def controls(self) -> Mapping[str, str]:
        """The kinds of control pictures it keeps to, each with the name of the weights for it, if any."""
        if isinstance(self.control, Shown):
            return {kind: "" for kind in images.KINDS if kind in self.control.kinds}
        found = {kind: self.control.net(kind) for kind in images.KINDS} if self.control else {}
        return {kind: f"{net.repo}@{net.revision or 'main'}" for kind, net in found.items() if net}


APACHE = Licence("Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0", free=True)
MIT = Licence("MIT", "https://opensource.org/license/mit", free=True)

NON_COMMERCIAL = Licence(
    "CC BY-NC 4.0",
    "https://creativecommons.org/licenses/by-nc/4.0/",
    free=False,
    terms="The weights are for non-commercial use only, and their makers must be named.",
)

OPEN_RAIL = Licence(
    "CreativeML Open RAIL-M",
    "https://huggingface.co/spaces/CompVis/stable-diffusion-license",
    free=False,
    terms="For any use, commercial too, but for the harmful ones that the licence lists.",
)
FLUX1_DEV = Licence(
    "FLUX.1 [dev] Non-Commercial",
    "https://huggingface.co/black-forest-labs/FLUX.1-dev/blob/main/LICENSE.md",
    free=False,
    terms="The weights are for non-commercial use; what they draw may be used commercially.",
)

# Billions of parameters of parts that several families share, counted without weights on the meta device with
# the published configurations (tests/test_families.py counts them again).
CLIP_L = 0.12
CLIP_G = 0.69
T5_XXL = 4.76
QWEN25_VL_7B = 8.29
QWEN3_VL_2B = 2.13
QWEN3_VL_4B = 4.44
QWEN3_VL_8B = 8.77
QWEN3_4B = 4.02
QWEN3_8B = 8.19
KL_VAE = 0.08  # AutoencoderKL at 8 pixels a latent, with 4 or 16 channels, and the one of FLUX.2
QWEN_VAE = 0.13

# By how the names of a family's pipelines begin; a longer beginning stands before a shorter one.
PIPELINES = {
    "StableDiffusionXL": "sdxl",
    "StableDiffusion3": "sd3",
    "StableDiffusion": "sd15",
    "Flux2": "flux2",
    "Flux3": "flux3",
    "Flux": "flux1",
    "QwenImage21": "qwen-image-2.1",
    "QwenImage": "qwen-image",
    "ZImage": "z-image",
    "LongCat": "longcat",
    "BriaFibo2": "fibo-2",
    "Kandinsky5": "kandinsky-5",
    "DreamLite": "dreamlite",
}
FAMILIES = tuple(dict.fromkeys(PIPELINES.values()))


def family_of(pipeline: str) -> str | None:
    """The family of models that a pipeline class is for, by its name."""
    return next((family for start, family in PIPELINES.items() if pipeline.startswith(start)), None)
