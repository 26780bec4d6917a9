"""What the fork server imports, so that no worker has to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from l335.runner.process import worker_environment
from l335.settings import ROOT

IMPORTED_BY_A_WORKER = """
import sys, tempfile
from pathlib import Path
from l335.runner.zygote import preload
refusal = preload()
assert not refusal, refusal
from l335.runner.worker import _outcome
from l335.runner.work import of_machine
from l335.settings import Settings
from l335.blobs import Blobs
before = set(sys.modules)
with tempfile.TemporaryDirectory() as folder:
    image = Blobs(folder).put(Path("assets/images/sky.png").read_bytes())
    specs = {
        "fit-image": {"task": "fit-image", "image": image, "image_size": 32, "steps": 5},
        "classify": {"task": "classify", "epochs": 1, "train_size": 128},
    }
    order = {"attempt": 1, "purpose": "run", "device": "cpu", "threads": 1, "blobs": folder}
    order |= {"checkpoints": [], "spec": specs[sys.argv[1]]}
    order |= of_machine(Settings(data_dir=sys.argv[2]))
    ended = _outcome(order, lambda message: None)
assert ended["state"] == "completed", ended
print("imported:", *sorted(set(sys.modules) - before))
"""


@pytest.mark.parametrize("task", ["fit-image", "classify"])
def test_a_worker_imports_next_to_nothing(task: str, prepared: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED_BY_A_WORKER, task, str(prepared)],
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
