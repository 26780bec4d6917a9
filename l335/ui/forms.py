"""A form made from a specification's own fields.

Widgets set no limits of their own: the specification checks every value in one place, and its
sentence is what the person reads. So 0 epochs can be typed, and is answered.
"""

from __future__ import annotations

import math
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import streamlit as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from streamlit.delta_generator import DeltaGenerator

from l335.components.component import Component, members
from l335.core.errors import Problem, SpecError
from l335.spec import Spec, spec_from_dict
from l335.spec.fields import HIDDEN, bounds, choices, is_component, is_per_layer, is_whole
from l335.ui.form_links import keeping, presets_of
from l335.ui.restrictions import FREE, Restrictions
from l335.ui.sharing import held_on, locked_help

Read = Callable[[str, object], object]

ORDER = {
    "Network": [
        "model",
        "encoding",
        "depth",
        "width",
        "activation",
        "output",
        "output_bias",
        "output_gain",
        "initialiser",
    ],
    "Training": [
        "optimizer",
        "lr",
        "schedule",
        "loss",
        "batch_size",
        "batch_pixels",
        "epochs",
        "steps",
        "label_noise",
        "label_smoothing",
    ],
    "Data": [
        "image_size",
        "held_out",
        "hold_back",
        "train_size",
        "validation",
        "seed",
        "num_seeds",
    ],
}
"""Headings and the order below them; fields that are named nowhere come last."""

NOT_HERE = HIDDEN | {"image", "image_name", "crop", "crop_box"}
"""Fields no widget stands for; the picture and its crop have tools of their own."""


@dataclass(frozen=True)
class FormState:
    """What a form holds at this moment: a specification, or what is wrong with it."""

    values: dict[str, Any]
    spec: Spec | None
    problems: list[Problem]


def has_word(field: FieldInfo) -> bool:
    """Whether a field holds a number or, instead, one word such as ``all``."""
    return not is_component(field) and bounds(field)[0] is not None and len(choices(field)) == 1


def collect(model: type[BaseModel], start: dict[str, Any], read: Read, prefix: str = "") -> Any:
    """The values of all widgets, nested as the specification is.

    Args:
        model: The specification or component whose fields are wanted.
        start: The values the form started from.
        read: Gives the value of the widget of this dotted name, or the second argument.
        prefix: Dotted name of the component, with its point.
    """
    values: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        dotted = prefix + name
        if name in NOT_HERE:
            values[name] = start[name]
        elif is_component(field):
            values[name] = _collect_component(field, start[name], read, dotted)
        elif has_word(field):
            word = choices(field)[0]
            is_word = read(f"{dotted}={word}", start[name] == word)
            values[name] = word if is_word else read(dotted, _number(start[name], field))
        else:
            values[name] = read(dotted, start[name])
    return values


def _collect_component(
    field: FieldInfo, start: dict[str, Any], read: Read, dotted: str
) -> dict[str, Any]:
    kind = str(read(dotted, start["kind"]))
    component = _component(field, kind)
    if kind != start["kind"]:
        start = component.model_validate({"kind": kind}).model_dump()
    return {**collect(component, start, read, f"{dotted}."), "kind": kind}


def _component(field: FieldInfo, kind: str) -> type[Component]:
    return members(typing.cast(type[Component], field.annotation))[kind]


def _number(value: object, field: FieldInfo) -> object:
    known = [value, field.default, *(field.examples or [])]
    return next((one for one in known if isinstance(one, int | float)), None)


