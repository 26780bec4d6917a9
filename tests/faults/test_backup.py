"""A backup on a slow disk, while runs train and replace their checkpoints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

from l335.core.settings import ROOT
from l335.data.blobs import Blobs
from l335.store.restore import restore
from l335.store.soundness import compare
from tests.installation import LONG, Installation, Rows, eventually

HASTY_COLLECTOR = (
    "import l335.runner.garbage as garbage, l335.runner.loop as loop;"
    "garbage.GRACE_SECONDS = 0.0; loop.HEARTBEAT_SECONDS = 0.1;"
    "garbage.Garbage.collect.__defaults__ = (0.0,)"
)
"""Deletes what was replaced at once: what a backup would miss in a minute, it misses now."""

SLOW_DISK = """
import pathlib, sys, time
import l335.data.blobs
read = l335.data.blobs.Blobs.get
def slowly(self, sha256):
    while not pathlib.Path(sys.argv[1]).exists():
        time.sleep(0.05)
    return read(self, sha256)
l335.data.blobs.Blobs.get = slowly
from pathlib import Path
from l335.store.backup import back_up
began = time.time()
print(back_up(Path(sys.argv[2]), Path(sys.argv[3])).lacking, began, time.time())
"""


def deleted_at(folder: Path) -> list[float]:
    """When the collector deleted files, in whole seconds."""
    log = (folder / "runner.log").read_text()
    times = re.findall(r"^(.{25}) \w+ deleted the unused file", log, re.MULTILINE)
    return [datetime.strptime(time, "%Y-%m-%d %H:%M:%S %z").timestamp() for time in times]


def test_a_backup_on_a_slow_disk_is_of_one_moment_of_runs_that_train(
    own: Installation, reference: Rows, tmp_path: Path
) -> None:
    folder, target = own.settings.data_dir, tmp_path / "lab.zip"
    ready = tmp_path / "the disk is ready"
    own.start(patch=HASTY_COLLECTOR)
    uid = own.lab.submit(LONG)
    own.at_step(uid, 50)
    own.lab.pause(uid)  # so that there is a checkpoint, which the next ones replace
    own.in_state(uid, "paused")
    line = [sys.executable, "-c", SLOW_DISK, str(ready), str(folder), str(target)]
    making = subprocess.Popen(line, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, text=True)
    try:
        eventually(lambda: bool(list(tmp_path.glob(".l335-backup-*/*"))), 60, "a backup's begin")
        # Each pause leaves a checkpoint, and with the third the first is collected.
        for _ in range(3):
            step = own.lab.run(uid).step
            own.lab.resume(uid)
            own.at_step(uid, step + 1)
            own.lab.pause(uid)
            own.in_state(uid, "paused")
        time.sleep(1)  # in which the collector would delete what was replaced
        assert making.poll() is None
        ready.touch()
        said, _ = making.communicate(timeout=200)
    finally:
        making.kill()
        making.communicate()
    lacking, began, ended = said.rsplit(" ", 2)
    assert lacking == "()"
    eventually(lambda: bool(deleted_at(folder)), 30, "what was replaced is deleted afterwards")
    assert not [at for at in deleted_at(folder) if float(began) + 1 < at < float(ended) - 1]

    restore(target, tmp_path / "back")
    (tmp_path / "back" / "FashionMNIST").symlink_to(folder / "FashionMNIST")
    assert compare(tmp_path / "back").lost == {}
    restored = Installation(tmp_path / "back")
    assert restored.lab.run(uid).state in ("paused", "queued")
    assert set(Blobs(tmp_path / "back" / "blobs").addresses())
    restored.lab.resume(uid)
    restored.start()
    assert restored.over(uid).state == "completed"
    assert restored.rows(uid) == reference
    restored.close()
