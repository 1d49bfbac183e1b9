"""Words to a scene, words to a changed scene, and back: what the pipeline calls.

The reader has no weights: a vocabulary (`nouns`, `words`), a small grammar (`grammar`), and two ways to
take what it finds, as a description (`describing`) or as an instruction (`instructing`). What words leave
open is drawn from the generator handed in, so the same words with the same seed come to the same scene.
"""

from __future__ import annotations

import random

from studio.models.pocket.describing import Story
from studio.models.pocket.filling import fill
from studio.models.pocket.grammar import parse
from studio.models.pocket.instructing import instruct
from studio.models.pocket.items import Look, Setting
from studio.models.pocket.layout import Wish, compose
from studio.models.pocket.phrasing import NotUnderstood, describe, not_known, nothing_said
from studio.models.pocket.scene import MAX_THINGS, Scene
from studio.models.pocket.words import nearest, unknown_words

__all__ = ["NotUnderstood", "describe", "fill", "instruct", "nearest", "read", "unknown_words"]


def read(text: str, rng: random.Random) -> Scene:
    """The scene a description tells of. Words it does not know are passed over; ask `unknown_words` for
    them.
    """
    story = Story(rng)
    items = parse(text)
    story.tell(items)
    if not story.wishes and not story.backdrop.said:
        story.tell([Setting("plain", item.color) for item in items if isinstance(item, Look)])
    if not story.wishes and not story.backdrop.said:
        unknown = unknown_words(text)
        raise not_known(unknown) if unknown else nothing_said()
    if story.backdrop.trees:
        room = min(2, MAX_THINGS - len(story.wishes))
        story.wishes += [Wish(rng.choice(("tree", "pine tree")), place="far") for _ in range(room)]
        story.names += [wish.name for wish in story.wishes[len(story.names) :]]
    background = story.backdrop.paint(story.names, [wish.color for wish in story.wishes], rng)
    things = compose(background, (), tuple(story.wishes), tuple(story.ties), rng)
    return Scene(background, things)
