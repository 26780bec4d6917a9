"""States a store can be in that is no good: each a context around a data folder."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from l335.store.opening import FILE_NAME

SMALL_DISK_BYTES = 48 << 20


def mounted(folder: Path, options: str) -> None:
    """Mount a small file system of its own, or skip with the reason there is none."""
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no `mount` here")
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")


def unmount(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(path: Path) -> None:
    """Write until not a single byte more fits."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue


HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2:]:
    connection.execute(statement)
print("held", flush=True)
sys.stdin.read()
connection.execute("ROLLBACK")
"""


@contextmanager
def held(folder: Path, *statements: str) -> Iterator[None]:
    # A process of its own: locks of one process do not keep it from itself.
    line = [sys.executable, "-c", HOLD, str(folder / FILE_NAME), *statements]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as outsider:
        assert outsider.stdout is not None
        assert outsider.stdout.readline() == b"held\n"
        yield
        assert outsider.stdin is not None
        outsider.stdin.close()
    assert outsider.returncode == 0


def locked(folder: Path) -> AbstractContextManager[None]:
    """Another program has the store for itself."""
    return held(
        folder, "PRAGMA locking_mode=EXCLUSIVE", "BEGIN EXCLUSIVE", "UPDATE run SET seed = seed"
    )


def written_by_another(folder: Path) -> AbstractContextManager[None]:
    """Another program writes for long; the store can still be read."""
    return held(folder, "BEGIN IMMEDIATE")


@contextmanager
def on_disk(folder: Path, options: str) -> Iterator[None]:
    aside = folder.with_name(f"{folder.name}.aside")
    folder.rename(aside)
    mounted(folder, options)
    try:
        # Unpacked images are large and have no part in it.
        left_out = shutil.ignore_patterns("FashionMNIST")
        shutil.copytree(aside, folder, dirs_exist_ok=True, ignore=left_out)
        (folder / "FashionMNIST").symlink_to(aside / "FashionMNIST")
        yield
    finally:
        unmount(folder)
        folder.rmdir()
        aside.rename(folder)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """The whole folder may only be read."""
    with on_disk(folder, f"size={SMALL_DISK_BYTES}"):
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        yield


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """There is no space left."""
    with on_disk(folder, f"size={SMALL_DISK_BYTES}"):
        fill(folder / "ballast")
        yield


@contextmanager
def changed(folder: Path, change: Callable[[Path], None]) -> Iterator[None]:
    path = folder / FILE_NAME
    kept = path.read_bytes()
    change(path)
    yield
    for name in ("", "-wal", "-shm"):
        path.with_name(FILE_NAME + name).unlink(missing_ok=True)
    path.write_bytes(kept)


def no_database(folder: Path) -> AbstractContextManager[None]:
    """Something else was written over the file."""
    return changed(folder, lambda path: path.write_bytes(b"not a database" * 1000) and None)


def damaged(folder: Path) -> AbstractContextManager[None]:
    """Pages of the file are overwritten, its beginning is whole."""

    def spoil(path: Path) -> None:
        data = bytearray(path.read_bytes())
        data[4096:] = b"\xff" * (len(data) - 4096)
        path.write_bytes(data)

    return changed(folder, spoil)


def newer(folder: Path) -> AbstractContextManager[None]:
    """A later version of the lab has written it."""

    def age(path: Path) -> None:
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.close()

    return changed(folder, age)


@contextmanager
def a_file(folder: Path) -> Iterator[None]:
    """A file has the data folder's name."""
    aside = folder.with_name(f"{folder.name}.aside")
    folder.rename(aside)
    folder.write_text("a file")
    yield
    folder.unlink()
    aside.rename(folder)


STATES: dict[str, tuple[Callable[[Path], AbstractContextManager[None]], str]] = {
    "locked": (locked, "is locked by another program for more than 0.05 s. Try again;"),
    "read-only": (read_only, "it is read-only. Make it and its folder writable, or choose"),
    "full": (full, "is full. Free some space and try again."),
    "no database": (no_database, "is damaged (file is not a database). Stop the dashboard"),
    "damaged": (damaged, "is damaged (database disk image is malformed)"),
    "newer": (newer, "this version does not know"),
    "a file": (a_file, "is a file, where a folder is needed. Move it away, or choose another"),
}
"""Where the store can't even be opened, with what people are told."""
