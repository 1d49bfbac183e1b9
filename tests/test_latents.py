"""Latents of every family: their layout, what they look like, and that nothing is computed twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from diffusers.image_processor import VaeImageProcessor  # noqa: E402

from studio import ops  # noqa: E402
from studio.models.controlling import Steered  # noqa: E402
from studio.models.kept import marks_of, pixels_of  # noqa: E402
from studio.models.latents import Glimpses, channels_of, decode, encode, from_loop, to_loop  # noqa: E402
from studio.models.shelf import Shelf  # noqa: E402
from tests import bench_drift, tiny  # noqa: E402

FAMILIES = tuple(tiny.FAMILIES)
SIZE = (tiny.SIDE, tiny.SIDE)
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")


def noise(shape: tuple[int, ...], seed: int = 0) -> Any:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def loop_shape(name: str, rows: int, columns: int) -> tuple[int, ...]:
    """The shape of that family's latents in its loop."""
    channels = channels_of(tiny.tiny(name)[0].vae)
    if name in ("kontext", "klein", "qwen_edit"):
        return 1, rows * columns // 4, channels * 4
    return (1, rows * columns, channels) if name == "qwen21" else (1, channels, rows, columns)


@contextmanager
def counted(part: Any) -> Iterator[list[int]]:
    """How often a part of a pipeline runs inside the `with`."""
    runs = [0]

    def one_more(*ran: Any) -> None:
        runs[0] += 1

    hook = part.register_forward_hook(one_more)
    try:
        yield runs
    finally:
        hook.remove()


# --- layout


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("cells", [(8, 8), (4, 12), (10, 6)])
def test_loop_latents_and_plain_ones_turn_into_each_other(name: str, cells: tuple[int, int]) -> None:
    vae = tiny.tiny(name)[0].vae
    plain = noise((1, channels_of(vae), *cells))
    loop = to_loop(plain, vae, torch.zeros(loop_shape(name, *cells)))
    assert tuple(loop.shape) == loop_shape(name, *cells)
    assert torch.allclose(from_loop(loop, vae, (cells[1] * 8, cells[0] * 8)), plain, atol=1e-5)


@pytest.mark.parametrize("name", [name for name in FAMILIES if name != "klein"])
def test_the_pipeline_s_own_loop_latents_decode_to_its_picture(name: str) -> None:
    """FLUX.2 is not asked: what it hands out are plain latents and not those of its loop."""
    model = tiny.model(name)
    request = tiny.asked("edit")
    expected = model.run(request)
    call = model.checkpoint.calls["edit"]
    given = model._arguments(model.sibling(call.pipeline), Steered(call), request, SIZE)
    with torch.no_grad(), model.kept.used_by(model.sibling(call.pipeline)):
        loop = model.sibling(call.pipeline)(**given, output_type="latent").images
        shown = decode(model.pipe.vae, from_loop(loop, model.pipe.vae, SIZE))[0]
    levels = ((shown.permute(1, 2, 0).clamp(-1, 1) + 1) * 127.5).numpy()
    assert np.abs(levels - tiny.pixels(expected)).max() < 1.5


# --- a look at them


def test_a_glimpse_is_much_nearer_to_the_picture_than_the_noisy_latents_are() -> None:
    """On a VAE that is not random: what a glimpse is compared with must look like something."""
    vae = tiny.plain_vae()
    glimpse = Glimpses(vae)
    with torch.no_grad():
        clean = to_loop(encode(vae, _tensor(tiny.picture(21))), vae, torch.zeros(1, 4, 16, 16))
        final = decode(vae, from_loop(clean, vae, SIZE))
    wanted = (torch.nn.functional.adaptive_avg_pool2d(final, 16)[0].permute(1, 2, 0).numpy() + 1) * 127.5
    away = [
        np.abs(
            tiny.pixels(glimpse(level * clean + (1 - level) * noise(tuple(clean.shape), 5), SIZE)) - wanted
        ).mean()
        for level in (1.0, 0.5, 0.0)
    ]
    assert away[0] < 0.5 * away[1] < 0.5 * away[2]


