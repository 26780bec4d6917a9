"""The table of a sweep, filling in while its runs train."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from l335.core.metrics import describe
from l335.labs.results import headed
from l335.results.views import SweepView
from l335.ui import wording
from l335.ui.sweep_rows import Axis, Row, axes_of, cell_rows, metrics_of, setting_rows

STATES = {state: title for state, (title, _, _) in wording.STATES.items()} | {
    "running": "Training",
    "deleted": "Deleted",
    "unreadable": "Unreadable",
    "continued": "Continued",
}
COLORS = {state: color for state, (_, color, _) in wording.STATES.items()} | {
    "deleted": "gray",
    "unreadable": "orange",
    "continued": "orange",
}
MAX_HEIGHT = 620  # pixels; more rows scroll
ROW_HEIGHT = 35


def cell_table(sweep: SweepView) -> None:
    """Draw one row for each cell."""
    axes, metrics = axes_of(sweep), metrics_of(sweep)
    rows = cell_rows(sweep, axes, metrics)
    for row in rows:
        row["state"] = [STATES[row["state"]]]
        row["progress"] = None if row["progress"] is None else 100 * row["progress"]
    columns = _axis_columns(axes) | {
        "state": st.column_config.MultiselectColumn(
            "State", options=list(STATES.values()), color=list(COLORS.values()), width=110
        ),
        "progress": st.column_config.ProgressColumn(
            "Progress", min_value=0, max_value=100, format="%d %%", width=110
        ),
        "step": st.column_config.NumberColumn("Step", format="localized"),
        **{metric: _figure(metric) for metric in metrics},
        "seconds": st.column_config.NumberColumn("Training, s", format="%.1f"),
        "run": st.column_config.LinkColumn(
            "Run", display_text="Open", help="Opens the run in a new tab."
        ),
    }
    if any(row["error"] for row in rows):
        columns["error"] = st.column_config.TextColumn("What went wrong", width="large")
    _draw(rows, columns, "sweep.cells", "The runs of the sweep, one a row")
    st.caption(
        "Figures after the last evaluation. A click on a column's title sorts by it. A run that "
        "failed has no figures; the last column says why."
    )


def setting_table(sweep: SweepView) -> None:
    """Draw one row for each setting, over its seeds."""
    axes, metrics = axes_of(sweep), metrics_of(sweep)
    rows = setting_rows(sweep, axes, metrics)
    columns = _axis_columns([axis for axis in axes if axis.key != "seed"]) | {
        "completed": st.column_config.NumberColumn("n", help="Completed runs"),
        "runs": st.column_config.NumberColumn("of", help="Runs of this setting"),
        "failed": st.column_config.NumberColumn("Failed"),
    }
    for metric in metrics:
        columns[metric] = _figure(metric)
        columns[f"{metric}±"] = st.column_config.NumberColumn(
            "±", format=_digits(metric), help=f"Standard deviation of {describe(metric).title}"
        )
    columns["seconds"] = st.column_config.NumberColumn("Training, s", format="%.1f")
    if any(row["error"] for row in rows):
        columns["error"] = st.column_config.TextColumn("What went wrong", width="large")
    _draw(rows, columns, "sweep.settings", "The settings of the sweep, one a row, over seeds")
    st.caption(
        "Mean and standard deviation (±) after the last step over the n runs of a setting that "
        "have completed. Runs that failed are counted, not averaged."
    )


def _axis_columns(axes: Sequence[Axis]) -> dict[str, Any]:
    return {
        f"axis:{axis.key}": st.column_config.NumberColumn(axis.title, format="%g", pinned=True)
        if axis.numbers is not None
        else st.column_config.TextColumn(axis.title, pinned=True)
        for axis in axes
    }


def _figure(metric: str) -> Any:
    return st.column_config.NumberColumn(headed(metric), format=_digits(metric))


def _digits(metric: str) -> str:
    described = describe(metric)
    if described.percent:
        return "%.2f"
    # Losses of runs that diverge have many digits.
    return f"%.{described.digits}f" if described.unit else "%.4g"


def _draw(rows: list[Row], columns: dict[str, Any], key: str, alt: str) -> None:
    st.dataframe(
        {name: [row[name] for row in rows] for name in columns},
        column_config=columns,
        hide_index=True,
        key=key,
        height=min(MAX_HEIGHT, ROW_HEIGHT * (len(rows) + 1) + 3),
        row_height=ROW_HEIGHT,
        placeholder="–",
        alt=alt,
    )
