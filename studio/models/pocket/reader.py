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
from studio.models.pocket.hearing import unknown_words
from studio.models.pocket.instructing import instruct
from studio.models.pocket.items import Look, Setting
from studio.models.pocket.layout import Wish, compose
from studio.models.pocket.phrasing import NotUnderstood, describe, not_known, nothing_said
from studio.models.pocket.picking import pick
from studio.models.pocket.references import NEUTRAL
from studio.models.pocket.scene import MAX_THINGS, Scene
from studio.models.pocket.wanting import Want, Wanted, notes, unknown_notes, wanted
from studio.models.pocket.words import nearest

__all__ = [
    "NotUnderstood",
    "Want",
    "Wanted",
    "describe",
    "fill",
    "instruct",
    "nearest",
    "notes",
    "pick",
    "read",
    "unknown_notes",
    "unknown_words",
    "wanted",
]


def read(text: str, rng: random.Random, references: int = 0) -> Scene:
    """The scene a description tells of; with `references`, so many pictures were given to go by. Words it
    does not know are passed over; ask `notes` for them.
    """
    story = Story(rng)
    items = parse(text, references)
    story.tell(items)
    if references and not story.wishes:
        given = min(references, MAX_THINGS)
        story.wishes += [Wish(NEUTRAL, reference=number) for number in range(given)]
        story.names += [NEUTRAL] * given
    if not story.wishes and not story.backdrop.said:
        story.tell([Setting("plain", item.color) for item in items if isinstance(item, Look)])
    if not story.wishes and not story.backdrop.said:
        unknown = unknown_words(text, references)
        raise not_known(unknown) if unknown else nothing_said()
    background = story.backdrop.paint(story.names, [wish.color for wish in story.wishes], rng)
    things = compose(background, (), tuple(story.wishes), tuple(story.ties), rng)
    return Scene(background, things, story.style or "3d")
