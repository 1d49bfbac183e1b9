"""Control pictures through the one adapter: they move what is drawn, and nothing else."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from studio import ops
from studio.errors import BadInput, CannotDo
from studio.images import KINDS
from studio.models.base import Request
from studio.models.catalog import checkpoints, listed
from studio.models.controlling import Steered, steered
from studio.models.diffused import DiffusersModel
from studio.models.family import Call, Checkpoint, Net, Nets, Shown
from tests import tiny
from tests.test_families import arguments, billions, components, multiples

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import diffusers
    import torch

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")

# Every way of keeping to a control picture: the tiny family, and the abilities that do.
ALL = ("generate", "edit", "inpaint")
WAYS = [
    *((name, op) for name in ("sd15", "sdxl", "kontext", "klein", "qwen21") for op in ALL),
    ("z_image", "generate"),
    ("qwen_edit", "generate"),
]


def control(seed: int = 0, size: tuple[int, int] = (tiny.SIDE, tiny.SIDE)) -> Image.Image:
    """A few white lines on black."""
    picture = Image.new("RGB", size)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((8 + seed, 8, size[0] - 12, size[1] - 20 - seed), outline="white", width=3)
    return picture


@pytest.mark.parametrize(("name", "op"), WAYS)
def test_a_control_picture_moves_what_is_drawn_and_without_one_all_is_as_before(name: str, op: str) -> None:
    model = tiny.steered_model(name)
    one, other = (tiny.asked(op, control_edges=control(seed)) for seed in (0, 9))
    first = model.run(one)
    assert first.size == (tiny.SIDE, tiny.SIDE)
    assert first.tobytes() == tiny.steered_model(name).run(one).tobytes() != model.run(other).tobytes()
    bare = model.run(tiny.asked(op)).tobytes()
    assert bare == _without(name).run(tiny.asked(op)).tobytes() != first.tobytes()
    assert model.run(one).tobytes() == first.tobytes()


def _without(name: str) -> DiffusersModel:
    """The model as it is without anything for control pictures."""
    return DiffusersModel(tiny.tiny(name)[0], replace(tiny.steered(name), control=None))


@pytest.mark.parametrize(
    ("name", "op"),
    [
        ("sd15", "edit"),
        ("sdxl", "inpaint"),
        ("qwen_edit", "generate"),
        ("kontext", "edit"),
        ("klein", "edit"),
    ],
)
def test_several_kinds_are_kept_to_together_in_any_order(name: str, op: str) -> None:
    model = tiny.steered_model(name)
    lines, near = control(), Image.linear_gradient("L").resize((tiny.SIDE, tiny.SIDE)).convert("RGB")
    alone = [model.run(tiny.asked(op, **one)) for one in ({"control_edges": lines}, {"control_depth": near})]
    both = model.run(tiny.asked(op, control_edges=lines, control_depth=near))
    turned = model.run(tiny.asked(op, control_depth=near, control_edges=lines))
    assert both.tobytes() == turned.tobytes()
    assert both.tobytes() not in [one.tobytes() for one in alone]
    swapped = model.run(tiny.asked(op, control_edges=near, control_depth=lines))
    if name not in ("qwen_edit", "kontext"):  # these nets see what a picture is and are not told its kind
        assert swapped.tobytes() != both.tobytes()


@pytest.mark.parametrize("name", ["sd15", "sdxl", "klein", "qwen21"])
def test_outside_of_the_mask_every_byte_is_the_canvas_s(name: str) -> None:
    size = (160, 144)
    canvas, mask = tiny.picture(3, size), tiny.mask(size)
    model = tiny.steered_model(name)
    asked = tiny.asked("edit", canvas=canvas, mask=mask, control_edges=control(0, (80, 72)))
    drawn = ops.perform(model, asked)
    outside = np.asarray(mask) == 0
    before, after = np.asarray(canvas), np.asarray(drawn.convert("RGB"))
    assert np.array_equal(before[outside], after[outside])
    bare = ops.perform(model, replace(asked, pictures={"canvas": canvas, "mask": mask}))
    assert bare.tobytes() != drawn.tobytes()


@pytest.mark.parametrize("size", [(96, 64), (70, 50)])
def test_a_control_picture_of_any_size_lies_over_what_is_drawn(size: tuple[int, int]) -> None:
    for name in ("sd15", "klein"):
        asked = tiny.asked("edit", canvas=tiny.picture(2, size), control_edges=control(0, (200, 130)))
        assert tiny.steered_model(name).run(asked).size == size


# --- how closely


@pytest.mark.parametrize("name", ["sd15", "sdxl", "z_image"])
def test_strength_is_followed(name: str) -> None:
    model = tiny.steered_model(name)
    how = model.checkpoint.control
    assert isinstance(how, Nets)
    usual, said, weak, by_kind, none = (
        model.run(tiny.asked("generate", control_edges=control(), **more)).tobytes()
        for more in (
            {}, {"control_strength": how.strength}, {"control_strength": 0.3},
            {"control_strength": {"edges": 0.3, "pose": 1.5}}, {"control_strength": 0},
        )
    )  # fmt: skip
    assert usual == said != weak == by_kind
    assert none == model.run(tiny.asked("generate")).tobytes()


@pytest.mark.parametrize("strength", [-0.1, 2.5, "much", True, float("nan")])
def test_a_senseless_strength_is_refused(strength: Any) -> None:
    with pytest.raises(BadInput, match="edges can be kept to with a strength from 0 to 2"):
        tiny.steered_model("sd15").run(
            tiny.asked("generate", control_edges=control(), control_strength=strength)
        )


def test_who_asks_for_a_strength_where_there_is_none_is_told() -> None:
    notes: list[str] = []
    asked = tiny.asked("edit", control_edges=control(), control_strength=0.5)
    tiny.steered_model("klein").run(replace(asked, note=notes.append))
    assert notes == ["klein is told in words what a control picture is: there is no strength."]


# --- what is refused


@pytest.mark.parametrize(
    ("name", "op", "kinds", "words"),
    [
        (
            "sd15",
            "generate",
            ["palette"],
            "cannot keep to palette: it keeps to edges, sketch, depth and pose",
        ),
        ("sd15", "generate", ["layout", "edges", "palette"], "cannot keep to palette and layout"),
        ("z_image", "edit", ["edges"], "when it draws anew, not when it edits"),
        ("qwen_edit", "inpaint", ["pose"], "when it draws anew, not when it fills in a mask"),
        ("z_image", "generate", ["edges", "pose"], "one control picture at a time, and edges and pose came"),
        ("klein", "inpaint", ["edges", "pose"], "one reference picture here .* and 2 to keep to"),
    ],
)
def test_what_it_cannot_keep_to_is_said_with_what_it_can(
    name: str, op: str, kinds: list[str], words: str
) -> None:
    model = tiny.steered_model(name)
    if name == "klein":
        model.checkpoint = replace(
            model.checkpoint,
            calls={op: replace(call, limit=1) for op, call in model.checkpoint.calls.items()},
        )
    with pytest.raises(CannotDo, match=words):
        model.run(tiny.asked(op, **{f"control_{kind}": control() for kind in kinds}))


def test_references_and_control_pictures_share_the_places_that_there_are() -> None:
    model = tiny.steered_model("klein")
    followed = {"reference": tiny.picture(30), "reference_2": tiny.picture(31)}
    model.run(tiny.asked("edit", control_edges=control(), **followed))
    with pytest.raises(
        CannotDo, match=r"at most 3 reference pictures here .edit., and 2 came with this, and 2"
    ):
        model.run(tiny.asked("edit", control_edges=control(), control_pose=control(3), **followed))


@pytest.mark.parametrize("name", ["kontext", "dreamlite"])
def test_a_model_that_keeps_to_none_says_so(name: str) -> None:
    with pytest.raises(CannotDo, match="cannot keep to edges: it keeps to no control pictures"):
        ops.perform(tiny.model(name), tiny.asked("generate", control_edges=control()))


# --- what is asked of a pipeline


def way(known: Checkpoint, op: str, **controls: Image.Image) -> Steered:
    """What these control pictures come to."""
    pictures = {f"control:{kind}": picture for kind, picture in controls.items()}
    request = Request(op, "a fox", {**pictures, **({"canvas": tiny.picture(1)} if op != "generate" else {})})
    return steered(known, known.calls[op], request, (64, 64))


def test_a_reference_is_explained_by_its_number() -> None:
    known = listed("flux2-klein-4b")
    assert known is not None
    one = way(known, "generate", edges=control())
    assert one.words.startswith("Image 1 only shows how the picture is to be: its outlines lie")
    two = way(known, "edit", palette=control(), pose=control())
    assert [word for word in two.words.split(".") if word] == [
        "Image 2 only shows how the picture is to be: people stand as the stick figures do",
        " Image 3 only shows how the picture is to be: it has these colours and no others",
    ]
    assert len(two.shown) == 2 and not two.nets


def test_strokes_are_white_on_black_for_nets_and_as_they_are_drawn_for_others() -> None:
    drawn = ImageOps.invert(control())
    for name in ("sd15", "sdxl", "qwen-image", "z-image-turbo"):
        known = listed(name)
        assert known is not None and isinstance(known.control, Nets)
        given = way(known, "generate", sketch=drawn).given
        picture = given[known.control.calls["generate"].control]
        picture = picture[0] if isinstance(picture, list) else picture
        assert picture.tobytes() == control().tobytes()
    klein = listed("flux2-klein-4b")
    assert klein is not None
    assert way(klein, "generate", sketch=drawn).shown[0].tobytes() == drawn.tobytes()


def test_a_union_is_told_which_kinds_come() -> None:
    known = listed("sdxl")
    assert known is not None
    given = way(known, "generate", pose=control(), edges=control()).given
    assert given["control_mode"] == [3, 0] and len(given["control_image"]) == 2


# --- nets


def test_nets_are_loaded_when_they_are_first_needed_and_let_go_when_others_are() -> None:
    loaded: list[str] = []
    model = tiny.steered_model("sd15", loaded)
    model.run(tiny.asked("generate"))
    assert loaded == []
    for _ in range(2):
        model.run(tiny.asked("generate", control_edges=control()))
        model.run(tiny.asked("edit", control_edges=control()))
        model.run(tiny.asked("generate"))
    assert loaded == ["lllyasviel/control_v11p_sd15_canny"]
    pipes = len(model.pipes)
    model.run(tiny.asked("generate", control_depth=control()))
    assert loaded[1:] == ["lllyasviel/control_v11f1p_sd15_depth"]
    assert len(model.pipes) == pipes - 1, "two pipelines with the edges' net are gone, one is new"
    model.run(tiny.asked("generate", control_edges=control(), control_depth=control()))
    assert loaded[2:] == ["lllyasviel/control_v11p_sd15_canny"]


def test_siblings_with_a_net_share_every_other_weight() -> None:
    model = tiny.steered_model("sdxl")
    how = model.checkpoint.control
    assert isinstance(how, Nets)
    for call in how.calls.values():
        sibling = model.sibling(call.pipeline, how.nets)
        shared = {key: part for key, part in sibling.components.items() if key in model.pipe.components}
        assert all(part is model.pipe.components[key] for key, part in shared.items())
        assert sibling.controlnet is tiny.nets("sdxl")[1][how.nets[0].repo]


@pytest.mark.parametrize("name", ["sd15", "qwen_edit"])
def test_parts_that_wait_their_turn_wait_beside_a_net_too(name: str) -> None:
    """Only the bookkeeping can be had without a card: parts go from the processor to the processor."""
    pipe, _ = tiny.FAMILIES[name]()
    pipe.set_progress_bar_config(disable=True)
    known, made = tiny.steered(name), tiny.nets(name)[1]

    def model() -> DiffusersModel:
        return DiffusersModel(pipe, known, net=lambda net: made[net.repo])

    both = {"control_edges": control(), "control_depth": control(5)}
    given: tuple[dict[str, Any], ...] = ({"control_edges": control()}, both, {})
    requests = [tiny.asked("generate", **one) for one in given]
    expected = [model().run(request).tobytes() for request in requests]
    pipe.enable_model_cpu_offload(device="cpu")
    waiting = model()
    for _ in range(2):
        assert [waiting.run(request).tobytes() for request in requests] == expected


def test_a_model_that_was_given_no_nets_says_which_it_lacks() -> None:
    pipe, known = tiny.tiny("sd15")
    model = DiffusersModel(pipe, replace(known, control=tiny.nets("sd15")[0]))
    with pytest.raises(CannotDo, match="control_v11p_sd15_canny"):
        model.run(tiny.asked("generate", control_edges=control()))


def test_the_card_names_what_is_kept_to_and_by_which_weights() -> None:
    card = tiny.steered_model("sd15").card
    assert list(card.controls) == ["edges", "sketch", "depth", "pose"]
    assert card.controls["edges"] == "lllyasviel/control_v11p_sd15_canny@main"
    assert dict(tiny.steered_model("klein").card.controls) == dict.fromkeys(KINDS, "")
    how = replace(tiny.nets("sd15")[0]).pinned({"lllyasviel/control_v11p_sd15_canny": "abc"})
    known = replace(tiny.tiny("sd15")[1], control=how)
    assert known.controls["edges"].endswith("@abc") and known.controls["pose"].endswith("@main")


# --- the families say what is so

NETTED = [one for one in checkpoints() if isinstance(one.control, Nets)]
CALLS = [
    pytest.param(one, one.control, op, id=f"{one.name}-{op}")
    for one in NETTED if isinstance(one.control, Nets) for op in one.control.calls
]  # fmt: skip


@pytest.mark.parametrize(("one", "how", "op"), CALLS)
def test_every_class_takes_what_it_is_given(one: Checkpoint, how: Nets, op: str) -> None:
    call: Call = how.calls[op]
    cls = getattr(diffusers, call.pipeline)
    given = {"prompt", "num_inference_steps", "generator", "controlnet_conditioning_scale", *call.fixed}
    given |= {name for name in (call.canvas, call.mask, call.control, one.guided_by) if name}
    given |= {"width", "height"} if call.sized else set()
    given |= {"control_mode"} if any(None not in net.kinds.values() for net in how.nets) else set()
    assert given - arguments(call.pipeline) == set()
    assert "controlnet" in components(call.pipeline)
    assert op in one.calls and call.describes == one.calls[op].describes
    assert ("negative_prompt" in call.fixed) == ("negative_prompt" in one.calls[op].fixed)
    for wanted in multiples(cls):
        assert one.multiple % wanted == 0


@pytest.mark.parametrize("one", NETTED, ids=lambda one: one.name)
def test_nets_are_under_free_terms_or_those_of_the_checkpoint(one: Checkpoint) -> None:
    """Whoever accepted the checkpoint's licence has accepted all there is to accept."""
    assert isinstance(one.control, Nets)
    for net in one.control.nets:
        assert net.licence.free or net.licence == one.licence
        assert hasattr(getattr(diffusers, net.model), "from_pretrained")
        assert net.kinds.keys() <= KINDS.keys()
        assert net.file.endswith(".safetensors")
    assert one.control.strength > 0
    assert one.control.shared is None or issubclass(getattr(diffusers, one.control.shared), torch.nn.Module)


