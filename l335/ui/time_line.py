"""A line on how long runs will take, measured on this machine where that is not known."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from l335.core.errors import SpecError
from l335.results.pace import Estimate
from l335.service import Lab
from l335.spec import Spec
from l335.ui.wording import estimate_words

REFRESH_SECONDS = 1.0


def time_line(lab: Lab, specs: Sequence[Spec]) -> None:
    """Draw how long these runs will take; where their pace is not known, it is measured now."""
    try:
        estimate = _measured(lab, specs)
    except SpecError:
        return  # Start says why they can't be trained
    if estimate.is_measuring:
        st.fragment(_until_measured, run_every=REFRESH_SECONDS)(lab, specs)
    else:
        st.caption(estimate_words(estimate))


def _measured(lab: Lab, specs: Sequence[Spec]) -> Estimate:
    estimate = lab.estimates.of(specs)
    if estimate.is_complete or estimate.is_measuring or not lab.runner_alive():
        return estimate
    return lab.estimates.of(specs) if lab.estimates.probe(specs) else estimate


def _until_measured(lab: Lab, specs: Sequence[Spec]) -> None:
    estimate = lab.estimates.of(specs)
    if not estimate.is_measuring:
        st.rerun()
    st.caption(estimate_words(estimate))
