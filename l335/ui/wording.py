"""States, ages and figures of runs in words, and texts of people kept from being markup."""

from __future__ import annotations

import math
import re
from datetime import datetime, tzinfo
from typing import Any, Literal

import streamlit as st

from l335.core import moments
from l335.core.metrics import describe
from l335.core.wording import HOUR, MINUTE
from l335.core.wording import count as count  # pages find all words here
from l335.core.wording import duration as duration
from l335.results.pace import Estimate
from l335.results.views import RunView

Color = Literal["red", "orange", "blue", "green", "violet", "gray"]

STATES: dict[str, tuple[str, Color, str]] = {
    "queued": ("Queued", "orange", ":material/schedule:"),
    "running": ("Running", "blue", ":material/play_circle:"),
    "paused": ("Paused", "violet", ":material/pause_circle:"),
    "completed": ("Completed", "green", ":material/check_circle:"),
    "failed": ("Failed", "red", ":material/error:"),
    "cancelled": ("Stopped", "gray", ":material/stop_circle:"),
}
DOING = {
    "running": "training",
    "queued": "waiting",
    "paused": "paused",
    "failed": "failed",
    "cancelled": "stopped",
}
"""What runs that have not completed do, in the order in which a count says it."""

TASKS = {"classify": "Classification", "fit-image": "Fit an image"}

_MARKUP = re.compile(r"([\\`*_{}\[\]()#!|<>~:$&])")


def plain(text: str) -> str:
    """A text someone typed, such as a file's name, kept from acting as Markdown."""
    return _MARKUP.sub(r"\\\1", text)


def within(title: str) -> str:
    """A title as it stands within a sentence: "Batch size" as "batch size", "CNN" as it is."""
    return title if title[:2].isupper() else title[:1].lower() + title[1:]


def sentence(text: str) -> str:
    """A sentence on what was typed or came by a link, to be shown as it is.

    Its backticks are left out: what stands between them may hold one, and more behind it.
    """
    return plain(text.replace("`", ""))


def viewer_zone() -> tzinfo | None:
    """The zone of the browser that looks; this machine's where none is told."""
    return moments.zone_of(st.context.timezone, st.context.timezone_offset)


def age(moment: datetime, now: datetime | None = None) -> str:
    """How long ago a moment of today was; the viewer's date and time of one before."""
    return moments.age(moment, viewer_zone(), now)


def estimate_words(estimate: Estimate) -> str:
    """How long runs will take, in a sentence; empty where there is nothing to train."""
    if estimate.num_measured + estimate.num_unmeasured == 0:
        return ""
    if estimate.is_measuring:
        return "Measuring how fast this machine trains these networks…"
    if estimate.num_measured == 0:
        return "No estimate of the time yet: no such network has been trained on this machine."
    assert estimate.measured_at is not None
    measured = f"on this machine (measured {age(estimate.measured_at)})"
    if estimate.is_complete:
        return f"About {duration(round_seconds(estimate.seconds))} {measured}."
    known = count(estimate.num_measured, "run")
    return (
        f"About {duration(round_seconds(estimate.seconds))} {measured} for {known}; no estimate of "
        f"{count(estimate.num_unmeasured, 'other')}, for no such network has been trained here."
    )


def round_seconds(seconds: float) -> float:
    """A length of time as exactly as a forecast of it can be: to about one part in ten."""
    steps = ((10, 1), (MINUTE, 5), (10 * MINUTE, 10), (HOUR, MINUTE), (math.inf, 10 * MINUTE))
    step = next(step for most, step in steps if seconds < most)
    return max(1, round(seconds / step)) * step


def value(key: str, number: float | None) -> str:
    """The value of a metric with its unit."""
    if number is None:
        return "–"
    return describe(key).show(number)


def best(run: RunView, key: str) -> str:
    """The best value a run has reached on a metric."""
    entry: dict[str, Any] = run.summary.get(key, {})
    return value(key, entry.get("best"))


def progress(run: RunView) -> str:
    """How far a run is: "Epoch 3 of 20" or "Step 400 of 1,000"."""
    if run.task == "classify":
        per_epoch = run.spec.steps_per_epoch
        return f"Epoch {run.step // per_epoch:,} of {run.total_steps // per_epoch:,}"
    return f"Step {run.step:,} of {run.total_steps:,}"
