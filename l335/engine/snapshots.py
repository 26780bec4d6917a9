"""The recorded course of a classification run: what is kept, and at which steps."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from l335.spec import ClassifySpec

MAX_EPOCHS_KEPT = 20
"""With the untrained network and the first epoch's two, a preset run keeps 23 snapshots."""


@dataclass(frozen=True)
class Part:
    """One file of a snapshot: ``weights`` or ``evaluation``."""

    name: str
    media_type: str
    data: bytes


def snapshot_steps(spec: ClassifySpec) -> set[int]:
    """Steps at which a snapshot is kept, evenly downsampled where there are many epochs."""
    num_kept = min(spec.epochs, MAX_EPOCHS_KEPT)
    epochs = {round(number * spec.epochs / num_kept) for number in range(1, num_kept + 1)}
    return {0} | spec.early_evaluations() | {epoch * spec.steps_per_epoch for epoch in epochs}


def pack_weights(model: nn.Module, step: int) -> Part:
    """All parameters and buffers as safetensors in half precision.

    Half the size costs 0.05 % of each value, which no picture shows. The exact weights of the
    last step are in the checkpoint.
    """
    tensors = {f"model.{name}": _halved(value) for name, value in model.state_dict().items()}
    return Part("weights", "application/octet-stream", save(tensors, {"step": str(step)}))


def _halved(value: Tensor) -> Tensor:
    value = value.detach()
    if not value.is_floating_point():
        return value.cpu().contiguous()
    half = value.to(torch.float16)
    is_kept = bool(half.isfinite().all()) or not bool(value.isfinite().all())
    return (half if is_kept else value).cpu().contiguous()


def pack_evaluation(report: dict[str, Any]) -> Part:
    """An evaluation as JSON."""
    return Part("evaluation", "application/json", json.dumps(report, allow_nan=False).encode())
