"""Predict first: what a person expects of a lab, said before the curves, and how it compares."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from l335.core.metrics import describe
from l335.core.tables import Table
from l335.labs import LabPreset
from l335.labs.results import Arm, amount, ranked
from l335.ui.lab_address import PREDICT
from l335.ui.lab_results import result_table
from l335.ui.restrictions import Restrictions
from l335.ui.sharing import locked_help
from l335.ui.wording import plain

ASKED = "1"
NO_WINNER = "n"
NOBODY = "None of them clearly"
MAX_VALUES = 9
"""With more settings only the winner is asked for."""


@dataclass(frozen=True)
class Prediction:
    """What is expected of each setting of a lab at the end.

    Attributes:
        winner: Place of the setting expected ahead; None where none is.
        values: The score expected of each, as shown: per cent or decibels; empty where it was not
            asked for.
    """

    winner: int | None
    values: tuple[float, ...]

    @property
    def text(self) -> str:
        """As the address holds it: ``2:88,85,10``."""
        winner = NO_WINNER if self.winner is None else str(self.winner)
        return f"{winner}:{','.join(f'{value:g}' for value in self.values)}"


def parse_prediction(text: str, num_settings: int) -> Prediction | None:
    """The prediction an address holds; None where it is none of so many settings."""
    winner, colon, rest = text.partition(":")
    if not colon:
        return None
    try:
        values = tuple(float(value) for value in rest.split(",") if rest)
        place = None if winner == NO_WINNER else int(winner)
    except ValueError:
        return None
    fits = len(values) in (0, num_settings) and all(map(math.isfinite, values))
    if not fits or (place is not None and not 0 <= place < num_settings):
        return None
    return Prediction(place, values)


def predict_toggle(held: Restrictions) -> None:
    """Draw the switch that hides curves and results until a prediction is locked in."""
    if held.is_hidden(PREDICT):
        return
    is_on = PREDICT in st.query_params
    # The address leads; a switch of another key begins with what it says.
    key = f"lab.predict.{is_on}"

    def switch() -> None:
        if st.session_state[key]:
            st.query_params[PREDICT] = ASKED
        else:
            st.query_params.pop(PREDICT, None)

    help = "Say what you expect; the curves stay hidden until you have."
    st.toggle(
        "Predict first",
        value=is_on,
        key=key,
        on_change=switch,
        **locked_help(held, PREDICT, help),
    )


def is_asked() -> bool:
    """Whether the address wants a prediction before anything is shown."""
    return PREDICT in st.query_params


def locked_in(num_settings: int) -> Prediction | None:
    """The prediction in the address; says where it does not fit the settings."""
    text = st.query_params.get(PREDICT, "")
    found = parse_prediction(text, num_settings)
    if found is None and text not in ("", ASKED):
        st.warning(
            "The prediction in this link does not fit these settings; make a new one.",
            icon=":material/warning:",
        )
        st.query_params[PREDICT] = ASKED
    return found


def ask(names: Sequence[str], key: str) -> None:
    """Draw the questions of a prediction, and the button that locks it in.

    Args:
        names: The settings that are compared.
        key: Metric they are judged by.
    """
    scale = Scale.of(key)
    with st.container(border=True):
        st.markdown("**What do you expect?** The curves appear once you have locked it in.")
        winner = _ask_winner(names, key)
        place = names.index(winner) if winner and winner in names else None
        values = _ask_values(names, key, scale) if len(names) <= MAX_VALUES else []
        if values:
            _ask_twice(names, values, place, scale)
        st.button(
            "Lock in",
            key="predict.lock",
            type="primary",
            icon=":material/lock:",
            disabled=winner is None,
            on_click=_lock_in,
            args=(Prediction(place, tuple(values)),),
            help="Choose which is ahead first." if winner is None else None,
        )


def _ask_winner(names: Sequence[str], key: str) -> str | None:
    choices = [*names, NOBODY] if len(names) > 1 else list(names)
    label = "Which is ahead at the end?"
    if len(names) > MAX_VALUES:
        return st.selectbox(label, choices, index=None, key=f"predict.{key}.winner")
    return st.radio(
        label,
        choices,
        format_func=plain,
        index=None,
        key=f"predict.{key}.winner",
        horizontal=True,
    )


def _ask_values(names: Sequence[str], key: str, scale: Scale) -> list[float]:
    columns = st.columns(min(3, len(names)))
    return [
        columns[place % len(columns)].slider(
            f"{plain(name)}: {scale.title}",
            scale.low,
            scale.high,
            scale.start,
            scale.step,
            format=scale.format,
            key=f"predict.{key}.{name}",
        )
        for place, name in enumerate(names)
    ]


def _ask_twice(
    names: Sequence[str], values: Sequence[float], winner: int | None, scale: Scale
) -> None:
    best = max(values) if scale.is_max else min(values)
    ahead = [name for name, value in zip(names, values, strict=True) if value == best]
    if winner is not None and names[winner] not in ahead:
        st.caption(
            f"Your figures put {plain(ahead[0])} ahead, your choice is {plain(names[winner])}."
        )


def _lock_in(prediction: Prediction) -> None:
    st.query_params[PREDICT] = prediction.text


@dataclass(frozen=True)
class Scale:
    """What a slider for a metric looks like."""

    title: str
    low: float
    high: float
    start: float
    step: float
    format: str
    is_max: bool

    @classmethod
    def of(cls, key: str) -> Scale:
        """The slider of a metric: per cent, decibels, or a bare number up to 3."""
        metric = describe(key)
        is_max = metric.better == "max"
        if metric.percent:
            return cls(metric.title, 0.0, 100.0, 50.0, 1.0, "%g %%", is_max)
        if metric.unit == "dB":
            return cls(metric.title, 0.0, 60.0, 30.0, 0.5, "%.1f dB", is_max)
        high = 1.0 if is_max else 3.0
        return cls(metric.title, 0.0, high, high / 2, 0.01, "%.2f", is_max)


def show(
    prediction: Prediction, names: Sequence[str], arms: Sequence[Arm], preset: LabPreset
) -> None:
    """Draw a prediction, beside what was measured once all runs are over.

    Args:
        prediction: What was locked in.
        names: The settings.
        arms: Their runs; empty before there are any.
        preset: The lab, which knows what is predicted and when one is ahead.
    """
    key = preset.predicted
    with st.container(border=True):
        states = [run.state for arm in arms for run in arm.runs]
        if not states or set(states) - {"completed", "failed"}:
            st.markdown(f"**Locked in.** {plain(in_words(prediction, names, key))}")
            return
        st.markdown(f"**Your prediction.** {plain(' '.join(judged(prediction, arms, preset)))}")
        if prediction.values:
            result_table(compared(prediction, arms, key), "Predicted against measured")


def in_words(prediction: Prediction, names: Sequence[str], key: str) -> str:
    """A prediction in a sentence."""
    winner = prediction.winner
    ahead = "no clear winner" if winner is None else f"{names[winner]} ahead"
    if not prediction.values:
        return f"You expect {ahead}."
    scores = "; ".join(
        f"{name}: {_shown(value, key)}"
        for name, value in zip(names, prediction.values, strict=True)
    )
    return f"You expect {ahead} ({scores})."


def judged(prediction: Prediction, arms: Sequence[Arm], preset: LabPreset) -> list[str]:
    """How a prediction compares with what was measured, one sentence each."""
    key = preset.predicted
    order = ranked(arms, key)
    if not order:
        return ["No run came through, so there is nothing to compare it with."]
    sentences = [_on_winner(prediction, arms, order, preset)]
    if not prediction.values:
        return sentences
    misses = _misses(prediction, arms, key)
    mean = statistics.fmean(abs(miss) for miss in misses.values())
    name, largest = max(misses.items(), key=lambda pair: abs(pair[1]))
    if len(misses) == 1 or mean == 0:
        sentences.append(f"Your figures are off by {amount(mean, key)}.")
    else:
        way = "high" if largest > 0 else "low"
        sentences.append(
            f"Your figures are off by {amount(mean, key)} on average, most for {name}: "
            f"{amount(largest, key)} too {way}."
        )
    return sentences


def _on_winner(
    prediction: Prediction, arms: Sequence[Arm], order: Sequence[Arm], preset: LabPreset
) -> str:
    best = order[0].name
    expected = None if prediction.winner is None else arms[prediction.winner].name
    if len(order) == 1:
        return f"Only {best} has a result." if len(arms) > 1 else ""
    is_clear = preset.is_ahead(order[0], order[1])
    common = order[0].scores(preset.predicted).keys() & order[1].scores(preset.predicted).keys()
    seeds = "One seed does" if len(common) == 1 else "The seeds do"
    doubt = f" {seeds} not tell it from {order[1].name}, though."
    if expected is None and is_clear:
        return f"You expected no clear winner; {best} is ahead by more than the seeds differ."
    if expected is None:
        return f"You expected no clear winner, and {seeds.lower()} not show one."
    if expected == best:
        return f"You expected {best} ahead, and it is.{'' if is_clear else doubt}"
    return f"You expected {expected} ahead; {best} is.{'' if is_clear else doubt}"


def _misses(prediction: Prediction, arms: Sequence[Arm], key: str) -> dict[str, float]:
    """Predicted less measured mean of each setting with a result, in the metric's own unit."""
    return {
        arm.name: value / _factor(key) - statistics.fmean(arm.scores(key).values())
        for arm, value in zip(arms, prediction.values, strict=True)
        if arm.scores(key)
    }


def _factor(key: str) -> float:
    return 100.0 if describe(key).percent else 1.0


def _shown(value: float, key: str) -> str:
    return describe(key).show(value / _factor(key))


def compared(prediction: Prediction, arms: Sequence[Arm], key: str) -> Table:
    """Predicted and measured score of each setting, and the miss."""
    misses = _misses(prediction, arms, key)
    rows = []
    for arm, value in zip(arms, prediction.values, strict=True):
        scores = list(arm.scores(key).values())
        miss = misses.get(arm.name)
        sign = "" if miss is None else "+" if miss > 0 else "−" if miss < 0 else ""
        rows.append(
            (
                arm.name,
                _shown(value, key),
                describe(key).show(statistics.fmean(scores)) if scores else "–",
                "–" if miss is None else f"{sign}{amount(miss, key)}",
            )
        )
    title = describe(key).title
    head = ("Setting", f"You said: {title}", "Measured", "Difference")
    return Table(head, tuple(rows), "Measured: the mean over seeds after the last step.")
