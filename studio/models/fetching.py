"""Weights from the hub: what they weigh is known first, then a licence is accepted, then they are fetched.

Noun: the `Hub` is where repositories come from. What came from it is remembered in `records`.
"""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.errors import (
    DiskFull,
    Gated,
    LicenceAsked,
    NotFound,
    Offline,
    StoreError,
    StudioError,
    Unsafe,
)
from studio.models import vetting
from studio.models.family import Checkpoint, Licence, Net
from studio.models.records import Offer, Records

Fetched = Callable[[int, int], None]  # bytes that are here, and bytes in all; raising stops, to go on later

# Of a pipeline, only what is in its components' folders is looked at.
PATTERNS = (*vetting.INDEXES, *(f"*/*{suffix}" for suffix in (vetting.WEIGHTS, *vetting.TEXT)))
ROOT = ("*",)  # of a part that has a repository of its own: what is at the root of that
BARE = tuple(f"*{suffix}" for suffix in (vetting.WEIGHTS, *vetting.TEXT))
SPARE = 1 << 30  # bytes that a disk should have left when all is fetched


def unwatched(done: int, total: int) -> None:
    """Report to nobody."""


@dataclass(frozen=True)
class Hub:
    """Where repositories come from and where they are kept; None is what huggingface_hub is set to.

    `cache` is the folder that other programs share, so that what they fetched is not fetched again. `watch`
    is told of every piece of a repository that arrives.
    """

    endpoint: str | None = None
    cache: Path | None = None
    watch: Fetched = unwatched

    def offer(
        self, repo: str, revision: str | None, variant: str | None, only: tuple[str, ...] = ()
    ) -> Offer:
        """What would be fetched; `only` are single files instead of the pipeline in the repository, or ROOT.

        Raises `NotFound`, `Gated`, `Offline` or `Unsafe`.
        """
        import huggingface_hub as hub

        patterns = BARE if only == ROOT else only or PATTERNS
        with _told(repo):
            listed = hub.snapshot_download(
                repo, revision=revision, allow_patterns=list(patterns), dry_run=True,
                endpoint=self.endpoint, cache_dir=self.cache, tqdm_class=_bar(0, 0, unwatched),
            )  # fmt: skip
            found = {one.filename: one for one in listed if _plain(one.filename)}
            names = vetting.bare(found) if only == ROOT else only if found.keys() >= set(only) else ()
            entry = next((found[name] for name in vetting.INDEXES if name in found), None)
            if not only and entry is not None:
                if (entry.file_size or 0) > vetting.LARGEST_TEXT:
                    raise Unsafe(f"The {entry.filename} of {repo} is far too long for what it is.")
                file = hub.hf_hub_download(
                    repo, entry.filename, revision=entry.commit_hash,
                    endpoint=self.endpoint, cache_dir=self.cache,
                )  # fmt: skip
                named = vetting.components(vetting.index(Path(file).parent), repo)
                names = vetting.wanted(found, named, variant)
        if not any(name.endswith(vetting.WEIGHTS) for name in names):
            what = "weights" if only == ROOT else " and ".join(only) or "pipeline of diffusers"
            raise NotFound(f"{repo} has no {what} as {vetting.WEIGHTS}: there is nothing to fetch.")
        files = {name: int(found[name].file_size or 0) for name in names}
        here = sum(files[name] for name in names if found[name].is_cached)
        return Offer(repo, found[names[0]].commit_hash, files, here, only)

    def fetch(self, offer: Offer, records: Records, report: Fetched = unwatched) -> Path:
        """The folder with all that was offered. What was interrupted goes on with the files that were not
        whole yet.

        Raises `DiskFull` before anything is fetched if there is no room for it, and as `offer` does.
        """
        import huggingface_hub as hub

        self._room(offer)

        def arrived(done: int, total: int) -> None:
            self.watch(done, total)
            report(done, total)

        with _told(offer.repo):
            found = hub.snapshot_download(
                offer.repo, revision=offer.commit, allow_patterns=list(offer.files),
                endpoint=self.endpoint, cache_dir=self.cache,
                tqdm_class=_bar(offer.here, offer.total, arrived),
            )  # fmt: skip
        if self.here(offer) is None:
            raise Offline(f"{offer.repo} did not arrive as a whole; try again, and it goes on with the rest.")
        arrived(offer.total, offer.total)
        records.pin(offer)
        return Path(found)

    def here(self, offer: Offer) -> Path | None:
        """The folder with all that was offered, if every file is there in its size. Asks nobody."""
        from huggingface_hub import try_to_load_from_cache

        folder = None
        for name, size in offer.files.items():
            cache = self.cache and str(self.cache)
            file = try_to_load_from_cache(offer.repo, name, cache_dir=cache, revision=offer.commit)
            if not isinstance(file, str) or os.stat(file).st_size != size:
                return None
            folder = Path(file).parents[name.count("/")]
        return folder

    def _room(self, offer: Offer) -> None:
        from huggingface_hub import constants

        folder = Path(self.cache or constants.HF_HUB_CACHE)
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
        if offer.missing and offer.missing + SPARE > free:
            raise DiskFull(
                f"{offer.repo} takes {gigabytes(offer.missing)} more and the disk has "
                f"{gigabytes(free)}; free some, or set HF_HOME to a folder on a larger disk."
            )


