"""Messages in Spanish, French, German, Chinese and Indonesian, said in English.

This is no translator: it knows the words that a message about a picture is made of, and the order in which
English wants them, so that the English reader understands. A word it does not know stays as it is. In doubt a
message is English.

Nouns: the language of a message is the one that knows most of its words. The names of the things in
`languages.tsv` were taken from emojibase-data (https://emojibase.dev, MIT license, see
LICENSE-emojibase.txt), shortened and corrected by hand; Indonesian and `phrases.tsv` are our own.
"""

from __future__ import annotations

import re

from studio.models.pocket.chinese import ChineseClause
from studio.models.pocket.phrasebook import CLOSED, LANGUAGES, Said, phrasebook, tokens_of
from studio.models.pocket.wordorder import Clause
from studio.models.pocket.words import LONGEST_TEXT, lex

_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN = tuple(language for language in LANGUAGES if language != "zh")
_STRANGE = ("unknown", "other")


def to_english(words: str) -> str:
    """The message in English; English itself comes back unchanged."""
    language = language_of(words)
    if language == "en":
        return words
    order = ChineseClause if language == "zh" else Clause
    said: list[str] = []
    clause: list[list[Said]] = []
    heard = phrasebook(language).read(words[:LONGEST_TEXT])
    for at, options in enumerate(heard):
        if options[0].kind == "pause" and _parts(options[0], heard[at + 1 : at + 2]):
            said += [*order(clause, language).english(), options[0].english]
            clause = []
        else:
            clause.append(options)
    said += order(clause, language).english()
    return _joined(said)


def language_of(words: str) -> str:
    """ "en", "es", "fr", "de", "zh" or "id"."""
    if _HAN.search(words):
        return "zh"
    words = words[:LONGEST_TEXT]
    heard = [lexeme for lexeme in lex(words) if lexeme.kind != "pause"]
    strange = sum(lexeme.kind in _STRANGE for lexeme in heard)
    if not strange:
        return "en"
    english = sum(len(lexeme.text.split()) for lexeme in heard if lexeme.kind not in _STRANGE)
    scores = {language: _known(words, language) for language in _LATIN}
    best = max(scores, key=lambda language: scores[language])
    half = len(tokens_of(words, best)) / 2
    return best if scores[best][0] > english and scores[best][0] >= half else "en"


def _known(words: str, language: str) -> tuple[int, int]:
    """How many words of a message a language knows, and how many of them are its small words."""
    known = small = 0
    for options in phrasebook(language).read(words):
        length = len(tokens_of(options[0].word, language))
        if options[0].kind not in ("word", "pause", "num") or options[0].word.isalpha():
            known += length * (options[0].kind != "word")
            small += length * (options[0].kind in CLOSED)
    return known, small


def _parts(pause: Said, following: list[list[Said]]) -> bool:
    """Whether a pause ends a clause; "and" does only before a verb."""
    if pause.english != "and":
        return True
    return bool(following) and following[0][0].kind == "verb"


def _joined(words: list[str]) -> str:
    text = " ".join(word for word in words if word)
    text = re.sub(r"\ba (?=[aeio]|umbrella)", "an ", text)
    return re.sub(r" ([,.])", r"\1", text).strip(" ,.")
