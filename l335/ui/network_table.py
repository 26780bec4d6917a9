"""The parameter arithmetic of a specification, layer by layer."""

from __future__ import annotations

import streamlit as st

from l335.arithmetic import Shape
from l335.presets import preset
from l335.spec import ClassifySpec, FitImageSpec
from l335.ui.wording import count


def budget() -> int:
    """Parameters of the basic net, which every classifier is measured against."""
    return preset("classify-basic").spec.num_parameters


def against_budget(num_parameters: int) -> str:
    """How a classifier compares with the basic net, in words."""
    difference = num_parameters - budget()
    if difference == 0:
        return f"exactly the budget of {budget():,}"
    more_or_fewer = "more" if difference > 0 else "fewer"
    share = 100 * abs(difference) / budget()
    return f"{abs(difference):,} {more_or_fewer} than the budget of {budget():,} ({share:.2g} %)"


def network_table(spec: ClassifySpec | FitImageSpec) -> None:
    """Draw each layer with its formula, its subtotal and the shape it makes, and the total."""
    rows = [
        f"| {layer.name} | {_shape(layer.output_shape)} | {layer.formula.replace(' x ', ' × ')} "
        f"| {layer.num_parameters:,} |"
        for layer in spec.layers()
    ]
    head = ["| Layer | Output shape | Formula | Parameters |", "|:--|:--|:--|--:|"]
    total = f"| **Total** | | | **{spec.num_parameters:,}** |"
    st.markdown("\n".join([*head, *rows, total]))
    if isinstance(spec, ClassifySpec):
        st.caption(f"{spec.num_parameters:,} parameters: {against_budget(spec.num_parameters)}.")


def network_summary(spec: ClassifySpec | FitImageSpec) -> None:
    """Draw the one line that stands beside the Train button."""
    total = f"**{count(spec.num_parameters, 'parameter')}**"
    if isinstance(spec, ClassifySpec):
        st.markdown(f"{total}  \n:gray[{against_budget(spec.num_parameters)}]")
    else:
        width, height = spec.fitted_size
        values = width * height * spec.NUM_CHANNELS
        st.markdown(
            f"{total}  \n:gray[{width} × {height} pixels: {values:,} values]",
        )


def _shape(shape: Shape) -> str:
    return " × ".join(str(size) for size in shape)
