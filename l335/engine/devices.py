"""Devices runs can train on."""

from __future__ import annotations

import torch

from l335.core.errors import LabError


def available_devices() -> list[str]:
    """Devices of this machine, the fastest first."""
    found = ["cpu"]
    if torch.backends.mps.is_available():
        found.insert(0, "mps")
    if torch.cuda.is_available():
        found.insert(0, "cuda")
    return found


def pick_device(name: str) -> str:
    """The device to train on; ``auto`` takes the fastest.

    Raises:
        LabError: The device is not on this machine.
    """
    if name == "cpu":
        return name
    found = available_devices()
    if name == "auto":
        return found[0]
    if name not in found:
        raise LabError(
            f"`device` is {name}, but this machine offers {', '.join(found)}. "
            "Choose one of these, or `auto`."
        )
    return name
