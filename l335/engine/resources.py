"""What the machine offers a run in this very process, for the command line."""

from __future__ import annotations

from collections.abc import Callable

from l335.core.settings import Settings, num_cores
from l335.engine.devices import pick_device
from l335.engine.precision import pick_precision
from l335.engine.train import Resources


def local_resources(
    settings: Settings, device: str, read_blob: Callable[[str], bytes]
) -> Resources:
    """All cores of the machine, unless the settings say otherwise.

    Raises:
        LabError: The device is not on this machine.
    """
    threads = settings.threads or num_cores()
    chosen = pick_device(device)
    precision = pick_precision(settings.precision, chosen)
    return Resources(chosen, threads, settings.data_dir, read_blob, precision, settings.cuda_graphs)
