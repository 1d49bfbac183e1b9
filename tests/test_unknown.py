"""Repositories of no family: real tiny ones on disk are told right, and hostile ones are turned away."""

from __future__ import annotations

import inspect
import json
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import diffusers
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from studio.errors import BadInput, CannotDo, NotFound, Unsafe
from studio.models import signatures, vetting
from studio.models.family import Checkpoint
from studio.models.headers import weights_in
from studio.models.unknown import checkpoint_of
from tests.tiny import SIDE, mask, picture, tiny

SENTENCE = r"^[A-Z/].* .*\.$"


@cache
def parameters(pipe: Any) -> dict[str, float]:
    modules = {n: c for n, c in pipe.components.items() if isinstance(c, torch.nn.Module)}
    return {
        n: len(list(m.parameters())) and sum(p.numel() for p in m.parameters()) / 1e9
        for n, m in modules.items()
    }


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder that a tiny pipeline was saved to."""

    @cache
    def save(name: str) -> Path:
        folder = tmp_path_factory.mktemp("repositories") / name
        pipe, _ = tiny("kontext" if name == "flux" else name)
        if name == "flux":  # of no family, but known to AutoPipeline
            parts = inspect.signature(diffusers.FluxPipeline).parameters
            pipe = diffusers.FluxPipeline(**{k: v for k, v in pipe.components.items() if k in parts})
        pipe.save_pretrained(folder)
        return folder

    return save


@pytest.fixture
def copied(saved: Callable[[str], Path], tmp_path: Path) -> Path:
    """A repository to spoil."""
    return Path(shutil.copytree(saved("flux"), tmp_path / "spoilt"))


def index_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "model_index.json").read_text())
    return found


def write_index(folder: Path, **changed: Any) -> None:
    (folder / "model_index.json").write_text(json.dumps(index_of(folder) | changed))


# --- what is told ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sd15", "klein", "z_image", "dreamlite", "qwen_edit"])
def test_a_class_of_a_family_is_asked_as_the_family_is(saved: Callable[[str], Path], name: str) -> None:
    found, (pipe, known) = checkpoint_of(saved(name)), tiny(name)
    assert found.ops == known.ops
    assert {op: call.pipeline for op, call in found.calls.items()} == {
        op: call.pipeline for op, call in known.calls.items()
    }
    assert found.drawing == known.drawing
    assert found.name == found.title == name and found.repo == str(saved(name))
    assert_parts_are_those_of(pipe, found)


def test_a_class_of_no_family_is_asked_as_its_signatures_say(saved: Callable[[str], Path]) -> None:
    found = checkpoint_of(saved("flux"))
    assert {op: call.pipeline for op, call in found.calls.items()} == {
        "generate": "FluxPipeline",
        "edit": "FluxImg2ImgPipeline",
        "inpaint": "FluxInpaintPipeline",
    }
    inpaint = found.calls["inpaint"]
    assert (inpaint.canvas, inpaint.mask, inpaint.fixed) == ("image", "mask_image", {"strength": 1.0})
    assert found.calls["edit"].describes and not found.calls["generate"].describes
    assert (found.steps, found.guidance, found.guided_by) == (28, 3.5, "guidance_scale")
    assert (found.talks, found.sees, found.drawing) == (None, False, "transformer")
    assert not found.licence.free and found.licence.terms
    assert_parts_are_those_of(tiny("kontext")[0], found)


def assert_parts_are_those_of(pipe: Any, found: Checkpoint) -> None:
    wanted = parameters(pipe)
    assert found.parts.keys() == wanted.keys()
    for name, size in wanted.items():  # tied weights are stored once, buffers are stored too
        assert found.parts[name] == pytest.approx(size, rel=0.02), name


def test_what_is_found_runs(saved: Callable[[str], Path]) -> None:
    """Each of the calls that are told is one that the loaded pipeline's classes take."""
    found = checkpoint_of(saved("flux"))
    first = diffusers.DiffusionPipeline.from_pretrained(saved("flux"))
    first.set_progress_bar_config(disable=True)
    for op, call in found.calls.items():
        pipe = getattr(diffusers, call.pipeline)(**first.components)
        pipe.set_progress_bar_config(disable=True)
        pictures = {call.canvas: picture(1)} if call.canvas else {}
        pictures |= {call.mask: mask()} if call.mask else {}
        done = pipe(
            prompt="a fox", num_inference_steps=2, generator=torch.Generator().manual_seed(0), width=SIDE,
            height=SIDE, max_sequence_length=32, guidance_scale=found.guidance, **pictures, **call.fixed,
        )  # fmt: skip
        assert getattr(done, call.output)[0].size == (SIDE, SIDE), op


