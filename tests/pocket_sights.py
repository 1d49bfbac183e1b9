"""The measures of `pocket_bench` that hold pictures against exact renderings: sharpness, fills, references,
seeing, selecting, how different seeds differ, and how long it takes.
"""

from __future__ import annotations

import random
import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from studio.models.pocket import scenes
from studio.models.pocket.codes import HAND_OF_STYLE, NAMES
from studio.models.pocket.pipeline import PocketPipeline
from studio.models.pocket.reader import NotUnderstood
from studio.models.pocket.scene import COLORS, STYLES, Scene, Thing
from studio.models.pocket.sight import STRANGE

from .pocket_measures import Pixels, Sample, Tally, box_iou, diversity, mask_iou, psnr_within, seam
from .pocket_models import Model, round_trip, seeded
from .pocket_orders import PAPER_WORDS, STYLE_WORDS, Ask, any_look, ground
from .pocket_rows import Bench, Line, Measure

LARGE = 900  # pixels seen of a thing from which on it is measured


def sharpness(bench: Bench, model: Model) -> list[Line]:
    """A thing against its exact rendering, given the same layout, beside the autoencoder's own round trip."""
    rng, drawn, best, lost = random.Random(bench.seed + 3), Sample(), Sample(), Sample()
    by_style = {style: Sample() for style in STYLES}
    for i in range(bench.n(60)):
        scene = scenes.random_scene(rng, held=rng.random() < 0.3, count=rng.choice((1, 2, 3)), unseen=False)
        exact = bench.judge.studio.draw_all(scene, i)
        picture = np.asarray(model(scene=scene, generator=seeded(bench.seed + i)).images[0])
        restored = round_trip(model, exact.pixels) if isinstance(model, PocketPipeline) else exact.pixels
        for k in range(len(scene.things)):
            on = exact.owner == k + 1
            if on.sum() < LARGE:
                continue
            one, two = (psnr_within(p, exact.pixels, on) for p in (picture, restored))
            drawn.add(one)
            best.add(two)
            lost.add(two - one)
            by_style[scene.style].add(two - one)
    parts = [Line(f"PSNR lost to the round trip: {style}", part, "dB") for style, part in by_style.items()]
    return [
        Line("PSNR of a thing, given its layout", drawn, "dB"),
        Line("PSNR of a thing through the autoencoder", best, "dB"),
        Line("PSNR lost to the autoencoder's round trip", lost, "dB", 1.5, True),
        *parts,
    ]


def fills(bench: Bench, model: Model) -> list[Line]:
    """A thing put into a mask, and a thing wiped away by one."""
    rng, put, wiped, outside, step = random.Random(bench.seed + 4), Tally(), Tally(), Sample(), Sample()
    for i in range(bench.n(60)):
        style = rng.choice(STYLES)
        thing = any_look(rng, style)
        # Every second thing that is wiped away lies on a gradient, where a seam would show.
        where = ground(rng, (thing.color,))[0] if i % 4 else on_gradient(rng, thing.color)
        words = f"{thing.words} on the left {where}, {STYLE_WORDS[style]}"
        first = model(words, generator=seeded(bench.seed + i))
        source, scene = first.images[0], first.scenes[0]
        before, mask = np.asarray(source), Image.new("L", source.size)
        wanted = Ask(rng.choice(NAMES)) if i % 2 else None
        box = (rng.uniform(120, 150), rng.uniform(60, 110), 95.0, 110.0)
        if wanted is None:
            x, y, width, height = scene.things[0].box
            box = (x - 12, y - 12, width + 24 + 0.1 * width, height + 24 + 0.1 * width)
        mask.paste(255, tuple(round(2 * v) for v in (box[0], box[1], box[0] + box[2], box[1] + box[3])))
        words = wanted.words if wanted else ""
        try:
            out = model(words, image=source, mask_image=mask, generator=seeded(bench.seed + i + 1))
        except NotUnderstood:
            (put if wanted else wiped).add(False)
            continue
        after, result = np.asarray(out.images[0]), out.scenes[0]
        outside.add(float((before != after)[np.asarray(mask) == 0].sum()))
        if wanted is not None:
            at = [k for k, thing in enumerate(result.things) if thing.name == wanted.name]
            put.add(bool(at) and any(bench.judge.there(after, result, k) for k in at))
            continue
        gone = bench.judge.wiped(before, after, scene, 0)
        told = bench.judge.grounds.see(after, Scene(result.background)).background.kind
        wiped.add(gone and told == scene.background.kind)
        if scene.background.kind == "gradient":
            behind = model(scene=replace(scene, things=()), generator=seeded(bench.seed + i)).images[0]
            step.add(seam(before, after, np.ones(before.shape[:2], bool), np.asarray(behind)))
    both = Tally(put.hits + wiped.hits, put.trials + wiped.trials)
    return [
        Line("masked fill: thing is there, background continues", both, bar=0.95),
        Line("masked fill: thing is there", put),
        Line("masked fill: background continues", wiped),
        Line("bytes changed outside the mask", outside, "bytes", 0.0, True),
        Line("seam of a wiped thing on gradients", step, "gray levels", 1.0, True),
    ]


