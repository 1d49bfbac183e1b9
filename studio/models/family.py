"""What the studio knows of a model before it is loaded: plain values, one file of them a family.

Nouns: a *checkpoint* is one set of weights that a person can choose; a *call* is how one of the studio's
abilities is asked of a diffusers pipeline; a *part* is a component of the pipeline that has weights.
Nothing here imports torch: cards, licences and plans are shown while nothing is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Licence:
    """Terms of weights. Where they are not `free` (for any use), a person accepts them before a download;
    `terms` says in one sentence what they ask for.
    """

    name: str
    url: str
    free: bool
    terms: str = ""


@dataclass(frozen=True)
class Call:
    """How one ability is asked of a pipeline.

    `pipeline` is the name of a diffusers class. `canvas`, `mask` and `references` name its arguments for
    these pictures; where `references` has the same name as `canvas`, it takes a list with the canvas first.
    `fixed` are arguments that are always the same. With `blend`, the class knows no masks: latents outside
    of the mask are put back after every step. `sized` says whether it takes width and height.
    """

    pipeline: str
    canvas: str | None = None
    mask: str | None = None
    references: str | None = None
    fixed: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    blend: bool = False
    sized: bool = True


@dataclass(frozen=True)
class Checkpoint:
    """One set of weights.

    `calls` maps "generate", "edit" and "inpaint" to how they are asked; `parts` maps components to billions
    of parameters; `drawing` is the part that runs at every step (it is quantised first). `steps`, `guidance`
    and `guided_by` (the name of the pipeline's argument; None if it is distilled) are the defaults. `working`
    is the longest side in pixels it draws well at, `multiple` what sides are multiples of, `references` how
    many pictures it follows beside the canvas. `talks` is the part that is a whole language model, `sees`
    whether that one also looks at pictures. `revision` pins the repository; None pins what is fetched first.
    `lora` says whether LoRA weights can be loaded. `notes` are what a person should know, a sentence each.
    """

    name: str
    title: str
    repo: str
    licence: Licence
    calls: Mapping[str, Call]
    parts: Mapping[str, float]
    drawing: str
    steps: int
    guidance: float | None
    guided_by: str | None
    working: int
    multiple: int
    references: int = 0
    talks: str | None = None
    sees: bool = False
    revision: str | None = None
    lora: bool = True
    notes: tuple[str, ...] = ()

    @property
    def ops(self) -> frozenset[str]:
        """The abilities it has."""
        return frozenset(self.calls)

    @property
    def billions(self) -> float:
        """Parameters of all parts together."""
        return sum(self.parts.values())


APACHE = Licence("Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0", free=True)
MIT = Licence("MIT", "https://opensource.org/license/mit", free=True)
