"""Tensors kept by name, bounded in memory and on disk.

Nouns: an *entry* is some named tensors under a key.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

Entry = Mapping[str, Tensor]


class Shelf:
    """Entries by key; those not used for longest go first. Thread-safe.

    `room` bounds the bytes in memory. With a `folder`, entries are files too, of at most `disk` bytes, and
    outlive the program. A file that cannot be read is as if it were not there.
    """

    def __init__(self, room: int = 1 << 29, folder: Path | None = None, disk: int = 4 << 30) -> None:
        self._room, self._folder, self._disk = room, folder, disk
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._lock = threading.Lock()
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def get(self, key: str) -> Entry | None:
        """The entry, if it is still there."""
        with self._lock:
            found = self._entries.get(key)
            if found is None:
                found = self._read(key)
                if found is not None:
                    self._enter(key, found)
            if found is not None:
                self._entries.move_to_end(key)
            return found

    def put(self, key: str, entry: Entry) -> None:
        """Keep an entry, on the processor, and let go of old ones."""
        entry = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in entry.items()}
        with self._lock:
            self._enter(key, entry)
            self._write(key, entry)

    def newest(self) -> Sequence[Entry]:
        """The entries in memory, the last used first."""
        with self._lock:
            return list(reversed(self._entries.values()))

    def forget(self) -> None:
        """Let go of everything in memory: needed where the weights change, as by a LoRA."""
        with self._lock:
            self._entries.clear()

    def _enter(self, key: str, entry: Entry) -> None:
        self._entries[key] = entry
        self._entries.move_to_end(key)
        while len(self._entries) > 1 and sum(map(_bytes, self._entries.values())) > self._room:
            self._entries.popitem(last=False)

    def _read(self, key: str) -> Entry | None:
        path = self._folder and self._folder / f"{key}.safetensors"
        if not path or not path.exists():
            return None
        try:
            found: Entry = load_file(path)
        except (OSError, SafetensorError):
            path.unlink(missing_ok=True)
            return None
        os.utime(path)
        return found

    def _write(self, key: str, entry: Entry) -> None:
        if self._folder is None:
            return
        unfinished = self._folder / f"{key}.{os.getpid()}.part"
        try:
            save_file(dict(entry), unfinished)
            os.replace(unfinished, self._folder / f"{key}.safetensors")
        except OSError:  # a full disk costs a computation later and nothing else
            unfinished.unlink(missing_ok=True)
            return
        files = sorted(
            (
                (path.stat().st_mtime_ns, path.stat().st_size, path)
                for path in self._folder.glob("*.safetensors")
            ),
            reverse=True,
        )
        used = 0
        for _, size, path in files:
            used += size
            if used > self._disk and path.stem != key:
                path.unlink(missing_ok=True)


def _bytes(entry: Entry) -> int:
    return sum(tensor.nbytes for tensor in entry.values())
