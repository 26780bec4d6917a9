"""Asking for a look at a run and waiting for it without keeping the page busy."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from l335.core.errors import LabError
from l335.results.views import JobView
from l335.service import Lab
from l335.service.visitors import visitor_at
from l335.ui.wording import plain

POLL_SECONDS = 0.3


def ask_for(
    lab: Lab, run_uid: str, kind: str, params: dict[str, object], *, again: bool = False
) -> str | None:
    """The look's uid; None where it is refused, which is then said.

    Args:
        lab: The lab.
        run_uid: The run.
        kind: Kind of a look in ``l335.analyses.looks``.
        params: The look's other fields.
        again: Whether one that has failed or was cancelled is tried once more. Only a click does
            that: a page that runs again must not undo what was cancelled.
    """
    try:
        return lab.analyses.request(run_uid, kind, params, asked_by=this_visitor(), again=again)
    except LabError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None


def this_visitor() -> str:
    """Whom this page belongs to, for turns and limits."""
    return visitor_at(st.context.ip_address)


def wait_for(lab: Lab, uid: str, doing: str, show: Callable[[JobView], None]) -> None:
    """Show a finished job, or its progress until it is finished.

    Args:
        lab: The lab.
        uid: The job.
        doing: What is being done, such as "Painting the picture".
        show: Draws the finished job's products.
    """
    job = lab.analyses.one(uid)
    if job.state == "done":
        show(job)
    elif job.state == "failed":
        st.error(plain(job.error_text), icon=":material/error:")
    else:
        # Only what moves is in the fragment: widgets in it would lose clicks.
        st.fragment(_progress, run_every=POLL_SECONDS)(lab, uid, doing)
        st.button(
            "Cancel",
            key=f"cancel.{uid}",
            icon=":material/close:",
            on_click=lab.analyses.cancel,
            args=(uid,),
        )


def _progress(lab: Lab, uid: str, doing: str) -> None:
    job = lab.analyses.one(uid)
    if job.state in {"done", "failed"}:
        st.rerun()
    if job.state == "queued":
        where = f"{job.num_ahead:,} before it" if job.num_ahead else "waiting for a free place"
        st.progress(0.0, text=f"{doing}: {where} …")
    else:
        st.progress(min(1.0, job.share), text=f"{doing}: {100 * job.share:.0f} %")
