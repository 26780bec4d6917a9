"""The widgets with which a person says what varies: axes with values, a table, or lines of text."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

import streamlit as st
from pydantic.fields import FieldInfo

from l335.core.errors import LabError, SpecError
from l335.export.command_line import settings
from l335.spec import Spec
from l335.spec.fields import (
    bounds,
    choices,
    dotted_fields,
    expectation,
    is_component,
    is_per_layer,
    setting_text,
)
from l335.spec.from_text import full_name, with_settings
from l335.spec.sweep_definition import SweepDefinition, axes_of_rows, axis_text, settings_of
from l335.spec.sweeps import axis

Key = Callable[[str], str]
NOT_VARIED = {"image", "image_name", "seed"}
"""Fields that have places of their own here."""


def settable(base: Spec, definition: SweepDefinition) -> dict[str, FieldInfo]:
    """Every field that can vary, by dotted name.

    A component's own fields follow it, those of each kind it takes in this sweep.
    """
    found = _fields(base)
    texts = [*definition.changes, *definition.axes]
    with contextlib.suppress(LabError):
        texts += axes_of_rows(definition.rows)
    for text in texts:
        try:
            key, values = axis(text)
        except LabError:
            continue
        name = full_name(base, key)
        if name not in found or not is_component(found[name]):
            continue
        for value in values:
            try:
                found |= _fields(with_settings(base, [f"{name}={value}"]))
            except SpecError:
                continue  # the cell says so
    return found


def _fields(spec: Spec) -> dict[str, FieldInfo]:
    return {name: field for name, field in dotted_fields(spec) if name not in NOT_VARIED}


def label(name: str, known: dict[str, FieldInfo]) -> str:
    """A field in a choice of fields: its title and its key."""
    return f"{known[name].title} ({name})" if name in known else name


def vary_choice(
    key: Key, first: Sequence[str], known: dict[str, FieldInfo], title: str
) -> list[str]:
    """Draw the choice of fields."""
    options = [*known, *(name for name in first if name not in known)]
    return st.multiselect(
        title,
        options,
        default=list(first),
        format_func=lambda name: label(name, known),
        key=key("vary"),
        placeholder="Choose one or more",
        help="Any setting of the specification. A component's own settings are offered as soon "
        "as it is chosen.",
    )


def axes_editor(
    key: Key, start: Sequence[tuple[str, str]], known: dict[str, FieldInfo], base: Spec
) -> tuple[str, ...]:
    """Draw one line of values for each field that varies; the axes as they are written."""
    given = dict(start)
    chosen = vary_choice(key, list(given), known, "Settings that vary")
    if not chosen:
        st.caption("Choose the settings whose values are combined, each with each.")
    columns = st.columns(2)
    axes = []
    for place, name in enumerate(chosen):
        with columns[place % 2]:
            axes.append(_values(key, name, given.get(name), known.get(name), base))
    return tuple(axes)


def _values(key: Key, name: str, given: str | None, field: FieldInfo | None, base: Spec) -> str:
    current = setting_text(settings(base).get(name, ""))
    if field is not None and _is_choice(field):
        return _choice_values(key, name, given, field, current)
    if given is None:
        given = axis_text("", [current])[1:] if current else ""
    help = f"{field.description or ''} Expected: {expectation(field)}. " if field else ""
    text = st.text_input(
        f"{label(name, {name: field} if field else {})}, values",
        value=given,
        key=key(f"values.{name}"),
        placeholder="0.1, 0.01",
        help=f"{help}Put commas between values; 0..4 counts from 0 to 4, and a value with commas "
        "of its own stands in brackets, such as [256,128].",
    )
    return f"{name}={text.strip()}"


def _is_choice(field: FieldInfo) -> bool:
    return bool(choices(field)) and bounds(field)[0] is None and not is_per_layer(field)


def _choice_values(key: Key, name: str, given: str | None, field: FieldInfo, current: str) -> str:
    known = choices(field)
    try:
        first = axis(f"{name}={given}")[1] if given is not None else [current]
    except LabError:
        first = []
    values = st.multiselect(
        f"{label(name, {name: field})}, values",
        [*known, *(value for value in first if value and value not in known)],
        default=[value for value in first if value],
        key=key(f"values.{name}"),
        help=field.description,
        placeholder="Choose values",
    )
    return axis_text(name, values)


def text_editor(key: Key, start: Sequence[str]) -> tuple[str, ...]:
    """Draw the list as lines of text; the lines that say something."""
    text = st.text_area(
        "One run a line",
        value="\n".join(start),
        key=key("rows"),
        height=200,
        placeholder="lr=0.1 batch_size=4\nlr=0.001 batch_size=64",
        help="Settings as key=value, with spaces between them.",
    )
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def table_editor(
    key: Key, start: Sequence[str], known: dict[str, FieldInfo]
) -> list[dict[str, str]]:
    """Draw the list as a table with a column for each field; what its rows set."""
    rows = _readable(start)
    first = list(dict.fromkeys(name for row in rows for name in row))
    chosen = vary_choice(key, first, known, "Columns")
    if not chosen:
        st.caption("Choose the settings that are the columns of the table.")
        return []
    # Another set of columns is another table, which begins with what the last one held.
    key_of_table = key(f"table.{'|'.join(chosen)}")
    held: dict[str, list[dict[str, str]]] = st.session_state.setdefault(key("held"), {})
    if key_of_table not in held:
        held[key_of_table] = held.get("last", rows)
    table = {name: [row.get(name, "") for row in held[key_of_table] or [{}]] for name in chosen}
    edited = st.data_editor(
        table,
        num_rows="dynamic",
        hide_index=True,
        key=key_of_table,
        column_config={
            name: st.column_config.TextColumn(
                str(known[name].title) if name in known else name,
                help=f"{name}: {expectation(known[name])}" if name in known else name,
            )
            for name in chosen
        },
        alt="The runs of the sweep, one a row",
    )
    found = [
        {
            name: value.strip()
            for name, value in zip(chosen, values, strict=True)
            if isinstance(value, str) and value.strip()  # a row just added has no text yet
        }
        for values in zip(*(edited[name] for name in chosen), strict=True)
    ]
    held["last"] = [row for row in found if row]
    return held["last"]


def _readable(lines: Sequence[str]) -> list[dict[str, str]]:
    found = []
    for line in lines:
        try:
            found.append(settings_of(line))
        except LabError as error:
            st.error(f"{error} This line is left out.", icon=":material/error:")
    return found