@pytest.mark.parametrize(("name", "op"), tiny.abilities())
def test_every_ability_shows_a_glimpse_of_a_pixel_a_cell(name: str, op: str) -> None:
    seen: list[Any] = []
    wide = {"canvas": tiny.picture(1, (96, 64)), "mask": tiny.mask((96, 64))} if op != "generate" else {}
    if op == "edit":
        del wide["mask"]
    tiny.model(name).run(tiny.asked(op, report=seen.append, **{"width": 96, "height": 64, **wide}))
    cell = tiny.tiny(name)[0].vae_scale_factor
    assert {progress.preview.size for progress in seen} == {(96 // cell, 64 // cell)}


# --- pictures that a model drew are not encoded


@pytest.mark.parametrize("name", FAMILIES)
def test_a_picture_that_the_model_drew_keeps_the_latents_it_was_decoded_from(name: str) -> None:
    model, vae = tiny.model(name), tiny.tiny(name)[0].vae
    drawn = model.run(tiny.asked("edit"))
    with counted(vae.encoder) as runs:
        once = model.run(tiny.asked("edit", canvas=drawn))
        twice = model.run(tiny.asked("edit", canvas=drawn))
    assert runs == [0], "nothing is encoded that was decoded before"
    assert once.tobytes() == twice.tobytes()
    fresh = tiny.model(name).run(tiny.asked("edit", canvas=drawn))
    assert fresh.tobytes() != once.tobytes(), "encoded from its pixels, it is not the same picture"


@pytest.mark.parametrize("name", FAMILIES)
def test_a_photograph_is_encoded_once_and_comes_to_the_same(name: str) -> None:
    model, vae = tiny.model(name), tiny.tiny(name)[0].vae
    first = model.run(tiny.asked("edit"))
    with counted(vae.encoder) as runs:
        again = model.run(tiny.asked("edit"))
        other = model.run(tiny.asked("edit", canvas=tiny.picture(9)))
    assert again.tobytes() == first.tobytes() != other.tobytes()
    assert runs == [1]


def test_after_a_masked_edit_the_rest_keeps_its_latents() -> None:
    """What the mask locked has the parent's latents, and what was drawn in it those of the drawing."""
    size = (128, 128)
    model, vae = tiny.model("klein"), tiny.tiny("klein")[0].vae
    parent = model.run(tiny.asked("generate", width=128, height=128))
    child = ops.perform(model, tiny.asked("edit", canvas=parent, mask=tiny.mask(size)))
    pixels = np.asarray(child)
    tensor = torch.from_numpy(pixels.astype(np.float32)).permute(2, 0, 1)[None] / 127.5 - 1
    with torch.no_grad(), model.kept.used_by(model.pipe):
        found = vae.encode(tensor).latent_dist.mode()
        of_parent = vae.encode(_tensor(parent)).latent_dist.mode()
    with torch.no_grad():
        encoded = vae.encode(tensor).latent_dist.mode()
    assert torch.equal(found[..., :6, :], of_parent[..., :6, :])
    assert not torch.allclose(encoded[..., :6, :], of_parent[..., :6, :], atol=1e-3)


def test_ten_edits_lose_what_one_does_and_what_is_locked_loses_nothing() -> None:
    raw, kept, studio = (bench_drift.chain(way, turns=3) for way in ("raw", "kept", "studio"))
    assert raw[-1].likeness < raw[0].likeness - 5
    assert raw[-1].movement > 2 * raw[0].movement and kept[-1].movement == pytest.approx(kept[0].movement)
    assert {round(drift.likeness, 6) for drift in kept} == {round(raw[0].likeness, 6)}
    assert {drift.likeness for drift in studio} == {float("inf")}


def test_a_picture_of_another_kind_is_not_taken_for_a_descendant() -> None:
    model, vae = tiny.model("sd15"), tiny.tiny("sd15")[0].vae
    model.run(tiny.asked("generate"))
    stranger = _tensor(tiny.picture(5))
    with torch.no_grad():
        expected = vae.encode(stranger).latent_dist.mode()
        with model.kept.used_by(model.pipe):
            found = vae.encode(stranger).latent_dist.mode()
    assert torch.equal(found, expected)


def test_kept_latents_outlive_the_program_in_a_folder(tmp_path: Path) -> None:
    drawn = tiny.model("kontext", Shelf(folder=tmp_path)).run(tiny.asked("generate"))
    later, vae = tiny.model("kontext", Shelf(folder=tmp_path)), tiny.tiny("kontext")[0].vae
    with counted(vae.encoder) as runs:
        later.run(tiny.asked("edit", canvas=drawn))
    assert runs == [0]


def test_after_a_restart_a_masked_edit_is_still_told_from_a_stranger(tmp_path: Path) -> None:
    """The next turn comes to the same, whether the program was closed before it or not."""
    asked = tiny.asked("generate", width=128, height=128)
    model = tiny.model("klein", Shelf(folder=tmp_path))
    parent = model.run(asked)
    child = ops.perform(model, tiny.asked("edit", canvas=parent, mask=tiny.mask((128, 128))))
    on, later = tiny.asked("edit", "make it night", canvas=child), tiny.model("klein", Shelf(folder=tmp_path))
    assert model.run(on).tobytes() == later.run(on).tobytes()
    assert model.run(on).tobytes() != tiny.model("klein").run(on).tobytes()


def test_what_another_model_drew_is_not_taken_for_its_own(tmp_path: Path) -> None:
    """Latents of SD 1.5 and SDXL have one shape and mean different things."""
    shelf = Shelf(folder=tmp_path)
    parent = tiny.model("sd15", shelf).run(tiny.asked("generate"))
    alone, beside = (
        tiny.model("sdxl", other).run(tiny.asked("edit", canvas=parent)) for other in (None, shelf)
    )
    assert alone.tobytes() == beside.tobytes()


def test_what_was_drawn_since_does_not_change_what_a_turn_comes_to() -> None:
    model = tiny.model("klein")
    parent = model.run(tiny.asked("generate", width=128, height=128))
    child = ops.perform(model, tiny.asked("edit", canvas=parent, mask=tiny.mask((128, 128))))
    on = tiny.asked("edit", "make it night", canvas=child)
    first = model.run(on)
    for seed in range(3):
        canvas = first if seed else child
        ops.perform(model, tiny.asked("edit", canvas=canvas, mask=tiny.mask((128, 128)), seed=seed))
    assert model.run(on).tobytes() == first.tobytes()


def _tensor(picture: Image.Image) -> Any:
    return torch.from_numpy(np.asarray(picture).astype(np.float32)).permute(2, 0, 1)[None] / 127.5 - 1


# --- words


@pytest.mark.parametrize("name", FAMILIES)
def test_the_same_words_are_read_once_and_come_to_the_same_bytes(name: str) -> None:
    """In every family, those whose pipelines take no encoded words too."""
    model = tiny.model(name)
    with counted(tiny.tiny(name)[0].text_encoder) as runs:
        first = model.run(tiny.asked("edit"))
        read, runs[0] = runs[0], 0
        again = model.run(tiny.asked("edit"))
        assert read > 0 and runs == [0]
        other = model.run(tiny.asked("edit", "a blue house"))
        assert runs[0] > 0
    assert first.tobytes() == again.tobytes() != other.tobytes()


def test_words_about_another_picture_are_read_again_where_the_encoder_sees_it() -> None:
    model = tiny.model("qwen_edit")
    model.run(tiny.asked("edit"))
    with counted(tiny.tiny("qwen_edit")[0].text_encoder) as runs:
        model.run(tiny.asked("edit", canvas=tiny.picture(8)))
    assert runs[0] > 0


# --- the shelf


def test_a_shelf_lets_go_of_what_was_not_used_for_longest(tmp_path: Path) -> None:
    shelf = Shelf(room=3 * 4000, folder=tmp_path, disk=3 * 4200)
    for at, key in enumerate("abc"):
        shelf.put(key, {"x": torch.full((1000,), float(at))})
    assert shelf.get("a") is not None
    shelf.put("d", {"x": torch.full((1000,), 3.0)})
    assert len(list(tmp_path.iterdir())) == 3
    assert [float(entry["x"][0]) for entry in shelf.newest()] == [3.0, 0.0, 2.0]
    assert [float(entry["x"][0]) for entry in Shelf(room=2 * 4000, folder=tmp_path).newest()] == [3.0, 2.0]
    assert shelf.get("d") is not None


def test_a_damaged_file_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    Shelf(folder=tmp_path).put("a", {"x": noise((10,))})
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:40])
    assert Shelf(folder=tmp_path).get("a") is None
    assert not path.exists()


