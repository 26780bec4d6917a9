"""Runs the practical's labs at full length where runs are missing, and writes what came out.

    .venv/bin/python docs/lab_results.py --data-dir results-data [--only sigma] [--seeds 1]
    .venv/bin/python docs/lab_results.py --from-recordings [--only sigma]

For each lab: docs/results/labs/NAME.md, the generated report with its figures; NAME.json,
settings, scores, table and findings; and assets/recordings/NAME.json.gz, what the lecture view
shows again where training would take too long. Some three hours on two cores; runs that are in the
data folder already are used as they are. With ``--from-recordings`` nothing is trained: question,
table and findings of report and JSON are worked out anew from the recordings.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from l335.core.settings import Settings  # noqa: E402
from l335.export.recordings import FOLDER, SUFFIX, recording_of, unpacked  # noqa: E402
from l335.export.report import markdown  # noqa: E402
from l335.export.report.build import question_blocks  # noqa: E402
from l335.export.report.classify import comparison_blocks  # noqa: E402
from l335.export.report.document import Document, Section, TableBlock  # noqa: E402
from l335.export.report.sources import Source  # noqa: E402
from l335.labs import lab_from_definition, labs  # noqa: E402
from l335.labs.results import arms_of  # noqa: E402
from l335.service import Lab  # noqa: E402

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
    recording = recording_of(lab, lab.sweeps.listing(limit=1, lab=name)[0].uid)
    (FOLDER / f"{name}{SUFFIX}").write_bytes(recording.packed())
    lab.close()


def retell(name: str) -> None:
    """Work out question, table and findings of a lab anew from its recording."""
    recording = unpacked((FOLDER / f"{name}{SUFFIX}").read_bytes())
    sweep = recording.sweep
    preset = lab_from_definition(sweep.lab, sweep.definition)
    arms = arms_of(sweep.cells, lambda uid: dict(recording.series[uid]))
    source = Source(sweep.title, preset, tuple(arms), lambda uid: dict(recording.series[uid]))
    table, finding = source.table(), source.finding()
    file = RESULTS / f"{name}.json"
    facts = json.loads(file.read_text())
    facts["table"] = {"head": table.head, "rows": table.rows, "caption": table.caption}
    facts["finding"] = finding
    file.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n")
    sections = (
        Section("The question", tuple(question_blocks(source))),
        Section("Results by setting", (TableBlock(table),)),
        Section("Comparison", tuple(comparison_blocks(source))),
    )
    document = Document(sweep.title, "", datetime.now(UTC), sections)
    new = dict(_sections(markdown.text(document))[1:])
    report = RESULTS / f"{name}.md"
    found = _sections(report.read_text())
    report.write_text("".join(new.get(title, text) for title, text in found).rstrip("\n") + "\n")


def _sections(text: str) -> list[tuple[str, str]]:
    """A Markdown text cut before each heading of level 2, by title; what comes first has none."""
    parts = text.split("\n## ")
    rest = [(part.partition("\n")[0], f"\n## {part}") for part in parts[1:]]
    return [("", parts[0]), *((title, f"{part.rstrip()}\n") for title, part in rest)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--from-recordings", action="store_true", help="train nothing")
    parser.add_argument("--only", choices=labs(), action="append")
    parser.add_argument("--seeds", type=int, help="in place of each lab's own number")
    parser.add_argument("--set", action="append", default=[], help="KEY=VALUE of the lab")
    given = parser.parse_args()
    settings = [word for setting in given.set for word in ("--set", setting)]
    if given.seeds is not None:
        settings += ["--seeds", str(given.seeds)]
    for folder in (RESULTS, FOLDER):
        folder.mkdir(parents=True, exist_ok=True)
    if given.data_dir is None and not given.from_recordings:
        parser.error("name a folder with --data-dir, or add --from-recordings")
    for name in given.only or labs():
        if given.from_recordings:
            retell(name)
            continue
        write_results(name, given.data_dir.resolve(), settings)


if __name__ == "__main__":
    main()
