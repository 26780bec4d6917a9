"""What a person sees when a page fails."""

from __future__ import annotations

import logging
from collections.abc import Callable

import streamlit as st

from l335.core.errors import LabError

logger = logging.getLogger(__name__)

_REFUSED = "refused"


def refusing(action: Callable[..., object]) -> Callable[..., None]:
    """The action of a button, with its refusal shown on the page and not in place of the page.

    Streamlit runs a button's action before the script: an error in it leaves the page undrawn.
    """

    def act(*words: object) -> None:
        try:
            action(*words)
        except LabError as error:
            st.session_state[_REFUSED] = str(error)

    return act


def show_refusal() -> None:
    """Show why the last click could not be followed, once."""
    if sentence := st.session_state.pop(_REFUSED, None):
        st.error(sentence, icon=":material/error:")


def show_failure(error: Exception) -> bool:
    """Show one sentence instead of a traceback, which goes to the log."""
    if isinstance(error, LabError):
        st.error(str(error), icon=":material/error:")
        return True
    logger.error("A page failed", exc_info=error)
    st.error(
        "This page failed; the runs are not touched by it. Reload the page. If it fails again, "
        "the server's log says why.",
        icon=":material/error:",
    )
    return True
