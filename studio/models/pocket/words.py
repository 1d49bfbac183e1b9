"""The reader's vocabulary: from text to lexemes, longest known phrase first.

Nouns: a `Lexeme` is one word or phrase with what kind of word it is ("thing", "color", "relation",
"unknown" ...) and what it stands for. `LEXICON` is the one table of all phrases, built from the small
tables below and from `nouns`. Nothing here knows grammar; a phrase that means two things is told apart in
`grammar`.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from studio.models.pocket import vocabulary
from studio.models.pocket.nouns import FACES, GROUP_WORDS, INSTEAD, KINDS, NOT_THINGS, SYNONYMS
from studio.models.pocket.things import EXPRESSIONS, THINGS


@dataclass(frozen=True)
class Lexeme:
    """A known phrase, or an unknown word. `names` are what a "thing" may be; `text` is what was said."""

    kind: str
    value: str
    text: str
    names: tuple[str, ...] = ()
    plural: bool = False


_IRREGULAR = {
    "mouse": ("mice", "mouses"),
    "field mouse": ("field mice",),
    "sheep": ("sheep", "sheeps"),
    "deer": ("deer", "deers"),
    "fish": ("fish", "fishes"),
    "tropical fish": ("tropical fish", "tropical fishes"),
    "goldfish": ("goldfish", "goldfishes"),
    "wolf": ("wolves",),
    "loaf": ("loaves",),
    "calf": ("calves",),
    "goose": ("geese",),
    "child": ("children",),
    "octopus": ("octopuses", "octopi"),
    "cactus": ("cacti", "cactuses"),
    "dice": ("dice",),
    "die": (),
    "leaf": ("leaves",),
    "shrimp": ("shrimp", "shrimps"),
    "bread": ("bread", "breads"),
    "knife": ("knives",),
    "squid": ("squid", "squids"),
    "ramen": ("ramen",),
    "doe": (),
    "person": ("people", "persons"),
    "reindeer": ("reindeer",),
    "aircraft": ("aircraft",),
    "elk": ("elk", "elks"),
    "trout": ("trout",),
    "lightning": ("lightning", "lightnings"),
    "book": (),  # "books" is a thing of its own; the grammar makes it single books when they are counted
}

# More often a place than several things.
_PLURAL_LANDS = {"mountains": "mountains", "waves": "sea"}
_SHADES = ("dark", "light", "bright", "pale", "deep", "vivid", "hot", "pastel", "neon", "navy", "soft")
_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)?|[,.;!?&]")
LONGEST = 6
LONGEST_TEXT = 8000


def tokenize(text: str) -> list[str]:
    """Lower-case words and marks; hyphens part words, so "night-time" is "night time"."""
    text = text.replace("->", " to ").replace("→", " to ")
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("‘", "'")
    return [part.removesuffix("'s") for part in _TOKEN.findall(plain)]


def plurals(word: str) -> tuple[str, ...]:
    """The plural forms of a noun, the common wrong ones ("peachs") included."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    head, _, last = word.rpartition(" ")
    if last in _IRREGULAR:
        return tuple(f"{head} {form}" for form in _IRREGULAR[last])
    if " of " in word:
        first, rest = word.split(" of ", 1)
        return tuple(f"{form} of {rest}" for form in plurals(first))
    if last.endswith("man"):
        return (word[:-2] + "en",)
    if word.endswith("s") and not word.endswith(("ss", "us")):
        return (word,)
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return (word + "es", word + "s")
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return (word[:-1] + "ies", word + "s")
    if word.endswith("o"):
        return (word + "es", word + "s")
    return (word + "s",)


def plural(word: str) -> str:
    """The usual plural, for sentences of our own."""
    if word in ("piano", "volcano", "ufo", "avocado", "flamingo"):
        return word + "s"
    return (plurals(word) or (word + "s",))[0]


def _spread(table: dict[str, tuple[str, ...]], kind: str, own: bool = True) -> Iterator[tuple[str, Lexeme]]:
    """A row's phrases, and unless told otherwise the word in front of it, as lexemes that stand for that
    word.
    """
    for value, phrases in table.items():
        for phrase in ((value,) if own else ()) + phrases:
            yield phrase, Lexeme(kind, value, phrase)


