"""The page on design choices: buttons, what is compared, and what the runs show as they train."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import streamlit as st

from l335.core.tables import csv_text
from l335.labs.design_findings import finding
from l335.labs.design_results import (
    Curve,
    Reading,
    Row,
    common_seconds,
    final_reading,
    ranked,
    reading_at,
)
from l335.labs.designs import AXES, MAX_RUNS, Cell, DesignGrid, Place, design_name
from l335.results.views import RunView, Series
from l335.service import Lab
from l335.service.current import current_lab
from l335.spec import FitImageSpec
from l335.ui import links
from l335.ui.design_settings import CONTROLS, KEY, PARAMETERS, SECONDS, compared_at
from l335.ui.design_views import curve_chart, design_table, wall
from l335.ui.sweep import (
    REFRESH_SECONDS,
    found_runs,
    is_unfinished,
    progress,
    start_and_stop,
    submit_all,
)
from l335.ui.wording import count, plain

Runs = Mapping[Cell, RunView | None]
CSV_COLUMNS = [
    *("design", *AXES, "lr", "image", "size", "seed", "parameters", "state", "reason"),
    *("steps", "seconds", "train/psnr_db", "test/psnr_db", "test_above_base_db", "run"),
]
FAR = 0.05  # parameter counts further off than this share are pointed out


class Compared(NamedTuple):
    """How designs are compared.

    Attributes:
        equal: What all designs have equally much of.
        typed: Seconds a person typed in; None for those that all runs have.
    """

    equal: str
    typed: float | None


def designs_lab(lab: Lab, grid: DesignGrid) -> None:
    """Draw the comparison, the buttons, and what the runs show as they train."""
    equal, typed = compared_at()
    grid = replace(grid, equal_parameters=equal == PARAMETERS)
    if grid.num_runs > MAX_RUNS:
        _refused(grid)
        return
    specs = grid.runs()
    runs = found_runs(lab, KEY, specs, keep_failed=True)
    wanted = {cell: run if run and run.state != "cancelled" else None for cell, run in runs.items()}
    start_and_stop(lab, KEY, specs, wanted, max_runs=MAX_RUNS)
    _start_failed(lab, specs, runs)
    if grid.equal_parameters:
        _note_parameters(grid)
    compared = Compared(equal, typed)
    # Only what moves is in the fragments: widgets in them would lose clicks.
    every = REFRESH_SECONDS if is_unfinished(runs) else None
    st.fragment(_results, run_every=every)(lab, grid, compared, every is not None)
    if not any(runs.values()):
        return
    place, over = _what_is_drawn(grid)
    st.fragment(_pictures, run_every=every)(lab, grid, compared, place, over)
    if any(final_reading(run) for run in runs.values()):
        st.download_button(
            "Download CSV",
            data=lambda: designs_csv(grid, runs, read_off(grid, runs, compared)[0]),
            file_name="designs.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
        )


def _refused(grid: DesignGrid) -> None:
    label = f"Train {count(grid.num_runs, 'run')}"
    st.button(label, type="primary", icon=":material/play_arrow:", disabled=True)
    designs, places = count(len(grid.designs()), "design"), len(grid.places)
    st.info(
        f"These settings make {count(grid.num_runs, 'run')}: {designs}, each on {places} pictures, "
        f"resolutions or seeds; at most {MAX_RUNS} are trained at once. Take choices away, or "
        "vary one at a time.",
        icon=":material/info:",
    )


def _start_failed(lab: Lab, specs: Mapping[Cell, FitImageSpec], runs: Runs) -> None:
    failed = [specs[cell] for cell, run in runs.items() if run and run.state == "failed"]
    if not failed:
        return
    label = f"Start {count(len(failed), 'failed run')} again"
    if st.button(label, key=f"{KEY}.again", icon=":material/replay:"):
        submit_all(lab, failed)


def _note_parameters(grid: DesignGrid) -> None:
    budget = grid.spec(grid.base, None).num_parameters
    far = [
        f"{design_name(design, grid.base)} has {number:,}"
        for design in grid.designs()
        if abs((number := grid.spec(design, None).num_parameters) - budget) > FAR * budget
    ]
    text = (
        f"The base has {budget:,} parameters; the width of every other design is the one whose "
        "count comes nearest, so width is not an axis here."
    )
    if far:
        text += f" No width up to 2,048 comes near for some: {'; '.join(far)}."
    st.caption(text)


def place_name(grid: DesignGrid, place: Place) -> str:
    """A picture and resolution as people read it, "Sky, 64 px", with the seed of several."""
    [image] = [image for image in grid.images if image.sha256 == place.image]
    where = f"{image.short_name}, {place.size}\N{NO-BREAK SPACE}px"
    return f"{where}, seed {place.seed}" if grid.num_seeds > 1 else where


def _what_is_drawn(grid: DesignGrid) -> tuple[Place, str]:
    """Draw the choice of what curves and reconstructions are of, and what curves are over."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = {place_name(grid, place): place for place in grid.places}
        name = CONTROLS.draw(st.selectbox, "place", list(names), width=300)
        over = CONTROLS.draw(
            st.segmented_control, "over", ["Steps", "Seconds"], default="Steps", required=True
        )
    return names[name or next(iter(names))], str(over or "Steps")


