"""How our processes are tied together: none outlives its parent, none outranks it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path

from l335.core.settings import ROOT

_PR_SET_PDEATHSIG = 1
NICENESS = 5
OOM_SCORE = 500

IS_LINUX = sys.platform == "linux"


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent is gone, however that ends."""
    if IS_LINUX:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # The kernel only tells of deaths from now on.
    if os.getppid() != parent:
        os._exit(1)


def become_worker(parent: int) -> None:
    """Set this fresh process up to train: own process group, low priority, first to be killed."""
    die_with_parent(parent)
    with contextlib.suppress(PermissionError):  # a spawned worker leads its session already
        os.setsid()
    os.nice(NICENESS)
    if IS_LINUX:
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(str(OOM_SCORE))


def worker_environment() -> dict[str, str]:
    """The environment of processes that import torch."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(paths),
        # A pool of threads started before the fork would be dead after it, and deadlock.
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        # Threads that spin while they wait take the cores from the other runs.
        "GOMP_SPINCOUNT": "0",
        "OMP_WAIT_POLICY": "PASSIVE",
        # Asking for CUDA must not initialise it, or no fork could use it.
        "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
    }


def signal_group(pid: int, number: signal.Signals) -> None:
    """Send a signal to a worker and all its children; harmless where they are gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        try:
            os.killpg(pid, number)
        except ProcessLookupError:  # forked, but not yet the leader of its group
            os.kill(pid, number)
