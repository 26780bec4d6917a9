"""A dashboard and its runner as real processes on a data folder that is thrown away."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

import psutil

from l335.core.errors import LabError
from l335.core.settings import ROOT, Settings
from l335.data.datasets import prepare_fashion_mnist
from l335.results.views import RunView
from l335.runner.main import LOG_FILE
from l335.runner.process import worker_environment
from l335.service import Lab
from l335.store.locks import RUNNER_LOCK

SLOTS = 2
START_SECONDS = 60.0
END_SECONDS = 15.0
LOOK_SECONDS = 0.01
FORK_SERVER_WORDS = ("the fork server is ready", "workers start slower")


def wait_for(is_so: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until something holds.

    Raises:
        LabError: It took too long.
    """
    started = time.monotonic()
    while not is_so():
        if time.monotonic() - started > seconds:
            raise LabError(f"The benchmark waited {seconds:.0f} s in vain for {what}.")
        time.sleep(LOOK_SECONDS)


class Installation:
    """One data folder with its processes; training on the CPU, one thread for each of two slots.

    Args:
        data_dir: An empty folder.
        images: A folder with Fashion-MNIST unpacked, which is shared.
    """

    def __init__(self, data_dir: Path, images: Path) -> None:
        (data_dir / "FashionMNIST").symlink_to(images / "FashionMNIST")
        self.settings = Settings(
            data_dir=data_dir, port=_free_port(), slots=SLOTS, threads=1, device="cpu"
        )
        self.url = f"http://127.0.0.1:{self.settings.port}"
        self._lab: Lab | None = None
        self.web: psutil.Popen | None = None
        self._runner: psutil.Popen | None = None

    @property
    def lab(self) -> Lab:
        """The lab behind the dashboard; opened on first use, so that a start may find none."""
        if self._lab is None:
            self._lab = Lab.open(self.settings)
        return self._lab

    @property
    def port(self) -> int:
        """Where the dashboard listens."""
        return self.settings.port

    def start_web(self) -> float:
        """Start ``l335 serve``; returns the seconds until /healthz answered."""
        started = time.perf_counter()
        self.web = self._start("l335", "serve")
        wait_for(self._is_healthy, START_SECONDS, "a dashboard that answers")
        return time.perf_counter() - started

    def start_runner(self, module: str = "l335.runner") -> None:
        """Start a runner of its own, before any dashboard; returns once its fork server is warm."""
        self._runner = self._start(module)
        self.wait_until_warm()

    def wait_until_warm(self) -> None:
        """Wait until a run would start at once."""
        wait_for(self._is_warm, START_SECONDS, "a runner that can start workers")

    def wait_for_step(self, uid: str, step: int = 1) -> None:
        """Wait until a run has come so far."""
        wait_for(lambda: self.lab.run(uid).step >= step, START_SECONDS, f"step {step} of a run")

    def wait_for_end(self, uid: str, seconds: float = 600.0) -> RunView:
        """Wait until a run is over; returns it.

        Raises:
            LabError: It failed.
        """
        wait_for(lambda: self.lab.run(uid).is_over, seconds, "the end of a run")
        run = self.lab.run(uid)
        if run.state == "failed":
            raise LabError(f"A run of the benchmark failed: {run.error_text}")
        return run

    def close(self) -> None:
        """End everything, gently at first."""
        if self.web is not None:
            _end(self.web)
        if self._runner is not None:
            _end(self._runner)
        # The dashboard's runner is no child of ours.
        with contextlib.suppress(OSError, ValueError, KeyError, psutil.NoSuchProcess):
            note = json.loads((self.settings.data_dir / RUNNER_LOCK).read_text())
            runner = psutil.Process(note["pid"])
            if "l335.runner" in " ".join(runner.cmdline()):
                runner.send_signal(signal.SIGTERM)
                _end(runner)
        if self._lab is not None:
            self._lab.close()

    def _start(self, *arguments: str) -> psutil.Popen:
        values = {f"L335_{name.upper()}": str(v) for name, v in self.settings.model_dump().items()}
        with (self.settings.data_dir / "processes.log").open("ab") as log:
            return psutil.Popen(
                [sys.executable, "-m", *arguments],
                cwd=ROOT,
                env=worker_environment() | values,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _is_healthy(self) -> bool:
        if self.web is not None and self.web.poll() is not None:
            raise LabError("The dashboard of the benchmark ended at its start.")
        with contextlib.closing(HTTPConnection("127.0.0.1", self.port)) as connection:
            try:
                connection.request("GET", "/healthz")
                return connection.getresponse().status == HTTPStatus.OK
            except OSError:
                return False

    def _is_warm(self) -> bool:
        log = self.settings.data_dir / LOG_FILE
        return log.exists() and any(words in log.read_text() for words in FORK_SERVER_WORDS)


@contextlib.contextmanager
def installation(images: Path) -> Iterator[Installation]:
    """An installation for the length of a block; its processes end however the block does."""
    with tempfile.TemporaryDirectory(prefix="l335-bench-", ignore_cleanup_errors=True) as folder:
        own = Installation(Path(folder), images)
        try:
            yield own
        finally:
            own.close()


@contextlib.contextmanager
def unpacked_images() -> Iterator[Path]:
    """A folder with Fashion-MNIST, unpacked once for all parts of a benchmark."""
    with tempfile.TemporaryDirectory(prefix="l335-bench-") as folder:
        prepare_fashion_mnist(Path(folder))
        yield Path(folder)


def pin(process: psutil.Process, core: int) -> None:
    """Hold all threads of a process to one core; its children stay free."""
    for thread in process.threads():
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(thread.id, {core})


def _end(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except (subprocess.TimeoutExpired, psutil.TimeoutExpired):  # of a child, of another
            process.kill()
            process.wait(END_SECONDS)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
