"""The settings of the page on design choices: pictures, the base design, what is varied."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from l335.designs import AXES, BASE, LEARNING_RATES, OPTIMISERS, WORDS, Design, DesignGrid
from l335.lab import Lab
from l335.ui.image_choice import chosen_images

KEY = "designs"
DEPTHS = [1, 2, 3, 4, 5, 6, 8]
WIDTHS = [16, 32, 64, 128, 256, 512]
SIZES = [16, 32, 64, 128, 256]
FIRST: dict[str, list[Any]] = {
    "depth": [1, 2, 3, 5],
    "width": [32, 128, 256],
    "loss": ["l1", "l2", "huber"],
    "optimizer": ["adam", "adamw", "sgd", "rmsprop"],
    "activation": [],
    "encoding": [],
}
"""What is varied at first; the base's choice is tried in any case."""

ONE, EVERY = "One at a time", "Every combination"
PARAMETERS, SECONDS, STEPS = "Parameters", "Seconds", "Steps"


def design_settings(lab: Lab) -> DesignGrid | None:
    """Draw the settings; the grid they describe, None without a picture or a resolution."""
    images = chosen_images(lab, KEY, ("Sky", "Mountains"))
    sizes = st.multiselect(
        "Resolutions, in pixels",
        SIZES,
        default=_first("sizes", [64, 128]),
        key=f"{KEY}.sizes",
        placeholder="Choose resolutions",
        bind="query-params",
        persist_state="session",
        help="Side of the central square that is fitted. Every second pixel of every second row "
        "is trained on; those between are held out.",
    )
    way = st.radio(
        "Vary the base design",
        [ONE, EVERY],
        key=f"{KEY}.way",
        bind="query-params",
        persist_state="session",
        help="One at a time: each choice below replaces the base's, the rest stays as it is. Every "
        "combination: all choices of all rows with each other.",
    )
    choices = {axis: tuple(_choices(axis)) for axis in AXES}
    with st.expander("Base design"):
        base = _base()
    steps = st.number_input(
        "Steps",
        10,
        20_000,
        300,
        step=100,
        key=f"{KEY}.steps",
        bind="query-params",
        persist_state="session",
    )
    with st.expander("Learning rates and sigma"):
        rates, sigma = _rates()
    if not images or not sizes:
        return None
    return DesignGrid(
        tuple(images),
        tuple(int(size) for size in sizes),
        base,
        choices,
        every=way == EVERY,
        rates=rates,
        sigma=sigma,
        steps=int(steps),
    )


def _first(name: str, values: list[Any]) -> list[Any] | None:
    # Streamlit warns where a widget has both a default and a state.
    return None if f"{KEY}.{name}" in st.session_state else values


def _options(axis: str) -> list[Any]:
    if axis in WORDS:
        return list(WORDS[axis])
    return DEPTHS if axis == "depth" else WIDTHS


def _shown(axis: str, value: Any) -> str:
    return WORDS[axis][value] if axis in WORDS else str(value)


def _choices(axis: str) -> list[Any]:
    plural = {
        "depth": "Hidden layers",
        "width": "Units of each",
        "loss": "Losses",
        "optimizer": "Optimisers",
        "activation": "Activations",
        "encoding": "Encodings",
    }[axis]
    notes = {
        "activation": "Sines are drawn by SIREN's rule, the others by PyTorch's default.",
        "encoding": "What the network sees in place of x and y.",
    }
    found: list[Any] = st.multiselect(
        plural,
        _options(axis),
        default=_first(axis, FIRST[axis]),
        format_func=partial(_shown, axis),
        key=f"{KEY}.{axis}",
        placeholder=f"The base's, {_shown(axis, _base_choice(axis))}",
        bind="query-params",
        persist_state="session",
        help=notes.get(axis),
    )
    return found


def _base_choice(axis: str) -> Any:
    return st.session_state.get(f"{KEY}.base.{axis}", getattr(BASE, axis))


def _base() -> Design:
    st.caption("Every other design is compared with this one.")
    columns: list[DeltaGenerator] = [place for _ in range(3) for place in st.columns(2)]
    chosen = []
    for column, (axis, title) in zip(columns, AXES.items(), strict=True):
        options = _options(axis)
        chosen.append(
            column.selectbox(
                title,
                options,
                index=options.index(getattr(BASE, axis)),
                format_func=partial(_shown, axis),
                key=f"{KEY}.base.{axis}",
                bind="query-params",
                persist_state="session",
            )
        )
    return Design(*chosen)


def _rates() -> tuple[dict[str, float], float]:
    st.caption(
        "Each optimiser has a rate of its own: of two or three that were tried with the base "
        "design on sky and mountains at 64 and 128 pixels for 300 steps, the one of the best "
        "held-out PSNR. AdamW has Adam's."
    )
    columns: list[DeltaGenerator] = [place for _ in range(2) for place in st.columns(2)]
    rates = {}
    for column, (kind, rate) in zip(columns, LEARNING_RATES.items(), strict=True):
        rates[kind] = column.number_input(
            OPTIMISERS[kind],
            1e-6,
            10.0,
            rate,
            format="%g",
            key=f"{KEY}.lr.{kind}",
            bind="query-params",
            persist_state="session",
            help={
                "sgd": "With momentum 0.9.",
                "adamw": "With weight decay 0.01; without any it is Adam.",
            }.get(kind),
        )
    sigma = st.number_input(
        "Sigma of the Gaussian encoding",
        0.1,
        200.0,
        2.0,
        format="%g",
        key=f"{KEY}.sigma",
        bind="query-params",
        persist_state="session",
        help="In cycles per image.",
    )
    return {kind: float(rate) for kind, rate in rates.items()}, float(sigma)


def compared_at() -> tuple[str, float | None]:
    """Draw what all designs have equally much of; that, and the seconds typed in, if any."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        equal = st.segmented_control(
            "Compare at equal",
            [STEPS, SECONDS, PARAMETERS],
            default=STEPS,
            required=True,
            key=f"{KEY}.equal",
            bind="query-params",
            persist_state="session",
            help="Steps: as trained. Seconds: every run is read off at the same training time; "
            "nothing is trained again. Parameters: widths are changed so that every network has "
            "about the base's parameters; those are other runs.",
        )
        seconds = None
        if equal == SECONDS:
            seconds = st.number_input(
                "Seconds of training",
                0.01,
                100_000.0,
                None,
                format="%g",
                key=f"{KEY}.seconds",
                placeholder="What all runs have",
                bind="query-params",
                persist_state="session",
                width=220,
                help="Empty: on each picture and resolution the time of the quickest run.",
            )
    return str(equal or STEPS), seconds
