"""What the machine could do at best: its rate of matrix products, and the arithmetic of a step."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from l335.modules.linear import Linear

WARM_UP, REPEATS = 3, 30


@dataclass(frozen=True)
class ProductRates:
    """Operations per second of one float32 product, in two ways.

    Attributes:
        pytorch: As PyTorch does it (``torch.mm``), on most CPUs with MKL's sgemm.
        layer: As a forward pass through ``l335.modules.linear``.
    """

    pytorch: float
    layer: float

    @property
    def best(self) -> float:
        """The higher of the two."""
        return max(self.pytorch, self.layer)


def product_rates(rows: int, inner: int, columns: int, device: str = "cpu") -> ProductRates:
    """Rates of a float32 product [rows, inner] x [inner, columns].

    Medians of 30; a multiplication and an addition are two operations.
    """
    left = torch.randn(rows, inner, device=device)
    right = torch.randn(inner, columns, device=device)
    out = torch.empty(rows, columns, device=device)
    layer = Linear(inner, columns, bias=False, device=device)
    operations = 2 * rows * inner * columns
    with torch.inference_mode():
        pytorch = _seconds(lambda: torch.mm(left, right, out=out), device)
        return ProductRates(
            operations / pytorch, operations / _seconds(lambda: layer(left), device)
        )


def _seconds(product: Callable[[], object], device: str) -> float:
    seconds = []
    for turn in range(WARM_UP + REPEATS):
        started = time.perf_counter()
        product()
        _wait(device)
        if turn >= WARM_UP:
            seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def step_operations(loss: Callable[[], Tensor]) -> int:
    """Operations of the products and convolutions of one forward and backward pass."""
    counter = FlopCounterMode(display=False)
    with counter:
        loss().backward()
    return int(counter.get_total_flops())


def _wait(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()
