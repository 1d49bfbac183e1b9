"""Everything that can go wrong in a way a person can act on.

    StudioError
    ├── BadInput         what was handed in cannot be used
    │   ├── BadMessage       empty, far too long, or unreadable words
    │   ├── BadPicture       an upload that is not a picture we can take
    │   ├── BadMask          nothing painted, or not the canvas's size
    │   └── NotFound         a version, turn, branch or session that is not there
    ├── CannotDo         the model at hand cannot do what was asked
    ├── WeightsError     a model's weights cannot be had, or not be trusted
    │   ├── LicenceAsked     its licence is not free, and nobody has accepted it yet
    │   ├── Gated            the hub gives it only to those who signed in and accepted its terms there
    │   ├── Offline          the hub cannot be reached, and the weights are not all here
    │   └── Unsafe           there are files that could run code, or that lead out of their folder
    ├── StoreError       the studio folder does not take or give what it should
    │   ├── Conflict         another program changed the session meanwhile
    │   ├── DiskFull         there is no room for another picture
    │   └── Damaged          the folder opens for reading only; the message says what is missing
    └── Stopped          somebody pressed stop: not a fault, and nothing is lost

A message is a sentence: what is wrong, with the names, and what to do. These are caught at the edges only
(the page and the API); anything else that is raised is a bug and stays loud.
"""

from __future__ import annotations


class StudioError(Exception):
    """The root of all errors a person can act on."""


class BadInput(StudioError):
    """What was handed in cannot be used."""


class BadMessage(BadInput):
    """The words are empty, far too long, or not readable as text."""


class BadPicture(BadInput):
    """The upload is not a picture the studio can take."""


class BadMask(BadInput):
    """The mask has nothing painted or is not of the canvas's size."""


class NotFound(BadInput):
    """A version, turn, branch or session of that name is not there."""


class CannotDo(StudioError):
    """The model at hand cannot do what was asked."""


class WeightsError(StudioError):
    """The weights of a model cannot be had, or cannot be trusted."""


class LicenceAsked(WeightsError):
    """The model's licence is not free for any use, and nobody has accepted it yet."""


class Gated(WeightsError):
    """The hub gives the model only to those who signed in and accepted its terms there."""


class Offline(WeightsError):
    """The hub cannot be reached, and the weights are not all on this machine."""


class Unsafe(WeightsError):
    """There are files that could run code, or that lead out of their folder."""


class StoreError(StudioError):
    """The studio folder does not take or give what it should."""


class Conflict(StoreError):
    """Another program changed the session meanwhile; it has been read again."""


class DiskFull(StoreError):
    """There is no room in the studio folder for another picture."""


class Damaged(StoreError):
    """Part of the studio folder cannot be read; it opens for reading only."""


class Stopped(StudioError):
    """Somebody pressed stop. What was finished before is kept."""
