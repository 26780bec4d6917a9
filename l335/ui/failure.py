"""What a person sees when a page fails."""

from __future__ import annotations

import logging

import streamlit as st

from l335.errors import LabError

logger = logging.getLogger(__name__)


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