def test_a_repository_in_half_precision_only_names_its_variant(copied: Path) -> None:
    for file in copied.rglob("*.safetensors"):
        file.rename(file.with_name(file.name.replace(".safetensors", ".fp16.safetensors")))
    assert checkpoint_of(copied).variant == "fp16"


def test_a_unet_made_for_masks_only_inpaints(saved: Callable[[str], Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(saved("sd15"), tmp_path / "inpainting"))
    write_index(folder, _class_name="StableDiffusionInpaintPipeline")
    assert checkpoint_of(folder).ops == {"generate", "edit", "inpaint"}
    config = json.loads((folder / "unet" / "config.json").read_text())
    (folder / "unet" / "config.json").write_text(json.dumps(config | {"in_channels": 9}))
    assert checkpoint_of(folder).ops == {"inpaint"}


def test_no_pipeline_of_diffusers_breaks_it() -> None:
    """Whatever class a repository names, it is told how it is asked, or turned away with a sentence."""
    told = 0
    for name in dir(diffusers):
        cls = getattr(diffusers, name) if name.endswith("Pipeline") else None
        if not (inspect.isclass(cls) and issubclass(cls, diffusers.DiffusionPipeline)):
            continue
        try:
            found = signatures.from_signatures(cls, {}, {"unet": 1.0}, "unet", plain=True)
        except CannotDo:
            continue
        told += 1
        for call in found.calls.values():
            takes = inspect.signature(getattr(diffusers, call.pipeline).__call__).parameters
            assert {n for n in (call.canvas, call.mask, found.guided_by, *call.fixed) if n} <= takes.keys()
    assert told > 50


@pytest.mark.parametrize(
    "name", ["StableDiffusionControlNetPipeline", "WanPipeline", "StableAudioPipeline", "DDPMPipeline"]
)
def test_what_draws_no_pictures_from_words_is_turned_away(name: str) -> None:
    with pytest.raises(CannotDo, match=name):
        signatures.from_signatures(getattr(diffusers, name), {}, {"unet": 1.0}, "unet", plain=True)


# --- what is turned away -----------------------------------------------------------------------------------


def test_a_folder_without_an_index_is_no_pipeline(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=SENTENCE):
        checkpoint_of(tmp_path)
    with pytest.raises(NotFound, match=SENTENCE):
        checkpoint_of(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xff\xfe", b"[]", b"null", b"{}", b'{"_class_name": 1}',
        b'{"_class_name": ["my_code", "Pipe"]}',
        b'{"_class_name": "os.system"}', b'{"_class_name": "../evil"}', b'{"_class_name": ' + b"[" * 30_000,
        b'{"_class_name": "A", "n": ' + b"9" * 9_000 + b"}", b" " * 70_000,
        b'{"_class_name": "FluxPipeline", "../up": ["diffusers", "AutoencoderKL"]}',
        b'{"_class_name": "FluxPipeline", "vae": ["os", "system"]}',
        b'{"_class_name": "FluxPipeline", "vae": ["subprocess", "Popen"]}',
        b'{"_class_name": "FluxPipeline", "vae": ["my_vae", "MyVae"]}',
        b'{"_class_name": "FluxPipeline", "vae": ["auto_pipeline", "OrderedDict"]}',
        b'{"_class_name": "FluxPipeline", "vae": ["diffusers", "__class__"]}',
        b'{"_class_name": "FluxPipeline", "vae": ["diffusers", "utils"]}',
        b'{"_class_name": "FluxPipeline", "vae": [null, "AutoencoderKL"]}',
        b'{"_class_name": "FluxPipeline", "vae": [{}, "AutoencoderKL"]}',
    ],
)  # fmt: skip
def test_an_index_that_is_none_is_turned_away(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model_index.json").write_bytes(content)
    with pytest.raises(Unsafe):
        checkpoint_of(tmp_path)


@pytest.mark.parametrize(
    "name", ["NoSuchPipeline", "AutoencoderKL", "AutoPipelineForText2Image", "utils", "logging"]
)
def test_a_class_that_is_no_pipeline_is_turned_away(copied: Path, name: str) -> None:
    write_index(copied, _class_name=name)
    with pytest.raises(CannotDo, match=SENTENCE):
        checkpoint_of(copied)


def test_a_repository_without_a_part_that_draws_is_turned_away(copied: Path) -> None:
    shutil.rmtree(copied / "transformer")
    with pytest.raises(CannotDo, match="transformer"):
        checkpoint_of(copied)


def test_weights_that_could_run_code_are_turned_away(copied: Path) -> None:
    (copied / "vae" / "diffusion_pytorch_model.safetensors").rename(copied / "vae" / "pytorch_model.bin")
    with pytest.raises(BadInput, match="can run code"):
        checkpoint_of(copied)


def test_nothing_of_the_repository_is_run(copied: Path) -> None:
    trap = "open(r'{}', 'w')".format(copied / "sprung")
    for folder in (copied, *(child for child in copied.iterdir() if child.is_dir())):
        for name in ("pipeline.py", "__init__.py", "modeling.py"):
            (folder / name).write_text(trap)
    checkpoint_of(copied)
    assert not (copied / "sprung").exists()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
WORDS = st.sampled_from(
    ["diffusers", "transformers", "stable_diffusion", "os", "", "..", "FluxPipeline", "vae"]
)
ENTRY = st.lists(WORDS | JSON, max_size=3)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.dictionaries(WORDS | st.just("_class_name") | st.text(max_size=10), WORDS | ENTRY | JSON))
def test_any_index_is_read_or_turned_away(tmp_path: Path, content: dict[str, Any]) -> None:
    (tmp_path / "model_index.json").write_text(json.dumps(content))
    try:
        found = vetting.components(vetting.index(tmp_path), "here")
    except Unsafe:
        return
    assert all(word.isidentifier() for name, asked in found.items() for word in (name, *asked))


