"""Networks matched to a budget: exact, the nearest there is, fast, and refused with a sentence."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from l335.components.activations.gelu import Gelu
from l335.components.architectures import Architecture
from l335.components.architectures.cnn import Cnn
from l335.components.architectures.mlp import Mlp
from l335.core.errors import SpecError
from l335.spec import MAX_PARAMETERS, ClassifySpec
from l335.spec.budget import BASIC_NET, match_budget
from l335.spec.presets import preset

SHAPE, NUM_CLASSES = (1, 28, 28), 10


def counted(model: Architecture) -> int:
    network = model.build(SHAPE, NUM_CLASSES)
    return sum(p.numel() for p in network.parameters() if p.requires_grad)


def test_the_budget_is_the_basic_nets():
    assert preset("classify-basic").spec.num_parameters == BASIC_NET


@pytest.mark.parametrize(
    "model",
    [
        Cnn(),
        Cnn(num_convs=2, kernel_size=3, padding=1, stride=2, pooling="none", batch_norm=True),
        Cnn(channels=(8, 16, 32), pooling="average"),
        Mlp(),
        Mlp(depth=3, width=(512, 256, 128), batch_norm=True),
        Mlp(depth=1),
    ],
    ids=lambda model: f"{model.kind} {hash(model) % 1000}",
)
def test_counts_are_those_of_the_built_networks(model: Architecture):
    matches = match_budget(model)
    assert len(matches) == 8
    for match in matches:
        assert match.num_parameters == counted(match.model)
        assert match.difference == match.num_parameters - BASIC_NET
        assert type(model).model_validate(match.model.model_dump()) == match.model
    distances = [abs(match.difference) for match in matches]
    assert distances == sorted(distances)
    assert len({str(match.model) for match in matches}) == 8


def test_everything_but_the_sizes_stays():
    model = Cnn(num_convs=2, kernel_size=(5, 3), padding=1, dropout=0.3, activation=Gelu())
    for match in match_budget(model):
        same = {"channels": model.channels, "hidden": model.hidden}
        assert match.model.model_copy(update=same) == model


def test_no_other_network_is_nearer():
    model = Cnn(num_convs=2, kernel_size=3, padding=0, pooling="none", stride=2)
    budget = 5_000
    best = min(
        abs(ClassifySpec(model=Cnn.model_validate(model.model_dump() | sizes)).num_parameters
            - budget)
        for sizes in (
            {"channels": channels, "hidden": hidden}
            for channels in range(1, 24) for hidden in range(1, 140)
        )
    )  # fmt: skip
    assert abs(match_budget(model, budget, limit=1)[0].difference) == best


def test_the_basic_net_matches_itself():
    best = match_budget(Mlp())[0]
    assert (best.model, best.difference) == (Mlp(), 0)
    assert match_budget(Mlp(depth=1), limit=2)[0].model == Mlp(depth=1, width=842)


def test_sizes_by_layer_keep_their_proportions():
    for match in match_budget(Cnn(channels=(8, 16, 32)), 100_000):
        assert isinstance(match.model, Cnn)
        first, second, third = match.model.channels  # type: ignore[misc]
        assert (second, third) == (2 * first, 4 * first)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    st.sampled_from([Cnn(), Cnn(num_convs=1, kernel_size=1, padding=0), Mlp(), Mlp(depth=5)]),
    st.integers(1, MAX_PARAMETERS),
)
def test_any_budget_is_answered(model: Architecture, budget: int):
    for match in match_budget(model, budget):
        assert match.num_parameters == budget + match.difference
        assert type(model).model_validate(match.model.model_dump()) == match.model


@pytest.mark.parametrize("budget", [0, -5, MAX_PARAMETERS + 1])
def test_a_budget_out_of_range_is_refused(budget: int):
    with pytest.raises(SpecError, match="it must be between 1 and 20,000,000 parameters"):
        match_budget(Cnn(), budget)


def test_an_impossible_geometry_names_its_layer():
    model = Cnn(kernel_size=20, padding=0, pooling="none")
    with pytest.raises(SpecError, match="the input of conv 2 is only 9 pixels wide"):
        match_budget(model)


def test_matching_takes_no_time_worth_a_spinner():
    fastest = []
    for budget in range(600_000, 600_005):  # never the same budget twice: answers are kept
        start = time.perf_counter()
        match_budget(Cnn(num_convs=8, kernel_size=3, padding=1, batch_norm=True), budget)
        match_budget(Mlp(depth=16), budget)
        fastest.append(time.perf_counter() - start)
    assert min(fastest) < 0.2