def on_gradient(rng: random.Random, but: str | None) -> str:
    """A gradient in words, in another color than the thing on it."""
    return PAPER_WORDS["gradient"].format(rng.choice([color for color in COLORS if color != but]))


def on_white(sprite: Image.Image) -> Image.Image:
    """A sprite as a picture of it on white."""
    sheet = Image.new("RGB", (sprite.width + 80, sprite.height + 80), "white")
    sheet.paste(sprite, (40, 40), sprite)
    return sheet


def references(bench: Bench, model: Model) -> list[Line]:
    """Things that were never drawn in training, given as pictures: do they keep their looks?"""
    rng, names = random.Random(bench.seed + 5), [name for name in NAMES if scenes.never_drawn(name)]
    found = {way: Sample() for way in ("cut out, by day", "cut out, at night", "on white, by day")}
    own, understood = Sample(), Tally()
    for i in range(bench.n(40)):
        name, style = rng.choice(names), rng.choice(STYLES)
        sprite = bench.judge.studio.library.sprite(name, None, HAND_OF_STYLE[style])
        for way, sample in found.items():
            given = on_white(sprite) if way.startswith("on white") else sprite
            hour = "at night" if "night" in way else "by day"
            words = f"this creature on a beach {hour}, {STYLE_WORDS[style]}"
            out = model(words, references=[given], generator=seeded(bench.seed + i))
            scene = out.scenes[0]
            at = next((k for k, thing in enumerate(scene.things) if thing.reference == 0), None)
            understood.add(at is not None)
            if at is None:
                continue
            exact = bench.judge.studio.draw_all(scene, i, [sprite])
            on = exact.owner == at + 1
            sample.add(psnr_within(np.asarray(out.images[0]), exact.pixels, on))
            if isinstance(model, PocketPipeline):
                own.add(psnr_within(round_trip(model, exact.pixels), exact.pixels, on))
    every = Sample([value for sample in found.values() for value in sample.values])
    return [
        Line("unseen reference keeps its looks", every, "dB", 22.0),
        *(Line(f"unseen reference: {way}", sample, "dB") for way, sample in found.items()),
        Line("unseen reference through the autoencoder", own, "dB"),
        Line("unseen reference: is in the scene", understood),
    ]


def seeing(bench: Bench, model: Model) -> list[Line]:
    """Recall and precision of things by name, on exact renderings and on the model's own drawings."""
    rng, lines = random.Random(bench.seed + 6), []
    recall, precision = {}, {}
    familiar = Tally()
    for where in ("renderings", "own drawings"):
        recall[where], precision[where] = Tally(), Tally()
    for i in range(bench.n(80)):
        scene = visible(bench, scenes.random_scene(rng, unseen=i % 4 == 0))
        exact = Image.fromarray(bench.judge.studio.draw(scene, i))
        for where in recall:
            own = where != "renderings"
            image = model(scene=scene, generator=seeded(bench.seed + i)).images[0] if own else exact
            sight = model.see(image)
            familiar.add(sight.confidence >= STRANGE)
            match(scene, sight.scene, recall[where], precision[where])
    for where in recall:
        lines.append(Line(f"see: recall on {where}", recall[where], bar=0.97))
        lines.append(Line(f"see: precision on {where}", precision[where], bar=0.97))
    strange = Tally()
    for i in range(bench.n(40)):
        strange.add(model.see(Image.fromarray(photograph(np.random.default_rng(i)))).confidence < STRANGE)
    return [*lines, Line("see: knows its world", familiar), Line("see: not my world", strange)]


def visible(bench: Bench, scene: Scene) -> Scene:
    """A scene without the things of which hardly anything is seen."""
    owner = bench.judge.studio.draw_all(scene).owner
    kept = [t for k, t in enumerate(scene.things) if (owner == k + 1).sum() > LARGE / 2]
    return replace(scene, things=tuple(kept))


def match(truth: Scene, seen: Scene, recall: Tally, precision: Tally) -> None:
    """Count the things that were seen by their name and in their place, and those that are there."""
    left: list[Thing] = list(seen.things)
    for thing in truth.things:
        best = max(left, key=lambda o: (o.name == thing.name, box_iou(thing.box, o.box)), default=None)
        hit = best is not None and best.name == thing.name and box_iou(thing.box, best.box) >= 0.5
        recall.add(hit)
        if hit and best is not None:
            left.remove(best)
            precision.add(True)
    for _ in left:
        precision.add(False)


