"""`PocketPipeline`: words, pictures and masks in, pictures out. A diffusers pipeline; no network is ever
used.

Nouns: a `Sight` is a scene as the eye reads it, with how sure it is; a `Plan` is everything decided before
the first step: the scene to draw, the latents to keep, and where the result may differ from the source;
*free* marks the cells that are drawn anew, *allowed* the pixels that may change.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from . import reader, scenery, selecting
from .blocks import GRID, LATENT_CHANNELS, PIXELS
from .codes import horizon_of, setting_of
from .comparing import compare
from .compositing import bounds, composite, mark, mask_plane, on_ground, square, to_image, with_detail
from .looks import Gallery, carried, cut_out, shaped
from .nets import Autoencoder, Eye, Glance, Memory, Renderer
from .planning import (
    Plan,
    changed_boxes,
    check,
    free_cells,
    gathered,
    instructed,
    known,
    own_sprites,
    pairs,
    surely,
    surroundings,
)
from .renderer import clean_from, euler_step
from .scene import Scene
from .seeing import Seer
from .sight import Sight
from .views import View

if TYPE_CHECKING:  # diffusers' classes say too little about their types; what is used of them is this

    class BaseOutput:
        """Fields that can be had by name or by place."""

    class DiffusionPipeline:
        """Networks that are saved, loaded and moved together."""

        device: torch.device

        def register_modules(self, **modules: torch.nn.Module) -> None: ...
        def set_progress_bar_config(self, **options: Any) -> None: ...
        def progress_bar(self, total: int) -> Any: ...
        def to(self, target: torch.dtype | torch.device | str) -> PocketPipeline: ...
        def save_pretrained(self, folder: Path | str, safe_serialization: bool = True) -> None: ...
        @classmethod
        def from_pretrained(cls, folder: str, **options: Any) -> PocketPipeline: ...

else:
    from diffusers import DiffusionPipeline
    from diffusers.utils import BaseOutput

WEIGHTS = Path(__file__).parent / "weights"
StepCallback = Callable[["PocketPipeline", int, int, dict[str, Tensor]], dict[str, Tensor] | None]


@dataclass
class PocketPipelineOutput(BaseOutput):
    """`images` as asked for by `output_type`, the `scenes` that were drawn, and `notes` for the person."""

    images: Any
    scenes: list[Scene]
    notes: list[str]


class PocketPipeline(DiffusionPipeline):
    """Draws, edits, fills and sees pictures of some hundred things in four styles, at 512 x 512."""

    autoencoder: Autoencoder
    memory: Memory
    renderer: Renderer
    eye: Eye
    glance: Glance

    model_cpu_offload_seq = "eye->glance->memory->renderer->autoencoder"
    _callback_tensor_inputs = ("latents", "pred_original_sample")

    def __init__(
        self, autoencoder: Autoencoder, memory: Memory, renderer: Renderer, eye: Eye, glance: Glance
    ) -> None:
        super().__init__()
        self.register_modules(
            autoencoder=autoencoder, memory=memory, renderer=renderer, eye=eye, glance=glance
        )
        self.seer = Seer(eye, glance, memory)
        self.gallery = Gallery(memory, self._encode_pixels, self._decode_pixels)

    @classmethod
    def load(cls, folder: Path | str = WEIGHTS) -> PocketPipeline:
        """The pipeline with the weights that came with it, quiet and ready to draw."""
        with _quiet():
            pipe = cls.from_pretrained(str(folder), local_files_only=True)
        pipe.set_progress_bar_config(disable=True)
        for net in (pipe.autoencoder, pipe.renderer, pipe.eye, pipe.glance):
            net.eval().requires_grad_(False).to(memory_format=torch.channels_last)
        return pipe

    @torch.no_grad()
    def __call__(
        self,
        prompt: str | Sequence[str] | None = None,
        image: Image.Image | None = None,
        mask_image: Image.Image | None = None,
        scene: Scene | Sequence[Scene] | None = None,
        references: Sequence[Image.Image] = (),
        num_inference_steps: int = 8,
        generator: torch.Generator | None = None,
        latents: Tensor | None = None,
        output_type: str = "pil",
        return_dict: bool = True,
        callback_on_step_end: StepCallback | None = None,
        callback_on_step_end_tensor_inputs: Sequence[str] = ("latents",),
    ) -> Any:
        """Make pictures: a `PocketPipelineOutput`, or its parts as a tuple without `return_dict`.

        Words alone make a new picture of what they describe, one for each prompt. With `image`, the words
        are an instruction: the picture is read, its scene changed, and only what changed is drawn again.
        With `mask_image` (white may change) what the words name is put inside the mask, and without words
        the background carries on. `references` are at most three pictures of things that the words speak of
        ("this creature on a beach"). `scene` says exactly what to draw, instead of words (several make
        several pictures). `latents` are the noise to begin with; all else that is left to chance, such as
        which part of a background is seen, is the generator's. Raises `reader.NotUnderstood` with a sentence
        when words cannot be followed. What `callback_on_step_end(pipe, step, timestep, tensors)` raises stops
        the run; nothing needs cleaning up.
        """
        check(prompt, image, mask_image, scene, references, num_inference_steps, output_type)
        unknown = set(callback_on_step_end_tensor_inputs) - set(self._callback_tensor_inputs)
        if unknown:
            raise ValueError(f"callback_on_step_end_tensor_inputs has {sorted(unknown)}, which are not there")
        seed = int(torch.randint(0, 2**31 - 1, (1,), generator=generator))
        sprites = [cut_out(reference) for reference in references]
        plans = [
            self._plan(words, image, mask_image, given, sprites, random.Random(seed + i))
            for i, (words, given) in enumerate(pairs(prompt, scene))
        ]
        shape = (len(plans), LATENT_CHANNELS, GRID, GRID)
        if latents is None:
            latents = torch.randn(shape, generator=generator)
        elif tuple(latents.shape) != shape:
            raise ValueError(f"latents must be of shape {shape}, not {tuple(latents.shape)}")
        final = self._denoise(
            plans,
            latents.float(),
            num_inference_steps,
            callback_on_step_end,
            callback_on_step_end_tensor_inputs,
        )
        scenes, notes = [plan.scene for plan in plans], [note for plan in plans for note in plan.notes]
        images = final if output_type == "latent" else self._finish(plans, final, output_type)
        return PocketPipelineOutput(images, scenes, notes) if return_dict else (images, scenes, notes)

    def see(self, image: Image.Image) -> Sight:
        """What is in a picture, of the things that pocket knows."""
        return self.seer.see(square(image))

    def select(
        self, image: Image.Image, words: str | None = None, point: tuple[int, int] | None = None
    ) -> Image.Image:
        """A mask ("L", the size of the picture, white = selected) of what words mean, or of what lies at a
        point (in pixels). Raises `reader.NotUnderstood` if nothing is there.
        """
        return selecting.select(self.seer, image, words=words, point=point)

    def compare(self, image: Image.Image, words: str) -> tuple[str, ...]:
        """Sentences that say what the words ask for and the picture does not show; none if all is there."""
        return compare(self.see(image), reader.wanted(words))

    @torch.no_grad()
    def decode_preview(self, pred_original_sample: Tensor) -> Image.Image:
        """A picture of the first of the predicted clean latents that a step callback is handed."""
        return to_image(self._decode(pred_original_sample[:1])[0])

    # ---- deciding what to draw

    def _plan(
        self,
        words: str | None,
        image: Image.Image | None,
        mask: Image.Image | None,
        scene: Scene | None,
        references: Sequence[Image.Image],
        rng: random.Random,
    ) -> Plan:
        if image is None:
            notes = () if scene is not None else reader.notes(words or "", references=len(references))
            drawn = scene or shaped(reader.read(words or "", rng, references=len(references)), references)
            behind = self.gallery.behind(drawn, View.drawn(rng))
            draft = self.gallery.draft(drawn, references, {}, behind)
            return Plan(drawn, draft, self.gallery.ground(behind), notes)
        if mask is not None:
            return self._plan_fill(words or "", image, mask, scene, references, rng)
        return self._plan_change(words or "", image, scene, references, rng)

    def _plan_change(
        self,
        words: str,
        image: Image.Image,
        scene: Scene | None,
        references: Sequence[Image.Image],
        rng: random.Random,
    ) -> Plan:
        """An instruction to the whole picture: only what it changes is drawn again."""
        small = square(image)
        sight, after = self._sight(small), scene
        found = self.gallery.found_behind(sight.scene, small, np.zeros((PIXELS, PIXELS), np.float32))
        sight = gathered(sight, self.gallery.unknown(surely(sight), small, found))
        if after is None:
            unseen = partial(self.gallery.unseen, sight.scene, small, found)
            sight, after = instructed(sight, words, rng, len(references), unseen)
            after = shaped(after, references)
        before = sight.scene
        notes = () if scene is not None else reader.unknown_notes(words, len(references))
        own = own_sprites(small, lambda: self.seer.masks(small, sight), sight, before, after)
        strange = found and self.gallery.strange(known(sight, before, after), small, found)
        if after.background != before.background or after.style != before.style:
            same = after.background.kind == before.background.kind
            view = self.gallery.view(before, small) if same else View.drawn(rng)
            behind = self.gallery.behind(after, view)
            if strange is not None:
                lights = (scenery.light(one.background) for one in (before, after))
                behind = carried(behind, small, strange, *lights)
            draft = self.gallery.draft(after, references, own, behind)
            return Plan(after, draft, self.gallery.ground(behind), notes, image)
        allowed = np.zeros((PIXELS, PIXELS), np.float32)
        for box in changed_boxes(before, after):
            mark(allowed, box)
        if found is not None and strange is not None:
            found = Image.composite(small, found, strange)
        draft, latents = self.gallery.draft(after, references, own, found), self._encode(small)
        ground = surroundings(latents, allowed, found is not None)
        return Plan(after, draft, ground, notes, image, allowed, latents, grounded=found is not None)

    def _sight(self, small: Image.Image) -> Sight:
        """What is in a picture [512, 512] that is to be edited, in the place that fits best what is seen of
        it, its horizon where that has it.
        """
        sight = self.seer.see(small)
        scene = self.gallery.located(sight.scene, sight.places, small)
        return replace(sight, scene=self.gallery.leveled(scene, small))

    def _plan_fill(
        self,
        words: str,
        image: Image.Image,
        mask: Image.Image,
        scene: Scene | None,
        references: Sequence[Image.Image],
        rng: random.Random,
    ) -> Plan:
        """Inside a mask: what the words name, or the background where they name nothing."""
        allowed, small = mask_plane(mask), square(image)
        if scene is None:
            box, seen = bounds(allowed), self._sight(small).scene
            scene = seen
            if box is not None:
                scene = shaped(reader.fill(seen, box, words, rng, references=len(references)), references)
        found = self.gallery.found_behind(scene, small, allowed)
        draft = self.gallery.draft(scene, references, {}, found)
        latents, notes = self._encode(small), reader.unknown_notes(words, len(references))
        ground = surroundings(latents, allowed, found is not None)
        return Plan(scene, draft, ground, notes, image, allowed, latents, mask, found is not None)

    # ---- drawing

    def _denoise(
        self,
        plans: list[Plan],
        latents: Tensor,
        steps: int,
        callback: StepCallback | None,
        wanted: Sequence[str],
    ) -> Tensor:
        layout = self._layout(plans)
        free, kept = self._locks(plans)
        latents = latents.to(self.device)
        times = torch.linspace(1, 0, steps + 1)
        with self.progress_bar(total=steps) as bar:
            for step in range(steps):
                now, then = times[step].to(self.device), times[step + 1].to(self.device)
                t = now.expand(len(latents))
                with self._autocast():
                    output = self.renderer(latents, t, layout)
                clean = clean_from(latents, output.float(), t)
                if kept is not None:
                    clean = torch.where(free, clean, kept)
                latents = euler_step(latents, clean, now, then)
                if callback is not None:
                    tensors = {"latents": latents, "pred_original_sample": clean}
                    asked = {name: tensors[name] for name in wanted}
                    answer = callback(self, step, round(float(now) * 1000), asked) or {}
                    latents = answer.get("latents", latents)
                bar.update()
        return latents

    def _layout(self, plans: list[Plan]) -> Tensor:
        setting = torch.from_numpy(np.stack([setting_of(plan.scene) for plan in plans])).to(self.device)
        horizon = torch.tensor([horizon_of(plan.scene.background) for plan in plans], device=self.device)
        draft = torch.cat([plan.draft.shown for plan in plans]).to(self.device)
        ground = torch.cat([plan.ground for plan in plans]).to(self.device)
        with self._autocast():
            layout: Tensor = self.renderer.layout(setting, horizon, draft, ground)
        return layout

    def _locks(self, plans: list[Plan]) -> tuple[Tensor, Tensor | None]:
        """Which cells are free, [B, 1, 32, 32], and the latents to keep in the others."""
        if all(plan.allowed is None for plan in plans):
            return torch.ones(1, 1, GRID, GRID, dtype=torch.bool, device=self.device), None
        everything = torch.ones(1, 1, GRID, GRID, dtype=torch.bool)
        cells = [everything if plan.allowed is None else free_cells(plan.allowed) for plan in plans]
        free = torch.cat(cells).to(self.device)
        empty = torch.zeros(1, LATENT_CHANNELS, GRID, GRID, device=self.device)
        kept = torch.cat([empty if plan.latents is None else plan.latents for plan in plans])
        return free, kept

    def _finish(self, plans: list[Plan], latents: Tensor, output_type: str) -> Any:
        images = []
        for plan, pixels in zip(plans, self._detailed(plans, latents), strict=True):
            if plan.source is None:
                images.append(to_image(pixels))
            elif plan.allowed is None:
                images.append(to_image(pixels).resize(plan.source.size, Image.Resampling.LANCZOS))
            else:
                if plan.grounded:
                    pixels = on_ground(pixels, plan.draft.pixels, plan.draft.covered)
                images.append(composite(plan.source, pixels, plan.allowed, plan.mask))
        if output_type == "pil":
            return images
        array = np.stack([np.asarray(image, np.float32) / 255 for image in images])
        return array if output_type == "np" else torch.from_numpy(array).permute(0, 3, 1, 2)

    def _detailed(self, plans: list[Plan], latents: Tensor) -> Iterator[NDArray[np.float32]]:
        """The pixels 0..255 of each plan, [512, 512, 3], as sharp as its draft."""
        drafts = torch.cat([plan.draft.shown[:, :LATENT_CHANNELS] for plan in plans])
        for plan, drawn, restored in zip(plans, self._decode(latents), self._decode(drafts), strict=True):
            yield with_detail(drawn, plan.draft.pixels, restored)

    def _encode(self, image: Image.Image) -> Tensor:
        pixels = torch.from_numpy(np.asarray(image, np.float32) / 127.5 - 1).permute(2, 0, 1)[None]
        return self._encode_pixels(pixels)

    def _encode_pixels(self, pixels: Tensor) -> Tensor:
        with torch.no_grad(), self._autocast():
            latents: Tensor = self.autoencoder.encode(pixels.to(self.device))
        return latents

    def _decode_pixels(self, latents: Tensor) -> Tensor:
        with torch.no_grad(), self._autocast():
            pixels: Tensor = self.autoencoder.decode(latents)
        return pixels

    def _decode(self, latents: Tensor) -> NDArray[np.float32]:
        """Pixels 0..255, [B, 512, 512, 3]."""
        scaled = (self._decode_pixels(latents).float().clamp(-1, 1) + 1) * 127.5
        out: NDArray[np.float32] = scaled.permute(0, 2, 3, 1).cpu().numpy()
        return out

    def _autocast(self) -> torch.autocast:
        """bf16 where the processor multiplies it fast; float32 elsewhere, so that old machines stay quick
        too.
        """
        kind = self.device.type
        fast = kind != "cpu" or torch.cpu._is_avx512_bf16_supported()
        return torch.autocast(kind, torch.bfloat16, enabled=fast)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the progress bar that diffusers shows while it loads."""
    from diffusers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
