"""Pictures on disk: `<digest>.png`, each once, each whole or not at all.

A *blob* is a picture by the digest of its pixels. It is written beside its place, flushed, and renamed into
it, so that no name ever stands for half a picture. The pictures used last are also kept in memory.
"""

from __future__ import annotations

import errno
import os
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from studio import images
from studio.errors import BadPicture, Damaged, DiskFull, NotFound, StoreError

MEMORY = 400_000_000  # bytes of decoded pictures to keep at hand


class Blobs:
    """A folder of pictures by digest, made if it is not there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._recent: OrderedDict[str, Image.Image] = OrderedDict()
        self._lock = threading.Lock()
        with room(folder.parent):
            folder.mkdir(parents=True, exist_ok=True)

    def put(self, picture: Image.Image) -> str:
        """The picture's digest, once it is safely on disk. Raises `DiskFull`."""
        digest = images.digest(picture)
        target = self._file(digest)
        if not target.exists():
            with room(self.folder.parent):
                _write(target, images.to_png(picture))
        self._keep(digest, picture)
        return digest

    def get(self, digest: str) -> Image.Image:
        """The picture of that digest; not to be changed. Raises `NotFound`, or `Damaged` if unreadable."""
        with self._lock:
            found = self._recent.get(digest)
        if found is None:
            found = self.read(digest)
            self._keep(digest, found)
        return found

    def read(self, digest: str) -> Image.Image:
        """The picture as its file has it."""
        try:
            return images.from_png(self._file(digest).read_bytes())
        except FileNotFoundError:
            raise NotFound(f"The picture {digest} is not in the studio folder.") from None
        except (OSError, BadPicture) as fault:
            raise Damaged(f"The picture {digest} in the studio folder cannot be read: {fault}") from fault

    def has(self, digest: str) -> bool:
        """Whether the picture's file is there."""
        return self._file(digest).exists()

    def digests(self) -> list[str]:
        """The digests there are files for."""
        return sorted(file.stem for file in self.folder.glob("*.png"))

    def _file(self, digest: str) -> Path:
        """The only place a digest becomes a path, so the only one that must not be fooled."""
        if not (digest.isalnum() and digest.isascii()):
            raise NotFound(f"{digest!r} is not a picture's digest.")
        return self.folder / f"{digest}.png"

    def _keep(self, digest: str, picture: Image.Image) -> None:
        with self._lock:
            self._recent[digest] = picture
            self._recent.move_to_end(digest)
            while len(self._recent) > 1 and sum(map(_weight, self._recent.values())) > MEMORY:
                self._recent.popitem(last=False)


def _weight(picture: Image.Image) -> int:
    return picture.width * picture.height * len(picture.getbands())


@contextmanager
def room(folder: Path) -> Iterator[None]:
    """Turns the system's words for a full or read-only disk into ours."""
    try:
        yield
    except OSError as fault:
        if fault.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiskFull(no_room(folder)) from fault
        raise StoreError(f"The studio folder cannot be written: {fault.strerror}.") from fault


def no_room(folder: Path) -> str:
    """What to say when the disk is full."""
    return f"There is no room left for {folder.name}; free some space and say it again. Nothing was lost."


def _write(target: Path, data: bytes) -> None:
    """The file whole or not at all: written beside, flushed, then renamed, then the folder flushed."""
    partial = target.with_name(f"{target.stem}.{secrets.token_hex(4)}.partial")
    try:
        with open(partial, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, target)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    if os.name == "posix":  # elsewhere a folder cannot be opened to be flushed
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
