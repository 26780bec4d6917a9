"""At which steps of a run its network is judged."""

from __future__ import annotations

from l335.spec import ClassifySpec, FitImageSpec

FIRST_EPOCH_EVALUATIONS = (1 / 8, 1 / 2)
"""Accuracy rises steepest in the first epoch, so it is looked at there more often."""

TRAIN_EVALUATION_SIZE = 10_000
"""Training images judged at each evaluation: as many as the test set, so the gap is fair."""

EVALUATION_SHARE = 0.15
"""Part of an image run's pixel passes spent on looking at the whole image."""
MIN_EVALUATIONS, MAX_EVALUATIONS = 5, 60

SHORT_OPERATIONS, TINY_OPERATIONS = 1e12, 2.5e11
"""An image run of fewer operations, some 10 s on one core, is over before a course of many pictures
is watched, and comes in sweeps of many; its share is smaller in proportion. One of a second or two
is looked at at least twice behind the untrained network, longer ones five times."""
MIN_TINY_EVALUATIONS = 2

OPERATIONS_PER_WEIGHT = 6  # a multiply and an add forward, twice as many backward


def evaluation_steps(spec: ClassifySpec | FitImageSpec) -> set[int]:
    """Steps after which a network is judged, the last one included.

    A classifier is judged at the end of each epoch and within the first; a fitted image is looked
    at before the first step, more densely early on.
    """
    if isinstance(spec, ClassifySpec):
        ends = range(spec.steps_per_epoch, spec.total_steps + 1, spec.steps_per_epoch)
        return early_evaluations(spec) | set(ends)
    # A look is a forward pass over all pixels; a training pass costs about three of them.
    pixel_passes = 3 * spec.steps * spec.samples_per_step / spec.num_pixels
    operations = OPERATIONS_PER_WEIGHT * spec.num_parameters * spec.samples_per_step * spec.steps
    share = EVALUATION_SHARE * min(1.0, spec.num_seeds * operations / SHORT_OPERATIONS)
    affordable = int(share * pixel_passes)
    is_tiny = spec.num_seeds * operations < TINY_OPERATIONS
    fewest = MIN_TINY_EVALUATIONS if is_tiny else MIN_EVALUATIONS
    count = min(max(affordable, fewest), MAX_EVALUATIONS)
    return {round(spec.steps * (number / count) ** 1.5) for number in range(count + 1)}


def early_evaluations(spec: ClassifySpec) -> set[int]:
    """Steps within the first epoch at which a classifier is judged."""
    return {max(1, round(share * spec.steps_per_epoch)) for share in FIRST_EPOCH_EVALUATIONS}