class SpecForm:
    """The form of one page: widgets in the order of the headings, keyed by dotted name.

    Fields that a link holds have the value the form starts from, whatever a widget held before.
    """

    def __init__(self, name: str, start: Spec, version: int, held: Restrictions = FREE) -> None:
        self.start = start
        self.version = version
        self.held = held
        self._name = f"{name}.{version}."

    def value(self, name: str) -> object:
        """What the widget of a field holds, by the field's dotted name."""
        start: Any = self.start
        for part in name.split("."):
            start = getattr(start, part)
        return self._read(name, start)

    def state(self, fixed: dict[str, Any]) -> FormState:
        """What the widgets hold, before they are drawn.

        Args:
            fixed: Values that come from elsewhere on the page, such as the picture.
        """
        values = collect(type(self.start), self.start.model_dump(), self._read) | fixed
        try:
            return FormState(values, spec_from_dict(values), [])
        except SpecError as error:
            return FormState(values, None, error.problems)

    def _read(self, dotted: str, default: object) -> object:
        is_free = self.held.is_free(dotted.partition("=")[0])
        return st.session_state.get(self._key(dotted), default) if is_free else default

    def _key(self, dotted: str) -> str:
        is_free = self.held.is_free(dotted.partition("=")[0])
        return self._name + ("" if is_free else "held.") + dotted

    def draw(self, state: FormState) -> None:
        """Draw all widgets; a wrong field has a ⚠ before its name and the sentence below."""
        self._wrong = {problem.field: problem.message for problem in state.problems}
        fields = type(self.start).model_fields
        known = {name for names in ORDER.values() for name in names} | NOT_HERE
        rest = [name for name in fields if name not in known]
        for heading, names in ORDER.items():
            here = [name for name in names if name in fields]
            here += rest if heading == "Data" else []
            here = [name for name in here if not self.held.hides_all_of(name)]
            plain = [name for name in here if not is_advanced(fields[name])]
            if plain:
                st.markdown(f"**{heading}**")
                self._draw_fields(type(self.start), plain, state.values, "")
            if advanced := [name for name in here if name not in plain]:
                with self._folded(heading.lower(), advanced):
                    self._draw_fields(type(self.start), advanced, state.values, "")

    def _draw_fields(
        self, model: type[BaseModel], names: Iterable[str], values: dict[str, Any], prefix: str
    ) -> None:
        pair: list[Any] = []  # two narrow widgets share a line
        for name in names:
            field, dotted = model.model_fields[name], prefix + name
            if self.held.hides_all_of(dotted):
                continue
            if is_component(field):
                pair = []
                self._draw_component(field, dotted, values[name])
                continue
            if not pair:
                pair = list(st.columns(2, vertical_alignment="bottom"))
            with pair.pop(0):
                self._draw_field(field, dotted, values[name])
            if dotted in self._wrong:
                pair = []
                st.markdown(f":red[:small[{self._wrong[dotted]}]]")

    def _draw_component(self, field: FieldInfo, dotted: str, values: dict[str, Any]) -> None:
        component = _component(field, values["kind"])
        if not self.held.is_hidden(dotted):
            self._draw_choice(field, dotted, component)
        names = [
            name
            for name in component.model_fields
            if name not in NOT_HERE and not self.held.hides_all_of(f"{dotted}.{name}")
        ]
        plain = [name for name in names if not is_advanced(component.model_fields[name])]
        self._draw_fields(component, plain, values, f"{dotted}.")
        if advanced := [name for name in names if name not in plain]:
            with self._folded(component.title, [f"{dotted}.{name}" for name in advanced]):
                self._draw_fields(component, advanced, values, f"{dotted}.")

    def _draw_choice(self, field: FieldInfo, dotted: str, component: type[Component]) -> None:
        kinds = choices(field)
        summary = (component.__doc__ or "").partition("\n\n    Shapes")[0]
        st.selectbox(
            self._label(field, dotted),
            kinds,
            index=kinds.index(component.kind_name()),
            format_func=lambda kind: _component(field, kind).title,
            **self._common(
                dotted,
                f"{field.description} {' '.join(summary.split())} Source: {component.source}.",
            ),
        )

    def _common(self, dotted: str, help: str | None) -> dict[str, Any]:
        """Arguments every widget of the form has."""
        held = locked_help(self.held, dotted.partition("=")[0], help)
        return held | {"key": self._key(dotted), "persist_state": "session"}

    def _folded(self, title: str, dotted: list[str]) -> DeltaGenerator:
        # What is wrong must not hide.
        is_wrong = any(f"{name}.".startswith(f"{field}.") or f"{field}.".startswith(f"{name}.")
                       for name in dotted for field in self._wrong if field)  # fmt: skip
        return st.expander(f"More of {title}", expanded=is_wrong)

    def _draw_field(self, field: FieldInfo, dotted: str, value: object) -> None:
        if field.annotation is bool:
            st.toggle(
                self._label(field, dotted),
                value=bool(value),
                **self._common(dotted, field.description),
            )
        elif is_per_layer(field):
            self._draw_per_layer(field, dotted, value)
        elif has_word(field):
            self._draw_number_or_word(field, dotted, value)
        elif words := choices(field):
            st.selectbox(
                self._label(field, dotted),
                words,
                index=words.index(str(value)) if str(value) in words else 0,
                format_func=str.capitalize,
                **self._common(dotted, field.description),
            )
        else:
            self._draw_number(field, dotted, value)

    def _draw_per_layer(self, field: FieldInfo, dotted: str, value: object) -> None:
        values = value if isinstance(value, list | tuple) else [value]
        st.text_input(
            self._label(field, dotted),
            value=", ".join(map(str, values)),
            **self._common(dotted, field.description),
        )

    def _draw_number_or_word(self, field: FieldInfo, dotted: str, value: object) -> None:
        word = choices(field)[0]
        number = self._read(dotted, _number(value, field))
        self._draw_number(field, dotted, number, disabled=value == word)
        st.toggle(
            _word_title(field, word),
            value=value == word,
            **self._common(f"{dotted}={word}", None),
        )

    def _draw_number(
        self, field: FieldInfo, dotted: str, value: object, disabled: bool = False
    ) -> None:
        whole = is_whole(field)
        number = value if isinstance(value, int | float) else None
        common = self._common(dotted, field.description)
        st.number_input(
            self._label(field, dotted),
            value=number if whole or number is None else float(number),
            step=1 if whole else step_of(field, number),
            format="%d" if whole else "%g",
            **common | {"disabled": disabled or common["disabled"]},
        )

    def _label(self, field: FieldInfo, dotted: str) -> str:
        # Screen readers read a label as it is written, so no markup goes into it.
        title = str(field.title)
        return f"⚠ {title}" if dotted in self._wrong else title