# --- headers -----------------------------------------------------------------------------------------------


def written(folder: Path, header: bytes, body: bytes = b"", length: int | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    size = struct.pack("<Q", len(header) if length is None else length)
    (folder / "model.safetensors").write_bytes(size + header + body)
    return folder


def tensor(shape: Any, offsets: Any, dtype: Any = "F32") -> bytes:
    return json.dumps({"a": {"dtype": dtype, "shape": shape, "data_offsets": offsets}}).encode()


def test_parameters_are_counted_over_shards(tmp_path: Path) -> None:
    for number in (1, 2):
        file = tmp_path / f"diffusion_pytorch_model-0000{number}-of-00002.safetensors"
        save_file({"a": torch.zeros(3, 5), "b": torch.zeros(7, dtype=torch.bfloat16)}, file)
    (tmp_path / "README.md").write_text("no weights")
    found = weights_in(tmp_path)
    assert found is not None and found.billions == 2 * 22 / 1e9 and not found.shrunk
    file.unlink()
    with pytest.raises(BadInput, match="missing"):
        weights_in(tmp_path)


def test_of_several_precisions_only_one_is_counted(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(10)}, tmp_path / "model.safetensors")
    save_file({"a": torch.zeros(10).half()}, tmp_path / "model.fp16.safetensors")
    found = weights_in(tmp_path)
    assert found is not None and (found.billions, found.variant) == (10 / 1e9, None)


def test_weights_in_few_bits_are_noticed(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(10, dtype=torch.uint8)}, tmp_path / "model.safetensors")
    found = weights_in(tmp_path)
    assert found is not None and found.shrunk


@pytest.mark.parametrize(
    ("header", "length"),
    [
        (b"{}", 1 << 62), (b"{}", 3), (b"{}", 0), (b"[]", None), (b"nul", None), (b"{" * 20_000, None),
        (b'{"a": ' + b"[" * 50_000, None), (b'{"a": 1}', None), (b'{"a": {}}', None),
        (tensor([1 << 40], [0, 16]), None), (tensor([-4], [0, 16]), None), (tensor(["4"], [0, 16]), None),
        (tensor([4], [0, 1 << 40]), None), (tensor([4], [16, 0]), None), (tensor([4], None), None),
        (tensor([4], [0, 16], dtype=4), None), (tensor([1] * 500, [0, 16]), None),
        (tensor([True], [0, 16]), None), (tensor([4], [0.0, 16.0]), None),
    ],
)  # fmt: skip
def test_a_header_that_lies_is_turned_away(tmp_path: Path, header: bytes, length: int | None) -> None:
    with pytest.raises(BadInput, match=SENTENCE.replace("A-Z", "a-zA-Z")):
        weights_in(written(tmp_path / "vae", header, bytes(16), length))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    raw=st.binary(max_size=200)
    | st.builds(lambda j: struct.pack("<Q", len(j)) + j, JSON.map(lambda j: json.dumps(j).encode()))
)
def test_any_bytes_are_counted_or_turned_away(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "model.safetensors").write_bytes(raw)
    try:
        found = weights_in(tmp_path)
    except BadInput:
        return
    assert found is not None and found.billions <= 400 / 1e9


def test_the_module_is_light_until_it_is_asked() -> None:
    program = "import sys, studio.models.unknown; print(*({'torch', 'diffusers'} & sys.modules.keys()))"
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