def photograph(rng: np.random.Generator) -> Pixels:
    """A picture with the statistics of a photograph: detail at all scales, lit from one side, with grain."""
    side, field = 512, np.zeros((512, 512, 3), np.float32)
    for scale in (3, 6, 12, 24, 48, 96, 192):
        noise = rng.normal(size=(scale, scale, 1)) + 0.5 * rng.normal(size=(scale, scale, 3))
        for c in range(3):
            layer = Image.fromarray(noise[..., c].astype(np.float32))
            smooth = np.asarray(layer.resize((side, side), Image.Resampling.BICUBIC))
            field[..., c] += smooth * (3 / scale) ** rng.uniform(0.5, 1.0)
    field = np.sign(field) * np.abs(field) ** rng.uniform(0.5, 1.2)
    v, u = np.mgrid[0:side, 0:side] / side - 0.5
    lit = 1 + rng.normal() * 0.5 * u + rng.normal() * 0.5 * v - 0.6 * (u * u + v * v)
    tint = rng.uniform(0.7, 1.1, 3)
    grain = rng.normal(size=(side, side, 1)) * rng.uniform(1, 7)
    out = (110 + 45 * field / (field.std() + 1e-6)) * lit[..., None] * tint + grain
    return np.clip(out, 0, 255).astype(np.uint8)


def selecting(bench: Bench, model: Model) -> list[Line]:
    """Masks by words and by a click, on exact renderings."""
    rng = random.Random(bench.seed + 7)
    words, click, sky = Sample(), Sample(), Sample()
    for i in range(bench.n(60)):
        scene = visible(bench, scenes.random_scene(rng, count=rng.choice((1, 2, 3)), unseen=False))
        exact = bench.judge.studio.draw_all(scene, i)
        image = Image.fromarray(exact.pixels)
        named = [thing.name for thing in scene.things]
        for k, name in enumerate(named):
            on = exact.owner == k + 1
            if named.count(name) == 1:
                words.add(selected(model, image, on, f"the {name}"))
            ys, xs = np.nonzero(on)
            at = rng.randrange(len(xs))
            click.add(selected(model, image, on, None, (int(xs[at]), int(ys[at]))))
        if (seen := (exact.sky > 127) & (exact.owner == 0)).mean() > 0.03:
            sky.add(selected(model, image, seen, "the sky"))
    return [
        Line("select by words: IoU", words, "IoU", 0.90),
        Line("select by a click: IoU", click, "IoU", 0.92),
        Line("select the sky: IoU", sky, "IoU"),
    ]


def selected(
    model: Model,
    image: Image.Image,
    truth: NDArray[np.bool_],
    words: str | None,
    point: tuple[int, int] | None = None,
) -> float:
    """How well a selection fits; 0 if nothing was found."""
    try:
        mask = model.select(image, words=words, point=point)
    except NotUnderstood:
        return 0.0
    return mask_iou(np.asarray(mask.convert("L")) > 127, truth)


CAPTIONS = (
    "a fox on a meadow", "two cats and a tree", "a red car in the city at night", "a whale in the sea",
    "an apple on a yellow background", "a robot in space", "three balloons at sunset", "a castle in the snow",
)  # fmt: skip


def variety(bench: Bench, model: Model) -> list[Line]:
    """How far apart the pictures of 16 seeds are."""
    sample = Sample()
    for words in CAPTIONS[: max(2, round(len(CAPTIONS) * bench.share))]:
        outs = [model(words, generator=seeded(bench.seed + i)) for i in range(16)]
        own = diversity([np.asarray(out.images[0]) for out in outs])
        real = [bench.judge.studio.draw(out.scenes[0], 100 + i) for i, out in enumerate(outs)]
        sample.add(own / diversity(real))
    return [Line("diversity of 16 seeds against real renderings", sample, "×", 0.7)]


def speed(bench: Bench, model: Model) -> list[Line]:
    """Seconds until a picture, and until its first preview."""
    whole, first = Sample(median=True), Sample(median=True)
    if not isinstance(model, PocketPipeline):
        return []
    model("a dog", generator=seeded(0))
    for i in range(12):
        began, seen = time.perf_counter(), []

        def show(pipe, step, at, tensors, began=began, seen=seen):  # type: ignore[no-untyped-def]
            if step == 0:
                pipe.decode_preview(tensors["pred_original_sample"])
                seen.append(time.perf_counter() - began)
            return {}

        model(
            "a red fox and a tree on a meadow", generator=seeded(i), callback_on_step_end=show,
            callback_on_step_end_tensor_inputs=("pred_original_sample",),
        )  # fmt: skip
        whole.add(time.perf_counter() - began)
        first.add(seen[0])
    return [
        Line("512 × 512 picture, with one preview", whole, "s", 1.5, True),
        Line("first preview", first, "s", 0.3, True),
    ]


AGAINST_TRUTH: dict[str, Measure] = {
    "sharpness": sharpness, "fills": fills, "references": references, "seeing": seeing,
    "selecting": selecting, "variety": variety, "speed": speed,
}  # fmt: skip
