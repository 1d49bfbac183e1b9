"""Many pictures at a glance."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from studio.errors import BadPicture


def contact_sheet(
    pictures: Sequence[tuple[Image.Image, str]], columns: int = 4, cell: int = 256
) -> Image.Image:
    """All pictures with a line of words under each, `columns` to a row, fitted into `cell` x `cell` pixels.

    Raises BadPicture if there is none.
    """
    if not pictures:
        raise BadPicture("There is no picture yet to put on a contact sheet. Make one first.")
    gap, line = max(4, cell // 16), max(12, cell // 10)
    font = ImageFont.load_default(line * 0.7)
    columns = max(1, min(columns, len(pictures)))
    rows = -(-len(pictures) // columns)
    sheet = Image.new(
        "RGB", (columns * (cell + gap) + gap, rows * (cell + line + gap) + gap), (250, 249, 247)
    )
    pen = ImageDraw.Draw(sheet)
    for index, (picture, words) in enumerate(pictures):
        left, top = gap + index % columns * (cell + gap), gap + index // columns * (cell + line + gap)
        small = _fitted(picture, cell)
        sheet.paste(small, (left + (cell - small.width) // 2, top + (cell - small.height) // 2))
        pen.text((left, top + cell + line // 6), _shortened(words, font, cell), fill=(60, 58, 55), font=font)
    return sheet


def _fitted(picture: Image.Image, cell: int) -> Image.Image:
    """The whole picture on white, its longer side `cell` pixels."""
    scale = cell / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    small = picture.convert(mode).resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    if mode == "RGB":
        return small
    return Image.alpha_composite(Image.new("RGBA", size, "white"), small).convert("RGB")


def _shortened(words: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> str:
    """The words on one line, cut with an ellipsis where they would leave their cell."""
    words = " ".join(words.split())[:200]
    if font.getlength(words) <= width:
        return words
    # Measuring text is slow, so the cut is found by halving and not letter by letter.
    longest = bisect_right(range(len(words)), float(width), key=lambda n: font.getlength(words[:n] + "…")) - 1
    return words[: max(0, longest)].rstrip() + "…"
