"""The rules: from one setting's curves to a label for each epoch and for the whole run."""

from __future__ import annotations

from l335.spec import ClassifySpec
from l335.verdict import evidence as ev
from l335.verdict.causes import cause_of
from l335.verdict.curves import Curves, RunSeries
from l335.verdict.remedies import remedies_for
from l335.verdict.words import Evidence, Label, Range, Verdict
from l335.wording import fixed

FEWEST_EPOCHS = 2


def judge(runs: list[RunSeries], spec: ClassifySpec) -> Verdict:
    """Judge the runs of one setting that differ in the seed alone.

    Args:
        runs: One or several seeds; points that are missing or not finite are left out.
        spec: Their setting; remedies start from it.
    """
    curves = Curves(runs)
    is_guess, missing = len(runs) < 2, _missing(curves)
    if has_diverged(curves):
        label: Label = "diverged"
        labels = [label] * len(curves.epochs)
    elif len(curves.epochs) < FEWEST_EPOCHS:
        return Verdict(
            "too early",
            "Too early to judge: at least two epochs must have been evaluated.",
            is_guess,
            len(runs),
            missing=missing,
        )
    else:
        labels = in_order([label_of_epoch(curves, epoch) for epoch in curves.epochs])
        labels, last = lasting(labels, curves.epochs)
        label = label_of_run(curves, labels[-1], last)
    return Verdict(
        label,
        _headline(curves, label),
        is_guess,
        len(runs),
        _ranges(curves, labels),
        cause_of(curves, label, spec),
        remedies_for(curves, label, spec),
        missing,
    )


LASTING_FROM = 5  # epochs; with fewer each one counts


def has_diverged(curves: Curves) -> bool:
    """Whether training has destroyed what there was to learn with.

    A loss that is not finite; or an accuracy of chance after the loss was far above that of
    guessing, after something had been learned, with most units of a layer dead, or with a loss
    that stands still although the steps are not small.
    """
    if any(run.is_broken for run in curves.runs):
        return True
    tests = curves.mean("test/accuracy")
    if len(curves.epochs) < FEWEST_EPOCHS or not is_at_chance(tests[curves.epochs[-1]]):
        return False
    last = curves.epochs[-1]
    losses = curves.mean(curves.train_loss_key)
    dead = ev.dead_share(curves, last)
    ratio = ev.update_ratio(curves, 1, last)
    lost = max(tests.values()) - tests[last] > 5 * ev.NEAR_CHANCE
    blew_up = any(value > 1.5 * ev.CHANCE_LOSS for value in _all_train_losses(curves))
    is_stuck = losses.get(last, 0.0) > 0.999 * ev.CHANCE_LOSS and not (
        ratio is not None and ratio[1] < ev.LOW_RATIO
    )
    return lost or blew_up or is_stuck or (dead is not None and dead[1] > ev.MANY_DEAD)


def _all_train_losses(curves: Curves) -> list[float]:
    points = [run.series.get("train/loss") for run in curves.runs]
    return [value for found in points if found for value in found.value if value is not None]


def is_at_chance(accuracy: float) -> bool:
    """Whether a test accuracy is no better than guessing."""
    return accuracy < ev.CHANCE + ev.NEAR_CHANCE


def lasting(labels: list[Label], epochs: list[int]) -> tuple[list[Label], int]:
    """Labels without an end of learning seen in the last epoch alone, and the epoch to judge by.

    A single dip, as large batches at a constant learning rate have them, looks like the end of
    learning; a true end shows in the next epoch as well.
    """
    if len(labels) < LASTING_FROM or labels[-2:] != ["under-fitted", "well-fitted"]:
        return labels, epochs[-1]
    return [*labels[:-1], labels[-2]], epochs[-2]


def label_of_run(curves: Curves, label: Label, last: int) -> Label:
    """The run as a whole, from the label of its last range, which ends with epoch ``last``."""
    loss = curves.mean(curves.train_loss_key).get(last, 0.0)
    if label == "under-fitted" and loss < ev.BARELY_STARTED and is_falling(curves, last):
        return "not yet converged"
    return label


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
    loss no longer falls.
    """
    losses = curves.mean(curves.train_loss_key)
    best = ev.best_epoch(curves, epoch)
    if best is None:
        return False
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
    return train < ev.STILL_FALLING and gain > ev.STILL_GAINING


def _ranges(curves: Curves, labels: list[Label]) -> tuple[Range, ...]:
    found: list[tuple[int, int, Label]] = []
    for epoch, each in zip(curves.epochs, labels, strict=True):
        if found and found[-1][2] == each:
            found[-1] = (found[-1][0], epoch, each)
        else:
            found.append((epoch, epoch, each))
    return tuple(Range(a, b, each, ev.collect(curves, a, b)) for a, b, each in found)


COURSE: tuple[Label, ...] = ("under-fitted", "well-fitted", "over-fitted")


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


def _headline(curves: Curves, label: Label) -> str:
    broken = sum(run.is_broken for run in curves.runs)
    if label == "diverged" and broken:
        of = f" in {broken} of {len(curves.runs)} seeds" if len(curves.runs) > 1 else ""
        return f"Diverged: the loss stopped being a finite number{of}."
    last = curves.epochs[-1]
    test = f"{100 * curves.mean('test/accuracy')[last]:.1f} %"
    gap = f"{fixed(100 * curves.gap[last], 1)} points"
    evidence: list[Evidence] = [
        e for e in ev.collect(curves, 1, last) if e.what == "Train loss per epoch"
    ]
    slope = evidence[0].value if evidence else "an unknown share"
    best = ev.best_epoch(curves)
    rest: dict[Label, str] = {
        "diverged": f"test accuracy is {test} after epoch {last}; guessing gives 10.0 %.",
        "under-fitted": f"test accuracy is {test} and train accuracy is no better "
        f"(gap {gap}); the train loss changes by {slope} per epoch.",
        "not yet converged": f"test accuracy has come to {test}, and the train loss still "
        f"changes by {slope} per epoch.",
        "over-fitted": f"train accuracy is {gap} above test accuracy ({test}); the test loss "
        f"was lowest in epoch {best}.",
        "well-fitted": f"test accuracy is {test}, train accuracy {gap} above it, and the test "
        "loss has not risen beyond its noise.",
    }
    return f"{label.capitalize()}: {rest[label]}"


def _missing(curves: Curves) -> tuple[str, ...]:
    names = {
        "train/eval_loss": "the train loss judged like the test loss",
        "update_ratio": "the update-to-parameter ratio",
        "dead_share": "the share of dead units",
    }
    keys = {key for run in curves.runs for key in run.series}
    recorded = keys | {key.partition("/")[0] for key in keys}
    return tuple(words for key, words in names.items() if key not in recorded)
