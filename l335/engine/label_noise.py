"""Wrong labels, injected on purpose."""

from __future__ import annotations

import torch
from torch import Tensor

from l335.spec import FASHION_MNIST_CLASSES


def with_wrong_labels(labels: Tensor, share: float, seed: int) -> Tensor:
    """Labels of which a share is replaced by another class.

    Which ones follows from the seed alone, so a subset has the same wrong labels as the whole.
    Symmetric label noise as in Patrini et al. 2017, section 6, with every other class as likely.

    Shapes: [N], int64, in and out.
    """
    generator = torch.Generator().manual_seed(seed * 2_000_003 + 335)
    is_wrong = torch.rand(len(labels), generator=generator) < share
    steps = torch.randint(1, FASHION_MNIST_CLASSES, labels.shape, generator=generator)
    others = (labels + steps) % FASHION_MNIST_CLASSES
    return torch.where(is_wrong, others, labels)
