"""Sweeps as rows: name, how far each is, and its age, each with a link to its own address."""

from __future__ import annotations

import streamlit as st

from l335.results.views import SweepLine
from l335.service import Lab
from l335.spec.presets import PRESETS
from l335.ui import links, wording
from l335.ui.run_list import LINK_STYLE, first_shown

PAGE_SIZE = 15
REFRESH_SECONDS = 3.0
WIDTHS = [4.0, 4.0, 1.2, 1.6]
HEADINGS = ["Sweep", "Runs", "Kind", "Started"]


def sweep_list(lab: Lab) -> None:
    """Draw the heading, one page of sweeps, and the steps to other pages."""
    total = lab.sweeps.count()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header("Sweeps", anchor=False)
        new_sweep_link()
    if not total:
        st.info(
            "There is no sweep yet. A sweep trains every combination of the settings you choose, "
            "such as three learning rates with two batch sizes, each with three seeds. Open New "
            "sweep, choose what varies, and press Start.",
            icon=":material/info:",
        )
        return
    offset = first_shown(total, PAGE_SIZE, key="sweeps.page")
    lines = lab.sweeps.listing(limit=PAGE_SIZE, offset=offset)
    is_moving = any(line.states.keys() & {"queued", "running"} for line in lines)
    st.fragment(_fresh_rows, run_every=REFRESH_SECONDS if is_moving else None)(lab, offset)
    st.caption(f"{wording.count(total, 'sweep')} in all.")


def new_sweep_link() -> None:
    """Link to the settings of a new sweep."""
    st.page_link(
        links.SWEEPS,
        label="New sweep",
        icon=":material/add:",
        query_params={"preset": next(iter(PRESETS))},
    )


def _fresh_rows(lab: Lab, offset: int) -> None:
    with st.container(key="run_rows"):  # drawn as runs are, on phones too
        st.html(f"<style>{LINK_STYLE}</style>")
        with st.container(key="run_headings"):
            columns = st.columns(WIDTHS)
        for column, heading in zip(columns, HEADINGS, strict=True):
            column.caption(heading)
        for line in lab.sweeps.listing(limit=PAGE_SIZE, offset=offset):
            _row(line)


def _row(line: SweepLine) -> None:
    link, states, kind, age = st.columns(WIDTHS, vertical_alignment="center")
    link.page_link(
        links.SWEEPS,
        label=wording.plain(line.title) or "Sweep",
        icon=":material/grid_on:",
        query_params={"sweep": line.uid},
    )
    states.markdown(states_in_words(line.states))
    kind.markdown(":gray-badge[Ready lab]" if line.lab else "")
    age.markdown(wording.age(line.created_at))


def states_in_words(states: dict[str, int]) -> str:
    """How many runs are in which state: "12 of 18 completed, 2 training, 1 failed"."""
    words = [f"{states.get('completed', 0)} of {sum(states.values())} completed"]
    for state, word in wording.DOING.items():
        if number := states.get(state):
            words.append(f":red[{number} {word}]" if state == "failed" else f"{number} {word}")
    return ", ".join(words)
