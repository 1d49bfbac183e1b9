"""A masked edit: paint where something may change, say what, and check that nothing else did.

python -m examples.masked_edit [folder]
"""

import sys
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw

from studio import Studio

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "pictures")
studio = Studio(folder)
session = studio.open("A masked edit")

session.say("new picture: a red house on a green meadow", seed=3)
before = session.picture

# A mask is a gray picture of the canvas's size: white may change, black is locked.
mask = Image.new("L", before.size, "black")
width, height = before.size
ImageDraw.Draw(mask).ellipse((0.65 * width, 0.35 * height, 0.98 * width, 0.9 * height), fill="white")

tree = session.say("a tree", mask=mask, seed=3)
after = session.picture

# Look for one changed byte outside the mask. There is none, whichever model drew.
difference = ImageChops.difference(before, after)
outside = Image.composite(
    Image.new("RGB", before.size), difference, mask.point(lambda level: 255 * (level > 0))
)
assert outside.getbbox() is None, "a locked pixel has changed"
assert difference.getbbox() is not None, "nothing has changed"

# The studio measured the same, and wrote it down beside the version.
receipt = session.receipt(tree.id)
print(tree.turn.plan.reply)
print(f"{receipt['changed']:.1%} of the pixels changed; outside the mask, by {receipt['outside']} levels.")

for name, picture in (("before", before), ("mask", mask), ("after", after)):
    picture.save(folder / f"masked_edit_{name}.png")
print(f"The pictures are in {folder.resolve()}.")
studio.close()
