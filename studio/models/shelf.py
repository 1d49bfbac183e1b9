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

_RECALLED = 64  # files that are read when a program begins and asks what there is


class Shelf:
    """Entries by key; those not used for longest go first. Thread-safe.

    `room` bounds the bytes in memory. With a `folder`, entries are files too, of at most `disk` bytes, and
    outlive the program. A file that cannot be read is as if it were not there.
    """

    def __init__(self, room: int = 1 << 29, folder: Path | None = None, disk: int = 4 << 30) -> None:
        self._room, self._folder, self._disk = room, folder, disk
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._lock = threading.Lock()
        self._looked = folder is None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def get(self, key: str) -> Entry | None:
        """The entry, if it is still there."""
        with self._lock:
            found = self._entries.get(key)
            if found is None:
                found = self._read(key)
                if found is not None:
                    os.utime(self._path(key))
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
        """The entries in memory, the last used first; when a program begins, the last ones on disk too."""
        with self._lock:
            if not self._looked:
                self._looked = True
                self._recall()
            return list(reversed(self._entries.values()))

    def _recall(self) -> None:
        """Take in what was last used before the program began, as older than all that is in memory."""
        here, self._entries = self._entries, OrderedDict()
        for _, _, path in reversed(self._files()[:_RECALLED]):
            found = self._read(path.stem)
            if found is not None and path.stem not in here:
                self._enter(path.stem, found)
        for key, entry in here.items():
            self._enter(key, entry)

    def _enter(self, key: str, entry: Entry) -> None:
        self._entries[key] = entry
        self._entries.move_to_end(key)
        while len(self._entries) > 1 and sum(map(_bytes, self._entries.values())) > self._room:
            self._entries.popitem(last=False)

    def _read(self, key: str) -> Entry | None:
        if self._folder is None or not self._path(key).exists():
            return None
        path = self._path(key)
        try:
            found: Entry = load_file(path)
        except (OSError, SafetensorError):
            path.unlink(missing_ok=True)
            return None
        return found

    def _write(self, key: str, entry: Entry) -> None:
        if self._folder is None:
            return
        unfinished = self._folder / f"{key}.{os.getpid()}.part"
        try:
            save_file(dict(entry), unfinished)
            os.replace(unfinished, self._path(key))
        except OSError:  # a full disk costs a computation later and nothing else
            unfinished.unlink(missing_ok=True)
            return
        used = 0
        for _, size, path in self._files():
            used += size
            if used > self._disk and path.stem != key:
                path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        assert self._folder is not None
        return self._folder / f"{key}.safetensors"

    def _files(self) -> list[tuple[int, int, Path]]:
        """What is on disk, the last used first: when it was, its size, and where it is."""
        found = self._folder.glob("*.safetensors") if self._folder else ()
        facts = ((path.stat(), path) for path in found)
        return sorted(((fact.st_mtime_ns, fact.st_size, path) for fact, path in facts), reverse=True)


def _bytes(entry: Entry) -> int:
    return sum(tensor.nbytes for tensor in entry.values())