def is_advanced(field: FieldInfo) -> bool:
    """Whether a field is folded away at first."""
    extra = field.json_schema_extra
    return isinstance(extra, dict) and bool(extra.get("advanced"))


def _word_title(field: FieldInfo, word: str) -> str:
    """Label of the toggle that stands for a field's word."""
    extra = field.json_schema_extra
    said = extra.get("word") if isinstance(extra, dict) else None
    return str(said or f"{word.capitalize()} of them")


def step_of(field: FieldInfo, number: float | None) -> float:
    """How far one press of plus or minus goes: one unit of the first digit on a log scale."""
    extra = field.json_schema_extra
    if isinstance(extra, dict) and extra.get("scale") == "log":
        if number is None or not math.isfinite(number) or number <= 0:
            return 1e-3
        return float(10.0 ** math.floor(math.log10(number)))
    high = bounds(field)[1] or 1.0
    return 0.1 if high > 1 else 0.01


def page_form(task: str, shown: Spec | None, held: Restrictions = FREE) -> SpecForm:
    """The form of a page as this visitor left it.

    Args:
        task: The page's half of the lab.
        shown: Settings to begin with on the first visit: those of the run the address names.
        held: What the address locks and hides.
    """
    memory = st.session_state
    if f"{task}.start" not in memory:
        memory[f"{task}.start"] = shown or next(iter(presets_of(task).values())).spec
        memory[f"{task}.version"] = 0
    return SpecForm(task, memory[f"{task}.start"], memory[f"{task}.version"], held)


def restart_form(task: str, spec: Spec) -> None:
    """Make a page's form start anew from these settings."""
    st.session_state[f"{task}.start"] = spec
    st.session_state[f"{task}.version"] = st.session_state.get(f"{task}.version", 0) + 1


def change_form(task: str, spec: Spec) -> None:
    """Make a page's form start anew, but for the settings its address locks or hides.

    Where that does not fit together the form stays, and the page says why.
    """
    start = st.session_state[f"{task}.start"]
    try:
        restart_form(task, keeping(spec, held_on(task), start))
    except SpecError as error:
        st.session_state[f"{task}.refused"] = (
            f"The settings this link holds do not fit the others asked for: {error}"
        )


def preset_buttons(task: str, held: Restrictions) -> None:
    """One button for each preset, which sets the whole form back to it."""
    presets = presets_of(task)
    if held.is_hidden("preset"):
        return
    with st.container(horizontal=True):
        for name, preset in presets.items():
            st.button(
                preset.title,
                key=f"preset.{name}",
                icon=":material/restart_alt:",
                on_click=change_form,
                args=(task, preset.spec),
                width="stretch",
                **locked_help(
                    held, "preset", f"Reset every setting to the preset. {preset.description}"
                ),
            )
