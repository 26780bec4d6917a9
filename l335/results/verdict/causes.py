"""Why a run came out as it did: one rule for each cause, tried in order."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from l335.results.verdict import evidence as ev
from l335.results.verdict import settings
from l335.results.verdict.symptoms import Symptoms
from l335.results.verdict.words import Cause, Label
from l335.spec import FASHION_MNIST_CLASSES
from l335.spec.classify import TRAIN_EVALUATION_SIZE

DEAD_GROWTH = 0.4
"""Units of a layer that died while training, as a share, from which the steps are to blame."""

EXPLODED_START = 4.0
"""Loss of the untrained network, as a multiple of that of guessing, that no sound start has."""

DEEP = 5
"""Hidden layers from which depth can be what makes gradients fade."""

TINY_WEIGHTS = 0.02
"""Weights this small against those that keep the signal's size end it within one layer."""

WRONG_LABELS = 0.06
"""Test minus train accuracy: labels that are right are never fitted so much worse than others."""

WORST_DEVIATION = 0.5
"""Of a share of images, at one half, times the root of their number."""

MANY_IMAGES = 15_000
"""Training images, a quarter of all, from which over-fitting is not put down to their number."""

FALLING_FAST = -0.05
"""Change of the train loss, by 5 % an epoch, that no network shows which is held back."""

FEW_STEPS = 100
"""Steps below which no learning rate that is not too high gets far."""


def cause_of(symptoms: Symptoms, label: Label) -> Cause:
    """The likeliest cause of what the curves show.

    Args:
        symptoms: What they show.
        label: How they were judged by themselves.
    """
    return next((cause for cause, is_it in RULES if is_it(symptoms, label)), "unknown")


def starts_exploded(symptoms: Symptoms, label: Label) -> bool:
    """The untrained network is far more wrong than guessing: its signals grow layer by layer."""
    return symptoms.start_loss > EXPLODED_START * ev.CHANCE_LOSS


def starts_dead(symptoms: Symptoms, label: Label) -> bool:
    """The initial weights are so small that no signal passes even one layer."""
    return settings.relative_gain(symptoms.spec) < TINY_WEIGHTS and symptoms.test < ev.POOR_ACCURACY


def was_thrown(symptoms: Symptoms, label: Label) -> bool:
    """Steps threw the network off: its loss shot up, its units died, or it lost what it knew."""
    if label in ("well-fitted", "over-fitted") and not symptoms.is_at_chance:
        return False
    if symptoms.is_at_chance and settings.has_high_lr(symptoms.spec):
        return True
    has_died = symptoms.dead_at_end - symptoms.dead_at_start > DEAD_GROWTH
    return symptoms.has_blown_up or has_died or symptoms.has_lost


def fades(symptoms: Symptoms, label: Label) -> bool:
    """A deep network whose first layers get next to no gradient, or whose units start dead."""
    if settings.num_hidden(symptoms.spec) < DEEP or symptoms.test > ev.POOR_ACCURACY:
        return False
    is_faint = symptoms.gradient_share < ev.FADING or symptoms.dead_at_start > ev.MANY_DEAD
    was_left_alone = not symptoms.has_blown_up and not settings.has_high_lr(symptoms.spec)
    return is_faint or (symptoms.is_at_chance and was_left_alone)


def has_wrong_labels(symptoms: Symptoms, label: Label) -> bool:
    """The training labels are fitted worse than those of images never seen, and not by chance."""
    num_judged = min(TRAIN_EVALUATION_SIZE, symptoms.spec.samples_per_epoch)
    by_chance = 3 * WORST_DEVIATION / math.sqrt(num_judged)
    return symptoms.lowest_gap < -max(WRONG_LABELS, by_chance)


def has_few_images(symptoms: Symptoms, label: Label) -> bool:
    """Over-fitted to few images."""
    return label == "over-fitted" and symptoms.spec.samples_per_epoch < MANY_IMAGES


def is_free(symptoms: Symptoms, label: Label) -> bool:
    """Over-fitted to many images."""
    return label == "over-fitted"


def is_held_back(symptoms: Symptoms, label: Label) -> bool:
    """Something strong is set that keeps the network from fitting, and it rests without a fit."""
    if symptoms.has_broken or settings.has_high_lr(symptoms.spec) or not has_settled(symptoms):
        return False
    return bool(settings.strong_regularisers(symptoms.spec)) and not is_good(symptoms)


def is_small(symptoms: Symptoms, label: Label) -> bool:
    """A layer is narrower than there are classes, and there was a way to go for it."""
    is_narrow = settings.narrowest(symptoms.spec) < FASHION_MNIST_CLASSES
    had_way = symptoms.steps > FEW_STEPS and not settings.has_low_lr(symptoms.spec)
    return is_narrow and not is_good(symptoms) and had_way


def has_small_steps(symptoms: Symptoms, label: Label) -> bool:
    """The weights hardly change in a step, and the loss is far from its end."""
    if label not in ("under-fitted", "not yet converged"):
        return False
    if symptoms.spec.lr >= settings.usual_lr(symptoms.spec):
        return False
    limit = ev.SMALL_STEPS if label == "under-fitted" else ev.SMALL_LATE_STEPS
    if math.isnan(symptoms.update_ratio):
        return settings.has_low_lr(symptoms.spec)
    return symptoms.update_ratio < limit


def has_few_steps(symptoms: Symptoms, label: Label) -> bool:
    """The weights change well enough in a step, but there were too few steps."""
    return label == "under-fitted" and symptoms.loss > ev.BARELY_STARTED


def still_gains(symptoms: Symptoms, label: Label) -> bool:
    """The test accuracy is still on its way up."""
    return label == "not yet converged" or (label == "under-fitted" and symptoms.slope < 0)


def is_well(symptoms: Symptoms, label: Label) -> bool:
    """Nothing is wrong."""
    return label == "well-fitted"


Rule = Callable[[Symptoms, Label], bool]

RULES: Sequence[tuple[Cause, Rule]] = (
    ("exploding_depth", starts_exploded),
    ("dead_initialisation", starts_dead),
    ("vanishing_depth", fades),
    ("label_noise", has_wrong_labels),
    ("too_much_regularisation", is_held_back),
    ("lr_too_high", was_thrown),
    ("too_few_images", has_few_images),
    ("too_little_regularisation", is_free),
    ("too_small", is_small),
    ("lr_too_low", has_small_steps),
    ("too_few_steps", has_few_steps),
    ("still_learning", still_gains),
    ("none", is_well),
)
"""The order matters: what is wrong before the first step explains all that follows."""


def has_settled(symptoms: Symptoms) -> bool:
    """Whether the network has moved, and its train loss no longer falls fast."""
    return symptoms.slope > FALLING_FAST and not symptoms.update_ratio < ev.LOW_RATIO


def is_good(symptoms: Symptoms) -> bool:
    """Whether the network fits its training images as well as nets of a usual size do."""
    return symptoms.train > ev.USUAL_TRAIN
