"""Which items each step sees: a pure function of seed and step, so that resuming is exact."""

from __future__ import annotations

import torch
from torch import Tensor


class EpochSampler:
    """Shuffles all items anew in each epoch and hands them out in batches.

    The order depends on seed and epoch only, so a resumed run needs no sampler state.
    """

    def __init__(self, num_items: int, batch_size: int, seed: int, device: str) -> None:
        self.num_items = num_items
        self.batch_size = min(batch_size, num_items)
        self.steps_per_epoch = -(-num_items // self.batch_size)
        self._seed = seed
        self._device = device
        self._epoch = -1
        self._order = torch.empty(0, dtype=torch.int64)

    def batch(self, step: int) -> Tensor:
        """Indices [<= batch_size], int64, for a step counted from 1; the last may be shorter."""
        epoch, position = divmod(step - 1, self.steps_per_epoch)
        if epoch != self._epoch:
            # A large odd multiplier keeps (seed 0, epoch 1) apart from (seed 1, epoch 0).
            generator = torch.Generator().manual_seed(self._seed * 1_000_003 + epoch)
            order = torch.randperm(self.num_items, generator=generator)
            self._order, self._epoch = order.to(self._device), epoch
        start = position * self.batch_size
        return self._order[start : start + self.batch_size]
