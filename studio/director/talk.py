"""Small talk: greetings, thanks and questions get an answer, and the picture stays.

A table of whole-message patterns, each with the function that answers. Whatever is no question and fits no
pattern is not talk.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from studio.director.references import existing, find
from studio.director.said import Said
from studio.director.words import COMMAND, short
from studio.errors import NotFound
from studio.timeline import Plan

Answer = Callable[[Said], str]

START = "Describe a picture, for example “a red boat on a calm sea”."
HINT = "Say what should change, for example “make it night”, or paint a mask and name what goes there."


def _help(said: Said) -> str:
    return (
        "I draw what you describe, change it in words or inside a painted mask, crop, rotate and tone it"
        " exactly,"
        " extend it, make variations, and go back to any version; try "
        + ("“make it night”." if said.desk.head else "“a red boat on a calm sea”.")
    )


def _greeting(said: Said) -> str:
    return f"Hello. {_next(said)}"


def _thanks(said: Said) -> str:
    return f"You are welcome. {_next(said)}"


def _next(said: Said) -> str:
    return HINT if said.desk.head else START


def _which(said: Said) -> str:
    for one in said.desk.shown:
        if one.version == said.desk.head:
            return f"This is version {one.number} of {len(said.desk.shown)}: “{short(one.words)}”."
    return f"Nothing is on the canvas yet. {START}"


def _how_many(said: Said) -> str:
    words = existing(said.desk.shown)
    return f"{words[0].upper()}{words[1:]}."


def _size(said: Said) -> str:
    size = said.desk.size
    return f"The canvas is {size[0]} by {size[1]} pixels." if size else f"Nothing is drawn yet. {START}"


def _blurry(said: Said) -> str:
    return (
        "Small or stretched pictures look soft; say “sharpen it”, “try again” for another take,"
        " or choose a larger model in the settings."
    )


def _how_undo(said: Said) -> str:
    return "Say “undo”, “go back to version 1” or click a picture in the timeline; nothing is ever deleted."


def _how_mask(said: Said) -> str:
    return (
        "Paint over the part that may change, then say what goes there; everything else stays byte for byte."
    )


def _how_save(said: Said) -> str:
    return "Every version is already saved; use the exports on the right for a file, or “script” for the whole session."


def _looks(said: Said) -> str:
    words = [one.words for one in said.path][-4:]
    if not words:
        return f"Nothing is drawn yet. {START}"
    return "It was made from these words: " + ", then ".join(f"“{short(word)}”" for word in words) + "."


def _feedback(said: Said) -> str:
    return "Say what should be different, “try again” for another take, or “undo” to take it back."


def _unclear(said: Said) -> str:
    return f"I only follow whole instructions. {_next(said)}"


def _question(said: Said) -> str:
    return f"I make and change pictures and cannot answer that. {_next(said)}"


TABLE: tuple[tuple[str, Answer], ...] = (
    (
        r"(?:oh )?(?:hi|hello|hey|hiya|howdy|yo|good (?:morning|afternoon|evening|day))(?: there| again|"
        r" pentimento| everyone)?", _greeting),
    (
        r"(?:ok(?:ay)?|great|nice|perfect|cool|wow)?[, ]*(?:many )?(?:thanks|thank you|thx|ty|cheers"
        r"|ta)(?: (?:a lot|so much|very much|again|you|for (?:that|this|the help)))*", _thanks),
    (
        r"(?:that(?:'s| is| looks)|this(?:'s| is| looks)|it(?:'s| is| looks)|looks)? ?(?:so |very "
        r"|really |pretty )?(?:nice|great|good|cool|lovely|beautiful|perfect|amazing|awesome|wow"
        r"|wonderful|fantastic|excellent|good job|well done|nice one|love it|i (?:really )?(?:love|like)"
        r" (?:it|this|that)|gorgeous|brilliant)", _thanks),
    (r"(?:bye|goodbye|see you|good ?night to you|later|that's all|i'm done|done)", lambda said: "Everything is saved; come back any time."),
    (
        r"(?:ok(?:ay)?|yes|no|yeah|nope|yep|sure|fine|k|maybe|hm+|um+|test|testing|go|do it|yes please"
        r"|no thanks?|\W+)", _unclear),
    (
        r"(?:help(?: me)?|commands|what can (?:you|i) (?:do|say|ask)(?: here)?|how (?:does|do) (?:this"
        r"|it|you|i use (?:this|it|you)) ?(?:work)?|what (?:are you|is this|do you do)|who are you|how"
        r" do i (?:start|begin|use (?:this|it))|instructions|\?+)", _help),
    (
        r"(?:which|what) (?:version|picture|image|one) (?:is (?:this|it|that|on the canvas|shown)|am i"
        r" (?:on|at|in)|are we (?:on|at|in))|where (?:am i|are we)|what version|which (?:one )?is this", _which),
    (
        r"(?:how many|what|which|list(?: all)?|show (?:me )?(?:all|the)) (?:versions|pictures|images)(?:"
        r" (?:are there|do (?:i|we) have|exist|so far|of this))*", _how_many),
    (
        r"(?:what(?:'s| is)|how (?:big|large|wide|tall) is|which is) (?:the |its )?(?:size|resolution"
        r"|dimensions?|it|this|the (?:picture|image|canvas))?(?: of (?:it|this|the (?:picture|image"
        r"|canvas)))?(?<!what is it)(?<!what's it)(?<!what is this)(?<!what's this)", _size),
    (
        r"why (?:is|does|are|do) (?:it|this|that|the \w+) (?:look )?(?:so |all |still |a bit )*(?:blurry"
        r"|blurred|soft|fuzzy|pixelated|grainy|bad|low quality|low res|small|weird|noisy)(?: now| here)?", _blurry),
    (
        r"(?:how|where) (?:do|can|could|would|to) ?(?:i |you |we )?(?:undo|go back|revert|restore|find"
        r"|see|delete|remove)\b.*|can i (?:undo|go back|revert)\b.*", _how_undo),
    (
        r"(?:how|where) (?:do|can|could|would|to) ?(?:i |you |we )?(?:mask|paint|select|use (?:the |a"
        r" )?(?:mask|brush|lasso)|change only|edit only)\b.*|what is (?:a|the) mask.*", _how_mask),
    (
        r"(?:how|where) (?:do|can|could|would|to|is|are) ?(?:i |you |we |it |they )?(?:save|saved"
        r"|download|export|share|print)\b.*|(?:save|download|export)(?: (?:it|this|the (?:picture"
        r"|image)))?", _how_save),
    (
        r"what(?:'s| is| do you see| can you see) ?(?:there |going on )?(?:in|on) (?:it|this|that|the"
        r" (?:picture|image|photo|canvas))|what do you see|what is (?:it|that)|what's (?:this|it|that)"
        r"|(?:please )?describe (?:it|this|the (?:picture|image))(?: to me)?", _looks),
    (
        r"(?:(?:it|this|that)(?:'s| is| looks| does not look| doesn't look)|looks|i (?:don't|do not"
        r"|really don't) like (?:it|this|that)|i hate (?:it|this|that)|not)? ?(?:so |very |really |just "
        r"|a bit |not )*(?:bad|wrong|ugly|weird|awful|terrible|good|right|what i (?:wanted|meant|asked"
        r" for)|meh|strange|off)?", _feedback),
)  # fmt: skip
PATTERNS = tuple((re.compile(pattern, re.I), answer) for pattern, answer in TABLE)

WHAT_WAS = re.compile(
    r"(?:what (?:was|is|did|does)|describe|tell me about) (?P<ref>.+?)(?: (?:about|made from|look like"
    r"|show))?",
    re.I,
)
ASKED = re.compile(
    r"(?:what(?! (?:about|if)\b)|what's|who|who's|whose|why(?! (?:not|don't)\b)|when|where|where's|which"
    r"|how(?! about\b)|is|are|was|were|does"
    r"|do (?:you|i|we|they)|did|am i|has|have (?:you|i|we)|should i|may i|can (?:i|you (?:see|hear"
    r"|understand|speak|remember|read|tell|explain))|are you)\b.*\?",
    re.I | re.S,
)
TOLD = re.compile(
    r"(?:what|who|why|which|how) (?:is|are|was|were|can|do|does|did|many|much|come|to|should|would|did) .*"
    r"|(?:tell|explain|teach) (?:me|us) .*|explain .*|do you (?:know|have|like|think|see) .*",
    re.I | re.S,
)
NOT_TALK = re.compile(
    r"(?:is it possible to|do you think you (?:could|can)|are you able to|what (?:if|about)|how about)\b",
    re.I,
)


def talk(said: Said) -> Plan | None:
    """An answer, if the message is only talk."""
    text = said.text.strip()
    core = text.strip(" .!?,…:)(").strip()
    if len(text) > COMMAND:
        return None
    for pattern, answer in PATTERNS:
        if pattern.fullmatch(core) and (core or not said.ask.images):
            return Plan(reply=answer(said))
    if NOT_TALK.match(text) or not (ASKED.fullmatch(text) or TOLD.fullmatch(text)):
        return None
    return Plan(reply=_about_version(core, said) or _question(said))


def _about_version(text: str, said: Said) -> str | None:
    """ "what was version 2?" """
    match = WHAT_WAS.fullmatch(text)
    try:
        shown = find(match["ref"], said) if match else None
    except NotFound as missing:
        return str(missing)
    return f"Version {shown.number} is “{short(shown.words)}”." if shown else None
