"""What a sweep's runs have reached: findings in words, the table, and files to take along."""

from __future__ import annotations

import html

import streamlit as st

from l335.core.addresses import MAX_RUNS
from l335.core.tables import Table
from l335.labs import LabPreset
from l335.labs.results import Arm, arms_of
from l335.results.views import Series, SweepView
from l335.service import Lab
from l335.service.current import current_lab
from l335.ui import links
from l335.ui.comparison import MAX_COMPARED, compare_link
from l335.ui.html_table import html_table
from l335.ui.lab_controls import REFRESH_SECONDS, is_unfinished
from l335.ui.lab_race import all_runs, first_seeds
from l335.ui.wording import plain

REPORT = links.PAGES / "report.py"


def results(lab: Lab, preset: LabPreset, sweep: SweepView) -> None:
    """Draw findings and table of a sweep, kept up to date while it trains."""
    every = REFRESH_SECONDS if is_unfinished(sweep) else None
    st.fragment(_results, run_every=every)(lab, preset, sweep.uid)


def _results(lab: Lab, preset: LabPreset, uid: str) -> None:
    sweep = lab.sweeps.one(uid)
    sentences, table = read_off(preset, sweep)
    is_over = all(run.is_over for run in sweep.runs)
    st.markdown(f"**{'What these results show' if is_over else 'So far'}**")
    st.markdown("\n".join(f"- {plain(sentence)}" for sentence in sentences))
    st.markdown("**Table**")
    result_table(table, preset.title)


def read_off(preset: LabPreset, sweep: SweepView) -> tuple[list[str], Table]:
    """Findings and table of a sweep; they change only where a run begins or ends."""
    marks = tuple((run.uid, run.state, run.step if run.is_over else 0) for run in sweep.runs)
    return _read_off(preset, sweep, preset.model_dump_json(), marks)


@st.cache_data(max_entries=100, show_spinner=False)
def _read_off(
    _preset: LabPreset, _sweep: SweepView, definition: str, marks: tuple[tuple[str, str, int], ...]
) -> tuple[list[str], Table]:
    del definition, marks  # what the answer depends on, in words that can be compared
    arms = arms_in(_sweep)
    sentences = _preset.finding(arms)
    return sentences or ["Nothing yet: the first run has still to end."], _preset.table(arms)


def arms_in(sweep: SweepView) -> list[Arm]:
    """A sweep's runs by setting; the points of a completed run are read once."""
    steps = {run.uid: run.step for run in sweep.runs}
    return arms_of(sweep.cells, lambda uid: _series(uid, steps[uid]))


@st.cache_data(max_entries=200, show_spinner=False)
def _series(uid: str, step: int) -> dict[str, Series]:
    del step  # a run that was continued is read again
    return current_lab().series(uid)


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
            data=lambda: read_off(preset, lab.sweeps.one(sweep.uid))[1].csv(),
            file_name=f"{preset.name}.csv",
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
        if len(runs := first_seeds(sweep, MAX_COMPARED)) > 1:
            compare_link(runs)
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
