"""Statistics of single layers while they train: weights, gradients, updates, activations."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

NUM_BINS = 40
COUNTED_EXAMPLES = 4
"""Every so many-th example is counted into bins: all would take as long as the layers."""


def weighted_layers(model: nn.Sequential) -> dict[str, nn.Linear | nn.Conv2d]:
    """The layers with a weight matrix or filters, by module name, in order."""
    return {
        name: layer
        for name, layer in model.named_children()
        if isinstance(layer, nn.Linear | nn.Conv2d)
    }


class UpdateStatistics:
    """Gradients and the size of one update, per layer.

    Used around the optimiser's step: ``UpdateStatistics.before`` keeps the weights, ``after``
    compares.
    """

    def __init__(self, model: nn.Sequential) -> None:
        self._layers = weighted_layers(model)
        self._before = {name: layer.weight.detach().clone() for name, layer in self._layers.items()}
        self.of_layer: dict[str, dict[str, Any]] = {}

    @torch.no_grad()
    def finish(self) -> None:
        """Compare with the weights before the update."""
        for name, layer in self._layers.items():
            before, gradient = self._before[name], layer.weight.grad
            update = (layer.weight - before).norm() / before.norm()
            self.of_layer[name] = {
                "update_ratio": finite(update.item()),  # zero weights have no ratio
                "gradient": None if gradient is None else summary(gradient),
            }
        self._before.clear()

    def rows(self) -> dict[str, float]:
        """The figures that are kept as curves."""
        rows = {}
        for name, values in self.of_layer.items():
            if values["update_ratio"] is not None:
                rows[f"update_ratio/{name}"] = values["update_ratio"]
            if values["gradient"] is not None and values["gradient"]["norm"] is not None:
                rows[f"gradient_norm/{name}"] = values["gradient"]["norm"]
        return rows


class ActivationStatistics:
    """Outputs of each layer's activation over several batches, and units that never fire.

    Args:
        model: Its layers.
        has_histograms: Whether some of the first batch are counted into bins.
    """

    def __init__(self, model: nn.Sequential, has_histograms: bool = True) -> None:
        self._model, self._has_histograms = model, has_histograms
        self._watched = {_source(model, name): name for name in weighted_layers(model)}
        self._count: dict[str, int] = {}
        self._sums: dict[str, Tensor] = {}
        self._highest: dict[str, Tensor] = {}
        self._histograms: dict[str, dict[str, Any] | None] = {}

    @contextlib.contextmanager
    def watching(self, every: int = 1) -> Iterator[None]:
        """Note the outputs of every forward pass within, for every so many-th example."""
        children = dict(self._model.named_children())
        handles = [
            children[source].register_forward_hook(self._hook(name, every))
            for source, name in self._watched.items()
        ]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _hook(self, name: str, every: int) -> Any:
        def note(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            values = output.detach()[::every]
            # Within a batch float32 is exact to five digits and four times as fast.
            norm = torch.linalg.vector_norm(values)
            sums = torch.stack([values.sum().double(), norm.double().square()])
            unit_dims = [0, *range(2, values.ndim)]  # a feature map counts as one unit
            highest = values.amax(unit_dims)
            if name not in self._count:
                counted = values[::COUNTED_EXAMPLES]
                self._histograms[name] = histogram(counted) if self._has_histograms else None
                self._count[name], self._sums[name], self._highest[name] = 0, sums, highest
            else:
                self._sums[name] += sums
                self._highest[name] = torch.maximum(self._highest[name], highest)
            self._count[name] += values.numel()

        return note

    def of_layer(self) -> dict[str, dict[str, Any]]:
        """Mean, deviation, share of dead units (ReLU only) and histogram by layer."""
        children = dict(self._model.named_children())
        result = {}
        for source, name in self._watched.items():
            total, squares = (self._sums[name] / self._count[name]).tolist()
            is_relu = isinstance(children[source], nn.ReLU)
            dead = (self._highest[name] <= 0).float().mean().item() if is_relu else None
            result[name] = {
                "mean": finite(total),
                "std": finite(math.sqrt(max(0.0, squares - total**2))),
                "dead_share": dead,
                "histogram": self._histograms[name],
            }
        return result

    def dead(self) -> dict[str, list[int]]:
        """The numbers of the ReLU units that were zero throughout, by layer."""
        children = dict(self._model.named_children())
        return {
            name: (self._highest[name] <= 0).nonzero().flatten().tolist()
            for source, name in self._watched.items()
            if isinstance(children[source], nn.ReLU)
        }

    def rows(self) -> dict[str, float]:
        """The figures that are kept as curves."""
        rows = {}
        for name, values in self.of_layer().items():
            if values["std"] is not None:
                rows[f"activation_std/{name}"] = values["std"]
            if values["dead_share"] is not None:
                rows[f"dead_share/{name}"] = values["dead_share"]
        return rows


def layer_report(
    model: nn.Sequential,
    updates: UpdateStatistics | None,
    activations: ActivationStatistics | None,
) -> list[dict[str, Any]]:
    """Weights of each layer with what is known of its gradients and activations, for JSON."""
    of_activation = activations.of_layer() if activations else {}
    # A run that went on at this very step has its weights, but not how it came to them.
    of_update = updates.of_layer if updates else {}
    return [
        {
            "module": name,
            "weight": summary(layer.weight),
            "gradient": of_update.get(name, {}).get("gradient"),
            "update_ratio": of_update.get(name, {}).get("update_ratio"),
            "activation": of_activation.get(name),
        }
        for name, layer in weighted_layers(model).items()
    ]


def _source(model: nn.Sequential, name: str) -> str:
    children = dict(model.named_children())
    activation = f"{name}_activation"
    return activation if activation in children else name


def summary(values: Tensor) -> dict[str, Any]:
    """Mean, deviation, norm and histogram of a tensor."""
    flat = values.detach().float()
    mean, std, norm = flat.mean().item(), flat.std(correction=0).item(), flat.norm().item()
    return {
        "mean": finite(mean),
        "std": finite(std),
        "norm": finite(norm),
        "histogram": histogram(flat),
    }


def histogram(values: Tensor) -> dict[str, Any] | None:
    """Counts in 40 equal bins between the extremes; None where a value is not finite."""
    low, high = (bound.item() for bound in values.aminmax())
    if not (math.isfinite(low) and math.isfinite(high)):
        return None
    counts = torch.histc(values.float(), NUM_BINS, low, high)
    return {"min": low, "max": high, "counts": counts.long().tolist()}


def finite(value: float) -> float | None:
    """The value, or None where JSON has no word for it."""
    return value if math.isfinite(value) else None
