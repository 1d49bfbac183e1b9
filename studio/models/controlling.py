"""What control pictures come to in a call: further weights with their arguments, or references with words.

Nouns: a *steered* call is a checkpoint's call with all that its control pictures add to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from PIL import Image, ImageOps

from studio import images
from studio.errors import BadInput, CannotDo
from studio.models.base import Request, keeps_to, titled
from studio.models.family import Call, Checkpoint, Net, Nets, Shown
from studio.models.latents import Size

STRONGEST = 2.0
DOING = {"generate": "draws anew", "edit": "edits", "inpaint": "fills in a mask"}


@dataclass(frozen=True)
class Steered:
    """A call; the nets it needs, one for each control picture; what they add to its arguments and its words;
    and the pictures that come after its references.
    """

    call: Call
    nets: tuple[Net, ...] = ()
    given: dict[str, Any] = field(default_factory=dict)
    words: str = ""
    shown: tuple[Image.Image, ...] = ()


def steered(checkpoint: Checkpoint, call: Call, request: Request, size: Size) -> Steered:
    """The checkpoint's call with the request's control pictures, at the size that is drawn.

    Raises `CannotDo` naming what it keeps to instead, or `BadInput`.
    """
    controls, how = request.controls, checkpoint.control
    if not controls:
        return Steered(call)
    keeps_to(checkpoint.name, controls, checkpoint.controls)
    if isinstance(how, Nets):
        return _by_nets(checkpoint, how, request, size)
    assert how is not None
    return _shown(checkpoint, how, call, request)


def _elsewhere(model: str, asked: str, able: Iterable[str]) -> str:
    """That a model keeps to control pictures in other abilities than the one that is asked for."""
    others = " or ".join(DOING[op] for op in able)
    return f"The model {model} keeps to control pictures when it {others}, not when it {DOING[asked]}."


# --- by further weights ----------------------------------------------------------------------------------


def _by_nets(checkpoint: Checkpoint, how: Nets, request: Request, size: Size) -> Steered:
    call = how.calls.get(request.op)
    if call is None or call.control is None:
        raise CannotDo(_elsewhere(checkpoint.name, request.op, how.calls))
    kinds = list(request.controls)
    if len(kinds) > 1 and not how.together:
        raise CannotDo(
            f"The model {checkpoint.name} keeps to one control picture at a time, and {titled(kinds)} came "
            "with this. Leave all but one out."
        )
    nets = tuple(net for kind in kinds if (net := how.net(kind)) is not None)
    pictures = [_over(kind, picture, size) for kind, picture in request.controls.items()]
    strengths = [_strength(request, kind, how.strength) for kind in kinds]
    modes = [net.kinds[kind] for net, kind in zip(nets, kinds, strict=True)]
    lists: dict[str, list[Any]] = {call.control: pictures, "controlnet_conditioning_scale": strengths}
    if None not in modes:
        lists["control_mode"] = modes
    single = len(kinds) == 1 and not nets[0].takes_lists
    given = {name: several[0] for name, several in lists.items()} if single else dict(lists)
    return Steered(call, nets, given)


def _over(kind: str, picture: Image.Image, size: Size) -> Image.Image:
    """A control picture as nets know it: over what is drawn, and strokes of a sketch white on black."""
    picture = ImageOps.fit(picture.convert("RGB"), size, Image.Resampling.LANCZOS)
    return ImageOps.invert(picture) if kind == "sketch" else picture


def _strength(request: Request, kind: str, usual: float) -> float:
    """How closely a kind is kept to: `control_strength` is a number for all kinds, or numbers by kind."""
    asked = request.params.get("control_strength")
    asked = asked.get(kind) if isinstance(asked, Mapping) else asked
    if asked is None:
        return usual
    if isinstance(asked, bool) or not isinstance(asked, int | float) or not 0 <= asked <= STRONGEST:
        raise BadInput(f"{kind} can be kept to with a strength from 0 to {STRONGEST:g}, not {asked!r}.")
    return float(asked)


# --- as references ---------------------------------------------------------------------------------------


def _shown(checkpoint: Checkpoint, how: Shown, call: Call, request: Request) -> Steered:
    if call.references is None:
        able = [op for op, one in checkpoint.calls.items() if one.references]
        raise CannotDo(_elsewhere(checkpoint.name, request.op, able))
    before = len(request.references) + ("canvas" in request.pictures)
    called = {kind: how.called.format(before + number) for number, kind in enumerate(request.controls, 1)}
    words = [
        f"{name} only shows how the picture is to be: {images.KINDS[kind].says}."
        for kind, name in called.items()
    ]
    if request.params.get("control_strength") is not None:
        request.note(f"{checkpoint.title} is told in words what a control picture is: there is no strength.")
    return Steered(call, words=" ".join(words), shown=tuple(request.controls.values()))
