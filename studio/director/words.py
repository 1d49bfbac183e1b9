"""Words as a director handles them: cleaning, quotation, politeness, numbers, and how to name a deed.

*Clean* text has no control characters. In *shielded* text every quotation is one private character, so that
no rule reads what a picture shall merely show: `add the text "undo"` is not an undo.
"""

from __future__ import annotations

import re
import unicodedata

from studio.errors import BadMessage


def listed(text: str) -> tuple[str, ...]:
    """The words of a table, written as they are read."""
    return tuple(text.split())


LIMIT = 4000  # characters; far more than any picture's description, far less than a pasted book
COMMAND = 240  # characters: descriptions are longer, but no command is, so no rule for commands looks further
QUOTED = re.compile(
    r"“[^”\n]{0,400}”|\"[^\"\n]{0,400}\"|«[^»\n]{0,400}»|(?<!\w)'[^'\n]{1,400}'(?!\w)|(?<!\w)‘[^’\n]{1,400}’(?!\w)"
)
FIRST = 0xE000  # the first private character, which `clean` takes out of what people send

COUNTS = {
    word: number
    for number, words in {
        1: "one a an another single",
        2: "two couple pair second",
        3: "three few third",
        4: "four several fourth",
        5: "five fifth",
        6: "six sixth",
        7: "seven seventh",
        8: "eight eighth",
        9: "nine ninth",
        10: "ten tenth",
        12: "twelve dozen",
        16: "sixteen",
        20: "twenty",
    }.items()
    for word in words.split()
}
COUNT = (
    r"(?:\d{1,4}|a couple of|a few|a dozen|couple of|one|two|three|four|five|six|seven|eight|nine|ten"
    r"|twelve|dozen|sixteen|twenty|several)"
)

# Said before or after what is meant. What WITH_COMMA lists counts only before a comma:
# "no, make it blue" is a correction, "no people" is not.
SOME = r"(?= (?:an?|some|more|less|\d) )"
LEADS = (
    r"please|pls|plz|kindly|ok|okay|hey|now|then|and|also|so|just|actually|maybe|perhaps|but",
    r"(?:can|could|would|will) (?:you|we|u|i)(?: (?:please|pls|maybe|also|just|now|kindly|perhaps|possibly))*"
    r"(?: (?:get|have|help me|try to))?",
    r"would you mind|do you think you could|i was wondering if you could|(?:is it|would it be) possible to",
    r"i(?:'d| would)? (?:really )?(?:like|love|want|prefer|need)(?: you)? to(?: (?:have|get|see))?",
    rf"i(?:'d| would)? (?:really )?(?:like|love|prefer|want|need){SOME}|(?:give|get|bring) me{SOME}",
    r"let's|let us|lets|(?:how|what) (?:about|if)(?: (?:we|you|i))?|why (?:not|don't (?:we|you))",
    r"go ahead and|try to|try and|you (?:can|could|should|may)|help me",
    r"(?:(?:the )?same(?: (?:picture|image|photo|thing|one|scene))?|like this|this|again),? but",
    r"(?:do|try) it again,? but",
)
WITH_COMMA = (
    "no|nope|yes|yeah|yep|great|perfect|nice|cool|lovely|right|well|first|next|finally|hello|hi|oh|sorry|wait"
    "|thanks|thank you|good|hm+|um+|ah|wow|awesome|alright|nice one|good morning|for starters"
)
LEAD = re.compile(rf"(?:{'|'.join(LEADS)})(?:[,:!.…]+\s*|\s+)|(?:{WITH_COMMA})\s*[,!.:;…-]+\s*", re.I)
TAIL = re.compile(
    r"[\s,]*\b(?:please|pls|plz|thanks|thank you|thx|for me|will you|would you|can you|could you|as well|too"
    r"|if (?:you can|you could|possible|you don't mind))[\s.!?]*$",
    re.I,
)
END = 80  # characters at the end of a message in which politeness and counts are looked for
POLITE = 12  # polite words taken off one after another
JOINS = frozenset(("and", "then", "but", "also", ""))

# Words that begin an instruction. Extending the studio's vocabulary starts here.
VERBS = frozenset(
    listed(
        "add adapt adjust affix age alter animate append apply arrange attach blacken blend blur"
        " boost bring brighten build capture carve cast change clean clear close color colorize"
        " colour combine convert correct cover craft create crop cut darken decorate decrease delete"
        " depict desaturate design dim dispel double draw dress drop dye eliminate enhance enlarge"
        " enliven enrich ensure enter eradicate erase evoke exchange exclude expand explore extend"
        " extract fade fill fix flip fold freeze frame generate get give go grace grow have hide"
        " illuminate illustrate imagine immerse improve include incorporate increase infest insert"
        " integrate introduce invert keep leave let light lighten lose lower make melt merge mirror"
        " mix modify morph move multiply omit open outpaint overlay paint paste place plant pop"
        " position pretend produce project purge push put raise read rearrange recolor recolour"
        " redesign reduce refashion relight relocate remove rename render repaint repair replace"
        " reposition reshape resize rest restore retouch rotate scale set shade sharpen shift shoot"
        " show shrink simplify sit sketch smooth soften spread sprinkle stand straighten strengthen"
        " stretch substitute surround swap switch take tell tilt tint tone touch trade transform"
        " transport trim turn upscale use wear widen wipe write zoom"
    )
)
DOUBLES = frozenset(
    listed("blur crop cut dim drop flip get let pop put set sit swap trim")
)  # putting, cropping

