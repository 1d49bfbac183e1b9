"""Any diffusers pipeline as an `ImageModel`: what every family needs, done once, from a `Checkpoint`.

Nouns: *siblings* are pipelines of several classes over the same weights, one for each ability; a *call* says
how a sibling is asked, and a *net* is further weights for control pictures (see `family`).

One picture is drawn at a time on a device. All that is random comes of the request's seed.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from studio.errors import BadInput, CannotDo
from studio.images import shifting, side_by_side
from studio.models import loras, speed
from studio.models.asking import boxes_of, drawn_at, fitted, padded, told_size
from studio.models.base import REFERENCES, Card, Progress, Request, ignore
from studio.models.controlling import Steered, steered
from studio.models.devices import is_memory, working
from studio.models.family import Call, Checkpoint, Net, Nets, family_of
from studio.models.kept import Kept
from studio.models.latents import Glimpses, Size, cells_to_loop, channels_of, encode, grid_of, to_loop
from studio.models.loras import LoRA
from studio.models.modular import pipeline_class
from studio.models.stepping import Held, Moment, watched

Glimpse = Callable[[Tensor, Size], Image.Image]

# Where a pipeline remembers that its parts wait on the processor; with this a sibling lets them wait too.
_OFFLOADING = {"_all_hooks", "_offload_device", "_offload_gpu_id"}


def card_of(checkpoint: Checkpoint, precision: str) -> Card:
    """What the studio is to know of a loaded checkpoint."""
    return Card(
        name=checkpoint.name,
        key=f"{checkpoint.name}@{checkpoint.revision or 'main'}-{precision}",
        ops=checkpoint.ops,
        working=checkpoint.working,
        multiple=checkpoint.multiple,
        square=False,
        steps=checkpoint.steps,
        licence=checkpoint.licence.name,
        references=min(checkpoint.references, len(REFERENCES)),
        talks=checkpoint.talks is not None,
        looks=checkpoint.sees,
        guidance=checkpoint.guidance if checkpoint.guided_by else None,
        controls=checkpoint.controls,
    )


def no_net(net: Net) -> Any:
    """For a model that was given no way to load nets. Raises `CannotDo`."""
    raise CannotDo(f"There is nothing here that loads {net.repo}, which follows control pictures.")


class DiffusersModel:
    """A loaded pipeline, and its siblings, with what is known of its weights.

    `pipe` is a pipeline of any of the classes that the checkpoint's calls name, or of another that has their
    components. `precision` names how the weights were loaded, for the results' keys. `kept` is what is not
    computed twice; `preview` makes a picture of the loop's clean latents, unless the VAE is to be asked;
    `refusals` are exceptions by which the pipeline says in a sentence that it cannot draw something;
    `library` is the folder of LoRAs; `net` loads control weights onto the pipeline's device. Those of the
    last run with some are kept.
    """

    def __init__(
        self,
        pipe: Any,
        checkpoint: Checkpoint,
        precision: str = "fp32",
        *,
        card: Card | None = None,
        kept: Kept | None = None,
        preview: Glimpse | None = None,
        refusals: tuple[type[Exception], ...] = (),
        library: Path | None = None,
        net: Callable[[Net], Any] = no_net,
    ) -> None:
        self.checkpoint, self._library = checkpoint, library
        self.card = card or _as_loaded(card_of(checkpoint, precision), pipe, checkpoint)
        self._compiled: dict[Any, Any] = {}
        self.kept = kept or Kept(self.card.key)
        self._pipe, self._refusals = pipe, refusals
        self._siblings: dict[tuple[str, ...], Any] = {(type(pipe).__name__,): pipe}
        self._net, self._nets = net, dict[str, Any]()
        vae = getattr(pipe, "vae", None)
        self._glimpse: Glimpse | None = preview or (None if vae is None else Glimpses(vae))

    @property
    def pipe(self) -> Any:
        """The pipeline it was made of: for offloading, adapters and the language model in it."""
        return self._pipe

    @property
    def pipes(self) -> tuple[Any, ...]:
        """All pipelines there are by now over its weights."""
        return tuple(self._siblings.values())

    def run(self, request: Request) -> Image.Image:
        """The picture the pipeline draws, of the canvas's size if there is one.

        Raises `CannotDo` (`OutOfMemory` is one), `BadInput`, or what `request.report` raises.
        """
        size = drawn_at(request, self.checkpoint, self.card)
        way = self._way(request, size)
        wanted = loras.asked_for(request.params, self._library)
        with self._working():
            pipe = self.sibling(way.call.pipeline, way.nets)
            with self._adapted(pipe, wanted):
                done, sped = self._drawn_fast(pipe, way, request, size)
            picture = self._finished(done, way.call, request)
        for sentence in (*loras.said(wanted, request.params), *sped, *getattr(done, "notes", ())):
            request.note(sentence)
        return picture

    def _adapted(self, pipe: Any, wanted: Sequence[tuple[LoRA, float]]) -> AbstractContextManager[None]:
        """The pipeline with these LoRAs, inside the `with`."""
        if not wanted:
            return nullcontext()
        if not _takes_loras(pipe, self.checkpoint):
            raise CannotDo(f"The model {self.card.name} takes no LoRAs. Leave them out, or choose another.")
        loras.require_family(wanted, self.card.loras, self.card.name)
        from studio.models.adapting import adapted

        return adapted(pipe, self.checkpoint.drawing, wanted)

    def sibling(self, name: str, nets: Sequence[Net] = ()) -> Any:
        """The pipeline of that class over the same components, nothing of them loaded, copied or cast; with
        `nets`, one for each control picture, over these too.
        """
        cls = pipeline_class(name)
        key = (getattr(cls, "__name__", name), *(net.repo for net in nets))
        if nets:
            self._let_go({net.repo for net in nets})
        if key not in self._siblings:
            takes = inspect.signature(cls.__init__).parameters
            given = {key: value for key, value in self._pipe.config.items() if key in takes}
            given |= {key: part for key, part in self._pipe.components.items() if key in takes}
            pipe = cls(**given, **({"controlnet": self._control(nets)} if nets else {}))
            pipe.set_progress_bar_config(disable=True)
            for mark in sorted(_OFFLOADING & vars(self._pipe).keys()):
                setattr(pipe, mark, getattr(self._pipe, mark))
            self._siblings[key] = pipe
        return self._siblings[key]

    # --- nets

    def _control(self, nets: Sequence[Net]) -> Any:
        """The nets as a pipeline takes them: one, or a list with one for each control picture."""
        for net in nets:
            if net.repo not in self._nets:
                self._nets[net.repo] = self._net(net)
        loaded = [self._nets[net.repo] for net in nets]
        if len(loaded) == 1 or nets[0].takes_lists:
            return loaded[0]
        how = self.checkpoint.control
        many = how.shared if isinstance(how, Nets) else None
        return getattr(diffusers, many)(loaded[:1]) if many else loaded

    def _let_go(self, wanted: set[str]) -> None:
        """Forget nets that are not wanted now, with the pipelines over them: more may have no room."""
        gone = self._nets.keys() - wanted
        self._nets = {repo: net for repo, net in self._nets.items() if repo in wanted}
        self._siblings = {key: pipe for key, pipe in self._siblings.items() if not gone & set(key[1:])}

    # --- asking

    def _way(self, request: Request, size: Size) -> Steered:
        """The call for the request's ability, with what its control pictures add to it."""
        call = self.checkpoint.calls.get(request.op)
        if call is None:
            raise CannotDo(f"The model {self.card.name} cannot {request.op}.")
        way = steered(self.checkpoint, call, request, size)
        given, shown, most = len(request.references), len(way.shown), self._most(way.call)
        if given + shown > most:
            follows = f"at most {most}" if most > 1 else "one" if most else "no"
            pictures = "reference picture" if most == 1 else "reference pictures"
            came = f"{given} came with this" + (f", and {shown} to keep to" if shown else "")
            raise CannotDo(
                f"The model {self.card.name} follows {follows} {pictures} here ({request.op}), "
                f"and {came}. Leave some out, or choose another model."
            )
        return way

    def _most(self, call: Call) -> int:
        """How many references that call takes, and control pictures that are shown as such."""
        if call.references is None:
            return 0
        most = self.checkpoint.references
        return most if call.limit is None else min(call.limit, most)

    def _arguments(self, pipe: Any, way: Steered, request: Request, size: Size) -> dict[str, Any]:
        """What the pipeline is called with, but for what `watched` adds."""
        known, params, call = self.checkpoint, request.params, way.call
        steps = int(self.card.steps if params.get("steps") is None else params["steps"])
        if steps < 1:
            raise BadInput(f"A picture takes at least one step, not {steps}.")
        # The generator is the processor's, so that the noise is the same on every device.
        generator = torch.Generator().manual_seed(int(params["seed"]))
        said = loras.prompted(request.prompt, params.get("hints") or ())
        given: dict[str, Any] = {
            "prompt": " ".join(filter(None, [said, way.words])),
            "num_inference_steps": steps,
            "generator": generator,
        }
        if known.guided_by is not None:
            guidance = known.guidance if params.get("guidance") is None else params["guidance"]
            given[known.guided_by] = None if guidance is None else float(guidance)
        if call.sized:
            given |= told_size(pipe, size)
        if call.boxes and params.get("layout"):
            given[call.boxes] = boxes_of(params["layout"], "canvas" in request.pictures)
        fixed = dict(call.fixed)
        for name, kind in (("strength", float), ("layers", int)):
            if name in fixed and params.get(name) is not None:
                fixed[name] = kind(params[name])
        return given | fixed | self._pictures(way, request, size) | way.given

    def _pictures(self, way: Steered, request: Request, size: Size) -> dict[str, Any]:
        """The pictures, under the names that the pipeline has for them."""
        given: dict[str, Any] = {}
        call = way.call
        for role, name in (("canvas", call.canvas), ("mask", call.mask)):
            picture = request.pictures.get(role)
            if name and picture is not None:
                picture = picture if role == "mask" else self._taken(picture, call)
                given[name] = fitted(picture, size)
        references = [self._followed(picture, call) for picture in (*request.references, *way.shown)]
        if call.references and call.references == call.canvas:
            canvas = [given[call.canvas]] if call.canvas in given else []
            given[call.references] = [*canvas, *references]
        elif call.references and references:
            given[call.references] = references[0] if self._most(call) == 1 else references
        return given

    def _taken(self, picture: Image.Image, call: Call) -> Image.Image:
        """A picture as the pipeline takes it: on white paper, if that one knows no transparency."""
        if not picture.has_transparency_data and "layers" not in call.fixed:
            return picture.convert("RGB")
        if call.alpha:
            return picture.convert("RGBA")
        paper = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(paper, picture.convert("RGBA")).convert("RGB")

    def _followed(self, picture: Image.Image, call: Call) -> Image.Image:
        """A reference as the pipeline takes it."""
        return padded(self._taken(picture, call))

    # --- drawing

    def _drawn_fast(
        self, pipe: Any, way: Steered, request: Request, size: Size
    ) -> tuple[Any, tuple[str, ...]]:
        """What the pipeline draws with the aids that are asked for, and what is to be said of them. Where one
        breaks, it is drawn again without.
        """
        call, given = way.call, self._arguments(pipe, way, request, size)
        steps = int(given["num_inference_steps"] * given.get("strength", 1))
        asked = speed.chosen(request.params, self.card.speeds, steps, self.card.name)
        if not self.card.speeds:
            return self._drawn(pipe, call, request, given, size), asked.without
        from studio.models.hastening import BREAKS, hastened

        part, family = getattr(pipe, self.checkpoint.drawing), family_of(type(pipe).__name__)
        single = family in speed.SINGLE_PASS
        try:
            with hastened(part, asked.names, self.card.speeds, single, self._compiled) as more:
                done = self._drawn(pipe, call, request, {**given, **more}, size)
            return done, (*asked.said, *asked.without)
        except BREAKS as error:
            if not asked.said or is_memory(error):
                raise
        done = self._drawn(pipe, call, request, self._arguments(pipe, way, request, size), size)
        return done, (f"{' and '.join(asked.names)} does not work here, so this was drawn without.",)

    def _drawn(self, pipe: Any, call: Call, request: Request, given: Mapping[str, Any], size: Size) -> Any:
        glimpse = self._glimpse
        if isinstance(glimpse, Glimpses):
            glimpse.ready(pipe._execution_device)

        def watcher(moment: Moment) -> None:
            if moment.clean is not None and not bool(torch.isfinite(moment.clean).all()):
                raise CannotDo(
                    f"The numbers of {self.card.name} ran out of range, and what it draws would be black. "
                    "Load it in bf16 or fp32."
                )
            seen = None
            if glimpse is not None and moment.clean is not None and request.report is not ignore:
                # A stack begins with the whole picture: its first layer comes after that.
                stack = moment.clean.chunk(given["layers"] + 1, dim=1) if "layers" in given else ()
                seen = glimpse(stack[1] if stack else moment.clean, size)
            request.report(Progress(moment.step, moment.steps, seen))

        def holder(first: Tensor) -> Held:
            return _held(pipe, given[call.canvas or ""], request.pictures["mask"], first, size)

        holds = holder if call.blend and "mask" in request.pictures else None
        drawn_with = sorted((request.params.get("loras") or {}).items())
        with (
            self.kept.used_by(pipe, drawn_with),
            watched(pipe, given["num_inference_steps"], watcher, holds) as more,
        ):
            return pipe(**given, **more)

    def _finished(self, done: Any, call: Call, request: Request) -> Image.Image:
        """The pipeline's picture as the studio takes it: see-through only where something can be seen."""
        made = getattr(done, call.output)[0]
        canvas = request.pictures.get("canvas")
        if isinstance(made, list):
            size = made[0].size if canvas is None else canvas.size
            return side_by_side([fitted(layer.convert("RGBA"), size) for layer in made])
        picture: Image.Image = made
        opaque = not call.alpha or picture.getextrema()[-1] == (255, 255)
        picture = picture.convert("RGB") if opaque else picture
        self.kept.drew(picture)
        return picture if canvas is None else self._settled(canvas, picture)

    def _settled(self, canvas: Image.Image, picture: Image.Image) -> Image.Image:
        """The picture exactly over the canvas: of its size, and where a drift is measured, drifted back."""
        return shifting.undone(canvas, fitted(picture, canvas.size))

    @contextmanager
    def _working(self) -> Iterator[None]:
        """The device, for one piece of work; what the pipeline refuses is what the model cannot do."""
        with working(getattr(self._pipe, "_execution_device", "cpu"), self.card.name):
            try:
                yield
            except self._refusals as refusal:
                raise CannotDo(str(refusal)) from refusal