def test_what_is_read_back_is_what_was_put(tmp_path: Path) -> None:
    entry = {"x": noise((3, 5)).bfloat16(), "y": torch.arange(4)}
    Shelf(folder=tmp_path).put("a", entry)
    found = Shelf(folder=tmp_path).get("a")
    assert found is not None and found.keys() == entry.keys()
    assert all(
        torch.equal(found[name], entry[name]) and found[name].dtype == entry[name].dtype for name in entry
    )


# --- pixels


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), dtype=st.sampled_from([torch.float32, torch.bfloat16, torch.float16]))
def test_the_bytes_of_a_picture_are_told_from_what_a_vae_is_handed(seed: int, dtype: Any) -> None:
    levels = np.random.default_rng(seed).integers(0, 256, (16, 24, 3), dtype=np.uint8)
    tensor = VaeImageProcessor(vae_scale_factor=8).preprocess(Image.fromarray(levels)).to(dtype)
    found = pixels_of(tensor)
    assert found is not None and np.array_equal(found, levels)


def test_what_is_no_picture_is_not_taken_for_one() -> None:
    hidden = torch.from_numpy(np.full((1, 3, 16, 16), 0.0, np.float32))  # what masks are painted with
    assert pixels_of(hidden) is None
    assert pixels_of(hidden.bfloat16()) is None
    assert pixels_of(torch.ones(2, 3, 16, 16)) is None


@settings(max_examples=30, deadline=None)
@given(x=st.integers(0, 63), y=st.integers(0, 47), channel=st.integers(0, 2), by=st.integers(1, 255))
def test_a_mark_stands_for_every_byte_of_its_cell(x: int, y: int, channel: int, by: int) -> None:
    one = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    other = one.copy()
    other[y, x, channel] = (int(other[y, x, channel]) + by) % 256
    marks = [marks_of(pixels, (6, 8)) for pixels in (one, other)]
    assert marks[0] is not None and marks[1] is not None
    assert torch.nonzero(marks[0] != marks[1]).tolist() == [[y // 8, x // 8]]
