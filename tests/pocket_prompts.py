"""The reader of `pocket` on prompts and instructions by other people: is the scene what they asked for?

`python -m tests.pocket_prompts` prints a table with 95% intervals. The rows are those of GenEval,
T2I-CompBench, I2EBench, InstructPix2Pix and ComplexBench-Edit that lie wholly inside the vocabulary and say
what can be checked. What they ask for is taken from their metadata, or from a few patterns of their own that
know nothing of the reader's grammar; only the tables of nouns are shared with it.

Nouns: a `Claim` is one group of things that must be there, a `Case` a prompt with its claims, relations and
background.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from studio.models.pocket.geometry import overlap
from studio.models.pocket.nouns import KINDS, SYNONYMS
from studio.models.pocket.reader import NotUnderstood, instruct, read, unknown_words
from studio.models.pocket.scene import MAX_THINGS, Background, Box, Scene, Thing
from studio.models.pocket.things import THINGS
from studio.models.pocket.vocabulary import COLORS, LANDS
from studio.models.pocket.words import plurals

EVAL = Path(__file__).parents[2] / "shared" / "eval"
NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}
NUMBERS |= {"eight": 8, "the": 1, "some": 1, "": 1}
PAINTS = {word: color for color, words in COLORS.items() for word in (color, *words)}
PLACES = {word: land for land, words in LANDS.items() for word in (land, *words)}


def _names() -> dict[str, tuple[str, ...]]:
    known: dict[str, tuple[str, ...]] = {}
    for word, names in KINDS.items():
        known |= dict.fromkeys((word, *plurals(word)), names)
    for name, words in SYNONYMS.items():
        for word in words:
            known |= dict.fromkeys((word, *plurals(word)), (name,))
    for name in THINGS:
        known |= dict.fromkeys((name, *plurals(name)), (name,))
    known["tennis racket"] = ("tennis racket",)
    return known


NOUNS = _names()


@dataclass(frozen=True)
class Claim:
    """So many things of one of these names and, if it says so, that color."""

    names: tuple[str, ...]
    count: int = 1
    color: str | None = None


@dataclass(frozen=True)
class Case:
    """What one row asks for. With a `before`, the words are an instruction for that scene."""

    source: str
    words: str
    claims: tuple[Claim, ...] = ()
    relation: tuple[str, int, int] | None = None
    before: Scene | None = None
    kept: tuple[Thing, ...] = ()
    background: str | None = None


# -- descriptions --------------------------------------------------------------------------------------


def geneval() -> Iterator[Case]:
    """GenEval's rows say in their metadata what must be there."""
    for row in _rows("t2i_geneval.jsonl"):
        claims, relation = [], None
        for at, part in enumerate(row["include"]):
            names = NOUNS.get(part["class"])
            if names is None:
                break
            claims.append(Claim(names, part["count"], part.get("color")))
            if "position" in part:
                kind, other = part["position"]
                relation = (kind.removesuffix(" of"), at, other)
        else:
            yield Case(f"GenEval {row['tag']}", row["prompt"], tuple(claims), relation)


_RELATIONS = {
    "on the left of": "left",
    "on the right of": "right",
    "on the top of": "above",
    "on the bottom of": "below",
    "on side of": "beside",
    "next to": "beside",
    "near": "beside",
    "behind": "behind",
    "hidden by": "behind",
    "in front of": "front",
}


def compbench() -> Iterator[Case]:
    """T2I-CompBench's rows are of a few shapes: "a X on the left of a Y", "two X, a Y and three Z"."""
    for row in _rows("t2i_compbench.jsonl"):
        text = row["text"].lower().rstrip(". ")
        case = _pair(text) if "spatial" in row["category"] else _list(text)
        if case is not None:
            yield Case(f"CompBench {row['category']}", row["text"], *case)


