"""The server's edge: who may ask, how much, what leaves, and that no visitor sees what is another's."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from gradio_client import Client
from PIL import Image

from studio import Studio
from studio.images import mask_from_runs
from studio.ui.guard import BODY_LIMIT, Doors, Guard
from studio.ui.serve import sessions, shown_at, static_files, width_of
from tests.site import Site, launched

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from launched(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from launched(tmp_path_factory.mktemp("locked"), auth=("ann", "secret"))


# ---- who may ask


@pytest.mark.parametrize("path", ["/", "/config", "/gradio_api/info", "/studio/static/page.css"])
def test_only_hosts_of_this_server_are_answered(site: Site, path: str) -> None:
    assert site.get(path).status_code == 200
    assert site.get(path, Host="evil.example").status_code == 400
    assert site.get(path, Host="127.0.0.1.evil.example").status_code == 400


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example"])
@pytest.mark.parametrize("path", ["/gradio_api/upload", "/gradio_api/queue/join", "/studio/sessions"])
def test_other_sites_cannot_send_anything(site: Site, path: str, origin: str) -> None:
    assert site.post(path, b"[]", Origin=origin).status_code == 403


def test_the_page_itself_may_send(site: Site) -> None:
    assert site.post("/studio/sessions", b"[]", Origin=site.url).status_code == 200


def test_another_program_on_this_machine_is_another_site(site: Site) -> None:
    for origin in ("http://127.0.0.1:1", "http://localhost:3000", "http://[::1]:3000"):
        assert site.post("/studio/sessions", b"[]", Origin=origin).status_code == 403


def test_a_page_behind_a_share_link_may_send() -> None:
    doors = Doors.of("127.0.0.1", shared=True, share=lambda: "https://abc.gradio.live")
    assert doors.same("https://abc.gradio.live", "127.0.0.1:7860")
    assert not doors.same("https://def.gradio.live", "127.0.0.1:7860")


@pytest.mark.parametrize(
    ("doors", "admitted", "refused"),
    [
        (Doors.of("127.0.0.1"), ["localhost:7860", "127.0.0.1", "[::1]:80"], ["192.168.1.5", "a.local", ""]),
        (Doors.of("0.0.0.0"), ["192.168.1.5:7860", "localhost", "[fe80::1]"], ["evil.example", "1.2.3.4.eu"]),
        (Doors.of("studio.lan"), ["studio.lan:7860", "localhost"], ["10.0.0.1", "lan"]),
        (
            Doors.of("127.0.0.1", shared=True, share=lambda: "https://abc.gradio.live"),
            ["abc.gradio.live", "127.0.0.1"],
            ["def.gradio.live", "gradio.live"],
        ),
    ],
)
def test_doors(doors: Doors, admitted: list[str], refused: list[str]) -> None:
    assert [name for name in admitted if not doors.admits(name)] == []
    assert [name for name in refused if doors.admits(name)] == []


def test_a_space_is_framed_by_its_hub_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_ID", "ann/studio")
    monkeypatch.setenv("SPACE_HOST", "ann-studio.hf.space")
    doors = Doors.of("0.0.0.0")
    assert doors.admits("ann-studio.hf.space")
    assert not doors.admits("other.hf.space")
    assert not doors.private
    headers = dict(Guard(_nobody, doors).headers)
    assert b"frame-ancestors 'self' https://huggingface.co" in headers[b"content-security-policy"]


async def _nobody(scope: Any, receive: Any, send: Any) -> None:
    """An app that does not answer."""


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_studio_of_ones_own_is_private_until_it_is_shared(host: str) -> None:
    assert Doors.of(host).private
    assert not Doors.of(host, shared=True).private
    assert not Doors.of("0.0.0.0").private


# ---- how much


def test_bodies_are_limited(site: Site) -> None:
    too_much = b"x" * (BODY_LIMIT + 1)
    assert site.post("/gradio_api/queue/join", too_much).status_code == 413
    assert site.post("/studio/sessions", too_much).status_code == 413


def test_bodies_without_a_length_are_limited_too(site: Site) -> None:
    pieces = (b"x" * (1 << 20) for _ in range(BODY_LIMIT // (1 << 20) + 2))
    answer = httpx.post(site.url + "/studio/sessions", content=pieces)
    assert answer.status_code == 413


# ---- what leaves


def test_headers_of_safety_are_on_every_answer(site: Site) -> None:
    for path in ("/", "/studio/static/page.js", "/gradio_api/nothing", "/studio/nothing"):
        headers = site.get(path).headers
        assert "connect-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/studio/static/../page.py", "/studio/static/%2e%2e%2fpage.py", "/studio/static//etc/passwd"]
)
def test_static_names_are_not_paths(site: Site, path: str) -> None:
    assert site.get(path).status_code == 404


def test_static_files_are_kept_by_the_browser(site: Site) -> None:
    answer = site.get("/studio/static/page.css")
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]
    assert set(static_files()) >= {"page.css", "page.js", "canvas.js", "timeline.js"}


# ---- what is whose


def test_a_picture_is_served_to_who_has_the_key_and_to_nobody_else(site: Site) -> None:
    mine, digest = site.draw("a red apple")
    other, _ = site.draw("a green pear")
    answer = site.get(f"/studio/picture/{mine}/{digest}.webp?w=192")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/webp"
    assert "private" in answer.headers["cache-control"]
    for path in (
        f"/studio/picture/{other}/{digest}.webp",
        f"/studio/picture/{other}/{digest}.png",
        f"/studio/picture/nokey/{digest}.webp",
        f"/studio/picture/{mine}/{'0' * 40}.webp",
        "/studio/pulse/nokey",
        "/studio/export/nokey/png",
    ):
        assert site.get(path).status_code == 404, path


def test_the_png_is_the_picture_itself(site: Site, tmp_path: Path) -> None:
    key, digest = site.draw("a blue boat")
    (tmp_path / "it.png").write_bytes(site.get(f"/studio/picture/{key}/{digest}.png").content)
    with Image.open(tmp_path / "it.png") as served:
        assert np.array_equal(np.asarray(served), np.asarray(site.studio.image(key, digest)))


@pytest.mark.parametrize("kind", ["png", "script"])
def test_exports(site: Site, kind: str) -> None:
    key, _ = site.draw("a red apple")
    answer = site.get(f"/studio/export/{key}/{kind}")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    assert site.get(f"/studio/export/{key}/nothing").status_code == 404


def test_a_visitor_is_told_only_of_sessions_it_knows(tmp_path: Path) -> None:
    studio = Studio(tmp_path, "swatch")
    keys = [studio.create(name) for name in ("one", "two")]
    assert {row["key"] for row in sessions(studio, [], private=True)} == set(keys)
    assert sessions(studio, [], private=False) == []
    assert [row["name"] for row in sessions(studio, [keys[1]], private=False)] == ["two"]
    studio.close()


def test_the_pulse_says_what_changed(site: Site) -> None:
    key, _ = site.draw("a red apple")
    told = site.get(f"/studio/pulse/{key}").json()
    assert told["revision"] == site.studio.session(key).revision
    assert told["job"]["state"] == "done"
    assert told["model"]["ready"] is True


# ---- with a sign-in


def test_own_routes_ask_for_the_sign_in(locked: Site) -> None:
    key, digest = locked.draw("a red apple")
    paths = (f"/studio/picture/{key}/{digest}.webp", f"/studio/pulse/{key}", f"/studio/export/{key}/png")
    assert [locked.get(path).status_code for path in paths] == [401] * 3
    assert locked.post("/studio/sessions", b"[]").status_code == 401
    with httpx.Client(base_url=locked.url) as ann:
        assert ann.post("/login", data={"username": "ann", "password": "wrong"}).status_code == 400
        assert ann.post("/login", data={"username": "ann", "password": "secret"}).status_code == 200
        assert [ann.get(path).status_code for path in paths] == [200] * 3


# ---- pictures for looking at


def test_pictures_are_made_smaller_and_keep_what_is_see_through() -> None:
    large = Image.new("RGBA", (1000, 500), (10, 20, 30, 0))
    small = Image.open(io.BytesIO(shown_at(large, 192)))
    assert small.size == (192, 96)
    assert small.mode == "RGBA"


@pytest.mark.parametrize(
    ("asked", "served"), [(None, 0), ("1", 96), ("96", 96), ("97", 192), ("99999", 0), ("-5", 0), ("1e9", 0)]
)
def test_widths(asked: str | None, served: int) -> None:
    assert width_of(asked) == served


# ---- for programs


def test_a_program_draws_over_the_api(site: Site) -> None:
    client = Client(site.url, verbose=False)
    key = client.predict(api_name="/new_session")
    path, state = client.predict(key, "a red apple on a green meadow", 7, api_name="/say")
    with Image.open(path) as picture:
        head = site.studio.session(key).picture
        assert head is not None
        assert np.array_equal(np.asarray(picture), np.asarray(head))
    assert state["versions"][0]["receipt"]["seed"] == 7
    _, state = client.predict(key, "make it night", api_name="/say")
    assert [row["number"] for row in state["versions"]] == [1, 2]
    _, state = client.predict(key, "t1", "a green apple", api_name="/revise")
    assert [turn["text"] for turn in state["turns"]] == ["a green apple", "make it night"]
    _, undone = client.predict(key, "undo", api_name="/go")
    assert undone["turns"][0]["text"] == "a red apple on a green meadow"


@pytest.mark.parametrize(
    ("words", "sentence"), [("impossible", "cannot draw"), ("", "Say what"), ("x" * 100_001, "4,000")]
)
def test_a_program_is_told_in_sentences(site: Site, words: str, sentence: str) -> None:
    client = Client(site.url, verbose=False)
    key = client.predict(api_name="/new_session")
    revision = site.studio.session(key).revision
    with pytest.raises(Exception, match=sentence):
        client.predict(key, words, api_name="/say")
    with pytest.raises(Exception, match="session"):
        client.predict("nokey", "a cat", api_name="/say")
    assert site.studio.session(key).revision == revision


def test_only_the_small_api_is_shown(site: Site) -> None:
    named = httpx.get(site.url + "/gradio_api/info").json()["named_endpoints"]
    assert set(named) == {"/new_session", "/say", "/revise", "/go", "/select", "/see", "/state"}


def test_the_thing_at_a_pixel_is_told_to_who_has_the_key_and_the_version(site: Site) -> None:
    key, _ = site.draw("a red boat, 128x64")
    head = site.studio.session(key).head
    assert head is not None
    address = f"/studio/select/{key}/{head.id}"
    answer = site.get(f"{address}?x=3&y=4")
    assert np.asarray(mask_from_runs(answer.json())).all(), "swatch's picture is of one colour"
    assert site.get(f"{address}?x=128&y=4").status_code == 409
    for bad in ("", "?x=1", "?x=-1&y=1", "?x=1e3&y=1", "?x=../&y=1", "?x=9999999&y=1"):
        answer = site.get(address + bad)
        assert (answer.status_code, answer.text) == (409, "Say which pixel, by x and y.")
    stranger = site.studio.create()
    assert site.get(f"/studio/select/{stranger}/{head.id}?x=1&y=1").status_code == 404
    assert site.get(f"/studio/select/nobody/{head.id}?x=1&y=1").status_code == 404


def test_a_program_selects_and_sees(site: Site) -> None:
    client = Client(site.url, verbose=False)
    key, _ = site.draw("a red boat, 128x64")
    told = client.predict(key, None, 3, 4, api_name="/select")
    assert (told["width"], told["height"]) == (128, 64)
    assert client.predict(key, api_name="/see") == []
    with pytest.raises(Exception, match="do not see “the boat”"):
        client.predict(key, "the boat", api_name="/select")
