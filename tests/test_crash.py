"""What a person was shown is there afterwards: killed, on a full disk, and in a folder that was damaged."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio import Studio, images
from studio.errors import Damaged, DiskFull, NotFound, StoreError
from studio.timeline import Timeline
from tests.kills import survive

ROOT = Path(__file__).parents[1]

# --- killed ------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_whatever_was_acknowledged_survives_being_killed_at_any_moment(tmp_path: Path) -> None:
    survived = survive(tmp_path, kills=10)
    assert survived.faults == ()
    assert survived.acknowledged >= 20


@pytest.mark.slow
def test_the_checker_sees_a_store_that_names_a_picture_before_writing_it(tmp_path: Path) -> None:
    careless = (survive(tmp_path / str(seed), kills=1, seed=seed, careless=True) for seed in range(1, 21))
    assert any("missing" in fault for survived in careless for fault in survived.faults)


def test_a_picture_that_was_half_written_when_the_power_went_is_not_taken_for_one(tmp_path: Path) -> None:
    studio = Studio(tmp_path, model="swatch")
    studio.open("harbour").say("", images=[noise(1)])
    whole = next((tmp_path / "blobs").glob("*.png"))
    whole.with_name("0123abcd.1234.partial").write_bytes(whole.read_bytes()[:100])
    studio.close()
    again = Studio(tmp_path, model="swatch")
    assert again.store.verify() == ()
    assert [entry.pictures for entry in again.list()] == [1]
    again.close()


# --- a full disk -------------------------------------------------------------------------------------------

FILL = """
import sys
from pathlib import Path
from PIL import Image
from studio import Studio
from studio.errors import DiskFull

folder = Path(sys.argv[1])
filler = folder / "filler"
filler.write_bytes(bytes(300_000))
studio = Studio(folder / "studio", model="swatch")
session = studio.open("harbour")
made, refused = 0, None
for number in range(100):
    before = session.timeline
    try:
        session.say("", images=[Image.effect_noise((200 + number, 200), 80).convert("RGB")])
        made += 1
    except DiskFull as fault:
        refused = fault
        break
assert made and refused is not None, made
assert "no room left" in str(refused) and "free some space" in str(refused), refused
assert session.timeline == before and session.picture is not None

# Filled to the last byte, not even a word about the past can be written: then it is refused as well.
with open(folder / "rest", "wb", buffering=0) as rest:
    for size in (4096, 1):
        try:
            while rest.write(bytes(size)):
                pass
        except OSError:
            pass
for number in range(200):
    before = session.timeline
    try:
        session.fork(session.head.id, f"branch {number}")
    except DiskFull:
        break
else:
    raise AssertionError("the disk was never full")
assert session.timeline == before

