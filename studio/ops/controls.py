"""Control pictures as a person makes them: out of the canvas, or out of a picture that is dropped in a slot.

Nothing is drawn here: what comes back is a preview, and once kept, an input "control:KIND" of a step.
"""

from __future__ import annotations

from PIL import Image

from studio import images
from studio.errors import CannotDo
from studio.models.base import ImageModel, eye


def control_picture(model: ImageModel, kind: str, picture: Image.Image, dropped: bool) -> Image.Image:
    """The control picture of that kind, "RGB", at most `images.LONGEST` pixels a side.

    Of a canvas, and of a picture that was `dropped`, lines and colours are found; a dropped one may be such a
    picture already, and stays as it is. A depth picture and a pose can only be dropped. A layout of the
    canvas has a box for everything that the model sees there. Raises `BadInput` for a kind that there is
    not, and `CannotDo` with what to do instead.
    """
    if images.kind_of(kind).found or dropped:
        return images.control_picture(kind, picture)
    if kind == "layout" and model.card.sees:
        return _seen(model, picture)
    title = images.KINDS[kind].title.lower()
    raise CannotDo(f"Nothing here finds a {title} in a picture. Drop one that you have on its slot instead.")


def _seen(model: ImageModel, picture: Image.Image) -> Image.Image:
    """The layout of what the model sees, the largest things behind the smaller ones."""
    things = [{"name": one.name, "box": list(one.box)} for one in eye(model).see(picture)]
    if not things:
        raise CannotDo(
            f"The model {model.card.name} sees nothing in this picture that it could put into boxes."
        )
    things.sort(key=lambda thing: -_area(thing["box"]))
    return images.layout_picture(things, images.bounded(picture).size)


def _area(box: object) -> float:
    assert isinstance(box, list)
    left, top, right, bottom = map(float, box)
    return (right - left) * (bottom - top)
