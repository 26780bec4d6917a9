"""Arithmetic against built networks, learning rates against torch's schedulers."""

from __future__ import annotations

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from l335.components.architectures.cnn import Cnn
from l335.components.architectures.mlp import Mlp
from l335.components.arithmetic import total
from l335.components.initialisers import Initialiser
from l335.components.initialisers.normal import Normal
from l335.components.initialisers.orthogonal import Orthogonal
from l335.components.initialisers.zeros import Zeros
from l335.components.schedules.cosine import Cosine
from l335.components.schedules.one_cycle import OneCycle
from l335.spec import ClassifySpec

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


def by_layer(low: int, high: int) -> st.SearchStrategy[int | list[int]]:
    number = st.integers(low, high)
    return number | st.lists(number, min_size=1, max_size=2)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.filter_too_much],
)
@given(
    num_convs=st.integers(2, 4),
    channels=by_layer(1, 6),
    kernel_size=by_layer(1, 9),
    padding=by_layer(0, 6),
    stride=by_layer(1, 4),
    pooling=st.lists(st.sampled_from(["max", "average", "none"]), min_size=1, max_size=2),
    pool_size=by_layer(2, 5),
    pool_stride=by_layer(1, 4),
    batch_norm=st.booleans(),
)
def test_any_geometry_is_built_as_it_is_counted_or_refused(**values: object):
    model = Cnn.model_validate({**values, "hidden": 5})
    try:
        rows = model.layers((1, 28, 28), 10)
    except ValueError as error:
        assert "the input of " in str(error)  # noqa: PT017
        assume(False)
    network = model.build((1, 28, 28), 10)
    assert total(rows) == sum(parameter.numel() for parameter in network.parameters())
    image, shapes = torch.rand(2, 1, 28, 28), {}
    for name, module in network.eval().named_children():
        image = module(image)
        shapes[name] = tuple(image.shape[1:])
    assert {row.module: row.output_shape for row in rows}.items() <= shapes.items()


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (Cnn(stride=8), "`model.pool_size` is 3, but the input of pool 2 is only 1 pixel wide"),
        (Cnn(pool_size=28, padding=0), "`model.pool_size` is 28, but the input of pool 1 is only"),
        (Cnn(padding=(1, 2, 3, 4)), "`model.padding` lists 4 values (1, 2, 3, 4), but the number"),
    ],
    ids=range(3),
)
def test_an_impossible_geometry_names_field_value_and_layer(model: Cnn, sentence: str):
    with pytest.raises(ValueError) as refused:  # noqa: PT011
        model.layers((1, 28, 28), 10)
    assert sentence in str(refused.value)


@pytest.mark.parametrize("rule", [Zeros(bias="zero"), Normal(deviation=0.5), Orthogonal(gain=1.0)])
@pytest.mark.parametrize("model", [Cnn(batch_norm=True), Mlp(depth=3, batch_norm=True)])
def test_initialisers_reach_every_layer_but_no_norm(rule: Initialiser, model: Cnn | Mlp):
    network = model.build((1, 28, 28), 10)
    rule.apply_to(network)
    for layer in network:
        if isinstance(layer, nn.BatchNorm2d | nn.BatchNorm1d):
            assert layer.weight.eq(1).all()
            assert layer.bias.eq(0).all()
        elif isinstance(layer, nn.Linear | nn.Conv2d):
            weight = layer.weight.detach().flatten(1)  # [out, in]
            if isinstance(rule, Zeros):
                assert not weight.any()
                assert not layer.bias.any()
            elif isinstance(rule, Normal):
                assert weight.std() == pytest.approx(0.5, rel=0.15)
            else:
                shorter = weight if weight.shape[0] <= weight.shape[1] else weight.T
                torch.testing.assert_close(
                    shorter @ shorter.T, torch.eye(len(shorter)), atol=1e-4, rtol=0
                )


@pytest.mark.parametrize(
    "model",
    [Mlp(), Cnn(), Cnn(batch_norm=True, dropout=0.5, num_convs=5)],
    ids=["mlp", "cnn", "all"],
)
def test_the_memory_estimate_covers_what_backward_keeps(model: Cnn | Mlp):
    batch, kept = 32, {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    network = model.build((1, 28, 28), 10)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = network(torch.rand(batch, 1, 28, 28)).sum()
    spec = ClassifySpec(model=model, batch_size=batch)
    of_batch = spec.memory_bytes() - ClassifySpec(model=model, batch_size=1).memory_bytes()
    assert loss.isfinite()
    assert sum(kept.values()) - 4 * spec.num_parameters < of_batch * batch / (batch - 1)
    assert of_batch < 12 * sum(kept.values())
