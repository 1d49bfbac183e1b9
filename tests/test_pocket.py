"""`pocket` on its real weights: it draws what words say, sees what it drew, and changes nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from studio.models.pocket import judge as judging  # noqa: E402
from studio.models.pocket.pipeline import WEIGHTS, PocketPipeline  # noqa: E402
from studio.models.pocket.reader import NotUnderstood  # noqa: E402
from studio.models.pocket.scene import SIZE, Background, Scene, Thing  # noqa: E402

MEADOW = Background("meadow", time="day", horizon=140)
APPLE_AND_DOG = Scene(
    MEADOW, (Thing("dog", (20.0, 110.0, 112.0, 100.0)), Thing("apple", (150.0, 130.0, 84.0, 84.0), "red"))
)


@pytest.fixture(scope="module")
def pipe() -> PocketPipeline:
    return PocketPipeline.load()


@pytest.fixture(scope="module")
def judge() -> judging.Judge:
    return judging.Judge()


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
    assert sum(path.stat().st_size for path in files) <= 40_000_000
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
    assert out.images.shape == (2, SIZE, SIZE, 3)
    assert [scene.things[0].name for scene in out.scenes] == ["dog", "car"]


def test_single_things_are_recognised_by_a_judge_that_shares_nothing_with_it(
    pipe: PocketPipeline, judge: judging.Judge
) -> None:
    tallies = judging.judge_singles(pipe, judge, 12, seed=11)
    assert tallies["all single things"].hits >= 11, judging.table(tallies)
    assert tallies["background"].hits >= 11 and tallies["place"].hits >= 11, judging.table(tallies)


def test_the_eye_sees_what_was_drawn(pipe: PocketPipeline, picture: Image.Image) -> None:
    sight = pipe.see(picture)
    assert {thing.name for thing in sight.scene.things} == {"dog", "apple"}
    assert sight.scene.background.kind == "meadow" and sight.confidence > 0.5


def test_noise_is_not_taken_for_a_picture_of_its_world(pipe: PocketPipeline) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (SIZE, SIZE, 3), dtype=np.uint8)
    assert pipe.see(Image.fromarray(noise)).confidence < 0.5


def test_an_instruction_changes_the_thing_it_names_and_no_pixel_elsewhere(
    pipe: PocketPipeline, judge: judging.Judge, picture: Image.Image
) -> None:
    out = pipe("make the apple green", image=picture, generator=seed(4))
    after, before = pixels(out.images[0]), pixels(picture)
    assert np.array_equal(after[:, :120], before[:, :120])
    at = next(i for i, thing in enumerate(out.scenes[0].things) if thing.name == "apple")
    assert judge.look(after.astype(np.uint8), out.scenes[0], at).color == "green"


def test_a_removed_thing_is_gone(pipe: PocketPipeline, picture: Image.Image) -> None:
    out = pipe("remove the apple", image=picture, generator=seed(4))
    assert [thing.name for thing in out.scenes[0].things] == ["dog"]
    exact = pixels(pipe(scene=Scene(MEADOW), generator=seed(1)).images[0])
    assert np.abs(pixels(out.images[0]) - exact)[140:205, 160:225].mean() < 10


def test_night_falls_on_the_whole_picture(pipe: PocketPipeline, picture: Image.Image) -> None:
    out = pipe("make it night", image=picture, generator=seed(4))
    assert out.scenes[0].background.time == "night"
    assert pixels(out.images[0])[:100].mean() < 0.5 * pixels(picture)[:100].mean()


@pytest.mark.parametrize("size", [(256, 256), (333, 190)])
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
    mask.paste(255, (138, 118, 246, 232))
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
    noise = torch.randn(1, 32, 16, 16, generator=seed(9))
    one, two = (pipe(scene=APPLE_AND_DOG, latents=noise).images[0] for _ in range(2))
    assert one.tobytes() == two.tobytes()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({}, "say what to draw"),
        ({"mask_image": Image.new("L", (9, 9))}, "needs an image"),
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
