"""Trains the practical's classifiers where they are missing, and writes table and figure.

    .venv/bin/python docs/classification_results.py --data-dir results-data

Basic net and CNN with three seeds each, then the learning rates and batch sizes of the
practical: about two hours on two cores. Runs that are already in the data folder are used as
they are. Writes docs/results/classification.{json,md,svg}.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from l335.core.settings import Settings  # noqa: E402
from l335.results.views import RunView  # noqa: E402
from l335.service import Lab  # noqa: E402
from l335.spec.from_text import with_settings  # noqa: E402
from l335.spec.presets import preset  # noqa: E402

RESULTS = ROOT / "docs" / "results"
SEEDS = (0, 1, 2)
ROWS: list[tuple[str, str, list[str], tuple[int, ...]]] = [
    ("Basic net", "classify-basic", [], SEEDS),
    ("CNN", "classify-cnn", [], SEEDS),
    ("Basic net, lr 0.1", "classify-basic", ["lr=0.1"], (0,)),
    ("Basic net, lr 0.00001", "classify-basic", ["lr=0.00001"], (0,)),
    ("Basic net, batch 4", "classify-basic", ["batch_size=4"], (0,)),
    ("Basic net, batch 512", "classify-basic", ["batch_size=512"], (0,)),
    ("CNN, lr 0.1", "classify-cnn", ["lr=0.1"], (0,)),
    ("CNN, lr 0.00001", "classify-cnn", ["lr=0.00001"], (0,)),
    ("CNN, batch 4", "classify-cnn", ["batch_size=4"], (0,)),
    ("CNN, batch 512", "classify-cnn", ["batch_size=512"], (0,)),
]
CURVES = {"Basic net": "#b35900", "CNN": "#1f5fbf"}


def runs_of(lab: Lab, data_dir: Path) -> dict[str, list[RunView]]:
    """Every run of the table, trained where it is missing."""
    found: dict[str, list[RunView]] = {}
    for title, name, settings, seeds in ROWS:
        for seed in seeds:
            given = [*settings, f"seed={seed}"]
            spec = with_settings(preset(name).spec, given)
            if lab.find_run(spec) is None:
                options = [part for setting in given for part in ("--set", setting)]
                command = [sys.executable, "-m", "l335", "train", name, *options]
                environment = os.environ | {"L335_DATA_DIR": str(data_dir)}
                subprocess.run(command, check=True, cwd=ROOT, env=environment)
            run = lab.find_run(spec)
            assert run is not None
            found.setdefault(title, []).append(run)
    return found


def by_epoch(lab: Lab, run: RunView, key: str) -> dict[int, float]:
    """A metric at the end of each epoch."""
    series = lab.metrics(run.uid, limit=100_000).series[key]
    per_epoch = run.spec.steps_per_epoch
    return {
        step // per_epoch: value
        for step, value in zip(series.step, series.value, strict=True)
        if step % per_epoch == 0 and value is not None
    }


def spread(values: list[float], digits: int = 2) -> str:
    """Mean and standard deviation in per cent; one value alone has none."""
    mean = f"{100 * statistics.mean(values):.{digits}f}"
    return f"{mean} ± {100 * statistics.stdev(values):.{digits}f}" if len(values) > 1 else mean


def table(scores: dict[str, dict[str, list[dict[int, float]]]]) -> str:
    """Accuracies after the last epoch, with their gap, as Markdown."""
    lines = [
        "| run | n | train % | test % | train − test, points |",
        "|:--|--:|--:|--:|--:|",
    ]
    for title, figures in scores.items():
        last = max(figures["test"][0])
        train = [curve[last] for curve in figures["train"]]
        test = [curve[last] for curve in figures["test"]]
        gap = [a - b for a, b in zip(train, test, strict=True)]
        row = (title, str(len(test)), spread(train), spread(test), spread(gap))
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines) + "\n"


def figure(scores: dict[str, dict[str, list[dict[int, float]]]]) -> str:
    """Accuracy against epochs as SVG: means, and the seeds' range as a band."""
    width, height, left, top, right, bottom = 760, 420, 64, 24, 120, 56
    low, high, epochs = 0.74, 0.94, 20

    def place(epoch: float, share: float) -> tuple[float, float]:
        x = left + (epoch - 1) / (epochs - 1) * (width - left - right)
        return x, top + (high - share) / (high - low) * (height - top - bottom)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="14">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for percent in range(74, 95, 4):
        (x0, y), (x1, _) = place(1, percent / 100), place(epochs, percent / 100)
        parts.append(f'<path d="M{x0} {y:.1f}H{x1}" stroke="#ddd"/>')
        parts.append(f'<text x="{x0 - 8}" y="{y + 5:.1f}" text-anchor="end">{percent} %</text>')
    for epoch in (1, 5, 10, 15, 20):
        x, y = place(epoch, low)
        parts.append(f'<text x="{x:.1f}" y="{y + 20:.1f}" text-anchor="middle">{epoch}</text>')
    x, y = place((epochs + 1) / 2, low)
    parts.append(f'<text x="{x:.1f}" y="{y + 44:.1f}" text-anchor="middle">Epoch</text>')
    for title, color in CURVES.items():
        for split, dash in (("train", "6 4"), ("test", "")):
            columns = [
                [curve[epoch] for curve in scores[title][split]] for epoch in range(1, epochs + 1)
            ]
            upper = [place(epoch, max(column)) for epoch, column in enumerate(columns, 1)]
            lower = [place(epoch, min(column)) for epoch, column in enumerate(columns, 1)]
            mean = [
                place(epoch, statistics.mean(column)) for epoch, column in enumerate(columns, 1)
            ]
            band = " ".join(f"{x:.1f},{y:.1f}" for x, y in upper + lower[::-1])
            line = " ".join(f"{x:.1f},{y:.1f}" for x, y in mean)
            parts.append(f'<polygon points="{band}" fill="{color}" opacity="0.15"/>')
            parts.append(
                f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="2" '
                f'stroke-dasharray="{dash}"/>'
            )
            x, y = mean[-1]
            parts.append(
                f'<text x="{x + 8:.1f}" y="{y + 5:.1f}" fill="{color}">{title}, {split}</text>'
            )
    return "\n".join([*parts, "</svg>"]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    data_dir = parser.parse_args().data_dir.resolve()
    lab = Lab.open(Settings(data_dir=data_dir))
    scores = {
        title: {
            split: [by_epoch(lab, run, f"{split}/accuracy") for run in found]
            for split in ("train", "test")
        }
        for title, found in runs_of(lab, data_dir).items()
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "classification.json").write_text(json.dumps(scores, indent=1) + "\n")
    (RESULTS / "classification.md").write_text(table(scores))
    (RESULTS / "classification.svg").write_text(figure(scores))
    print(table(scores))


if __name__ == "__main__":
    main()
