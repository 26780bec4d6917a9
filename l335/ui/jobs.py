"""Waiting for a look at a run without keeping the page busy."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from l335.lab import Lab
from l335.views import JobView

POLL_SECONDS = 0.3


def wait_for(lab: Lab, uid: str, doing: str, show: Callable[[JobView], None]) -> None:
    """Show a finished job, or its progress until it is finished.

    Args:
        lab: The lab.
        uid: The job.
        doing: What is being done, such as "Painting the picture".
        show: Draws the finished job's products.
    """
    job = lab.job(uid)
    if job.state == "done":
        show(job)
    elif job.state == "failed":
        st.error(job.error_text, icon=":material/error:")
    else:
        # Only what moves is in the fragment: widgets in it would lose clicks.
        st.fragment(_progress, run_every=POLL_SECONDS)(lab, uid, doing)


def _progress(lab: Lab, uid: str, doing: str) -> None:
    job = lab.job(uid)
    if job.state in {"done", "failed"}:
        st.rerun()
    if job.state == "queued":
        st.progress(0.0, text=f"{doing}: waiting for a free place …")
    else:
        st.progress(min(1.0, job.share), text=f"{doing}: {100 * job.share:.0f} %")
