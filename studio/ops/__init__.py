"""The edits there are: documented functions `(model, request) -> picture` in one table, `OPS`.

An op may do what it likes inside; `perform` is the only way in, and there the parent's pixels are locked:
where a mask is zero, the result's bytes are the parent's, whatever the op or the model did.

To add an edit, write one documented function with `@op` in a file of this folder and import that file below.
"""

from __future__ import annotations

from dataclasses import replace

from PIL import Image

from studio import images
from studio.errors import CannotDo, NotFound
from studio.models.base import CONTROL, ImageModel, Request, keeps_to
from studio.ops import adjust, draw, place
from studio.ops.controls import control_picture
from studio.ops.table import OPS, Op

__all__ = [
    "OPS",
    "Op",
    "adjust",
    "available",
    "control_picture",
    "draw",
    "find",
    "measure",
    "perform",
    "place",
]


def find(name: str) -> Op:
    """The op of that name. Raises `NotFound` with the names there are."""
    try:
        return OPS[name]
    except KeyError:
        raise NotFound(f"There is no edit {name!r}; there are {', '.join(sorted(OPS))}.") from None


def available(model: ImageModel) -> frozenset[str]:
    """The names of the edits that this model can carry."""
    return frozenset(op.name for op in OPS.values() if op.needs <= model.card.ops)


def perform(model: ImageModel, request: Request) -> Image.Image:
    """The picture that the request's op makes, with every pixel outside its mask exactly as it was.

    Raises `BadMask` if the mask is empty, `CannotDo` if the model lacks what the op needs, cannot follow that
    many references or keep to a control picture, and whatever the model or `request.report` raises.
    """
    op = find(request.op)
    if missing := op.needs - model.card.ops:
        raise CannotDo(f"The model {model.card.name} cannot {' or '.join(sorted(missing))}.")
    if op.needs and len(request.references) > model.card.references:
        raise CannotDo(_too_many(len(request.references), model.card.references, model.card.name))
    if op.needs:
        request = _with_layout(request)
        _check_controls(model, request)
    if missing := op.inputs - request.pictures.keys():
        raise CannotDo(f"To {op.name} there must be a picture as {', '.join(sorted(missing))} first.")
    canvas, mask = request.pictures.get("canvas"), request.pictures.get("mask")
    if canvas is None or mask is None or not op.masked:
        pictures = {role: p for role, p in request.pictures.items() if role != "mask"}
        return op.function(model, replace(request, pictures=pictures))
    mask = images.as_mask(mask, canvas.size)
    after = op.function(model, replace(request, pictures={**request.pictures, "mask": mask}))
    return images.keep_outside(canvas, after, mask, _feather(mask))


def _check_controls(model: ImageModel, request: Request) -> None:
    """Raises if there is a control picture that is of no kind, or that the model cannot keep to."""
    kinds = [role.removeprefix(CONTROL) for role in request.pictures if role.startswith(CONTROL)]
    for kind in kinds:
        images.kind_of(kind)
    keeps_to(model.card.name, kinds, model.card.controls)


def _with_layout(request: Request) -> Request:
    """The request with its `layout`, things with names and boxes, drawn as a control picture."""
    things, role = request.params.get("layout"), f"{CONTROL}layout"
    if things is None or role in request.pictures:
        return request
    canvas = request.pictures.get("canvas")
    sides = canvas.size if canvas else (request.params.get("width"), request.params.get("height"))
    width, height = (int(side or 1024) for side in sides)
    scale = min(1.0, images.LONGEST / max(width, height))
    drawn = images.layout_picture(things, (max(1, round(width * scale)), max(1, round(height * scale))))
    return replace(request, pictures={**request.pictures, role: drawn})


def _too_many(given: int, most: int, model: str) -> str:
    follows = f"at most {most} reference pictures" if most > 1 else "one reference picture" if most else ""
    return f"The model {model} follows {follows or 'no reference pictures'}, and {given} came with this."


def _feather(mask: Image.Image) -> int:
    """How far the edge of an edit fades, in pixels: a thirtieth of the mask's shorter side, 2 to 24."""
    left, top, right, bottom = images.bounds(mask) or (0, 0, 1, 1)
    return max(2, min(24, min(right - left, bottom - top) // 30))


def measure(request: Request, after: Image.Image) -> images.Change:
    """What the op changed on its canvas, for the receipt. A canvas that grew is compared where it was."""
    before, mask = request.pictures.get("canvas"), request.pictures.get("mask")
    if before is None:
        return images.Change(share=1.0, outside=0, shift=(0.0, 0.0))
    op = find(request.op)
    if op.kept is not None:
        left, top = op.kept(before.size, request.params)[:2]
        old = after.crop((left, top, left + before.width, top + before.height))
        return replace(
            images.compare(before, old, Image.new("L", before.size, 0)), share=_grown(before, after)
        )
    if before.size != after.size:
        return images.Change(share=1.0, outside=0, shift=(0.0, 0.0))
    return images.compare(before, after, mask if op.masked else None)


def _grown(before: Image.Image, after: Image.Image) -> float:
    """The share of `after` that is new ground."""
    return 1 - before.width * before.height / (after.width * after.height)