def _results(lab: Lab, grid: DesignGrid, compared: Compared, was_running: bool) -> None:
    runs = found_runs(lab, KEY, grid.runs(), keep_failed=True)
    if was_running and not is_unfinished(runs):
        st.rerun()  # the last round: the buttons and the download follow
    if was_running:
        progress(runs)
    if not any(runs.values()):
        st.caption("The table fills here as the runs train, one design after the other.")
        return
    readings, budgets = read_off(grid, runs, compared)
    rows = ranked(grid, readings)
    is_done = all(run is not None and run.is_over for run in runs.values())
    text = finding(grid, rows, is_done=is_done)
    if text:
        st.markdown(f"**What the figures show.** {text}")
    names = {place: place_name(grid, place) for place in grid.places}
    design_table(names, rows, runs, is_by_seconds=compared.equal == SECONDS)
    if budgets:
        _say_budgets(grid, budgets)
    _failures(runs, rows, names)


def _pictures(lab: Lab, grid: DesignGrid, compared: Compared, place: Place, over: str) -> None:
    runs = found_runs(lab, KEY, grid.runs(), keep_failed=True)
    readings, budgets = read_off(grid, runs, compared)
    rows = ranked(grid, readings)
    here = {
        design_name(design, grid.base): runs.get(Cell(design, place)) for design in grid.designs()
    }
    curves = {row.name: curve_of(run) for row in rows if (run := here[row.name]) and run.step}
    name = place_name(grid, place)
    curve_chart(name, curves, here, over=over, budget=budgets.get(place))
    wall(lab, name, place, rows, here, is_by_seconds=compared.equal == SECONDS)


def read_off(
    grid: DesignGrid, runs: Runs, compared: Compared
) -> tuple[dict[Cell, Reading | None], dict[Place, float]]:
    """What each run had reached, and the seconds of each place where those are equal."""
    if compared.equal != SECONDS:
        return {cell: final_reading(run) for cell, run in runs.items()}, {}
    curves = {
        cell: curve_of(run)
        for cell, run in runs.items()
        if run is not None and run.state == "completed"
    }
    budgets = {}
    for place in grid.places:
        common = common_seconds(curve for cell, curve in curves.items() if cell.place == place)
        if common is not None:
            budgets[place] = compared.typed or common
    return {
        cell: reading_at(curves[cell], budgets[cell.place]) if cell in curves else None
        for cell in runs
    }, budgets


def curve_of(run: RunView) -> Curve:
    """The evaluations of a run so far."""
    return _curve(run.uid, run.step, run.state, run.attempt)


@st.cache_data(max_entries=600, show_spinner=False)
def _curve(uid: str, step: int, state: str, attempt: int) -> Curve:
    del step, state, attempt  # a run that has gone on is read again
    series = current_lab().series(uid)
    return Curve(series.get("train/psnr_db", Series()), series.get("test/psnr_db", Series()))


def _say_budgets(grid: DesignGrid, budgets: Mapping[Place, float]) -> None:
    if len(set(budgets.values())) == 1:
        when = f"{next(iter(budgets.values())):.3g} seconds of training"
    else:
        parts = [
            f"{seconds:.3g} s on {plain(place_name(grid, place))}"
            for place, seconds in budgets.items()
        ]
        when = f"the training time of the quickest run: {'; '.join(parts)}"
    st.caption(
        f"Every run is read off at {when}, on the line between two evaluations. Seconds are "
        "measured, so what else the machine did at the time is in them."
    )


def _failures(runs: Runs, rows: list[Row], names: Mapping[Place, str]) -> None:
    named = {row.design: row.name for row in rows}
    for cell, run in runs.items():
        if run is not None and run.state == "failed":
            where = f"{named[cell.design]} on {plain(names[cell.place])}"
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(
                    f":red[:material/error:] **{where}** failed: {plain(run.error_text)}",
                    width="content",
                )
                st.page_link(
                    links.OF_TASK["fit-image"],
                    label="Open run",
                    query_params={"run": run.uid},
                    width="content",
                )


def designs_csv(grid: DesignGrid, runs: Runs, readings: Mapping[Cell, Reading | None]) -> str:
    """One line for each run: its design, where it was tried, and what it reached, in dB."""
    names = {image.sha256: image.name for image in grid.images}
    lines: list[Sequence[object]] = [CSV_COLUMNS]
    differences = {row.design: row.differences for row in ranked(grid, readings)}
    for cell, run in runs.items():
        if run is None:
            continue
        reading = readings.get(cell)
        figures: list[object] = ["", "", "", ""]
        if reading:
            figures = [f"{reading.steps:g}", f"{reading.seconds:.6g}", reading.train, reading.test]
        design = [design_name(cell.design, grid.base), *cell.design, run.spec.lr]
        where = [names[cell.place.image], cell.place.size, cell.place.seed]
        above = differences[cell.design].get(cell.place, "")
        state = [run.num_parameters, run.state, run.error_text]
        lines.append([*design, *where, *state, *figures, above, run.uid])
    return csv_text(lines)
