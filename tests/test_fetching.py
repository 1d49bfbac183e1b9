"""Weights from a hub that is a real server on this machine, and from folders that mean harm."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.errors import Damaged, DiskFull, Gated, LicenceAsked, NotFound, Offline, Stopped, Unsafe
from studio.models import fetching, vetting
from studio.models.catalog import listed
from studio.models.family import NON_COMMERCIAL
from studio.models.fetching import Hub, obtain, obtain_file
from studio.models.records import Offer, Records
from tests.hub import Shop, opened

REPO = "painters/tiny"
INDEX = {
    "_class_name": "TinyPipeline",
    "unet": ["diffusers", "UNet2DConditionModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "safety_checker": [None, None],
}
KLEIN = replace(listed("flux2-klein-4b"), repo=REPO)


def tiny_files() -> dict[str, bytes]:
    """A repository as they are: what is needed, and much beside it."""
    return {
        "model_index.json": json.dumps(INDEX).encode(),
        "unet/config.json": b"{}",
        "unet/diffusion_pytorch_model.safetensors": b"w" * 300_000,
        "unet/diffusion_pytorch_model.fp16.safetensors": b"h" * 150_000,
        "unet/diffusion_pytorch_model.non_ema.safetensors": b"n" * 300_000,
        "unet/diffusion_pytorch_model.bin": b"pickled",
        "unet/handler.py": b"raise SystemExit",
        "tokenizer/vocab.json": b"{}",
        "tokenizer/merges.txt": b"",
        "safety_checker/model.safetensors": b"s" * 1000,
        "whole-model.safetensors": b"x" * 500_000,
        "README.md": b"# tiny",
    }


@pytest.fixture(autouse=True)
def may_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub is on this machine: it may be asked where tests run with HF_HUB_OFFLINE, too."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)


@pytest.fixture
def shop() -> Shop:
    """A hub with one repository."""
    return Shop({REPO: tiny_files()})


@pytest.fixture
def hub(shop: Shop, tmp_path: Path) -> Iterator[Hub]:
    """That hub, open."""
    with opened(shop) as address:
        yield Hub(address, tmp_path / "cache")


@pytest.fixture
def records(tmp_path: Path) -> Records:
    """Nothing accepted, nothing fetched."""
    return Records(tmp_path / "records")


def names(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if not file.is_dir()}


NEEDED = {
    "model_index.json",
    "unet/config.json",
    "unet/diffusion_pytorch_model.safetensors",
    "tokenizer/vocab.json",
    "tokenizer/merges.txt",
}


def test_what_it_weighs_is_known_before_anything_but_the_index_is_fetched(shop: Shop, hub: Hub) -> None:
    offer = hub.offer(REPO, None, None)
    assert set(offer.files) == NEEDED
    assert offer.total == sum(len(tiny_files()[name]) for name in NEEDED)
    assert offer.commit == shop.commit(REPO)
    fetched = [line for line in shop.asked if line.startswith("GET") and "/resolve/" in line]
    assert [line.split("/")[-1] for line in fetched] == ["model_index.json"]


def test_only_the_safetensors_and_texts_of_the_named_components_are_fetched(
    shop: Shop, hub: Hub, records: Records
) -> None:
    folder = obtain(KLEIN, records, hub)
    assert names(folder) == NEEDED
    assert (folder / "unet/diffusion_pytorch_model.safetensors").read_bytes() == b"w" * 300_000
    assert not [
        line for line in shop.asked if line.endswith((".bin", ".py", ".md", "whole-model.safetensors"))
    ]


def test_a_variant_is_taken_where_there_is_one(hub: Hub) -> None:
    assert "unet/diffusion_pytorch_model.fp16.safetensors" in hub.offer(REPO, None, "fp16").files
    assert "unet/diffusion_pytorch_model.safetensors" not in hub.offer(REPO, None, "fp16").files
    assert set(hub.offer(REPO, None, "int8").files) == NEEDED


def test_what_was_fetched_once_is_used_without_asking_anyone(
    shop: Shop, hub: Hub, records: Records, tmp_path: Path
) -> None:
    folder = obtain(KLEIN, records, hub)
    shop.asked.clear()
    shop.repos[REPO]["unet/config.json"] = b'{"changed": true}'
    assert obtain(KLEIN, Records(tmp_path / "records"), hub) == folder
    assert shop.asked == []


def test_a_lost_file_comes_back_from_the_commit_that_was_fetched_first(
    shop: Shop, hub: Hub, records: Records
) -> None:
    folder = obtain(KLEIN, records, hub)
    first = folder.name
    (folder / "tokenizer/vocab.json").resolve().unlink()
    assert obtain(KLEIN, records, hub) == folder
    shop.repos[REPO]["unet/config.json"] = b'{"changed": true}'
    (folder / "tokenizer/vocab.json").resolve().unlink()
    with pytest.raises(NotFound, match="no such revision"):  # this hub keeps only its newest commit
        obtain(KLEIN, records, hub)
    assert any(first in line for line in shop.asked)


def test_progress_ends_with_everything_and_a_stopped_fetch_goes_on(hub: Hub, records: Records) -> None:
    seen: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        raise Stopped("Stopped.")

    with pytest.raises(Stopped):
        obtain(KLEIN, records, hub, stop)
    assert records.fetched(REPO) is None
    obtain(KLEIN, records, hub, lambda done, total: seen.append((done, total)))
    total = sum(len(tiny_files()[name]) for name in NEEDED)
    assert seen[-1] == (total, total)
    assert all(0 <= done <= total for done, _ in seen)


def test_a_single_file_is_fetched_alone(shop: Shop, hub: Hub, records: Records) -> None:
    file = obtain_file(REPO, "whole-model.safetensors", records, hub)
    assert file.read_bytes() == b"x" * 500_000
    assert names(file.parent) == {"whole-model.safetensors"}
    with pytest.raises(Unsafe, match="safetensors only"):
        obtain_file(REPO, "unet/diffusion_pytorch_model.bin", records, hub)
    with pytest.raises(NotFound, match="no other"):
        obtain_file(REPO, "other.safetensors", records, hub)


def test_what_is_fetched_of_a_repository_part_by_part_is_all_remembered(
    shop: Shop, hub: Hub, records: Records
) -> None:
    file = obtain_file(REPO, "whole-model.safetensors", records, hub)
    assert records.fetched(REPO) is None, "a single file is no pipeline"
    folder = obtain(KLEIN, records, hub)
    assert (folder / "model_index.json").is_file()
    shop.asked.clear()
    assert obtain(KLEIN, records, hub) == folder
    assert obtain_file(REPO, "whole-model.safetensors", records, hub) == file
    assert shop.asked == []


# --- licences and records


def test_terms_are_accepted_before_anything_is_asked_of_the_hub(
    shop: Shop, hub: Hub, records: Records, tmp_path: Path
) -> None:
    bound = replace(KLEIN, licence=NON_COMMERCIAL)
    with pytest.raises(LicenceAsked, match="non-commercial"):
        obtain(bound, records, hub)
    assert shop.asked == []
    records.accept(NON_COMMERCIAL)
    assert Records(tmp_path / "records").accepted == {NON_COMMERCIAL.name}
    assert names(obtain(bound, records, hub)) == NEEDED


@pytest.mark.parametrize("content", ["", "[]", "{", '{"licences": 3, "fetched": {}}', "\x00"])
def test_damaged_records_are_not_taken_for_none(records: Records, tmp_path: Path, content: str) -> None:
    (tmp_path / "records").mkdir()
    (tmp_path / "records/models.json").write_text(content)
    with pytest.raises(Damaged, match=r"models\.json"):
        _ = records.accepted


# --- what goes wrong, in one sentence each


def test_a_gated_repository_says_where_to_accept_its_terms(shop: Shop, hub: Hub, records: Records) -> None:
    shop.gated.add(REPO)
    with pytest.raises(Gated, match="hf auth login"):
        obtain(KLEIN, records, hub)


def test_a_missing_repository_is_not_found(hub: Hub, records: Records) -> None:
    with pytest.raises(NotFound, match="painters/none"):
        obtain(replace(KLEIN, repo="painters/none"), records, hub)
    with pytest.raises(NotFound, match="no such revision"):
        obtain(replace(KLEIN, revision="v9"), records, hub)


@pytest.mark.parametrize("repo", ["a/b/c", "../etc/passwd", "a b", "", "-/-", "x/.."])
def test_a_name_that_is_no_repository_is_not_found(hub: Hub, records: Records, repo: str) -> None:
    with pytest.raises(NotFound):
        obtain(replace(KLEIN, repo=repo), records, hub)


def test_a_hub_that_is_down_is_offline(shop: Shop, records: Records, hub: Hub, tmp_path: Path) -> None:
    shop.broken = True
    with pytest.raises(Offline, match="400"):
        obtain(KLEIN, records, hub)
    with pytest.raises(Offline, match="cannot be reached"):
        obtain(KLEIN, records, Hub("http://127.0.0.1:9", tmp_path / "cache"))


def test_a_disk_that_is_too_small_is_said_before_anything_is_fetched(
    shop: Shop, hub: Hub, records: Records
) -> None:
    with pytest.raises(DiskFull, match="1000000\\.0 GB more"):
        hub.fetch(Offer(REPO, shop.commit(REPO), {"unet/config.json": 10**15}, 0), records)
    assert shop.asked == []


def test_a_repository_without_safetensors_has_nothing_to_fetch(
    shop: Shop, hub: Hub, records: Records
) -> None:
    shop.repos[REPO] = {"model_index.json": json.dumps(INDEX).encode(), "unet/model.bin": b"pickled"}
    with pytest.raises(NotFound, match="nothing to fetch"):
        obtain(KLEIN, records, hub)


@pytest.mark.parametrize(
    ("index", "complaint"),
    [
        ({**INDEX, "_class_name": ["pipeline.py", "Mine"]}, "a pipeline of its own"),
        ({**INDEX, "_class_name": None}, "a pipeline of its own"),
        ({**INDEX, "../../up": ["diffusers", "UNet2DConditionModel"]}, "no class of a library"),
        ({**INDEX, "unet": ["os.path", "join"]}, "no class of a library"),
        ({**INDEX, "unet": ["diffusers", 3]}, "no class of a library"),
        ([1, 2], "not a table"),
    ],
)
def test_an_index_that_asks_for_code_is_refused(
    shop: Shop, hub: Hub, records: Records, index: object, complaint: str
) -> None:
    shop.repos[REPO]["model_index.json"] = json.dumps(index).encode()
    with pytest.raises(Unsafe, match=complaint):
        obtain(KLEIN, records, hub)


# --- folders


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as `save_pretrained` leaves it."""
    for name in NEEDED:
        file = tmp_path / "local" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(tiny_files()[name])
    return tmp_path / "local"


