"""The layers of a picture on one sheet: side by side, so that a stack is a picture like any other.

Nouns: *layers* are pictures of one size, each see-through where there is nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image


def side_by_side(layers: Sequence[Image.Image]) -> Image.Image:
    """All layers in a row, in their order."""
    width, height = layers[0].size
    sheet = Image.new("RGBA", (width * len(layers), height))
    for place, layer in enumerate(layers):
        sheet.paste(layer.convert("RGBA"), (place * width, 0))
    return sheet


def apart(sheet: Image.Image, count: int) -> tuple[Image.Image, ...]:
    """So many layers of a sheet: what `side_by_side` was given."""
    width = sheet.width // count
    return tuple(sheet.crop((place * width, 0, (place + 1) * width, sheet.height)) for place in range(count))
