"""Checkpoints: one safetensors file with weights, optimiser, random state and position."""

from __future__ import annotations

import json
from dataclasses import dataclass

import torch
from safetensors.torch import load, save
from torch import Tensor, nn
from torch.optim import Optimizer

_HEADER_LENGTH_BYTES = 8  # safetensors: little-endian length, JSON header, tensors


@dataclass
class Position:
    """Where in a run a checkpoint was taken.

    Attributes:
        step: Optimiser steps done.
        train_seconds: Seconds of training behind it, without evaluation and previews.
        loss_sum: Sum of the losses since the last report.
        num_losses: How many losses ``loss_sum`` holds.
    """

    step: int = 0
    train_seconds: float = 0.0
    loss_sum: float = 0.0
    num_losses: int = 0


def pack(model: nn.Module, optimizer: Optimizer, position: Position) -> bytes:
    """The state of a run as one safetensors file."""
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        for name, value in state.items():
            if value is not None:  # SGD without momentum keeps none
                tensors[f"optimizer.{index}.{name}"] = torch.as_tensor(value)
    tensors["rng.cpu"] = torch.get_rng_state()
    if torch.cuda.is_initialized():
        tensors["rng.cuda"] = torch.cuda.get_rng_state()
    metadata = {"position": json.dumps(vars(position)), "torch": torch.__version__}
    plain = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    return save(plain, metadata)


def restore(data: bytes, model: nn.Module, optimizer: Optimizer) -> Position:
    """Put a packed state back into a freshly built model and optimiser."""
    tensors = load(data)
    load_weights(tensors, model)
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith("optimizer."):
            _, index, key = name.split(".", 2)
            parameter = parameters[int(index)]
            if value.shape == parameter.shape:  # keep the parameter's memory format and device
                value = torch.empty_like(parameter).copy_(value).detach()
            state.setdefault(int(index), {})[key] = value
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
    torch.set_rng_state(tensors["rng.cpu"])
    if "rng.cuda" in tensors and torch.cuda.is_initialized():
        torch.cuda.set_rng_state(tensors["rng.cuda"])
    return Position(**json.loads(_metadata(data)["position"]))


def load_weights(tensors: dict[str, Tensor], model: nn.Module) -> None:
    """Copy the weights of a loaded checkpoint into a model of the same shape."""
    prefix = "model."
    weights = {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
    model.load_state_dict(weights)


def _metadata(data: bytes) -> dict[str, str]:
    length = int.from_bytes(data[:_HEADER_LENGTH_BYTES], "little")
    header = json.loads(data[_HEADER_LENGTH_BYTES : _HEADER_LENGTH_BYTES + length])
    return dict(header["__metadata__"])
