"""What a model does with its real weights, measured, and as a page that a person can read.

`trial` puts one model through what everybody does with it and keeps what was seen in a `Trial`; `write`
makes a page of all of them: a table of figures, and the pictures side by side. `tests/test_gpu.py` does so
with what is on this machine's card; the same is tested on tiny pipelines and a processor.
"""

from __future__ import annotations

import base64
import html
import io
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw

from studio import ops
from studio.errors import Stopped, StudioError
from studio.models.base import ImageModel, Progress, Report, Request, ignore
from studio.models.hardware import GB

SEED = 7
SHOWN = 384  # pixels a side of the pictures on the page
DRAWN = "a red fox on a snowy meadow"
EDITED = "make it night"
WHOLE = f"{DRAWN}, at night"  # for models that are told the whole picture that is wanted
MASKED = "a small wooden house"


@dataclass
class Trial:
    """What was seen of one model. Filled in while it goes on, so that a crash leaves what was before."""

    name: str
    title: str
    how: str = ""  # the plan, in words
    need: float = 0.0  # GB that the plan says
    peak: float | None = None  # GB of the device that were taken at once, where that can be told
    loading: float | None = None  # seconds
    seconds: dict[str, float] = field(default_factory=dict)  # a picture, by what was done
    pictures: dict[str, Image.Image] = field(default_factory=dict)
    checks: dict[str, bool] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    @property
    def well(self) -> bool:
        """Whether all that was tried came out as it has to."""
        return not self.faults and all(self.checks.values()) and bool(self.pictures)


def trial(seen: Trial, load: Callable[[], ImageModel], device: str = "cpu", describes: bool = False) -> None:
    """Load a model and try all that it can: draw, edit, mask, the same again, stop and go on.

    `describes` says that an edit is told the whole picture. Refusals are written down; bugs are raised.
    """
    forget_peak(device)
    began = time.perf_counter()
    model = load()
    seen.loading = time.perf_counter() - began
    canvas = backdrop(model.card.working)
    if "generate" not in model.card.ops:
        seen.pictures["before"] = canvas
    if "generate" in model.card.ops:
        canvas = _drawn(seen, model, "generate", DRAWN) or canvas
        seen.checks["another seed draws another picture"] = _bytes(model, SEED) != _bytes(model, SEED + 1)
        _same_again(seen, model, "generate", DRAWN, None)
    if "edit" in model.card.ops:
        words = WHOLE if describes else EDITED
        _drawn(seen, model, "edit", words, canvas)
        if "generate" not in model.card.ops:
            _same_again(seen, model, "edit", words, canvas)
    if "inpaint" in model.card.ops:
        mask = hole(canvas.size)
        after = _drawn(seen, model, "inpaint", MASKED, canvas, mask)
        if after is not None:
            outside = np.asarray(mask) == 0
            before, now = (np.asarray(one.convert("RGB")) for one in (canvas, after))
            seen.checks["outside of the mask every byte is as before"] = bool(
                (before[outside] == now[outside]).all()
            )
            seen.checks["inside of it something changed"] = bool((before[~outside] != now[~outside]).any())
    if "layers" in model.card.ops:
        _drawn(seen, model, "layers", "a house on a hill", canvas)
        _same_again(seen, model, "layers", "a house on a hill", canvas)
    seen.peak = peak(device)
    if seen.peak is not None:
        seen.checks["no more memory than the plan says"] = seen.peak <= seen.need


def _request(
    op: str, words: str, canvas: Image.Image | None, mask: Image.Image | None, seed: int, report: Report
) -> Request:
    pictures = {"canvas": canvas, "mask": mask}
    given = {role: picture for role, picture in pictures.items() if picture is not None}
    asked = "edit" if op == "inpaint" else op  # a person's edit with a mask
    return Request(asked, words, given, {"seed": seed}, report)


