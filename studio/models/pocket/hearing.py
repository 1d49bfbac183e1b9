"""From text to lexemes as the grammar wants them, and an account of every word that came to nothing.

Nouns: `LEXICON` is the vocabulary of `words` with the words for turns. A word is *unheard* when nothing here
knows it, and *idle* when it is known to say something that a picture here cannot show ("shiny", "running").
"""

from __future__ import annotations

from collections.abc import Collection

from studio.models.pocket import turning, words
from studio.models.pocket.languages import to_english
from studio.models.pocket.phrasing import NotUnderstood
from studio.models.pocket.references import marked
from studio.models.pocket.words import LONGEST_TEXT, Lexeme, tokenize

_IDLE = """
old new young fresh juicy ripe fluffy shiny soft modern ancient colorful colourful detailed sleek smooth rough
wild sleepy majestic warm cold cool hot lush lean thin thick clean dirty wet dry broken distant windless
swim swims swam swimming run runs running ran walk walks walking walked sleeping sleeps jump jumps jumping
dance dances dancing play plays playing eat eats eating chasing chases watching watches following follows
drive drives driving rising surrounded hanging hangs
"""
IDLE = frozenset(_IDLE.split())
_LONGEST = 6
_FAR = ("far from", "far away from", "far off from", "a long way from", "distant from")
_OWNERS = ("its", "his", "her", "their")
_BODY = ("head", "face", "hand", "hands", "paw", "paws", "arm", "arms", "back", "neck", "lap")
LEXICON: dict[tuple[str, ...], Lexeme] = {
    **words.LEXICON,
    **{tuple(phrase.split()): Lexeme("relation", "far", phrase) for phrase in _FAR},
    **{(owner, part): Lexeme("pron", "it", f"{owner} {part}") for owner in _OWNERS for part in _BODY},
    **{tuple(tokenize(phrase)): lexeme for phrase, lexeme in turning.phrases()},
}

_LOOKS = ("color", "size", "mood")
# Things whose word is first of all something else.
_ALSO = {"mirror": "mirror", "face": "smiley", "mountains": "mountain", "waves": "wave"}


def hear(text: str, references: int = 0, present: Collection[str] = (), telling: bool = True) -> list[Lexeme]:
    """The lexemes of a text, with what speaks of a given picture marked as such."""
    if len(text) > LONGEST_TEXT:
        raise NotUnderstood(
            "That is a very long text; please say in a few sentences what the picture should show."
        )
    return marked(lex(to_english(text)), references, present, telling)


def lex(text: str) -> list[Lexeme]:
    """The longest known phrases, one after the other; other words are as `words.lex` takes them."""
    tokens = tokenize(text.replace("°", " degrees "))
    found: list[Lexeme] = []
    at = 0
    while at < len(tokens):
        if tokens[at].isdecimal() and tokens[at + 1 : at + 2] and tokens[at + 1] in turning.UNITS:
            found.append(Lexeme("count", str(int(tokens[at][:4]) % 360), tokens[at]))
            at += 1
            continue
        length = next((n for n in range(_LONGEST, 1, -1) if tuple(tokens[at : at + n]) in LEXICON), 1)
        known = LEXICON.get(tuple(tokens[at : at + length]))
        found += [known] if known else words.lex(tokens[at])
        at += length
    return [_noun(lexeme, [word.kind for word in found[:at]]) for at, lexeme in enumerate(found)]


def _noun(lexeme: Lexeme, before: list[str]) -> Lexeme:
    """A verb that is a thing behind an article ("a mirror"), and a land that is many things when counted
    ("two red mountains"); `before` are the kinds of the words before it.
    """
    name = _ALSO.get(lexeme.text)
    if lexeme.kind == "land":
        while before and before[-1] in _LOOKS:
            before = before[:-1]
    led = ("count",) if lexeme.kind == "land" else ("det", "count", *_LOOKS)
    if lexeme.kind == "thing" or name is None or not before or before[-1] not in led:
        return lexeme
    return Lexeme("thing", name, lexeme.text, (name,), plural=lexeme.text != name)


def unknown_words(text: str, references: int = 0) -> tuple[str, ...]:
    """The words that carry meaning and that nothing here knows, each once, in the order they were said."""
    said = hear(text[:LONGEST_TEXT], references)
    return tuple(dict.fromkeys(word.text for at, word in enumerate(said) if _unknown(word, said[at + 1 :])))


def _unknown(lexeme: Lexeme, after: list[Lexeme]) -> bool:
    if lexeme.text == "black and white":
        return not after or after[0].kind not in ("thing", "ground", "pattern")
    strange_style = lexeme.kind == "style" and lexeme.value == "style" != lexeme.text
    return strange_style or lexeme.kind in ("unknown", "other")


def idle_words(text: str) -> tuple[str, ...]:
    """The words that are known and yet change nothing in a picture, each once."""
    said = hear(text[:LONGEST_TEXT])
    return tuple(
        dict.fromkeys(lexeme.text for lexeme in said if lexeme.kind == "stop" and lexeme.text in IDLE)
    )
