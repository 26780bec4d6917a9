"""What loads torch and what does not, looked at in fresh interpreters and in the sources."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from l335.core.settings import ROOT, Settings
from l335.service import Lab

SCRIPTS = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]
TRAINING = ("torch", "torchvision", "torchmetrics", "l335.engine", "l335.runner.worker")

LOADED_TRAINING = (
    "import sys; loaded = {name.split('.')[0] for name in sys.modules}\n"
    "print(*sorted(loaded & {'torch', 'torchvision', 'torchmetrics'}))"
)


def training_libraries_after(code: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{LOADED_TRAINING}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_the_probe_sees_torch() -> None:
    assert training_libraries_after("import torch") == ["torch"]


def test_components_load_without_torch() -> None:
    code = (
        "from l335.components.component import families, members\n"
        "for f in families(): assert members(f)"
    )
    assert training_libraries_after(code) == []


@pytest.mark.parametrize(
    "module",
    ["l335.service", "l335.service.doctor", "l335.cli", "l335.data.images", "l335.spec.presets"],
)
def test_the_torch_free_side_loads_without_torch(module: str) -> None:
    assert training_libraries_after(f"import {module}") == []


def test_the_web_process_loads_without_torch() -> None:
    every_module = (
        "import importlib, pkgutil, l335.ui, l335.web, app\n"
        "for package in (l335.ui, l335.web):\n"
        "    for module in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        if not module.name.endswith('ui.main'): importlib.import_module(module.name)"
    )
    assert training_libraries_after(every_module) == []


SLOW_TO_LOAD = ("alembic", "numpy", "pandas", "rich", "PIL", "l335.labs", "l335.export.report")


@pytest.mark.parametrize(
    ("words", "answer"), [(["runs"], "No runs yet."), (["show", "0"], "There is no run `0`.")]
)
def test_a_short_command_loads_only_what_it_needs(
    words: list[str], answer: str, tmp_path: Path
) -> None:
    Lab.open(Settings(data_dir=tmp_path)).close()
    code = f"""
import sys
from l335.cli import cli
from l335.core.errors import NotFound
try:
    cli.main({[*words, "--data-dir", str(tmp_path)]}, standalone_mode=False)
except NotFound as error:
    print(error)
print("loaded", *sorted(set({SLOW_TO_LOAD}) & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    said, loaded = done.stdout.splitlines()
    assert said.startswith(answer), done.stderr
    assert loaded == "loaded"


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_pages_hold_no_training(script: Path) -> None:
    found = {name for name in imported(script) for banned in TRAINING if name.startswith(banned)}
    assert found == set()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_pages_are_short(script: Path) -> None:
    assert len(script.read_text().splitlines()) <= 80
