"""What a result was made with: processor, memory, graphics card and versions."""

from __future__ import annotations

import platform
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path

import psutil

from l335 import __version__
from l335.core.settings import num_cores

PACKAGES = ("torch", "torchvision", "torchmetrics", "numpy")


@cache
def hardware() -> dict[str, str]:
    """Machine and versions as words by name, read without loading torch."""
    memory = psutil.virtual_memory().total / 2**30
    found = {
        "Processor": f"{_processor()}, {num_cores()} cores",
        "Memory": f"{memory:.0f} GiB",
        "Graphics card": _graphics_card(),
        "System": platform.platform(),
        "Python": platform.python_version(),
        "L335 Lab": __version__,
    }
    return found | {name: metadata.version(name) for name in PACKAGES}


def has_nvidia_gpu() -> bool:
    """Whether a graphics card of NVIDIA's can be reached, told from its device files at once."""
    return any(Path(device).exists() for device in ("/dev/nvidiactl", "/dev/dxg"))


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _graphics_card() -> str:
    command = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):  # no driver here
        return "none"
    return "; ".join(done.stdout.strip().splitlines()) or "none"
