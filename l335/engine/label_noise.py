"""Wrong labels, injected on purpose."""

from __future__ import annotations

import torch
from torch import Tensor


def with_wrong_labels(labels: Tensor, share: float, seed: int) -> Tensor:
    """Labels of which a share is replaced by one of the other nine classes.

    Which ones follows from the seed alone, so a subset has the same wrong labels as the whole.
    Symmetric label noise as in Patrini et al. 2017, section 6, with every other class as likely.

    Shapes: [N], int64, in and out.
    """
    generator = torch.Generator().manual_seed(seed * 2_000_003 + 335)
    is_wrong = torch.rand(len(labels), generator=generator) < share
    others = (labels + torch.randint(1, 10, (len(labels),), generator=generator)) % 10
    return torch.where(is_wrong, others, labels)