def _nouns() -> Iterator[tuple[str, Lexeme]]:
    """Every noun, singular and plural; rarer words come first so that a thing's own name always wins."""
    for phrase in NOT_THINGS:
        for form in (phrase, *plurals(phrase)):
            yield form, Lexeme("other", phrase, form)
    for word, group in GROUP_WORDS.items():
        yield from _forms(word, tuple(k.name for k in THINGS.values() if k.group == group))
    for word, names in KINDS.items():
        yield from _forms(word, tuple(name for name in names if name in THINGS))
    for name, words in SYNONYMS.items():
        for word in words:
            yield from _forms(word, (name,))
    for name in THINGS:
        yield from _forms(name, (name,))
    for family, heads in FACES.items():
        for mood, name in EXPRESSIONS[family].items():
            for word in (mood, *vocabulary.MOODS[mood]):
                for head in heads:
                    yield from _forms(f"{word} {head}", (name,))


def _forms(word: str, names: tuple[str, ...]) -> Iterator[tuple[str, Lexeme]]:
    for form in plurals(word):
        yield form, Lexeme("thing", word, form, names, plural=form != word)
    yield word, Lexeme("thing", word, word, names)


def _phrases() -> Iterator[tuple[str, Lexeme]]:
    """All phrases, the later winning over the earlier."""
    for phrase in vocabulary.STOP:
        yield phrase, Lexeme("stop", phrase, phrase)
    for head, phrases in vocabulary.SMALL_WORDS.items():
        kind, value = head.split()
        yield from _spread({value: phrases}, kind, own=False)
    for kind, table in _OURS:
        yield from _spread(table, kind, own=False)
    for kind, table in _SAID:
        yield from _spread(table, kind)
    yield from _nouns()
    yield from _spread(vocabulary.COUNTS, "count")
    for phrase, lexeme in _spread(vocabulary.COLORS, "color"):
        yield phrase, lexeme
        for shade in _SHADES:
            yield f"{shade} {phrase}", lexeme
    for word, land in _PLURAL_LANDS.items():
        yield word, Lexeme("land", land, word)
    yield "mirror", Lexeme("verb", "flip", "mirror")  # "a mirror" is the thing
    for word in ("picture", "painting"):  # the grammar knows when it is the framed thing
        yield word, Lexeme("canvas", word, word)


_OURS = (
    ("flip", vocabulary.FLIPS),
    ("grow", vocabulary.GROWTH),
    ("place", vocabulary.FAR_PLACES),
    ("weather", vocabulary.WEATHERS),
)
_SAID = (
    ("verb", vocabulary.VERBS),
    ("relation", vocabulary.RELATIONS),
    ("shift", vocabulary.SHIFTS),
    ("place", vocabulary.PLACES),
    ("size", vocabulary.SIZES),
    ("land", vocabulary.LANDS),
    ("time", vocabulary.TIMES),
    ("style", vocabulary.STYLES),
    ("pattern", vocabulary.PATTERNS),
    ("mood", vocabulary.MOODS),
)
LEXICON: dict[tuple[str, ...], Lexeme] = {tuple(tokenize(phrase)): lexeme for phrase, lexeme in _phrases()}
LEXICON[("one",)] = Lexeme("pron", "one", "one")
LEXICON[("picture",)] = Lexeme(
    "canvas", "picture", "picture"
)  # the grammar knows when it is the framed thing


def lex(text: str) -> list[Lexeme]:
    """The text as lexemes; a word that is nowhere in the lexicon becomes "unknown", an adverb in -ly
    "stop".
    """
    tokens = tokenize(text)
    found: list[Lexeme] = []
    at = 0
    while at < len(tokens):
        lexeme, length = _longest(tokens, at)
        found.append(lexeme)
        at += length
    return found


def _longest(tokens: list[str], at: int) -> tuple[Lexeme, int]:
    for length in range(min(LONGEST, len(tokens) - at), 0, -1):
        lexeme = LEXICON.get(tuple(tokens[at : at + length]))
        if lexeme:
            return lexeme, length
    word = tokens[at]
    if word.isdecimal():
        return Lexeme("count", str(min(int(word[:4]), 99)), word), 1
    if word.endswith("ly") and len(word) > 4:
        return Lexeme("stop", word, word), 1
    return Lexeme("unknown", word, word), 1


def nearest(word: str) -> tuple[str, ...]:
    """Up to three known things close to a word: by meaning where the table knows, else by spelling."""
    word = " ".join(tokenize(word))[:40]
    singular = next((known for known in INSTEAD if word in plurals(known)), word)
    if singular in INSTEAD:
        return INSTEAD[singular][:3]
    alike = [name for name in _NAMES if name[:1] == word[:1]]
    close = difflib.get_close_matches(word, alike, n=3, cutoff=0.75)
    return tuple(dict.fromkeys(name for match in close for name in _NAMES[match]))[:3]


_NAMES: dict[str, tuple[str, ...]] = {
    " ".join(tokens): lexeme.names[:1] for tokens, lexeme in LEXICON.items() if lexeme.kind == "thing"
}
