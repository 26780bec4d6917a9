"""The documentation says what is so: commands, paths, settings and links."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from l335.cli import cli
from l335.cli.train import train
from l335.core.settings import ROOT, Settings
from l335.spec.from_text import with_settings
from l335.spec.presets import preset

README = (ROOT / "README.md").read_text()
ARCHITECTURE, COMMANDS, OPERATIONS = (
    (ROOT / "docs" / name).read_text() for name in ("architecture.md", "cli.md", "operations.md")
)
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "docs/results/README.md",
]


def path_of(document: Path) -> str:
    return document.relative_to(ROOT).as_posix()


TREE = re.search(r"## Files\n\n```\n(.*?)```", ARCHITECTURE, re.DOTALL)[1]  # type: ignore[index]


def tracked() -> list[str]:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split("\n")[:-1]


def paths_in_tree() -> set[str]:
    paths, parent = set(), ""
    for line in TREE.splitlines():
        name = line.split()[0]
        if line.startswith(" "):
            paths.add(parent + name.rstrip("/"))
        else:
            paths.add(name.rstrip("/"))
            parent = name
    return paths


def test_the_file_tree_is_that_of_the_repository() -> None:
    opened = ("l335/", "pages/")
    actual = {name.split("/")[0] for name in tracked()}
    actual |= {"/".join(name.split("/")[:2]) for name in tracked() if name.startswith(opened)}
    assert paths_in_tree() == actual


def test_every_line_of_the_file_tree_says_what_it_is() -> None:
    assert [line for line in TREE.splitlines() if len(line.split()) < 2] == []


def test_every_setting_is_documented_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(L335_\w+)` \| (.*?) \|", OPERATIONS, re.MULTILINE))
    assert set(rows) == {f"L335_{name.upper()}" for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        if name != "data_dir":
            shown = f"`{field.default}`" if field.default != "" else "none"
            assert rows[f"L335_{name.upper()}"] == shown


@pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda document: document.relative_to(ROOT).as_posix()
)
def test_every_setting_that_is_named_exists(document: Path) -> None:
    known = {f"L335_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"L335_[A-Z_]*[A-Z]", document.read_text())) <= known


@pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda document: document.relative_to(ROOT).as_posix()
)
def test_every_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda document: document.relative_to(ROOT).as_posix()
)
def test_every_path_that_is_named_exists(document: Path) -> None:
    pattern = r"`((?:l335|pages|tests|docs|assets)/[\w/.-]+)`"
    assert [path for path in re.findall(pattern, document.read_text()) if not exists(path)] == []


def exists(path: str) -> bool:
    # FAMILY and the like stand for any folder.
    return any(ROOT.glob(re.sub(r"\b[A-Z]{3,}\b(?=/|$)", "*", path).rstrip("/")))


@pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda document: document.relative_to(ROOT).as_posix()
)
def test_every_make_target_that_is_named_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", document.read_text(), re.MULTILINE))
    assert named <= targets


@pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda document: document.relative_to(ROOT).as_posix()
)
def test_every_command_that_is_named_exists(document: Path) -> None:
    named = re.findall(r"python -m l335 ([a-z]\w*)", document.read_text())
    assert set(named) <= set(cli.commands)


def test_every_command_is_documented() -> None:
    named = set(re.findall(r"python -m l335 ([a-z]\w*)", COMMANDS))
    assert named == {name for name in cli.commands if name != "runner"}


@pytest.mark.parametrize("line", re.findall(r"^python -m l335 (.*)", COMMANDS, re.MULTILINE))
def test_options_of_the_example_commands_exist(line: str) -> None:
    command, *words = line.split()
    known = {option for param in cli.commands[command].params for option in param.opts}
    assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("line", re.findall(r"^python -m l335 train (.*)", COMMANDS, re.MULTILINE))
def test_the_example_trainings_are_valid(line: str) -> None:
    context = train.make_context("train", line.split())
    settings = next(value for value in context.params.values() if isinstance(value, tuple))
    assert settings
    with_settings(preset(line.split()[0]).spec, list(settings))


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 130


def test_the_changelog_begins_with_what_is_not_released() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased"
