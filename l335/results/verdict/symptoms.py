"""What a run's curves show, in numbers the rules of a verdict ask for; no rule is here."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from functools import cached_property

from l335.results.verdict import evidence as ev
from l335.results.verdict.curves import Curves
from l335.spec import ClassifySpec


@dataclass(frozen=True)
class Symptoms:
    """The numbers of one setting: of one seed, or the means of seeds that went the same way.

    Attributes:
        curves: Their curves.
        spec: Their settings.
    """

    curves: Curves
    spec: ClassifySpec

    @cached_property
    def last(self) -> int:
        """The last epoch judged; 0 where none was."""
        return self.curves.epochs[-1] if self.curves.epochs else 0

    @property
    def train(self) -> float:
        """Train accuracy after the last epoch."""
        return self.curves.mean("train/accuracy").get(self.last, math.nan)

    @property
    def test(self) -> float:
        """Test accuracy after the last epoch."""
        return self.curves.mean("test/accuracy").get(self.last, math.nan)

    @property
    def best_test(self) -> float:
        """The highest test accuracy of any epoch."""
        return max(self.curves.mean("test/accuracy").values(), default=math.nan)

    @property
    def loss(self) -> float:
        """Train loss after the last epoch, judged like the test loss where that was recorded."""
        return self.curves.mean(self.curves.train_loss_key).get(self.last, math.nan)

    @property
    def is_at_chance(self) -> bool:
        """Whether the test accuracy is no better than guessing."""
        return bool(self.test < ev.CHANCE + ev.NEAR_CHANCE)

    @cached_property
    def start_loss(self) -> float:
        """The loss of the first batch, which is the untrained network's."""
        return max((losses[0] for losses in self._losses if losses), default=math.nan)

    @cached_property
    def highest_loss(self) -> float:
        """The highest loss of any batch after the first."""
        later = [value for losses in self._losses for value in losses[1:]]
        return max(later, default=math.nan)

    @property
    def has_broken(self) -> bool:
        """Whether the loss stopped being a finite number."""
        return any(run.is_broken for run in self.curves.runs)

    @property
    def has_blown_up(self) -> bool:
        """Whether a step threw the loss well above that of the untrained network and of guessing.

        A loss that was lost altogether counts.
        """
        if self.has_broken:
            return True
        start = max(self.start_loss, ev.CHANCE_LOSS)
        return bool(self.highest_loss > ev.BLOW_UP * start)

    @property
    def has_lost(self) -> bool:
        """Whether something was learned and lost again."""
        return bool(self.best_test - self.test > 5 * ev.NEAR_CHANCE)

    @cached_property
    def dead_at_start(self) -> float:
        """Share of dead units before the first step, in the layer that had most; 0 if unknown."""
        return max((values[0] for _, values in self._dead_shares), default=0.0)

    @property
    def dead_at_end(self) -> float:
        """Share of dead units at the last evaluation, in the layer that had most; 0 if unknown."""
        return self.deadest[0]

    @cached_property
    def deadest(self) -> tuple[float, float, str]:
        """Share of dead units at the end and before the first step, and the layer's name.

        Of the layer that ended with most, in the seed in which it did.
        """
        found = [(values[-1], values[0], name) for name, values in self._dead_shares]
        return max(found, key=lambda each: (each[0], -each[1]), default=(0.0, 0.0, ""))

    @cached_property
    def update_ratio(self) -> float:
        """Size of an update against the weights: the median of layers and epochs; nan if unknown.

        Layers that don't move at all count as 0.
        """
        found = [
            value
            for values in self.curves.layers("update_ratio").values()
            for epoch, value in values.items()
            if epoch <= self.last
        ]
        return statistics.median(found) if found else math.nan

    @cached_property
    def gradient_share(self) -> float:
        """Gradient of the first layer against that of the last, early in training; nan if unknown.

        The smallest of the seeds, at their first evaluation.
        """
        shares = []
        for run in self.curves.runs:
            norms = run.first_values("gradient_norm")
            if len(norms) > 1 and norms[-1] > 0:
                shares.append(min(norms[:-1]) / norms[-1])
        return min(shares, default=math.nan)

    @property
    def lowest_gap(self) -> float:
        """Train minus test accuracy in the epoch in which it was lowest."""
        return min(self.curves.gap.values(), default=math.nan)

    @property
    def gap(self) -> float:
        """Train minus test accuracy after the last epoch."""
        return self.curves.gap.get(self.last, math.nan)

    @cached_property
    def gain(self) -> float:
        """Change of the test accuracy per epoch, lately; infinite where it can't be told yet."""
        found = self.curves.gain(self.last, ev.window(self.last))
        return math.inf if found is None else found

    @cached_property
    def slope(self) -> float:
        """Relative change of the train loss per epoch, lately; minus infinite if not known yet."""
        key = self.curves.train_loss_key
        found = self.curves.slope(key, self.last, ev.window(self.last))
        return -math.inf if found is None else found

    @property
    def steps(self) -> int:
        """Steps taken up to the last epoch judged."""
        return self.last * self.spec.steps_per_epoch

    @property
    def _losses(self) -> list[list[float]]:
        return [run.finite_values("train/loss") for run in self.curves.runs]

    @property
    def _dead_shares(self) -> list[tuple[str, list[float]]]:
        return [
            (key.partition("/")[2], values)
            for run in self.curves.runs
            for key in run.series
            if key.startswith("dead_share/") and (values := run.finite_values(key))
        ]
