"""One sweep, opened by its address: how far it is, its table, its pictures, what to do with it."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from l335.core.metrics import describe
from l335.results.views import RunView, SweepView
from l335.service import Lab
from l335.spec.sweep_definition import SweepDefinition
from l335.ui import links, wording
from l335.ui.comparison import MAX_COMPARED, MAX_RUNS
from l335.ui.controls import remember_deleted
from l335.ui.failure import refusing
from l335.ui.sweep import share_done
from l335.ui.sweep_buttons import sweep_buttons, what_ended
from l335.ui.sweep_charts import drawn_cells, has_map, heat_map, parallel_view, varied_axes
from l335.ui.sweep_list import states_in_words
from l335.ui.sweep_rows import axes_of, groups_of, metrics_of, sweep_csv
from l335.ui.sweep_table import cell_table, setting_table

REFRESH_SECONDS = 2.0
CHART_SECONDS = 4.0
REPORT = links.PAGES / "report.py"


def sweep_view(lab: Lab, sweep: SweepView) -> None:
    """Draw everything about a sweep."""
    st.page_link(links.SWEEPS, label="All sweeps", icon=":material/arrow_back:")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(wording.plain(sweep.title) or "Sweep", anchor=False)
        _controls(lab, sweep)
    st.caption(_origin(sweep))
    refresh = None if sweep.is_over else REFRESH_SECONDS
    st.fragment(_progress, run_every=refresh)(lab, sweep.uid, _signature(sweep))
    with st.container(horizontal=True, vertical_alignment="center"):
        _links(sweep)
    if not sweep.runs:
        st.info(
            "Every run of this sweep was deleted. Rerun them with the button above.",
            icon=":material/info:",
        )
        return
    titles = ["Table", "Parallel view"] + ["Map"] * has_map(axes_of(sweep))
    table, *pictures = st.tabs(titles, key="sweep.view", on_change="rerun")
    with table:
        if table.open:
            _table(lab, sweep)
    for title, tab in zip(titles[1:], pictures, strict=True):
        with tab:
            if tab.open:
                _pictures(lab, sweep, title)


def _controls(lab: Lab, sweep: SweepView) -> None:
    """The buttons that fit the states of its runs."""
    sweep_buttons(lab, sweep)

    def delete() -> None:
        lab.sweeps.delete(sweep.uid)
        remember_deleted("sweep", sweep.uid, sweep.title)

    st.button(
        "Delete",
        key="sweep.delete",
        icon=":material/delete:",
        on_click=refusing(delete),
        help="Take the sweep out of the list. Its runs stay, and go on where they train.",
    )


def _origin(sweep: SweepView) -> str:
    seeds = {run.seed for run in sweep.runs}
    words = [
        wording.count(len(sweep.cells), "run"),
        wording.count(len(groups_of(sweep)), "setting"),
        wording.count(len(seeds), "seed"),
        f"started {wording.age(sweep.created_at)}",
    ]
    if sweep.lab:
        words.insert(0, "Ready lab")
    if changes := sweep.definition.get("set"):
        words.append(f"all with {wording.plain(', '.join(map(str, changes)))}")
    return " · ".join(words)


def _signature(sweep: SweepView) -> tuple[object, ...]:
    """What decides which buttons and links there are; the page is drawn anew when it changes."""
    states = {run.state for run in sweep.runs}
    can_pause = bool(states & {"queued", "running"})
    return (
        sweep.is_over,
        "paused" in states,
        can_pause,
        what_ended(sweep.to_rerun),
        len(sweep.to_rerun),
    )


def _progress(lab: Lab, uid: str, drawn: tuple[object, ...]) -> None:
    sweep = lab.sweeps.one(uid)
    if _signature(sweep) != drawn:
        st.rerun()
    states = Counter(run.state for run in sweep.runs)
    st.progress(share_done(sweep.runs), text=states_in_words(states))


def _links(sweep: SweepView) -> None:
    _chart_links(sweep)
    if REPORT.exists():
        st.page_link(
            REPORT,
            label="Report",
            icon=":material/description:",
            query_params={"sweep": sweep.uid},
        )
    _origin_link(sweep)
    st.download_button(
        "Download CSV",
        data=lambda: sweep_csv(sweep),
        file_name=f"sweep-{sweep.uid[:8]}.csv",
        mime="text/csv",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
    )


def _chart_links(sweep: SweepView) -> None:
    runs = chart_runs(sweep.runs)
    if runs:
        first, *others = runs
        is_all = len(runs) == len(sweep.runs)
        whose = ("all " if is_all and len(runs) > 1 else "") + wording.count(len(runs), "run")
        st.page_link(
            links.OF_TASK[first.task],
            label=f"Curves of {whose}",
            icon=":material/show_chart:",
            query_params={"run": first.uid, "with": ",".join(run.uid for run in others)},
            help=None
            if is_all
            else f"One chart holds {MAX_RUNS} runs: those that train, then the best by "
            f"{describe(first.headline).title}.",
        )
    if len(runs) > 1:
        st.page_link(
            links.COMPARE,
            label="Compare" if len(runs) <= MAX_COMPARED else f"Compare {MAX_COMPARED}",
            icon=":material/balance:",
            query_params={"runs": ",".join(run.uid for run in runs[:MAX_COMPARED])},
        )


def _origin_link(sweep: SweepView) -> None:
    """Link to the page the sweep was made on, with its settings."""
    if sweep.lab:
        st.page_link(
            links.LABS,
            label="Open the lab",
            icon=":material/science:",
            query_params={"lab": sweep.lab, "sweep": sweep.uid},
        )
    elif can_be_changed(sweep):
        st.page_link(
            links.SWEEPS,
            label="Change and run again",
            icon=":material/edit:",
            query_params=SweepDefinition.from_query(sweep.definition).query(),
            help="Open the settings of a new sweep with those of this one.",
        )


def can_be_changed(sweep: SweepView) -> bool:
    """Whether its definition leads back to the page that made it."""
    return any(word in sweep.definition for word in ("preset", "from"))


def chart_runs(runs: list[RunView]) -> list[RunView]:
    """All runs, or as many as one chart holds: those that train, then the best."""
    if len(runs) <= MAX_RUNS:
        return runs

    def place(run: RunView) -> tuple[bool, float]:
        score = run.summary.get(run.headline, {}).get("best")
        return run.state != "running", -(score if score is not None else float("-inf"))

    return sorted(runs, key=place)[:MAX_RUNS]


def _table(lab: Lab, sweep: SweepView) -> None:
    is_grouped = False
    if len(groups_of(sweep)) < len(sweep.cells):
        is_grouped = st.toggle(
            "One row for each setting, over its seeds", key="sweep.grouped", persist_state="session"
        )
    refresh = None if sweep.is_over else REFRESH_SECONDS
    st.fragment(_fresh_table, run_every=refresh)(lab, sweep.uid, is_grouped)


def _fresh_table(lab: Lab, uid: str, is_grouped: bool) -> None:
    sweep = lab.sweeps.one(uid)
    if is_grouped:
        setting_table(sweep)
    else:
        cell_table(sweep)


def _pictures(lab: Lab, sweep: SweepView, title: str) -> None:
    metrics = metrics_of(sweep)
    metric = st.segmented_control(
        "Figure",
        metrics,
        default=metrics[0],
        required=True,
        format_func=lambda key: describe(key).title,
        key=f"sweep.metric.{title}",
        label_visibility="collapsed",
    )
    refresh = None if sweep.is_over else CHART_SECONDS
    st.fragment(_fresh_picture, run_every=refresh)(lab, sweep.uid, title, metric)


def _fresh_picture(lab: Lab, uid: str, title: str, metric: str) -> None:
    """A chart changes only where a run has ended since: a changed one is drawn from nothing."""
    sweep = lab.sweeps.one(uid)
    axes = axes_of(sweep)
    if title == "Map":
        heat_map(sweep, axes, metric)
    elif varied_axes(axes):
        parallel_view(sweep, axes, metric)
    else:
        st.caption("Nothing varies in this sweep.")
    _beside(sweep, metric)


def _beside(sweep: SweepView, metric: str) -> None:
    """Say what is not drawn, or drawn grey, and why."""
    _, broken = drawn_cells(sweep, metric)
    if unfinished := sum(not run.is_over for run in sweep.runs):
        st.caption(f"Still to come: {wording.count(unfinished, 'run')}.")
    if deleted := sum(cell.missing == "deleted" for cell in sweep.cells):
        st.caption(f"Deleted, so not drawn: {wording.count(deleted, 'run')}.")
    for problem in dict.fromkeys(cell.problem for cell in sweep.cells if cell.problem):
        st.markdown(f":orange[:material/help:] {wording.plain(problem)}")
    for cell in broken[:12]:
        run = cell.run
        assert run is not None
        what = run.error_text or wording.STATES[run.state][0]
        seed = f", seed {run.seed}"
        st.markdown(
            f":red[:material/error:] **{wording.plain(cell.name)}**{seed}: {wording.plain(what)}"
        )
    if len(broken) > 12:
        st.caption(
            f"And {wording.count(len(broken) - 12, 'further run')} without a figure; "
            "the table lists all."
        )
