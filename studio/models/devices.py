"""One piece of work at a time on a device, and what is said when its memory runs out."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from studio.errors import CannotDo

_DEVICES: dict[str, threading.Lock] = {}
_NEW_DEVICE = threading.Lock()


class OutOfMemory(CannotDo):
    """The device has too little memory for this run. With less of it asked for, the model may still do it."""


@contextmanager
def working(device: Any, name: str) -> Iterator[None]:
    """The device, for one piece of work of the model of that name. Raises `OutOfMemory`."""
    with _lock_of(device):
        try:
            yield
        except (MemoryError, RuntimeError) as error:
            if not is_memory(error):
                raise
            # What the run had on the device is held by the frames of its traceback.
            traceback.clear_frames(error.__traceback__)
            raise OutOfMemory(
                f"There is not enough memory for {name} to draw this. Ask for a smaller picture, or choose a "
                "smaller model."
            ) from None


def _lock_of(device: Any) -> threading.Lock:
    """Two runs on a device at once would spoil each other, or run out of its memory."""
    with _NEW_DEVICE:
        return _DEVICES.setdefault(str(device), threading.Lock())


def is_memory(error: Exception) -> bool:
    """Whether a device ran out of memory. CUDA has a class for it, the others only their words."""
    words = str(error)
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or any(
        said in words for said in ("out of memory", "can't allocate memory")
    )