filler.unlink()
session.say("", images=[Image.effect_noise((100, 100), 80).convert("RGB")])
assert studio.store.verify() == (), studio.store.verify()
kept = session.timeline
studio.close()
again = Studio(folder / "studio", model="swatch")
assert again.store.damage is None
assert again.open("harbour").timeline == kept
again.close()
print("held")
"""


def test_a_full_disk_is_refused_with_a_sentence_and_work_goes_on_when_there_is_room(tmp_path: Path) -> None:
    mount = f"mount -t tmpfs -o size=1500k tmpfs {tmp_path}"
    own_mounts = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
    try:
        subprocess.run([*own_mounts, mount], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a disk this small takes a mount namespace, which this system does not give")
    script = f"{mount} && exec '{sys.executable}' -c \"$1\" {tmp_path}"
    done = subprocess.run([*own_mounts, script, "sh", FILL], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "held\n", done.stderr


def test_a_picture_the_system_will_not_write_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="limits on files are a thing of Unix")
    studio = Studio(tmp_path, model="swatch")
    session = studio.open("harbour")
    session.say("", images=[noise(1)])
    before, files = session.timeline, sorted(tmp_path.rglob("*"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(DiskFull, match="no room left"):
            session.say("", images=[noise(2)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert session.timeline == before
    assert sorted(tmp_path.rglob("*")) == files
    assert session.say("", images=[noise(2)]) is not None
    studio.close()


# --- a damaged folder --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """A studio folder that was closed, and what was in it."""

    folder: Path
    timeline: Timeline
    pictures: dict[str, bytes]

    @property
    def database(self) -> Path:
        return self.folder / "studio.db"

    @property
    def blobs(self) -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in (self.folder / "blobs").iterdir()}


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    """A folder with a session of twenty pictures, all in the database file and nothing beside it."""
    studio = Studio(tmp_path / "studio", model="swatch")
    session = studio.open("harbour")
    for number in range(20):
        session.say("", images=[noise(number)])
    timeline = session.timeline
    studio.close()
    with closing(sqlite3.connect(tmp_path / "studio" / "studio.db")) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = Kept(tmp_path / "studio", timeline, {})
    kept.pictures.update(kept.blobs)
    return kept


@pytest.fixture
def opened(kept: Kept) -> Iterator[list[Studio]]:
    """Studios to be closed in the end."""
    studios: list[Studio] = []
    yield studios
    for studio in studios:
        studio.close()


def scribble(file: Path, where: int, length: int) -> None:
    """Garbage over `length` bytes of the file."""
    with open(file, "r+b") as bytes_:
        bytes_.seek(where)
        bytes_.write(np.random.default_rng(3).bytes(length))


def spoil_header(database: Path) -> None:
    scribble(database, 0, 100)


def spoil_middle(database: Path) -> None:
    scribble(database, database.stat().st_size // 2 // 4096 * 4096, 4096)


def truncate(database: Path) -> None:
    database.write_bytes(database.read_bytes()[: database.stat().st_size // 2])


def empty(database: Path) -> None:
    """What a file system may leave of a file that was being written when the power went."""
    database.write_bytes(b"")


@pytest.mark.parametrize("spoil", [spoil_header, spoil_middle, truncate, empty])
def test_a_damaged_database_opens_for_reading_only_and_says_what_is_safe(
    kept: Kept, opened: list[Studio], spoil
) -> None:
    spoil(kept.database)
    spoilt = kept.database.read_bytes()
    studio = Studio(kept.folder, model="swatch")
    opened.append(studio)
    damage = studio.store.damage or ""
    assert damage.startswith("studio.db is damaged")
    assert "for reading only" in damage
    assert "20 pictures are safe" in damage
    assert "restore studio.db from a backup" in damage
    assert studio.state()["damage"] == damage
    assert studio.store.verify()[0] == damage
    with pytest.raises(Damaged, match=r"studio\.db is damaged"):
        studio.create("another")
    for name in kept.pictures:
        assert images.digest(studio.store.get(Path(name).stem)) == Path(name).stem
    studio.close()
    assert kept.database.read_bytes() == spoilt
    assert kept.blobs == kept.pictures


def test_what_can_still_be_read_of_a_damaged_database_is_shown(kept: Kept, opened: list[Studio]) -> None:
    spoil_table(kept.database, "results")  # only what spares a step from being run again is lost
    studio = Studio(kept.folder, model="swatch")
    opened.append(studio)
    assert "for reading only" in (studio.store.damage or "")
    session = studio.open("harbour")
    assert session.timeline == kept.timeline
    assert session.picture is not None
    with pytest.raises(Damaged, match="for reading only"):
        session.say("make it night")
    assert session.timeline == kept.timeline


def spoil_table(database: Path, table: str) -> None:
    """Garbage over the first page of that table."""
    with closing(sqlite3.connect(database)) as db:
        (size,) = db.execute("PRAGMA page_size").fetchone()
        (page,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    scribble(database, (page - 1) * size, size)


def test_a_restored_database_goes_on_where_it_was(kept: Kept, opened: list[Studio]) -> None:
    backup = kept.database.read_bytes()
    spoil_header(kept.database)
    Studio(kept.folder, model="swatch").close()
    kept.database.write_bytes(backup)
    studio = Studio(kept.folder, model="swatch")
    opened.append(studio)
    assert studio.store.damage is None
    assert studio.open("harbour").timeline == kept.timeline
    assert studio.store.verify() == ()


def test_a_changed_word_in_the_database_does_not_pass_for_what_was_said(
    kept: Kept, opened: list[Studio]
) -> None:
    with closing(sqlite3.connect(kept.database)) as db, db:
        db.execute("UPDATE versions SET turn = replace(turn, '\"t7\"', '\"t8\"') WHERE number = 6")
    studio = Studio(kept.folder, model="swatch")
    opened.append(studio)
    version = list(kept.timeline.versions)[6]
    assert studio.store.verify() == (f"Version {version} of harbour does not hash to its id.",)


def test_a_database_from_a_later_program_is_refused_and_left_as_it_is(kept: Kept) -> None:
    with closing(sqlite3.connect(kept.database)) as db, db:
        db.execute("UPDATE studio SET format = 7")
        db.execute("DROP TABLE receipts")  # formats to come may have other tables
    before = dump(kept.database)
    with pytest.raises(StoreError, match="format 7; this program reads up to"):
        Studio(kept.folder, model="swatch")
    assert dump(kept.database) == before
    assert kept.blobs == kept.pictures


def dump(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as db:
        return list(db.iterdump())


def test_a_missing_picture_is_named_and_the_rest_goes_on(kept: Kept, opened: list[Studio]) -> None:
    versions = list(kept.timeline.versions.values())
    lost, well = versions[5], versions[6]
    (kept.folder / "blobs" / f"{lost.image}.png").unlink()
    studio = Studio(kept.folder, model="swatch")
    opened.append(studio)
    session = studio.open("harbour")
    assert studio.store.verify() == (f"The picture of version {lost.id} of harbour is missing.",)
    with pytest.raises(NotFound, match=str(lost.image)):
        session.image(lost.id)
    assert images.digest(session.image(well.id)) == well.image
    with pytest.raises(NotFound, match="is not in the studio folder"):
        session.say("make it night", at=lost.id)
    assert session.timeline == kept.timeline
    assert session.say("make it night") is not None


def test_a_damaged_picture_is_named_and_the_rest_goes_on(kept: Kept, opened: list[Studio]) -> None:
    versions = list(kept.timeline.versions.values())
    hurt, swapped, well = versions[5], versions[6], versions[7]
    scribble(kept.folder / "blobs" / f"{hurt.image}.png", 200, 50)
    (kept.folder / "blobs" / f"{swapped.image}.png").write_bytes(kept.pictures[f"{well.image}.png"])
    studio = Studio(kept.folder, model="swatch")
    opened.append(studio)
    session = studio.open("harbour")
    faults = studio.store.verify()
    assert len(faults) == 2
    assert any(str(hurt.image) in fault and "cannot be read" in fault for fault in faults)
    assert f"The picture {swapped.image} does not have the pixels of its name." in faults
    with pytest.raises(Damaged, match="cannot be read"):
        session.image(hurt.id)
    assert images.digest(session.image(well.id)) == well.image
    assert session.timeline == kept.timeline


def noise(seed: int) -> Image.Image:
    """A picture like no other."""
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (60, 80, 3), np.uint8))
