"""Checkpoints: one safetensors file with weights, optimiser, random state and position."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor, nn
from torch.optim import Optimizer

from l335.core.errors import LabError

_PLACE = re.compile(r"(?:^|\.)(\d+)\.(weight|bias)$")
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
    notes: dict[str, str] = {}  # what of the optimiser's state is no tensor
    for index, state in optimizer.state_dict()["state"].items():
        for name, value in state.items():
            _pack_state(f"optimizer.{index}.{name}", value, tensors, notes)
    tensors["rng.cpu"] = torch.get_rng_state()
    if torch.cuda.is_initialized():
        tensors["rng.cuda"] = torch.cuda.get_rng_state()
    metadata = {
        "position": json.dumps(vars(position)),
        "optimizer": json.dumps(notes),
        "torch": torch.__version__,
    }
    plain = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    return save(plain, metadata)


def _pack_state(
    name: str, value: object, tensors: dict[str, Tensor], notes: dict[str, str]
) -> None:
    """Add one entry of an optimiser's state; L-BFGS has lists and plain numbers among them."""
    if isinstance(value, list):
        notes[name] = f"list {len(value)}"  # with room for later values
        tensors |= {f"{name}/{k}": item for k, item in enumerate(value) if item is not None}
    elif isinstance(value, Tensor):
        tensors[name] = value
    elif isinstance(value, int | float):
        notes[name] = type(value).__name__
        tensors[name] = torch.tensor(value, dtype=torch.float64)


def restore(data: bytes, model: nn.Module, optimizer: Optimizer) -> Position:
    """Put a packed state back into a freshly built model and optimiser."""
    tensors = load(data)
    load_weights(tensors, model)
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    notes = json.loads(_metadata(data).get("optimizer", "{}"))
    state: dict[int, dict[str, Any]] = {}
    for name, value in _optimizer_state(tensors, notes).items():
        _, index, key = name.split(".", 2)
        parameter = parameters[int(index)]
        if isinstance(value, Tensor) and value.shape == parameter.shape:
            # Keep the parameter's memory format and device.
            value = torch.empty_like(parameter).copy_(value).detach()
        state.setdefault(int(index), {})[key] = value
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
    torch.set_rng_state(tensors["rng.cpu"])
    if "rng.cuda" in tensors and torch.cuda.is_initialized():
        torch.cuda.set_rng_state(tensors["rng.cuda"])
    return Position(**json.loads(_metadata(data)["position"]))


def _optimizer_state(tensors: dict[str, Tensor], notes: dict[str, str]) -> dict[str, Any]:
    lists = {name: note.split()[1] for name, note in notes.items() if note.startswith("list")}
    state: dict[str, Any] = {name: [None] * int(length) for name, length in lists.items()}
    packed = {n: t for n, t in tensors.items() if n.startswith("optimizer.")}
    for name in [name for name in packed if "/" in name]:
        of_list, _, place = name.rpartition("/")
        state[of_list][int(place)] = packed.pop(name)
    for name, value in packed.items():
        kind = notes.get(name)
        state[name] = value if kind is None else {"int": int, "float": float}[kind](value.item())
    return state


def load_weights(tensors: dict[str, Tensor], model: nn.Module) -> None:
    """Copy the weights of a loaded checkpoint into a model of the same shape.

    Raises:
        LabError: They belong to a network that was built otherwise.
    """
    prefix = "model."
    weights = {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
    wanted = model.state_dict()
    if set(weights) != set(wanted):
        weights = _with_names_of_today(weights, list(wanted))
    if {n: t.shape for n, t in weights.items()} != {n: t.shape for n, t in wanted.items()}:
        raise LabError(
            "These weights were made by an earlier version, whose network was built otherwise. "
            "Train the run again to go on from it or to look into it."
        )
    model.load_state_dict(weights)


def _with_names_of_today(weights: dict[str, Tensor], wanted: list[str]) -> dict[str, Tensor]:
    # The first version counted all modules of a network, activations too, in place of naming them.
    places = sorted({int(found[1]) for name in weights if (found := _PLACE.search(name))})
    layers = [name.removesuffix(".weight") for name in wanted if name.endswith(".weight")]
    renamed = dict(zip(places, layers, strict=False))
    today: dict[str, Tensor] = {}
    for name, tensor in weights.items():
        found = _PLACE.search(name)
        layer = renamed.get(int(found[1])) if found else None
        name = f"{layer}.{found[2]}" if found and layer else name
        today["encoding.frequencies" if name == "drawn" else name] = tensor
    return today


def _metadata(data: bytes) -> dict[str, str]:
    length = int.from_bytes(data[:_HEADER_LENGTH_BYTES], "little")
    header = json.loads(data[_HEADER_LENGTH_BYTES : _HEADER_LENGTH_BYTES + length])
    return dict(header["__metadata__"])