def _drawn(
    seen: Trial,
    model: ImageModel,
    op: str,
    words: str,
    canvas: Image.Image | None = None,
    mask: Image.Image | None = None,
) -> Image.Image | None:
    """One picture, with how long it took and what was shown on the way; None if it was refused."""
    steps: list[Progress] = []
    began = time.perf_counter()
    try:
        made = ops.perform(model, _request(op, words, canvas, mask, SEED, steps.append))
    except StudioError as refusal:
        seen.faults.append(f"{op}: {refusal}")
        return None
    seen.seconds[op] = time.perf_counter() - began
    seen.pictures[op] = made
    if mask is not None:
        seen.pictures["mask"] = mask
    halfway = steps[len(steps) // 2].preview if steps else None
    if halfway is not None and "halfway" not in seen.pictures:
        seen.pictures["halfway"] = halfway
    seen.checks["it shows how far it is"] = halfway is not None
    return made


def _bytes(model: ImageModel, seed: int) -> bytes:
    return ops.perform(model, _request("generate", DRAWN, None, None, seed, ignore)).tobytes()


def _same_again(seen: Trial, model: ImageModel, op: str, words: str, canvas: Image.Image | None) -> None:
    """The same bytes for the same seed, also after a run that was stopped at its first step."""
    if op not in seen.pictures:
        return
    told: list[int] = []

    def stop(progress: Progress) -> None:
        told.append(progress.step)
        raise Stopped("Stopped.")

    first = seen.pictures[op].tobytes()
    try:
        ops.perform(model, _request(op, MASKED, canvas, None, SEED, stop))
    except Stopped:
        seen.checks["it stops within a step"] = len(told) == 1
    else:
        seen.checks["it stops within a step"] = False
    again = ops.perform(model, _request(op, words, canvas, None, SEED, ignore)).tobytes()
    seen.checks["the same seed draws the same bytes, after a stop too"] = first == again


def backdrop(side: int) -> Image.Image:
    """Something to edit for models that draw nothing by themselves: a house on a hill."""
    sky = Image.linear_gradient("L").resize((side, side))
    bands = [sky.point(lambda v, least=least: least + v // 4) for least in (90, 150, 190)]
    picture = Image.merge("RGB", bands)
    draw = ImageDraw.Draw(picture)
    unit = side / 16
    draw.ellipse((-8 * unit, 10 * unit, 24 * unit, 30 * unit), (86, 140, 74))
    draw.rectangle((6 * unit, 7 * unit, 10 * unit, 11 * unit), (196, 84, 62))
    draw.polygon([(5 * unit, 7 * unit), (8 * unit, 4 * unit), (11 * unit, 7 * unit)], (92, 60, 52))
    return picture


def hole(size: tuple[int, int]) -> Image.Image:
    """A mask: a part of the right lower quarter."""
    mask = Image.new("L", size)
    mask.paste(255, (size[0] // 2, size[1] // 2, size[0] * 7 // 8, size[1] * 7 // 8))
    return mask


def forget_peak(device: str) -> None:
    """Count the memory that a device is asked for from now on."""
    if device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats(device)


def peak(device: str) -> float | None:
    """GB of a device that were taken at once since then. Only CUDA and ROCm count."""
    return torch.cuda.max_memory_reserved(device) / GB if device.startswith("cuda") else None


# --- the page -----------------------------------------------------------------------------------------------

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --good: #2a8f4f; --bad: #c8443a; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.5rem 0 .25rem; }
p { margin: .25rem 0; max-width: 60rem; } .about { opacity: .75; }
.wide { overflow-x: auto; } table { border-collapse: collapse; margin: 1.25rem 0; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .6rem; text-align: left; vertical-align: top; }
td { white-space: nowrap; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.good { color: var(--good); } .bad { color: var(--bad); font-weight: 600; }
ul { list-style: none; padding: 0; columns: 2 22rem; margin: .5rem 0; } li { break-inside: avoid; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: .75rem; }
figure { margin: 0; } figcaption { font-size: .85rem; opacity: .8; }
img { width: 100%; aspect-ratio: 1; object-fit: contain; background: var(--soft); border-radius: 4px; }
"""
SHOWS = {
    "before": "given, to be edited",
    "generate": f"“{DRAWN}”",
    "halfway": "what is shown halfway",
    "edit": "edited as a whole",
    "mask": "the mask",
    "inpaint": f"“{MASKED}” in the mask",
    "layers": "taken apart into layers",
}


def write(folder: Path, trials: Sequence[Trial], machine: str) -> Path:
    """The page with all trials, in one file: the pictures are inside of it."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "index.html"
    failed = [one for one in trials if not one.well]
    verdict = f"{len(trials)} models, {len(trials) - len(failed)} as they have to be"
    page.write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Models on this card</title>'
        f"<style>{STYLE}</style><h1>Models with their real weights</h1>"
        f'<p class="about">On {_text(machine)}: {verdict}. Seed {SEED}.</p>'
        f'<div class="wide">{_table(trials)}</div>{"".join(map(_section, trials))}</html>',
        encoding="utf-8",
    )
    return page


def _table(trials: Sequence[Trial]) -> str:
    heads = ("loaded", "memory", "planned", "a picture", "an edit", "a mask")
    rows = [
        f'<tr><td><a href="#{_text(one.name)}">{_text(one.title)}</a></td>'
        + "".join(f'<td class="n">{cell}</td>' for cell in _cells(one))
        + f'<td class="{"good" if one.well else "bad"}">{"well" if one.well else "NOT WELL"}</td></tr>'
        for one in trials
    ]
    named = "".join(f'<th class="n">{head}</th>' for head in heads)
    return f"<table><tr><th>model</th>{named}<th></th></tr>{''.join(rows)}</table>"


def _cells(one: Trial) -> list[str]:
    times = [one.loading, *(one.seconds.get(op) for op in ("generate", "edit", "inpaint"))]
    loaded, *drawn = ("–" if time is None else f"{time:.1f} s" for time in times)
    memory = "not counted" if one.peak is None else f"{one.peak:.1f} GB"
    return [loaded, memory, f"{one.need:.1f} GB", *drawn]


def _section(one: Trial) -> str:
    checks = [(well, words) for words, well in one.checks.items()] + [(False, fault) for fault in one.faults]
    listed = "".join(
        f'<li class="{"good" if well else "bad"}">{"✓" if well else "✗"} {_text(words)}</li>'
        for well, words in checks
    )
    shown = [(role, one.pictures[role]) for role in SHOWS if role in one.pictures]
    figures = "".join(
        f'<figure><img alt="{_text(SHOWS[role])}" src="{_source(picture)}">'
        f"<figcaption>{_text(SHOWS[role])}, {picture.width}&nbsp;×&nbsp;{picture.height}</figcaption>"
        "</figure>"
        for role, picture in shown
    )
    return (
        f'<h2 id="{_text(one.name)}">{_text(one.title)}</h2><p class="about">{_text(one.how)}</p>'
        f'<ul>{listed}</ul><div class="grid">{figures}</div>'
    )


def _source(picture: Image.Image) -> str:
    """The picture, not enlarged, for the page."""
    small = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    small.thumbnail((SHOWN, SHOWN))
    file = io.BytesIO()
    small.save(file, "WEBP", quality=85)
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"


def _text(words: Any) -> str:
    return html.escape(str(words))
