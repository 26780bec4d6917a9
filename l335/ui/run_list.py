"""Runs as rows: state, name, figures and age, each with a link to its own address."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from l335.results.views import RunView, UnreadableRun
from l335.service import Lab
from l335.ui import links, wording
from l335.ui.comparison import MAX_COMPARED, compare_link
from l335.ui.controls import delete_unreadable

PAGE_SIZE = 15  # each row costs the browser some 10 ms
REFRESH_SECONDS = 2.0
WIDTHS = [1.8, 4.0, 1.1, 1.8, 3.3]
TICK_WIDTH = 0.35
HEADINGS = ["State", "Run", "Best", "Progress", "Submitted, trained, seed"]
LINK_STYLE = """
.st-key-run_rows [data-testid="stPageLink-NavLink"]:not(:hover) { background: transparent; }
.st-key-run_rows [data-testid="stPageLink-NavLink"] * { white-space: normal; font-weight: 400; }
@media (max-width: 640px) {
  .st-key-run_headings { display: none; }
  .st-key-run_rows [data-testid="stHorizontalBlock"] {
    flex-flow: row wrap;
    gap: 0 0.8rem;
    padding-bottom: 0.7rem;
    border-bottom: 1px solid rgb(128 128 128 / 0.25);
  }
  .st-key-run_rows [data-testid="stColumn"] { flex: 0 1 auto; width: auto; min-width: 0; }
  .st-key-run_rows [data-testid="stColumn"]:has([data-testid="stPageLink"]) { flex-basis: 100%; }
}
"""
"""A link to a run of this same page would else look like the page chosen in the navigation; on
a phone each run is a block of its own."""

FILTERS = {"all": "All", **wording.TASKS}


def run_list(lab: Lab) -> None:
    """Draw the filter, one page of runs, and the steps to other pages."""
    if not lab.count_runs():
        st.info(
            "There is no run yet. Open Classification or Fit an image, choose the settings and "
            "press Train; every run is then listed here.",
            icon=":material/info:",
        )
        with st.container(horizontal=True):
            for name, title in wording.TASKS.items():
                st.page_link(links.OF_TASK[name], label=f"Open {title}", icon=":material/add:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.segmented_control(
            "Show",
            list(FILTERS),
            default="all",
            required=True,
            format_func=FILTERS.__getitem__,
            key="runs.task",
            label_visibility="collapsed",
            persist_state="session",
        )
        task = None if chosen is None or chosen == "all" else chosen
        total = lab.count_runs(task)
        offset = first_shown(total, PAGE_SIZE, key="runs.page")
    runs = lab.listing(PAGE_SIZE, offset, task)
    if not runs:
        st.caption("There is no run of this kind yet.")
        return
    # The rows are links and ticks that last, so they may refresh by themselves.
    is_moving = any(run.state in {"queued", "running"} for run in runs)
    refresh = REFRESH_SECONDS if is_moving else None
    st.fragment(_fresh_rows, run_every=refresh)(lab, offset, task)
    st.caption(f"{wording.count(total, 'run')} in all.")


def first_shown(total: int, page_size: int, *, key: str) -> int:
    """Draw the choice of a page of a long list; return the place of its first row, from 0."""
    num_pages = -(-total // page_size)
    if num_pages <= 1:
        return 0
    page = st.number_input("Page", 1, num_pages, step=1, key=key, width=140)
    return (int(page or 1) - 1) * page_size


def _fresh_rows(lab: Lab, offset: int, task: str | None) -> None:
    top = st.container(horizontal=True, vertical_alignment="center", height=56, border=False)
    found = lab.listing(PAGE_SIZE, offset, task)
    ticked = run_rows([run for run in found if isinstance(run, RunView)], can_tick=True)
    _unreadable_rows(lab, [run for run in found if isinstance(run, UnreadableRun)])
    with top:
        _chart_link(ticked)


def _unreadable_rows(lab: Lab, runs: list[UnreadableRun]) -> None:
    """Draw what is stored but can't be read, with the reason and a way to be rid of it."""
    if not runs:
        return
    st.caption(
        f"{wording.count(len(runs), 'run')} on this page can't be read by this version. The others "
        "are not touched by it."
    )
    for run in runs:
        state, reason, button = st.columns([1.8, 9.0, 1.4], vertical_alignment="center")
        state.badge("Unreadable", icon=":material/help:", color="orange")
        name = f"Run {run.uid[:8]}, {wording.age(run.created_at)}"
        reason.markdown(f"{name}: {wording.plain(run.reason)}")
        with button:
            delete_unreadable(lab, run.uid, place="list")


def _chart_link(ticked: list[RunView]) -> None:
    if len(ticked) < 2:
        st.caption("Tick two runs or more to see them in one chart, or to compare them.")
        return
    if len(ticked) <= MAX_COMPARED:
        compare_link([run.uid for run in ticked])
    else:
        st.caption(f"Up to {MAX_COMPARED} runs can be compared.")
    if len({run.task for run in ticked}) > 1:
        st.caption("Only runs of the same kind share a chart.")
    else:
        first, *others = ticked
        st.page_link(
            links.OF_TASK[first.task],
            label=f"Show {len(ticked)} runs in one chart",
            icon=":material/show_chart:",
            query_params={"run": first.uid, "with": ",".join(run.uid for run in others)},
        )


def run_rows(runs: list[RunView], *, can_tick: bool = False) -> list[RunView]:
    """Draw runs as the rows of a table.

    Returns:
        The runs that are ticked, where they can be.
    """
    with st.container(key="run_rows"):
        st.html(f"<style>{LINK_STYLE}</style>")
        with st.container(key="run_headings"):
            columns = _columns(can_tick)[-len(HEADINGS) :]
        for column, heading in zip(columns, HEADINGS, strict=True):
            column.caption(heading)
        return [run for run in runs if _row(run, can_tick)]


def _columns(can_tick: bool) -> list[DeltaGenerator]:
    widths = [TICK_WIDTH, *WIDTHS] if can_tick else WIDTHS
    return st.columns(widths, vertical_alignment="center")


def _row(run: RunView, can_tick: bool) -> bool:
    *tick, state, link, best, progress, rest = _columns(can_tick)
    is_ticked = can_tick and tick[0].checkbox(
        f"Compare {wording.plain(run.title)}, seed {run.seed}",
        key=f"tick.{run.uid}",
        label_visibility="collapsed",
    )
    title, color, icon = wording.STATES[run.state]
    state.badge(title, icon=icon, color=color)
    link.page_link(
        links.RUNS,
        label=wording.plain(run.title),
        icon=":material/category:" if run.task == "classify" else ":material/image:",
        query_params={"run": run.uid},
    )
    best.markdown(f"**{wording.best(run, run.headline)}**{run.of_what}")
    progress.markdown(wording.progress(run))
    trained = wording.duration(run.train_seconds) if run.step else "–"
    rest.markdown(f"{wording.age(run.created_at)} · {trained} · seed {run.seed}")
    return is_ticked
