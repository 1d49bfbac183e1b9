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
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from . import reader
from .blocks import CELL, GRID, LATENT_CHANNELS
from .codes import NAMES, background_of, to_arrays
from .compositing import Plane, bounds, composite, mark, mask_plane, square, to_image
from .nets import Autoencoder, Eye, read_horizon
from .renderer import Renderer, clean_from, euler_step
from .scene import MAX_THINGS, SIZE, Scene
from .sight import (
    ALTERNATIVES,
    STRANGE,
    Found,
    Sight,
    changed_boxes,
    distinct,
    instructed,
    pairs,
    read_thing,
)

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


@dataclass(frozen=True)
class Plan:
    """One picture to make. `source` and `allowed` are None when everything is drawn anew."""

    scene: Scene
    notes: tuple[str, ...] = ()
    source: Image.Image | None = None
    allowed: Plane | None = None  # [256, 256], 1 where pixels may change
    latents: Tensor | None = None  # the source's, [1, 32, 16, 16]
    mask: Image.Image | None = None  # the mask as given, at the source's size


class PocketPipeline(DiffusionPipeline):
    """Draws, edits, fills and sees pictures of about two hundred things, at 256 x 256."""

    autoencoder: Autoencoder
    renderer: Renderer
    eye: Eye

    model_cpu_offload_seq = "eye->renderer->autoencoder"
    _callback_tensor_inputs = ("latents", "pred_original_sample")

    def __init__(self, autoencoder: Autoencoder, renderer: Renderer, eye: Eye) -> None:
        super().__init__()
        self.register_modules(autoencoder=autoencoder, renderer=renderer, eye=eye)

    @classmethod
    def load(cls, folder: Path | str = WEIGHTS) -> PocketPipeline:
        """The pipeline with the weights that came with it, quiet and ready to draw."""
        with _quiet():
            pipe = cls.from_pretrained(str(folder), local_files_only=True)
        pipe.set_progress_bar_config(disable=True)
        for net in (pipe.autoencoder, pipe.renderer, pipe.eye):
            net.eval().requires_grad_(False).to(memory_format=torch.channels_last)
        return pipe

    @torch.no_grad()
    def __call__(
        self,
        prompt: str | Sequence[str] | None = None,
        image: Image.Image | None = None,
        mask_image: Image.Image | None = None,
        scene: Scene | Sequence[Scene] | None = None,
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
        the background carries on. `scene` says exactly what to draw, instead of words (several make several
        pictures). Raises `reader.NotUnderstood` with a sentence when words cannot be followed. What
        `callback_on_step_end(pipe, step, timestep, tensors)` raises stops the run; nothing needs cleaning
        up.
        """
        self._check(prompt, image, mask_image, scene, num_inference_steps, output_type)
        unknown = set(callback_on_step_end_tensor_inputs) - set(self._callback_tensor_inputs)
        if unknown:
            raise ValueError(f"callback_on_step_end_tensor_inputs has {sorted(unknown)}, which are not there")
        seed = int(torch.randint(0, 2**31 - 1, (1,), generator=generator))
        plans = [
            self._plan(words, image, mask_image, given, random.Random(seed + i))
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

    @torch.no_grad()
    def see(self, image: Image.Image) -> Sight:
        """What is in a picture, of the things that pocket knows."""
        return self._see(self._encode(square(image)))

    @torch.no_grad()
    def decode_preview(self, pred_original_sample: Tensor) -> Image.Image:
        """A 256 x 256 picture of the first of the predicted clean latents that a step callback is handed."""
        return to_image(self._decode(pred_original_sample[:1])[0])

    def _check(
        self,
        prompt: str | Sequence[str] | None,
        image: Image.Image | None,
        mask_image: Image.Image | None,
        scene: Scene | Sequence[Scene] | None,
        steps: int,
        output_type: str,
    ) -> None:
        if prompt is None and scene is None and mask_image is None:
            raise ValueError("say what to draw: a prompt, a scene, or an image with a mask")
        if mask_image is not None and image is None:
            raise ValueError("a mask_image needs an image")
        if image is not None and prompt is not None and not isinstance(prompt, str):
            raise ValueError("with an image, the prompt is one text")
        if steps < 1:
            raise ValueError(f"num_inference_steps must be at least 1, not {steps}")
        if output_type not in ("pil", "np", "pt", "latent"):
            raise ValueError(f"output_type is one of pil, np, pt, latent, not {output_type!r}")

    # ---- deciding what to draw

    def _plan(
        self,
        words: str | None,
        image: Image.Image | None,
        mask: Image.Image | None,
        scene: Scene | None,
        rng: random.Random,
    ) -> Plan:
        if image is None:
            if scene is not None:
                return Plan(scene)
            return Plan(reader.read(words or "", rng), _unknown_word_notes(words or ""))
        latents = self._encode(square(image))
        sight = self._see(latents)
        if mask is not None:
            return self._plan_fill(words or "", image, mask, scene, rng, sight, latents)
        return self._plan_change(words or "", image, scene, rng, sight, latents)

    def _plan_change(
        self,
        words: str,
        image: Image.Image,
        scene: Scene | None,
        rng: random.Random,
        sight: Sight,
        latents: Tensor,
    ) -> Plan:
        """An instruction to the whole picture: only what it changes is drawn again."""
        before, after = (sight.scene, scene) if scene is not None else instructed(sight, words, rng)
        notes = () if scene is not None else _unknown_word_notes(words)
        if after.background != before.background or after.style != before.style:
            return Plan(after, notes, image)
        allowed = np.zeros((SIZE, SIZE), np.float32)
        for box in changed_boxes(before, after):
            mark(allowed, box)
        return Plan(after, notes, image, allowed, latents)

    def _plan_fill(
        self,
        words: str,
        image: Image.Image,
        mask: Image.Image,
        scene: Scene | None,
        rng: random.Random,
        sight: Sight,
        latents: Tensor,
    ) -> Plan:
        """Inside a mask: what the words name, or the background where they name nothing."""
        allowed = mask_plane(mask)
        if scene is None:
            box = bounds(allowed)
            scene = sight.scene if box is None else reader.fill(sight.scene, box, words, rng)
        return Plan(scene, _unknown_word_notes(words), image, allowed, latents, mask)

    # ---- seeing

    def _see(self, latents: Tensor) -> Sight:
        with self._autocast():
            cells, names, whole = self.eye(latents)
        confidence = float(whole[0, -1].sigmoid())
        heat = cells[0, 0].sigmoid()
        peaks = heat == F.max_pool2d(heat[None, None], 3, 1, 1)[0, 0]
        found: list[Found] = []
        for y, x in (peaks & (heat > (0.35 if confidence >= STRANGE else 0.65))).nonzero().tolist():
            likely = tuple(NAMES[i] for i in names[0, :, y, x].topk(ALTERNATIVES).indices.tolist())
            thing = read_thing(cells[0, :, y, x], likely[0], x, y)
            found.append(Found(float(heat[y, x]), thing, likely))
        found = distinct(sorted(found, key=lambda one: -one.score))[:MAX_THINGS]
        # What stands lower is nearer, so it is in front.
        found.sort(key=lambda one: one.thing.box[1] + one.thing.box[3])
        horizon = float(read_horizon(whole[0, -2]))
        background = background_of(int(whole[0, :-2].argmax()), horizon)
        scene = Scene(background, tuple(one.thing for one in found))
        scores, likely_names = tuple(one.score for one in found), tuple(one.names for one in found)
        return Sight(scene, scores, confidence, likely_names)

    # ---- drawing

    def _denoise(
        self,
        plans: list[Plan],
        latents: Tensor,
        steps: int,
        callback: StepCallback | None,
        wanted: Sequence[str],
    ) -> Tensor:
        layout = self._layout([plan.scene for plan in plans])
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

    def _layout(self, scenes: list[Scene]) -> Tensor:
        arrays = [to_arrays(scene) for scene in scenes]
        slots = torch.from_numpy(np.stack([a.slots for a in arrays])).to(self.device)
        boxes = torch.from_numpy(np.stack([a.boxes for a in arrays])).to(self.device)
        backdrop = torch.tensor([a.backdrop for a in arrays], device=self.device)
        horizon = torch.tensor([a.horizon for a in arrays], device=self.device)
        with self._autocast():
            layout: Tensor = self.renderer.layout(slots, boxes, backdrop, horizon)
        return layout

    def _locks(self, plans: list[Plan]) -> tuple[Tensor, Tensor | None]:
        """Which cells are free, [B, 1, 16, 16], and the latents to keep in the others."""
        if all(plan.allowed is None for plan in plans):
            return torch.ones(1, 1, GRID, GRID, dtype=torch.bool, device=self.device), None
        cells = [
            np.ones((GRID, GRID), np.float32)
            if plan.allowed is None
            else plan.allowed.reshape(GRID, CELL, GRID, CELL).max((1, 3))
            for plan in plans
        ]
        free = torch.from_numpy(np.stack(cells)).to(self.device)[:, None] > 0
        empty = torch.zeros(1, LATENT_CHANNELS, GRID, GRID, device=self.device)
        kept = torch.cat([empty if plan.latents is None else plan.latents for plan in plans])
        return free, kept

    def _finish(self, plans: list[Plan], latents: Tensor, output_type: str) -> Any:
        decoded = self._decode(latents)
        images = []
        for plan, pixels in zip(plans, decoded, strict=True):
            if plan.source is None:
                images.append(to_image(pixels))
            elif plan.allowed is None:
                images.append(to_image(pixels).resize(plan.source.size, Image.Resampling.LANCZOS))
            else:
                images.append(composite(plan.source, pixels, plan.allowed, plan.mask))
        if output_type == "pil":
            return images
        array = np.stack([np.asarray(image, np.float32) / 255 for image in images])
        return array if output_type == "np" else torch.from_numpy(array).permute(0, 3, 1, 2)

    def _encode(self, image: Image.Image) -> Tensor:
        pixels = torch.from_numpy(np.asarray(image, np.float32) / 127.5 - 1).permute(2, 0, 1)[None]
        with self._autocast():
            latents: Tensor = self.autoencoder.encode(pixels.to(self.device))
        return latents

    def _decode(self, latents: Tensor) -> NDArray[np.float32]:
        """Pixels 0..255, [B, 256, 256, 3]."""
        with self._autocast():
            pixels = self.autoencoder.decode(latents)
        scaled = (pixels.float().clamp(-1, 1) + 1) * 127.5
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


def _unknown_word_notes(words: str) -> tuple[str, ...]:
    unknown = reader.unknown_words(words)
    return tuple(f"“{word}” is not a word I know, so I left it out." for word in unknown)
