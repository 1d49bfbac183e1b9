"""How many GB the parts of a checkpoint take: their weights, and what they take while they work.

Weights are arithmetic: parameters times bytes, where a *shrink* says how a part is stored in fewer bits.
What they take while they work was counted on the real architectures without weights: every storage that is
alive at once while one call runs on fake tensors in bf16 (diffusers 0.42.1, transformers 5.23):

    part                                               counted                        taken here
    FLUX.2 klein 4B, 4096 / 8192 / 16384 tokens        0.57 / 1.07 / 2.08 GB          0.14 MB a token
    Z-Image, 4096 tokens                               0.52 GB                        the same
    Qwen-Image, 4096 / 8192 / 12288 tokens             0.39 / 0.75 / 1.10 GB          the same
    SDXL U-Net at 1024, SD 1.5 U-Net at 512, guided    0.31 GB, 0.13 GB               0.07 MB, twice
    AutoencoderKL and FLUX.2's, decoding 512 / 1024    0.38 / 1.50 GB                 1600 bytes a pixel
    AutoencoderKLQwenImage, decoding 1024              3.38 GB                        3600 bytes a pixel
    Qwen3-4B, 512 / 2048 tokens, all hidden states     0.24 / 0.94 GB                 0.6 GB

A token is 16 x 16 pixels. None of it was measured on a card. What an allocator wastes is in WORKSPACE.
"""

from __future__ import annotations

from dataclasses import dataclass

from studio.models.base import REFERENCES
from studio.models.family import Checkpoint
from studio.models.hardware import GB

BYTES = {"bf16": 2.0, "fp16": 2.0, "fp32": 4.0}
TOKEN = 0.14 * 2**20  # bytes while a token is drawn, in 16 bits
CONVOLVED = 0.07 * 2**20  # the same of a U-Net
SIDE = 16  # pixels a side of a token
WORDS = 1024  # tokens of a long prompt
TILE = 512  # the side of a tile of a tiled VAE
READING = 0.6  # GB while a language model reads a prompt and a picture

WORKSPACE = 0.4  # GB: libraries' scratch memory, and what the allocator wastes
PROGRAM = 2.0  # GB of main memory for the page, the libraries and the shard that is being loaded


@dataclass(frozen=True)
class Shrink:
    """A way to store weights in fewer bits. `cost` is bytes a parameter with its scales."""

    name: str
    library: str
    bits: int
    cost: float


SHRINKS = (
    Shrink("int8", "bitsandbytes", 8, 1.0),
    # Four bits, and a scale of four bytes for every 64 weights.
    Shrink("nf4", "bitsandbytes", 4, 0.5625),
    Shrink("int8", "sdnq", 8, 1.0),
    # Four bits, and a scale and a zero point of two bytes each for every 32 weights.
    Shrink("uint4", "sdnq", 4, 0.625),
    Shrink("int8", "torchao", 8, 1.0),
)
CAST = Shrink("fp8", "diffusers", 8, 1.0)


def draws(checkpoint: Checkpoint, part: str) -> bool:
    """Whether the part runs at every step; some have several that take turns."""
    return part == checkpoint.drawing or part.startswith("transformer")


def shrinks(checkpoint: Checkpoint, part: str) -> bool:
    """Whether fewer bits are worth it: not for small parts, and not for convolutions, which the libraries
    leave as they are.
    """
    return checkpoint.parts[part] >= 1.0 and part != "unet" and not part.startswith("vae")


def weights(checkpoint: Checkpoint, part: str, precision: str, shrink: Shrink | None) -> float:
    """GB of a part's weights."""
    billions = checkpoint.parts[part]
    if shrink is None:
        return billions * 1e9 * BYTES[precision] / GB
    # Embeddings, heads and norms stay as they are: an eighth of a language model of 8 billions, never much
    # more than a billion; a twentieth of the part that draws.
    kept = 0.05 * billions if draws(checkpoint, part) else min(0.13 * billions, 1.1)
    return (kept * BYTES[precision] + (billions - kept) * shrink.cost) * 1e9 / GB


def layer(checkpoint: Checkpoint, part: str, precision: str) -> float:
    """GB of the largest layer of a part: of a language model, its embedding."""
    return min(0.1 * checkpoint.parts[part], 0.7) * 1e9 * BYTES[precision] / GB


def beside(billions: float, precision: str) -> float:
    """GB of control weights, which are never shrunk."""
    return billions * 1e9 * BYTES[precision] / GB


def work(checkpoint: Checkpoint, part: str, precision: str, working: int, tiled: bool) -> float:
    """GB a part takes beside its weights while it works."""
    wide = BYTES[precision] / 2
    if part.startswith("vae"):
        side = min(working, TILE) if tiled else working
        pixel = 1600 if checkpoint.parts[part] <= 0.1 else 3600
        # In fp16 these overflow, so that pipelines decode in fp32.
        return side * side * pixel * (2 if precision == "fp16" else wide) / GB
    if draws(checkpoint, part):
        token = CONVOLVED if part == "unet" else TOKEN
        return _tokens(checkpoint, working) * token * wide / GB
    return (READING if checkpoint.parts[part] >= 1.0 else 0.1) * wide


def _tokens(checkpoint: Checkpoint, working: int) -> int:
    """The tokens of one step at most: the picture, its words, and all pictures that are followed.

    Where a model follows none, its pipeline may compute with and without guidance in one go.
    """
    followed = min(checkpoint.references, len(REFERENCES))
    call = checkpoint.calls.get("edit")
    canvas = 1 if call is not None and not call.describes else 0
    one = (working // SIDE) ** 2
    passes = 2 if checkpoint.guided_by and not followed + canvas else 1
    return passes * (one * (1 + canvas + followed) + WORDS)
