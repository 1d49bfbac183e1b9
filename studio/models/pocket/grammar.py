"""The reader's grammar: from lexemes to a flat list of items, the same for a description and for an
instruction.

Nouns: a phrase is an article, numbers and adjectives that wait for their head ("two small red ...").
Whatever finds no head becomes an item of its own. What the items mean together is decided in `describing`
and `changing`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from studio.models.pocket.hearing import hear
from studio.models.pocket.items import (
    Count,
    Flip,
    Grow,
    Item,
    Look,
    Mark,
    Mood,
    Noun,
    Relation,
    Setting,
    Shift,
    Size,
    Sky,
    Styled,
    Unknown,
    Where,
)
from studio.models.pocket.modifiers import Modifiers, Phrase, setting
from studio.models.pocket.places import END
from studio.models.pocket.scene import STYLES
from studio.models.pocket.turning import read_turn
from studio.models.pocket.words import Lexeme

_PARTS = ("hand", "hands", "paw", "paws", "head", "arm", "arms", "back", "neck", "lap")
_GARDENS = ("garden", "field", "park", "lawn", "meadow", "pond")


class Parser(Modifiers):
    """One pass over the lexemes of a text."""

    def parse(self) -> tuple[Item, ...]:
        at = 0
        while at < len(self.lexemes):
            at = (
                self.style(at)
                or self.turn(at)
                or self.place(at)
                or self.ground(at)
                or self.noun(at)
                or self.single(at)
            )
        return tuple(self.items)

    # -- how it is drawn, and how it is turned ----------------------------------------------------------

    def style(self, at: int) -> int:
        """ "In the style of flat paper cut-outs", "as a cartoon", "3d": the last style named counts."""
        here = at
        if self.peek(here).kind in ("relation", "link") and self.peek(here).value in (
            "in",
            "to",
            "with",
            "at",
        ):
            here += 1
        start = here
        while here < at + 9 and self._of_style(here):
            here += 1
        run = self.lexemes[start:here]
        generic = any(word.value in ("style", "of") for word in run)
        named = [word.value for word in run if word.kind == "style" and word.value in STYLES]
        named = named or (["flat"] if generic and any(word.text == "flat" for word in run) else [])
        if not named or (self.peek(here).kind in ("thing", "ref") and not generic):
            return 0
        while here > start and run[here - start - 1].kind in ("det", "stop"):
            here -= 1
        return self._put(Styled(named[-1]), here)

    def _of_style(self, at: int) -> bool:
        word = self.peek(at)
        flat = word.kind == "pattern" and word.text == "flat"
        leads_on = (word.kind, word.value) == ("link", "to") and self.peek(at - 1).value == "style"
        joins = leads_on or (word.kind, word.value) == ("link", "of")
        return flat or joins or word.kind in ("style", "det", "stop")

    def turn(self, at: int) -> int:
        """ "[By] 30 degrees to the left", "upside down" after its noun."""
        here = at + 1 if self.peek(at).text == "by" and self.peek(at + 2).kind == "unit" else at
        if self.peek(here).kind == "turn" and self.leads_on(here + 1):
            return 0
        found = read_turn(self.lexemes, here) if here < len(self.lexemes) else None
        return self._put(*found) if found else 0

    # -- a color as background -------------------------------------------------------------------------

    def ground(self, at: int) -> int:
        """on [a] pink, without a noun: a plain background."""
        if (self.peek(at).kind, self.peek(at).value) != ("relation", "on"):
            return 0
        phrase = self.modifiers(at + 1)
        if not phrase.has("color") or self.is_head(phrase.at) or self._orange(phrase):
            return 0
        kind = phrase.get("pattern") or "plain"
        return self._put(Setting(kind, phrase.get("color"), text=self._said(phrase)), phrase.at)

    # -- noun phrases ----------------------------------------------------------------------------------

    def noun(self, at: int) -> int:
        phrase = self.modifiers(at)
        if self.is_head(phrase.at):
            return self._with_head(phrase)
        if self._orange(phrase):
            text = self._said(phrase)
            self.items.append(self._noun(_before_fruit(phrase), Lexeme("thing", "orange", text, ("orange",))))
            return phrase.at
        if phrase.has("pattern") and phrase.get("pattern") != "plain":
            return self._put(
                Setting(phrase.get("pattern"), phrase.get("color"), text=self._said(phrase)), phrase.at
            )
        if self.peek(at).text == "one" and phrase.has("color", "size"):
            return self._put(self._noun(phrase, Lexeme("pron", "one", "one"), self._said(phrase)), phrase.at)
        if self._shares_head(phrase):
            return phrase.at
        loose = self.peek(phrase.at).kind not in ("stop", "unknown", "other")
        loose = loose and self.peek(phrase.at).kind not in ("mood", "grow")
        if phrase.has("more") and loose and not phrase.has("unknown", "color", "size", "mood"):
            return self._put(Noun(self._said(phrase), ref="more", count=phrase.count, more=True), phrase.at)
        return 0

    def _shares_head(self, phrase: Phrase) -> bool:
        """ "A red and a blue balloon": the first of two takes the head of the second."""
        if not phrase.has("det") or not phrase.has("color", "size") or self.peek(phrase.at).value != "and":
            return False
        second = self.modifiers(phrase.at + 1)
        head = self.peek(second.at)
        if not second.has("det") or head.kind != "thing":
            return False
        self.items.append(self._noun(phrase, head))
        return True

    def _orange(self, phrase: Phrase) -> bool:
        """ "An orange" with no noun after it is the fruit."""
        if phrase.at == phrase.start:
            return False
        last = self.peek(phrase.at - 1)
        alone = last.text == "orange" and self.peek(phrase.at).kind != "pattern"
        if alone and phrase.at - phrase.start > 1:
            return phrase.has("det", "count", "more", "every", "color2")
        before, after = self.peek(phrase.start - 1) if phrase.start else END, self.peek(phrase.at)
        return alone and before.value == "of" and after.value == "to"  # "the color of orange to green"

    def _with_head(self, phrase: Phrase) -> int:
        head, after = self.peek(phrase.at), phrase.at + 1
        while head.kind == "thing" and not head.plural and self._compound(head, after):
            following = self.peek(after)
            head = head if set(head.names) < set(following.names) else following
            after += 1
        if head.kind == "thing" and self.peek(after).text in _PARTS and not head.plural:
            after += 1  # "the dog's hand"
        self.items.extend(phrase.extra)
        if head.plural and phrase.has("color2") and phrase.count in (None, 2):
            one = replace(head, plural=False)
            first = self._noun(Phrase(phrase.start, phrase.at, {**phrase.heard, "count": "1"}), one)
            self.items += [first, Mark("pause", "and"), replace(first, color=phrase.get("color2"))]
            return after
        self.items.append(self._item(phrase, head, after))
        if phrase.has("grow"):
            self.items.append(Grow(float(phrase.heard["grow"])))
        return after

    def _compound(self, head: Lexeme, after: int) -> bool:
        following = self.peek(after)
        if following.text in _PARTS and head.kind == "thing":
            return False
        return (following.kind == "thing" and following.text != head.text) or following.text in _GARDENS

    def _item(self, phrase: Phrase, head: Lexeme, after: int) -> Item:
        color, text = phrase.get("color"), self._said(phrase, after)
        match head.kind:
            case "thing" | "pron" | "ref":
                return self._noun(phrase, head, text)
            case "ground":
                return Setting(phrase.get("pattern") or ("plain" if color else "ground"), color, text=text)
            case "land" | "time" | "weather":
                return replace(setting(head), text=text)
            case "sky":
                return Sky(color)
            case "canvas" if head.value in ("picture", "painting") and self._is_thing(phrase, head, after):
                return self._noun(
                    phrase, Lexeme("thing", "picture", head.text, ("picture",), head.plural), text
                )
            case "canvas":
                return Mark("canvas", head.value)
        return Unknown(head.value)

    def _is_thing(self, phrase: Phrase, head: Lexeme, after: int) -> bool:
        """Whether "picture" names a framed picture in the scene, and not the scene."""
        if self.peek(after).value == "of" or (
            phrase.get("article") == "the" and not phrase.has("color", "size", "place")
        ):
            return False
        return phrase.has("count", "color", "size", "more", "place") or phrase.get("article") == "a"

    def _noun(self, phrase: Phrase, head: Lexeme, text: str = "") -> Noun:
        count, plural, names = phrase.count, head.plural, head.names
        if names == ("books",) and count and count > 1:
            names, plural = ("book",), True
        return Noun(
            text or head.text,
            names,
            head.text,
            head.value,
            ref="" if names else "one",
            count=count,
            color=phrase.get("color"),
            size=phrase.get("size"),
            definite=phrase.get("article") == "the" and head.kind != "ref",
            plural=plural or bool(count and count > 1),
            which=phrase.get("place"),
            more=phrase.has("more"),
            every=phrase.has("every"),
            bare=phrase.at == phrase.start,
            mood=phrase.get("mood"),
            angle=float(phrase.heard["turn"].split()[0]) if phrase.has("turn") else None,
            reference=int(head.value) if head.kind == "ref" else None,
        )

    def _said(self, phrase: Phrase, after: int | None = None) -> str:
        words = self.lexemes[phrase.start : after if after is not None else phrase.at]
        return " ".join(word.text for word in words if word.kind not in ("det", "stop"))

    def _names_color(self, at: int) -> bool:
        """Whether "color" is the noun: "the color of the car", "its color"."""
        before = self.lexemes[at - 1] if at else END
        after = self.peek(at + 1)
        return before.kind in ("det", "thing", "pron", "ground") or (after.kind, after.value) == (
            "link",
            "of",
        )

    # -- everything else -------------------------------------------------------------------------------

    def single(self, at: int) -> int:
        """One lexeme that belongs to no phrase."""
        word = self.peek(at)
        if word.kind == "verb" and word.value == "color" and self._names_color(at):
            return at + 1
        if word.text == "one" and self.peek(at + 1).kind in ("unknown", "other"):
            return at + 1
        if word.kind == "side" and word.text == "corner":
            return self._put(Where("corner"), at + 1)
        if word.kind == "det" and self.peek(at + 1).text == "little":
            return self._put(Mark("amount", "little"), at + 2)
        if word.text in ("her", "this", "that") and self.peek(at + 1).kind != "unknown":
            return self._put(Noun(word.text, ref="it", definite=True), at + 1)
        if word.kind == "unknown":
            end = at
            while self.peek(end).kind == "unknown" and end < at + 4:
                end += 1
            return self._put(Unknown(" ".join(lexeme.text for lexeme in self.lexemes[at:end])), end)
        if word.text == "flat":
            return self._put(Styled("flat"), at + 1)
        item = _single(word)
        if item is not None:
            self.items.append(item)
        return at + 1


def _before_fruit(phrase: Phrase) -> Phrase:
    """The phrase of "a yellow orange": its color is the first one, or none at all."""
    heard = dict(phrase.heard)
    if "color2" not in heard:
        heard.pop("color", None)
    return Phrase(phrase.start, phrase.at, heard, phrase.extra)


def _single(word: Lexeme) -> Item | None:
    match word.kind:
        case "relation":
            return Relation(word.value)
        case "place":
            return Where(word.value)
        case "shift":
            return Shift(word.value)
        case "color":
            return Look(word.value)
        case "size":
            return Size(word.value)
        case "grow":
            return Grow(float(word.value))
        case "flip":
            return Flip(word.value)
        case "mood":
            return Mood(word.value)
        case "weather":
            return setting(word)
        case "count":
            return Count(int(word.value))
        case "pron":
            return Noun(
                word.text, ref=word.value, definite=True, plural=word.value in ("them", "all", "others")
            )
        case "every":
            return Noun(word.text, ref="them", definite=True, plural=True)
        case "aspect" if word.value == "places":
            return Mark("aspect", "places")
        case "verb" | "link" | "copula" | "pause" | "amount" | "style":
            return Mark(word.kind, word.value)
    return None


def parse(
    text: str, references: int = 0, present: Collection[str] = (), telling: bool = True
) -> tuple[Item, ...]:
    """The items of a text, in the order they were said; `telling` is a description, not an instruction."""
    return Parser(hear(text, references, present, telling)).parse()
