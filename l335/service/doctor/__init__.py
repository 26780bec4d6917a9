"""What of this installation works, and what to do about the rest."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from l335.core.descriptors import FEW, WANTED, allowed, num_tabs
from l335.core.settings import Settings, num_cores
from l335.service.doctor import data
from l335.service.doctor.check import Check

MIN_PYTHON = (3, 11)
PROBE_SECONDS = 180
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

# Run apart, because the dashboard's own process never imports torch.
_TORCH_PROBE = """
import json, torch
from l335.engine.devices import available_devices
gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
print(json.dumps({"torch": torch.__version__, "cuda": torch.version.cuda,
                  "devices": available_devices(), "gpus": gpus}))
"""
_FORK_PROBE = "from l335.runner.fork_server import preload; print(preload())"


def checks(settings: Settings) -> list[Check]:
    """Look at everything the dashboard, its runs and its tests need; takes some seconds."""
    return [
        _python(),
        *_torch(settings),
        _threads(settings),
        _descriptors(),
        _fork_server(),
        data.data_folder(settings.data_dir),
        _sqlite(),
        data.store(settings.data_dir),
        data.blobs(settings.data_dir),
        _fashion_mnist(settings.data_dir),
        _browser(),
    ]


def find_browser() -> str | None:
    """Path of a Chromium the browser tests can drive."""
    return next((path for path in map(shutil.which, BROWSERS) if path), None)


def _python() -> Check:
    return Check(
        "Python",
        sys.version_info >= MIN_PYTHON,
        f"{platform.python_version()} at {sys.executable}",
        "Install Python 3.11 or newer and run `make clean setup`.",
    )


def _probe(script: str) -> tuple[str, str]:
    """Last line of a script's output in a fresh interpreter, and what went wrong."""
    from l335.runner.process import worker_environment

    try:
        done = subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            env=worker_environment(),
            timeout=PROBE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return "", f"no answer within {PROBE_SECONDS} s"
    lines = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines() or [""]
    return (lines[-1], "") if done.returncode == 0 else ("", lines[-1])


def _torch(settings: Settings) -> list[Check]:
    line, fault = _probe(_TORCH_PROBE)
    if fault:
        remedy = "Run `make setup`; if it stays, remove .venv and run it again."
        return [Check("torch", False, f"can't be imported: {fault}", remedy)]
    found: dict[str, Any] = json.loads(line)
    build = f"built for CUDA {found['cuda']}" if found["cuda"] else "built without CUDA"
    return [Check("torch", True, f"{found['torch']}, {build}"), _devices(settings, found)]


def _devices(settings: Settings, found: dict[str, Any]) -> Check:
    devices, gpus = found["devices"], found["gpus"]
    detail = ", ".join(devices) + (f" ({', '.join(gpus)})" if gpus else "")
    if settings.device not in ("auto", *devices):
        remedy = f"Set L335_DEVICE to auto or one of: {', '.join(devices)}."
        return Check("Devices", False, f"{detail}, but L335_DEVICE is {settings.device}", remedy)
    if Path("/proc/driver/nvidia/version").exists() and "cuda" not in devices:
        return Check(
            "Devices",
            False,
            f"{detail}, although NVIDIA's driver is loaded",
            "Update the driver to one that serves torch's CUDA version, or install a torch with "
            "CUDA (a CPU-only one may be in .venv); in a container, start it with `--gpus all`.",
        )
    return Check("Devices", True, detail)


def _threads(settings: Settings) -> Check:
    each, cores = settings.threads_per_run(), num_cores()
    return Check(
        "Threads",
        each * settings.slots <= cores or each == 1,
        f"{cores} cores, {settings.slots} runs at a time, {each} CPU threads each",
        "More threads than cores slow every run down many times: lower L335_SLOTS or L335_THREADS.",
    )


def _descriptors() -> Check:
    most = min(WANTED, allowed())
    return Check(
        "Open files",
        most >= FEW,
        f"{most:,} file descriptors, enough for {num_tabs(most):,} open tabs",
        "Each tab takes four, and no further one connects at the end of them. Raise the hard limit "
        "on open files: `ulimit -Hn` shows it; LimitNOFILE= of a systemd unit and `--ulimit "
        "nofile=` of docker run set it.",
    )


def _fork_server() -> Check:
    if not sys.platform.startswith("linux"):
        return Check("Fork server", True, "only on Linux; here each run starts anew in about 3 s")
    reason, fault = _probe(_FORK_PROBE)
    return Check(
        "Fork server",
        not (reason or fault),
        f"not safe: {fault or reason}" if fault or reason else "runs start as forks, in 0.1 s",
        "Runs still work, but each takes about 3 s to start. Reinstall the versions of "
        "requirements.txt: `make clean setup`.",
    )


def _sqlite() -> Check:
    from sqlalchemy import text

    from l335.store import Store
    from l335.store.driver import has_wal_reset_bug

    store = Store(Path(":memory:"))
    with store.read() as connection:
        version = str(connection.scalar(text("SELECT sqlite_version()")))
    store.close()
    is_faulty = has_wal_reset_bug(tuple(int(part) for part in version.split(".")))
    # The store works around the fault, so it is worth a word and not a repair.
    note = "; its write-ahead log has a known fault, which the store works around"
    return Check("SQLite", True, version + (note if is_faulty else ""))


def _fashion_mnist(folder: Path) -> Check:
    from l335.data.datasets import damaged_files, missing_files

    damaged = damaged_files()
    if damaged:
        names = ", ".join(damaged)
        remedy = "Fetch these files again from the repository: `git checkout assets`."
        return Check("Fashion-MNIST", False, f"damaged or missing in assets: {names}", remedy)
    is_unpacked = not missing_files(folder)
    state = "unpacked" if is_unpacked else "packed; the first run unpacks it"
    return Check("Fashion-MNIST", True, state)


def _browser() -> Check:
    found = find_browser()
    detail = found or "none; only `make test` uses one (apt-get install chromium)"
    return Check("Browser for tests", True, detail)
