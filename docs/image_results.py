"""Trains the practical's image fits where they are missing, and writes their tables.

    .venv/bin/python docs/image_results.py --data-dir results-data [--only sigma]

Initialisers over 20 seeds, sigma on sky and grass, Tancik's protocol on three photographs and
4x enlargement against a held-back original. Hours on two cores; runs that are already in the
data folder are used as they are. Writes docs/results/images.json and one table for each part,
docs/results/images-PART.md.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from l335.core.settings import Settings  # noqa: E402
from l335.data.images.resampling import FILTERS, enlarged  # noqa: E402
from l335.engine.fitted_pixels import average_pooled, load_original  # noqa: E402
from l335.engine.image_scores import psnr_db, ssims  # noqa: E402
from l335.labs.studio import PRACTICAL, RULES  # noqa: E402
from l335.results.views import RunView  # noqa: E402
from l335.service import Lab  # noqa: E402
from l335.spec import FitImageSpec  # noqa: E402
from l335.spec.from_text import with_settings  # noqa: E402
from l335.spec.presets import preset  # noqa: E402

RESULTS = ROOT / "docs" / "results"
IMAGES = ROOT / "assets" / "images"
THRESHOLD_DB = 15.0

TASK_1 = ["image_size=96", "encoding=none", "batch_pixels=all", "steps=300", "num_seeds=20"]
SHOWN_RULES = (*PRACTICAL, list(RULES)[-1])
SIGMAS = (1, 5, 10, 30, 100)
TANCIK = [
    "image_size=512", "crop=square", "held_out=grid", "batch_pixels=all", "steps=2000",
]  # fmt: skip
TANCIK_ENCODINGS = {
    "No encoding": ["encoding=none"],
    "Gaussian, sigma 10": ["sigma=10", "num_frequencies=256"],
}
TANCIK_PHOTOGRAPHS = ("mountains.png", "creek.png", "sky.png")  # at least 512 pixels either way
PHOTOGRAPHS = ("mountains.png", "creek.png", "dandelion.png")
HELD_BACK_SIGMAS = (3, 5, 10)
HELD_BACK = ["image_size=512", "crop=square", "hold_back=4", "steps=2000"]


class Results:
    """Trained runs, found by their settings or trained now."""

    def __init__(self, data_dir: Path) -> None:
        self.lab, self._data_dir = Lab.open(Settings(data_dir=data_dir)), data_dir

    def run(self, image: str, settings: Sequence[str]) -> RunView:
        """The finished run of these settings."""
        stored = self.lab.images.add((IMAGES / image).read_bytes(), image)
        base = preset("fit-image").spec.model_copy(
            update={
                "image": stored.sha256,
                "image_width": stored.width,
                "image_height": stored.height,
                "image_name": stored.name,
            }
        )
        spec = with_settings(base, list(settings))
        if self.lab.find_run(spec) is None:
            options = [part for setting in settings for part in ("--set", setting)]
            command = [sys.executable, "-m", "l335", "train", "fit-image"]
            command += ["--image", str(IMAGES / image), *options]
            environment = os.environ | {"L335_DATA_DIR": str(self._data_dir)}
            subprocess.run(command, check=True, cwd=ROOT, env=environment)
        run = self.lab.find_run(spec)
        assert run is not None
        return self.lab.run(run.uid)

    def last(self, run: RunView, key: str) -> float:
        """The last value of a metric."""
        value = self.lab.metrics(run.uid, limit=100_000).series[key].value[-1]
        return float("nan") if value is None else value


def initialisers(results: Results) -> list[dict[str, Any]]:
    """Rules x 20 seeds on the pavilion, with ReLU and with sigmoid output."""
    rows = []
    for output in ("relu", "sigmoid"):
        for rule in SHOWN_RULES:
            settings = [*TASK_1, f"output={output}", *RULES[rule]]
            run = results.run("pavilion.jpg", settings)
            assert isinstance(run.spec, FitImageSpec)
            scores = [
                results.last(run, f"seed_{place}/psnr_db") for place in range(run.spec.num_seeds)
            ]
            above = sum(score > THRESHOLD_DB for score in scores)
            rows.append(
                {
                    "output": output,
                    "rule": rule,
                    "median": statistics.median(scores),
                    "min": min(scores),
                    "max": max(scores),
                    "above 15 dB": f"{above} of {len(scores)}",
                }
            )
    mean = results.last(run, "train/mean_colour_psnr_db")
    return [*rows, {"output": "", "rule": "mean colour alone", "median": mean}]


def sigma(results: Results) -> list[dict[str, Any]]:
    """Train and held-out PSNR over sigma, on a smooth image and a textured one."""
    rows = []
    for image in ("sky.png", "grass.png"):
        for value in SIGMAS:
            settings = ["image_size=256", "crop=square", "held_out=grid", f"sigma={value}"]
            run = results.run(image, settings)
            rows.append(
                {
                    "image": Path(image).stem,
                    "sigma": value,
                    "train": results.last(run, "train/psnr_db"),
                    "held out": results.last(run, "test/psnr_db"),
                    "mean colour, held out": results.last(run, "test/mean_colour_psnr_db"),
                }
            )
    return rows


def tancik(results: Results) -> list[dict[str, Any]]:
    """Held-out PSNR with and without Fourier features, by the paper's protocol."""
    rows = []
    for image in TANCIK_PHOTOGRAPHS:
        row: dict[str, Any] = {"image": Path(image).stem}
        for title, settings in TANCIK_ENCODINGS.items():
            run = results.run(image, [*TANCIK, *settings])
            row[title] = results.last(run, "test/psnr_db")
            row[f"{title}, train"] = results.last(run, "train/psnr_db")
        first, second = (row[title] for title in TANCIK_ENCODINGS)
        rows.append(row | {"gain": second - first})
    means = {
        name: statistics.mean(row[name] for row in rows) for name in rows[0] if name != "image"
    }
    return [*rows, {"image": "mean", **means}]


