"""LoRAs on a pipeline, for one run: loaded when first asked for, weighted, and out of the way afterwards.

The weights of LoRAs stay beside the pipeline's own, switched off, until other ones are asked for; they are
known by their content, so that whoever has the pipeline may use them. A run without any is not touched.

Nouns: an *adapter* is what peft calls a loaded LoRA; the parts that take any are a pipeline's *hosts*; the
LoRA that a checkpoint is always loaded with (`family.Distillation`) is the one named `DISTILLED`.

Of a file's own words, which become arguments of peft's configuration, only ranks and strengths are read:
others could have it change the model's own weights, or import what the file names.
"""

from __future__ import annotations

import json
import logging
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import peft
import safetensors.torch
from accelerate.hooks import CpuOffload
from diffusers.utils import peft_utils
from torch import Tensor
from transformers import PreTrainedModel

from studio.errors import CannotDo
from studio.models import headers
from studio.models.family import DISTILLED
from studio.models.loras import LoRA, digest_of, is_down, module_of

ABOUT = "lora_adapter_metadata"  # where diffusers keeps peft's configuration in a file

_TOOLS: Any = peft_utils  # the same for parts of diffusers and of transformers; without types


@contextmanager
def adapted(pipe: Any, drawing: str, wanted: Sequence[tuple[LoRA, float]]) -> Iterator[None]:
    """The pipeline with these LoRAs at these weights, inside the `with`.

    `drawing` is its part that draws. Raises `CannotDo` with a sentence for a LoRA that does not fit; then and
    afterwards the pipeline draws as it did before.
    """
    hosts = _hosts(pipe, drawing)
    try:
        names = [f"lora_{one.digest}" for one, _ in wanted]
        _drop(hosts, keep={DISTILLED, *names})
        for (one, _), name in zip(wanted, names, strict=True):
            if not any(name in _adapters(host) for host in hosts.values()):
                _load(pipe, drawing, one, name)
        _use(hosts, dict(zip(names, (weight for _, weight in wanted), strict=True)))
        yield
    finally:
        _use(hosts, {})


def _hosts(pipe: Any, drawing: str) -> Mapping[str, Any]:
    """The parts that LoRAs may be loaded into, by name."""
    names = pipe._lora_loadable_modules if hasattr(pipe, "load_lora_weights") else (drawing,)
    parts = {name: getattr(pipe, name, None) for name in names}
    return {name: part for name, part in parts.items() if part is not None}


def _adapters(host: Any) -> Mapping[str, Any]:
    return getattr(host, "peft_config", None) or {}


def _use(hosts: Mapping[str, Any], weights: Mapping[str, float]) -> None:
    """These adapters and no others, besides the one that is always there."""
    for host in hosts.values():
        fixed = {DISTILLED: 1.0} if DISTILLED in _adapters(host) else {}
        active = {name: weight for name, weight in {**fixed, **weights}.items() if name in _adapters(host)}
        _TOOLS.set_adapter_layers(host, enabled=bool(active))
        if active:
            _TOOLS.set_weights_and_activate_adapters(host, list(active), list(active.values()))


def _drop(hosts: Mapping[str, Any], keep: set[str]) -> None:
    """Let go of the adapters that are not wanted now."""
    for host in hosts.values():
        for name in [name for name in _adapters(host) if name not in keep]:
            _TOOLS.delete_adapter_layers(host, name)


# --- loading


def _load(pipe: Any, drawing: str, one: LoRA, name: str) -> None:
    """The file's weights into the pipeline, or nothing at all."""
    hosts, tensors = _hosts(pipe, drawing), _read(one)
    converted = _converted(pipe, one, tensors)
    _require_same_widths(pipe, one, converted)
    try:
        with _waiting_nowhere(pipe), _quiet(), _readers_taking(hosts):
            if hasattr(pipe, "load_lora_weights"):
                pipe.load_lora_weights(dict(tensors), adapter_name=name)
            else:
                hosts[drawing].load_lora_adapter(dict(tensors), prefix=_prefix(tensors), adapter_name=name)
        taken = sum(_layers(host, name) for host in hosts.values())
        given = len({module_of(key) for key in tensors if is_down(key)})
        if taken < given:
            raise ValueError(f"{given - taken} of its {given} parts have no place there")
        _keep_precise(hosts, name, converted)
    except (ValueError, RuntimeError, KeyError, TypeError) as error:
        _drop(hosts, keep={other for host in hosts.values() for other in _adapters(host)} - {name})
        raise CannotDo(_misfit(pipe, one, str(error))) from error


def _misfit(pipe: Any, one: LoRA, why: str) -> str:
    model = type(pipe).__name__.removesuffix("Pipeline")
    lines = [line.strip() for line in why.splitlines() if line.strip()] or ["it cannot be read"]
    return f"The LoRA {one.title} does not fit this model ({model}): {lines[0][:160]}. Choose another."


def _read(one: LoRA) -> Mapping[str, Tensor]:
    """The tensors of exactly the file that is pinned, as strong as the file says that they are."""
    raw = one.file.read_bytes()
    if digest_of(iter((raw,))) != one.digest:
        raise CannotDo(f"The file of the LoRA {one.name} was changed while it was read. Try again.")
    tensors: Mapping[str, Tensor] = safetensors.torch.load(raw)
    said = headers.read(one.file).metadata.get(ABOUT)
    return tensors if said is None else _scaled(tensors, one, said)


