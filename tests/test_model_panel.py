"""The model panel's routes: what is told to whom, and what a browser may ask for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from studio.images import to_png
from studio.models.fetching import Hub
from studio.models.hardware import Machine
from studio.models.opening import Here
from studio.models.records import Records
from studio.ui.choosing import settings
from tests.conftest import painted
from tests.site import Site, launched
from tests.tiny import tiny

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
PROCESSOR = Machine("cpu", "this processor", "cpu", 64, 64, 64)


def here(folder: Path) -> Here:
    """A processor and a hub that cannot be reached."""
    return Here(PROCESSOR, Records(folder / "records"), Hub("http://127.0.0.1:9", folder / "cache"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A studio of one's own, with a pipeline in its folder of models."""
    folder = tmp_path_factory.mktemp("panel")
    tiny("z_image")[0].save_pretrained(folder / "models" / "my painter")
    (folder / "loras").mkdir()
    (folder / "loras" / "old.ckpt").write_bytes(b"pickled")
    yield from launched(folder, here=lambda: here(folder))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A studio behind a link that others have."""
    folder = tmp_path_factory.mktemp("shared")
    yield from launched(folder, here=lambda: here(folder), shared=True)


def use(site: Site, name: object, act: str = "use") -> httpx.Response:
    return site.post(f"/studio/model/{act}", json.dumps({"name": name}).encode())


def test_all_there_is_is_listed_without_where_it_is(site: Site) -> None:
    told = site.get("/studio/models")
    body = told.json()
    names = [one["name"] for one in body["models"]]
    assert {"swatch", "pocket", "my painter", "flux2-klein-4b"} <= set(names)
    assert body["may"] and set(body["groups"]) >= {one["fits"] for one in body["models"]}
    assert [one["name"] for one in body["loras"]] == ["old"] and "could run code" in body["loras"][0]["wrong"]
    assert str(site.studio.store.folder) not in told.text


def test_a_browser_changes_the_model_and_cannot_name_a_folder(site: Site, tmp_path: Path) -> None:
    tiny("z_image")[0].save_pretrained(tmp_path / "elsewhere")
    refused = use(site, str(tmp_path / "elsewhere"))
    assert refused.status_code == 404 and "no owner/name" in refused.text
    assert use(site, ["pocket"]).status_code == 409
    assert use(site, "pocket", "explode").status_code == 404
    assert site.post("/studio/model/use", b"{not json").status_code == 404
    assert use(site, "my painter").status_code == 200
    assert site.studio.use("my painter").result(120).card.name == "my-painter"
    assert use(site, "swatch").status_code == 200
    assert site.studio.use("swatch").result(120).card.name == "swatch"


def test_terms_are_accepted_by_name(site: Site) -> None:
    dreamlite = next(one for one in site.get("/studio/models").json()["models"] if one["name"] == "dreamlite")
    assert not dreamlite["accepted"] and "non-commercial" in dreamlite["licence"]["terms"]
    assert "Accepted" in use(site, "dreamlite", "accept").json()["said"]
    dreamlite = next(one for one in site.get("/studio/models").json()["models"] if one["name"] == "dreamlite")
    assert dreamlite["accepted"]


def test_who_has_only_the_link_chooses_no_model_and_is_not_told_what_there_is(shared: Site) -> None:
    body = shared.get("/studio/models").json()
    assert not body["may"] and body["models"] == [] and "Only who started" in body["why"]
    for act in ("use", "accept", "halt"):
        refused = use(shared, "pocket", act)
        assert refused.status_code == 409 and "Only who started" in refused.text
    assert shared.studio.state()["model"] == "swatch"


def test_another_site_changes_no_model(site: Site) -> None:
    assert (
        site.post("/studio/model/use", b'{"name": "pocket"}', Origin="https://elsewhere.test").status_code
        == 403
    )


def test_a_control_picture_is_made_and_shown_to_its_session_alone(site: Site) -> None:
    key, _ = site.draw("a red boat")
    made = site.post(f"/studio/control/{key}/edges/upload", to_png(painted((64, 48), (8, 8, 40, 40))))
    digest = made.json()["digest"]
    assert site.get(f"/studio/picture/{key}/{digest}.webp").status_code == 200
    assert site.get(f"/studio/picture/{site.studio.create()}/{digest}.webp").status_code == 404
    assert site.post(f"/studio/control/{key}/palette/upload").json()["digest"] != digest
    for path, content, said in (
        (f"{key}/smell", b"", "no control picture"),
        (f"{key}/edges", b"<svg/>", "That file"),
        (f"{site.studio.create()}/edges", b"", "no picture on the canvas"),
    ):
        refused = site.post(f"/studio/control/{path}/upload", content)
        assert refused.status_code == 409 and said in refused.text


@pytest.mark.parametrize(
    "sent", [None, [], "x", {}, {"settings": 3, "controls": "x"}, {"controls": {"edges": 3}}]
)
def test_whatever_comes_with_a_message_is_settings_or_nothing(sent: object) -> None:
    assert settings(sent) == ({}, {})