def test_a_folder_is_a_repository_too(folder: Path, records: Records, hub: Hub, shop: Shop) -> None:
    assert obtain(replace(KLEIN, repo=str(folder)), records, hub) == folder.resolve()
    assert shop.asked == []


@pytest.mark.parametrize("name", ["unet/model.bin", "evil.PY", "unet/a/b/c.pt", "tokenizer/x.pkl", "libx.so"])
def test_a_folder_with_code_or_pickles_is_refused_by_name(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"")
    with pytest.raises(Unsafe, match=Path(name).name):
        vetting.folder(folder)


def test_a_link_that_leads_out_of_the_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text("{}")
    (folder / "unet/inside.json").symlink_to(folder / "unet/config.json")
    vetting.folder(folder)
    (folder / "unet/secret.json").symlink_to(secret)
    with pytest.raises(Unsafe, match="leads out of the folder"):
        vetting.folder(folder)


def test_a_linked_folder_is_refused_too(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (folder / "vae").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    with pytest.raises(Unsafe, match="leads out of the folder"):
        vetting.folder(folder)


def test_a_configuration_that_asks_for_code_is_refused(folder: Path) -> None:
    (folder / "unet/config.json").write_text('{"auto_map": {"AutoModel": "mine.Model"}}')
    with pytest.raises(Unsafe, match="never run"):
        vetting.folder(folder)


def test_a_folder_without_an_index_is_no_pipeline(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"model_index\.json"):
        vetting.folder(tmp_path)
    with pytest.raises(NotFound, match="no folder"):
        vetting.folder(tmp_path / "nowhere")


def test_an_index_that_is_far_too_long_is_not_read(folder: Path) -> None:
    with (folder / "model_index.json").open("r+b") as file:
        os.truncate(file.fileno(), vetting.LARGEST_TEXT + 1)
    with pytest.raises(Unsafe, match="too long"):
        vetting.folder(folder)


@given(
    st.lists(st.text("abc/._-model*[]\\safetensors0123456789", max_size=60)), st.sampled_from([None, "fp16"])
)
def test_nothing_but_tensors_and_texts_of_components_is_ever_wanted(
    found: list[str], variant: str | None
) -> None:
    for name in vetting.wanted(found, ["a", "b"], variant):
        assert name in found
        assert name.endswith((vetting.WEIGHTS, *vetting.TEXT))
        assert name.split("/")[0] in ("a", "b", *vetting.INDEXES)


def test_shards_of_either_spelling_are_told_from_variants() -> None:
    found = [
        "t/diffusion_pytorch_model-00001-of-00002.safetensors",
        "t/diffusion_pytorch_model-00002-of-00002.safetensors",
        "t/diffusion_pytorch_model.fp16-00001-of-00001.safetensors",
        "t/model-00001-of-00001.fp16.safetensors",
    ]
    assert set(vetting.wanted(found, ["t"], None)) == set(found[:2])
    assert set(vetting.wanted(found, ["t"], "fp16")) == set(found[2:])
    assert set(vetting.wanted(found[2:], ["t"], None)) == set(found[2:])


def test_sizes_are_said_in_gigabytes() -> None:
    assert fetching.gigabytes(15_961_000_000) == "16.0 GB"
    assert fetching.gigabytes(3_400_000) == "3.4 MB"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("diffusers"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abc_/.\\\0", max_size=6) | st.just("_class_name"), JSON, max_size=5))
def test_any_index_is_either_plain_names_or_refused(index: dict[str, object]) -> None:
    try:
        found = vetting.components(index, "here")
    except Unsafe:
        return
    for name, (library, kind) in found.items():
        assert all(word.isidentifier() for word in (name, library, kind))
