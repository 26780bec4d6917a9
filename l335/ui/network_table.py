"""The parameter arithmetic of a specification, layer by layer."""

from __future__ import annotations

import html

import streamlit as st

from l335.components.arithmetic import ReceptiveField, Shape
from l335.core.wording import decimal
from l335.spec import ClassifySpec, FitImageSpec
from l335.spec.presets import preset
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
    share = decimal(float(f"{100 * abs(difference) / budget():.3g}"))
    return f"{abs(difference):,} {more_or_fewer} than the budget of {budget():,} ({share} %)"


def network_table(spec: ClassifySpec | FitImageSpec) -> None:
    """Draw each layer with its arithmetic, and the totals."""
    layers = spec.layers()
    has_fields = any(layer.field for layer in layers)
    head = ["Layer", "Output shape", "Formula", "Parameters", "Operations"]
    rows = [
        [
            layer.name,
            _shape(layer.output_shape),
            layer.formula.replace(" x ", " × "),
            f"{layer.num_parameters:,}",
            f"{layer.flops:,}",
            _seen(layer.field),
        ]
        for layer in layers
    ]
    operations = sum(layer.flops for layer in layers)
    total = ["Total", "", "", f"{spec.num_parameters:,}", f"{operations:,}", ""]
    if has_fields:
        head.append("Receptive field")
    st.html(_table(head, [row[: len(head)] for row in rows], total[: len(head)]))
    one = "image" if isinstance(spec, ClassifySpec) else "pixel"
    notes = f"Operations of one forward pass of one {one}; a multiply-add counts 2."
    if has_fields:
        notes += " Receptive field: the pixels of the image that one unit sees."
    if isinstance(spec, ClassifySpec):
        total_text = f"{spec.num_parameters:,} parameters"
        notes = f"{total_text}: {against_budget(spec.num_parameters)}. {notes}"
    st.caption(notes)


NUM_TEXT_COLUMNS = 3
"""Layer, shape and formula read from the left, numbers from the right."""

_RULE = "1px solid rgba(128, 128, 128, 0.3)"


def _table(head: list[str], rows: list[list[str]], total: list[str]) -> str:
    """A table that scrolls on its own where the window is narrower."""

    def line(tag: str, cells: list[str], more: str = "") -> str:
        made = [
            f'<{tag}{" scope=col" if tag == "th" else ""} style="padding: 0.25rem 0.6rem; '
            f"text-align: {'left' if number < NUM_TEXT_COLUMNS else 'right'}; "
            f'border-bottom: {_RULE}; white-space: nowrap;{more}">{html.escape(cell)}</{tag}>'
            for number, cell in enumerate(cells)
        ]
        return f"<tr>{''.join(made)}</tr>"

    body = "".join(line("td", row) for row in rows)
    return (
        '<div role="region" aria-label="Arithmetic of the network" tabindex="0" '
        'style="overflow-x: auto"><table style="border-collapse: collapse; width: 100%; '
        f'font-variant-numeric: tabular-nums; font-size: 0.9rem"><thead>{line("th", head)}</thead>'
        f"<tbody>{body}{line('td', total, ' font-weight: 600')}</tbody></table></div>"
    )


def _seen(field: ReceptiveField | None) -> str:
    if field is None:
        return "all"
    apart = f", {field.jump} apart" if field.jump > 1 else ""
    return f"{field.size} × {field.size}{apart}"


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
