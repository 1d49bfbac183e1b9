"""Pentimento: a notebook studio where pictures are made by talking, and no earlier state is painted over.

from studio import Studio
studio = Studio("~/pictures", model="pocket")
session = studio.open("harbour")
session.say("a red boat on a calm sea", seed=7)
"""

from studio.api import Studio
from studio.session import Session

__all__ = ["Session", "Studio"]