def _takes_loras(pipe: Any, checkpoint: Checkpoint) -> bool:
    """Whether the part that draws takes LoRAs, whether or not the pipeline has a loader of its own."""
    return hasattr(getattr(pipe, checkpoint.drawing, None), "load_lora_adapter")


def _as_loaded(card: Card, pipe: Any, checkpoint: Checkpoint) -> Card:
    """The card with what depends on the loaded pipeline: whose LoRAs it takes, and what makes it faster."""
    family = family_of(type(pipe).__name__)
    return replace(
        card,
        loras=family if _takes_loras(pipe, checkpoint) else None,
        speeds=speed.offered(family, checkpoint.steps, pipe._execution_device.type),
    )


def _held(pipe: Any, canvas: Any, mask: Image.Image, first: Tensor, size: Size) -> Held:
    """The canvas's latents, and where the mask lets go of them, for a pipeline that knows no masks."""
    vae = pipe.vae
    picture = canvas[0] if isinstance(canvas, list) else canvas
    rows, columns = grid_of(first, channels_of(vae), size)
    cell = int(pipe.vae_scale_factor)
    pixels = np.asarray(fitted(picture, (columns * cell, rows * cell)))
    tensor = torch.from_numpy(pixels.astype(np.float32)).permute(2, 0, 1)[None] / 127.5 - 1
    latents = encode(vae, tensor.to(first.device))
    painted = torch.from_numpy(np.asarray(mask).astype(np.float32)).to(first.device)
    free = F.adaptive_max_pool2d(painted[None, None], (rows, columns))[0, 0] > 0
    return Held(to_loop(latents, vae, first), cells_to_loop(free, vae, first))
