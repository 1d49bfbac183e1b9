"""Words of other languages with the English that each stands for.

Nouns: a `Said` is one foreign word or phrase as it was heard: what kind of word it is, its English, and
whether it is in the plural. A `Phrasebook` is everything known of one language. `languages.tsv` has the names
of the things, `phrases.tsv` everything else; both are read once.
"""

from __future__ import annotations

import csv
import functools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LANGUAGES = ("es", "fr", "de", "zh", "id")
# Kinds that carry grammar and not things: what a language is known by.
CLOSED = ("det", "num", "prep", "verb", "cop", "pause", "pron", "skip", "pred", "place")
_MARKS = ",.;!?，。；！？、：:"
_TOKEN = re.compile(rf"[^\W_]+'(?=\w|$)|[^\W_]+|[{_MARKS}]")
# One word that is two: written out, so that "del" ends a phrase as "de" does.
_TWO = {
    "es": {"del": "de el", "al": "a el"},
    "fr": {"du": "de le", "des": "de les", "au": "à le", "aux": "à les", "d'": "de"},
    "de": {
        "im": "in dem",
        "am": "an dem",
        "ins": "in das",
        "ans": "an das",
        "zum": "zu dem",
        "zur": "zu der",
        "vom": "von dem",
        "beim": "bei dem",
        "aufs": "auf das",
    },
    "zh": {},
    "id": {},
}
_ADJECTIVE_ENDINGS = {
    "es": ("s", "es"),
    "fr": ("e", "s", "es", "le", "les"),
    "de": ("e", "en", "em", "er", "es"),
}
# "le" and "les" say to whom, which is said again behind the verb.
_CLITICS = {"lo": " it", "la": " it", "los": " them", "las": " them", "le": "", "les": ""}
# Chinese words of grammar, which the order of words is told by.
_PARTICLES = "把将在的到只个条匹头辆座棵朵张位架艘颗名本"
_HIS = re.compile(r"\b(\w{3,})nya\b")
_UMLAUTS = str.maketrans("aou", "äöü")


@dataclass(frozen=True)
class Said:
    """One foreign word or phrase; `english` is empty for what has no counterpart, `word` is what was said."""

    kind: str
    english: str
    word: str
    plural: bool = False


