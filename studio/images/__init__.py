"""Pixels as values: identity, locked pixels, crop-and-stitch, and what an edit really changed.

A *picture* is a Pillow image of mode "RGB" or "RGBA", 8 bits a channel, sRGB, upright; it is never changed in
place, and what is returned may be the very picture that was given.
A *mask* is a picture of mode "L" of the canvas's size: 0 is locked, anything above may change, 255 in full.
A *box* is left, top, right, bottom in pixels, right and bottom exclusive.
A *window* is the part of a large canvas that a masked edit works on, and the size it is worked at.

Nothing here knows a model, a disk or a page. Bytes from outside come in through `studio.uploads`, never here.
"""

from studio.images.changes import Change, change_mask, compare
from studio.images.controls import KINDS, LONGEST, bounded, control_picture, kind_of, layout_picture
from studio.images.encoding import digest, from_png, to_png, to_webp
from studio.images.locking import keep_outside, match_ring
from studio.images.masks import (
    MAX_PIXELS,
    Box,
    as_mask,
    bounds,
    eight_bit,
    feathered,
    mask_from_runs,
    runs_from_mask,
)
from studio.images.modes import plain
from studio.images.sheets import contact_sheet
from studio.images.windows import Window, cut, cut_over, stitch, window

__all__ = [
    "KINDS",
    "LONGEST",
    "MAX_PIXELS",
    "Box",
    "Change",
    "Window",
    "as_mask",
    "bounded",
    "bounds",
    "change_mask",
    "compare",
    "contact_sheet",
    "control_picture",
    "cut",
    "cut_over",
    "digest",
    "eight_bit",
    "feathered",
    "from_png",
    "keep_outside",
    "kind_of",
    "layout_picture",
    "mask_from_runs",
    "match_ring",
    "plain",
    "runs_from_mask",
    "stitch",
    "to_png",
    "to_webp",
    "window",
]
