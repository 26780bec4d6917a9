"""Every component of every family, found by itself: nothing to add here for a new one."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from l335.components.activations import Activation
from l335.components.architectures import Architecture
from l335.components.arithmetic import total
from l335.components.component import Component, families, members
from l335.components.encodings import Encoding
from l335.components.initialisers import Initialiser
from l335.components.losses import Loss
from l335.components.optimizers import Optimizer
from l335.components.schedules import Schedule
from l335.spec.fields import bounds, expectation

ALL = [cls for family in families() for cls in members(family).values()]
IMAGE_SHAPE, NUM_CLASSES = (1, 28, 28), 10


def of_family(family: type[Component]) -> pytest.MarkDecorator:
    kinds = members(family)
    return pytest.mark.parametrize("component", kinds.values(), ids=kinds.keys())


def extremes(cls: type[Component]) -> list[Component]:
    """The component at its defaults, and at each end of each number's range."""
    found = [cls()]
    for name, field in cls.model_fields.items():
        for end in bounds(field):
            if end is not None:
                found.append(cls.model_validate({name: end}))
    return found


def test_all_families_are_found():
    assert {family.__name__ for family in families()} >= {
        "Architecture", "Encoding", "Initialiser", "Loss", "Optimizer",
    }  # fmt: skip


@pytest.mark.parametrize("component", ALL, ids=lambda cls: cls.kind_name())
def test_is_documented_and_survives_json(component: type[Component]):
    assert component.title
    assert component.source
    text = component.__doc__ or ""
    assert "Pick it" in text, "the docstring says when to pick it"
    assert "Shapes:" in text
    for name, field in component.model_fields.items():
        assert name == "kind" or (field.title and field.description and expectation(field)), name
    for made in extremes(component):
        assert component.model_validate(json.loads(made.model_dump_json())) == made


def test_components_are_declared_without_torch():
    code = (
        "import sys; from l335.components.component import families, members;"
        "[members(f) for f in families()]; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@of_family(Architecture)
def test_architecture_counts_match_the_built_network(component: type[Architecture]):
    for made in extremes(component):
        try:
            rows = made.layers(IMAGE_SHAPE, NUM_CLASSES)
        except ValueError as error:
            assert "`model." in str(error), "an impossible geometry names its field"  # noqa: PT017
            continue
        if total(rows) > 20_000_000:  # refused by the specification
            continue
        network = made.build(IMAGE_SHAPE, NUM_CLASSES)
        assert total(rows) == sum(p.numel() for p in network.parameters() if p.requires_grad)
        assert network(torch.rand(2, *IMAGE_SHAPE)).shape == (2, NUM_CLASSES)


@of_family(Architecture)
def test_modules_are_named_after_their_layers(component: type[Architecture]):
    for change in ({}, {"batch_norm": True, "dropout": 0.5, "activation": "tanh"}):
        made = component.model_validate(change)
        network = made.build(IMAGE_SHAPE, NUM_CLASSES).eval()
        modules, values = dict(network.named_children()), torch.rand(2, *IMAGE_SHAPE)
        shapes = {}
        for name, module in modules.items():
            values = module(values)
            shapes[name] = tuple(values.shape[1:])
        for row in made.layers(IMAGE_SHAPE, NUM_CLASSES):
            assert shapes[row.module] == row.output_shape
        assert list(modules)[-1] == "output"


@of_family(Architecture)
def test_operations_match_torchs_counter(component: type[Architecture]):
    made = component()
    network = made.build(IMAGE_SHAPE, NUM_CLASSES)
    with FlopCounterMode(display=False) as counter:
        network(torch.rand(1, *IMAGE_SHAPE))
    rows = made.layers(IMAGE_SHAPE, NUM_CLASSES)
    assert sum(row.flops for row in rows) == counter.get_total_flops()


@of_family(Schedule)
def test_schedule_stays_between_nothing_and_all(component: type[Schedule]):
    for made in extremes(component):
        for total_steps in (1, 2, 50):
            factors = [made.factor(step, total_steps) for step in range(1, total_steps + 1)]
            assert all(0 <= factor <= 1 + 1e-12 for factor in factors)
            assert max(factors) > 0


@of_family(Activation)
def test_activation_keeps_the_shape_and_has_gradients(component: type[Activation]):
    for made in extremes(component):
        values = torch.linspace(-3, 3, 12).reshape(3, 4).requires_grad_()
        output = made.build()(values)
        assert output.shape == values.shape
        output.sum().backward()
        assert values.grad is not None
        assert values.grad.isfinite().all()


@of_family(Encoding)
def test_encoding_has_the_promised_shape(component: type[Encoding]):
    coords = torch.rand(7, 2)
    for made in extremes(component):
        if made.num_parameters(2) > 20_000_000:  # refused by the specification
            continue
        torch.manual_seed(3)
        built = made.build(2)
        encoded = built(coords)
        assert encoded.shape == (7, made.num_features(2))
        assert encoded.isfinite().all()
        assert sum(p.numel() for p in built.parameters()) == made.num_parameters(2)
        torch.manual_seed(3)
        assert made.build(2)(coords).equal(encoded), "one seed, one encoding"


@of_family(Initialiser)
def test_initialiser_is_deterministic_and_finite(component: type[Initialiser]):
    def draw() -> list[torch.Tensor]:
        torch.manual_seed(5)
        network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Linear(8, 6), nn.Linear(6, 3, bias=False))
        component().apply_to(network)
        return [p.detach() for p in network.parameters()]

    first, second = draw(), draw()
    assert all(a.equal(b) and a.isfinite().all() for a, b in zip(first, second, strict=True))


@of_family(Initialiser)
def test_initialiser_keeps_its_promised_deviation(component: type[Initialiser]):
    torch.manual_seed(5)
    network = nn.Sequential(nn.Linear(300, 500), nn.Linear(500, 200))
    component().apply_to(network)
    for place, layer in enumerate(network):
        promised = component().weight_deviation(
            layer.in_features, layer.out_features, is_first=place == 0
        )
        assert layer.weight.std().item() == pytest.approx(promised, rel=0.02)


@of_family(Loss)
def test_loss_is_zero_at_the_target_and_has_gradients(component: type[Loss]):
    target = torch.rand(11, 3)
    for made in extremes(component):
        prediction = target.clone().requires_grad_()
        assert made.measure(prediction, target).item() == 0
        away = (target + 0.3).requires_grad_()
        loss = made.measure(away, target)
        loss.backward()
        assert loss.item() > 0
        assert away.grad is not None
        assert away.grad.isfinite().all()


@of_family(Optimizer)
def test_optimizer_lowers_a_quadratic(component: type[Optimizer]):
    weight = nn.Parameter(torch.tensor([1.0, -2.0]))
    optimizer = component().build([weight], lr=0.05)
    for _ in range(20):

        def loss() -> torch.Tensor:
            optimizer.zero_grad()
            value = weight.square().sum()
            value.backward()
            return value

        optimizer.step(loss)
    assert weight.square().sum().item() < 5.0
