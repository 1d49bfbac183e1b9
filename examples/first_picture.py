"""A first picture: say what to draw, then say what to change.

    python -m examples.first_picture [folder]

The folder (./pictures if none is given) is a whole studio: `python app.py --folder pictures` opens it, and
this notebook with it.
"""

import sys
from pathlib import Path

from studio import Studio

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "pictures")
studio = Studio(folder)  # draws with the embedded model
session = studio.open("A first picture")

# "new picture:" starts afresh, other words change what is there. The same words and seed: the same pixels.
session.say("new picture: a red apple on a green meadow", seed=7)
session.say("make it night", seed=7)
session.say("a bit brighter")

for version in session.path:
    receipt = session.receipt(version.id)
    print(f"{session.number(version.id)}. {version.turn.ask.text}")
    print(f"   {version.turn.plan.reply} {receipt['changed']:.0%} of the pixels, {receipt['seconds']:.1f} s")

# Nothing is painted over: every earlier state is still there by its version.
for version in session.path:
    session.image(version.id).save(folder / f"first_picture_{session.number(version.id)}.png")
print(f"The pictures are in {folder.resolve()}.")
studio.close()
