"""The list of analyses that are worked on or wait, with a button for each to cancel it."""

from __future__ import annotations

import streamlit as st

from l335.core.errors import NotFound
from l335.results.views import JobView
from l335.service import Lab
from l335.ui import links, wording

TITLES = {
    "feature_maps": "Feature maps",
    "unit": "Arithmetic of a unit",
    "shifted_accuracy": "Accuracy on shifted images",
    "upsample": "Enlarged picture",
    "compression": "Network beside JPEG",
    "neurons": "What each unit draws",
    "movie": "Course as a GIF",
}
"""What people call each kind of look."""

WIDTHS = [2.2, 3.2, 2.4, 1.4]


def analyses(lab: Lab) -> None:
    """Draw the list, where anything is worked on or waits; it is as of this run of the page."""
    found = lab.analyses.unfinished()
    if not found:
        return
    with st.expander(f"Analyses: {len(found):,} not done", icon=":material/hourglass_top:"):
        st.caption(
            "Small ones never wait for large ones, and visitors take turns. A cancelled one can "
            "be asked for again where it came from."
        )
        for job in found:
            _row(lab, job)
        with st.container(horizontal=True):
            st.button("Look again", key="analyses.refresh", icon=":material/refresh:")
            if len(found) > 1:
                st.button(
                    f"Cancel all {len(found):,}",
                    key="analyses.cancel_all",
                    icon=":material/close:",
                    on_click=_cancel,
                    args=(lab, [job.uid for job in found]),
                )


def _row(lab: Lab, job: JobView) -> None:
    kind, run, state, button = st.columns(WIDTHS, vertical_alignment="center")
    size = ", large" if job.is_large else ""
    kind.markdown(f"{TITLES[job.kind]}{size}")
    with run:
        st.page_link(links.RUNS, label=_title(lab, job), query_params={"run": job.run_uid})
    state.markdown(f"{state_words(job)}, asked {wording.age(job.asked_at)}")
    button.button(
        "Cancel",
        key=f"analyses.{job.uid}",
        icon=":material/close:",
        on_click=_cancel,
        args=(lab, [job.uid]),
    )


def _title(lab: Lab, job: JobView) -> str:
    try:
        return wording.plain(lab.run(job.run_uid).title)
    except NotFound:  # of another version
        return f"Run {job.run_uid[:8]}"


def state_words(job: JobView) -> str:
    """How far an analysis is: "40 % done", "next", "3 before it"."""
    if job.state == "running":
        return f"{100 * job.share:.0f} % done"
    return f"{job.num_ahead:,} before it" if job.num_ahead else "next"


def _cancel(lab: Lab, uids: list[str]) -> None:
    for uid in uids:
        lab.analyses.cancel(uid)
