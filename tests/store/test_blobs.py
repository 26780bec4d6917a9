from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from l335.core.errors import NotFound
from l335.data.blobs import BlobDamaged, Blobs


def test_bytes_come_back_by_their_hash(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    sha256 = blobs.put(b"hello")
    assert sha256 == hashlib.sha256(b"hello").hexdigest()
    assert blobs.get(sha256) == b"hello"
    assert blobs.put(b"hello") == sha256
    assert list(blobs.addresses()) == [sha256]
    assert not blobs.delete(sha256, grace_seconds=60)
    assert blobs.delete(sha256)
    with pytest.raises(NotFound):
        blobs.get(sha256)


def test_any_fsspec_file_system_will_do() -> None:
    blobs = Blobs("memory://lab")
    sha256 = blobs.put(b"hello")
    assert blobs.get(sha256) == b"hello"
    assert list(blobs.addresses()) == [sha256]


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_nothing_but_a_hash_becomes_a_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFound, match="64 hexadecimal"):
        Blobs(tmp_path).get(name)


def test_damage_is_noticed(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    sha256 = blobs.put(b"hello")
    (tmp_path / sha256[:2] / sha256).write_bytes(b"jello")
    with pytest.raises(BlobDamaged, match="damaged"):
        blobs.get(sha256)


def test_a_crash_before_the_rename_leaves_no_file_under_the_hash(tmp_path: Path) -> None:
    code = f"from l335.data.blobs import Blobs; Blobs({str(tmp_path)!r}).put(b'hello')"
    env = os.environ | {"L335_FAULT": "blob_before_rename:kill"}
    assert subprocess.run([sys.executable, "-c", code], env=env).returncode == -9
    blobs = Blobs(tmp_path)
    assert list(blobs.addresses()) == []
    assert blobs.delete_unfinished(grace_seconds=60) == 0  # its writer may still be at it
    assert blobs.delete_unfinished(grace_seconds=0) == 1
    assert blobs.get(blobs.put(b"hello")) == b"hello"
    assert blobs.delete_unfinished(grace_seconds=0) == 0


def test_the_right_bytes_mend_a_damaged_file(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    sha256 = blobs.put(b"hello")
    path = tmp_path / sha256[:2] / sha256
    path.write_bytes(b"jello")
    assert blobs.put(b"hello") == sha256
    assert blobs.get(sha256) == b"hello"
    inode = path.stat().st_ino
    blobs.put(b"hello")
    assert path.stat().st_ino == inode  # a sound one is left as it is
