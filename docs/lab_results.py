"""Runs the practical's labs at full length where runs are missing, and writes what came out.

    .venv/bin/python docs/lab_results.py --data-dir results-data [--only sigma] [--seeds 1]

For each lab: docs/results/labs/NAME.md, the generated report with its figures; NAME.json,
settings, scores, table and findings; and assets/recordings/NAME.json.gz, what the lecture view
shows again where training would take too long. Some three hours on two cores; runs that are in the
data folder already are used as they are.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from l335.lab import Lab  # noqa: E402
from l335.labs import labs  # noqa: E402
from l335.recordings import FOLDER, SUFFIX  # noqa: E402
from l335.settings import Settings  # noqa: E402

RESULTS = ROOT / "docs" / "results" / "labs"


def l335(data_dir: Path, *words: str) -> None:
    """Run a command of the lab on a data folder."""
    command = [sys.executable, "-m", "l335", *words]
    subprocess.run(command, check=True, cwd=ROOT, env=os.environ | {"L335_DATA_DIR": str(data_dir)})


def write_results(name: str, data_dir: Path, given: list[str]) -> None:
    """Train what is missing of a lab; write its facts, report and recording."""
    l335(data_dir, "lab", name, *given, "--json", str(RESULTS / f"{name}.json"))
    l335(data_dir, "report", "--lab", name, "--out", str(RESULTS / f"{name}.md"))
    lab = Lab.open(Settings(data_dir=data_dir))
    recording = lab.recording(lab.sweeps(limit=1, lab=name)[0].uid)
    (FOLDER / f"{name}{SUFFIX}").write_bytes(recording.packed())
    lab.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--only", choices=labs(), action="append")
    parser.add_argument("--seeds", type=int, help="in place of each lab's own number")
    parser.add_argument("--set", action="append", default=[], help="KEY=VALUE of the lab")
    given = parser.parse_args()
    settings = [word for setting in given.set for word in ("--set", setting)]
    if given.seeds is not None:
        settings += ["--seeds", str(given.seeds)]
    for folder in (RESULTS, FOLDER):
        folder.mkdir(parents=True, exist_ok=True)
    for name in given.only or labs():
        write_results(name, given.data_dir.resolve(), settings)


if __name__ == "__main__":
    main()
