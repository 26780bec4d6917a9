"""Settings side by side: those that differ, and those that do not."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

from l335.results.views import RunView
from l335.ui.comparison import SettingRow, names_of_runs, setting_rows
from l335.ui.html_table import html_table
from l335.ui.wording import count


def settings_that_differ(runs: Sequence[RunView]) -> None:
    """Draw a row for each setting that differs, a column for each run; the others in a fold."""
    st.subheader("Settings that differ", anchor=False)
    rows = setting_rows([run.spec for run in runs])
    differing = [row for row in rows if row.differs]
    equal = [row for row in rows if not row.differs]
    if differing:
        names = names_of_runs(runs)
        html_table(
            "Settings that differ, a column for each run",
            ["Setting", *(html.escape(names[run.uid]) for run in runs)],
            [[_title(row), *map(html.escape, row.values)] for row in differing],
            words=range(len(runs) + 1),
        )
    else:
        st.caption("None: the runs are repetitions of each other, with the same seed too.")
    if equal:
        with st.expander(f"{count(len(equal), 'setting').capitalize()} alike in all of them"):
            html_table(
                "Settings that are alike",
                ["Setting", "In all runs"],
                [[_title(row), html.escape(row.values[0])] for row in equal],
                words=(0, 1),
            )


def _title(row: SettingRow) -> str:
    return f"{html.escape(row.title)} <code>{html.escape(row.key)}</code>"
