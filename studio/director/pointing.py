"""Pointing in words: "select the cat", "mask the sky" put the mask on it, and nothing is drawn."""

from __future__ import annotations

import re

from studio.director.clauses import split
from studio.director.references import PICTURE
from studio.director.said import Said, Unsure
from studio.director.words import COMMAND
from studio.timeline import Plan

GO = "select:"
SELECT = re.compile(r"(?:(?P<pick>select)|mask)(?: (?:out|off|only|just))?\s+(?P<what>.+)", re.I)
NO_THING = re.compile(
    rf"(?:on|in|at|over|with|for|of|to|from|by)\b"
    rf"|.*(?:\b(?:versions?|turn|takes?|branch|{PICTURE})\b|#?\b\d+\b)",
    re.I,
)


def pointed(said: Said) -> Plan | None:
    """The plan that puts the mask on what the words name, None if they ask for anything else."""
    text = said.text.strip(" .!?")
    match = SELECT.fullmatch(text) if len(text) <= COMMAND else None
    if not match or not said.desk.head or said.ask.images:
        return None
    if NO_THING.match(match["what"]) or len(split(text, False, said.desk.size)) > 1:
        return None
    if not said.desk.sees:
        if match["pick"]:
            return None  # "select the boat" may still mean the version with the boat
        raise Unsure("The model at hand does not see what is in a picture: will you paint the mask by hand?")
    return Plan(reply=f"Selecting {match['what']}.", go=GO + match["what"])
