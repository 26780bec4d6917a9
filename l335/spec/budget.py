"""Networks of a chosen shape whose parameter count comes nearest a budget.

For a given first layer the count is a straight line in the size of the last hidden layer, so the
best size follows from two exact counts; every first layer in range is tried.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from l335.components import arithmetic
from l335.components.architectures import Architecture
from l335.components.architectures.cnn import Cnn
from l335.components.architectures.mlp import Mlp
from l335.core.errors import Problem, SpecError
from l335.spec import FASHION_MNIST_CLASSES, FASHION_MNIST_SHAPE, MAX_PARAMETERS

BASIC_NET = 669_706
"""Parameters of the basic net, 784-512-512-10."""

MAX_CHANNELS, MAX_UNITS = 128, 2048


@dataclass(frozen=True)
class Match:
    """A network near the budget.

    Attributes:
        model: The network; only channels and hidden size, or the units, differ from the one asked
            for.
        num_parameters: Its exact count of trainable parameters.
        difference: That count less the budget.
    """

    model: Architecture
    num_parameters: int
    difference: int


def match_budget(model: Architecture, budget: int = BASIC_NET, limit: int = 8) -> list[Match]:
    """The networks nearest a budget, best first, one for each number of channels or units.

    Args:
        model: Fixes everything but channels and hidden size of a CNN, or the units of a fully
            connected net. Sizes that differ by layer keep their proportions.
        budget: Trainable parameters wanted, 1 to 20,000,000.
        limit: At most so many are returned.

    Raises:
        SpecError: The budget is out of range, or a layer does not fit its input.
    """
    if not 1 <= budget <= MAX_PARAMETERS:
        text = f"The budget is {budget:,}; it must be between 1 and {MAX_PARAMETERS:,} parameters."
        raise SpecError([Problem("budget", text)])
    try:
        model.layers(FASHION_MNIST_SHAPE, FASHION_MNIST_CLASSES)
    except ValueError as error:
        raise SpecError([Problem("model", str(error))]) from None
    return list(_ranked(model, budget)[:limit])


@lru_cache(maxsize=64)  # a page asks again after every click
def _ranked(model: Architecture, budget: int) -> tuple[Match, ...]:
    if isinstance(model, Cnn):
        found = _cnns(model, budget)
    elif isinstance(model, Mlp):
        found = _mlps(model, budget)
    else:
        text = f"`model` is {model.kind}; only the sizes of an mlp or a cnn can be matched."
        raise SpecError([Problem("model", text)])
    # Where two are equally near, the one more like what was asked for comes first.
    wanted = _first(model)
    return tuple(sorted(found, key=lambda m: (abs(m.difference), abs(_first(m.model) - wanted))))


def _first(model: Architecture) -> int:
    sizes = model.channels if isinstance(model, Cnn) else getattr(model, "width", 0)
    return sizes[0] if isinstance(sizes, tuple) else int(sizes)


def _cnns(model: Cnn, budget: int) -> Iterator[Match]:
    for channels in _scaled(model.channels, MAX_CHANNELS):
        counts = [
            _count(model.model_copy(update={"channels": channels, "hidden": hidden}))
            for hidden in (1, 2)
        ]
        hidden, _ = _nearest_size(counts[0], counts[1] - counts[0], budget, (1, MAX_UNITS))
        yield _match(model.model_copy(update={"channels": channels, "hidden": hidden}), budget)


def _mlps(model: Mlp, budget: int) -> Iterator[Match]:
    inputs = arithmetic.num_elements(FASHION_MNIST_SHAPE)
    listed = model.width if isinstance(model.width, tuple) else (model.width,)
    listed += listed[-1:] * (model.depth - len(listed))
    nearest: list[tuple[int, int, tuple[int, ...]]] = []
    for scaled in _scaled(listed, MAX_UNITS):
        widths = scaled if isinstance(scaled, tuple) else (scaled,) * model.depth
        counts = [
            _dense_count([inputs, *widths[:-1], last, FASHION_MNIST_CLASSES], model.batch_norm)
            for last in (1, 2)
        ]
        # A last layer of half to double its share keeps the net one of the kind asked for.
        share = widths[-1]
        room = max(1, share // 2), min(MAX_UNITS, 2 * share)
        if model.depth == 1:
            room = share, share
        last, count = _nearest_size(counts[0], counts[1] - counts[0], budget, room)
        nearest.append((abs(count - budget), abs(last - widths[-1]), (*widths[:-1], last)))
    for _, _, widths in sorted(nearest)[:64]:
        same = len(set(widths)) == 1
        yield _match(model.model_copy(update={"width": widths[0] if same else widths}), budget)


def _scaled(sizes: int | tuple[int, ...], largest: int) -> Iterator[int | tuple[int, ...]]:
    """The same proportions for every size of the first layer that keeps all in range."""
    for first in range(1, largest + 1):
        if isinstance(sizes, int) or len(set(sizes)) == 1:
            yield first
            continue
        scaled = tuple(max(1, round(first * size / sizes[0])) for size in sizes)
        if max(scaled) <= largest:
            yield scaled


def _nearest_size(at_one: int, slope: int, budget: int, room: tuple[int, int]) -> tuple[int, int]:
    """The size whose count ``at_one + (size - 1) * slope`` is nearest, and that count."""
    low, high = room
    below = 1 + (budget - at_one) // slope
    sizes = {min(high, max(low, size)) for size in (below, below + 1)}
    counts = [(at_one + (size - 1) * slope, size) for size in sorted(sizes)]
    count, size = min(counts, key=lambda pair: abs(pair[0] - budget))
    return size, count


def _count(model: Architecture) -> int:
    return arithmetic.total(model.layers(FASHION_MNIST_SHAPE, FASHION_MNIST_CLASSES))


def _dense_count(sizes: Sequence[int], batch_norm: bool) -> int:
    # The rows of arithmetic.dense_stack added up, without their words: 2,048 nets are tried.
    weights = sum(a * b + b for a, b in itertools.pairwise(sizes))
    return weights + (2 * sum(sizes[1:-1]) if batch_norm else 0)


def _match(model: Architecture, budget: int) -> Match:
    count = _count(model)
    return Match(model, count, count - budget)
