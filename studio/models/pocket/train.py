"""Trains `pocket` from nothing: `python -m studio.models.pocket.train`.

Stages, each resumable: *art* (fetch the drawings), *autoencoder*, *memory* (encode the drawings),
*renderer*, *eye*, *glance*, *export* (fp16 weights). A *budget* is in minutes of this machine, or in images
for runs that must not depend on its speed. Everything but the weights stays in `--folder`. Scenes are drawn
while training; a *pool* of encoded scenes is replayed so that drawing and encoding cost a tenth of the time.
With `--from-weights` a new folder begins with what the package has, for a stage to be trained on, as by
`--from-weights --stages renderer,export --minutes renderer=40 --decay-from renderer=0`.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import torch
import torch.distributed as dist
from torch import multiprocessing, nn

from studio.models.pocket.train_autoencoder import train_autoencoder
from studio.models.pocket.train_batches import load_autoencoder
from studio.models.pocket.train_eye import train_eye, train_glance
from studio.models.pocket.train_renderer import leave_remembered, load_memory, make_memory, train_renderer
from studio.models.pocket.train_run import Budget, Run

from .codes import HANDS, NAMES
from .nets import Eye, Glance, Renderer

STAGES = ("art", "autoencoder", "memory", "renderer", "eye", "glance", "export")


def begin_from_weights(run: Run) -> None:
    """The networks of the package as the checkpoints of a new folder, to train on from; no stage that has
    one there already is touched.
    """
    from .pipeline import PocketPipeline

    pipe = PocketPipeline.load()
    for name in ("autoencoder", "renderer", "eye", "glance"):
        file, state = run.folder / f"{name}.pt", getattr(pipe, name).state_dict()
        if not file.exists():
            torch.save({"net": state, "average": state, "seconds": 0.0, "images": 0, "step": 0}, file)
    if not (run.folder / "memory.pt").exists():
        autoencoder = load_autoencoder(run)
        for hand in HANDS:
            for name in NAMES:
                leave_remembered(run, autoencoder, pipe.memory, name, hand)
        torch.save(pipe.memory.state_dict(), run.folder / "memory.pt")


MINUTES = {"autoencoder": 50.0, "renderer": 60.0, "eye": 65.0, "glance": 86.0}


DECAY_FROM = {"autoencoder": 0.6, "renderer": 0.6, "eye": 0.5, "glance": 0.5}


def export(run: Run) -> None:
    """The averaged weights as fp16 safetensors beside this file, in the layout of a diffusers pipeline."""
    from .pipeline import WEIGHTS, PocketPipeline

    nets: dict[str, nn.Module] = {}
    for name, make in (("renderer", Renderer), ("eye", Eye), ("glance", Glance)):
        nets[name] = make()
        state = torch.load(run.folder / f"{name}.pt", weights_only=True, mmap=True)
        nets[name].load_state_dict(state["average"])
    nets = {"autoencoder": load_autoencoder(run), "memory": load_memory(run), **nets}
    pipe = PocketPipeline(**nets)  # type: ignore[arg-type]
    pipe.to(torch.float16).save_pretrained(WEIGHTS, safe_serialization=True)
    size = sum(path.stat().st_size for path in WEIGHTS.rglob("*.safetensors"))
    print(f"exported {size / 1e6:.1f} MB to {WEIGHTS.name}/")


TRAIN = {
    "autoencoder": train_autoencoder,
    "renderer": train_renderer,
    "eye": train_eye,
    "glance": train_glance,
}


def run_stage(stage: str, run: Run, budget: Budget) -> None:
    """One stage by name."""
    if stage in TRAIN:
        TRAIN[stage](run, budget)
    elif stage == "art":
        print(f"drawings in {run.assets}")
    else:
        {"memory": make_memory, "export": export}[stage](run)


def _budget(stage: str, options: argparse.Namespace) -> Budget:
    def given(text: str) -> dict[str, float]:
        return {
            name: float(value) for name, _, value in (part.partition("=") for part in text.split(",") if part)
        }

    minutes = given(options.minutes).get(stage, MINUTES.get(stage, 0.0))
    start = given(options.decay_from).get(stage, DECAY_FROM.get(stage, 0.5))
    return Budget(minutes, int(given(options.images).get(stage, 0)), start)


def main() -> None:
    """Parse the command line and run the stages in order."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--folder", type=Path, default=Path("pocket-training"), help="checkpoints and drawings"
    )
    parser.add_argument("--stages", default=",".join(STAGES), help="comma-separated")
    parser.add_argument("--minutes", default="", help="per stage, name=minutes,...")
    parser.add_argument("--images", default="", help="per stage, name=images,...: instead of minutes")
    parser.add_argument(
        "--decay-from", default="", help="name=share of the budget where the rate starts to fall"
    )
    parser.add_argument(
        "--from-weights", action="store_true", help="train on from the weights in the package"
    )
    parser.add_argument("--no-compile", action="store_true", help="do not fuse with torch.compile")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1, help="processes that share every batch")
    options = parser.parse_args()
    if options.workers == 1:
        work(0, options, os.cpu_count() or 1)
    else:
        # One thread each: on a busy machine they wait for each other once a step instead of at every
        # operation.
        multiprocessing.spawn(work, (options, 1), nprocs=options.workers)  # type: ignore


def work(rank: int, options: argparse.Namespace, threads: int) -> None:
    """All stages, as one of the workers."""
    torch.set_num_threads(threads)
    options.folder.mkdir(parents=True, exist_ok=True)
    run = Run(options.folder, options.seed, not options.no_compile, rank, options.workers)
    if run.workers > 1:
        os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
        os.environ.setdefault("MASTER_PORT", "29517")
        dist.init_process_group("gloo", rank=rank, world_size=run.workers)
    if options.from_weights and rank == 0:
        begin_from_weights(run)
    run.agree(0.0)
    for stage in options.stages.split(","):
        if rank == 0 or stage not in ("art", "memory", "export"):
            run_stage(stage, run, _budget(stage, options))
        run.agree(0.0)


if __name__ == "__main__":
    main()