def _scaled(tensors: Mapping[str, Tensor], one: LoRA, said: str) -> Mapping[str, Tensor]:
    """The tensors multiplied by what the file's configuration has them multiplied by: alpha over rank."""
    try:
        config = json.loads(said)
        strengths = {key: _strength(config, key, int(tensor.shape[1]))
                     for key, tensor in tensors.items() if ".lora_B." in key and tensor.ndim > 1}  # fmt: skip
    except (ValueError, RecursionError, TypeError, AttributeError, ZeroDivisionError) as error:
        raise CannotDo(f"The file of the LoRA {one.name} says about itself what cannot be read.") from error
    return {key: tensor * strengths.get(key, 1.0) for key, tensor in tensors.items()}


def _strength(config: Mapping[str, Any], key: str, rank: int) -> float:
    """Alpha over the rank, or over its square root where the file says so, of one module."""
    host, _, module = module_of(key).partition(".")
    mine = {name.removeprefix(f"{host}."): value for name, value in config.items()}
    patterns = mine.get("alpha_pattern") or {}
    named = (value for part, value in patterns.items() if f".{module}".endswith(f".{part.lstrip('^')}"))
    alpha = float(next(named, mine.get("lora_alpha", rank)))
    strength = alpha / (math.sqrt(rank) if mine.get("use_rslora") else rank)
    if not math.isfinite(strength):
        raise ValueError("not a number")
    return strength


def _converted(pipe: Any, one: LoRA, tensors: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """The tensors by the names that diffusers has for them, whichever trainer named them."""
    if not hasattr(pipe, "lora_state_dict"):
        return tensors
    blocks = {"unet_config": pipe.unet.config} if hasattr(pipe, "unet") else {}
    try:
        with _quiet():
            found: Any = pipe.lora_state_dict(dict(tensors), **blocks)
    # The names are anyone's, and are taken apart there without a doubt that they are right.
    except (ValueError, KeyError, RuntimeError, TypeError, AttributeError, IndexError) as error:
        raise CannotDo(_misfit(pipe, one, str(error))) from error
    converted: Mapping[str, Tensor] = found[0] if isinstance(found, tuple) else found
    return converted


def _require_same_widths(pipe: Any, one: LoRA, tensors: Mapping[str, Tensor]) -> None:
    """Some loaders would widen the model itself to a LoRA that reads more than the model has, for good."""
    for key, tensor in tensors.items():
        host, _, path = module_of(key).partition(".")
        width = getattr(_module(getattr(pipe, host, None), path), "in_features", None)
        if is_down(key) and width is not None and width != tensor.shape[1]:
            raise CannotDo(_misfit(pipe, one, f"{path} takes {width} numbers there, not {tensor.shape[1]}"))


def _keep_precise(hosts: Mapping[str, Any], name: str, tensors: Mapping[str, Tensor]) -> None:
    """Where a part's weights are kept in eight bits and computed in more, peft makes eight of the adapter's
    too, in which most of its small numbers are nought: they are put back as they came.
    """
    for host_name, host in hosts.items():
        numbers = [weight.dtype for weight in host.parameters() if weight.is_floating_point()]
        if all(kind.itemsize > 1 for kind in numbers):
            continue
        computing = next(kind for kind in numbers if kind.itemsize > 1)
        for path, layer in host.named_modules():
            for side in ("lora_A", "lora_B"):
                held = getattr(layer, side, None) or {}
                if name in held:
                    came = tensors[f"{host_name}.{path}.{side}.weight"]
                    held[name].weight.data = came.to(held[name].weight.device, computing)


@contextmanager
def _readers_taking(hosts: Mapping[str, Any]) -> Iterator[None]:
    """The parts of transformers, taking adapters from peft as those of diffusers do: their own way of it asks
    for a peft that is newer than they need, and than there is.
    """
    readers: list[Any] = [host for host in hosts.values() if isinstance(host, PreTrainedModel)]
    for reader in readers:
        reader.load_adapter = partial(_taken, reader)
    try:
        yield
    finally:
        for reader in readers:
            del reader.load_adapter


def _taken(reader: Any, *, adapter_name: str, adapter_state_dict: Any, peft_config: Any, **more: Any) -> None:
    peft.inject_adapter_in_model(
        peft_config, reader, adapter_name=adapter_name, state_dict=adapter_state_dict, **more
    )
    peft.set_peft_model_state_dict(reader, adapter_state_dict, adapter_name, **more)
    reader._hf_peft_config_loaded = True


def _module(host: Any, path: str) -> Any:
    for name in path.split("."):
        host = getattr(host, name, None)
    return host


def _prefix(tensors: Mapping[str, Tensor]) -> str | None:
    """What stands before the names of the modules of the part that draws."""
    starts = {key.split(".")[0] for key in tensors}
    return next((start for start in ("transformer", "unet", "diffusion_model") if starts == {start}), None)


def _layers(host: Any, name: str) -> int:
    """How many layers of the part the adapter has."""
    return sum(name in (getattr(layer, "lora_A", None) or ()) for layer in host.modules())


@contextmanager
def _waiting_nowhere(pipe: Any) -> Iterator[None]:
    """The pipeline without the hooks that move its parts, which come back: with them there is nothing to
    adapt where layers wait without weights, and diffusers would put them back for another device.
    """
    hooked = [part for part in pipe.components.values() if hasattr(part, "_hf_hook")]
    if not hooked:
        yield
        return
    whole = all(isinstance(part._hf_hook, CpuOffload) for part in hooked)
    again = pipe.enable_model_cpu_offload if whole else pipe.enable_sequential_cpu_offload
    pipe.remove_all_hooks()
    try:
        yield
    finally:
        again(device=pipe._offload_device)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what both libraries have to say about files: what matters of it becomes a sentence."""
    logger = logging.getLogger("diffusers")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
