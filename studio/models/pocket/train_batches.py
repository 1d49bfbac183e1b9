"""What the networks are trained on: random scenes, their pictures and latents, in batches and from a pool."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from studio.models.pocket.train_run import Run

from . import art, codes, scenes, synth
from .autoencoder import Autoencoder
from .blocks import GRID, LATENT_CHANNELS
from .drafting import PLANES
from .scene import MAX_THINGS, Scene

# What a draft is laid on: gray paper, about what lies behind, exactly that.
PAPER, ABOUT, EXACTLY = range(3)


def to_unit(pixels: Tensor) -> Tensor:
    """uint8 [B, H, W, 3] to float [B, 3, H, W] in -1..1."""
    return pixels.permute(0, 3, 1, 2).float().div(127.5).sub(1).contiguous(memory_format=torch.channels_last)


def to_bytes(pixels: Tensor) -> NDArray[np.uint8]:
    """The inverse of `to_unit`."""
    scaled = ((pixels.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    return scaled.permute(0, 2, 3, 1).numpy()


def parts(rows: Tensor, size: int) -> list[Tensor]:
    return [rows[at : at + size] for at in range(0, len(rows), size)]


def autocast() -> torch.autocast:
    return torch.autocast("cpu", torch.bfloat16)


def save_grid(rows: list[NDArray[np.uint8]], path: Path) -> None:
    """Rows of pictures [N, H, W, 3] as one image."""
    Image.fromarray(np.concatenate([np.concatenate(list(row), 1) for row in rows], 0)).save(path)


def psnr(a: Tensor, b: Tensor) -> float:
    """Mean decibels of pictures in -1..1."""
    return float((-10 * ((a - b) / 2).square().mean((1, 2, 3)).log10()).mean())


def validation_pictures(run: Run, count: int, seed: int) -> tuple[list[Scene], Tensor]:
    """Scenes not seen in training (other seed) and their pictures, uint8 [N, 512, 512, 3]."""
    rng, studio = random.Random(seed), synth.Studio(run.assets)
    found = [scenes.random_scene(rng) for _ in range(count)]
    return found, torch.from_numpy(np.stack([studio.draw(scene, i) for i, scene in enumerate(found)]))


class Batch(NamedTuple):
    """Scenes as arrays, batched: see `codes.SceneArrays`."""

    slots: Tensor
    boxes: Tensor
    setting: Tensor
    horizon: Tensor


def to_batch(found: Sequence[Scene]) -> Batch:
    """Scenes as tensors."""
    arrays = [codes.to_arrays(scene) for scene in found]
    return Batch(
        torch.from_numpy(np.stack([a.slots for a in arrays])),
        torch.from_numpy(np.stack([a.boxes for a in arrays])),
        torch.from_numpy(np.stack([a.setting for a in arrays])),
        torch.tensor([a.horizon for a in arrays]),
    )


class Remembered(art.Library):
    """Sprites as the memory gives them back, from the files that its stage left in the folder of the run."""

    def _sprite(self, name: str, color: str | None = None, hand: str = "round") -> Image.Image:
        if color is not None:
            return super()._sprite(name, color, hand)
        return Image.open(remembered_file(self.assets, name, hand)).convert("RGBA")


def remembered_file(folder: Path, name: str, hand: str) -> Path:
    """Where a remembered sprite is kept while training."""
    return folder / "remembered" / hand / f"{codes.NAME_CODE[name]}.png"


class Drawn(NamedTuple):
    """Pictures of n scenes and their drafts [n, 512, 512, 3], uint8, and of their backgrounds, one for all
    or n; the drafts' planes [n, 16, 32, 32] of 0..255; what each draft lies on [n], `PAPER`, `ABOUT` or
    `EXACTLY`; and the scenes' arrays.
    """

    grounds: Tensor
    pictures: Tensor
    drafts: Tensor
    planes: Tensor
    lies_on: Tensor
    scenes: Batch


class Scenes(torch.utils.data.IterableDataset[Drawn]):
    """Endless groups of new random scenes."""

    def __init__(self, run: Run, count: int) -> None:
        self.assets, self.folder, self.count = run.assets, run.folder, count

    def __iter__(self) -> Iterator[Drawn]:
        rng = random.Random(torch.initial_seed())
        studio, remembering = synth.Studio(self.assets), synth.Studio(self.assets)
        remembering.library = Remembered(self.folder)
        while True:
            # Painting a background costs four times what putting things on it does, so each is used again.
            found, seed = [scenes.random_scene(rng, unseen=False)], rng.getrandbits(30)
            while len(found) < self.count:
                found.append(scenes.random_scene(rng, unseen=False, behind=found[0]))
            lies_on = rng.choices((PAPER, ABOUT, EXACTLY), (2, 3, 5), k=len(found))
            yield drawn(studio, remembering, found, [seed] * len(found), lies_on)


def drawn(
    studio: synth.Studio,
    remembering: synth.Studio,
    found: Sequence[Scene],
    seeds: Sequence[int],
    lies_on: Sequence[int],
) -> Drawn:
    """Scenes as they are learned from."""
    behind = dict.fromkeys(
        (scene.background, scene.style, seed) for scene, seed in zip(found, seeds, strict=True)
    )
    bare = np.stack([synth.backdrop_of(*one)[0] for one in behind])
    drafts = [
        remembering.draft(scene, _ground(scene, seed, how, random.Random(seed + i)))
        for i, (scene, seed, how) in enumerate(zip(found, seeds, lies_on, strict=True))
    ]
    planes = np.stack([np.round(draft.planes * 255).astype(np.uint8) for draft in drafts])
    pictures = np.stack([studio.draw(scene, seed) for scene, seed in zip(found, seeds, strict=True)])
    return Drawn(
        torch.from_numpy(bare),
        torch.from_numpy(pictures),
        torch.from_numpy(np.stack([draft.pixels for draft in drafts])),
        torch.from_numpy(planes),
        torch.tensor(lies_on, dtype=torch.uint8),
        to_batch(found),
    )


def _ground(scene: Scene, seed: int, how: int, rng: random.Random) -> Image.Image | None:
    """What a draft is laid on: nothing, the background, or about that, as an edit finds it again."""
    if how == PAPER:
        return None
    ground = Image.fromarray(synth.backdrop_of(scene.background, scene.style, seed)[0])
    if how == EXACTLY:
        return ground
    scale, x, y = rng.uniform(0.99, 1.01), rng.uniform(-3, 3), rng.uniform(-2, 2)
    near = ground.transform(
        ground.size, Image.Transform.AFFINE, (scale, 0, x, 0, scale, y), Image.Resampling.BILINEAR
    )
    inside = (4, 4, near.width - 4, near.height - 4)
    ground.paste(near.crop(inside), inside)
    gains = [rng.uniform(0.985, 1.015) for _ in range(3)]
    return ground.point([min(255, round(v * gain)) for gain in gains for v in range(256)])


class Lesson(NamedTuple):
    """What the renderer learns from: latents [B, 24, 32, 32] of pictures, drafts and grounds, the drafts'
    planes [B, 16, 32, 32] of 0..1, what the drafts lie on [B], and the scenes' arrays.
    """

    clean: Tensor
    drafts: Tensor
    grounds: Tensor
    planes: Tensor
    lies_on: Tensor
    scenes: Batch


class Pool:
    """Encoded scenes to replay: a ring that new ones keep overwriting. Kept on disk between legs."""

    def __init__(self, run: Run, fresh: int, size: int = 10_000) -> None:
        self.path, self.size = run.folder / f"pool{run.rank}.pt", size
        latents = (torch.zeros(size, LATENT_CHANNELS, GRID, GRID, dtype=torch.half) for _ in range(3))
        arrays = Batch(
            torch.zeros(size, MAX_THINGS, 4, dtype=torch.long),
            torch.ones(size, MAX_THINGS, 5),
            torch.zeros(size, 4, dtype=torch.long),
            torch.zeros(size),
        )
        planes = torch.zeros(size, 4 * PLANES, GRID, GRID, dtype=torch.uint8)
        lies_on = torch.zeros(size, dtype=torch.uint8)
        self.rows = (*latents, planes, lies_on, *arrays)
        self.count = 0
        self.autoencoder = load_autoencoder(run)
        if self.path.exists():
            state = torch.load(self.path, weights_only=True, mmap=True)
            self.count = state["count"]
            for mine, saved in zip(self.rows, state["tensors"], strict=True):
                mine.copy_(saved)
        loader = torch.utils.data.DataLoader(
            Scenes(run, fresh), batch_size=None, num_workers=1, prefetch_factor=8
        )
        self.source = iter(loader)
        while self.count < 256:
            self.add()

    def add(self) -> Tensor:
        """Draw and encode a group; its rows."""
        new = Drawn(*next(self.source))
        n = len(new.pictures)
        latents = encode(self.autoencoder, torch.cat([new.grounds, new.pictures, new.drafts])).half()
        rows = (torch.arange(n) + self.count) % self.size
        values = (latents[1 : n + 1], latents[n + 1 :], latents[:1], new.planes, new.lies_on, *new.scenes)
        for mine, value in zip(self.rows, values, strict=True):
            mine[rows] = value
        self.count += n
        return rows

    def draw(self, batch: int, fresh: bool) -> Lesson:
        """A batch: one new group, if it is to have one, the rest replayed."""
        new = self.add() if fresh else torch.zeros(0, dtype=torch.long)
        old = torch.randint(0, min(self.count, self.size), (batch - len(new),))
        rows = torch.cat([new, old])
        clean, drafts, grounds, planes, lies_on, *arrays = (mine[rows] for mine in self.rows)
        floats = (clean.float(), drafts.float(), grounds.float(), planes.float() / 255)
        return Lesson(*floats, lies_on, Batch(*arrays))

    def save(self) -> None:
        """To disk, atomically."""
        temporary = self.path.with_suffix(".part")
        torch.save({"count": self.count, "tensors": list(self.rows)}, temporary)
        temporary.replace(self.path)


def load_autoencoder(run: Run) -> Autoencoder:
    """The trained autoencoder."""
    net = Autoencoder()
    net.eval().requires_grad_(False)
    net.load_state_dict(torch.load(run.folder / "autoencoder.pt", weights_only=True)["net"])
    net.to(memory_format=torch.channels_last)
    return net


@torch.no_grad()
def encode(autoencoder: Autoencoder, pictures: Tensor) -> Tensor:
    """Latents of uint8 pictures."""
    with autocast():
        return torch.cat([autoencoder.encode(to_unit(part)) for part in parts(pictures, 8)])


@torch.no_grad()
def decode(autoencoder: Autoencoder, latents: Tensor) -> NDArray[np.uint8]:
    """Pictures of latents."""
    with autocast():
        return np.concatenate([to_bytes(autoencoder.decode(part)) for part in parts(latents, 8)])
