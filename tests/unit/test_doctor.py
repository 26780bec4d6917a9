"""The doctor names what is wrong and what to do; run on real folders and processes."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from l335.core.settings import ROOT, Settings, num_cores
from l335.data.blobs import Blobs
from l335.service import Lab, doctor
from l335.service.doctor import Check, checks, data
from l335.service.mending import mend
from l335.store.backup import back_up


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
        "Files of runs",
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
    check = data.data_folder(Path("/proc/l335"))
    assert not check.ok
    assert "L335_DATA_DIR" in check.remedy


def test_a_damaged_store_is_named(tmp_path: Path) -> None:
    (tmp_path / "lab.sqlite3").write_bytes(b"not a database at all" * 100)
    check = data.store(tmp_path)
    assert not check.ok
    assert "is damaged (file is not a database)" in check.detail
    assert "move the data folder to another place and keep it, and restore" in check.detail
    assert "docs/operations.md" in check.remedy


def test_a_foreign_database_is_named(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "lab.sqlite3").execute("CREATE TABLE other (x)").connection.close()
    check = data.store(tmp_path)
    assert not check.ok
    assert "is a database of another program, with tables such as `other`" in check.detail


def test_a_torch_that_can_not_be_imported_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_TORCH_PROBE", "import torch_that_is_not_there")
    (check,) = doctor._torch(Settings())
    assert not check.ok
    assert "No module named 'torch_that_is_not_there'" in check.detail
    assert "make setup" in check.remedy


def path_of(folder: Path, sha256: str) -> Path:
    return folder / "blobs" / sha256[:2] / sha256


def test_files_are_held_against_the_store_and_mended(tmp_path: Path) -> None:
    folder, backup = tmp_path / "data", tmp_path / "lab.zip"
    lab = Lab.open(Settings(data_dir=folder))
    bundled = [image.sha256 for image in lab.images.all()]
    back_up(folder, backup)
    unnamed = lab.blobs.put(b"nobody's")
    sound = data.blobs(folder)
    assert sound.ok
    assert "6 files" in sound.detail
    assert "1 more file (0.0 MB) that nothing names" in sound.detail

    path_of(folder, bundled[0]).unlink()
    path_of(folder, bundled[1]).write_bytes(b"something else")
    found = data.blobs(folder)
    assert not found.ok
    assert found.detail.startswith("1 missing (1 image) and 1 damaged (1 image); 4 files")
    assert "doctor --mend" in found.remedy
    done = mend(lab)
    assert (done.copied, done.bundled, done.left) == (0, 2, {})
    assert data.blobs(folder).ok

    path_of(folder, bundled[2]).write_bytes(b"something else")
    done = mend(lab, backup)
    assert (done.copied, done.bundled, done.left) == (1, 0, {})
    assert set(lab.blobs.addresses()) == {*bundled, unnamed}
    lab.close()


def test_what_can_not_be_mended_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    lab = Lab.open(Settings(data_dir=folder))
    with lab.store.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO artifact (uid, kind, name, sha256, media_type, created_at) VALUES "
            f"('{'c' * 32}', 'image', 'Sky', '{'c' * 64}', 'image/png', 1e9)"
        )
    assert mend(lab).left == {"c" * 64: "image"}
    lab.close()


AS_NOBODY = """
import os, sys
from pathlib import Path
from l335.service.doctor import data
from l335.store import Store
import l335.service
os.setgroups([])
os.setuid(65534)
folder = Path(sys.argv[1])
for check in (data.data_folder(folder), data.store(folder), data.blobs(folder)):
    print(check.ok, "|", check.detail, "|", check.remedy)
"""


def as_nobody(folder: Path) -> list[str]:
    if os.getuid() != 0:
        pytest.skip("only root can look as somebody else")
    line = [sys.executable, "-c", AS_NOBODY, str(folder)]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def opened_to_all(tmp_path: Path) -> Path:
    # The folders above are pytest's, for their owner alone.
    for place in (tmp_path, *list(tmp_path.parents)[:2]):
        place.chmod(0o755)
    folder = tmp_path / "data"
    Lab.open(Settings(data_dir=folder)).close()
    return folder


def test_a_whole_store_that_can_not_be_written_is_said_to_be_whole(tmp_path: Path) -> None:
    folder = opened_to_all(tmp_path)
    in_folder, in_store, _ = as_nobody(folder)
    assert in_folder.startswith(f"False | {folder} can't be written: Permission denied | Give user")
    # Some builds of SQLite read such a store as it is, others not; whole it is in either case.
    assert f"{folder}/lab.sqlite3, 0 runs" in in_store
    assert "damaged" not in in_store
    assert "restore" not in in_store


def test_a_folder_that_can_be_written_in_part_only_is_named(tmp_path: Path) -> None:
    folder = opened_to_all(tmp_path)
    folder.chmod(0o777)
    (folder / "blobs" / "ab").mkdir(parents=True)
    in_folder, _, _ = as_nobody(folder)
    assert "can be written only in part; not blobs, lab.sqlite3, " in in_folder
    assert f"`sudo chown -R 65534 {folder}`" in in_folder


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("mine")
    check = data.data_folder(tmp_path / "data")
    assert check.detail == f"{tmp_path / 'data'} is a file, where a folder is needed"
    assert check.remedy.startswith("Move it, or choose another folder")


def test_a_store_that_was_cut_short_is_named_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "lab.sqlite3"
    Lab.open(Settings(data_dir=tmp_path)).close()
    for size in (path.stat().st_size - 4096, 4096, 100, 10):
        os.truncate(path, size)
        check = data.store(tmp_path)
        assert not check.ok
        assert f"The store {path} is damaged" in check.detail
        assert path.stat().st_size == size


def test_a_lab_without_its_store_is_named(tmp_path: Path) -> None:
    Lab.open(Settings(data_dir=tmp_path)).close()
    Blobs(tmp_path / "blobs").put(b"of a run")
    os.truncate(tmp_path / "lab.sqlite3", 0)
    check = data.store(tmp_path)
    assert not check.ok
    assert "but its store lab.sqlite3 is empty. Nothing was changed." in check.detail
