"""The reader's grammar: from lexemes to a flat list of items, the same for a description and for an
instruction.

Nouns: a phrase is an article, numbers and adjectives that wait for their head ("two small red ...").
Whatever finds no head becomes an item of its own. What the items mean together is decided in `describing`
and `changing`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from studio.models.pocket.items import (
    Count,
    Flip,
    Grow,
    Item,
    Look,
    Mark,
    Noun,
    Relation,
    Setting,
    Shift,
    Size,
    Sky,
    Unknown,
    Where,
)
from studio.models.pocket.phrasing import NotUnderstood
from studio.models.pocket.places import END, SIDES, Places
from studio.models.pocket.words import LONGEST_TEXT, Lexeme, lex

_MODIFIERS = (
    "det",
    "grow",
    "count",
    "color",
    "size",
    "more",
    "every",
    "stop",
    "unknown",
    "place",
    "pattern",
    "time",
    "land",
)
_HEADS = ("thing", "ground", "land", "sky", "canvas", "other", "time")
_GARDENS = ("garden", "field", "park", "lawn", "meadow", "pond")
_AFTER_ONE = ("thing", "color", "size", "unknown", "other", "stop", "grow", "land", "canvas")


@dataclass
class _Phrase:
    """The modifiers gathered so far, in front of a head that has not come yet."""

    start: int
    at: int
    heard: dict[str, str] = field(default_factory=dict)
    extra: list[Item] = field(default_factory=list)

    def has(self, *kinds: str) -> bool:
        return any(kind in self.heard for kind in kinds)

    def get(self, kind: str) -> str | None:
        return self.heard.get(kind)

    @property
    def count(self) -> int | None:
        return int(self.heard["count"]) if "count" in self.heard else None


class Parser(Places):
    """One pass over the lexemes of a text."""

    def parse(self) -> tuple[Item, ...]:
        at = 0
        while at < len(self.lexemes):
            at = self.place(at) or self.ground(at) or self.noun(at) or self.single(at)
        return tuple(self.items)

    # -- a color as background -------------------------------------------------------------------------

    def ground(self, at: int) -> int:
        """on [a] pink, without a noun: a plain background."""
        if (self.peek(at).kind, self.peek(at).value) != ("relation", "on"):
            return 0
        phrase = self._modifiers(at + 1)
        if not phrase.has("color") or self._is_head(phrase.at) or self._orange(phrase):
            return 0
        kind = phrase.get("pattern") or "plain"
        return self._put(Setting(kind, phrase.get("color"), text=self._said(phrase)), phrase.at)

    # -- noun phrases ----------------------------------------------------------------------------------

    def noun(self, at: int) -> int:
        phrase = self._modifiers(at)
        if self._is_head(phrase.at):
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
        if phrase.has("more") and loose and not phrase.has("unknown", "color", "size"):
            return self._put(Noun(self._said(phrase), ref="more", count=phrase.count, more=True), phrase.at)
        return 0

    def _shares_head(self, phrase: _Phrase) -> bool:
        """ "A red and a blue balloon": the first of two takes the head of the second."""
        if not phrase.has("det") or not phrase.has("color", "size") or self.peek(phrase.at).value != "and":
            return False
        second = self._modifiers(phrase.at + 1)
        head = self.peek(second.at)
        if not second.has("det") or head.kind != "thing":
            return False
        self.items.append(self._noun(phrase, head))
        return True

    def _is_head(self, at: int) -> bool:
        word = self.peek(at)
        return word.kind in _HEADS or word.text in ("one", "ones")

    def _orange(self, phrase: _Phrase) -> bool:
        """ "An orange" with no noun after it is the fruit."""
        if phrase.at == phrase.start:
            return False
        last = self.peek(phrase.at - 1)
        alone = last.text == "orange" and self.peek(phrase.at).kind != "pattern"
        return (
            alone and phrase.at - phrase.start > 1 and phrase.has("det", "count", "more", "every", "color2")
        )

    def _modifiers(self, at: int) -> _Phrase:
        phrase = _Phrase(at, at)
        while phrase.at < at + 12 and self._modifier(phrase):
            phrase.at += 1
        while (
            phrase.at > phrase.start
            and self.peek(phrase.at - 1).kind == "stop"
            and not self._is_head(phrase.at)
        ):
            phrase.at -= 1
        return phrase

    def _modifier(self, phrase: _Phrase) -> bool:
        """Take the lexeme at hand as a modifier, if it can be one here."""
        word = self.peek(phrase.at)
        first = phrase.at == phrase.start
        if word.text == "one" and first and self.peek(phrase.at + 1).kind in _AFTER_ONE:
            phrase.heard["count"] = "1"
            return True
        if word.kind == "pause" and word.value in ("and", ",") and self._between_colors(phrase.at):
            return True
        if word.kind == "link" and word.value == "of" and phrase.has("every", "count"):
            return True
        if word.text == "black and white" and self.peek(phrase.at + 1).kind in ("thing", "ground", "pattern"):
            word = Lexeme("color", "black", word.text)
        if word.kind not in _MODIFIERS or not self._fits(word, phrase):
            return False
        if word.kind == "color" and phrase.has("color"):
            phrase.heard["color2"] = word.value
        elif word.kind in ("time", "land"):
            phrase.extra.append(_setting(word))
        else:
            phrase.heard.setdefault(word.kind, word.text if word.kind == "det" else word.value)
            if word.kind == "det":
                phrase.heard["article"] = word.value
        return True

    def _fits(self, word: Lexeme, phrase: _Phrase) -> bool:
        """Whether this kind of word can come at this point of a noun phrase."""
        described = phrase.has("color", "size", "unknown", "pattern")
        following = self.peek(phrase.at + 1)
        match word.kind:
            case "det":
                return phrase.at == phrase.start or (
                    phrase.has("every", "count") and not described and not phrase.has("det")
                )
            case "count" | "more" | "every":
                return not described and not phrase.has(word.kind)
            case "grow":
                return following.kind in ("thing", "color", "stop")
            case "place":
                return word.value in SIDES and following.kind in ("thing", "color", "size", "pron")
            case "time":
                return following.kind in ("thing", "land", "color", "size", "sky", "ground")
            case "land":
                return following.kind == "thing" and not following.plural
            case "unknown" | "stop":
                return word.kind == "stop" or following.kind in ("thing", "color", "unknown", "size", "stop")
        return True

    def _between_colors(self, at: int) -> bool:
        """ "red and white" in front of a noun is one description, of which the first color counts."""
        return (
            self.peek(at - 1).kind == "color"
            and self.peek(at + 1).kind == "color"
            and self.peek(at + 2).kind in ("thing", "ground", "pattern")
        )

    def _with_head(self, phrase: _Phrase) -> int:
        head, after = self.peek(phrase.at), phrase.at + 1
        while head.kind == "thing" and not head.plural and self._compound(head, after):
            following = self.peek(after)
            head = head if set(head.names) < set(following.names) else following
            after += 1
        self.items.extend(phrase.extra)
        if head.plural and phrase.has("color2") and phrase.count in (None, 2):
            one = replace(head, plural=False)
            first = self._noun(_Phrase(phrase.start, phrase.at, {**phrase.heard, "count": "1"}), one)
            self.items += [first, Mark("pause", "and"), replace(first, color=phrase.get("color2"))]
            return after
        self.items.append(self._item(phrase, head, after))
        if phrase.has("grow"):
            self.items.append(Grow(float(phrase.heard["grow"])))
        return after

    def _compound(self, head: Lexeme, after: int) -> bool:
        following = self.peek(after)
        return (following.kind == "thing" and following.text != head.text) or following.text in _GARDENS

    def _item(self, phrase: _Phrase, head: Lexeme, after: int) -> Item:
        color, text = phrase.get("color"), self._said(phrase, after)
        match head.kind:
            case "thing" | "pron":
                return self._noun(phrase, head, text)
            case "ground":
                return Setting(phrase.get("pattern") or ("plain" if color else "ground"), color, text=text)
            case "land" | "time":
                return replace(_setting(head), text=text)
            case "sky":
                return Sky(color)
            case "canvas" if head.value in ("picture", "painting") and self._is_thing(phrase, head, after):
                return self._noun(
                    phrase, Lexeme("thing", "picture", head.text, ("picture",), head.plural), text
                )
            case "canvas":
                return Mark("canvas", head.value)
        return Unknown(head.value)

    def _is_thing(self, phrase: _Phrase, head: Lexeme, after: int) -> bool:
        """Whether "picture" names a framed picture in the scene, and not the scene."""
        if self.peek(after).value == "of" or (
            phrase.get("article") == "the" and not phrase.has("color", "size", "place")
        ):
            return False
        return phrase.has("count", "color", "size", "more", "place") or phrase.get("article") == "a"

    def _noun(self, phrase: _Phrase, head: Lexeme, text: str = "") -> Noun:
        count, plural, names = phrase.count, head.plural, head.names
        if names == ("books",) and count and count > 1:
            names, plural = ("book",), True
        return Noun(
            text or head.text,
            names,
            head.text,
            ref="" if names else "one",
            count=count,
            color=phrase.get("color"),
            size=phrase.get("size"),
            definite=phrase.get("article") == "the",
            plural=plural or bool(count and count > 1),
            which=phrase.get("place"),
            more=phrase.has("more"),
            every=phrase.has("every"),
            bare=phrase.at == phrase.start,
        )

    def _said(self, phrase: _Phrase, after: int | None = None) -> str:
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
        item = _single(word)
        if item is not None:
            self.items.append(item)
        return at + 1


def _before_fruit(phrase: _Phrase) -> _Phrase:
    """The phrase of "a yellow orange": its color is the first one, or none at all."""
    heard = dict(phrase.heard)
    if "color2" not in heard:
        heard.pop("color", None)
    return _Phrase(phrase.start, phrase.at, heard, phrase.extra)


def _setting(word: Lexeme) -> Setting:
    return (
        Setting(time=word.value, text=word.text)
        if word.kind == "time"
        else Setting(word.value, text=word.text)
    )


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


def parse(text: str) -> tuple[Item, ...]:
    """The items of a text, in the order they were said."""
    if len(text) > LONGEST_TEXT:
        raise NotUnderstood(
            "That is a very long text; please say in a few sentences what the picture should show."
        )
    return Parser(lex(text)).parse()