def _pair(text: str) -> tuple[tuple[Claim, ...], tuple[str, int, int]] | None:
    for words, kind in _RELATIONS.items():
        one, found, other = text.partition(f" {words} ")
        claims = [_claim(part) for part in (one, other)]
        if found and all(claims):
            return tuple(claim for claim in claims if claim), (kind, 0, 1)
    return None


def _list(text: str) -> tuple[tuple[Claim, ...], None] | None:
    text = re.sub(r"^the (.*) was (on top of|next to|to the left of) the", r"the \1 and the", text)
    claims = [_claim(part) for part in re.split(r",? and |, ", text)]
    if not claims or not all(claims):
        return None
    return tuple(claim for claim in claims if claim), None


def _claim(words: str) -> Claim | None:
    """ "Two red apples" as a claim, if all of it is known."""
    head, _, rest = words.strip().partition(" ")
    count = NUMBERS.get(head)
    if count is None:
        count, rest = 1, words.strip()
    color: str | None = None
    first, _, noun = rest.partition(" ")
    if first in PAINTS and noun in NOUNS:
        color, rest = PAINTS[first], noun
    if rest == "books" and count > 1:
        rest = "book"  # "books" alone are a pile
    return Claim(NOUNS[rest], count, color) if rest in NOUNS else None


# -- instructions --------------------------------------------------------------------------------------


def instructions() -> Iterator[Case]:
    """Edits of the shapes that people write most, each for a scene with what it speaks of and a bystander."""
    for source, text in _edits():
        plain = re.sub(r"\s+", " ", text.lower()).strip(" .!")
        plain = re.sub(r" (from|in|to) the (image|picture|photo|scene)$", "", plain)
        for pattern, make in _SHAPES:
            match = re.fullmatch(pattern, plain)
            case = make(*match.groups()) if match else None
            if case is not None:
                claims, before, kept, relation, background = case
                yield Case(source, text, claims, relation, before, kept, background)
                break


def _edits() -> Iterator[tuple[str, str]]:
    for row in _rows("edit_i2ebench.jsonl"):
        yield "I2EBench", row["text"]
    for row in _rows("edit_ip2p_human.jsonl"):
        yield "InstructPix2Pix", row["text"]
    for row in _rows("edit_sequences_complexbench.jsonl"):
        for turn in row["turns"]:
            yield "ComplexBench-Edit", turn


Parts = tuple[tuple[Claim, ...], Scene, tuple[Thing, ...], tuple[str, int, int] | None, str | None]
_BYSTANDER = Thing("hourglass", (196.0, 170.0, 40.0, 56.0))
_GROUND = Background("meadow", time="day", horizon=140)


def _scene(*claims: Claim) -> tuple[Scene, tuple[Thing, ...]]:
    """A scene of these claims, one beside the other, and a bystander; with the things of the claims."""
    things: list[Thing] = []
    for claim in claims:
        for _ in range(claim.count):
            things.append(Thing(claim.names[0], (84.0 + 22 * len(things), 120.0, 48.0, 48.0), claim.color))
    return Scene(_GROUND, (*things, _BYSTANDER)), tuple(things)


def _recolored(noun: str, color: str) -> Parts | None:
    claim = _claim(noun)
    if claim is None or color not in PAINTS:
        return None
    scene, _ = _scene(Claim(claim.names, claim.count))
    return (Claim(claim.names, claim.count, PAINTS[color]),), scene, (_BYSTANDER,), None, None


def _removed(noun: str) -> Parts | None:
    claim = _claim(noun)
    if claim is None:
        return None
    scene, _ = _scene(claim)
    return (Claim(claim.names, 0),), scene, (_BYSTANDER,), None, None


def _replaced(noun: str, other: str) -> Parts | None:
    claim, goal = _claim(noun), _claim(other)
    if claim is None or goal is None or set(claim.names) & set(goal.names):
        return None
    scene, _ = _scene(claim)
    count = claim.count if goal.count == 1 else goal.count
    goal = Claim(goal.names, count, goal.color)
    return (Claim(claim.names, 0), goal), scene, (_BYSTANDER,), None, None


