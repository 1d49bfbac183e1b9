"""The shape of the program: imports point one way, heavy libraries stay at home, files stay short."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Each may import only from those before it, and from itself if it is a folder.
ORDER = (
    "errors",
    "images",
    "uploads",
    "timeline",
    "settings",
    "models",
    "ops",
    "director",
    "blobs",
    "database",
    "store",
    "looking",
    "notebook",
    "replay",
    "planning",
    "session",
    "jobs",
    "seat",
    "exports",
    "api",
    "ui",
)
HOME = {
    "torch": "studio/models/",
    "torchvision": "studio/models/",
    "diffusers": "studio/models/",
    "transformers": "studio/models/",
    "accelerate": "studio/models/",
    "safetensors": "studio/models/",
    "gradio": "studio/ui/",
    "sqlalchemy": "studio/",
}
LONGEST = 400
TOP = {"app.py", "requirements.txt", "README.md", "LICENSE", "pyproject.toml", "studio", "tests", "examples"}

FILES = sorted([*(ROOT / "studio").rglob("*.py"), ROOT / "app.py"])
NAMES = [file.relative_to(ROOT).as_posix() for file in FILES]
TREES = {name: ast.parse(file.read_bytes()) for name, file in zip(NAMES, FILES, strict=True)}
MODULES = {name.removesuffix(".py").removesuffix("/__init__").replace("/", "."): name for name in NAMES}


def imports(name: str) -> Iterator[str]:
    """The full names of all modules that file imports, wherever in it."""
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            near = name.split("/")[: -node.level] if node.level else []
            source = ".".join([*near, node.module] if node.module else near)
            inner = [f"{source}.{alias.name}" for alias in node.names]
            yield from (full if full in MODULES else source for full in inner)


def layer(module: str) -> str:
    """The part of the program that a module belongs to: its name right below `studio`."""
    return module.split(".")[1] if "." in module else module


def test_imports_point_one_way() -> None:
    wrong = []
    for module, name in MODULES.items():
        for other in set(imports(name)) & MODULES.keys():
            if module == "app" or (module == "studio" and other != "app"):
                continue  # the program and the list of public names stand on top of everything
            here, there = layer(module), layer(other)
            if there not in ORDER or (here != there and ORDER.index(there) > ORDER.index(here)):
                wrong.append(f"{module} imports {other}")
    assert wrong == []


def test_every_part_of_the_program_has_its_place_in_the_order() -> None:
    assert {layer(module) for module in MODULES} - {"studio", "app"} == set(ORDER)


def test_no_two_modules_import_each_other() -> None:
    TopologicalSorter({m: set(imports(n)) & MODULES.keys() for m, n in MODULES.items()}).prepare()


def test_heavy_libraries_are_imported_only_where_their_job_is() -> None:
    wrong = [
        f"{name} imports {other}"
        for name in NAMES
        for other in imports(name)
        if not name.startswith(HOME.get(other.split(".")[0], ""))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("module", "unloaded"),
    [
        ("studio", ("torch", "diffusers", "transformers", "gradio")),
        ("studio.ui.page", ("torch", "diffusers", "transformers")),
    ],
)
def test_the_page_is_up_before_a_model_s_libraries_are(module: str, unloaded: tuple[str, ...]) -> None:
    program = f"import sys, {module}; print(*({set(unloaded)!r} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_nothing_but_bugs_is_loud_and_nothing_swallows_them() -> None:
    broad = [
        f"{name}:{node.lineno}"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and _catches_all(node.type)
    ]
    assert broad == []


def _catches_all(caught: ast.expr | None) -> bool:
    names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(n is None or ast.unparse(n) in ("Exception", "BaseException") for n in names)


def test_weights_are_data_and_never_run_code() -> None:
    wrong = []
    for name, tree in TREES.items():
        wrong += [
            f"{name} imports {m}" for m in imports(name) if m in ("pickle", "marshal", "shelve", "dill")
        ]
        for node in ast.walk(tree):
            text = ast.unparse(node) if isinstance(node, ast.Call | ast.keyword) else ""
            if isinstance(node, ast.keyword) and node.arg == "trust_remote_code":
                wrong.append(f"{name} has {text}")
            if isinstance(node, ast.Call) and text.startswith(
                ("torch.load(", "torch.hub.", "eval(", "exec(")
            ):
                wrong.append(f"{name}:{node.lineno} has {text}")
    # Training resumes from its own checkpoints, and reads nothing but tensors out of them.
    resumes = [w for w in wrong if "/train" in w and "torch.load(" in w and "weights_only=True" in w]
    assert [w for w in wrong if w not in resumes] == []


def test_no_file_is_longer_than_a_person_reads_in_one_go() -> None:
    lines = {name: len((ROOT / name).read_text().splitlines()) for name in NAMES}
    assert {name: count for name, count in lines.items() if count > LONGEST} == {}


def test_every_module_says_what_it_is_for() -> None:
    assert [name for name, tree in TREES.items() if not ast.get_docstring(tree)] == []


def test_the_top_level_holds_what_a_newcomer_needs_and_no_more() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is not a checkout, so what belongs to it cannot be told")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    tops = {line.split("/")[0] for line in listed.splitlines()}
    assert {top for top in tops if not top.startswith(".")} <= TOP
