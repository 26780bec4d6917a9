"""What the machine could do at best: its rate of matrix products, and the arithmetic of a step."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

WARM_UP, REPEATS = 3, 30


def product_rate(rows: int, inner: int, columns: int, device: str = "cpu") -> float:
    """Operations per second of a float32 product [rows, inner] x [inner, columns] into place.

    The median of 30; a multiplication and an addition are two operations.
    """
    left = torch.randn(rows, inner, device=device)
    right = torch.randn(inner, columns, device=device)
    out = torch.empty(rows, columns, device=device)
    seconds = []
    for turn in range(WARM_UP + REPEATS):
        started = time.perf_counter()
        torch.mm(left, right, out=out)
        _wait(device)
        if turn >= WARM_UP:
            seconds.append(time.perf_counter() - started)
    return 2 * rows * inner * columns / statistics.median(seconds)


def step_operations(loss: Callable[[], Tensor]) -> int:
    """Operations of the products and convolutions of one forward and backward pass."""
    counter = FlopCounterMode(display=False)
    with counter:
        loss().backward()
    return int(counter.get_total_flops())


def _wait(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()
