"""Reports on runs, sweeps and ready labs: one HTML page, Markdown with figures, or a zip of all.

It needs neither torch nor the dashboard: feature maps and enlarged pictures, which a network must
make, are taken from the looks that are there.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from l335.lab import Lab
from l335.report.build import document
from l335.report.sources import of_runs, of_sweep, with_folders
from l335.report.writing import write_file
from l335.views import RunView, SweepView

__all__ = ["write"]


def write(
    lab: Lab,
    sweep_or_runs: SweepView | Sequence[RunView],
    path: Path,
    text: str = "",
    *,
    title: str = "",
    author: str = "",
) -> None:
    """Write a report to a file; its ending, .html, .md or .zip, decides what it is.

    Args:
        lab: The lab.
        sweep_or_runs: What it is about.
        path: The file; it is replaced as a whole or not at all.
        text: A person's own Markdown.
        title: Of the report; that of the sweep where empty.
        author: Who hands it in.

    Raises:
        LabError: There is nothing to report, or the ending is unknown.
    """
    sources = (
        [of_sweep(lab, sweep_or_runs)]
        if isinstance(sweep_or_runs, SweepView)
        else of_runs(lab, sweep_or_runs)
    )
    sources = with_folders(sources)
    made = document(lab, sources, text=text, title=title, author=author)
    write_file(lab, sources, made, path)
