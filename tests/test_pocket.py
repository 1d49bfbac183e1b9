"""`pocket` on its real weights: it draws what words say, sees what it drew, and changes nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from studio.models.pocket.blocks import PIXELS  # noqa: E402
from studio.models.pocket.pipeline import WEIGHTS, PocketPipeline  # noqa: E402
from studio.models.pocket.reader import NotUnderstood  # noqa: E402
from studio.models.pocket.scene import STYLES, Background, Scene, Thing  # noqa: E402

MEADOW = Background("meadow", time="day", horizon=140)
PAPER = Background("plain", color="white")
_PARTS = ((220, 340), (203, 190), (296, 279))  # belly, ear and eye of the creature below, in its picture
APPLE_AND_DOG = Scene(
    MEADOW, (Thing("dog", (20.0, 110.0, 112.0, 100.0)), Thing("apple", (150.0, 130.0, 84.0, 84.0), "red"))
)


@pytest.fixture(scope="module")
def pipe() -> PocketPipeline:
    return PocketPipeline.load()


@pytest.fixture(scope="module")
def picture(pipe: PocketPipeline) -> Image.Image:
    """The apple and the dog on the meadow."""
    image: Image.Image = pipe(scene=APPLE_AND_DOG, generator=seed(3)).images[0]
    return image


def seed(number: int) -> torch.Generator:
    return torch.Generator().manual_seed(number)


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB"), np.int16)


def test_the_weights_are_small_and_only_safetensors() -> None:
    files = [path for path in WEIGHTS.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 80_000_000
    assert {path.suffix for path in files} == {".safetensors", ".json"}


def test_it_loads_and_saves_as_a_diffusers_pipeline(pipe: PocketPipeline, tmp_path: Path) -> None:
    pipe.save_pretrained(tmp_path)
    again = PocketPipeline.from_pretrained(str(tmp_path))
    first, second = (p(scene=APPLE_AND_DOG, generator=seed(1), num_inference_steps=2) for p in (pipe, again))
    assert np.abs(pixels(first.images[0]) - pixels(second.images[0])).max() <= 2


def test_the_same_seed_gives_the_same_picture_and_another_seed_another(pipe: PocketPipeline) -> None:
    one, same, other = (pipe("a cat on a beach", generator=seed(n)).images[0] for n in (5, 5, 6))
    assert one.tobytes() == same.tobytes()
    assert one.tobytes() != other.tobytes()


def test_several_prompts_make_several_pictures(pipe: PocketPipeline) -> None:
    out = pipe(["a dog", "a blue car"], generator=seed(0), num_inference_steps=2, output_type="np")
    assert out.images.shape == (2, PIXELS, PIXELS, 3)
    assert [scene.things[0].name for scene in out.scenes] == ["dog", "car"]


@pytest.mark.parametrize("style", STYLES)
def test_every_style_is_drawn_and_seen_as_itself(pipe: PocketPipeline, style: str) -> None:
    scene = replace(APPLE_AND_DOG, style=style)
    sight = pipe.see(pipe(scene=scene, generator=seed(3)).images[0])
    assert sight.scene.style == style
    assert {thing.name for thing in sight.scene.things} == {"dog", "apple"}


def test_the_eye_sees_what_was_drawn(pipe: PocketPipeline, picture: Image.Image) -> None:
    sight = pipe.see(picture)
    assert {thing.name for thing in sight.scene.things} == {"dog", "apple"}
    assert sight.scene.background.kind == "meadow" and sight.confidence > 0.5


def test_noise_is_not_taken_for_a_picture_of_its_world(pipe: PocketPipeline) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (PIXELS, PIXELS, 3), dtype=np.uint8)
    assert pipe.see(Image.fromarray(noise)).confidence < 0.5


def test_an_instruction_changes_the_thing_it_names_and_no_pixel_elsewhere(
    pipe: PocketPipeline, picture: Image.Image
) -> None:
    out = pipe("make the apple green", image=picture, generator=seed(4))
    after, before = pixels(out.images[0]), pixels(picture)
    assert np.array_equal(after[:, :236], before[:, :236])
    red, green, _ = after[320:380, 350:420].mean((0, 1))
    assert green > red + 40


def test_a_removed_thing_is_gone(pipe: PocketPipeline, picture: Image.Image) -> None:
    out = pipe("remove the apple", image=picture, generator=seed(4))
    assert [thing.name for thing in out.scenes[0].things] == ["dog"]
    red, green, _ = pixels(out.images[0])[300:400, 330:440].mean((0, 1))
    assert green > red + 20, "grass is left where the apple was"


def test_nothing_stays_of_a_removed_thing_and_its_shadow(pipe: PocketPipeline) -> None:
    first = pipe("a red car on a yellow gradient background, cartoon", generator=seed(2))
    bare = pipe(scene=replace(first.scenes[0], things=()), generator=seed(2)).images[0]
    after = pipe("remove the car", image=first.images[0], generator=seed(3))
    assert after.scenes[0].things == ()
    assert np.abs(pixels(after.images[0]) - pixels(bare)).max(-1).max() < 24
    assert np.abs(pixels(after.images[0]) - pixels(bare)).mean() < 1.5


def test_the_parts_of_a_thing_are_not_seen_as_things(pipe: PocketPipeline) -> None:
    picture = pipe("a bicycle on a beach", generator=seed(14)).images[0]
    assert [thing.name for thing in pipe.see(picture).scene.things] == ["bicycle"]


def test_a_thing_turned_upside_down_stands_on_its_head(pipe: PocketPipeline) -> None:
    box = (78.0, 78.0, 100.0, 100.0)
    upright, turned = (
        pixels(pipe(scene=Scene(PAPER, (Thing("mushroom", box, angle=a),)), generator=seed(2)).images[0])
        for a in (0.0, 180.0)
    )
    inside = np.s_[160:352, 160:352]
    as_is = np.abs(turned[inside] - upright[inside]).mean()
    on_its_head = np.abs(turned[inside][::-1, ::-1] - upright[inside]).mean()
    assert on_its_head < 0.5 * as_is


def test_a_thing_in_a_reference_picture_keeps_its_looks(pipe: PocketPipeline) -> None:
    creature = Image.new("RGBA", (200, 200))
    draw = ImageDraw.Draw(creature)
    draw.ellipse((10, 40, 190, 190), fill=(40, 170, 160, 255))
    draw.polygon([(30, 60), (60, 5), (90, 50)], fill=(250, 120, 40, 255))
    draw.ellipse((110, 80, 150, 120), fill=(255, 255, 255, 255))
    thing = Thing("gift", (68.0, 78.0, 120.0, 120.0), reference=0)
    out = pipe(scene=Scene(PAPER, (thing,)), references=[creature], generator=seed(1)).images[0]
    belly, ear, eye = (pixels(out)[y - 5 : y + 5, x - 5 : x + 5].mean((0, 1)) for x, y in _PARTS)
    assert np.abs(belly - (40, 170, 160)).max() < 40
    assert ear[0] > 180 and ear[2] < 110
    assert eye.min() > 190


def test_words_about_a_reference_place_it(pipe: PocketPipeline) -> None:
    picture = Image.new("RGBA", (120, 120), (200, 30, 160, 255))
    out = pipe("this creature, on a beach", references=[picture], generator=seed(1))
    assert [thing.reference for thing in out.scenes[0].things] == [0]
    assert out.scenes[0].background.kind == "beach"


def test_selecting_by_words_and_by_click_finds_the_same_thing(
    pipe: PocketPipeline, picture: Image.Image
) -> None:
    named = np.asarray(pipe.select(picture, words="the apple")) > 127
    clicked = np.asarray(pipe.select(picture, point=(384, 344))) > 127
    assert named.shape == (PIXELS, PIXELS)
    assert 0.35 < named[260:428, 300:468].mean() < 0.95 and not named[:, :220].any()
    assert (named & clicked).sum() / (named | clicked).sum() > 0.9


def test_the_sky_can_be_selected(pipe: PocketPipeline, picture: Image.Image) -> None:
    sky = np.asarray(pipe.select(picture, words="the sky")) > 127
    assert sky[:60].mean() > 0.95 and sky[340:].mean() < 0.05


def test_in_space_all_that_is_no_thing_is_sky(pipe: PocketPipeline) -> None:
    picture = pipe("a rocket in space", generator=seed(2)).images[0]
    sky, rocket = (pixels(pipe.select(picture, words=words)) for words in ("the sky", "the rocket"))
    assert (sky + rocket).min() > 250
    assert 0.3 < (sky > 127).mean() < 0.95


def test_comparing_says_what_is_missing(pipe: PocketPipeline, picture: Image.Image) -> None:
    assert pipe.compare(picture, "a dog and a red apple on a meadow") == ()
    missing = pipe.compare(picture, "a dog, a red apple and a castle on a meadow")
    assert len(missing) == 1 and "castle" in missing[0]


def test_night_falls_on_the_whole_picture(pipe: PocketPipeline, picture: Image.Image) -> None:
    out = pipe("make it night", image=picture, generator=seed(4))
    assert out.scenes[0].background.time == "night"
    assert pixels(out.images[0])[:200].mean() < 0.5 * pixels(picture)[:200].mean()


@pytest.mark.parametrize("size", [(512, 512), (333, 190)])
def test_outside_the_mask_every_byte_is_the_sources(pipe: PocketPipeline, size: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    source = Image.fromarray(rng.integers(0, 255, (size[1], size[0], 3), dtype=np.uint8))
    mask = Image.new("L", size)
    mask.paste(255, (31, 17, 150, 141))
    out = pipe("a cat", image=source, mask_image=mask, generator=seed(2)).images[0]
    outside = np.asarray(mask) == 0
    assert out.size == size
    assert np.array_equal(pixels(out)[outside], pixels(source)[outside])
    assert not np.array_equal(pixels(out), pixels(source))


def test_a_mask_without_words_lets_the_background_carry_on(
    pipe: PocketPipeline, picture: Image.Image
) -> None:
    mask = Image.new("L", picture.size)
    mask.paste(255, (276, 236, 492, 464))
    out = pipe("", image=picture, mask_image=mask, generator=seed(2))
    assert [thing.name for thing in out.scenes[0].things] == ["dog"]


def test_a_thing_that_is_not_there_is_not_edited_but_spoken_of(
    pipe: PocketPipeline, picture: Image.Image
) -> None:
    with pytest.raises(NotUnderstood, match=r"(?i)dog|apple"):
        pipe("make the castle blue", image=picture, generator=seed(2))


def test_raising_in_the_callback_stops_and_the_next_run_is_unharmed(pipe: PocketPipeline) -> None:
    class Enough(Exception):
        pass

    steps: list[int] = []

    def stop(
        _: PocketPipeline, step: int, timestep: int, tensors: dict[str, torch.Tensor]
    ) -> dict[str, torch.Tensor]:
        steps.append(step)
        if step == 2:
            raise Enough
        return {}

    with pytest.raises(Enough):
        pipe(scene=APPLE_AND_DOG, generator=seed(3), callback_on_step_end=stop)
    assert steps == [0, 1, 2]
    expected = pipe(scene=APPLE_AND_DOG, generator=seed(3)).images[0]
    assert expected.tobytes() == pipe(scene=APPLE_AND_DOG, generator=seed(3)).images[0].tobytes()


def test_each_step_hands_over_a_preview_that_comes_to_look_like_the_picture(pipe: PocketPipeline) -> None:
    previews: list[Image.Image] = []

    def keep(
        pipe: PocketPipeline, step: int, timestep: int, tensors: dict[str, torch.Tensor]
    ) -> dict[str, torch.Tensor]:
        previews.append(pipe.decode_preview(tensors["pred_original_sample"]))
        return {}

    final = pipe(
        scene=APPLE_AND_DOG,
        generator=seed(3),
        callback_on_step_end=keep,
        callback_on_step_end_tensor_inputs=("pred_original_sample",),
    ).images[0]
    away = [np.abs(pixels(preview) - pixels(final)).mean() for preview in previews]
    assert len(previews) == 8 and away[-1] < 1.5 and away[0] < 25


def test_the_same_latents_give_the_same_picture(pipe: PocketPipeline) -> None:
    noise = torch.randn(1, 24, 32, 32, generator=seed(9))
    one, two = (pipe(scene=APPLE_AND_DOG, latents=noise, generator=seed(1)).images[0] for _ in range(2))
    assert one.tobytes() == two.tobytes()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({}, "say what to draw"),
        ({"mask_image": Image.new("L", (9, 9))}, "needs an image"),
        ({"prompt": "a dog", "references": [Image.new("RGB", (9, 9))] * 4}, "at most 3"),
        ({"prompt": "a dog", "num_inference_steps": 0}, "at least 1"),
        ({"prompt": "a dog", "output_type": "jpeg"}, "output_type"),
        ({"prompt": "a dog", "latents": torch.zeros(1, 4, 8, 8)}, "shape"),
        ({"prompt": "a dog", "callback_on_step_end_tensor_inputs": ("noise",)}, "not there"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused(
    pipe: PocketPipeline, wrong: dict[str, object], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        pipe(**wrong)
