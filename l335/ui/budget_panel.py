"""Matching the network of a form to a parameter budget."""

from __future__ import annotations

import itertools
from typing import Annotated

import streamlit as st
from pydantic import TypeAdapter, ValidationError

from l335.components.architectures import Architecture
from l335.components.architectures.cnn import Cnn
from l335.components.component import choice_of
from l335.core.errors import SpecError
from l335.spec import Spec, spec_from_dict
from l335.spec.budget import BASIC_NET, Match, match_budget
from l335.ui.forms import FormState, restart_form
from l335.ui.wording import count

_ARCHITECTURE: TypeAdapter[Architecture] = TypeAdapter(
    Annotated[Architecture, choice_of(Architecture)]
)
_UNDO = "budget.undo"

NUM_SHOWN = 6
"""Networks that are listed; the page is to stay short."""


def budget_panel(state: FormState) -> None:
    """Draw the budget, the button that meets it, and the networks that come nearest.

    Args:
        state: What the form of a classifier holds; a button puts new sizes into the form.
    """
    st.markdown("**Match a budget**")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        budget = st.number_input(
            "Parameter budget",
            value=BASIC_NET,
            step=1000,
            key="budget.parameters",
            help="Trainable parameters the network should have. The basic net has 669,706.",
            width=200,
            persist_state="session",
        )
        buttons = st.container(horizontal=True)
    matches = _matches(state, int(budget))
    with buttons:
        is_basic = budget == BASIC_NET
        _use_button(
            "Match the basic net's budget" if is_basic else f"Match {budget:,} parameters",
            state,
            matches[0] if matches else None,
            key="budget.match",
        )
        _undo_button(str(state.values["task"]))
    if matches:
        _alternatives(state, matches)


def _matches(state: FormState, budget: int) -> list[Match]:
    """The nearest networks; where there are none, says why."""
    try:
        return match_budget(_ARCHITECTURE.validate_python(state.values["model"]), budget)
    except SpecError as error:
        for problem in error.problems:
            if problem.field == "budget":
                st.error(problem.message, icon=":material/error:")
            else:
                st.caption(f"Nothing can be matched: {problem.message}")
    except ValidationError:
        st.caption("The budget can be matched as soon as the architecture's settings fit.")
    return []


def _alternatives(state: FormState, matches: list[Match]) -> None:
    st.caption("Nearest networks of this shape, with their parameters and the difference")
    for number, match in enumerate(matches[:NUM_SHOWN]):
        # A row of its own width, where columns would lie below each other in narrow windows.
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            _use_button(sizes(match.model), state, match, key=f"budget.use.{number}")
            st.markdown(f"{match.num_parameters:,}", width=90, text_alignment="right")
            st.markdown(signed(match.difference), width=60, text_alignment="right")


def _use_button(label: str, state: FormState, match: Match | None, key: str) -> None:
    target = _with_model(state, match.model) if match else None
    is_there = state.spec is not None and target == state.spec
    note = "The form holds this network." if is_there else None
    if match and target is None:
        note = "Settings outside of the architecture do not fit yet; mend them first."
    st.button(
        label,
        key=key,
        disabled=target is None or is_there,
        help=note,
        on_click=_use,
        args=(target, state.spec),
        width="stretch",
    )


def _with_model(state: FormState, model: Architecture) -> Spec | None:
    try:
        return spec_from_dict(state.values | {"model": model.model_dump()})
    except SpecError:
        return None


def _use(target: Spec, before: Spec | None) -> None:
    restart_form(target.task, target)
    # An undo is offered until the form starts anew for another reason.
    version = st.session_state[f"{target.task}.version"]
    st.session_state[_UNDO] = (version, before)


def _undo_button(task: str) -> None:
    version, before = st.session_state.get(_UNDO, (None, None))
    if before is None or version != st.session_state.get(f"{task}.version"):
        return
    st.button(
        "Undo",
        key="budget.undo_button",
        icon=":material/undo:",
        help=f"Back to {sizes(before.model)}.",
        on_click=restart_form,
        args=(task, before),
    )


def sizes(model: Architecture) -> str:
    """What a match decides, in words: "9 channels, 128 hidden units"."""
    if isinstance(model, Cnn):
        return f"{_listed(model.channels, 'channel')}, {count(model.hidden, 'hidden unit')}"
    return _listed(getattr(model, "width", ()), "unit")


def _listed(values: int | tuple[int, ...], noun: str) -> str:
    if isinstance(values, int):
        return count(values, noun)
    words: list[str] = []
    for value, same in itertools.groupby(values):
        times = len(list(same))
        words += [f"{times} × {value}"] if times > 2 else [str(value)] * times
    return f"{', '.join(words)} {noun}s"


def signed(number: int) -> str:
    """A difference with its sign: "+28", "−434", "0"."""
    return f"{number:+,}".replace("-", "−") if number else "0"