def _added(noun: str) -> Parts | None:
    claim = _claim(noun)
    if claim is None:
        return None
    scene, _ = _scene()
    return (claim,), scene, (_BYSTANDER,), None, None


_SIDES = {"on the left of": "left", "on the right of": "right", "beside": "beside"}
_SIDES |= {"to the left of": "left", "to the right of": "right", "next to": "beside", "near": "beside"}
_SIDES |= {"on": "on", "on top of": "on", "above": "above", "behind": "behind", "in front of": "front"}


def _added_at(noun: str, side: str, other: str) -> Parts | None:
    claim, anchor = _claim(noun), _claim(other)
    if claim is None or anchor is None or anchor.count > 1 or set(claim.names) & set(anchor.names):
        return None
    scene, things = _scene(anchor)
    return (claim, anchor), scene, (_BYSTANDER, *things), (_SIDES[side], 0, 1), None


def _moved_to(place: str) -> Parts | None:
    land = PLACES.get(place.replace(" ", "-"))
    if land is None:
        return None
    scene, _ = _scene()
    if land == _GROUND.kind:
        scene = Scene(Background("plain", color="blue"), scene.things)
    return (), scene, (_BYSTANDER,), None, land


_THE, _A = r"(?:the |all the |all )?", r"((?:an? |one |two |three |four |five |six )?[a-z -]+?)"
_SHAPES = (
    (rf"(?:change|make|turn) the colou?r of {_THE}([a-z -]+?) (?:to|into) ([a-z]+)", _recolored),
    (rf"(?:make|turn|paint|color) {_THE}([a-z -]+?) ([a-z]+)", _recolored),
    (rf"(?:remove|delete|erase|get rid of|take away) {_THE}([a-z -]+)", _removed),
    (rf"(?:replace|swap|substitute) {_THE}([a-z -]+?) (?:with|for|by) (?:the )?{_A}", _replaced),
    (rf"(?:change|turn|convert|morph) {_THE}([a-z -]+?) (?:in)?to (?:the )?{_A}", _replaced),
    (rf"add (?:the )?{_A} ({'|'.join(_SIDES)}) (?:the )?([a-z -]+)", _added_at),
    (rf"(?:add|insert|include) (?:the )?{_A}", _added),
    (r"change the background(?: of this photo)? to (?:the |an? )?([a-z ]+)", _moved_to),
    (r"(?:put|move|place) (?:it|him|her|them) (?:in|on|to|into|onto) (?:the |an? )?([a-z ]+)", _moved_to),
)


# -- checking ------------------------------------------------------------------------------------------


def fault(case: Case, seed: int) -> str | None:
    """What is wrong with the scene that the reader comes to; None if nothing is."""
    rng = random.Random(seed)
    try:
        scene = read(case.words, rng) if case.before is None else instruct(case.before, case.words, rng)
    except NotUnderstood as refusal:
        return f"refused: {refusal}"
    for thing in case.kept:
        if thing not in scene.things:
            return f"{thing.name} was changed"
    groups = [[t for t in scene.things if t.name in claim.names] for claim in case.claims]
    for claim, group in zip(case.claims, groups, strict=True):
        fits = [t for t in group if claim.color is None or t.color == claim.color]
        if len(fits) != claim.count:
            return f"{len(fits)} {claim.color or ''} {claim.names[0]} instead of {claim.count}"
    known = {thing for group in groups for thing in group} | set(case.kept)
    if case.claims and any(thing not in known for thing in scene.things):
        return "something else is there"
    if case.background is not None and scene.background.kind != case.background:
        return f"on {scene.background.kind} instead of {case.background}"
    if case.relation is not None:
        kind, one, other = case.relation
        if not any(_stands(kind, a, b, scene) for a in groups[one] for b in groups[other] if a is not b):
            return f"not {kind}"
    return _mess(scene, case)


