"""How each of the classifiers compared fits, and why."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from l335.results.views import RunView
from l335.service import Lab
from l335.ui.comparison import names_of_settings
from l335.ui.verdict_panel import LOOKS, verdict_of
from l335.ui.wording import plain


def verdicts(lab: Lab, runs: Sequence[RunView]) -> None:
    """Draw the verdict on each setting, the same that stands on the page of its run."""
    names = names_of_settings(runs)
    first_of = {names[run.uid]: run for run in reversed(runs) if run.step}
    if not first_of:
        return
    st.subheader("Verdicts", anchor=False)
    for name, run in reversed(first_of.items()):
        verdict = verdict_of(lab, run)
        icon, tone, _ = LOOKS[verdict.label]
        label, _, rest = verdict.headline.partition(": ")
        said = f"**{plain(name)}** :{tone}-badge[{icon} {label}] {plain(rest)}"
        st.markdown(f"{said} {plain(verdict.explanation)}".rstrip())
