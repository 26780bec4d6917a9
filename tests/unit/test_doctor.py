"""The doctor names what is wrong and what to do; run on real folders and processes."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from l335 import doctor
from l335.doctor import Check, checks
from l335.settings import Settings, num_cores


def named(results: list[Check], name: str) -> Check:
    return next(check for check in results if check.name == name)


@pytest.mark.slow
def test_a_sound_installation_is_fine(tmp_path: Path) -> None:
    results = checks(Settings(data_dir=tmp_path / "new"))
    assert [check.name for check in results if not check.ok] == []
    assert {check.name for check in results} == {
        "Python",
        "torch",
        "Devices",
        "Threads",
        "Open files",
        "Fork server",
        "Data folder",
        "SQLite",
        "Store",
        "Fashion-MNIST",
        "Browser for tests",
    }
    assert not (tmp_path / "new").exists(), "looking must not make anything"
    assert "cpu" in named(results, "Devices").detail


def test_more_threads_than_cores_are_named() -> None:
    settings = Settings(slots=2, threads=num_cores() + 1)
    check = doctor._threads(settings)
    assert not check.ok
    assert "L335_THREADS" in check.remedy


def test_a_device_that_is_not_there_is_named() -> None:
    found = {"devices": ["cpu"], "gpus": []}
    check = doctor._devices(Settings(device="mps"), found)
    assert not check.ok
    assert check.remedy == "Set L335_DEVICE to auto or one of: cpu."


def test_a_data_folder_in_a_place_that_takes_no_files_is_named() -> None:
    check = doctor._data_folder(Path("/proc/l335"))
    assert not check.ok
    assert "L335_DATA_DIR" in check.remedy


def test_a_damaged_store_is_named(tmp_path: Path) -> None:
    (tmp_path / "lab.sqlite3").write_bytes(b"not a database at all" * 100)
    check = doctor._store(tmp_path)
    assert not check.ok
    assert "is damaged (file is not a database)" in check.detail
    assert "docs/operations.md" in check.remedy


def test_a_foreign_database_is_named(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "lab.sqlite3").execute("CREATE TABLE other (x)").connection.close()
    check = doctor._store(tmp_path)
    assert not check.ok
    assert "no such table" in check.detail


def test_a_torch_that_can_not_be_imported_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_TORCH_PROBE", "import torch_that_is_not_there")
    (check,) = doctor._torch(Settings())
    assert not check.ok
    assert "No module named 'torch_that_is_not_there'" in check.detail
    assert "make setup" in check.remedy
