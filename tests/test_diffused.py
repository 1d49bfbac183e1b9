"""Every family through the one adapter: what it draws, what it locks, and the traps that there are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")
diffusers = pytest.importorskip("diffusers")

from studio import Studio, ops  # noqa: E402
from studio.errors import BadInput, CannotDo, Stopped  # noqa: E402
from studio.models.base import Progress, Request  # noqa: E402
from studio.models.devices import OutOfMemory  # noqa: E402
from studio.models.diffused import DiffusersModel  # noqa: E402
from studio.models.family import Call  # noqa: E402
from tests import tiny  # noqa: E402

FAMILIES = tuple(tiny.FAMILIES)
ABILITIES = tiny.abilities()
BLENDS = ("qwen_edit", "qwen21", "dreamlite", "flux3")
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")


# --- what every family does


@pytest.mark.parametrize(("name", "op"), ABILITIES)
def test_the_same_seed_draws_the_same_bytes_and_another_seed_others(name: str, op: str) -> None:
    model = tiny.model(name)
    one, same, other = (model.run(tiny.asked(op, seed=seed)) for seed in (5, 5, 6))
    assert one.size == (tiny.SIDE, tiny.SIDE)
    assert one.tobytes() == same.tobytes() != other.tobytes()
    assert tiny.model(name).run(tiny.asked(op, seed=5)).tobytes() == one.tobytes(), (
        "nor does it matter what was kept"
    )


@pytest.mark.parametrize(("name", "op"), [(name, op) for name, op in ABILITIES if op != "generate"])
@pytest.mark.parametrize("size", [(70, 50), (64, 128)])
def test_what_comes_back_has_the_canvas_s_size(name: str, op: str, size: tuple[int, int]) -> None:
    more = {"mask": tiny.mask(size)} if op == "inpaint" else {}
    drawn = tiny.model(name).run(tiny.asked(op, canvas=tiny.picture(2, size), **more))
    assert drawn.size == size


@pytest.mark.parametrize("name", [name for name, op in ABILITIES if op == "generate"])
def test_a_new_picture_has_the_size_that_was_asked_for(name: str) -> None:
    model = tiny.model(name)
    request = tiny.asked("generate", width=96, height=64)
    assert ops.perform(model, request).size == (96, 64)
    bare = replace(request, params={"seed": 1})
    assert ops.perform(model, bare).size == (tiny.SIDE, tiny.SIDE)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_outside_of_the_mask_every_byte_is_the_canvas_s(name: str, mode: str) -> None:
    size = (160, 144)
    canvas = tiny.picture(3, size).convert(mode)
    if mode == "RGBA":
        canvas.putalpha(Image.linear_gradient("L").resize(size))
    drawn = ops.perform(tiny.model(name), tiny.asked("edit", canvas=canvas, mask=tiny.mask(size)))
    before, after = (np.asarray(picture.convert(mode)) for picture in (canvas, drawn))
    outside = np.asarray(tiny.mask(size)) == 0
    assert drawn.size == size
    assert np.array_equal(before[outside], after[outside])
    assert not np.array_equal(before[~outside], after[~outside])


@pytest.mark.parametrize("name", BLENDS)
def test_a_pipeline_that_knows_no_masks_ends_with_the_canvas_s_latents_outside_of_one(name: str) -> None:
    model, vae = tiny.model(name), tiny.tiny(name)[0].vae
    decoded: list[Any] = []
    hook = vae.decoder.register_forward_hook(lambda part, given, made: decoded.append(given[0]))
    whole = tiny.model(name).run(tiny.asked("edit"))
    try:
        decoded.clear()
        masked = model.run(tiny.asked("inpaint"))
    finally:
        hook.remove()
    assert whole.tobytes() != masked.tobytes()
    held = _encoded(model, tiny.picture(1))
    (latents,) = model.kept._decoded
    rows, columns = latents.shape[-2:]
    assert torch.allclose(latents[..., : rows // 2, :], held[..., : rows // 2, :], atol=1e-5)
    assert torch.allclose(latents[..., : columns // 2], held[..., : columns // 2], atol=1e-5)
    inside = (..., slice(rows // 2, rows - 1), slice(columns // 2, columns - 1))
    assert not torch.allclose(latents[inside], held[inside], atol=1e-2)


def _encoded(model: DiffusersModel, picture: Image.Image) -> Any:
    from studio.models.latents import encode

    levels = torch.from_numpy(np.asarray(picture).astype(np.float32)).permute(2, 0, 1)[None] / 127.5 - 1
    with torch.no_grad():
        return encode(model.pipe.vae, levels)


# --- references


@pytest.mark.parametrize(
    ("name", "op", "most"),
    [
        ("klein", "generate", 3), ("klein", "edit", 3), ("klein", "inpaint", 3), ("kontext", "inpaint", 1),
        ("qwen_edit", "edit", 2), ("qwen_edit", "inpaint", 2), ("qwen21", "generate", 2),
        ("qwen21", "edit", 2), ("flux3", "generate", 3), ("flux3", "edit", 3), ("flux3_base", "inpaint", 3),
    ],
)  # fmt: skip
def test_references_are_followed_up_to_what_the_call_takes(name: str, op: str, most: int) -> None:
    model = tiny.model(name)
    names = ("reference", "reference_2", "reference_3")[:most]
    followed = {role: tiny.picture(30 + at) for at, role in enumerate(names)}
    alone, one, all_of_them = (
        model.run(tiny.asked(op, **dict(list(followed.items())[:count]))) for count in (0, 1, most)
    )
    assert alone.tobytes() != one.tobytes()
    assert most == 1 or one.tobytes() != all_of_them.tobytes()


def test_a_reference_of_another_size_leaves_the_canvas_s_size_alone() -> None:
    for name in ("klein", "qwen_edit", "qwen21", "flux3"):
        drawn = tiny.model(name).run(tiny.asked("edit", reference=tiny.picture(30, (128, 72))))
        assert drawn.size == (tiny.SIDE, tiny.SIDE)


def test_a_reference_may_be_small_or_long_though_the_family_minds() -> None:
    """FLUX.2 refuses what is shorter than 64 pixels, or more than eight times as long as wide."""
    model = tiny.model("klein")
    for size in ((20, 30), (640, 40)):
        assert model.run(tiny.asked("edit", reference=tiny.picture(30, size))).size == (tiny.SIDE, tiny.SIDE)
        assert model.run(tiny.asked("edit", canvas=tiny.picture(30, size))).size == size


@pytest.mark.parametrize(
    ("name", "op", "given", "words"),
    [
        ("kontext", "edit", 1, "no reference pictures"),
        ("kontext", "inpaint", 2, "one reference picture"),
        ("qwen_edit", "edit", 3, "at most 2 reference pictures"),
        ("sd15", "generate", 1, "no reference pictures"),
    ],
)
def test_more_references_than_it_follows_are_refused_in_a_sentence(
    name: str, op: str, given: int, words: str
) -> None:
    names = ("reference", "reference_2", "reference_3")[:given]
    with pytest.raises(CannotDo, match=words):
        tiny.model(name).run(tiny.asked(op, **{role: tiny.picture(30) for role in names}))


def test_a_see_through_reference_lies_on_white_paper_where_transparency_is_not_known() -> None:
    model = tiny.model("klein")
    hidden = tiny.picture(30).convert("RGBA")
    hidden.putalpha(0)
    one, other = (
        model.run(tiny.asked("edit", reference=p)) for p in (hidden, Image.new("RGB", hidden.size, "white"))
    )
    assert one.tobytes() == other.tobytes()


# --- parameters


def test_what_it_cannot_do_is_said() -> None:
    with pytest.raises(CannotDo, match="cannot generate"):
        tiny.model("qwen_edit").run(tiny.asked("generate"))


@pytest.mark.parametrize("name", ["sd15", "kontext", "qwen_edit", "flux3_base"])
def test_guidance_is_followed(name: str) -> None:
    model = tiny.model(name)
    usual, strong = (model.run(tiny.asked("edit", **more)) for more in ({}, {"guidance": 9.0}))
    assert usual.tobytes() != strong.tobytes()


def test_a_strength_that_a_person_asks_for_takes_the_place_of_the_usual_one() -> None:
    seen: list[Progress] = []
    tiny.model("sd15").run(tiny.asked("edit", steps=10, strength=0.3, report=seen.append))
    assert {progress.steps for progress in seen} == {3}


def test_less_than_one_step_is_refused() -> None:
    with pytest.raises(BadInput, match="at least one step"):
        tiny.model("sd15").run(tiny.asked("generate", steps=0))


def test_a_model_of_certain_sizes_draws_at_the_nearest_and_gives_back_what_was_asked() -> None:
    pipe, known = tiny.tiny("klein")
    model = DiffusersModel(pipe, replace(known, sizes=((64, 64), (128, 64), (64, 128))))
    seen: list[Progress] = []
    drawn = model.run(tiny.asked("edit", canvas=tiny.picture(1, (200, 90)), report=seen.append))
    assert drawn.size == (200, 90)
    assert seen[0].preview is not None and seen[0].preview.size == (16, 8)


# --- the traps


@pytest.mark.parametrize("name", FAMILIES)
def test_siblings_share_every_weight_and_none_is_cast(name: str) -> None:
    """`from_pipe` would make all of them float32, the pipeline that it was made of too."""
    pipe, checkpoint = tiny.FAMILIES[name]()
    for part in pipe.components.values():
        if isinstance(part, torch.nn.Module):
            part.to(torch.bfloat16)
    model = DiffusersModel(pipe, checkpoint, "bf16")
    for op in checkpoint.calls:
        sibling = model.sibling(checkpoint.calls[op].pipeline)
        for key, part in sibling.components.items():
            assert part is pipe.components[key]
            if isinstance(part, torch.nn.Module):
                assert {weight.dtype for weight in part.parameters()} == {torch.bfloat16}
        assert model.run(tiny.asked(op)).size == (tiny.SIDE, tiny.SIDE), "and it draws in 16 bits"


@pytest.mark.parametrize("name", ["klein", "sdxl", "flux3"])
def test_parts_that_wait_their_turn_wait_for_siblings_too(name: str) -> None:
    """Only the bookkeeping can be had without a card: parts go from the processor to the processor."""
    pipe, checkpoint = tiny.FAMILIES[name]()
    pipe.set_progress_bar_config(disable=True)
    expected = [DiffusersModel(pipe, checkpoint).run(tiny.asked(op)).tobytes() for op in checkpoint.calls]
    pipe.enable_model_cpu_offload(device="cpu")
    model = DiffusersModel(pipe, checkpoint)

    def stop(progress: Progress) -> None:
        raise Stopped("Stopped.")

    for op, wanted in zip(checkpoint.calls, expected, strict=True):
        sibling = model.sibling(checkpoint.calls[op].pipeline)
        with pytest.raises(Stopped):
            model.run(tiny.asked(op, "a house", report=stop))
        assert model.run(tiny.asked(op)).tobytes() == wanted
        assert len(sibling._all_hooks) == len(pipe._all_hooks) > 0


def test_a_sibling_is_what_the_pipeline_was_configured_as() -> None:
    pipe, _ = tiny.tiny("klein")
    assert pipe.config.is_distilled
    assert tiny.model("klein").sibling("Flux2KleinInpaintPipeline").config.is_distilled


def test_two_at_once_draw_what_they_draw_one_after_the_other() -> None:
    """Schedulers have a state, and siblings share them: two threads in one would run off its end."""
    requests = [
        tiny.asked(op, seed=seed, steps=5) for seed in (1, 2) for op in ("generate", "edit", "inpaint")
    ]
    expected = [tiny.model("klein").run(request).tobytes() for request in requests]
    model = tiny.model("klein")
    with ThreadPoolExecutor(len(requests)) as pool:
        found = [picture.tobytes() for picture in pool.map(model.run, requests)]
    assert found == expected


def test_a_run_that_was_stopped_leaves_no_cache_of_its_blocks_behind() -> None:
    """Caches of blocks begin anew when a call ends, but not when it is broken off."""
    pipe, checkpoint = tiny.qwen_edit()
    pipe.set_progress_bar_config(disable=True)
    pipe.transformer.enable_cache(diffusers.FirstBlockCacheConfig(threshold=0.9))
    model = DiffusersModel(pipe, checkpoint)
    expected = model.run(tiny.asked("edit", steps=6))

    def stop(progress: Progress) -> None:
        if progress.step == 4:
            raise Stopped("Stopped.")

    with pytest.raises(Stopped):
        model.run(tiny.asked("edit", "a house", steps=6, report=stop))
    assert model.run(tiny.asked("edit", steps=6)).tobytes() == expected.tobytes()


def test_what_fails_inside_leaves_the_pipeline_as_it_was() -> None:
    model = tiny.model("klein")
    expected = model.run(tiny.asked("edit"))
    own = model.pipe.scheduler
    broken = replace(model.checkpoint, calls={"edit": Call("Flux2KleinPipeline", fixed={"no_such": 1})})
    with pytest.raises(TypeError):
        DiffusersModel(model.pipe, broken).run(tiny.asked("edit"))
    assert model.pipe.scheduler is own
    assert "encode" not in vars(model.pipe.vae) and "encode_prompt" not in vars(model.pipe)
    assert model.run(tiny.asked("edit")).tobytes() == expected.tobytes()


def test_too_little_memory_is_an_error_of_its_own_and_the_next_run_is_unharmed() -> None:
    """An honest one: noise for a picture of 2^25 pixels a side is more than any machine has."""
    model = tiny.model("sd15")
    expected = model.run(tiny.asked("generate"))
    with pytest.raises(OutOfMemory, match="memory") as caught:
        model.run(tiny.asked("generate", width=2**25, height=2**25))
    assert caught.value.__cause__ is None, "no traceback holds on to what was on the device"
    assert isinstance(caught.value, CannotDo)
    assert model.run(tiny.asked("generate")).tobytes() == expected.tobytes()


def test_other_errors_of_torch_are_not_taken_for_a_lack_of_memory() -> None:
    pipe, checkpoint = tiny.sd15()
    pipe.unet.conv_in = torch.nn.Conv2d(5, 8, 3)
    with pytest.raises(RuntimeError, match="channels"):
        DiffusersModel(pipe, checkpoint).run(tiny.asked("generate"))


def test_numbers_out_of_range_are_said_at_the_first_step_and_not_drawn_black() -> None:
    """What 16-bit numbers come to in a model that was not made for them."""
    pipe, checkpoint = tiny.sd15()
    pipe.set_progress_bar_config(disable=True)
    with torch.no_grad():
        pipe.unet.conv_out.bias.fill_(float("inf"))
    seen: list[Progress] = []
    with pytest.raises(CannotDo, match="out of range"):
        DiffusersModel(pipe, checkpoint).run(tiny.asked("generate", report=seen.append))
    assert seen == []


def test_kontext_does_not_draw_a_megapixel_for_a_small_canvas() -> None:
    model = tiny.model("kontext")
    seen: list[Progress] = []
    model.run(tiny.asked("edit", report=seen.append))
    assert seen[0].preview is not None and seen[0].preview.size == (8, 8)


def test_a_card_says_what_it_was_loaded_as() -> None:
    pipe, checkpoint = tiny.tiny("klein")
    cards = [DiffusersModel(pipe, checkpoint, precision).card for precision in ("bf16", "nf4")]
    assert cards[0].key != cards[1].key
    assert cards[0].ops == {"generate", "edit", "inpaint"} and cards[0].references == 3
    assert cards[0].licence == "Apache-2.0"


def test_it_answers_to_what_every_model_answers_to() -> None:
    seen: list[Progress] = []
    request = Request(
        "generate", "a red fox", params={"seed": 1, "width": 64, "height": 64}, report=seen.append
    )
    drawn = ops.perform(tiny.model("z_image"), request)
    assert drawn.mode == "RGB" and [progress.step for progress in seen] == [1, 2, 3]


@pytest.mark.parametrize("name", ["klein", "sd15", "qwen21", "flux3"])
def test_a_session_draws_edits_masks_and_checks_with_it(name: str, tmp_path: Path) -> None:
    """The whole way: every version comes out the same when it is drawn again."""
    with closing(Studio(tmp_path, model=tiny.model(name))) as studio:
        session = studio.open("harbour")
        first = session.say("a red boat on a calm sea", seed=7)
        session.say("make it night", seed=8)
        third = session.say("a lighthouse", mask=tiny.mask(session.picture.size), seed=9)
        assert first.id != third.id and session.picture.size == (tiny.SIDE, tiny.SIDE)
        assert session.check() == ()
