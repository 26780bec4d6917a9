"""Every command in docs/operations.md is executed, word for word, in a checkout of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from l335.components.architectures.mlp import Mlp
from l335.datasets import prepare_fashion_mnist
from l335.lab import Lab
from l335.settings import ROOT, Settings
from l335.spec import ClassifySpec, FitImageSpec
from tests.docs.test_documentation import tracked
from tests.installation import eventually

TEXT = (ROOT / "docs/operations.md").read_text()
LINES = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:\w+=\S+ )*(?:python -m l335|make run|docker run|sudo |mv )[^`]*)`")
COMMANDS = {
    *(line for block in LINES.findall(TEXT) for line in block.splitlines()),
    *INLINE.findall(LINES.sub("", TEXT)),
}
ELSEWHERE = {
    "docker run --rm --gpus all l335 python -m l335 doctor": "needs Docker and a GPU",
    "sudo chown -R USER data": "another user's folder is made in tests/faults",
    "make run": "tried here with settings before it",
}
UNDER_A_PATH = ["L335_BASE_PATH=/lab make run", "python -m l335 serve --base-path /lab"]
LONG = ClassifySpec(model=Mlp(width=64), train_size=3000, batch_size=10, epochs=20)
LARGEST = {"width": 8192, "bits": 16}


class Checkout:
    """The repository as it stands, in a folder of its own, with this environment.

    Attributes:
        executed: The commands that were, as the document has them.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.executed = folder, set[str]()
        for name in tracked():
            if (ROOT / name).is_file():
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, target)
        (folder / ".venv").symlink_to(ROOT / ".venv")
        own = {name: value for name, value in os.environ.items() if not name.startswith("L335_")}
        path = f"{folder}/.venv/bin{os.pathsep}{os.environ['PATH']}"
        self._env = own | {"PATH": path, "L335_DEVICE": "cpu", "L335_THREADS": "1"}
        self._served: subprocess.Popen[bytes] | None = None
        self.health = ""

    def do(self, command: str, code: int | None = 0, **replaced: str) -> str:
        """Execute a command of the document; returns what it printed.

        Args:
            command: As the document has it.
            code: What it must exit with; None where that says something of the machine.
            replaced: Words in capitals, and what stands for them.
        """
        assert command in COMMANDS
        self.executed.add(command)
        for placeholder, value in replaced.items():
            assert placeholder in command
            command = command.replace(placeholder, value)
        done = subprocess.run(
            ["sh", "-ec", command],
            cwd=self.folder,
            env=self._env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )
        assert code is None or done.returncode == code, done.stdout
        assert "Traceback" not in done.stdout
        return done.stdout

    def serve(self, command: str, port: int, path: str = "") -> None:
        """Start the dashboard by a command of the document; returns once its runner lives."""
        assert command in COMMANDS
        self.executed.add(command)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                pytest.skip(f"another program has port {port}, which the document names")
        self._served = subprocess.Popen(
            ["sh", "-ec", command], cwd=self.folder, env=self._env, start_new_session=True
        )
        self.health = f"http://127.0.0.1:{port}{path}/healthz"
        eventually(self._is_healthy, 90, "a dashboard that answers")

    def _is_healthy(self) -> bool:
        assert self._served is not None
        assert self._served.poll() is None
        try:
            return bool(httpx.get(self.health).json().get("runner") == "alive")
        except httpx.HTTPError:
            return False

    def interrupt(self) -> float:
        """Ctrl+C, which a terminal sends to everything it runs; returns the seconds it took."""
        if self._served is None:
            return 0.0
        started = time.monotonic()
        os.killpg(self._served.pid, signal.SIGINT)
        self._served.wait(30)
        self._served = None
        lab = self.lab()
        eventually(lambda: not lab.runner_alive(), 30, "the runner leaves")
        lab.close()
        return time.monotonic() - started

    def lab(self) -> Lab:
        return Lab.open(Settings(data_dir=self.folder / "data", device="cpu", threads=1))


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    checkout = Checkout(tmp_path / "lab")
    prepare_fashion_mnist(checkout.folder / "data")
    yield checkout
    checkout.interrupt()


