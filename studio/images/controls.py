"""Control pictures: what a new picture is to keep to, as a picture. One kind a line, in the table `KINDS`.

    edges    white outlines on black            depth    near is bright, far is dark
    sketch   black strokes on white             pose     people as sticks, as OpenPose draws them
    palette  swatches of colours                layout   boxes with the name of what is in them

Some are found in any picture without weights; depth and pose can only be handed in. What is such a picture
already stays as it is, so that nothing happens twice. All are "RGB", at most `LONGEST` pixels a side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from studio.errors import BadInput
from studio.images import lines

LONGEST = 1536  # pixels a side: models draw at no more, and a photo is worked through at that size
COLORS = 8
_CLEAN = 8  # levels that paper is off from black or white after a lossy format
_ALIKE = 40  # levels of three channels by which two swatches differ at the least
_ROW = 512  # pixels a side of a palette
_LUMA = np.array([0.299, 0.587, 0.114])
_THINGS = 40  # in a layout: more are not told apart

# Hues of boxes, told apart also by who does not see red and green alike: Okabe and Ito (2008).
_HUES = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#999999")

Swatch = tuple[float, NDArray[np.float64]]  # how many pixels, and their colour as three levels


@dataclass(frozen=True)
class Kind:
    """One kind of control picture.

    title   what a person reads
    says    what it says of the picture that is wanted, as a clause that a model is told
    draw    from an "RGB" picture of at most LONGEST pixels a side
    found   whether `draw` finds it in any picture; else it tidies up one that is handed in
    placed  whether it lies over the canvas, so that it is cut and resized with it
    """

    title: str
    says: str
    draw: Callable[[Image.Image], Image.Image]
    found: bool
    placed: bool = True


def control_picture(kind: str, picture: Image.Image) -> Image.Image:
    """The control picture of that kind which is in the picture, or which the picture is. The same every time.

    Raises `BadInput` naming the kinds there are.
    """
    return kind_of(kind).draw(bounded(picture))


def kind_of(name: str) -> Kind:
    """The kind of that name. Raises `BadInput` naming those there are."""
    if name not in KINDS:
        raise BadInput(f"There is no control picture {name!r}; there are {', '.join(KINDS)}.")
    return KINDS[name]


def bounded(picture: Image.Image) -> Image.Image:
    """The picture as "RGB" on white paper, made smaller if a side is longer than LONGEST."""
    scale = min(1.0, LONGEST / max(picture.size))
    if scale < 1:
        size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
        picture = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    paper = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(paper, picture.convert("RGBA")).convert("RGB")


def edges(picture: Image.Image) -> Image.Image:
    """White edges on black (`lines.edges`)."""
    return picture if _is_drawn(picture, dark=True) else lines.edges(picture)


def sketch(picture: Image.Image) -> Image.Image:
    """Black strokes on white (`lines.sketch`)."""
    return picture if _is_drawn(picture, dark=False) else lines.sketch(picture)


def _is_drawn(picture: Image.Image, dark: bool) -> bool:
    """Whether it is lines on clean paper already, dark or white: gray, and hardly anything but paper."""
    levels = np.asarray(picture)
    if (levels != levels[..., :1]).any():
        return False
    paper = levels[..., 0] <= _CLEAN if dark else levels[..., 0] >= 255 - _CLEAN
    return bool(paper.mean() > 0.7)


def palette(picture: Image.Image) -> Image.Image:
    """At most COLORS swatches from the darkest to the brightest, wider where there is more of a colour.

    Source: Heckbert's median cut (1982) into more colours than are wanted, refined by k-means, as Pillow has
    both; then the two that are most alike become one until few are left and none are alike.
    """
    small = picture.resize((min(256, picture.width), min(256, picture.height)), Image.Resampling.NEAREST)
    cut = small.quantize(3 * COLORS, method=Image.Quantize.MEDIANCUT, kmeans=3)
    table = np.array(cut.getpalette() or [], float).reshape(-1, 3)
    counts = [(float(count), int(str(index))) for count, index in cut.getcolors() or ()]
    swatches = _merged([(count, table[index]) for count, index in counts])
    swatches.sort(key=lambda swatch: (swatch[1] @ _LUMA, *swatch[1]))
    # Nobody sees a swatch that is too narrow: each has the width of an even share in part.
    whole = sum(count for count, _ in swatches)
    widths = np.array([count / whole + 1 / len(swatches) for count, _ in swatches])
    ends = np.rint(np.cumsum(widths) / widths.sum() * _ROW).astype(int)
    colors = np.rint([color for _, color in swatches]).astype(np.uint8)
    row = np.repeat(colors, np.diff(ends, prepend=0), axis=0)
    return Image.fromarray(np.broadcast_to(row, (_ROW, _ROW, 3)).copy())


def _merged(swatches: list[Swatch]) -> list[Swatch]:
    """At most COLORS swatches, none of them alike: those that are become one, as their counts weigh."""
    while len(swatches) > 1:
        pairs = ((np.abs(a[1] - b[1]).sum(), i, j) for j, b in enumerate(swatches)
                 for i, a in enumerate(swatches[:j]))  # fmt: skip
        apart, i, j = min(pairs)
        if len(swatches) <= COLORS and apart >= _ALIKE:
            break
        (many, one), (few, other) = swatches[i], swatches.pop(j)
        swatches[i] = many + few, (many * one + few * other) / (many + few)
    return swatches


def depth(picture: Image.Image) -> Image.Image:
    """A depth picture as shades of gray."""
    return picture.convert("L").convert("RGB")


def as_it_is(picture: Image.Image) -> Image.Image:
    """The picture that was handed in."""
    return picture


KINDS: Mapping[str, Kind] = {
    "edges": Kind("Edges", "its outlines lie where the white lines are", edges, found=True),
    "sketch": Kind("Sketch", "it is drawn after the strokes", sketch, found=True),
    "depth": Kind("Depth", "what is bright is near and what is dark is far", depth, found=False),
    "pose": Kind("Pose", "people stand as the stick figures do", as_it_is, found=False),
    "palette": Kind("Palette", "it has these colours and no others", palette, found=True, placed=False),
    "layout": Kind("Layout", "each box holds what is written in it", as_it_is, found=False),
}


# --- layouts ---------------------------------------------------------------------------------------------


def layout_picture(things: Sequence[Mapping[str, Any]], size: tuple[int, int]) -> Image.Image:
    """Things as boxes of distinct hues on white, each with its name. `size` is (width, height) in pixels.

    A thing is {"name": str, "box": [left, top, right, bottom]} with sides as shares 0..1; later ones lie in
    front. Raises `BadInput` for what is none.
    """
    picture = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(picture)
    unit = max(1, min(size) // 160)
    for (name, box), hue in zip(_things(things), _HUES * (_THINGS // len(_HUES)), strict=False):
        left, top, right, bottom = (share * size[side % 2] for side, share in enumerate(box))
        inside = left, top, max(left + 1, right - 1), max(top + 1, bottom - 1)
        pen.rectangle(inside, fill=_pale(hue), outline=hue, width=unit)
        font = _font(name, right - left, bottom - top)
        pen.text(((left + right) / 2, (top + bottom) / 2), name, "black", font, anchor="mm")
    return picture


def _things(things: Any) -> list[tuple[str, tuple[float, ...]]]:
    """Their names and boxes, checked as data from a stranger."""
    if not isinstance(things, Sequence) or isinstance(things, str) or not 1 <= len(things) <= _THINGS:
        raise BadInput(f"A layout has from one to {_THINGS} things, each with a name and a box.")
    return [(_name(one), _box(one)) for one in things]


def _name(thing: Any) -> str:
    name = thing.get("name") if isinstance(thing, Mapping) else None
    if not isinstance(name, str) or not name.strip():
        raise BadInput(f"Each thing of a layout has a name in words, and {thing!r:.60} has none.")
    return " ".join(name.split())[:60]


def _box(thing: Mapping[str, Any]) -> tuple[float, ...]:
    sides = thing.get("box")
    given = tuple(sides) if isinstance(sides, Sequence) else ()
    is_box = len(given) == 4 and all(type(side) in (int, float) for side in given)
    if not is_box or not (0 <= given[0] < given[2] <= 1 and 0 <= given[1] < given[3] <= 1):
        raise BadInput(
            f"The box of {_name(thing)} is left < right and top < bottom, as shares from 0 to 1, "
            f"not {sides!r:.60}."
        )
    return tuple(map(float, given))


def _font(name: str, wide: float, high: float) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    """Letters with which a name fits into a box, but for boxes so small that nobody could read it."""
    size = min(high / 2, 48)
    length = max(0.5, ImageFont.load_default(48).getlength(name) / 48)
    return ImageFont.load_default(max(8, round(min(size, 0.9 * wide / length))))


def _pale(hue: str) -> tuple[int, int, int]:
    red, green, blue = (int(hue[at : at + 2], 16) for at in (1, 3, 5))
    return (255 + red) // 2, (255 + green) // 2, (255 + blue) // 2