def obtain(
    checkpoint: Checkpoint, records: Records, hub: Hub | None = None, report: Fetched = unwatched
) -> Path:
    """The folder with the checkpoint's weights, fetched if they are not here. A repository may be a folder.

    Raises `LicenceAsked` before anything is fetched or used under terms that nobody accepted.
    """
    require_accepted(checkpoint.title, checkpoint.licence, records)
    if is_folder(checkpoint.repo):
        return vetting.folder(Path(checkpoint.repo))
    return obtain_repository(
        checkpoint.repo, records, hub, report, revision=checkpoint.revision, variant=checkpoint.variant
    )


def obtain_repository(
    repo: str,
    records: Records,
    hub: Hub | None = None,
    report: Fetched = unwatched,
    *,
    revision: str | None = None,
    variant: str | None = None,
) -> Path:
    """The folder with a repository of the hub, of which nothing else is known."""
    found = _obtain(repo, revision, variant, (), records, hub, report)
    vetting.contents(found)
    return found


def obtain_file(
    repo: str, file: str, records: Records, hub: Hub | None = None, report: Fetched = unwatched
) -> Path:
    """A single file of weights out of a repository or folder, such as a LoRA."""
    if not file.endswith(vetting.WEIGHTS):
        raise Unsafe(f"{file} is not taken: weights are taken as {vetting.WEIGHTS} only.")
    if is_folder(repo):
        root, path = Path(repo).resolve(), (Path(repo) / file).resolve()
        if not path.is_relative_to(root):
            raise Unsafe(f"{file} leads out of {Path(repo).name}.")
        if not path.is_file():
            raise NotFound(f"There is no {file} in {Path(repo).name}.")
        return path
    return _obtain(repo, None, None, (file,), records, hub, report) / file


def obtain_net(net: Net, records: Records, hub: Hub | None = None, report: Fetched = unwatched) -> Path:
    """The folder with control weights and what says their shape. Raises `LicenceAsked` before anything is."""
    require_accepted(net.repo, net.licence, records)
    files = (net.file,) if net.config is not None else (net.file, vetting.SHAPE)
    if is_folder(net.repo):
        found = vetting.files(Path(net.repo))
    else:
        found = _obtain(net.repo, net.revision, None, files, records, hub, report)
    if net.config is None and "auto_map" in vetting.table(found / vetting.SHAPE):
        raise Unsafe(f"{net.repo} asks for code that came with the weights; that is never run.")
    return found