@pytest.mark.slow
def test_every_command_does_what_the_document_says(checkout: Checkout) -> None:
    data = checkout.folder / "data"
    checkout.serve("L335_HOSTS=lab.example.org make run", 8501)
    assert status(checkout, "lab.example.org") == 200
    assert status(checkout, "other.example.org") == 403
    lab = checkout.lab()
    done, long = fit(lab), lab.submit(LONG)
    eventually(lambda: lab.run(long).step > 300, 120, "a long run that trains")

    assert "2 runs" in checkout.do("python -m l335 backup backup.zip")
    assert "backup.zip exists" in checkout.do("python -m l335 backup backup.zip", code=2)
    analyses(checkout, lab, done)
    prune(checkout, lab)
    picture = lab.previews(done)["reconstruction"].sha256
    lab.close()
    assert checkout.interrupt() < 8
    [blob] = data.glob(f"blobs/**/{picture}")
    mend(checkout, blob)
    (data / "mark").touch()
    checkout.do("mv data data.old")
    assert (checkout.folder / "data.old/mark").exists()
    checkout.do("python -m l335 restore backup.zip")

    checkout.serve("L335_PORT=8600 make run", 8600)
    lab = checkout.lab()
    assert lab.run(done).state == "completed"
    eventually(lambda: lab.run(long).is_over, 120, "a run that goes on")
    assert (lab.run(long).state, lab.run(long).step) == ("completed", LONG.total_steps)
    lab.close()
    checkout.interrupt()
    for command in UNDER_A_PATH:
        checkout.serve(command, 8501, "/lab")
        checkout.interrupt()
    assert checkout.executed | set(ELSEWHERE) == COMMANDS


def status(checkout: Checkout, name: str) -> int:
    """What the dashboard answers to this name with."""
    return httpx.get(checkout.health, headers={"host": f"{name}:8501"}).status_code


def fit(lab: Lab) -> str:
    """Fit a picture; returns the run's name."""
    image = lab.images()[0]
    spec = FitImageSpec(
        **image.settings,
        image_size=32,
        steps=20,
    )
    uid = lab.submit(spec)
    eventually(lambda: lab.run(uid).is_over, 120, "a picture that is fitted")
    return uid


def analyses(checkout: Checkout, lab: Lab, uid: str) -> None:
    """Ask for some, cancel one by its name and then the rest."""
    asked = [lab.request(uid, "upsample", LARGEST | {"height": 8192 - n}) for n in range(3)]
    listed = checkout.do("python -m l335 analyses")
    assert [name[:8] in listed for name in asked] == [True] * 3
    said = checkout.do("python -m l335 analyses --cancel NAME", NAME=asked[1][:8])
    assert asked[1][:8] in said
    assert [job.uid for job in lab.unfinished_looks()] == [asked[0], asked[2]]
    assert checkout.do("python -m l335 analyses --cancel-all").count("Cancelled") == 2
    assert "No analysis" in checkout.do("python -m l335 analyses")


def prune(checkout: Checkout, lab: Lab) -> None:
    """A file that nothing names is shown, and then freed."""
    sha256 = lab.blobs.put(b"nobody's")
    [file] = lab.settings.data_dir.glob(f"blobs/**/{sha256}")
    os.utime(file, (0, 0))
    assert "1 file that nothing names" in checkout.do("python -m l335 prune")
    assert file.exists()
    assert "Freed" in checkout.do("python -m l335 prune --yes")
    assert not file.exists()


def mend(checkout: Checkout, blob: Path) -> None:
    """A file that was lost is counted, and comes back from the backup."""
    kept = blob.read_bytes()
    blob.unlink()
    assert "1 missing" in checkout.do("python -m l335 doctor", code=None)
    said = checkout.do("python -m l335 doctor --mend --backup backup.zip", code=None)
    assert "1 files from the backup" in said
    assert blob.read_bytes() == kept