LONG = 90  # characters of a person's words that a reply repeats


def clean(text: str) -> str:
    """The message without what cannot be seen. Raises `BadMessage` if it is too long."""
    if len(text) > LIMIT:
        raise BadMessage(
            f"The message has {len(text):,} characters; at most {LIMIT:,} can be read. Please shorten it."
        )
    seen = "".join(
        c for c in re.sub(r"[\t\v\f\u00a0]", " ", text.replace("\r", "\n")) if c == "\n" or _seen(c)
    )
    return re.sub(r"\s*\n\s*", "\n", re.sub(r"[ \u3000]+", " ", seen.replace("’", "'"))).strip()


def _seen(character: str) -> bool:
    """Joiners stay, since scripts and emoji need them; controls, surrogates and private characters go."""
    category = unicodedata.category(character)
    return character in "\u200c\u200d" or category not in ("Cc", "Cf", "Cs", "Co", "Cn")


def shield(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with every quotation as one private character, and the quotations."""
    quotes: list[str] = []

    def hide(match: re.Match[str]) -> str:
        quotes.append(match[0])
        return chr(FIRST + len(quotes) - 1)

    return QUOTED.sub(hide, text), tuple(quotes)


def unshield(text: str, quotes: tuple[str, ...]) -> str:
    """The quotations back in their places."""
    return "".join(_quote(c, quotes) for c in text)


def _quote(character: str, quotes: tuple[str, ...]) -> str:
    place = ord(character) - FIRST
    return quotes[place] if 0 <= place < len(quotes) else character


def bare(text: str) -> str:
    """The text without politeness at either end."""
    for _ in range(POLITE):
        lead = LEAD.match(text)
        rest = without_end(TAIL, text[lead.end() :] if lead else text).strip(" ,;:\n")
        if not rest or rest == text:
            break
        text = rest
    return text


def without_end(pattern: re.Pattern[str], text: str) -> str:
    """The text without what the pattern finds at its end, which is all that is looked at."""
    return text[:-END] + pattern.sub("", text[-END:])


def trimmed(text: str) -> str:
    """A clause as a prompt: no dangling punctuation or joining words, inner space single."""
    words = text.split()
    while words and words[-1].lower().strip(",;:.!?…") in JOINS:
        words.pop()
    return re.sub(r" ([,.;!?])", r"\1", " ".join(words)).strip(" ,;:.!?…")


def plain(text: str) -> str:
    """Lower case and single spaces, for comparing; numbers and signs stay."""
    return re.sub(r"\s+", " ", re.sub(r"[!?…;\"“”]|[.,:](?!\d)", " ", text.lower())).strip()


def count(word: str) -> int:
    """What a number in digits or words is worth; 1 if it is none."""
    word = word.lower().strip()
    if word.isdecimal():
        return int(word)
    found = [COUNTS[part] for part in re.split(r"\W+", word) if part in COUNTS]
    return found[-1] if found else 1


def stems(text: str) -> frozenset[str]:
    """The words that carry meaning, without plural endings, so that "boats" finds "a boat"."""
    return frozenset(
        _stem(word) for word in re.findall(r"[^\W\d_]{2,}", text.lower()) if word not in EMPTY_WORDS
    )


def _stem(word: str) -> str:
    for ending, short in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh")):
        if word.endswith(ending):
            return word[: -len(ending)] + short
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


EMPTY_WORDS = frozenset(
    listed(
        "the an and or of in on at to with was were is are it its that this one ones picture image"
        " version photo drawing painting there had has have had got where when you your we my me"
        " made make added add put turned turn changed change into from for by before after appeared"
        " came just only still very"
    )
)


def doing(clause: str) -> str:
    """A clause as what is being done: "make it night" -> "making it night"."""
    verb, _, rest = clause.partition(" ")
    low = verb.lower()
    if low not in VERBS:
        return f"applying “{short(clause)}”"
    gerund = low + low[-1] if low in DOUBLES else low[:-1] if low.endswith("e") and low != "dye" else low
    return short(f"{gerund}ing {rest}".strip())


def short(text: str) -> str:
    """At most LONG characters, cut at a word."""
    if len(text) <= LONG:
        return text
    return text[:LONG].rsplit(" ", 1)[0] + "…"
