"""Pipelines that diffusers has as blocks only, behind the door that all others have: FLUX.3.

Blocks have no callback, take guidance as a component and answer with a state. `Flux3Pipeline` is a pipeline
of diffusers like any other, so that parts are placed, moved and given LoRAs by diffusers itself, and
`stepping` and `kept` find a scheduler, a VAE and an `encode_prompt`; only what it runs are the blocks.

A caption may take a minute to write, so that whoever waits is told that it goes on, and can stop it: `beat`
is called while it is written.

Nouns: a *caption* is the long description that FLUX.3 was trained on; its *upsampler*, a language model that
sees the pictures, writes it out of what a person said, always the same for the same.
"""

from __future__ import annotations

import itertools
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import diffusers
import torch
import transformers
from diffusers import guiders, loaders
from diffusers.guiders import guider_utils
from diffusers.modular_pipelines import modular_pipeline
from diffusers.modular_pipelines.flux3.prompt_upsampler import prepare_references, upsample_prompt
from PIL import Image

if TYPE_CHECKING:  # diffusers' classes say too little about their types; what is used of them is this

    class _Pipeline:
        components: Mapping[str, Any]
        transformer: Any
        prompt_upsampler: Any
        prompt_upsampler_processor: Any
        _execution_device: torch.device
        register_modules: Callable[..., None]
        maybe_free_model_hooks: Callable[[], None]

else:

    class _Pipeline(diffusers.DiffusionPipeline, loaders.Flux3LoraLoaderMixin):
        pass


_Guidance: Any = guiders.ClassifierFreeGuidance  # type: ignore[attr-defined]
_ImageOutput: Any = diffusers.ImagePipelineOutput
LAYERS = (4, 8, 12, 16, 20, 24, 28, 32)  # of the text encoder, whose states the transformer was trained on
CAPTION = 3584  # tokens a caption may take
BEAT = 16  # tokens from one beat to the next: half a second or so on a card

# Every block logs whatever goes through it as a mistake, though it be a person's Stop, and every guider that
# it may change one day. Whoever catches an error tells it.
for _module, _noise in ((modular_pipeline, "Error in block"), (guider_utils, "experimental feature")):
    logging.getLogger(_module.__name__).addFilter(
        lambda said, noise=_noise: noise not in said.getMessage()  # type: ignore[misc]
    )


