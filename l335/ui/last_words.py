"""What the program that trains said before it was lost, on the page of a run that suffers by it."""

from __future__ import annotations

import streamlit as st

from l335.results.views import RunView
from l335.service import Lab, waiting


def last_words(lab: Lab, run: RunView) -> None:
    """Show what may tell why a run failed, or why it is not taken up; nothing for others."""
    if run.state == "failed":
        words, title = (
            waiting.last_words(lab, run.uid),
            "What the program said before the run was lost",
        )
    elif run.state == "queued":
        words, title = waiting.runner_words(lab), "The runner does not start. What it said last"
    else:
        return
    if words:
        with st.expander(title, icon=":material/terminal:", expanded=run.state == "queued"):
            st.code(words, language=None, wrap_lines=True)
            st.caption("From `runner.out` in the data folder, which keeps more of it.")
