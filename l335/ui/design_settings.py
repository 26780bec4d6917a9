"""The settings of the page on design choices: pictures, the base design, what is varied."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from l335.labs.designs import AXES, BASE, LEARNING_RATES, OPTIMISERS, WORDS, Design, DesignGrid
from l335.service import Lab
from l335.ui.image_choice import chosen_images
from l335.ui.sharing import Controls

KEY = "designs"
CONTROLS = Controls(
    KEY,
    {
        "images": "Pictures",
        "sizes": "Resolutions, in pixels",
        "seeds": "Seeds",
        "way": "Vary the base design",
        "depth": "Hidden layers",
        "width": "Units of each",
        "loss": "Losses",
        "optimizer": "Optimisers",
        "activation": "Activations",
        "encoding": "Encodings",
        **{f"base.{axis}": f"Base design: {title.lower()}" for axis, title in AXES.items()},
        "steps": "Steps",
        **{f"lr.{kind}": f"Learning rate of {OPTIMISERS[kind]}" for kind in LEARNING_RATES},
        "sigma": "Sigma of the Gaussian encoding",
        "equal": "Compare at equal",
        "seconds": "Seconds of training",
        "place": "Curves and reconstructions of",
        "over": "Curves over",
    },
)
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
    images = chosen_images(lab, CONTROLS, ("Sky", "Mountains"))
    sizes = CONTROLS.draw(
        st.multiselect,
        "sizes",
        SIZES,
        default=_first("sizes", [64, 128]),
        placeholder="Choose resolutions",
        help="Side of the central square that is fitted. Trained on is one quarter of it, every "
        "second pixel of every second row ([::2, ::2]); held out is the quarter diagonally "
        "between, [1::2, 1::2]; the other half is neither.",
    )
    seeds = CONTROLS.draw(
        st.number_input, "seeds", 1, 20, 1,
        help="Runs of each design on each picture and resolution that differ in initial weights "
        "and the order of pixels alone.",
    )  # fmt: skip
    way = CONTROLS.draw(
        st.radio,
        "way",
        [ONE, EVERY],
        help="One at a time: each choice below replaces the base's, the rest stays as it is. Every "
        "combination: all choices of all rows with each other.",
    )
    choices = {axis: tuple(_choices(axis)) for axis in AXES}
    with CONTROLS.folded("Base design", [f"base.{axis}" for axis in AXES]):
        base = _base()
    steps = CONTROLS.draw(st.number_input, "steps", 10, 20_000, 300, step=100)
    with CONTROLS.folded("Learning rates and sigma", [*map("lr.{}".format, OPTIMISERS), "sigma"]):
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
        num_seeds=int(seeds),
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
    notes = {
        "activation": "Sines are drawn by SIREN's rule and train at a share of the optimiser's "
        "rate, a tenth of Adam's: by PyTorch's rule, or at all of the rate, they stay at the mean "
        "colour with Gaussian features. The others are drawn by PyTorch's default.",
        "encoding": "What the network sees in place of x and y. The base without encoding is "
        "always among the designs.",
    }
    found: list[Any] = CONTROLS.draw(
        st.multiselect,
        axis,
        _options(axis),
        default=_first(axis, FIRST[axis]),
        format_func=partial(_shown, axis),
        placeholder=f"The base's, {_shown(axis, _base_choice(axis))}",
        help=notes.get(axis),
    )
    return found


def _base_choice(axis: str) -> Any:
    return st.session_state.get(f"{KEY}.base.{axis}", getattr(BASE, axis))


def _base() -> Design:
    st.caption("Every other design is compared with this one.")
    columns: list[DeltaGenerator] = [place for _ in range(3) for place in st.columns(2)]
    chosen: list[Any] = []
    for column, (axis, title) in zip(columns, AXES.items(), strict=True):
        options = _options(axis)
        with column:
            chosen.append(
                CONTROLS.draw(
                    st.selectbox,
                    f"base.{axis}",
                    options,
                    label=title,
                    index=options.index(getattr(BASE, axis)),
                    format_func=partial(_shown, axis),
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
        with column:
            rates[kind] = CONTROLS.draw(
                st.number_input,
                f"lr.{kind}",
                1e-6,
                10.0,
                rate,
                label=OPTIMISERS[kind],
                format="%g",
                help={
                    "sgd": "With momentum 0.9.",
                    "adamw": "With weight decay 0.01; without any it is Adam.",
                }.get(kind),
            )
    sigma = CONTROLS.draw(
        st.number_input, "sigma", 0.1, 200.0, 2.0, format="%g", help="In cycles per image."
    )
    return {kind: float(rate) for kind, rate in rates.items()}, float(sigma)


def compared_at() -> tuple[str, float | None]:
    """Draw what all designs have equally much of; that, and the seconds typed in, if any."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        equal = CONTROLS.draw(
            st.segmented_control,
            "equal",
            [STEPS, SECONDS, PARAMETERS],
            default=STEPS,
            required=True,
            help="Steps: as trained. Seconds: every run is read off at the same training time; "
            "nothing is trained again. Parameters: widths are changed so that every network has "
            "about the base's parameters; those are other runs.",
        )
        seconds = None
        if equal == SECONDS:
            seconds = CONTROLS.draw(
                st.number_input,
                "seconds",
                0.01,
                100_000.0,
                None,
                format="%g",
                placeholder="What all runs have",
                width=220,
                help="Empty: on each picture and resolution the time of the quickest run.",
            )
    return str(equal or STEPS), seconds
