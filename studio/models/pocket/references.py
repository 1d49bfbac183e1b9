"""Words for a given picture: "this creature", "my logo", "it from the second picture".

Nouns: a *reference* is a picture handed in beside the words; its thing is drawn with its own looks. Runs of
lexemes that speak of one become a single lexeme of kind "ref", whose value is the picture's number.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from studio.models.pocket.phrasing import NotUnderstood
from studio.models.pocket.words import Lexeme

NEUTRAL = "gift"  # a thing of middling shape, where its name is not known
_MINE = ("this", "these", "my", "our", "that", "those")
_ORDINALS = {"first": 0, "first's": 0, "1st": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "last": -1}
_PICTURES = (
    "picture",
    "pictures",
    "image",
    "images",
    "photo",
    "photograph",
    "reference",
    "references",
    "pic",
)
_FROM = ("from", "in", "of", "on", "out of", "inside")
_NUMBERS = {"1": 0, "one": 0, "2": 1, "two": 1, "3": 2, "three": 2}
_KEPT = ("size", "turn")


class Marker:
    """One pass over the lexemes of a text, with `count` references given.

    `present` are the names in the picture: there, "this dog" is the dog in it.
    """

    def __init__(
        self, lexemes: Sequence[Lexeme], count: int, present: Collection[str], telling: bool
    ) -> None:
        self.lexemes = list(lexemes)
        self.count, self.present, self.telling = count, present, telling
        self.numbers: dict[str, int] = {}

    def run(self) -> list[Lexeme]:
        """The lexemes with references marked."""
        marked: list[Lexeme] = []
        at = 0
        while at < len(self.lexemes):
            found = self._picture(at) or self._named(at)
            if found is None:
                marked.append(self.lexemes[at])
                at += 1
                continue
            lexemes, at = found
            marked += lexemes
        return marked

    def _peek(self, at: int) -> Lexeme:
        return self.lexemes[at] if at < len(self.lexemes) else Lexeme("end", "", "")

    def _picture(self, at: int) -> tuple[list[Lexeme], int] | None:
        """ "The second picture", "reference 2", "the reference [picture]" itself."""
        here = at + 1 if self._peek(at).kind == "det" else at
        found = self._number(here)
        if found is None:
            return None
        number, end = found
        return [self._ref("", (), number, at, end)], end

    def _number(self, at: int) -> tuple[int, int] | None:
        """Which picture is named here, and where its name ends; none for a bare "picture"."""
        word, following = self._peek(at).text, self._peek(at + 1).text
        if word in _ORDINALS and following in _PICTURES:
            end = at + 2 + (self._peek(at + 2).text in _PICTURES)
            return self._checked(_ORDINALS[word]), end
        if word in _PICTURES and following in _NUMBERS:
            return self._checked(_NUMBERS[following]), at + 2
        if word == "reference":
            return self._numbered("reference"), at + 1 + (following in _PICTURES)
        return None

    def _named(self, at: int) -> tuple[list[Lexeme], int] | None:
        """ "This small creature", "the logo from the second picture", or "this" alone."""
        first = self._peek(at)
        mine = first.text in _MINE
        if not mine and first.kind not in ("det", "pron"):
            return None
        here = at + 1
        kept: list[Lexeme] = []
        while first.kind == "det" and self._describes(here):
            kept += [self._peek(here)] if self._peek(here).kind in _KEPT else []
            here += 1
        head = self._peek(here)
        alone = first.kind == "pron" or not self._is_head(head)
        end = at + 1 if alone else here + 1
        while not alone and head.kind == "unknown" and self._peek(end).kind in ("unknown", "thing"):
            head, end = self._peek(end), end + 1  # "my company logo"
        source = self._source(end, self.telling or self._placed(at))
        if source is not None:
            number, end = source
            head = Lexeme("thing", "", "") if alone else head
            return [*kept, self._ref(head.text, head.names, number, at, end)], end
        if alone:
            said = first.text in ("this", "these") and (self.telling or self._placed(at))
            said = said or (first.kind == "pron" and self.telling and not at)
            return ([self._ref("this", (), self._numbered("this"), at, end)], end) if said else None
        if not self._ours(first, head, mine):
            return None
        return [*kept, self._ref(head.text, head.names, self._numbered(head.text), at, end)], end

    def _describes(self, at: int) -> bool:
        """Whether an adjective stands here, before its noun."""
        kind = self._peek(at).kind
        return kind in ("color", "mood", "stop", *_KEPT) and self._is_head(self._peek(at + 1), and_more=True)

    def _is_head(self, lexeme: Lexeme, and_more: bool = False) -> bool:
        if lexeme.kind in ("thing", "unknown", "other"):
            return True
        return and_more and lexeme.kind in ("color", "mood", "stop", *_KEPT)

    def _ours(self, first: Lexeme, head: Lexeme, mine: bool) -> bool:
        """Whether it is a thing of a given picture and not one of the scene."""
        if any(name in self.present for name in head.names):
            return False
        if mine:
            return True
        return first.value == "the" and head.kind in ("unknown", "other")

    def _placed(self, at: int) -> bool:
        """Whether "this" is what is to come: "put this on the beach"."""
        before = self._peek(at - 1) if at else Lexeme("end", "", "")
        return before.kind == "verb" and before.value in ("add", "move")

    def _source(self, at: int, any_picture: bool) -> tuple[int, int] | None:
        """ "From the second picture", "in the picture": the number of that picture."""
        if self._peek(at).text not in _FROM:
            return None
        here = at + 1
        while self._peek(here).kind in ("det", "stop") and self._peek(here).text not in _ORDINALS:
            here += 1
        found = self._number(here)
        if found is not None:
            return found
        if any_picture and self._peek(here).text in _PICTURES:
            return self._numbered(self._peek(at - 1).text), here + 1
        return None

    def _numbered(self, word: str) -> int:
        """The picture that a word speaks of: the next one not spoken of yet, then always the same."""
        if word not in self.numbers:
            free = [i for i in range(self.count) if i not in self.numbers.values()]
            self.numbers[word] = free[0] if free else 0
        return self.numbers[word]

    def _checked(self, number: int) -> int:
        number = self.count - 1 if number < 0 else number
        if number >= self.count:
            given = "one picture was given" if self.count == 1 else f"{self.count} pictures were given"
            raise NotUnderstood(f"Only {given} to go by; there is no picture {number + 1}.")
        self.numbers[f"picture {number}"] = number
        return number

    def _ref(self, word: str, names: tuple[str, ...], number: int, at: int, end: int) -> Lexeme:
        text = " ".join(self._peek(i).text for i in range(at, end))
        return Lexeme("ref", str(number), text, names[:1] or (NEUTRAL,))


def marked(lexemes: Sequence[Lexeme], count: int, present: Collection[str], telling: bool) -> list[Lexeme]:
    """The lexemes with what speaks of one of `count` given pictures marked."""
    return Marker(lexemes, count, present, telling).run() if count else list(lexemes)
