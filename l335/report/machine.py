"""The machine and the versions a report was written with."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from l335 import __version__
from l335.report.document import Block, TableBlock, Text
from l335.report.settings import seeds_of
from l335.report.sources import Source
from l335.settings import num_cores
from l335.tables import Table
from l335.wording import duration

ANSWER_SECONDS = 5
PACKAGES = ("torch", "torchvision", "numpy", "streamlit", "plotly")
STATES = {"cancelled": "stopped"}


def machine_blocks(sources: Sequence[Source]) -> list[Block]:
    """Device, threads, seed, date and time of each run; the machine and its versions."""
    rows = []
    for source in sources:
        for arm in source.arms:
            for run in arm.runs:
                first, *more = seeds_of(run)
                rows.append(
                    (
                        source.folders.get(run.uid, run.uid[:8]),
                        arm.name,
                        f"{first} to {more[-1]}" if more else str(first),
                        STATES.get(run.state, run.state),
                        run.device,
                        str(run.threads),
                        f"{run.created_at:%Y-%m-%d %H:%M}",
                        f"{run.step:,}",
                        duration(run.train_seconds),
                    )
                )
    head = ("Run", "Setting", "Seed", "State", "Device", "Threads", "Started, UTC", "Steps")
    caption = "Training time is without evaluation and pictures."
    runs = Table((*head, "Trained"), tuple(rows), caption, num_names=2)
    facts = Table(("What", "Which"), tuple(facts_of_machine()), "", num_names=2)
    return [
        TableBlock(runs),
        Text(
            "The machine and the versions with which this report was written. A run keeps its "
            "device and threads but not its machine; on one installation they are the same."
        ),
        TableBlock(facts),
    ]


def facts_of_machine() -> list[tuple[str, str]]:
    """Processor, memory, GPU, system and versions, in words."""
    facts = [
        ("Processor", processor_name()),
        ("Cores", f"{num_cores()} that may be used"),
        ("Memory", f"{psutil.virtual_memory().total / 2**30:.1f} GiB"),
        ("GPU", gpu_names()),
        ("System", f"{platform.system()} {platform.release()}, {platform.machine()}"),
        ("L335 Lab", __version__),
        ("Python", platform.python_version()),
    ]
    for package in PACKAGES:
        try:
            facts.append((package, version(package)))
        except PackageNotFoundError:
            facts.append((package, "not installed"))
    return facts


def processor_name() -> str:
    """The processor's name as its maker gives it, where the system tells."""
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            key, _, name = line.partition(":")
            if key.strip() == "model name":
                return name.strip()
    if sys.platform == "darwin":
        return _answer("sysctl", "-n", "machdep.cpu.brand_string") or platform.processor()
    return platform.processor() or platform.machine()


def gpu_names() -> str:
    """NVIDIA GPUs with their memory, or "none"."""
    found = _answer("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader")
    return "; ".join(line.strip() for line in found.splitlines()) or "none found"


def _answer(*command: str) -> str:
    if shutil.which(command[0]) is None:
        return ""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=ANSWER_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
