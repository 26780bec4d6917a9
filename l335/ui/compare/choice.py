"""Which runs are compared: those the address names, and a way to choose others."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from l335.core.errors import NotFound
from l335.results.views import RunView
from l335.service import Lab
from l335.ui import links, wording
from l335.ui.comparison import MAX_COMPARED, NUM_OFFERED
from l335.ui.run_picker import picker_label, runs_multiselect

IN_ADDRESS = "runs"


def chosen_runs(lab: Lab) -> list[RunView]:
    """Draw the choice of runs, kept in the address as ``?runs=UID,UID``.

    Returns:
        The runs to compare, in the order they were chosen.
    """
    runs = _runs_in_address(lab)
    known = {run.uid: run for run in [*runs, *lab.runs(limit=NUM_OFFERED)]}
    if not known:
        return []
    chosen = runs_multiselect(
        "Runs to compare, two to eight",
        {uid: picker_label(run.title, run) for uid, run in known.items()},
        [run.uid for run in runs],
        name=IN_ADDRESS,
        key="compare.runs",
        most=MAX_COMPARED,
    )
    return [known[uid] for uid in chosen]


def _runs_in_address(lab: Lab) -> list[RunView]:
    uids = [uid for uid in dict.fromkeys(st.query_params.get(IN_ADDRESS, "").split(",")) if uid]
    found = [run for run in (_run(lab, uid) for uid in uids) if run is not None]
    if len(found) > MAX_COMPARED:
        st.warning(
            f"The address names {len(found)} runs; {MAX_COMPARED} at most are compared, so these "
            "are the first of them. Take some out to make room for others.",
            icon=":material/filter_list:",
        )
    return found[:MAX_COMPARED]


def _run(lab: Lab, uid: str) -> RunView | None:
    """The run of this uid; says so where there is none, or it was deleted."""
    try:
        run = lab.run(uid)
    except NotFound as error:
        what = wording.plain(str(error))
    else:
        if not run.is_deleted:
            return run
        what = f"{wording.plain(run.title)}, seed {run.seed}, was deleted."
    st.warning(f"{what} It is passed over.", icon=":material/link_off:")
    return None


def what_to_do(lab: Lab, runs: Sequence[RunView]) -> None:
    """Say what is missing to compare: another run, two of them, or any at all."""
    if runs:
        text = "One run is chosen. Choose another one above, up to eight in all."
    elif lab.count_runs():
        text = (
            "Choose two to eight runs above, or tick them in the list of runs and press Compare "
            "there. The address keeps the choice, so it can be sent to others."
        )
    else:
        text = (
            "There is no run yet. Open Classification or Fit an image, choose the settings and "
            "press Train, twice with something changed; then compare the two here."
        )
    st.info(text, icon=":material/info:")
    with st.container(horizontal=True):
        if lab.count_runs():
            st.page_link(links.RUNS, label="List of runs", icon=":material/list:")
        else:
            for name, title in wording.TASKS.items():
                st.page_link(links.OF_TASK[name], label=f"Open {title}", icon=":material/add:")


def choose_also(runs: Sequence[RunView], uids: Sequence[str]) -> bool:
    """Put further runs into the address, where there is room for all of them."""
    if len(runs) + len(uids) > MAX_COMPARED:
        return False
    st.query_params[IN_ADDRESS] = ",".join([*(run.uid for run in runs), *uids])
    return True
