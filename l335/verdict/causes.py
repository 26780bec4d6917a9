"""Why a run came out as it did, as far as its numbers tell."""

from __future__ import annotations

from l335.spec import FASHION_MNIST_TRAIN, ClassifySpec
from l335.verdict import evidence as ev
from l335.verdict.curves import Curves
from l335.verdict.words import Label
from l335.wording import decimal

MANY_IMAGES = 256  # a batch from which few steps are made per epoch


def cause_of(curves: Curves, label: Label, spec: ClassifySpec) -> str:
    """The likely cause; empty for a run that is well fitted."""
    last = curves.epochs[-1] if curves.epochs else 1
    found = ev.update_ratio(curves, 1, last)
    ratio = f" The updates are {found[1]:.2g} of the weights in {found[0]}." if found else ""
    if label == "diverged":
        return _diverged(curves, spec, last) + ratio
    if label == "over-fitted":
        return _over_fitted(spec)
    if label == "under-fitted":
        return _under_fitted(curves, spec, last) + ratio
    if label == "not yet converged":
        return _not_converged(spec) + ratio
    return ""


def _diverged(curves: Curves, spec: ClassifySpec, last: int) -> str:
    momentum = getattr(spec.optimizer, "momentum", 0.0)
    push = f", which momentum {momentum:g} makes about {1 / (1 - momentum):.0f} times as large"
    dead = ev.dead_share(curves, last)
    text = f"The steps are too large: lr {decimal(spec.lr)}{push if 0 < momentum < 1 else ''}."
    if dead is not None and dead[1] > ev.MANY_DEAD:
        text += (
            f" They have thrown {100 * dead[1]:.0f} % of the units of {dead[0]} to where they "
            "never fire, and a dead unit has no gradient to come back by."
        )
    else:
        text += " Such steps leap over the valley and end where the gradient says nothing."
    return text


def _over_fitted(spec: ClassifySpec) -> str:
    if spec.train_size < FASHION_MNIST_TRAIN // 4:
        return (
            f"{spec.num_parameters:,} parameters learn {spec.train_size:,} training images by "
            "heart: too few images for a net of this size."
        )
    return (
        f"{spec.num_parameters:,} parameters went over the same {spec.train_size:,} images "
        "long enough to fit what is peculiar to them; nothing in the settings holds them back."
    )


def _under_fitted(curves: Curves, spec: ClassifySpec, last: int) -> str:
    if is_slow(curves, last):
        return (
            f"The steps are too small: with lr {decimal(spec.lr)} and batch {spec.batch_size}, "
            f"{last * spec.steps_per_epoch:,} steps have covered only a part of the way."
        )
    return (
        "The train loss has come to rest high up: the net is too small for the task, or something "
        "holds it back."
    )


def is_slow(curves: Curves, last: int) -> bool:
    """Whether the train loss is on its way down, however slowly, from near that of guessing."""
    losses = curves.mean(curves.train_loss_key)
    slope = curves.slope(curves.train_loss_key, last, ev.window(last))
    ratio = ev.update_ratio(curves, 1, last)
    is_small = ratio is not None and ratio[1] < ev.LOW_RATIO
    is_moving = slope is not None and slope < -0.001
    return is_small or (is_moving and losses.get(last, 0.0) > 0.3)


def _not_converged(spec: ClassifySpec) -> str:
    steps = f"{spec.steps_per_epoch:,} steps an epoch"
    if spec.batch_size >= MANY_IMAGES:
        return (
            f"Batch {spec.batch_size} makes only {steps}, and lr {decimal(spec.lr)} has not been "
            "raised with it: too few steps of this size."
        )
    return (
        f"{spec.epochs} epochs of {steps} at lr {decimal(spec.lr)} are not enough to come to rest."
    )