def tokens_of(text: str, language: str) -> list[str]:
    """Lower-case words and marks; Chinese characters one by one."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("-", " ")
    if language == "zh":
        return re.findall(rf"[a-z0-9]+|[{_MARKS}]|[^\W_]", plain)
    two = _TWO[language]
    if language == "id":
        plain = _HIS.sub(r"\1 nya", plain)
    return [part for token in _TOKEN.findall(plain) for part in two.get(token, token).split()]


def bare(word: str) -> str:
    """A word without its accents, as people type it."""
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))


class Phrasebook:
    """All that is known of one language: a phrase, as its tokens, to what it may be."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.entries: dict[tuple[str, ...], list[Said]] = {}
        self._inflected: dict[tuple[str, ...], list[Said]] = {}
        for kind, english, cell in _rows(language):
            for phrase in cell:
                self._learn(kind, english, tuple(tokens_of(phrase, language)))
        for key, said in self._inflected.items():
            if key not in self.entries:
                self.entries[key] = said
        for key, said in list(self.entries.items()):
            self.entries.setdefault(tuple(map(bare, key)), said)
        self.longest: dict[str, int] = {}
        for key in self.entries:
            self.longest[key[0]] = max(len(key), self.longest.get(key[0], 1))

    def read(self, text: str) -> list[list[Said]]:
        """The text as its longest known phrases, each with all that it may be; an unknown word is of kind
        "word" and stands for itself.
        """
        tokens = tokens_of(text, self.language)
        found: list[list[Said]] = []
        at = 0
        while at < len(tokens):
            length, said = self._longest(tokens, at)
            if found and self._goes_on(found[-1][0], said[0]):
                found[-1] = [Said("word", found[-1][0].english + said[0].english, found[-1][0].word)]
            else:
                found.append(said)
            at += length
        return found

    def _goes_on(self, last: Said, said: Said) -> bool:
        """Whether two unknown characters are one unknown Chinese word."""
        known = (last.kind, said.kind) != ("word", "word") or self.language != "zh"
        return not known and last.english[-1] not in _PARTICLES and said.english not in _PARTICLES

    def _longest(self, tokens: list[str], at: int) -> tuple[int, list[Said]]:
        token = tokens[at]
        for length in range(min(self._reach(token), len(tokens) - at), 0, -1):
            run = tuple(tokens[at : at + length])
            said = self.entries.get(run) or self.entries.get(tuple(map(bare, run)))
            if said:
                return length, said
        if token in _MARKS:
            return 1, [Said("pause", "," if token in ",，、：:" else ".", token)]
        if token.isdecimal():
            return 1, [Said("num", token, token)]
        if tokens[at + 1 : at + 2] == [token]:
            return 1, [Said("skip", "", token)]
        return 1, self._guess(token)

    def _reach(self, token: str) -> int:
        """The most words of a phrase that begins with this one."""
        return max(self.longest.get(token, 1), self.longest.get(bare(token), 1))

    def _guess(self, token: str) -> list[Said]:
        """A verb with its pronoun ("bórralo"), a compound of known words ("dunkelblau"), or the word."""
        if self.language == "es":
            verb = self.entries.get((bare(token)[:-2],)) or self.entries.get((bare(token)[:-3],))
            if verb and verb[0].kind == "verb":
                pron = next((english for end, english in _CLITICS.items() if token.endswith(end)), None)
                if pron is not None:
                    return [Said("verb", verb[0].english + pron, token)]
        if self.language == "de":
            for cut in range(len(token) - 3, 2, -1):
                first, last = token[:cut], token[cut:]
                whole = self.entries.get((last,))
                if whole and whole[0].kind in ("noun", "adj", "land") and (first,) in self.entries:
                    return whole
        return [Said("word", token, token)]

    def _learn(self, kind: str, english: str, key: tuple[str, ...]) -> None:
        said = Said(kind, english, " ".join(key))
        self.entries.setdefault(key, []).append(said)
        if kind in ("adj", "det"):
            for form in self._adjective_forms(key[-1]) if kind == "adj" else ():
                self._inflected.setdefault((*key[:-1], form), []).append(said)
        if kind == "noun":
            for many in self._plurals(key):
                several = Said(kind, english, " ".join(many), plural=True)
                self._inflected.setdefault(many, []).append(several)

    def _adjective_forms(self, word: str) -> Iterator[str]:
        if self.language == "es" and word.endswith("o"):
            yield from (word[:-1] + end for end in ("a", "os", "as"))
        for ending in _ADJECTIVE_ENDINGS.get(self.language, ()):
            yield word + ending
        if self.language == "de" and word.endswith("el"):
            yield from (word[:-2] + "l" + end for end in _ADJECTIVE_ENDINGS["de"])

    def _plurals(self, key: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        match self.language:
            case "es":
                first = bare(key[0])
                forms = (
                    first + "s",
                    first + "es",
                    first[:-1] + "ces" if first.endswith("z") else first + "s",
                )
                yield from ((form, *key[1:]) for form in forms)
                yield from ((form, *(f"{word}s" for word in key[1:])) for form in forms)
            case "fr":
                forms = (key[0] + "s", key[0] + "x", re.sub("al$", "aux", key[0]))
                yield from ((form, *key[1:]) for form in forms if form != key[0])
                yield tuple(f"{word}s" for word in key)
            case "de":
                yield from ((*key[:-1], form) for form in _german_plurals(key[-1]))
            case "id":
                yield (*key, *key)


def _german_plurals(word: str) -> Iterator[str]:
    """All that a German plural may look like; there is no telling which of them it is."""
    at = max(
        (i for i, letter in enumerate(word) if letter in "aou" and word[i - 1 : i + 1] != "eu"), default=-1
    )
    stems = [word]
    if at >= 0:
        at -= word[at - 1 : at + 1] == "au"
        stems.append(word[:at] + word[at].translate(_UMLAUTS) + word[at + 1 :])
    for stem in stems:
        for ending in ("", "e", "en", "n", "er", "s", "nen", "ern"):
            if stem + ending != word:
                yield stem + ending


def _rows(language: str) -> Iterator[tuple[str, str, list[str]]]:
    """Kind, English and foreign phrases of every row of both tables, the small words first."""
    here = Path(__file__)
    for name in ("phrases.tsv", "languages.tsv"):
        with here.with_name(name).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                cell = [phrase for phrase in row[language].split("/") if phrase]
                yield row.get("kind") or "noun", row["english"], cell


@functools.cache
def phrasebook(language: str) -> Phrasebook:
    """The phrasebook of a language, made when first asked for."""
    return Phrasebook(language)
