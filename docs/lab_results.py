"""Runs the practical's labs at full length where runs are missing, and writes what came out.

    .venv/bin/python docs/lab_results.py --data-dir results-data [--only sigma]

For each lab: docs/results/labs/NAME.html, the generated report; NAME.json, settings, scores, table
and findings; and assets/recordings/NAME.json.gz, what the lecture view shows again where training
would take too long. An hour or two on two cores; runs that are in the data folder already are
used as they are.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from l335 import report  # noqa: E402
from l335.lab import Lab  # noqa: E402
from l335.labs import labs  # noqa: E402
from l335.recordings import FOLDER, SUFFIX  # noqa: E402
from l335.settings import Settings  # noqa: E402

RESULTS = ROOT / "docs" / "results" / "labs"


def run_lab(name: str, data_dir: Path) -> None:
    """Train what is missing of a lab and write its facts."""
    command = [sys.executable, "-m", "l335", "lab", name, "--json", str(RESULTS / f"{name}.json")]
    environment = os.environ | {"L335_DATA_DIR": str(data_dir)}
    subprocess.run(command, check=True, cwd=ROOT, env=environment)


def write_results(lab: Lab, name: str) -> None:
    """Write report and recording of the newest sweep of a lab."""
    sweep = lab.sweep(lab.sweeps(limit=1, lab=name)[0].uid)
    report.write(lab, sweep, RESULTS / f"{name}.html")
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}{SUFFIX}").write_bytes(lab.recording(sweep.uid).packed())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--only", choices=labs(), action="append")
    given = parser.parse_args()
    RESULTS.mkdir(parents=True, exist_ok=True)
    data_dir = given.data_dir.resolve()
    for name in given.only or labs():
        run_lab(name, data_dir)
        lab = Lab.open(Settings(data_dir=data_dir))
        write_results(lab, name)
        lab.close()


if __name__ == "__main__":
    main()
