"""A pipeline out of a folder of weights, as its plan says: in which numbers, shrunk how, waiting where.

Nouns: a *part* is a component with weights; it is loaded by itself, so that each is shrunk in its own way and
a person sees how far it is. Before anything of a folder is loaded, `vetting` reads what it asks for.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from safetensors import SafetensorError
from safetensors.torch import load_file

from studio.errors import CannotDo, Unsafe, WeightsError
from studio.models import vetting
from studio.models.family import DISTILLED, Checkpoint, Net
from studio.models.fit import Plan
from studio.models.weighing import CAST, TILE, Shrink

Loading = Callable[[str, int, int], None]  # the part that is loaded next, its number from 0, and how many

DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}

# Nothing is looked up anywhere else, and nothing but tensors is read.
SAFELY: Mapping[str, Any] = {"local_files_only": True, "use_safetensors": True}


def unwatched(part: str, number: int, parts: int) -> None:
    """Report to nobody."""


def load(
    checkpoint: Checkpoint, plan: Plan, folder: Path, report: Loading = unwatched, lora: Path | None = None
) -> Any:
    """The pipeline of the checkpoint's first call, in its place and ready to run.

    `lora` is the file of `checkpoint.distilled`. Raises `CannotDo`, `Unsafe` or `WeightsError`, or what
    `report` raises.
    """
    if plan.missing:
        raise CannotDo(f"{checkpoint.title} needs {' and '.join(plan.missing)} here: pip install it.")
    cls = getattr(diffusers, next(iter(checkpoint.calls.values())).pipeline)
    named = vetting.contents(folder)
    weighty = [name for name in named if any((folder / name).glob(f"*{vetting.WEIGHTS}"))]
    if absent := [part for part in checkpoint.parts if part not in weighty]:
        raise WeightsError(f"{checkpoint.title} has no weights of {' and '.join(absent)}.")
    parts: dict[str, Any] = {}
    with _quiet(), _told(checkpoint.title, folder):
        classes = {
            name: component_class(*asked, torch.nn.Module if name in weighty else object)
            for name, asked in named.items()
        }
        for number, name in enumerate(weighty):
            report(name, number, len(weighty))
            parts[name] = _part(folder / name, classes[name], checkpoint, plan)
        # A component that may be missing, such as a safety checker, is said to be None in the index.
        pipe = cls.from_pretrained(folder, dtype=DTYPES[plan.precision], **SAFELY, **parts)
        if checkpoint.distilled is not None:
            _distil(pipe, checkpoint, lora)
        if plan.tiled:
            _tile(pipe)
        _place(pipe, plan)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def load_net(net: Net, plan: Plan, folder: Path) -> Any:
    """Control weights on the plan's device. Raises `WeightsError` with a sentence."""
    dtype, cls = DTYPES[plan.precision], getattr(diffusers, net.model)
    with _quiet(), _told(net.repo, folder):
        if net.config is None:
            variant = {"variant": "fp16"} if ".fp16." in net.file else {}
            loaded = cls.from_pretrained(folder, dtype=dtype, **variant, **SAFELY)
        else:
            loaded = cls.from_config(dict(net.config)).to(dtype)
            loaded.load_state_dict(load_file(folder / net.file))
        return loaded.to(plan.machine.device).eval()


def unload(*pipes: Any) -> None:
    """Let go of the pipelines' parts, so that there is room for others. They cannot be used afterwards."""
    for pipe in pipes:
        pipe.remove_all_hooks()
        for name, part in pipe.components.items():
            if isinstance(part, torch.nn.Module):
                setattr(pipe, name, None)
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()


def component_class(library: str, name: str, kind: type = object) -> Any:
    """The class of a component: of diffusers or transformers, or one that a pipeline of diffusers keeps.

    Without this, diffusers would import whatever library the index names. Raises `Unsafe`.
    """
    if library in ("diffusers", "transformers"):
        home = import_module(library)
    elif find_spec(f"diffusers.pipelines.{library}") is not None:
        home = import_module(f"diffusers.pipelines.{library}")
    else:
        raise Unsafe(f"The weights ask for {library}.{name}; only diffusers and transformers are used.")
    found: Any = getattr(home, name, None)
    loads = isinstance(found, type) and issubclass(found, kind) and hasattr(found, "from_pretrained")
    if not loads or issubclass(found, diffusers.DiffusionPipeline):
        raise Unsafe(f"The weights ask for {library}.{name}, which is no part of a model there.")
    return found


