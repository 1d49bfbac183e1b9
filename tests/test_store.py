"""The studio folder keeps what it was given, and says what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from studio import images
from studio.errors import NotFound, StoreError
from studio.session import first_operation
from studio.store import Result, Store
from studio.timeline import Ask, Plan, Timeline, Turn, View, advance, grown

PICTURE = Image.effect_noise((40, 30), 50).convert("RGB")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def said(old: Timeline, image: str | None) -> Timeline:
    version = grown(old.view.head, Turn(f"t{len(old.versions)}", Ask("boat"), Plan()), image)
    view = View({"main": version.id}, "main", version.id)
    return advance(old, view, verb="say", note="boat", when=5.0, added=[version])


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_a_picture_comes_back_byte_for_byte_after_a_restart(tmp_path: Path, mode: str) -> None:
    digest = Store(tmp_path).put(PICTURE.convert(mode))
    again = Store(tmp_path).get(digest)
    assert (again.mode, again.tobytes()) == (mode, PICTURE.convert(mode).tobytes())


def test_the_same_picture_is_kept_once(store: Store) -> None:
    assert store.put(PICTURE) == store.put(PICTURE.copy())
    assert len(list((store.folder / "blobs").iterdir())) == 1


def test_a_digest_is_never_a_path(store: Store) -> None:
    for name in ("../studio", "/etc/passwd", "a/b", "", "..", "ä"):
        with pytest.raises(NotFound):
            store.get(name)


def test_a_result_is_remembered_only_while_its_picture_is_there(store: Store) -> None:
    digest = store.put(PICTURE)
    store.record("k", Result(digest, {"seconds": 1}))
    assert Store(store.folder).result("k") == Result(digest, {"seconds": 1})
    (store.folder / "blobs" / f"{digest}.png").unlink()
    assert Store(store.folder).result("k") is None
    assert store.result("other") is None


def test_a_timeline_comes_back_whole_with_its_receipts(store: Store) -> None:
    start = first_operation(1.0)
    key = store.create("harbour", start)
    one = said(start, store.put(PICTURE))
    store.append(key, start, one, {one.view.head or "": {"seconds": 2}})
    again = Store(store.folder)
    assert again.load(key) == one
    assert again.receipt(key, one.view.head or "") == {"seconds": 2}
    assert again.verify() == ()


def test_two_writers_to_one_session_cannot_overwrite_each_other(store: Store) -> None:
    start = first_operation(1.0)
    key = store.create("harbour", start)
    store.append(key, start, said(start, None), {})
    with pytest.raises(StoreError, match="another studio"):
        Store(store.folder).append(key, start, said(start, None), {})


def test_a_key_is_long_and_a_wrong_one_is_not_repeated(store: Store) -> None:
    key = store.create("harbour", first_operation(1.0))
    assert len(key) >= 22
    with pytest.raises(NotFound) as refused:
        store.name("sekret")
    assert "sekret" not in str(refused.value)


def test_sessions_are_listed_newest_first_with_a_cover(store: Store) -> None:
    old, new = first_operation(1.0), first_operation(2.0)
    store.create("old", old)
    key = store.create("new", new)
    digest = store.put(PICTURE)
    store.append(key, new, said(new, digest), {})
    listed = store.sessions()
    assert [(entry.name, entry.pictures, entry.cover) for entry in listed] == [
        ("new", 1, digest),
        ("old", 0, None),
    ]


def test_verify_finds_a_picture_that_is_not_what_its_name_says(store: Store) -> None:
    digest = store.put(PICTURE)
    file = store.folder / "blobs" / f"{digest}.png"
    file.write_bytes(images.to_png(Image.new("RGB", (3, 3))))
    assert any(digest in fault for fault in Store(store.folder).verify())
