"""What the fork server imports, so that no worker has to."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from l335.core.settings import ROOT, Settings
from l335.data.blobs import Blobs
from l335.runner.process import worker_environment
from l335.runner.work import RunWork
from l335.store.queue import ClaimedRun

IMPORTED_BY_A_WORKER = """
import sys
from l335.runner.fork_server import preload
refusal = preload()
assert not refusal, refusal
from l335.runner.messages import ORDER
from l335.runner.worker import _outcome
before = set(sys.modules)
ended = _outcome(ORDER.validate_json(sys.argv[1]), lambda message: None)
assert ended.state == "completed", ended
print("imported:", *sorted(set(sys.modules) - before))
"""


def specification(task: str, blobs: Blobs) -> dict[str, Any]:
    if task == "classify":
        return {"task": task, "epochs": 1, "train_size": 128}
    image = blobs.put((ROOT / "assets/images/sky.png").read_bytes())
    return {"task": task, "image": image, "image_size": 32, "steps": 5}


@pytest.mark.parametrize("task", ["fit-image", "classify"])
def test_a_worker_imports_next_to_nothing(task: str, prepared: Path, tmp_path: Path) -> None:
    run = ClaimedRun(
        id=1,
        uid="r",
        attempt=1,
        spec=json.dumps(specification(task, Blobs(tmp_path))),
        device="cpu",
        threads=1,
        precision="",
        num_lost=0,
        num_killed=0,
        purpose="run",
        checkpoints=[],
    )
    order = RunWork(run, Settings(data_dir=prepared), tmp_path).order()
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED_BY_A_WORKER, order.model_dump_json()],
        env=worker_environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    imported = done.stdout.split("imported:")[1].split()
    ours = [name for name in imported if name.startswith(("l335", "torch", "PIL.", "pydantic"))]
    assert ours == [], "each worker imports these anew; add them to the fork server's preload"