def _part(folder: Path, cls: Any, checkpoint: Checkpoint, plan: Plan) -> Any:
    shrink = plan.shrink(folder.name)
    given = {**SAFELY, "dtype": DTYPES[plan.precision]}
    files = [file.name for file in folder.glob(f"*{vetting.WEIGHTS}")]
    if checkpoint.variant and any(f".{checkpoint.variant}" in file for file in files):
        given["variant"] = checkpoint.variant
    if shrink is not None and shrink != CAST:
        given["quantization_config"] = _quantisation(shrink, cls, DTYPES[plan.precision])
    if plan.offload == "none" and plan.machine.kind != "cpu":
        # Straight onto the device, so that main memory never holds all of it. A processor is no place to
        # name: torchao takes parts that are put there for parts that wait, and does not shrink them.
        given["device_map"] = {"": plan.machine.device}
    part = cls.from_pretrained(folder, **given)
    if shrink == CAST:
        part.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=DTYPES[plan.precision])
    return part.eval()


def _quantisation(shrink: Shrink, cls: Any, dtype: torch.dtype) -> Any:
    """What the library that owns the class is told: both have configurations of their own."""
    owner: Any = transformers if issubclass(cls, transformers.PreTrainedModel) else diffusers
    if shrink.library == "bitsandbytes":
        if shrink.bits == 8:
            return owner.BitsAndBytesConfig(load_in_8bit=True)
        return owner.BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type=shrink.name, bnb_4bit_compute_dtype=dtype
        )
    if shrink.library == "torchao":
        kinds = import_module("torchao.quantization")
        return owner.TorchAoConfig(kinds.Int8WeightOnlyConfig(version=2))
    return import_module("sdnq").SDNQConfig(weights_dtype=shrink.name)


def _distil(pipe: Any, checkpoint: Checkpoint, lora: Path | None) -> None:
    """The LoRA and the scheduler that make it draw in few steps."""
    distilled = checkpoint.distilled
    assert distilled is not None
    if lora is None:
        raise WeightsError(f"{checkpoint.title} needs {distilled.file} of {distilled.repo} too.")
    # The name by which LoRAs that a person adds leave it alone.
    pipe.load_lora_weights(lora.parent, weight_name=lora.name, adapter_name=DISTILLED, **SAFELY)
    scheduler = getattr(diffusers, distilled.scheduler)
    pipe.scheduler = scheduler.from_config(pipe.scheduler.config, **distilled.config)


def _tile(pipe: Any) -> None:
    """Decoding in tiles. Where a VAE's tiles are as large as its pictures, they are made smaller first."""
    vae = getattr(pipe, "vae", None)
    if vae is None or not hasattr(vae, "enable_tiling"):
        return
    side = getattr(vae, "tile_sample_min_size", 0)
    if side > TILE:
        vae.tile_latent_min_size = vae.tile_latent_min_size * TILE // side
        vae.tile_sample_min_size = TILE
    vae.enable_tiling()


def _place(pipe: Any, plan: Plan) -> None:
    """The parts where they belong. Parts that move need a card: diffusers refuses it for a processor."""
    device = plan.machine.device
    if plan.offload == "none":
        pipe.to(device)
    elif plan.offload == "model":
        pipe.enable_model_cpu_offload(device=device)
    elif plan.offload == "sequential":
        pipe.enable_sequential_cpu_offload(device=device)
    else:
        streams = device.startswith("cuda")
        pipe.enable_group_offload(
            onload_device=torch.device(device),
            offload_type="leaf_level",
            use_stream=streams,
            low_cpu_mem_usage=streams,  # otherwise all weights are kept twice in main memory
        )


@contextmanager
def _told(title: str, folder: Path) -> Iterator[None]:
    """What goes wrong with files that are not what they should be, as one sentence. It names no path of the
    machine, as everybody who has the page can read it.
    """
    try:
        yield
    except ImportError as error:
        raise CannotDo(f"{title} needs a library that is not installed: {_line(error, folder)}") from error
    except torch.OutOfMemoryError as error:
        raise CannotDo(f"{title} does not fit into the memory that is free now.") from error
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise WeightsError(f"{title} cannot be loaded: {_line(error, folder)}") from error


def _line(error: BaseException, folder: Path) -> str:
    """The first line that says something."""
    said = str(error).replace(str(folder), folder.name)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return (lines or [type(error).__name__])[0][:300]


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the bars and the chatter that both libraries show while they load."""
    bars = [library for library in (diffusers.utils.logging, transformers.utils.logging)
            if library.is_progress_bar_enabled()]  # fmt: skip
    loggers = [logging.getLogger(name) for name in ("diffusers", "transformers")]
    levels = [logger.level for logger in loggers]
    for library in bars:
        library.disable_progress_bar()
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for library in bars:
            library.enable_progress_bar()
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
