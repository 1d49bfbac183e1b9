"""Aids for speed on a pipeline, for one run: switched on, and gone again afterwards, whatever happens.

What each one is, and who bears it, is in `speed`; here is how diffusers is asked for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from contextlib import ExitStack, contextmanager
from typing import Any

import diffusers

# A difference of a fifth between what the first block came to now and before counts as little. Attention is
# computed in every third step, and foretold in between, never in the first three.
CACHES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "first-block": ("FirstBlockCacheConfig", {"threshold": 0.2}),
    "taylor": ("TaylorSeerCacheConfig",
               {"cache_interval": 3, "disable_cache_before_step": 3, "max_order": 1}),
}  # fmt: skip

# What a failing aid raises at the first step, from deep inside; what a run refuses in a sentence is not it.
BREAKS = (TypeError, ValueError, RuntimeError, AttributeError, KeyError, IndexError)

Compiled = MutableMapping[Any, Any]  # blocks to their compiled selves, kept while the model is


@contextmanager
def hastened(
    part: Any, names: Iterable[str], on_offer: Iterable[str], single_pass: bool, compiled: Compiled
) -> Iterator[Mapping[str, Any]]:
    """The part that draws with those aids, inside the `with`; what comes out are arguments for the call.

    `single_pass`: the pipeline does not tell caches which of its passes runs, as there is one only.
    """
    names = set(names)
    with ExitStack() as stack:
        for name in names & CACHES.keys():
            kind, settings = CACHES[name]
            stack.enter_context(_cached(part, getattr(diffusers, kind)(**settings), single_pass))
        if "compile" in names:
            stack.enter_context(compiled_blocks(part, compiled))
        yield {"use_kv_cache": "reuse-kv" in names} if "reuse-kv" in on_offer else {}


@contextmanager
def _cached(part: Any, config: Any, single_pass: bool) -> Iterator[None]:
    part.enable_cache(config)
    try:
        if single_pass:
            with part.cache_context("cond"):
                yield
        else:
            yield
    finally:
        part.disable_cache()


@contextmanager
def compiled_blocks(part: Any, compiled: Compiled, backend: str = "inductor") -> Iterator[None]:
    """The blocks that a part repeats, compiled, inside the `with`: once for all sizes of pictures."""
    kinds = set(getattr(part, "_repeated_blocks", None) or ())
    blocks = [block for block in part.modules() if type(block).__name__ in kinds]
    for block in blocks:
        if block not in compiled:
            block.compile(dynamic=True, backend=backend)
            compiled[block] = block._compiled_call_impl
        block._compiled_call_impl = compiled[block]
    try:
        yield
    finally:
        for block in blocks:
            block._compiled_call_impl = None
