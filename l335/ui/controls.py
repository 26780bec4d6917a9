"""Buttons that act on a run, and what they say afterwards."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from l335.core.errors import LabError
from l335.results.views import RunView
from l335.service import Lab
from l335.spec.identity import counts_on_length
from l335.ui import links
from l335.ui.failure import refusing
from l335.ui.sharing import held_on
from l335.ui.wording import plain


def run_controls(lab: Lab, run: RunView) -> None:
    """Stop, pause or go on with a run: the buttons that fit its state."""
    if run.state in {"queued", "running"}:
        st.button(
            "Pause",
            key=f"pause.{run.uid}",
            icon=":material/pause:",
            disabled=run.want != "run",
            on_click=refusing(lab.pause),
            args=(run.uid,),
            help="Keep a checkpoint and free its place for another run.",
        )
        st.button(
            "Stop",
            key=f"stop.{run.uid}",
            icon=":material/stop:",
            disabled=run.want == "cancel",
            on_click=refusing(lab.stop),
            args=(run.uid,),
            help="End the run here. What it has learned is kept.",
        )
    elif run.state == "completed":
        _continue(lab, run)
    else:
        st.button(
            "Resume",
            key=f"resume.{run.uid}",
            icon=":material/play_arrow:",
            on_click=refusing(lab.resume),
            args=(run.uid,),
            help="Go on from the last checkpoint."
            if run.has_checkpoint
            else "Begin again: there is no checkpoint yet.",
        )


def _continue(lab: Lab, run: RunView) -> None:
    """Train a finished run on, from where it ended."""
    noun = "epochs" if run.task == "classify" else "steps"
    if not held_on(run.task).is_free(noun):
        return
    key = f"more.{run.uid}"

    def go_on() -> None:
        try:
            lab.extend(run.uid, int(st.session_state[key]))
        except LabError as error:
            st.session_state[f"{key}.error"] = str(error)

    with st.popover("Continue", icon=":material/fast_forward:"):
        st.number_input(
            f"Further {noun}",
            value=5 if run.task == "classify" else 1000,
            step=1 if run.task == "classify" else 500,
            key=key,
            help="Train on from the last checkpoint; the curves go on in the same chart.",
        )
        if counts_on_length(run.spec):
            title = type(run.spec.schedule).title.lower()
            st.caption(
                f"The {title} schedule counts on the length, so the run is then marked as "
                "continued, and no longer counts among the seeds of its settings."
            )
        st.button("Train on", key=f"continue.{run.uid}", type="primary", on_click=go_on)
    if sentence := st.session_state.pop(f"{key}.error", None):
        st.error(sentence, icon=":material/error:")


def delete_button(lab: Lab, run: RunView) -> None:
    """Take a run out of the list; the next page view offers to undo it."""

    def delete() -> None:
        lab.delete(run.uid)
        remember_deleted("run", run.uid, run.title)

    st.button(
        "Delete", key=f"delete.{run.uid}", icon=":material/delete:", on_click=refusing(delete)
    )


def delete_unreadable(lab: Lab, uid: str, *, place: str) -> None:
    """Take a run that can't be read out of the list; the next page view offers to undo it.

    Args:
        lab: Where it is stored.
        uid: The run.
        place: Where on the page the button stands, for there may be two of one run.
    """
    name = f"Run {uid[:8]}"

    def delete() -> None:
        lab.delete(uid)
        remember_deleted("run", uid, name)

    st.button(
        "Delete",
        key=f"delete.{place}.{uid}",
        icon=":material/delete:",
        on_click=refusing(delete),
        help=f"{name} leaves the list. The next page offers to undo it.",
    )


def remember_deleted(word: str, uid: str, title: str) -> None:
    """Keep what was deleted last for ``undo_bar``, and leave its address.

    Args:
        word: Parameter of the address that names such a thing: ``run`` or ``sweep``.
        uid: What was deleted.
        title: Its name for people.
    """
    st.session_state[f"deleted.{word}"] = (uid, title)
    st.query_params.pop(word, None)


def undo_bar(word: str, restore: Callable[[str], None]) -> None:
    """Offer to bring back the run or sweep deleted last, until another one is opened."""
    key = f"deleted.{word}"
    if st.query_params.get(word):
        st.session_state.pop(key, None)
    if key not in st.session_state:
        return
    uid, title = st.session_state[key]

    def undo() -> None:
        restore(uid)
        del st.session_state[key]
        st.query_params[word] = uid

    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(f"Deleted “{plain(title)}”.")
        st.button("Undo", key="undo", icon=":material/undo:", on_click=refusing(undo))


def reuse_link(run: RunView) -> None:
    """Link that opens the page's form with the settings of this run."""
    st.page_link(
        links.OF_TASK[run.task],
        label="Use these settings",
        icon=":material/edit:",
        query_params={"from": run.uid},
        help="Open the form with the settings of this run.",
    )


def sweep_link(run: RunView) -> None:
    """Link that opens the settings of a new sweep with those of this run."""
    st.page_link(
        links.SWEEPS,
        label="Sweep from this run",
        icon=":material/grid_on:",
        query_params={"from": run.uid},
        help="Vary some of its settings and train every combination.",
    )
