"""Choosing runs, in widgets that keep their choice while runs come, go on and end.

Streamlit tells options by the text they are shown with. Where that text changes, as an age or a
state does, the browser still sends the old one and the choice is lost; so the texts here stay.
"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from l335.core.moments import date_and_time
from l335.results.views import RunView, SweepLine, SweepView
from l335.ui.wording import viewer_zone

NUM_UID_DIGITS = 6


def picker_label(name: str, run: RunView) -> str:
    """A run as an option, in words that never change: name, seed, when it began, its uid."""
    return f"{name} · seed {run.seed} · {_when_and_which(run)}"


def sweep_label(sweep: SweepLine | SweepView) -> str:
    """A sweep or the runs of a lab as an option, in words that never change."""
    kind = "Lab" if sweep.lab else "Sweep"
    return f"{kind} {sweep.title} · {_when_and_which(sweep)}"


def _when_and_which(one: RunView | SweepLine | SweepView) -> str:
    return f"{date_and_time(one.created_at, viewer_zone())} · {one.uid[:NUM_UID_DIGITS]}"


def runs_multiselect(
    title: str,
    labels: Mapping[str, str],
    in_address: list[str],
    *,
    name: str,
    key: str,
    most: int,
    placeholder: str = "Choose runs",
) -> list[str]:
    """Draw a choice of runs that is kept in the address, as ``?NAME=UID,UID``.

    Args:
        title: What they are chosen for.
        labels: What can be chosen, by uid; no two alike, and the same at every visit.
        in_address: What the address names.
        name: Of the address's part.
        key: Of the widget.
        most: How many may be chosen.
        placeholder: What stands there while nothing is chosen.

    Returns:
        The uids chosen, in the order of the choice.
    """
    if st.session_state.get(f"{key}.address") != in_address:
        # The address leads: a link or the Back button may have changed it.
        st.session_state[key] = in_address
        st.session_state[f"{key}.address"] = in_address

    def keep() -> None:
        st.session_state[f"{key}.address"] = list(st.session_state[key])
        if st.session_state[key]:
            st.query_params[name] = ",".join(st.session_state[key])
        else:
            st.query_params.pop(name, None)

    return st.multiselect(
        title,
        list(labels),
        format_func=labels.__getitem__,
        key=key,
        on_change=keep,
        placeholder=placeholder,
        max_selections=most,
    )


def one_of(title: str, names: Mapping[str, str], *, key: str, width: int | None = None) -> str:
    """Draw a choice of one by its name; it stays where names change, as with further runs.

    Args:
        title: What it is chosen for.
        names: What can be chosen, by uid; the first is chosen at first.
        key: Of the widget.
        width: In pixels; all there is where None.
    """
    uids, kept = list(names), f"{key}.kept"
    before: str = st.session_state.get(kept, "")
    chosen = st.selectbox(
        title,
        uids,
        index=uids.index(before) if before in names else 0,
        format_func=names.__getitem__,
        key=key,
        width=width or "stretch",
    )
    st.session_state[kept] = chosen
    return chosen
