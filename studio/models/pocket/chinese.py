"""Chinese word order: places behind their nouns, and the object before its verb.

Nouns: a *locative* is a place said of a noun ("meadow on"), the English preposition that it comes to.
"""

from __future__ import annotations

from studio.models.pocket.phrasebook import Said
from studio.models.pocket.wordorder import OF_ONE, WHICH, Clause, Group, Part, is_word, names

_CLASSIFIERS = tuple("只个条匹头辆座棵朵张位架艘颗名本")
# What stands behind a noun and says where.
_BEHIND_NOUN = {
    "on the left": "to the left of",
    "on the right": "to the right of",
    "in the middle": "in the middle of",
    "at the top": "on",
    "at the bottom": "under",
}


class ChineseClause(Clause):
    """A clause of Chinese."""

    def _rearrange(self) -> None:
        self._places()
        self._verb_first()

    def _glue(self, at: int) -> bool:
        return self._word_is(at, "的") or self._classifies(at)

    def _classifies(self, at: int) -> bool:
        """Whether it is the "head" of "three head of cattle"."""
        counted = self._one(at - 1, "num") or self.options[at - 1][0].word.startswith("第")
        return bool(counted) and self._word_is(at, *_CLASSIFIERS)

    def _places(self) -> None:
        """ "Meadow on": the place word behind a noun goes before it, and both behind what they describe."""
        parts: list[Part] = []
        at = 0
        while at < len(self.parts):
            part, owned = self.parts[at], is_word(self.part(at + 1), "的")
            following = self.part(at + 1 + owned)
            where = _where(following)
            if isinstance(part, Group) and part.noun and where:
                place: list[Part] = [Said("locative", where, ""), part]
                at += 2 + owned
                described = self.part(at + 1)
                if is_word(self.part(at), "的") and isinstance(described, Group):
                    place.insert(0, described)
                    at += 2
                    parts = [part for part in parts if not is_word(part, "在")]
                    if parts and isinstance(article := parts[-1], Said) and article.kind == "det":
                        described.det = article.english
                        parts.pop()
                parts += place
            elif (
                _which(part)
                and is_word(self.part(at + 1), "的")
                and isinstance(described := self.part(at + 2), Group)
            ):
                described.adjectives.insert(0, _which(part))
                at += 2
            elif isinstance(part, Group) and owned and names(following, *OF_ONE):
                parts += [self.parts[at + 2], Said("prep", "of", ""), part]
                at += 3
            else:
                parts.append(part)
                at += 1
        self.parts = [part for part in parts if not is_word(part, "在", "的", "到")]
        self.parts = [part for part in self.parts if not (isinstance(part, Said) and part.kind == "behind")]
        self._place_last()

    def _place_last(self) -> None:
        """A place or time in front goes to the end: "on the meadow there is a cat"."""
        first = self.part(0)
        if isinstance(first, Said) and len(self.parts) > 1:
            length = 2 if first.kind == "locative" else 1 if first.kind in ("place", "time") else 0
            if len(self.parts) > length:
                self.parts = [*self.parts[length:], *self.parts[:length]]
        if isinstance(first := self.part(0), Said) and first.english == "there is":
            self.parts = self.parts[1:]

    def _verb_first(self) -> None:
        """ "The dog turn red", with or without 把: the verb goes in front of its object."""
        marked = any(is_word(part, "把", "将") for part in self.parts)
        self.parts = [part for part in self.parts if not is_word(part, "把", "将")]
        at = next((i for i, p in enumerate(self.parts) if isinstance(p, Said) and p.kind == "verb"), None)
        if at is None:
            self.parts[:0] = [Said("verb", "make", "")] if marked else []
            return
        verb, before, after = self.parts[at], self.parts[:at], self.parts[at + 1 :]
        if isinstance(verb, Said) and verb.english == "turn" and after:
            verb, link = _becoming(before, after[0])
            before = before or [Said("pron", "it", "")]
            after = [*link, *after]
        self.parts = [verb, *before, *after]


def _becoming(before: list[Part], becomes: Part) -> tuple[Said, list[Part]]:
    """The verb for "turn into", and the word between the thing and what it becomes."""
    if any(names(part, *OF_ONE) for part in before):
        return Said("verb", "change", ""), [Said("prep", "to", "")]
    if isinstance(becomes, Said) and (becomes.kind in ("adj", "pred") or not before):
        return Said("verb", "make", ""), []
    if isinstance(becomes, Said) or (becomes.noun and becomes.noun.kind == "land"):
        return Said("verb", "change", ""), [Said("prep", "to", "")]
    return Said("verb", "turn", ""), [Said("prep", "into", "")]


def _which(part: Part | None) -> str:
    """ "left" of "on the left"."""
    if not isinstance(part, Said) or part.kind != "place" or part.english.count(" ") != 2:
        return ""
    which = part.english.split()[-1]
    return which if which in WHICH else ""


def _where(part: Part | None) -> str:
    if not isinstance(part, Said):
        return ""
    if part.kind == "place":
        return _BEHIND_NOUN.get(part.english, "")
    return part.english if part.kind == "behind" else ""
