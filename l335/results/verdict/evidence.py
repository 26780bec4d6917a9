"""The numbers a verdict rests on, each with its yardstick, and the thresholds they are held to."""

from __future__ import annotations

import math

from l335.core.wording import signed
from l335.results.verdict.curves import Curves
from l335.results.verdict.words import Evidence

NUM_CLASSES = 10
CHANCE = 1 / NUM_CLASSES
CHANCE_LOSS = math.log(NUM_CLASSES)  # 2.303: every class equally likely

NEAR_CHANCE = 0.02
"""Test accuracy this close to chance has learned nothing that counts."""

BARELY_STARTED = CHANCE_LOSS / 2
"""A train loss above half of what guessing costs: most of the way is still to go."""

STILL_FALLING = -0.01
"""Train loss falling faster than 1 % an epoch."""

STILL_GAINING = 0.002
"""Test accuracy rising faster than 0.2 points an epoch. Measured at 20 epochs: the presets end at
0.1, batch 512 at 0.4 and lr 1e-5 at 1 point; the loss alone would call the CNN unfinished."""

LARGE_GAP = 0.05
"""Train minus test accuracy; the preset nets end between 0.01 and 0.03."""

RISE_OF_BEST = 0.03
"""Rise of the test loss since its best, as a share of it, that counts beside the noise."""

FEW_SIGMAS = 2.0
"""Differences within two deviations are taken for noise."""

POOR_ACCURACY = 0.8
"""A linear classifier reaches about 84 % here; a net at rest below 80 % lacks something."""

LOW_RATIO, HIGH_RATIO = 1e-4, 1e-2
MANY_DEAD = 0.5

SMALL_STEPS, SMALL_LATE_STEPS = 1e-3, 3e-4
"""Update-to-parameter ratio below which steps are too small: where the way has hardly begun, and
where most of it is behind."""

FADING = 0.05
"""Gradient of a layer against that of the output layer below which it hardly trains."""

HUGE_GAP = 0.1
"""Train minus test accuracy that is over-fitting whatever the test loss does."""

BLOW_UP = 1.5
"""Loss of a batch, as a multiple of the untrained network's, that only steps too large make."""

USUAL_TRAIN = 0.86
"""Train accuracy that nets of a usual size pass within some epochs here."""