def hold_back(results: Results) -> list[dict[str, Any]]:
    """PSNR and SSIM of 4x enlargements against the original they were averaged down from."""
    rows = []
    for image in PHOTOGRAPHS:
        for value in HELD_BACK_SIGMAS:
            run = results.run(image, [*HELD_BACK, f"sigma={value}"])
            scores = (results.last(run, f"original/{name}") for name in ("psnr_db", "ssim_valid"))
            rows.append(_enlarged(image, f"Network, sigma {value}", *scores))
        assert isinstance(run.spec, FitImageSpec)
        original = load_original(run.spec, results.lab.blob(run.spec.image))
        small = average_pooled(original, run.spec.hold_back)
        for name in FILTERS:
            large = torch.from_numpy(enlarged(small, run.spec.original_size, name))
            target = torch.from_numpy(original)
            similar = ssims(large[None], target)
            assert similar is not None
            rows.append(_enlarged(image, name.capitalize(), psnr_db(large, target), similar.item()))
    return rows


def _enlarged(image: str, method: str, psnr: float, ssim: float) -> dict[str, Any]:
    return {"image": Path(image).stem, "method": method, "PSNR": psnr, "SSIM": round(ssim, 3)}


NOTES = {
    part: f"\nOne draw and one seed each; three of them, with their spread, are in [labs/{name}.md]"
    f"(labs/{name}.md).\n"
    for part, name in (("sigma", "sigma"), ("hold_back", "upsampling"))
}
PARTS = {"initialisers": initialisers, "sigma": sigma, "tancik": tancik, "hold_back": hold_back}


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Rows as Markdown; PSNR figures in dB with two digits."""
    columns = list(rows[0])
    lines = [_line(columns), _line([":--"] + ["--:"] * (len(columns) - 1))]
    lines += [_line([_shown(row.get(name, "")) for name in columns]) for row in rows]
    return "\n".join(lines) + "\n"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _shown(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) and abs(value) > 1 else str(value)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--only", choices=PARTS, action="append")
    given = parser.parse_args()
    results = Results(given.data_dir.resolve())
    file = RESULTS / "images.json"
    figures = json.loads(file.read_text()) if file.exists() else {}
    for name in given.only or PARTS:
        figures[name] = PARTS[name](results)
        file.write_text(json.dumps(figures, indent=1) + "\n")
        (RESULTS / f"images-{name}.md").write_text(table(figures[name]) + NOTES.get(name, ""))
        print(table(figures[name]), flush=True)


if __name__ == "__main__":
    main()
