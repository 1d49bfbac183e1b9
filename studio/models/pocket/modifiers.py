"""The part of the grammar that gathers what stands before a noun: "the two small red ...".

Nouns: a `Phrase` is an article, numbers and adjectives that wait for their *head*, the noun.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from studio.models.pocket.items import Item, Setting, Styled
from studio.models.pocket.places import SIDES, Places
from studio.models.pocket.scene import STYLES
from studio.models.pocket.words import Lexeme

_KINDS = (
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
    "weather",
    "mood",
    "turn",
    "style",
)
HEADS = ("thing", "ref", "ground", "land", "sky", "canvas", "other", "time", "weather")
THINGS = ("thing", "ref")
_ADJECTIVES = ("color", "size", "stop", "unknown", "mood", "turn", "grow", "pattern")
_AFTER_ONE = (
    "thing",
    "ref",
    "color",
    "size",
    "unknown",
    "other",
    "stop",
    "grow",
    "land",
    "canvas",
    "mood",
    "turn",
)
_SUNNY = ("sunny", "sunny day", "sunshine", "sunlit")


@dataclass
class Phrase:
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


def setting(word: Lexeme) -> Setting:
    """What a word for a time, a weather or a land says of the background."""
    if word.kind == "time":
        return Setting(time=word.value, text=word.text, weather="clear" if word.text in _SUNNY else None)
    if word.kind == "weather":
        return Setting(weather=word.value, text=word.text)
    return Setting(word.value, text=word.text)


class Modifiers(Places):
    """A parser that can gather a phrase."""

    def is_head(self, at: int) -> bool:
        word = self.peek(at)
        return word.kind in HEADS or word.text in ("one", "ones")

    def modifiers(self, at: int) -> Phrase:
        phrase = Phrase(at, at)
        while phrase.at < at + 12 and self._modifier(phrase):
            phrase.at += 1
        while (
            phrase.at > phrase.start
            and self.peek(phrase.at - 1).kind == "stop"
            and not self.is_head(phrase.at)
        ):
            phrase.at -= 1
        return phrase

    def _modifier(self, phrase: Phrase) -> bool:
        """Take the lexeme at hand as a modifier, if it can be one here."""
        word = self.peek(phrase.at)
        first = phrase.at == phrase.start
        if word.text == "one" and first and self.peek(phrase.at + 1).kind in _AFTER_ONE:
            phrase.heard["count"] = "1"
            return True
        if word.kind == "pause" and word.value in ("and", ",") and self._between_adjectives(phrase.at):
            return True
        if word.kind == "link" and word.value == "of" and phrase.has("every", "count"):
            return True
        if word.text == "black and white" and self.peek(phrase.at + 1).kind in ("thing", "ground", "pattern"):
            word = Lexeme("color", "black", word.text)
        if word.kind not in _KINDS or not self._fits(word, phrase):
            return False
        if word.kind == "color" and phrase.has("color"):
            phrase.heard["color2"] = word.value
        elif word.kind in ("time", "land", "weather"):
            phrase.extra.append(setting(word))
        elif word.kind == "style":
            phrase.extra.append(Styled(word.value))
        else:
            phrase.heard.setdefault(word.kind, word.text if word.kind == "det" else word.value)
            if word.kind == "det":
                phrase.heard["article"] = word.value
        return True

    def _fits(self, word: Lexeme, phrase: Phrase) -> bool:
        """Whether this kind of word can come at this point of a noun phrase."""
        described = phrase.has("color", "size", "unknown", "pattern", "mood", "turn")
        following = self.peek(phrase.at + 1)
        match word.kind:
            case "det":
                return phrase.at == phrase.start or (
                    phrase.has("every", "count") and not described and not phrase.has("det")
                )
            case "count" | "more" | "every":
                return not described and not phrase.has(word.kind)
            case "grow":
                return following.kind in ("thing", "ref", "color", "stop")
            case "place":
                return word.value in SIDES and following.kind in (
                    "thing",
                    "ref",
                    "color",
                    "size",
                    "pron",
                    "mood",
                )
            case "time" | "weather":
                return following.kind in (
                    *THINGS,
                    "land",
                    "color",
                    "size",
                    "sky",
                    "ground",
                    "weather",
                    "time",
                )
            case "land":
                return following.kind == "thing" and not following.plural
            case "mood" | "turn":
                return self.leads_on(phrase.at + 1)
            case "style":
                return word.value in STYLES and self.leads_on(phrase.at + 1)
            case "unknown" | "stop":
                return word.kind == "stop" or following.kind in ("ref", "thing", *_ADJECTIVES)
        return True

    def leads_on(self, at: int) -> bool:
        """Whether nothing but adjectives stands between here and a thing."""
        for ahead in range(at, at + 5):
            word = self.peek(ahead)
            if word.kind in THINGS or (word.text in ("one", "ones") and word.kind == "pron"):
                return True
            if word.kind not in _ADJECTIVES and word.text not in ("and", ","):
                return False
        return False

    def _between_adjectives(self, at: int) -> bool:
        """ "red and white" in front of a noun is one description, of which the first color counts; so is
        "big, red".
        """
        before, after = self.peek(at - 1), self.peek(at + 1)
        if before.kind == "color" and after.kind == "color":
            return self.peek(at + 2).kind in ("thing", "ground", "pattern")
        kinds = ("stop", "size", "mood", "unknown")
        alike = before.kind in (*kinds, "color") and after.kind in (*kinds, "color")
        return self.peek(at).value == "," and alike and self.leads_on(at + 1)
