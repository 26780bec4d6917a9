"""Several runs in one chart: which are drawn, and what the chart is called."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from l335.errors import NotFound
from l335.groups import group_by_setting, place_of, words_of
from l335.lab import Lab
from l335.ui import wording
from l335.views import RunView

MAX_RUNS = 64
"""More are not drawn in one chart."""

NUM_OFFERED = 50
"""How many of the latest runs the picker offers."""


def title_of(runs: Sequence[RunView]) -> str:
    """A name for a figure of these runs, for its title and its file."""
    groups = group_by_setting(runs) if runs else []
    if not groups:
        return "Curves"
    if len(groups) == 1:
        seeds = f"{len(runs)} seeds" if len(runs) > 1 else f"seed {runs[0].seed}"
        return f"{runs[0].title}, {seeds}"
    if len(groups) > 3:
        return f"{len(groups)} settings, {len(runs)} runs"
    return " and ".join(group.name for group in groups)


def runs_beside(lab: Lab, run: RunView | None) -> list[RunView]:
    """The runs ``?with=UID,UID`` names, beside the one of ``?run=``; others are passed over."""
    if run is None:
        return []
    found = []
    uids = dict.fromkeys(st.query_params.get("with", "").split(","))
    for uid in [uid for uid in uids if uid and uid != run.uid][: MAX_RUNS - 1]:
        try:
            other = lab.run(uid)
        except NotFound:
            st.warning(f"There is no run {wording.plain(uid[:40])} to compare with.")
            continue
        if other.task == run.task:
            found.append(other)
    return found


def compare_picker(lab: Lab, run: RunView) -> list[RunView]:
    """Let a person choose runs to draw beside one; the choice is kept in the address.

    Returns:
        The runs to draw beside it.
    """
    beside = runs_beside(lab, run)
    known = {one.uid: one for one in beside}
    latest = lab.runs(limit=NUM_OFFERED, task=run.task)
    known |= {one.uid: one for one in latest if one.uid not in known and one.uid != run.uid}
    if not known:
        return []
    key = f"with.{run.uid}"
    in_address = [one.uid for one in beside]
    if st.session_state.get(f"{key}.address") != in_address:
        # The address leads: a link or the Back button may have changed it.
        st.session_state[key] = in_address
        st.session_state[f"{key}.address"] = in_address
    labels = {uid: _label(other, run) for uid, other in known.items()}

    def keep() -> None:
        st.session_state[f"{key}.address"] = list(st.session_state[key])
        if st.session_state[key]:
            st.query_params["with"] = ",".join(st.session_state[key])
        else:
            st.query_params.pop("with", None)

    title = f"Compared with {len(beside)}" if beside else "Compare"
    with st.popover(title, icon=":material/show_chart:", width="content"):
        chosen = st.multiselect(
            "Draw in the same charts",
            list(known),
            format_func=labels.__getitem__,
            key=key,
            on_change=keep,
            placeholder="Choose runs",
            max_selections=MAX_RUNS - 1,
        )
    return [known[uid] for uid in chosen]


def _label(run: RunView, shown: RunView) -> str:
    mine = words_of(run.spec)
    other = words_of(shown.spec)
    keys = sorted(mine, key=place_of)
    changes = [mine[key] for key in keys if other.get(key, mine[key]) != mine[key]]
    name = ", ".join(changes) or "same settings"
    state = "" if run.state == "completed" else f" · {wording.STATES[run.state][0].lower()}"
    return f"{name} · seed {run.seed}{state} · {wording.age(run.created_at)}"
