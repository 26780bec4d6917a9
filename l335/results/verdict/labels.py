"""How a net fits, epoch by epoch and as a whole.

From its curves; the settings tell only what curves can't: whether a schedule has ended training,
and whether the learning rate of a net at chance is far too high.
"""

from __future__ import annotations

import math

from l335.results.verdict import evidence as ev
from l335.results.verdict import settings
from l335.results.verdict.curves import Curves
from l335.results.verdict.symptoms import Symptoms
from l335.results.verdict.words import Label

FEWEST_EPOCHS = 2
LASTING_FROM = 5  # epochs; with fewer each one counts

COURSE: tuple[Label, ...] = ("under-fitted", "well-fitted", "over-fitted")


def label_of(symptoms: Symptoms) -> Label:
    """The run as a whole."""
    curves = symptoms.curves
    if symptoms.has_broken:
        return "diverged"
    if len(curves.epochs) < FEWEST_EPOCHS:
        return "too early"
    if symptoms.is_at_chance:
        return _at_chance(symptoms)
    labels, last = _judged(symptoms)
    loss = curves.mean(curves.train_loss_key).get(last, 0.0)
    if labels[-1] == "under-fitted" and loss < ev.BARELY_STARTED and is_falling(curves, last):
        return "not yet converged"
    return labels[-1]


def _at_chance(symptoms: Symptoms) -> Label:
    """A net no better than guessing: thrown off, never moved, or on its way in small steps."""
    has_died = symptoms.dead_at_end - symptoms.dead_at_start > ev.MANY_DEAD
    was_thrown = symptoms.has_blown_up or symptoms.has_lost or has_died
    if was_thrown or settings.has_high_lr(symptoms.spec):
        return "diverged"
    is_small = symptoms.update_ratio < ev.LOW_RATIO
    # Some dead units do not stop a net through which a gradient flows, if only it may move.
    is_whole = symptoms.dead_at_start < ev.MANY_DEAD or settings.has_low_lr(symptoms.spec)
    is_sound = symptoms.gradient_share > ev.FADING and is_whole
    is_moving = symptoms.loss < 0.999 * ev.CHANCE_LOSS or symptoms.slope < 0
    return "under-fitted" if is_small and is_sound and is_moving else "stuck"


def course(symptoms: Symptoms, label: Label) -> tuple[Label, ...]:
    """A label for each epoch, of a run with this label as a whole."""
    epochs = symptoms.curves.epochs
    if label in ("diverged", "stuck"):
        return tuple(label for _ in epochs)
    labels, _ = _judged(symptoms)
    return tuple(labels)


def _judged(symptoms: Symptoms) -> tuple[list[Label], int]:
    """Labels by epoch, and the epoch the run is judged by."""
    curves = symptoms.curves
    labels = in_order([label_of_epoch(curves, epoch) for epoch in curves.epochs])
    if settings.ends_at_rest(symptoms.spec):
        return labels, curves.epochs[-1]  # an end that the schedule has brought about is one
    return lasting(labels, curves.epochs)


def lasting(labels: list[Label], epochs: list[int]) -> tuple[list[Label], int]:
    """Labels without an end of learning seen in the last epoch alone, and the epoch to judge by.

    A single dip, as large batches at a constant learning rate have them, looks like the end of
    learning; a true end shows in the next epoch as well.
    """
    if len(labels) < LASTING_FROM or labels[-2:] != ["under-fitted", "well-fitted"]:
        return labels, epochs[-1]
    return [*labels[:-1], labels[-2]], epochs[-2]


def label_of_epoch(curves: Curves, epoch: int) -> Label:
    """One epoch, from the curves up to it."""
    train = curves.mean("train/accuracy")[epoch]
    if is_over_fitted(curves, epoch):
        return "over-fitted"
    loss = curves.mean(curves.train_loss_key).get(epoch, 0.0)
    if loss > ev.BARELY_STARTED or train < ev.POOR_ACCURACY or is_falling(curves, epoch):
        return "under-fitted"
    return "well-fitted"


def is_over_fitted(curves: Curves, epoch: int) -> bool:
    """Whether the net gains on the training images what it does not gain on others.

    The test loss has risen for good while the train loss fell; or the gap is large and the test
    loss no longer falls; or the gap is so large that it does not matter.
    """
    losses = curves.mean(curves.train_loss_key)
    best = ev.best_epoch(curves, epoch)
    if best is None:
        return False
    if curves.gap[epoch] > ev.HUGE_GAP:
        return True
    train_fell = losses.get(epoch, 0.0) < losses.get(best, 0.0)
    if train_fell and ev.loss_rise(curves, epoch) > ev.rise_that_counts(curves, epoch):
        return True
    slope = curves.slope("test/loss", epoch, ev.window(epoch))
    is_flat = slope is not None and slope > ev.STILL_FALLING
    return is_flat and curves.gap[epoch] > ev.gap_that_counts(curves)


def is_falling(curves: Curves, epoch: int) -> bool:
    """Whether the train loss still falls and the test accuracy still gains by it."""
    over = ev.window(epoch)
    train, gain = curves.slope(curves.train_loss_key, epoch, over), curves.gain(epoch, over)
    if train is None or gain is None:
        return True  # the first epoch: nothing has settled yet
    return train < ev.STILL_FALLING and gain > ev.STILL_GAINING and math.isfinite(train)


def in_order(labels: list[Label]) -> list[Label]:
    """The course under-, well-, over-fitted that disagrees with the fewest of these labels.

    Fitting goes one way; a single epoch that says otherwise is noise.
    """
    costs: list[tuple[int, list[int]]] = [(0, []) for _ in COURSE]
    for label in labels:
        fresh: list[tuple[int, list[int]]] = []
        for stage, name in enumerate(COURSE):
            cost, before = min(costs[: stage + 1], key=lambda path: path[0])
            fresh.append((cost + (label != name), [*before, stage]))
        costs = fresh
    _, stages = min(costs, key=lambda path: path[0])
    return [COURSE[stage] for stage in stages]
