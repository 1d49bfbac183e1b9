"""What was computed once and need not be again, known by its content: latents and the encodings of words.

A pipeline gets no new arguments for this. While it runs, its own `vae.encode`, `vae.decode` and
`encode_prompt` are stood in for: what they were asked before they are not asked again, and the latents that
a picture was decoded from come back when that picture is encoded. So a picture that goes through ten edits
goes through the VAE's loss once and not ten times.

Nouns: a picture's *marks* are a number for each cell of its latents, which stands for the bytes of its pixels
there; latents are *drawn* if a picture was decoded from them, and *encoded* if they came of its pixels.
"""

from __future__ import annotations

import functools
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderTiny
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTinyOutput
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from diffusers.models.modeling_outputs import AutoencoderKLOutput
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from studio.models.latents import has_frames, plain
from studio.models.shelf import Entry, Shelf

Pixels = NDArray[np.uint8]

SHARE = 0.2  # of its cells a picture must have in common with a kept one to be taken for its descendant
WORDS = 24  # encodings of words that are kept


class Kept:
    """What one model keeps. `name` tells its weights and precision from those of others.

    Drawn latents are on the shelf that is given. The rest is in memory alone, as it can be had again: what
    was encoded would come out the same.
    """

    def __init__(self, name: str, drawn: Shelf | None = None) -> None:
        self._name = name
        # What one model drew means nothing to another, though both be on one shelf.
        seen = hashlib.blake2b(name.encode(), digest_size=7).digest()
        self._model = torch.tensor(int.from_bytes(seen))
        self._drawn, self._encoded = drawn or Shelf(), Shelf(room=1 << 28)
        self._words: OrderedDict[str, Any] = OrderedDict()
        self._decoded: list[Tensor] = []

    @contextmanager
    def used_by(self, pipe: Any, reading: Sequence[Any] = ()) -> Iterator[None]:
        """Stand in for the slow methods of a pipeline, inside the `with`.

        `reading` are plain values that tell how its words are encoded, beside the words: LoRAs have a say.
        """
        self._decoded = []
        vae: Any = getattr(pipe, "vae", None)
        with ExitStack() as stack:
            if hasattr(vae, "encode"):
                stack.enter_context(_instead(vae, "encode", self._encode(vae, vae.encode)))
                stack.enter_context(_instead(vae, "decode", self._decode(vae.decode)))
            if hasattr(pipe, "encode_prompt"):
                asked = self._ask([type(pipe).__name__, *reading], pipe.encode_prompt)
                stack.enter_context(_instead(pipe, "encode_prompt", asked))
            yield

    def drew(self, picture: Image.Image) -> None:
        """The pipeline's last run came to this picture: keep the latents that it was decoded from."""
        if len(self._decoded) != 1:
            return
        latents, pixels = self._decoded[0], np.asarray(picture)
        marks = marks_of(pixels, (latents.shape[-2], latents.shape[-1]))
        if marks is not None:
            entry = {"latents": latents, "marks": marks, "model": self._model}
            self._drawn.put(self._key("drawn", pixels), entry)

    def _key(self, kind: str, pixels: Pixels) -> str:
        seen = hashlib.blake2b(f"{self._name} {kind} {pixels.shape}".encode(), digest_size=20)
        seen.update(np.ascontiguousarray(pixels).data)
        return seen.hexdigest()

    # --- the VAE

    def _decode(self, own: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(own)
        def decode(latents: Tensor, *rest: Any, **named: Any) -> Any:
            if len(latents) == 1:
                self._decoded.append(latents[:, :, 0] if latents.ndim == 5 else latents)
            return own(latents, *rest, **named)

        return decode

    def _encode(self, vae: Any, own: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(own)
        def encode(tensor: Tensor, *rest: Any, **named: Any) -> Any:
            pixels = pixels_of(tensor)
            if pixels is None or rest or named:
                return own(tensor, *rest, **named)
            known = self._drawn.get(self._key("drawn", pixels))
            if known is None:
                key = self._key("encoded", pixels)
                known = self._encoded.get(key)
                if known is None:
                    known = _entry(own(tensor))
                    self._encoded.put(key, known)
                known = self._descended(known, pixels)
            return _encoded(vae, known, tensor)

        return encode

    def _descended(self, encoded: Entry, pixels: Pixels) -> Entry:
        """Drawn latents where the pixels are still those of a drawing, and what was encoded elsewhere.

        A picture whose parts come of several drawings, as after masked edits, has the latents of them all.
        """
        latents = encoded["latents"]
        marks = marks_of(pixels, (latents.shape[-2], latents.shape[-1]))
        if marks is None:
            return encoded
        alike = [
            (_inner(drawn["marks"] == marks), drawn["latents"].to(latents))
            for drawn in self._drawn.newest()
            if torch.equal(drawn["model"], self._model)
            and drawn["marks"].shape == marks.shape
            and drawn["latents"].shape == latents.shape
        ]
        # What has most in common first, whenever it was drawn: the same canvas gets the same latents later.
        alike.sort(key=lambda one: -int(one[0].sum()))
        mixed, missing = latents, torch.ones_like(marks, dtype=torch.bool)
        for same, drawn in alike:
            if float(same.float().mean()) >= SHARE:
                mixed = torch.where(same & missing, drawn, mixed)
                missing = missing & ~same
        return encoded if bool(missing.all()) else {"latents": mixed}

    # --- words

    def _ask(self, reading: Sequence[Any], own: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(own)
        def encode_prompt(*given: Any, **named: Any) -> Any:
            try:
                key = _content([self._name, list(reading), *given, *sorted(named.items())])
            except _Unknown:
                return own(*given, **named)
            if key not in self._words:
                self._words[key] = _moved(own(*given, **named))
                if len(self._words) > WORDS:
                    self._words.popitem(last=False)
            self._words.move_to_end(key)
            return _moved(self._words[key])

        return encode_prompt


@contextmanager
def _instead(owner: Any, name: str, method: Callable[..., Any]) -> Iterator[None]:
    """The owner's method replaced inside the `with`, for that object alone."""
    setattr(owner, name, method)
    try:
        yield
    finally:
        delattr(owner, name)


def pixels_of(tensor: Tensor) -> Pixels | None:
    """The bytes of the picture that a pipeline hands to its VAE, [height, width, 3], or 4 if it can be seen
    through; None if it is no picture.
    """
    flat = tensor[:, :, 0] if tensor.ndim == 5 and tensor.shape[2] == 1 else tensor
    if flat.ndim != 4 or len(flat) != 1 or flat.shape[1] not in (3, 4):
        return None
    values = flat[0].detach().float().cpu()
    if len(values) == 4 and bool((values[3] == 1).all()):
        values = values[:3]
    levels = ((values + 1) * 127.5).round()
    # Rounded to 16 bits, values are off by up to 2^-9; the gray that pipelines paint a mask with, by more.
    if float((levels / 127.5 - 1 - values).abs().max()) > 0.002:
        return None
    return levels.permute(1, 2, 0).byte().numpy()


def marks_of(pixels: Pixels, cells: tuple[int, int]) -> Tensor | None:
    """A number for each cell that stands for its bytes; None if the pixels are no whole number a cell."""
    height, width, channels = pixels.shape
    if height % cells[0] or width % cells[1]:
        return None
    blocks = pixels.reshape(cells[0], height // cells[0], cells[1], width // cells[1], channels)
    rows = blocks.transpose(0, 2, 1, 3, 4).reshape(*cells, -1)
    weights = np.random.default_rng(7).integers(-(2**62), 2**62, rows.shape[-1]) | 1
    return torch.from_numpy(rows.astype(np.int64) @ weights)


def _inner(same: Tensor) -> Tensor:
    """The cells all of whose neighbours are in too: an encoder looks beyond a cell's own pixels."""
    return F.max_pool2d((~same)[None].float(), 3, 1, 1)[0] == 0


def _entry(encoded: Any) -> Entry:
    """What a VAE's `encode` gave, as tensors: latents, and how far they may be off, if it says so.

    They are laid out plainly, as they will be when they are kept: the order in memory changes last digits.
    """
    found = {"latents": plain(encoded).contiguous()}
    if not hasattr(encoded, "latents"):
        spread = encoded.latent_dist.parameters.chunk(2, dim=1)[1]
        found["spread"] = (spread[:, :, 0] if spread.ndim == 5 else spread).contiguous()
    return found


def _encoded(vae: Any, entry: Entry, like: Tensor) -> Any:
    """An entry as this VAE would give it. Sampling from drawn latents gives these, and uses up its noise."""
    latents = entry["latents"].to(like.device, like.dtype)
    if isinstance(vae, AutoencoderTiny):
        return AutoencoderTinyOutput(latents=latents)
    spread = entry["spread"].to(latents) if "spread" in entry else torch.zeros_like(latents)
    both = torch.cat([latents, spread], dim=1)
    sure = "spread" not in entry
    return AutoencoderKLOutput(
        latent_dist=DiagonalGaussianDistribution(both.unsqueeze(2) if has_frames(vae) else both, sure)
    )


class _Unknown(Exception):
    """Something whose content cannot be told."""


def _content(values: Iterable[Any]) -> str:
    """A name for arguments: equal exactly if they say the same."""
    seen = hashlib.blake2b(digest_size=20)

    def add(value: Any) -> None:
        seen.update(type(value).__name__.encode())
        if isinstance(value, list | tuple):
            seen.update(str(len(value)).encode())
            for part in value:
                add(part)
        elif isinstance(value, Tensor):
            seen.update(f"{value.dtype} {tuple(value.shape)} {value.device}".encode())
            seen.update(value.detach().cpu().reshape(-1).view(torch.uint8).numpy().tobytes())
        elif isinstance(value, np.ndarray):
            seen.update(f"{value.dtype} {value.shape}".encode() + value.tobytes())
        elif isinstance(value, Image.Image):
            seen.update(f"{value.mode} {value.size}".encode() + value.tobytes())
        elif value is None or isinstance(value, str | int | float | torch.device | torch.dtype):
            text = str(value).encode()
            seen.update(str(len(text)).encode() + b" " + text)
        else:
            raise _Unknown

    add(list(values))
    return seen.hexdigest()


@dataclass(frozen=True)
class _Parked:
    """A tensor kept on the processor, and where it belongs."""

    tensor: Tensor
    device: torch.device


def _moved(value: Any) -> Any:
    """A pipeline's encodings, every tensor in them parked, or if it was, a fresh copy where it belongs."""
    if isinstance(value, list | tuple):
        return type(value)(_moved(part) for part in value)
    if isinstance(value, _Parked):
        return value.tensor.to(value.device, copy=True)
    if isinstance(value, Tensor):
        return _Parked(value.detach().to("cpu", copy=True), value.device)
    return value
