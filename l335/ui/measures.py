"""What the figures on a page are, in words."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from l335.core.metrics import measures

TITLE = "How figures are measured"


def how_measured(keys: Iterable[str]) -> None:
    """Draw a closed box that says of each metric how it is worked out; nothing without any."""
    lines = [f"- **{', '.join(titles)}.** {measured}" for titles, measured in measures(keys)]
    if lines:
        with st.expander(TITLE, icon=":material/straighten:"):
            st.markdown("\n".join(lines))
