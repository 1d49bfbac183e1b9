"""What `pocket_bench` measures: the pipeline with some weights, or exact renderings in its place.

Nouns: a `Model` draws, edits, sees and selects; an `Exact` one draws with the drawings themselves what words
come to, and remembers the scene of every picture it made: whatever is said of its pictures that is not so is
the judge's own error.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from PIL import Image
from torch import nn

from studio.models.pocket import reader, synth
from studio.models.pocket.compositing import bounds, mask_plane
from studio.models.pocket.looks import cut_out
from studio.models.pocket.nets import Autoencoder, Eye, Glance, Memory, Renderer
from studio.models.pocket.pipeline import WEIGHTS, PocketPipeline
from studio.models.pocket.scene import Scene
from studio.models.pocket.sight import Sight

from .pocket_measures import Pixels

NETS: dict[str, type[nn.Module]] = {
    "autoencoder": Autoencoder,
    "memory": Memory,
    "renderer": Renderer,
    "eye": Eye,
    "glance": Glance,
}


@dataclass
class Output:
    """Pictures and what was drawn in them."""

    images: list[Image.Image]
    scenes: list[Scene]


class Model(Protocol):
    """What is measured: see `PocketPipeline`."""

    def __call__(
        self,
        prompt: str | None = None,
        image: Image.Image | None = None,
        mask_image: Image.Image | None = None,
        scene: Scene | None = None,
        references: Sequence[Image.Image] = (),
        generator: torch.Generator | None = None,
    ) -> Any: ...

    def see(self, image: Image.Image) -> Sight: ...

    def select(
        self, image: Image.Image, words: str | None = None, point: tuple[int, int] | None = None
    ) -> Image.Image: ...


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class Exact:
    """Draws exactly. It cannot select."""

    def __init__(self, studio: synth.Studio) -> None:
        self.studio = studio
        self.known: dict[int, tuple[Scene, int, Sequence[Image.Image]]] = {}

    def __call__(
        self,
        prompt: str | None = None,
        image: Image.Image | None = None,
        mask_image: Image.Image | None = None,
        scene: Scene | None = None,
        references: Sequence[Image.Image] = (),
        generator: torch.Generator | None = None,
    ) -> Output:
        seed = int(torch.randint(0, 2**31 - 1, (1,), generator=generator))
        rng, sprites = random.Random(seed), [cut_out(reference) for reference in references]
        words = prompt or ""
        if image is None:
            scene = scene or reader.read(words, rng, references=len(sprites))
        else:
            before, seed, kept = self.known[hash(image.tobytes())]
            sprites = sprites or list(kept)
            if scene is None and mask_image is not None:
                box = bounds(mask_plane(mask_image))
                assert box is not None
                scene = reader.fill(before, box, words, rng, references=len(sprites))
            elif scene is None:
                scene = reader.instruct(before, words, rng, references=len(sprites))
        picture = Image.fromarray(self.studio.draw(scene, seed, sprites))
        self.known[hash(picture.tobytes())] = scene, seed, sprites
        return Output([picture], [scene])

    def see(self, image: Image.Image) -> Sight:
        scene = self.known[hash(image.tobytes())][0]
        return Sight(scene, (1.0,) * len(scene.things), 1.0)

    def select(
        self, image: Image.Image, words: str | None = None, point: tuple[int, int] | None = None
    ) -> Image.Image:
        raise NotImplementedError("exact renderings have nothing that selects")


def load(weights: Path | None = None, run: Path | None = None) -> PocketPipeline:
    """The pipeline with the weights in the package or in another folder, or with what a training run has
    come to so far; networks that it has not begun are as they start.
    """
    if run is None:
        return PocketPipeline.load(weights or WEIGHTS)
    torch.manual_seed(0)
    nets = {name: make() for name, make in NETS.items()}
    for name, net in nets.items():
        path = run / f"{name}.pt"
        if path.exists():
            state = torch.load(path, weights_only=True, mmap=True)
            net.load_state_dict(state.get("average") or state.get("net") or state)
    pipe = PocketPipeline(**nets)  # type: ignore[arg-type]
    pipe.set_progress_bar_config(disable=True)
    for name, net in nets.items():
        net.eval().requires_grad_(False)
        if name != "memory":
            net.to(memory_format=torch.channels_last)
    return pipe


def round_trip(pipe: PocketPipeline, picture: Pixels) -> Pixels:
    """A picture through the autoencoder and back."""
    restored = pipe._decode(pipe._encode(Image.fromarray(picture)))[0]
    return restored.round().astype(np.uint8)