def obtain_part(repo: str, records: Records, hub: Hub | None = None, report: Fetched = unwatched) -> Path:
    """The folder with a single part, which has a repository of its own or is in a folder."""
    if is_folder(repo):
        return vetting.part(Path(repo).resolve())
    return vetting.part(_obtain(repo, None, None, ROOT, records, hub, report))


def is_folder(repo: str) -> bool:
    """Whether that is a folder on this machine, and no repository on the hub."""
    return bool(repo) and Path(repo).is_dir()


def require_accepted(title: str, licence: Licence, records: Records) -> None:
    """Raises `LicenceAsked` with the terms if nobody has accepted them."""
    if not licence.free and licence.name not in records.accepted:
        raise LicenceAsked(
            f"{title} comes under {licence.name} ({licence.url}). {licence.terms} "
            "Accept it first: in the page's panel, or by starting once with --accept-licence."
        )


def gigabytes(count: int) -> str:
    """Bytes for a person."""
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"


def _obtain(
    repo: str,
    revision: str | None,
    variant: str | None,
    only: tuple[str, ...],
    records: Records,
    hub: Hub | None,
    report: Fetched,
) -> Path:
    hub = hub or Hub()
    before = records.fetched(repo, only)
    if before is not None and (folder := hub.here(before)) is not None:
        return folder
    # Files that were lost come back from the commit that was fetched first, not from a newer one.
    offer = hub.offer(repo, revision or records.commit(repo), variant, only)
    return hub.fetch(offer, records, report)


def _plain(name: str) -> bool:
    """Whether a name is one of a file below the repository, and no pattern for several."""
    return not {"", ".", ".."} & set(name.split("/")) and not set("[]*?\\") & set(name)


@contextmanager
def _told(repo: str) -> Iterator[None]:
    """What goes wrong with a hub, as one sentence."""
    import httpx2
    from huggingface_hub import errors

    try:
        yield
    except (errors.HFValidationError, httpx2.HTTPError, OSError) as error:
        # Some of these only say that something else went wrong.
        raise _sentence(repo, (error.__cause__ if _vague(error) else None) or error) from error


def _vague(error: Exception) -> bool:
    from huggingface_hub import errors

    return isinstance(error, errors.DryRunError | errors.LocalEntryNotFoundError)


def _sentence(repo: str, error: BaseException) -> StudioError:
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return Gated(
            f"{repo} is given to those who accepted its terms: open https://huggingface.co/{repo}, accept "
            "them, and sign in with `hf auth login`."
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return NotFound(f"{repo} has no such revision as was asked for, or no longer.")
    if isinstance(error, errors.RepositoryNotFoundError | errors.HFValidationError):
        return NotFound(f"There is no repository {repo!r} on the hub, or you are not signed in to see it.")
    if isinstance(error, errors.HfHubHTTPError):
        return Offline(f"The hub answered {error.response.status_code} for {repo}; try again later.")
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return DiskFull(f"The disk filled up while {repo} was fetched; free some, and it goes on from there.")
    if isinstance(error, PermissionError):
        return StoreError(f"{repo} cannot be kept: the folder of the hub may not be written to.")
    return Offline(f"{repo} is not on this machine, and the hub cannot be reached ({type(error).__name__}).")


def _bar(here: int, total: int, report: Fetched) -> type[Any]:
    """What huggingface_hub takes for a progress bar: it counts, shows nothing and reports."""
    from tqdm.std import tqdm

    lock = threading.Lock()
    counts: dict[int, int] = {}

    class Bar(tqdm):  # type: ignore[misc]
        def __init__(self, *args: Any, **more: Any) -> None:
            self._bytes = more.get("unit") == "B"
            more.pop("name", None)
            super().__init__(*args, **{**more, "disable": True})

        def update(self, n: float | None = 1) -> None:
            if not self._bytes:
                return
            # One bar counts what came over the wire and one what is on the disk; the farther one is true.
            with lock:
                counts[id(self)] = counts.get(id(self), 0) + int(n or 0)
                done = min(total, here + max(counts.values()))
            report(done, total)

    return Bar
