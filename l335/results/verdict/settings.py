"""What the settings of a classifier say of how it can train."""

from __future__ import annotations

import math

from l335.components.architectures.cnn import Cnn
from l335.components.architectures.mlp import Mlp
from l335.components.component import for_each
from l335.spec import FASHION_MNIST_CLASSES, FASHION_MNIST_SHAPE, ClassifySpec

STRONG_DECAY, STRONG_DECOUPLED_DECAY = 0.01, 0.3
STRONG_DROPOUT, STRONG_SHIFT, STRONG_SMOOTHING = 0.5, 3, 0.3

AT_REST = 0.05
"""Share of the learning rate at the last step below which a schedule has ended training."""

FAR_TOO_HIGH = 5
"""Times the usual learning rate from which a net at chance is put down to it."""

FAR_TOO_LOW = 10
"""Part of the usual learning rate below which no other fault is put down to the net itself."""


def num_hidden(spec: ClassifySpec) -> int:
    """Hidden layers, convolutions among them."""
    model = spec.model
    if isinstance(model, Cnn):
        return model.num_convs + 1
    return model.depth if isinstance(model, Mlp) else 0


def narrowest(spec: ClassifySpec) -> int:
    """Units of the narrowest hidden layer; maps of a convolution don't count."""
    model = spec.model
    if isinstance(model, Cnn):
        return model.hidden
    if isinstance(model, Mlp):
        return min(for_each(model.width, model.depth, "model.width", "hidden layers"))
    return FASHION_MNIST_CLASSES


def relative_gain(spec: ClassifySpec) -> float:
    """Deviation of the first layer's weights against those that keep a signal's size (Kaiming)."""
    model = spec.model
    if model.batch_norm:
        return 1.0
    fan_in, fan_out = math.prod(FASHION_MNIST_SHAPE), narrowest(spec)
    if isinstance(model, Cnn):
        size = for_each(model.kernel_size, model.num_convs, "model.kernel_size", "conv layers")[0]
        channels = for_each(model.channels, model.num_convs, "model.channels", "conv layers")[0]
        fan_in, fan_out = size**2, channels * size**2
    return spec.initialiser.weight_deviation(fan_in, fan_out, is_first=True) * math.sqrt(fan_in / 2)


def strong_regularisers(spec: ClassifySpec) -> dict[str, float]:
    """What is set beyond its usual strength, by the dotted name of its setting."""
    decoupled = spec.optimizer.kind == "adamw"
    limits = {
        "model.dropout": (getattr(spec.model, "dropout", 0.0), STRONG_DROPOUT),
        "optimizer.weight_decay": (
            getattr(spec.optimizer, "weight_decay", 0.0),
            STRONG_DECOUPLED_DECAY if decoupled else STRONG_DECAY,
        ),
        "shift": (float(spec.shift), STRONG_SHIFT),
        "label_smoothing": (spec.label_smoothing, STRONG_SMOOTHING),
    }
    return {name: value for name, (value, limit) in limits.items() if value >= limit}


def regularisers(spec: ClassifySpec) -> dict[str, float]:
    """Everything that holds the network back, by the dotted name of its setting."""
    found = {
        "model.dropout": getattr(spec.model, "dropout", 0.0),
        "optimizer.weight_decay": getattr(spec.optimizer, "weight_decay", 0.0),
        "shift": float(spec.shift),
        "flip": float(spec.flip),
        "label_smoothing": spec.label_smoothing,
    }
    return {name: value for name, value in found.items() if value > 0}


def usual_lr(spec: ClassifySpec) -> float:
    """A learning rate that trains these nets well with this optimiser."""
    momentum = getattr(spec.optimizer, "momentum", 0.0)
    if spec.optimizer.kind == "sgd":
        return 0.1 * (1 - momentum) if momentum < 1 else 0.01
    return {"rmsprop": 0.0005}.get(spec.optimizer.kind, 0.001)


def has_high_lr(spec: ClassifySpec) -> bool:
    """Whether the learning rate is far above what these nets train well with."""
    return spec.lr >= FAR_TOO_HIGH * usual_lr(spec)


def has_low_lr(spec: ClassifySpec) -> bool:
    """Whether the learning rate is far below what these nets train well with."""
    return spec.lr < usual_lr(spec) / FAR_TOO_LOW


def ends_at_rest(spec: ClassifySpec) -> bool:
    """Whether the schedule has brought the learning rate down to next to nothing at the end."""
    return spec.schedule.factor(spec.total_steps, spec.total_steps) < AT_REST
