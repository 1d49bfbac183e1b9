"""A stand-in for the package `spaces`, which does something on Spaces only: it lends what it has, a process.

As there, a generator function under `GPU` runs in a forked process; arguments and what comes out are pickled;
closing it is seen after the next step; and an error comes back as its name alone, in one of gradio's.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import torch
from gradio.exceptions import Error

FORK = multiprocessing.get_context("fork")


class Spaces(ModuleType):
    """The module. `asked` are the seconds that were asked for; `quota` is how often there is a card."""

    def __init__(self, quota: int = 1000) -> None:
        super().__init__("spaces")
        self.asked: list[int] = []
        self.quota = quota

    def GPU(self, duration: Callable[..., int]) -> Callable[[Any], Any]:  # noqa: N802
        def decorate(task: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
            def lent(*args: Any) -> Iterator[Any]:
                self.asked.append(duration(*args))
                if len(self.asked) > self.quota:
                    raise Error("You have exceeded your GPU quota.")
                yield from _elsewhere(task, args)

            return lent

        return decorate


def _elsewhere(task: Callable[..., Iterator[Any]], args: tuple[Any, ...]) -> Iterator[Any]:
    ours, theirs = FORK.Pipe()
    stop = FORK.Event()
    process = FORK.Process(target=_serve, args=(task, theirs, stop), daemon=True)
    process.start()
    theirs.close()
    ours.send(args)
    try:
        while (one := ours.recv())[0] != "end":
            if one[0] == "error":
                raise Error(one[1])
            yield one[1]
    except GeneratorExit:
        stop.set()
        while ours.recv()[0] != "end":
            pass
        raise
    finally:
        process.join(20)


def _serve(task: Callable[..., Iterator[Any]], pipe: Any, stop: Any) -> None:
    torch.set_num_threads(1)  # threads do not survive a fork
    given = task(*pipe.recv())
    try:
        for one in given:
            if stop.is_set():
                given.close()  # type: ignore[attr-defined]
                break
            pipe.send(("one", one))
    except Exception as error:  # noqa: BLE001, as there: whatever it is
        pipe.send(("error", type(error).__name__))
    pipe.send(("end", None))