def window(last: int) -> int:
    """Epochs a slope is taken over: the last quarter, at least 2 and at most 5."""
    return min(5, max(2, last // 4))


def choosing_loss(curves: Curves) -> dict[int, float]:
    """The loss an epoch is chosen by: on validation images where the run has some."""
    return curves.mean("validation/loss") or curves.mean("test/loss")


def best_epoch(curves: Curves, up_to: int | None = None) -> int | None:
    """The epoch of the lowest mean loss on validation images, or on test images without them."""
    losses = {e: v for e, v in choosing_loss(curves).items() if up_to is None or e <= up_to}
    return min(losses, key=lambda epoch: losses[epoch]) if losses else None


def loss_rise(curves: Curves, epoch: int) -> float:
    """How much the test loss lies above its lowest level so far.

    Levels are medians over three epochs: the lowest of many single values is low by luck.
    """
    losses = [v for e, v in choosing_loss(curves).items() if e <= epoch]
    levels = [sorted(three)[1] for three in zip(losses, losses[1:], losses[2:], strict=False)]
    return levels[-1] - min(levels) if levels else 0.0


def rise_that_counts(curves: Curves, epoch: int) -> float:
    """Smallest rise of the test loss that is taken seriously."""
    best = best_epoch(curves, epoch)
    floor = RISE_OF_BEST * choosing_loss(curves)[best] if best is not None else 0.0
    key = "validation/loss" if curves.mean("validation/loss") else "test/loss"
    return max(floor, FEW_SIGMAS * curves.noise(key))


def gap_that_counts(curves: Curves) -> float:
    """Smallest gap that is taken for over-fitting where the test loss no longer falls."""
    return max(LARGE_GAP, FEW_SIGMAS * curves.accuracy_noise)


def update_ratio(curves: Curves, first: int, last: int) -> tuple[str, float] | None:
    """The layer whose update-to-parameter ratio is furthest from 1e-3, in a range of epochs."""
    found = {
        module: mean
        for module, values in curves.layers("update_ratio").items()
        if (mean := _median([v for e, v in values.items() if first <= e <= last])) is not None
        and mean > 0
    }
    if not found:
        return None
    module = max(found, key=lambda name: abs(math.log10(found[name]) + 3))
    return module, found[module]


def dead_share(curves: Curves, last: int) -> tuple[str, float] | None:
    """The layer with the largest share of dead units at the end of a range."""
    found = {
        module: values[max(reached)]
        for module, values in curves.layers("dead_share").items()
        if (reached := [e for e in values if e <= last])
    }
    if not found:
        return None
    module = max(found, key=lambda name: found[name])
    return module, found[module]


def _median(values: list[float]) -> float | None:
    return sorted(values)[len(values) // 2] if values else None


def collect(curves: Curves, first: int, last: int) -> tuple[Evidence, ...]:
    """Every number at hand for a range of epochs."""
    found = [
        _accuracy(curves, last),
        _gap(curves, last),
        _loss_gap(curves, last),
        _slope(curves, last),
        _gain(curves, last),
        _best(curves, last),
        _ratio(curves, first, last),
        _dead(curves, last),
    ]
    return tuple(evidence for evidence in found if evidence)


def _accuracy(curves: Curves, last: int) -> Evidence | None:
    value = curves.mean("test/accuracy").get(last)
    if value is None:
        return None
    return Evidence(
        f"Test accuracy in epoch {last}", f"{100 * value:.1f} %", "Guessing gives 10.0 %"
    )


def _noise_words(curves: Curves) -> str:
    points = 100 * curves.accuracy_noise
    if len(curves.of_seeds("test/accuracy")) > 1:
        return f"Seeds differ by {points:.2f} points (deviation)"
    images = f"{curves.num_images:,} images"
    return f"Seeds that draw {images} are expected to differ by {points:.2f} points (deviation)"


def _gap(curves: Curves, last: int) -> Evidence | None:
    if last not in curves.gap:
        return None
    limit = 100 * gap_that_counts(curves)
    return Evidence(
        "Train minus test accuracy",
        f"{signed(100 * curves.gap[last], 1)} points",
        f"{_noise_words(curves)}; above {limit:.1f} points it is large",
    )


def _loss_gap(curves: Curves, last: int) -> Evidence | None:
    train, test = curves.mean("train/eval_loss").get(last), curves.mean("test/loss").get(last)
    if train is None or test is None:
        return None
    return Evidence(
        "Test minus train loss",
        signed(test - train, 3),
        f"Test loss {test:.3f}, train loss {train:.3f}, judged alike",
    )


def slope_words(curves: Curves, last: int) -> str:
    """Change of the train loss per epoch, such as "−1.2 %"."""
    slope = curves.slope(curves.train_loss_key, last, window(last))
    return "an unknown share" if slope is None else f"{signed(100 * math.expm1(slope), 1)} %"


def _slope(curves: Curves, last: int) -> Evidence | None:
    over = window(last)
    if curves.slope(curves.train_loss_key, last, over) is None:
        return None
    said = f"Over the last {over} epochs; 0 % would be at rest"
    return Evidence("Train loss per epoch", slope_words(curves, last), said)


def _gain(curves: Curves, last: int) -> Evidence | None:
    over = window(last)
    gain = curves.gain(last, over)
    if gain is None:
        return None
    return Evidence(
        "Test accuracy per epoch",
        f"{signed(100 * gain, 2)} points",
        f"Over the last {over} epochs; above {100 * STILL_GAINING:.1f} points it is still learning",
    )


def best_words(curves: Curves) -> str:
    """In which epoch the loss was lowest, and on which images that was told."""
    best = best_epoch(curves)
    if curves.mean("validation/loss"):
        return f"the validation loss was lowest in epoch {best}"
    return (
        f"the test loss was lowest in epoch {best} (chosen on the test images, which flatters it: "
        "set validation images aside)"
    )


def _best(curves: Curves, last: int) -> Evidence | None:
    losses = {e: v for e, v in choosing_loss(curves).items() if e <= last}
    best = best_epoch(curves, last)
    if best is None:
        return None
    newest = max(losses)
    value = f"Lowest in epoch {best} ({losses[best]:.3f})"
    if newest > best:
        value += f", now {losses[newest] - losses[best]:.3f} above it"
    limit = rise_that_counts(curves, last)
    images = "Validation" if curves.mean("validation/loss") else "Test"
    return Evidence(f"{images} loss", value, f"A lasting rise above {limit:.3f} counts")


def _ratio(curves: Curves, first: int, last: int) -> Evidence | None:
    found = update_ratio(curves, first, last)
    if found is None:
        return None
    return Evidence(
        f"Update-to-parameter ratio, {found[0]}",
        f"{found[1]:.2g}",
        "About 0.001 is healthy; above 0.01 or below 0.0001 is suspect",
    )


def _dead(curves: Curves, last: int) -> Evidence | None:
    found = dead_share(curves, last)
    if found is None:
        return None
    return Evidence(
        f"Dead units, {found[0]}",
        f"{100 * found[1]:.0f} %",
        "A unit that never fires gets no gradient of its own",
    )
