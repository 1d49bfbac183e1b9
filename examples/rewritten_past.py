"""A rewritten past: change the first words of a notebook, and everything said after them is done again.

python -m examples.rewritten_past [folder]
"""

import sys
from pathlib import Path

from studio import Studio

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "pictures")
studio = Studio(folder)
session = studio.open("A rewritten past")


def save_sheet(name: str) -> None:
    """A contact sheet: every picture that led to this one, with its words."""
    (folder / name).write_bytes(studio.export(session.key, "sheet")[1])


session.say("new picture: a red apple on a green meadow", seed=7)
session.say("add a blue bird on the left", seed=7)
evening = session.say("make it night", seed=7)
save_sheet("rewritten_past_before.png")

# A branch is a list of turns, and a turn keeps its id through every revision. Three turns back, other words:
first = session.turns[-3]
session.revise(first.id, text="new picture: a yellow pear on a snowy field")
save_sheet("rewritten_past_after.png")
print("Now it says:")
for turn in session.turns:
    print(f"   {turn.ask.text}")

# The old past is not gone. Undo shows it again, and as every picture of it is known, nothing is drawn.
assert session.undo().id == evening.id
assert session.redo().id != evening.id

# The notebook is a program, too: it runs anywhere and comes to the same pictures.
name, program = studio.export(session.key, "script")
(folder / name).write_bytes(program)
print(f"Two contact sheets and {name} are in {folder.resolve()}.")
studio.close()
