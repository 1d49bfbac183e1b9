"""What is decided before the first step of a picture: the scene to draw, and where the result may differ from
the source.

Nouns: a `Plan` is one picture to make; a thing's *own* look is the one it has in the picture being edited,
which is used instead of a remembered one where the eye is not sure what the thing is.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import eq

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from studio.models.pocket import reader, scenery
from studio.models.pocket.blocks import CELL, GRID
from studio.models.pocket.compositing import SCALE, Plane
from studio.models.pocket.layout_map import AROUND, BEHIND
from studio.models.pocket.looks import Laid, painted
from studio.models.pocket.poses import around
from studio.models.pocket.scene import MAX_THINGS, Box, Scene, Thing
from studio.models.pocket.sight import Sight, shared
from studio.models.pocket.things import THINGS

REFERENCES = 3
SURE = 0.6  # of a thing's name, from which on it is drawn as it is remembered


@dataclass(frozen=True)
class Plan:
    """One picture to make. `source` and `allowed` are None when everything is drawn anew."""

    scene: Scene
    draft: Laid
    ground: Tensor  # what is known of the picture around or behind, [1, GROUND, 32, 32]
    notes: tuple[str, ...] = ()
    source: Image.Image | None = None
    allowed: Plane | None = None  # [512, 512], 1 where pixels may change
    latents: Tensor | None = None  # the source's, [1, 24, 32, 32]
    mask: Image.Image | None = None  # the mask as given, at the source's size
    grounded: bool = False  # whether the draft lies on the source's background, which is known


def check(
    prompt: str | Sequence[str] | None,
    image: Image.Image | None,
    mask_image: Image.Image | None,
    scene: Scene | Sequence[Scene] | None,
    references: Sequence[Image.Image],
    steps: int,
    output_type: str,
) -> None:
    """Raise a ValueError that says what is wrong with what a pipeline was called with."""
    if prompt is None and scene is None and mask_image is None:
        raise ValueError("say what to draw: a prompt, a scene, or an image with a mask")
    if mask_image is not None and image is None:
        raise ValueError("a mask_image needs an image")
    if image is not None and prompt is not None and not isinstance(prompt, str):
        raise ValueError("with an image, the prompt is one text")
    if len(references) > REFERENCES:
        raise ValueError(f"at most {REFERENCES} references, not {len(references)}")
    if steps < 1:
        raise ValueError(f"num_inference_steps must be at least 1, not {steps}")
    if output_type not in ("pil", "np", "pt", "latent"):
        raise ValueError(f"output_type is one of pil, np, pt, latent, not {output_type!r}")


def free_cells(allowed: Plane) -> Tensor:
    """The cells that may change, [1, 1, 32, 32]."""
    cells = allowed.reshape(GRID, CELL, GRID, CELL).max((1, 3))
    return torch.from_numpy(cells)[None, None] > 0


def surroundings(latents: Tensor, allowed: Plane, found: bool) -> Tensor:
    """What the renderer is told of a picture [1, 24, 32, 32] of which a part is to be drawn anew; `found`
    says that the draft lies on what is behind there.
    """
    kept = (~free_cells(allowed)).float().to(latents.device)
    return torch.cat([latents * kept, AROUND * kept + BEHIND * found * (1 - kept)], 1)


def pairs(
    prompt: str | Sequence[str] | None, scene: Scene | Sequence[Scene] | None
) -> list[tuple[str | None, Scene | None]]:
    """What each picture is to be made of: words, a scene, or both."""
    words = [prompt] if prompt is None or isinstance(prompt, str) else list(prompt)
    scenes = [scene] if scene is None or isinstance(scene, Scene) else list(scene)
    count = max(len(words), len(scenes))
    if len(words) not in (1, count) or len(scenes) not in (1, count):
        raise ValueError(f"{len(words)} prompts do not go with {len(scenes)} scenes")
    return list(zip(words * (count // len(words)), scenes * (count // len(scenes)), strict=True))


def instructed(
    sight: Sight, words: str, rng: random.Random, references: int, unseen: Callable[[], Box | None]
) -> tuple[Sight, Scene]:
    """What is seen as the words take it, and the scene as they leave it. `unseen` finds the box of something
    that is there and was not seen. Raises what was said of the scene as it is seen, where no reading of it
    can be followed.
    """
    state, refused = rng.getstate(), None
    for read in readings(sight, words, unseen):
        rng.setstate(state)
        try:
            return read, reader.instruct(read.scene, words, rng, references=references)
        except reader.NotUnderstood as error:
            refused = refused or error
    assert refused is not None
    raise refused


def readings(sight: Sight, words: str, unseen: Callable[[], Box | None]) -> Iterator[Sight]:
    """What the eye sees; then, for words that name a thing it does not see, with that name where it holds it
    possible; then with that name for what it did not see, or knows least.
    """
    yield sight
    for told in (as_told(sight, words), noticed(sight, words, unseen), believed(sight, words)):
        if told != sight.scene:
            new = len(told.things) - len(sight.scene.things)
            names = tuple((thing.name,) for thing in told.things[-new:] if new)
            yield replace(
                sight,
                scene=told,
                scores=(*sight.scores, *(1.0,) * new),
                names=(*sight.names, *names),
                sure=(*sight.sure, *(0.0,) * new),
                colors=(*sight.colors, *((None,),) * new),
            )


def noticed(sight: Sight, words: str, unseen: Callable[[], Box | None]) -> Scene:
    """The scene with a thing that words name and nothing has where something is that the eye did not see."""
    names, things = _unseen_names(sight, words), sight.scene.things
    box = unseen() if names and len(things) < MAX_THINGS else None
    return sight.scene if box is None else replace(sight.scene, things=(*things, Thing(names[0], box)))


def as_told(sight: Sight, words: str) -> Scene:
    """The scene with the names that words use, where the eye holds them possible."""
    things, taken = list(sight.scene.things), {thing.name for thing in sight.scene.things}
    for i, names in enumerate(sight.names):
        told = next((name for name in names if _said(name, words) and name not in taken), None)
        if told is not None and not _said(things[i].name, words):
            things[i] = replace(things[i], name=told)
            taken.add(told)
    return replace(sight.scene, things=tuple(things))


def believed(sight: Sight, words: str) -> Scene:
    """The scene with a name that words use, as of something there, and nothing has, for the thing that the
    eye is least sure of, if it is not sure of that.
    """
    things, sure, names = sight.scene.things, dict(enumerate(sight.sure)), _unseen_names(sight, words)
    doubted = [i for i in sure if sure[i] < SURE and not _said(things[i].name, words)]
    if not names or not doubted:
        return sight.scene
    least = min(doubted, key=lambda i: sure[i])
    told = replace(things[least], name=names[0])
    return replace(sight.scene, things=(*things[:least], told, *things[least + 1 :]))


def _unseen_names(sight: Sight, words: str) -> list[str]:
    """Names that words use, as of something there, and nothing has; the longest first."""
    seen = {thing.name for thing in sight.scene.things}
    names = [name for name in THINGS if name not in seen and _said(f"the {name}", words)]
    return sorted(names, key=len, reverse=True)


def _said(name: str, words: str) -> bool:
    return re.search(rf"\b{re.escape(name)}(s|es)?\b", words.lower()) is not None


def gathered(sight: Sight, parts: Sequence[Box]) -> Sight:
    """What is seen, with one thing for each part of the picture that stands out and holds what the eye is not
    sure of: as large as that part is, not as the eye makes it, which may have seen two halves.
    """
    things, kept = list(sight.scene.things), dict.fromkeys(range(len(sight.scene.things)))
    for part in parts:
        held = [i for i in kept if sight.sure[i] < SURE and _inside(things[i].box, part) > 0.5]
        best = max(held, key=lambda i: sight.sure[i], default=None)
        for i in held:
            if i != best:
                del kept[i]
        if best is not None:
            things[best] = replace(things[best], box=part, angle=0.0)
    return replace(
        sight,
        scene=replace(sight.scene, things=tuple(things[i] for i in kept)),
        scores=tuple(sight.scores[i] for i in kept),
        names=tuple(sight.names[i] for i in kept),
        sure=tuple(sight.sure[i] for i in kept),
        colors=tuple(sight.colors[i] for i in kept),
    )


def surely(sight: Sight) -> Scene:
    """The scene with the things that the eye is sure of."""
    pairs = zip(sight.scene.things, sight.sure, strict=True)
    return replace(sight.scene, things=tuple(thing for thing, sure in pairs if sure >= SURE))


def _inside(box: Box, other: Box) -> float:
    """How much of a box lies in another."""
    return shared(box, other) / max(box[2] * box[3], 1.0)


def known(sight: Sight, before: Scene, after: Scene) -> Scene:
    """The scene before with the things that are drawn as they are remembered, or drawn anew."""
    pairs = zip(before.things, sight.sure, strict=True)
    things = tuple(thing for thing, sure in pairs if sure >= SURE or thing not in after.things)
    return replace(before, things=things)


def changed_boxes(before: Scene, after: Scene) -> list[Box]:
    """Where something is only in one of the two scenes, or in front of other things than it was."""
    old, new = Counter(before.things), Counter(after.things)
    changed = [*(old - new), *(new - old)]
    if not changed and before.things != after.things:
        changed = list(after.things)
    return [around(thing.box, thing.angle) for thing in changed]


def origins(before: Scene, after: Scene) -> dict[int, int]:
    """For things of the scene after: which thing of the scene before each is, moved or changed or not."""
    left = dict(enumerate(before.things))
    found: dict[int, int] = {}
    for same in (eq, _namesake):
        for i, thing in enumerate(after.things):
            match = next((j for j, other in left.items() if i not in found and same(thing, other)), None)
            if match is not None:
                found[i] = match
                del left[match]
    return found


def _namesake(after: Thing, before: Thing) -> bool:
    return after.name == before.name and after.reference is None


def own_sprites(
    picture: Image.Image,
    masks: Callable[[], Sequence[NDArray[np.uint8]]],
    sight: Sight,
    before: Scene,
    after: Scene,
) -> dict[int, Image.Image]:
    """The sprites of those things of the scene after whose looks are better taken from the picture [512, 512]
    itself, by their index. `masks` finds where the things of the scene before are seen.
    """
    unsure = {i: j for i, j in origins(before, after).items() if sight.sure[j] < SURE}
    if not unsure:
        return {}
    found = masks()
    sprites = {i: own_sprite(picture, found[j], before.things[j], before) for i, j in unsure.items()}
    for i, j in unsure.items():
        color = after.things[i].color
        if color and color != before.things[j].color:
            sprites[i] = painted(sprites[i], color)
    return sprites


def own_sprite(picture: Image.Image, mask: NDArray[np.uint8], thing: Thing, scene: Scene) -> Image.Image:
    """A thing cut out of its picture, upright, not flipped, and in white light."""
    x, y, width, height = (v * SCALE for v in thing.box)
    cut = picture.convert("RGB")
    gains = scenery.light(scene.background)
    cut = cut.point([min(255, round(v / gain)) for gain in gains for v in range(256)])
    cut.putalpha(Image.fromarray(mask))
    middle = (x + width / 2, y + height / 2)
    cut = cut.rotate(thing.angle, Image.Resampling.BICUBIC, center=middle)
    cut = cut.crop(
        (round(x), round(y), max(round(x + width), round(x) + 2), max(round(y + height), round(y) + 2))
    )
    return cut.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if thing.flip else cut
