"""English word order out of another language's: nouns with their adjectives, places, and the verb in front.

Nouns: a *clause* is what stands between two pauses. A `Group` is a noun with its article, number and
adjectives, or adjectives alone; a clause is turned into groups and single words, put in order, and said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from studio.models.pocket.phrasebook import Said
from studio.models.pocket.words import plural

_AFTER = ("es", "fr", "id")  # adjectives stand behind their noun
_NO_ARTICLES = ("zh", "id")
_HEADS = ("noun", "land")
_SETTLED = ("background", "sky", "picture", "color", "size", "position")
OF_ONE = ("color", "size", "position", "style")
WHICH = ("left", "right", "first", "second")
_SHAPERS = ("make", "color", "turn", "put")  # verbs whose adjective says what a thing becomes
_NEWCOMERS = ("add", "duplicate")
_SECONDS = ("turn", "replace", "give")
# Verbs that need something to work on; what it is may be left out.
_NEED_OBJECT = ("make", "move", "rotate", "flip", "enlarge", "shrink", "color")
_PLURALS = {"child": "children", "person": "people", "people": "people"}
# German nouns whose one and many sound alike after "den".
_WEAK = (
    "lion",
    "rabbit",
    "monkey",
    "dragon",
    "boy",
    "bear",
    "elephant",
    "astronaut",
    "police officer",
    "leopard",
    "superhero",
    "planet",
    "octopus",
    "satellite",
    "clown",
)


@dataclass
class Group:
    """A noun phrase as it is put together; without a noun it stands for "the red one"."""

    det: str = ""
    count: str = ""
    adjectives: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    """Adjectives that stood behind the noun."""
    noun: Said | None = None
    weak: bool = False
    """German "den Löwen": the form of several, and yet one."""

    @property
    def several(self) -> bool:
        if self.count or self.det in ("some", "all the"):
            return self.count != "1"
        return self.det != "a" and not self.weak and bool(self.noun and self.noun.plural)

    @property
    def single(self) -> bool:
        """Whether it can have "a" before it."""
        if self.noun is None or self.noun.kind != "noun":
            return False
        return not self.several and not self.noun.english.endswith("s")

    def say(self, predicate: bool = False) -> list[str]:
        """The words of it; as a `predicate` its later adjectives stay behind the noun."""
        noun = self.noun
        name = noun.english if noun else "one"
        if self.several and noun and noun.kind == "noun":
            name = _PLURALS.get(name) or plural(name)
        if noun and noun.kind == "land" and not self.det:
            self.det = "" if name in ("underwater", "space") else "the"
        which = [adjective for adjective in self.after if adjective in WHICH]
        after = [adjective for adjective in self.after if adjective not in WHICH]
        before = [*which, *self.adjectives, *(() if predicate else after)]
        det = "" if name in ("underwater", "space") else self.det
        parts = [det, self.count, *before, name, *(after if predicate else ())]
        return [part for part in parts if part]


Part = Group | Said


class Clause:
    """One clause of another language, to be said in English."""

    def __init__(self, options: Sequence[Sequence[Said]], language: str) -> None:
        self.language = language
        self.options = options
        self.parts: list[Part] = []

    def english(self) -> list[str]:
        self._gather()
        self._rearrange()
        self._articles()
        return self._say()

    def _rearrange(self) -> None:
        """What a language needs more than the rest."""

    # -- from words to groups ---------------------------------------------------------------------------

    def _gather(self) -> None:
        at = 0
        while at < len(self.options):
            at = self._group(at) or self._word(at)

    def _kinds(self, at: int) -> tuple[str, ...]:
        return tuple(said.kind for said in self.options[at]) if at < len(self.options) else ()

    def _one(self, at: int, *kinds: str) -> Said | None:
        """What is here, if it can be of such a kind."""
        options = self.options[at] if at < len(self.options) else ()
        return next((said for said in options if said.kind in kinds), None)

    def _noun(self, at: int) -> Said | None:
        """The noun here, unless the same word is an adjective in this place."""
        noun = self._one(at, *_HEADS)
        if noun and self._one(at, "adj") and self.language in _AFTER:
            return noun if at == 0 or self._one(at - 1, "det", "num", "verb") else None
        return noun

    def _group(self, at: int) -> int:
        """Past a noun phrase that begins here, or 0."""
        group, here = Group(), at
        while here < len(self.options):
            if (det := self._one(here, "det")) and not group.adjectives:
                group.det = group.det or det.english
            elif number := self._one(here, "num"):
                group.count = number.english
            elif here > at and self._glue(here):
                pass
            elif (noun := self._noun(here)) is not None:
                group.noun = noun
                group.weak = self._sounds_plural(noun, at)
                here += 1
                break
            elif adjective := self._one(here, "adj"):
                group.adjectives.append(adjective.english)
            elif not (self._one(here, "skip") and here > at):
                break
            here += 1
        if group.noun is None:
            return self._nounless(group, at, here)
        here = self._behind(group, here)
        if group.det == "some" and self._of_the(at):
            group.det = "the"
        self.parts.append(group)
        return here

    def _sounds_plural(self, noun: Said, at: int) -> bool:
        if self.language != "de":
            return False
        return self._word_is(at, "des") or (noun.english in _WEAK and self._word_is(at, "den", "dem"))

    def _of_the(self, at: int) -> bool:
        last = self.parts[-1] if self.parts else None
        return isinstance(last, Said) and last.english.endswith("of") and at > 0

    def _glue(self, at: int) -> bool:
        """Whether the word here only holds a noun phrase together."""
        return False

    def _word_is(self, at: int, *words: str) -> bool:
        return at < len(self.options) and self.options[at][0].word in words

    def _nounless(self, group: Group, at: int, here: int) -> int:
        """ "The red one", or a pronoun in the form of an article ("fais-le"); adjectives alone are words."""
        if group.det == "the" and not group.count and self.language in ("es", "fr", "de"):
            if group.adjectives and not self._after_verb():
                self.parts.append(group)
                return here
            if self._after_verb() and not self._one(here, "word"):
                self.parts.append(Said("pron", "it", self.options[at][0].word))
                return at + 1
        return 0

    def _after_verb(self) -> bool:
        return bool(self.parts) and isinstance(self.parts[-1], Said) and self.parts[-1].kind == "verb"

    def _behind(self, group: Group, here: int) -> int:
        """Past the adjectives and articles behind a noun."""
        if self.language not in _AFTER:
            return here
        while here < len(self.options):
            adjective = self._one(here, "adj")
            joined = self._one(here, "pause") and self._one(here + 1, "adj") and not self._noun(here + 1)
            if adjective and not (self._kinds(here)[0] in _HEADS and not group.noun):
                group.after.append(adjective.english)
            elif self._article_behind(group, here):
                pass
            elif self._one(here, "word") and self._one(here + 1, "adj") and not self._noun(here + 1):
                group.after.append(self.options[here][0].english)
            elif not (group.after and joined) and not (
                self._one(here, "skip") and self._one(here + 1, "adj")
            ):
                break
            here += 1
        return here

    def _article_behind(self, group: Group, at: int) -> bool:
        """ "This" and "another" behind an Indonesian noun, "more" behind a counted one."""
        det = self._one(at, "det")
        if det and self.language == "id" and det.english in ("the", "this", "another"):
            group.det = det.english
            return True
        if det and det.english == "more" and group.count:
            group.count += " more"
            return True
        return False

    def _word(self, at: int) -> int:
        options = self.options[at]
        said = options[0]
        if len(options) > 1:
            said = self._fitting(options, at)
        if said.english:
            self.parts.append(said)
        return at + 1

    def _fitting(self, options: Sequence[Said], at: int) -> Said:
        """Of several readings, the one that fits: a preposition only before a noun."""
        follows = at + 1 < len(self.options) and self._one(
            at + 1, "det", "num", "adj", "pron", "word", *_HEADS
        )
        kinds = {said.kind: said for said in reversed(options)}
        if "skip" in kinds and not follows:
            return kinds["skip"]
        if follows and "prep" in kinds:
            return kinds["prep"]
        return kinds.get("place") or kinds.get("pred") or options[0]

    def part(self, at: int) -> Part | None:
        return self.parts[at] if at < len(self.parts) else None

    # -- articles, and saying it -------------------------------------------------------------------------

    def _articles(self) -> None:
        if self.language not in _NO_ARTICLES:
            return
        verb = next((p.english for p in self.parts if isinstance(p, Said) and p.kind == "verb"), "")
        number = -1
        for at, group in enumerate(self.parts):
            if not isinstance(group, Group) or not group.noun:
                continue
            joined = at and isinstance(last := self.parts[at - 1], Said) and last.kind == "pause"
            number += not (joined and number >= 0)
            if group.det or group.count or group.noun.english == "style":
                continue
            fresh = not verb or (verb in _NEWCOMERS and number == 0) or (verb in _SECONDS and number)
            told = is_word(self.part(at + 1), "是", "adalah", "ialah")
            if group.noun.english in _SETTLED or group.noun.kind == "land" or not fresh or told:
                group.det = "the"
            elif not group.several:
                group.det = "a"

    def _ordered(self) -> None:
        """What stands in front of its thing goes behind it: "on the left a cat", "make smaller the car"; a
        color is the color of something.
        """
        parts: list[Part] = []
        for part in self.parts:
            last, before = (parts[-1] if parts else None), (parts[-2] if parts[1:] else None)
            if isinstance(part, Group) and isinstance(last, Said) and _moves_behind(last, before):
                parts.insert(-1, part)
            elif isinstance(part, Group) and self.language in ("id", "de") and names(last, *OF_ONE):
                parts += [Said("prep", "of", ""), part]
            elif isinstance(part, Group) and names(last, "background", "sky") and _is_land(part):
                parts += [Said("cop", "is", ""), part]
            elif isinstance(part, Group) and isinstance(last, Group) and is_verb(before, "put"):
                parts[-1:] = [part, Said("prep", "on", ""), last]
            elif isinstance(part, Said) and part.english == "a bit" and isinstance(last, Said):
                parts.insert(-1, part)
            else:
                parts.append(part)
        while parts and isinstance(end := parts[-1], Said) and end.kind == "prep":
            parts.pop()
        self.parts = parts

    def _say(self) -> list[str]:
        self._ordered()
        words: list[str] = []
        verb = ""
        for at, part in enumerate(self.parts):
            following = self.part(at + 1)
            last = following is None or (isinstance(following, Said) and following.kind == "pause")
            if isinstance(part, Group):
                becoming = (
                    verb in _SHAPERS
                    and last
                    and bool(part.after)
                    and part.det in ("the", "this", "his", "my")
                )
                if becoming and verb == "put":
                    words[words.index("put")] = "make"
                if words[-1:] in (["into"], ["with"]) and not part.det and part.single:
                    part.det = "a"
                words += part.say(becoming)
                continue
            if part.kind == "verb":
                verb = part.english
            words += self._link(part, at, verb, words)
        return words

    def _has_object(self, at: int) -> bool:
        """Whether something follows a verb that it can work on."""
        following = self.part(at + 1)
        if isinstance(following, Said):
            return following.kind not in ("pred", "place", "adj", "num", "prep", "style", "time")
        return following is not None

    def _link(self, part: Said, at: int, verb: str, words: list[str]) -> list[str]:
        """The English of a single word, which for a few depends on the verb and on what comes next."""
        following, last = self.part(at + 1), self.part(at - 1) if at else None
        next_kind = following.kind if isinstance(following, Said) else ""
        if part.kind == "verb" and next_kind == "weather":
            return ["make", "it"]
        if part.kind == "verb" and part.english in _NEED_OBJECT and not self._has_object(at):
            return [part.english, "it"]
        if part.kind == "det" and next_kind in ("style", "time", "weather", "place"):
            return []
        if part.kind == "time" and isinstance(last, Group):
            return ["at", part.english]
        if part.kind == "place" and verb == "move" and part.english.startswith("on the "):
            return ["to the", part.english.removeprefix("on the "), "side"]
        if part.kind != "prep":
            return [part.english]
        if next_kind == "time" and part.english not in ("to", "into"):
            return ["at"]
        if next_kind == "adj" and (verb in ("color", "make", "put") or part.english == "of"):
            return []
        if part.english == "to" and verb == "put" and isinstance(last, Group):
            return ["on"]
        if part.english == "to" and self.language == "es" and not isinstance(last, Group):
            return []
        if part.english == "wearing" and verb == "give":
            return []
        if part.english == "in" and verb in ("turn", "change"):
            return ["into" if verb == "turn" and next_kind != "adj" else "to"]
        if part.english == "of" and verb == "rotate" and next_kind == "num":
            return ["by"]
        if part.english == "by" and verb in ("change", "replace"):
            words[words.index(verb)] = "replace"
            return ["with"]
        return [part.english]


def _moves_behind(said: Said, before: Part | None) -> bool:
    """Whether it belongs behind the thing that follows."""
    if said.kind == "place":
        return before is None or (isinstance(before, Said) and before.kind in ("verb", "pause"))
    return said.kind in ("pred", "adj") and said.english != "a bit" and is_verb(before, "make")


def _is_land(group: Group) -> bool:
    return group.noun is not None and group.noun.kind == "land"


def is_verb(part: Part | None, english: str) -> bool:
    return isinstance(part, Said) and (part.kind, part.english) == ("verb", english)


def names(part: Part | None, *names: str) -> bool:
    return isinstance(part, Group) and part.noun is not None and part.noun.english in names


def is_word(part: Part | None, *words: str) -> bool:
    return isinstance(part, Said) and part.word in words