def test_who_takes_control_pictures_as_references_takes_references() -> None:
    shown = [one for one in checkpoints() if isinstance(one.control, Shown)]
    assert {one.name for one in shown} >= {
        "flux2-klein-4b",
        "qwen-image-edit-2511",
        "qwen-image-2.1",
        "fibo-2",
    }
    for one in shown:
        assert one.references > 0 and any(call.references for call in one.calls.values())


XL = {
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "block_out_channels": (320, 640, 1280), "cross_attention_dim": 2048, "attention_head_dim": (5, 10, 20),
    "use_linear_projection": True, "addition_embed_type": "text_time", "addition_time_embed_dim": 256,
    "transformer_layers_per_block": (1, 2, 10), "projection_class_embeddings_input_dim": 2816,
}  # fmt: skip
COUNTED: dict[str, Callable[[Net], torch.nn.Module]] = {
    "sd15": lambda net: diffusers.ControlNetModel(cross_attention_dim=768, attention_head_dim=8),
    "sdxl": lambda net: diffusers.ControlNetUnionModel(**XL),
    "flux1-dev": lambda net: diffusers.FluxControlNetModel(
        num_layers=6, num_single_layers=0, guidance_embeds=True
    ),
    "qwen-image": lambda net: diffusers.QwenImageControlNetModel(num_layers=5),
    "z-image-turbo": lambda net: diffusers.ZImageControlNetModel(**(net.config or {})),
}


@pytest.mark.parametrize("name", COUNTED)
def test_a_net_has_the_parameters_that_are_counted(name: str) -> None:
    known = listed(name)
    assert known is not None and isinstance(known.control, Nets)
    for net in known.control.nets:
        assert net.billions == pytest.approx(
            billions(lambda net=net: COUNTED[name](net)), abs=0.006, rel=0.001
        )
