"""Short runs in each of which one thing was made wrong on purpose, or nothing.

A case is a healthy base with its cause injected; both are given as ``--set`` takes them. Whether
the injection did harm is checked against the base's own run, never assumed: see ``is_real``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from l335.spec import ClassifySpec
from l335.spec.from_text import with_settings
from l335.spec.presets import preset

SEEDS = (0, 1)
GROUP_SEEDS = (0, 1, 2, 3)

NET = "width=128 lr=0.02 train_size=20000 epochs=6"
SMALL_NET = "width=128 lr=0.02 train_size=4000 epochs=8"
CNN = (
    "num_convs=2 channels=6 kernel_size=5 pooling=max pool_size=2 pool_stride=2 hidden=64 "
    "lr=0.02 train_size=4000 epochs=6 batch_size=32"
)
LARGE_CNN = f"{CNN} train_size=12000 epochs=5"

BASES = {
    "net": ("classify-basic", NET),
    "net-tanh": ("classify-basic", f"{NET} activation=tanh"),
    "net-gelu": ("classify-basic", f"{NET} activation=gelu"),
    "net-leaky": ("classify-basic", f"{NET} activation=leaky_relu"),
    "net-adam": ("classify-basic", f"{NET} optimizer=adam lr=0.001"),
    "net-adamw": ("classify-basic", f"{NET} optimizer=adamw lr=0.001 weight_decay=0"),
    "net-rmsprop": ("classify-basic", f"{NET} optimizer=rmsprop lr=0.0005"),
    "net-plain-sgd": ("classify-basic", f"{NET} momentum=0 lr=0.1"),
    "small": ("classify-basic", SMALL_NET),
    "small-adam": ("classify-basic", f"{SMALL_NET} optimizer=adam lr=0.001"),
    "small-tanh": ("classify-basic", f"{SMALL_NET} activation=tanh"),
    "cnn": ("classify-cnn", CNN),
    "cnn-adam": ("classify-cnn", f"{CNN} optimizer=adam lr=0.001"),
    "cnn-gelu": ("classify-cnn", f"{CNN} activation=gelu"),
    "large-cnn": ("classify-cnn", LARGE_CNN),
    "large-cnn-adam": ("classify-cnn", f"{LARGE_CNN} optimizer=adam lr=0.001"),
}

INJECTED = {
    "lr_too_high": [
        ("net", "lr=0.5"),
        ("net", "lr=1"),
        ("net", "lr=0.3 batch_size=16"),
        ("small", "lr=0.3 epochs=4"),
        ("small", "lr=0.5 epochs=4"),
        ("small", "lr=2"),
        ("net-tanh", "lr=1"),
        ("net-tanh", "lr=0.5 batch_size=16"),
        ("small-tanh", "lr=2"),
        ("net-gelu", "lr=0.5"),
        ("net-leaky", "lr=1"),
        ("net-leaky", "lr=0.3 batch_size=16"),
        ("net-adam", "lr=0.1"),
        ("net-adam", "lr=0.03"),
        ("small-adam", "lr=0.3"),
        ("net-adamw", "lr=0.05"),
        ("net-rmsprop", "lr=0.02"),
        ("net-rmsprop", "lr=0.05"),
        ("net-plain-sgd", "lr=3"),
        ("net-plain-sgd", "lr=10"),
        ("cnn", "lr=0.2"),
        ("cnn", "lr=0.5"),
        ("cnn", "lr=0.1 momentum=0.95"),
        ("cnn-adam", "lr=0.03"),
        ("cnn-adam", "lr=0.1"),
        ("cnn-gelu", "lr=0.3"),
    ],
    "lr_too_low": [
        ("net", "lr=0.00001"),
        ("net", "lr=0.0001"),
        ("net", "lr=0.0003"),
        ("small", "lr=0.0001"),
        ("small", "lr=0.00001"),
        ("net-tanh", "lr=0.0001"),
        ("net-gelu", "lr=0.0002"),
        ("net-adam", "lr=0.000001"),
        ("net-adam", "lr=0.00001"),
        ("small-adam", "lr=0.00001"),
        ("net-rmsprop", "lr=0.000003"),
        ("net-plain-sgd", "lr=0.0005"),
        ("cnn", "lr=0.0002"),
        ("cnn", "lr=0.00003"),
        ("cnn-adam", "lr=0.00001"),
        ("cnn-adam", "lr=0.00003"),
    ],
    "too_few_steps": [
        ("small", "batch_size=1000 epochs=2"),
        ("small", "batch_size=2000 epochs=4"),
        ("small", "batch_size=512 epochs=2"),
        ("small-tanh", "batch_size=1000 epochs=3"),
        ("small-adam", "batch_size=2000 epochs=2"),
        ("net", "batch_size=5000 epochs=3"),
        ("net-adam", "batch_size=10000 epochs=4"),
        ("net-gelu", "batch_size=5000 epochs=3"),
        ("cnn", "batch_size=500 epochs=3"),
        ("cnn", "batch_size=1000 epochs=4"),
        ("cnn-adam", "batch_size=1000 epochs=3"),
    ],
    "still_learning": [
        ("net", "lr=0.002 epochs=4"),
        ("net", "lr=0.003 epochs=3"),
        ("net-tanh", "lr=0.002 epochs=4"),
        ("net-gelu", "lr=0.004 epochs=3"),
        ("net-plain-sgd", "lr=0.02 epochs=4"),
        ("net-adam", "lr=0.0001 epochs=4"),
        ("small", "lr=0.005 epochs=6"),
        ("small-adam", "lr=0.0003 epochs=5"),
        ("large-cnn", "lr=0.003 epochs=3"),
        ("cnn-adam", "lr=0.0005 epochs=4"),
        ("cnn", "lr=0.01 epochs=4"),
    ],
    "too_small": [
        ("net", "width=2 epochs=12"),
        ("net", "width=3 depth=1 epochs=12"),
        ("net", "width=4 depth=3 epochs=12"),
        ("net", "width=128,2,128 depth=3 epochs=12"),
        ("net-tanh", "width=2 epochs=12"),
        ("net-adam", "width=3 epochs=12"),
        ("net-gelu", "width=2 depth=1 epochs=12"),
        ("net-leaky", "width=3 epochs=12"),
        ("large-cnn", "channels=1 hidden=2"),
        ("large-cnn", "channels=2 hidden=3"),
        ("large-cnn-adam", "channels=1 hidden=2"),
    ],
    "too_few_images": [
        ("small", "train_size=300 epochs=60"),
        ("small", "train_size=1000 epochs=40"),
        ("small", "train_size=2000 epochs=40"),
        ("small-tanh", "train_size=500 epochs=60"),
        ("small-tanh", "train_size=1500 epochs=40"),
        ("small-adam", "train_size=300 epochs=40"),
        ("small-adam", "train_size=1000 epochs=40"),
        ("small-adam", "train_size=2500 epochs=30"),
        ("cnn", "train_size=300 epochs=40"),
        ("cnn", "train_size=800 epochs=30"),
        ("cnn-adam", "train_size=500 epochs=30"),
        ("cnn-gelu", "train_size=500 epochs=40"),
    ],
    "label_noise": [
        ("small", "label_noise=0.3 epochs=30"),
        ("small", "label_noise=0.5 epochs=20"),
        ("small-adam", "label_noise=0.2 epochs=20"),
        ("small-adam", "label_noise=0.4 epochs=20"),
        ("net", "label_noise=0.3 epochs=20 width=256"),
        ("net-adam", "label_noise=0.3 epochs=15 width=256"),
        ("net-adam", "label_noise=0.6 epochs=12"),
        ("small-tanh", "label_noise=0.4 epochs=30"),
        ("net-gelu", "label_noise=0.4 epochs=15"),
        ("cnn", "label_noise=0.4 epochs=15"),
        ("cnn-adam", "label_noise=0.3 epochs=15"),
        ("cnn-adam", "label_noise=0.6 epochs=15"),
    ],
    "too_much_regularisation": [
        ("net", "dropout=0.9"),
        ("net", "weight_decay=0.1"),
        ("net", "weight_decay=0.05"),
        ("net-tanh", "weight_decay=0.1"),
        ("net-plain-sgd", "weight_decay=0.05"),
        ("net-adam", "dropout=0.9"),
        ("net-adamw", "weight_decay=1 lr=0.005"),
        ("net-adam", "weight_decay=0.1"),
        ("small", "dropout=0.9"),
        ("small", "shift=4"),
        ("large-cnn", "weight_decay=0.1"),
        ("cnn", "dropout=0.8"),
        ("cnn-adam", "dropout=0.9"),
    ],
    "too_little_regularisation": [
        ("net-adam", "train_size=20000 epochs=25 width=512"),
        ("net-adam", "train_size=30000 epochs=20 width=512"),
        ("net-adamw", "train_size=40000 epochs=16 width=512"),
        ("net", "train_size=20000 epochs=40 width=512"),
        ("net-plain-sgd", "train_size=20000 epochs=40 width=512"),
        ("net-rmsprop", "train_size=20000 epochs=20 width=512"),
        ("net-tanh", "train_size=20000 epochs=30 width=512"),
        ("large-cnn-adam", "train_size=16000 epochs=20 hidden=256 batch_size=64"),
        ("large-cnn", "train_size=16000 epochs=25 hidden=256 batch_size=64"),
    ],
    "dead_initialisation": [
        ("net", "initialiser=zeros epochs=3"),
        ("small", "initialiser=zeros"),
        ("small-adam", "initialiser=zeros"),
        ("net-gelu", "initialiser=zeros epochs=3"),
        ("small-tanh", "initialiser=zeros"),
        ("cnn", "initialiser=zeros"),
        ("cnn-adam", "initialiser=zeros"),
        ("small", "initialiser=normal deviation=0.000001"),
        ("cnn", "initialiser=normal deviation=0.000001"),
    ],
    "vanishing_depth": [
        ("small", "depth=16 width=64"),
        ("small", "depth=12"),
        ("net", "depth=16 epochs=3"),
        ("net-gelu", "depth=12 epochs=3"),
        ("net-tanh", "depth=16 epochs=3 initialiser=normal"),
        ("net-leaky", "depth=14 epochs=3"),
        ("net-plain-sgd", "depth=14 epochs=3"),
        ("small", "depth=8 initialiser=normal"),
        ("cnn", "num_convs=7 channels=6 pooling=none kernel_size=3 padding=1 initialiser=normal"),
        ("cnn-gelu", "num_convs=8 pooling=none kernel_size=3 padding=1"),
    ],
    "exploding_depth": [
        ("small", "depth=8 initialiser=normal deviation=0.3"),
        ("small", "depth=12 initialiser=kaiming_normal initialiser.gain=2"),
        ("small-adam", "depth=10 initialiser=normal deviation=0.3"),
        ("net", "depth=6 initialiser=normal deviation=0.5 epochs=3"),
        ("net-leaky", "depth=10 initialiser=normal deviation=0.3 epochs=3"),
        ("net-gelu", "depth=8 initialiser=normal deviation=0.3 epochs=3"),
        ("net-plain-sgd", "depth=8 initialiser=normal deviation=0.3 epochs=3"),
        ("cnn", "num_convs=6 pooling=none padding=2 initialiser=normal deviation=0.5"),
        ("cnn-adam", "num_convs=8 pooling=none padding=2 initialiser=normal deviation=0.3"),
    ],
    "none": [
        ("net", "train_size=60000 epochs=10 schedule=cosine"),
        ("net", "train_size=60000 epochs=12 width=64 lr=0.01 schedule=cosine"),
        ("net-tanh", "train_size=60000 epochs=10 schedule=cosine"),
        ("net-gelu", "train_size=60000 epochs=8 schedule=cosine"),
        ("net-leaky", "train_size=60000 epochs=10 schedule=cosine width=64"),
        ("net-adam", "train_size=60000 epochs=8 schedule=cosine width=64"),
        ("net-adamw", "train_size=60000 epochs=8 schedule=cosine weight_decay=0.01"),
        ("net-rmsprop", "train_size=60000 epochs=8 schedule=cosine width=64"),
        ("net-plain-sgd", "train_size=60000 epochs=12 schedule=cosine"),
        ("net", "train_size=60000 epochs=16 dropout=0.2"),
        ("net-adam", "train_size=60000 epochs=12 dropout=0.3"),
        ("net", "train_size=60000 epochs=16 width=32"),
        ("large-cnn", "train_size=30000 batch_size=64 epochs=8 schedule=cosine"),
        ("large-cnn-adam", "train_size=30000 batch_size=64 epochs=8 schedule=cosine"),
    ],
    "seeds_disagree": [
        ("net", "lr=0.25"),
        ("net-gelu", "lr=0.2"),
        ("small", "width=4 depth=4"),
        ("cnn", "lr=0.1"),
        ("small", "depth=7"),
        ("small", "depth=7 width=64"),
        ("small", "width=3 depth=4"),
        ("small", "width=5 depth=5"),
        ("cnn", "lr=0.13"),
        ("cnn", "lr=0.16"),
        ("cnn-gelu", "lr=0.15"),
        ("cnn-gelu", "lr=0.2"),
        ("small", "depth=6 lr=0.1"),
        ("small", "depth=6 lr=0.15"),
        ("net-gelu", "lr=0.25"),
        ("net", "lr=0.2"),
    ],
}
"""Cause, and the base and changes of each case; ``none`` is a healthy run."""

BESIDE = {
    "lr_too_low": [
        ("small", "dropout=0.5 lr=0.00001"),
        ("small", "weight_decay=0.01 lr=0.00001"),
        ("small", "width=3 lr=0.00001"),
    ],
    "still_learning": [
        ("small", "dropout=0.5 epochs=2"),
        ("small", "shift=3 epochs=3"),
        ("cnn", "epochs=2"),
    ],
}
"""Cases next to others: something else stands out in the settings and is not to blame. Rules were
mended on them, so none is held out."""

HARM = 0.02
"""Test accuracy a run lies below its base if the injected cause did harm."""

OVER_FIT = 0.05
"""Train minus test accuracy of a run that is over-fitted."""

APART = 0.15
"""Test accuracy between the best and the worst of seeds that disagree."""


@dataclass(frozen=True)
class Case:
    """One setting with a known cause.

    Attributes:
        name: Base and changes in one line.
        cause: What was made wrong, by the key a verdict has for it; ``none`` for nothing.
        is_held_out: Whether the rules were written without a look at it.
        spec: The run of seed 0.
        base: The same without the injected cause.
    """

    name: str
    cause: str
    is_held_out: bool
    spec: ClassifySpec
    base: ClassifySpec

    def of_seed(self, seed: int) -> Case:
        """The same case of another seed."""
        changes = {"seed": seed}
        return replace(
            self,
            spec=self.spec.model_copy(update=changes),
            base=self.base.model_copy(update=changes),
        )


def cases() -> list[Case]:
    """Every case; the first of a cause is held out, then every second one."""
    found = [
        _case(base, changes, cause, is_held_out=place % 2 == 0)
        for cause, injected in INJECTED.items()
        for place, (base, changes) in enumerate(injected)
    ]
    beside = [
        _case(base, changes, cause, is_held_out=False)
        for cause, injected in BESIDE.items()
        for base, changes in injected
    ]
    return [*found, *beside]


def _case(base: str, changes: str, cause: str, *, is_held_out: bool) -> Case:
    name, settings = BASES[base]
    spec = _spec(name, f"{settings} {changes}")
    return Case(f"{base}: {changes}", cause, is_held_out, spec, _spec(name, settings))


def _spec(name: str, settings: str) -> ClassifySpec:
    spec = with_settings(preset(name).spec, settings.split())
    assert isinstance(spec, ClassifySpec)
    return spec


def is_real(case: Case, tests: Sequence[float], trains: Sequence[float], base: float) -> bool:
    """Whether what was injected did what it was meant to do.

    Args:
        case: The case.
        tests: Test accuracy of each of its seeds at the end, 0 where the loss was lost.
        trains: Train accuracy likewise.
        base: Test accuracy of the base's run of seed 0.
    """
    if case.cause in ("none", "still_learning"):
        return True
    if case.cause == "seeds_disagree":
        return max(tests) - min(tests) >= APART
    if case.cause in ("too_few_images", "too_little_regularisation"):
        return trains[0] - tests[0] >= OVER_FIT
    return tests[0] <= base - HARM
