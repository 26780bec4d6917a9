"""Curves of the corpus, downsampled, as they are stored beside the tests."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from l335.core.downsampling import kept_places
from l335.results.verdict import RunSeries
from l335.results.views import RunView, Series
from l335.spec import ClassifySpec
from tests.verdicts.corpus import Case

FILE = Path(__file__).parent / "curves.json.gz"
MOST_POINTS = 48
DIGITS = 4
KEPT = ("train/", "test/accuracy", "test/loss", "dead_share/", "update_ratio/", "gradient_norm/")


@dataclass(frozen=True)
class Recorded:
    """A case with the curves of its seeds.

    Attributes:
        runs: Its curves, one for each seed.
        base: Test accuracy at the end of the same without the injected cause, seed 0.
        is_real: Whether the injection did what it was meant to do.
    """

    case: Case
    runs: tuple[RunSeries, ...]
    base: float
    is_real: bool

    def test_accuracy(self, seed: int = 0) -> float:
        """Test accuracy of a seed at the end; 0 where its loss was lost."""
        run = next(run for run in self.runs if run.seed == seed)
        values = run.finite_values("test/accuracy")
        return 0.0 if run.is_broken or not values else values[-1]


def packed(series: Mapping[str, Series], has_failed: bool) -> dict[str, Any]:
    """The curves of a run that verdicts read, with fewer points and digits."""
    found: dict[str, Any] = {"has_failed": has_failed} if has_failed else {}
    for key, points in series.items():
        if key.startswith(KEPT):
            places = kept_places(points.value, MOST_POINTS)
            values = [points.value[place] for place in places]
            found[key] = [
                [points.step[place] for place in places],
                [None if value is None else float(f"{value:.{DIGITS}g}") for value in values],
            ]
    return found


def unpacked(stored: dict[str, Any], seed: int, spec: ClassifySpec) -> RunSeries:
    """The curves of a run as they are judged."""
    series = {key: Series(*points) for key, points in stored.items() if key != "has_failed"}
    has_failed = stored.get("has_failed", False)
    return RunSeries(seed, series, spec.steps_per_epoch, has_failed, spec.samples_per_epoch)


def write(found: Sequence[dict[str, Any]]) -> None:
    """Store the curves; the same curves make the same bytes."""
    text = "[\n" + ",\n".join(json.dumps(each, separators=(",", ":")) for each in found) + "\n]\n"
    FILE.write_bytes(gzip.compress(text.encode(), mtime=0))


def read() -> list[dict[str, Any]]:
    """What was stored of each case."""
    found: list[dict[str, Any]] = json.loads(gzip.decompress(FILE.read_bytes()))
    return found


def of_run(run: RunView, series: Mapping[str, Series]) -> dict[str, Any]:
    """A run as it is stored."""
    return packed(series, run.error_code == "diverged")
