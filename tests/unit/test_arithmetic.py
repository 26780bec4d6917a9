"""Receptive fields against gradients, learning rates against torch's schedulers."""

from __future__ import annotations

import pytest
import torch

from l335.components.architectures.cnn import Cnn
from l335.components.schedules.cosine import Cosine
from l335.components.schedules.one_cycle import OneCycle

GEOMETRIES = [
    Cnn(activation="tanh"),
    Cnn(num_convs=2, kernel_size=(5, 3), padding=(2, 0), stride=2, pooling="average", pool_size=2),
    Cnn(num_convs=3, kernel_size=3, padding=1, pooling=("average", "none"), pool_stride=2),
]


@pytest.mark.parametrize("model", GEOMETRIES, ids=range(len(GEOMETRIES)))
def test_a_unit_sees_the_box_its_gradient_fills(model: Cnn):
    model = model.model_copy(update={"pooling": _averaged(model.pooling)})
    network = model.build((1, 28, 28), 10)
    for row in model.layers((1, 28, 28), 10):
        if row.field is None:
            continue
        image = torch.rand(1, 1, 28, 28, requires_grad=True)
        values = image
        for name, module in network.named_children():
            values = module(values)
            if name == row.module:
                break
        y, x = row.output_shape[1] // 2, row.output_shape[2] - 1
        values[0, :, y, x].sum().backward()
        assert image.grad is not None
        seen = image.grad[0, 0].nonzero()
        top, left, bottom, right = (min(28, max(0, side)) for side in row.field.box(y, x))
        low, high = seen.min(0).values.tolist(), (seen.max(0).values + 1).tolist()
        assert (*low, *high) == (top, left, bottom, right), row.name


def _averaged(pooling: str | tuple[str, ...]) -> tuple[str, ...]:
    # The gradient of a maximum reaches one pixel only; the box is that of the whole window.
    words = (pooling,) if isinstance(pooling, str) else pooling
    return tuple("average" if word == "max" else word for word in words)


def _optimizer() -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)


@pytest.mark.parametrize("name", ["cosine", "one_cycle"])
def test_schedules_are_torchs(name: str):
    total, optimizer = 40, _optimizer()
    if name == "cosine":
        ours, theirs = Cosine(), torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, total)
    else:
        ours = OneCycle()
        theirs = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, 1.0, total_steps=total, cycle_momentum=False
        )
    for step in range(1, total + 1):
        assert ours.factor(step, total) == pytest.approx(optimizer.param_groups[0]["lr"], abs=1e-9)
        optimizer.step()
        theirs.step() if step < total else None
