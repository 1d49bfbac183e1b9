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
        f" exactly, extend it, make variations, and go back to any version. {_next(said)}"
    )


def _greeting(said: Said) -> str:
    return f"Hello. {_next(said)}"


def _thanks(said: Said) -> str:
    return f"You are welcome. {_next(said)}"


def _next(said: Said) -> str:
    return HINT if said.desk.head else START


def _which(said: Said) -> str:
    one = said.canvas
    if one:
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
    return "Every version is saved already; for a file, or a script of the whole session, use the exports."


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


def _compare(said: Said) -> str:
    return "Move the pointer over a picture in the timeline and the canvas shows it for comparison."


def _delete(said: Said) -> str:
    return "Nothing is ever deleted: remove a turn in the notebook, or say “undo” or “go back to version 1”."


def _turn(said: Said) -> str:
    return (
        "Edit a turn's own words in the notebook, or remove it there: the later turns are then applied again."
    )


def _stop(said: Said) -> str:
    return "To stop a picture being drawn, press the stop button; to take the last change back, say “undo”."


def _undo_all(said: Said) -> str:
    return "Say “go back to version 1”, or “undo” once for each change; nothing is ever deleted."


def _goodbye(said: Said) -> str:
    return "Everything is saved; come back any time."


PRAISE = (
    "nice|great|good|cool|lovely|beautiful|perfect|amazing|awesome|wow|wonderful|fantastic|excellent|good job"
    "|well done|nice one|love it|gorgeous|brilliant|i (?:really )?(?:love|like) (?:it|this|that)"
)
BLAME = (
    "bad|wrong|ugly|weird|awful|terrible|good|right|what i (?:wanted|meant|asked for|asked)|meh|strange|off"
)
SOFT = "blurry|blurred|soft|fuzzy|pixelated|grainy|bad|low quality|low res|small|weird|noisy"
IS = r"(?:(?:it|this|that)(?:'s| is| looks)|looks)"
HOW = r"(?:how|where) (?:do|can|could|would|to|is|are) ?(?:i |you |we |it |they )?"
CANVAS = "(?:it|this|that|the (?:picture|image|photo|canvas))"
DAY = "(?:morning|afternoon|evening|day)"