class Flux3Pipeline(_Pipeline):
    """FLUX.3, distilled or not: its transformer's configuration says which. Without an upsampler, what was
    said is the caption.
    """

    model_cpu_offload_seq = "prompt_upsampler->text_encoder->transformer->vae"
    _optional_components = ["scheduler", "prompt_upsampler", "prompt_upsampler_processor"]  # noqa: RUF012

    @staticmethod
    def beat() -> None:
        """Nobody waits, unless `stepping` puts somebody here."""

    def __init__(
        self,
        transformer: diffusers.Flux3Transformer2DModel,
        text_encoder: transformers.Qwen3VLForConditionalGeneration,
        tokenizer: transformers.AutoProcessor,
        vae: Any,
        scheduler: diffusers.FlowMatchEulerDiscreteScheduler | None = None,
        prompt_upsampler: transformers.Qwen3_5ForConditionalGeneration | None = None,
        prompt_upsampler_processor: transformers.AutoProcessor | None = None,
    ) -> None:
        super().__init__()
        if scheduler is None:  # its makers may leave it out: the blocks know which
            blocks: Any = diffusers.Flux3AutoBlocks
            scheduler = blocks().init_pipeline().scheduler
        self.register_modules(
            transformer=transformer, text_encoder=text_encoder, tokenizer=tokenizer, vae=vae,
            scheduler=scheduler, prompt_upsampler=prompt_upsampler,
            prompt_upsampler_processor=prompt_upsampler_processor,
        )  # fmt: skip
        self.vae_scale_factor = 2 ** (len(vae.config.block_out_channels) - 1)

    @torch.no_grad()
    def __call__(
        self,
        prompt: str,
        image: Sequence[Image.Image] = (),
        boxes: Sequence[dict[str, Any]] = (),
        width: int = 1024,
        height: int = 1024,
        num_inference_steps: int = 16,
        guidance_scale: float | None = None,
        generator: torch.Generator | None = None,
        text_encoder_out_layers: tuple[int, ...] = LAYERS,
        max_new_tokens: int = CAPTION,
    ) -> Any:
        """One picture. `image` are the canvas, if there is one, and what is to be followed; `boxes` are as
        `boxes_of` makes them. `guidance_scale` is for the undistilled one.
        """
        guided = guidance_scale is not None and guidance_scale > 1 and not self.distilled
        said = json.dumps(list(boxes)) if boxes else None
        words = self.encode_prompt(prompt, list(image), said, guided, text_encoder_out_layers, max_new_tokens)
        blocks = self._blocks()
        for name in ("prompt_upsampler", "text_encoder"):
            blocks.sub_blocks.pop(name)
        named = dict(zip(("prompt_embeds", "negative_prompt_embeds"), words, strict=False))
        state = self._run(
            blocks, guidance_scale if guided else None, image=list(image) or None, width=width, height=height,
            num_inference_steps=num_inference_steps, generator=generator, **named,
        )  # fmt: skip
        self.maybe_free_model_hooks()
        return _ImageOutput(images=state.get("images"))

    @property
    def distilled(self) -> bool:
        """Whether it draws without guidance, in few steps."""
        return bool(self.transformer.config.flow_map)

    def encode_prompt(
        self,
        prompt: str,
        image: list[Image.Image],
        boxes: str | None,
        guided: bool,
        text_encoder_out_layers: tuple[int, ...],
        max_new_tokens: int,
    ) -> tuple[torch.Tensor, ...]:
        """What the caption says to the transformer, and if `guided`, what no words say. `boxes` is JSON."""
        caption = self._caption(prompt, image, boxes, max_new_tokens)
        encoder = self._blocks().sub_blocks["text_encoder"]
        layers = text_encoder_out_layers
        texts = [caption, ""] if guided else [caption]
        return tuple(
            self._run(encoder, None, prompt=text, text_encoder_out_layers=layers).get("prompt_embeds")
            for text in texts
        )

    def _caption(self, prompt: str, image: list[Image.Image], boxes: str | None, most: int) -> str:
        if self.prompt_upsampler is None:
            return prompt
        reader: Any = _Writer(self.prompt_upsampler, self._execution_device, self.beat)
        references = prepare_references(image) if image else None
        return str(
            upsample_prompt(
                reader,
                self.prompt_upsampler_processor,
                prompt,
                references,
                json.loads(boxes) if boxes else None,
                max_new_tokens=most,
            )
        )

    def _blocks(self) -> Any:
        return (diffusers.Flux3DistilledAutoBlocks if self.distilled else diffusers.Flux3AutoBlocks)()

    def _run(self, blocks: Any, guidance: float | None, **given: Any) -> Any:
        """What the blocks come to, over the components of this pipeline."""
        _silence(blocks)
        made = blocks.init_pipeline()
        parts = {name: part for name, part in self.components.items() if name in made.component_names}
        if "guider" in made.component_names:
            # At 1 there is one pass, and no negative words are missed.
            parts["guider"] = _Guidance(guidance_scale=guidance or 1.0)
        made.register_components(**parts)
        return made(**given)


class _Writer:
    """The upsampler as diffusers' function takes it: where it works, though it may wait somewhere else, and
    with a beat while it writes.
    """

    def __init__(self, model: Any, device: torch.device, beat: Callable[[], None]) -> None:
        self.device, self._model, self._beat = device, model, beat

    def generate(self, **given: Any) -> Any:
        """The tokens. Raises what the beat raises."""

        written = itertools.count(1)

        def heard(tokens: torch.Tensor, scores: Any, **more: Any) -> torch.Tensor:
            if next(written) % BEAT == 0:
                self._beat()
            return torch.zeros(len(tokens), dtype=torch.bool, device=tokens.device)

        return self._model.generate(**given, stopping_criteria=[heard])


def _silence(blocks: Any) -> None:
    """No bars of progress, in loops within loops either."""
    if hasattr(blocks, "set_progress_bar_config"):
        blocks.set_progress_bar_config(disable=True)
    for inner in blocks.sub_blocks.values():
        _silence(inner)


# The names that an index of blocks has for what is run here.
DOORS = {"Flux3ModularPipeline": Flux3Pipeline, "Flux3DistilledModularPipeline": Flux3Pipeline}


def pipeline_class(name: str) -> Any:
    """The pipeline of that name: one of diffusers, or the one here that runs its blocks; None if neither."""
    return DOORS.get(name) or getattr(diffusers, name, None)