def _stands(kind: str, a: Thing, b: Thing, scene: Scene) -> bool:
    (ax, ay), (bx, by) = _middle(a.box), _middle(b.box)
    margin = 6.0
    depth = scene.things.index(a) < scene.things.index(b)
    return {
        "left": ax < bx - margin,
        "right": ax > bx + margin,
        "above": ay < by - margin,
        "below": ay > by + margin,
        "on": ay < by - margin or (not depth and overlap(a.box, b.box) > 0.5),
        "beside": _apart(a.box, b.box) < 80,
        "behind": depth and overlap(a.box, b.box) > 0,
        "front": not depth and overlap(a.box, b.box) > 0,
    }[kind]


def _middle(box: Box) -> tuple[float, float]:
    return box[0] + box[2] / 2, box[1] + box[3] / 2


def _apart(a: Box, b: Box) -> float:
    return max(a[0] - b[0] - b[2], b[0] - a[0] - a[2], a[1] - b[1] - b[3], b[1] - a[1] - a[3], 0.0)


def _mess(scene: Scene, case: Case) -> str | None:
    """Things outside the picture, or covered although nothing asked for it."""
    for thing in scene.things:
        x, y, w, h = thing.box
        if min(x, y) < -1 or max(x + w, y + h) > 257:
            return f"{thing.name} is outside the picture"
    if case.before is None and case.relation is None:
        for at, thing in enumerate(scene.things):
            if any(overlap(thing.box, other.box) > 0.5 for other in scene.things[:at]):
                return f"{thing.name} covers something"
    return None


def interval(hits: int, trials: int) -> tuple[float, float]:
    """Wilson's 95% interval of a share."""
    if not trials:
        return 0.0, 1.0
    z, p = 1.96, hits / trials
    middle = (p + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * math.sqrt(p * (1 - p) / trials + z * z / (4 * trials**2)) / (1 + z * z / trials)
    return middle - half, min(1.0, middle + half)


def _rows(name: str) -> list[dict]:
    path = EVAL / name
    return (
        [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    )


def cases() -> tuple[list[Case], int]:
    """The rows wholly inside the vocabulary that can be checked, each text once; and of how many."""
    rows = sum(len(_rows(name)) for name in ("t2i_geneval.jsonl", "t2i_compbench.jsonl"))
    rows += sum(1 for _ in _edits())
    found = [*geneval(), *compbench(), *instructions()]
    inside = {case.words: case for case in found if not unknown_words(case.words) and _fits(case)}
    return list(inside.values()), rows


def _fits(case: Case) -> bool:
    """Whether a picture has room for all of it."""
    return sum(claim.count for claim in case.claims) + len(case.kept) <= MAX_THINGS


def main() -> None:
    """Check every row and print how many came out right."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=3, help="scenes of every row; all must be right")
    parser.add_argument("--wrong", action="store_true", help="print every row that came out wrong, and why")
    options = parser.parse_args()
    checked, rows = cases()
    tallies: dict[str, list[bool]] = {}
    for case in checked:
        wrong = next(filter(None, (fault(case, seed) for seed in range(options.seeds))), None)
        tallies.setdefault(case.source, []).append(wrong is None)
        if wrong is not None and options.wrong:
            print(f"{case.source}: {case.words}: {wrong}")
    print(f"{len(checked)} of {rows} rows lie wholly inside the vocabulary and can be checked")
    everything = [hit for hits in tallies.values() for hit in hits]
    for source, hits in (*tallies.items(), ("all", everything)):
        low, high = interval(sum(hits), len(hits))
        share = sum(hits) / max(len(hits), 1)
        print(f"{source:26} {sum(hits):4} of {len(hits):4}  {share:6.1%}  [{low:.1%}, {high:.1%}]")


if __name__ == "__main__":
    main()