TABLE: tuple[tuple[Answer, tuple[str, ...]], ...] = (
    (
        _greeting,
        (rf"(?:oh )?(?:hi|hello|hey|hiya|howdy|yo|good {DAY})(?: there| again| pentimento| everyone)?",),
    ),
    (
        _thanks,
        (
            r"(?:ok(?:ay)?|great|nice|perfect|cool|wow)?[, ]*(?:many )?(?:thanks|thank you|thx|ty|cheers|ta)"
            r"(?: (?:a lot|so much|very much|again|you|for (?:that|this|the help)))*",
            rf"(?:{IS} )?(?:so |very |really |pretty )?(?:{PRAISE})",
        ),
    ),
    (_goodbye, (r"bye|goodbye|see you|good ?night to you|later|that's all|i'm done|done",)),
    (
        _unclear,
        (
            r"ok(?:ay)?|yes|no|yeah|nope|yep|sure|fine|k|maybe|hm+|um+|test|testing|go|(?:yes )?do it|\W+",
            r"yes please|no thanks?|i mean(?:t)? the other one",
        ),
    ),
    (
        _help,
        (
            r"help(?: me)?|commands|instructions|who are you|what (?:are you|is this|do you do)",
            r"what can (?:you|i) (?:do|say|ask)(?: here)?",
            r"how (?:does|do) (?:this|it|you|i use (?:this|it|you)) ?(?:work)?",
            r"how do i (?:start|begin|use (?:this|it))",
        ),
    ),
    (
        _which,
        (
            r"(?:which|what) (?:version|picture|image|one) is (?:this|it|that|on the canvas|shown)",
            r"(?:which|what) (?:version|picture|image|one) (?:am i|are we) (?:on|at|in)",
            r"where (?:am i|are we)|what version|which (?:one )?is this",
        ),
    ),
    (
        _how_many,
        (
            r"(?:how many|what|which|list(?: all)?|show (?:me )?(?:all|the)) (?:versions|pictures|images)"
            r"(?: (?:are there|do (?:i|we) have|exist|so far|of this))*",
        ),
    ),
    (
        _size,
        (
            rf"what(?:'s| is) (?:the |its )?(?:size|resolution|dimensions?)(?: of {CANVAS})?",
            rf"how (?:big|large|wide|tall|high) is {CANVAS}",
        ),
    ),
    (
        _blurry,
        (rf"why (?:is|does|are|do) (?:{CANVAS}|the \w+) (?:look )?(?:so |all |still |a bit )*(?:{SOFT})",),
    ),
    (
        _how_undo,
        (
            rf"{HOW}(?:undo|go back|revert|restore|find|see|delete|remove)\b.*",
            r"can i (?:undo|go back|revert)\b.*",
        ),
    ),
    (
        _how_mask,
        (
            rf"{HOW}(?:mask|paint|select|use (?:the |a )?(?:mask|brush|lasso)|change only|edit only)\b.*",
            r"what is (?:a|the) mask.*",
        ),
    ),
    (
        _how_save,
        (rf"{HOW}(?:save|saved|download|export|share|print)\b.*", rf"(?:save|download|export)(?: {CANVAS})?"),
    ),
    (
        _looks,
        (
            rf"what(?:'s| is| do you see| can you see) ?(?:there |going on )?(?:in|on) {CANVAS}",
            r"what do you see|what is (?:it|that)|what's (?:this|it|that)",
            rf"(?:please )?describe {CANVAS}(?: to me)?",
        ),
    ),
    (
        _feedback,
        (
            rf"(?:{IS} |not )?(?:so |very |really |just |a bit |not )*(?:{BLAME})",
            r"i (?:don't|do not|really don't) like (?:it|this|that)|i hate (?:it|this|that)",
            r"(?:that's |this is |it's )?not what i (?:wanted|meant|asked|said)(?: for)?|you are wrong",
            r"wrong (?:one|picture|image|version)|(?:it|this|that) (?:does not|doesn't) look (?:good|right)",
        ),
    ),
    (_compare, (r"compare\b.*", r"(?:show|what(?:'s| is)) the difference(?: between .*)?")),
    (
        _delete,
        (
            r"(?:delete|remove|discard|trash|drop) (?:the |this |that )?(?:version|v|#)(?: ?\d+)?",
            r"(?:delete|remove|discard|trash|drop) (?:picture|image|photo|drawing) \d+",
            r"delete (?:it|this|that|everything|all|the (?:picture|image))",
        ),
    ),
    (
        _turn,
        (r"(?:(?:go (?:back )?to|change|edit|undo|redo|remove|delete|revise|rerun) )?(?:turn|cell) \d+\b.*",),
    ),
    (_stop, (r"stop(?: (?:it|that|this|drawing|now))?|cancel|abort|halt|wait",)),
    (_undo_all, (r"(?:undo|revert) (?:everything|all(?: of it| changes)?)",)),
)
PATTERNS = tuple((re.compile("|".join(patterns), re.I), answer) for answer, patterns in TABLE)

WHAT_WAS = re.compile(
    r"(?:what (?:was|is|did|does)|describe|tell me about) (?P<ref>.+?)"
    r"(?: (?:about|made from|look like|show))?",
    re.I,
)
ASKED = re.compile(
    r"(?:what(?! (?:about|if)\b)|what's|who|who's|whose|why(?! (?:not|don't)\b)|when|where|where's|which"
    r"|how(?! about\b)|is|are|was|were|does|do (?:you|i|we|they)|did|am i|has|have (?:you|i|we)|should i"
    r"|may i|can (?:i|you (?:see|hear|understand|speak|remember|read|tell|explain)))\b.*\?",
    re.I | re.S,
)
TOLD = re.compile(
    r"(?:what|why|which|how) (?:is|are|was|were|can|do|does|did|many|much|come|to|should|would) .*"
    r"|who (?:is|are|was|were|made|built|wrote) .*|(?:tell|explain|teach) (?:me|us) .*|explain .*"
    r"|do you (?:know|have|like|think|see) .*",
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
    if not core:
        return None if said.ask.images else Plan(reply=_help(said))
    for pattern, answer in PATTERNS:
        if pattern.fullmatch(core):
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
