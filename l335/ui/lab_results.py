"""What a sweep's runs have reached: findings in words, the table, and files to take along."""

from __future__ import annotations

import csv
import html
import io

import streamlit as st

from l335.lab import Lab
from l335.labs import LabPreset
from l335.labs.results import Arm, arms_of
from l335.tables import Table
from l335.ui import links
from l335.ui.html_table import html_table
from l335.ui.lab_address import lab_name
from l335.ui.lab_controls import REFRESH_SECONDS, is_unfinished
from l335.ui.lab_race import all_runs, first_seeds
from l335.ui.wording import plain
from l335.views import Series, SweepView
from l335.web.current import current_lab
from l335.web.export import MAX_RUNS, cell_text

MAX_COMPARED = 8
COMPARE, REPORT = links.PAGES / "compare.py", links.PAGES / "report.py"


def results(lab: Lab, preset: LabPreset, sweep: SweepView) -> None:
    """Draw findings and table of a sweep, kept up to date while it trains."""
    every = REFRESH_SECONDS if is_unfinished(sweep) else None
    st.fragment(_results, run_every=every)(lab, preset, sweep.uid)


def _results(lab: Lab, preset: LabPreset, uid: str) -> None:
    sweep = lab.sweep(uid)
    arms = arms_in(sweep)
    finding(preset, arms)
    st.markdown("**Table**")
    result_table(preset.table(arms), preset.title)


def arms_in(sweep: SweepView) -> list[Arm]:
    """A sweep's runs by setting; the points of a completed run are read once."""
    steps = {run.uid: run.step for run in sweep.runs}
    return arms_of(sweep.cells, lambda uid: _series(uid, steps[uid]))


@st.cache_data(max_entries=200, show_spinner=False)
def _series(uid: str, step: int) -> dict[str, Series]:
    del step  # a run that was continued is read again
    return current_lab().series(uid)


def finding(preset: LabPreset, arms: list[Arm]) -> None:
    """Draw what the figures of a lab's runs show, in sentences made from them alone."""
    is_over = all(arm.is_over for arm in arms)
    st.markdown(f"**{'What these results show' if is_over else 'So far'}**")
    sentences = preset.finding(arms)
    if not any(arm.completed for arm in arms) and not sentences:
        sentences = ["Nothing yet: the first sentence comes with the first run that is done."]
    st.markdown("\n".join(f"- {plain(sentence)}" for sentence in sentences))


def result_table(table: Table, label: str) -> None:
    """Draw a table of results with its caption."""
    html_table(
        label,
        [html.escape(title) for title in table.head],
        [[html.escape(cell) for cell in row] for row in table.rows],
        words=range(table.num_names),
    )
    if table.caption:
        st.caption(table.caption)


def take_along(lab: Lab, preset: LabPreset, sweep: SweepView) -> None:
    """Draw the files to download, and links to what can be done with the results."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Table as CSV",
            data=lambda: table_csv(preset.table(arms_in(lab.sweep(sweep.uid)))),
            file_name=f"{lab_name(preset)}.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
        uids = ",".join(all_runs(sweep)[:MAX_RUNS])
        st.link_button(
            "All points as CSV",
            f"{links.base_path()}/api/metrics.csv?runs={uids}",
            icon=":material/download:",
        )
        if COMPARE.exists():
            runs = ",".join(first_seeds(sweep, MAX_COMPARED))
            _link(COMPARE, "Compare", "compare_arrows", {"runs": runs})
        if REPORT.exists():
            _link(REPORT, "Report", "description", {"sweep": sweep.uid})
        deeper = links.PAGES / f"{preset.page}.py"
        if preset.page and deeper.exists():
            _link(deeper, "The page that goes deeper", "arrow_forward", {})


def _link(page: object, label: str, icon: str, query: dict[str, str]) -> None:
    st.page_link(
        str(page),
        label=label,
        icon=f":material/{icon}:",
        query_params=query,
        width="content",
    )


def table_csv(table: Table) -> str:
    """A table of results as a file for spreadsheets."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = table.num_names
    for row in (table.head, *table.rows):
        writer.writerow([*map(cell_text, row[:names]), *row[names:]])
    return text.getvalue()
