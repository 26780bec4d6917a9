"""What stands in a data folder is looked at before it is opened, made or migrated."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from l335.core.disk import Unusable
from l335.data.blobs import Blobs
from l335.store import Store, opening, tables
from l335.store.locks import DASHBOARD_LOCK, RUNNER_LOCK, STORE_LOCK, FileLock
from l335.store.trouble import StoreBroken
from tests.store.test_database import store_of_layout


@pytest.mark.parametrize(
    ("name", "is_shared", "who"),
    [
        (DASHBOARD_LOCK, True, "a dashboard, lab or sweep"),
        (RUNNER_LOCK, False, "a runner (process 42)"),
        (STORE_LOCK, True, "another process"),
    ],
)
def test_nobody_migrates_a_store_others_work_on(
    tmp_path: Path, name: str, is_shared: bool, who: str
) -> None:
    store_of_layout(tmp_path, "0004")
    before = (tmp_path / "lab.sqlite3").read_bytes()
    other = FileLock(tmp_path / name)
    other.acquire(is_shared=is_shared)
    other.write('{"pid": 42}')
    with pytest.raises(Unusable) as refusal:
        Store.open(tmp_path)
    assert f"must be migrated, but {who} still works on it. Stop that first" in str(refusal.value)
    assert (tmp_path / "lab.sqlite3").read_bytes() == before
    assert not list(tmp_path.glob("*.before-*"))
    other.release()
    store = Store.open(tmp_path)
    assert store.revision() == tables.REVISION
    store.close()


def test_a_runner_is_not_in_its_own_way(tmp_path: Path) -> None:
    store_of_layout(tmp_path, "0004")
    with FileLock(tmp_path / RUNNER_LOCK):
        Store.open(tmp_path, is_runner=True).close()


def test_a_store_at_our_layout_is_opened_beside_others(tmp_path: Path) -> None:
    first = Store.open(tmp_path)
    with FileLock(tmp_path / RUNNER_LOCK):
        Store.open(tmp_path).close()
    first.close()
    # Whoever leaves the store lets go of it.
    assert FileLock(tmp_path / STORE_LOCK).acquire(wait=False)


def test_a_store_that_is_being_restored_is_waited_for_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "PATIENCE_SECONDS", 0.1)
    with (
        FileLock(tmp_path / STORE_LOCK),
        pytest.raises(Unusable, match="is being migrated or restored by another process"),
    ):
        Store.open(tmp_path)
    assert not (tmp_path / "lab.sqlite3").exists()


def test_every_migration_keeps_a_whole_copy_of_what_was_there(tmp_path: Path) -> None:
    for name in ("lab.before-0004.sqlite3", "lab.before-0004.2.sqlite3"):
        store_of_layout(tmp_path, "0004")
        Store.open(tmp_path).close()
        with sqlite3.connect(tmp_path / name) as copy:
            assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == ("0004",)
            assert copy.execute("SELECT count(*) FROM run").fetchone() == (1,)
        copy.close()
        for path in tmp_path.glob("lab.sqlite3*"):  # and an older store is put back
            path.unlink()
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("is_there", [True, False], ids=["empty", "missing"])
def test_blobs_without_a_store_are_no_new_lab(tmp_path: Path, is_there: bool) -> None:
    sha256 = Blobs(tmp_path / "blobs").put(b"of a run")
    if is_there:
        (tmp_path / "lab.sqlite3").touch()
    with pytest.raises(
        StoreBroken, match="holds the pictures and checkpoints of runs, but"
    ) as told:
        Store.open(tmp_path)
    assert ("is empty" if is_there else "is missing") in str(told.value)
    assert "move what is left to another place" in str(told.value)
    assert Blobs(tmp_path / "blobs").get(sha256) == b"of a run"
    assert not (tmp_path / "lab.sqlite3").exists() or not os.path.getsize(tmp_path / "lab.sqlite3")


def test_a_database_of_another_program_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "lab.sqlite3"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE notes (text)")
        other.execute("CREATE TABLE alembic_version (version_num)")
        other.execute("INSERT INTO alembic_version VALUES ('0001')")
    other.close()
    before = path.read_bytes()
    with pytest.raises(StoreBroken, match="is a database of another program, with tables such as"):
        Store.open(tmp_path)
    assert path.read_bytes() == before


def test_a_layout_nobody_knows_is_refused(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'a1b2c3'")
    store.close()
    with pytest.raises(StoreBroken, match="has the layout `a1b2c3`, which this version does not"):
        Store.open(tmp_path)
