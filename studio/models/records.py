"""What was fetched and what was accepted, remembered in a small file beside the weights.

Nouns: an `Offer` is what would be fetched of a repository, file by file, at one commit; `Records` are the
small file. A repository is fetched once: from then on that commit is used, and nobody is asked whether there
is another.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.errors import Damaged
from studio.models.family import Licence


@dataclass(frozen=True)
class Offer:
    """What would be fetched: `files` to bytes, of which `here` are on the disk already.

    `only` is what was asked for: single files, ROOT, or nothing for the whole pipeline.
    """

    repo: str
    commit: str
    files: Mapping[str, int]
    here: int
    only: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Bytes in all."""
        return sum(self.files.values())

    @property
    def missing(self) -> int:
        """Bytes still to fetch."""
        return self.total - self.here


class Records:
    """Accepted licences and fetched commits, in a file of a folder. Raises `Damaged` if it is unreadable."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._file = folder, folder / "models.json"
        self._lock = threading.Lock()

    @property
    def accepted(self) -> frozenset[str]:
        """The names of the licences that somebody accepted."""
        return frozenset(map(str, self._read()["licences"]))

    def accept(self, licence: Licence) -> None:
        """Remember that these terms were accepted."""
        with self._lock:
            read = self._read()
            read["licences"] = sorted({*read["licences"], licence.name})
            self._write(read)

    def commit(self, repo: str) -> str | None:
        """The commit of which something was fetched."""
        one = self._read()["fetched"].get(repo)
        return None if one is None else str(one["commit"])

    def fetched(self, repo: str, only: tuple[str, ...] = ()) -> Offer | None:
        """What was fetched of that repository when just this was asked for, as in `Hub.offer`."""
        one = self._read()["fetched"].get(repo, {})
        part = one.get("parts", {}).get(_part(only))
        if part is None:
            return None
        files = {str(name): int(size) for name, size in part.items()}
        return Offer(repo, str(one["commit"]), files, sum(files.values()), only)

    def pin(self, offer: Offer) -> None:
        """Remember that all of an offer was fetched: its commit is used from now on. What was fetched of
        another is forgotten, as it is not used any more.
        """
        with self._lock:
            read = self._read()
            before = read["fetched"].get(offer.repo, {})
            parts = before.get("parts", {}) if before.get("commit") == offer.commit else {}
            parts = {**parts, _part(offer.only): dict(offer.files)}
            read["fetched"][offer.repo] = {"commit": offer.commit, "parts": parts}
            self._write(read)

    def _read(self) -> dict[str, Any]:
        try:
            read = json.loads(self._file.read_bytes())
            return {"licences": list(read["licences"]), "fetched": dict(read["fetched"])}
        except FileNotFoundError:
            return {"licences": [], "fetched": {}}
        except (ValueError, TypeError, KeyError) as error:
            raise Damaged(
                f"{self._file.name}, beside what the hub keeps, cannot be read ({error}); remove it to start "
                "anew, with every licence to be accepted again."
            ) from error

    def _write(self, read: Mapping[str, Any]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._file.with_suffix(f".{os.getpid()}.part")
        unfinished.write_text(json.dumps(read, indent=1))
        os.replace(unfinished, self._file)


def _part(only: tuple[str, ...]) -> str:
    """What was asked for of a repository, as a key."""
    return " ".join(sorted(only))
