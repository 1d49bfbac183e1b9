"""What memory there is to draw with: a graphics card, an Apple chip, or the processor alone.

Nouns: a *machine* is one device with its memory and what it can do; a *library* is an installed package that
stores weights in fewer bits. GB here are 2**30 bytes, as memory is sold.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec

from studio.models import zerogpu

GB = 2**30
LIBRARIES = ("bitsandbytes", "sdnq", "torchao")

# What a card that nobody has looked at is taken to hold back for its driver and a desktop.
HELD_BACK = 0.7


@dataclass(frozen=True)
class Machine:
    """A device. `free` and `total` are GB of its own memory, `ram` GB of free main memory beside it.

    On a machine whose memory is one (`kind` "mps" or "cpu"), `free` and `ram` are the same memory.
    `bf16` and `fp8` say which numbers it is quick with, `libraries` what can shrink weights on it, `device`
    is its name in torch.
    """

    kind: str  # "cuda", "rocm", "mps", "zerogpu" or "cpu"
    name: str
    device: str
    free: float
    total: float
    ram: float
    bf16: bool = True
    fp8: bool = False
    libraries: frozenset[str] = frozenset()

    @property
    def shared(self) -> bool:
        """Whether nothing is won by moving weights off the device: it would be the same memory, or on a
        card that is lent, they cannot be moved once the program has started.
        """
        return self.kind in ("mps", "cpu", "zerogpu")

    @classmethod
    def here(cls) -> Machine:
        """The device with the most free memory on this machine. Imports torch."""
        if zerogpu.here():
            return cls.lent()
        import torch

        if torch.cuda.is_available():
            return max((_card(index) for index in range(torch.cuda.device_count())), key=lambda m: m.free)
        if torch.backends.mps.is_available():
            return _apple()
        return _processor()

    @classmethod
    def lent(cls) -> Machine:
        """The card that a ZeroGPU Space is lent: half an RTX Pro 6000. Nothing is shrunk on it, since that is
        done while weights are loaded, when there is no card.
        """
        return cls("zerogpu", "a card that is lent", "cuda", 48 - HELD_BACK, 48, 48 - HELD_BACK, fp8=True)

    @classmethod
    def pretended(cls, memory_gb: float) -> Machine:
        """A recent NVIDIA card with that much memory and every library; without any, a processor alone.

        Main memory is taken to be twice the card's, rounded up to what is sold, and 16 GB at least.
        """
        ram = 16.0
        while ram < 2 * memory_gb:
            ram *= 2
        if memory_gb <= 0:
            return cls("cpu", "a processor", "cpu", ram - HELD_BACK, ram, ram - HELD_BACK, bf16=False,
                       libraries=frozenset(LIBRARIES))  # fmt: skip
        name = f"a card with {memory_gb:g} GB"
        free = max(0.0, memory_gb - HELD_BACK)
        return cls("cuda", name, "cuda:0", free, memory_gb, ram, fp8=True, libraries=frozenset(LIBRARIES))


def _card(index: int) -> Machine:
    """An NVIDIA or AMD card as torch sees it; torch calls both of them cuda."""
    import torch

    free, total = torch.cuda.mem_get_info(index)
    seen = torch.cuda.get_device_properties(index)
    nvidia = torch.version.hip is None
    return Machine(
        kind="cuda" if nvidia else "rocm",
        name=str(seen.name),
        device=f"cuda:{index}",
        free=free / GB,
        total=total / GB,
        ram=_memory()[0],
        # Older cards only emulate bf16, which is slow; 8.0 is where they began to compute in it.
        bf16=not nvidia or (seen.major, seen.minor) >= (8, 0),
        fp8=nvidia and (seen.major, seen.minor) >= (8, 9),
        libraries=_installed(LIBRARIES),
    )


def _apple() -> Machine:
    """An Apple chip, whose memory is one; the system says how much of it a program had better use."""
    import platform

    import torch

    total = torch.mps.recommended_max_memory() / GB
    used = torch.mps.driver_allocated_memory() / GB
    free = min(total - used, _memory()[0])
    # bitsandbytes has no kernels there.
    return Machine("mps", f"Apple {platform.machine()}", "mps", free, total, free, bf16=True,
                   libraries=_installed(("sdnq",)))  # fmt: skip


def _processor() -> Machine:
    """The processor and main memory."""
    import platform

    import torch

    free, total = _memory()
    name = platform.processor() or platform.machine() or "the processor"
    # Without instructions of its own for bf16, a processor is many times slower in it than in fp32.
    quick = torch.cpu._is_avx512_bf16_supported()
    return Machine("cpu", name, "cpu", free, total, free, bf16=quick,
                   libraries=_installed(("sdnq", "torchao")))  # fmt: skip


def _memory() -> tuple[float, float]:
    """Main memory: what can be had without swapping, and all there is, in GB."""
    import psutil  # type: ignore[import-untyped]  # comes with accelerate

    seen = psutil.virtual_memory()
    return seen.available / GB, seen.total / GB


def _installed(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name for name in names if find_spec(name) is not None)
