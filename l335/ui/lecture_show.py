"""What stands on the projector, and the sentence that says whether it happens now."""

from __future__ import annotations

from dataclasses import dataclass

from l335.core import moments
from l335.export.recordings import Recording
from l335.labs import LabPreset, lab_from_definition
from l335.results.views import SweepView
from l335.spec import Spec
from l335.ui.lab_address import LabSettings, in_words, settings_of
from l335.ui.replay_clock import ReplayClock
from l335.ui.wording import duration, viewer_zone

LIVE_SECONDS = 120.0
"""A lab that takes longer on this machine is replayed; ``?live=SECONDS`` says otherwise."""


@dataclass(frozen=True)
class Show:
    """What stands on the projector.

    Attributes:
        settings: The lab and its settings.
        sweep: Its runs on this machine; None before there are any.
        seconds: How long what is missing would take here; None where that is not known.
        live: Longest time that is worth waiting for.
        clock: Of the replay; None while none is shown.
        recording: What is replayed, or would be.
        specs: Its runs, in order.
        problems: Why these settings can't be trained.
    """

    settings: LabSettings
    sweep: SweepView | None
    seconds: float | None
    live: float
    clock: ReplayClock | None
    recording: Recording | None
    specs: list[Spec]
    problems: list[str]

    @property
    def preset(self) -> LabPreset:
        """The lab that is shown; a recording has the settings it was made with."""
        if self.clock is not None and self.recording is not None:
            return lab_from_definition(self.recording.sweep.lab, self.recording.sweep.definition)
        return self.settings.preset

    @property
    def is_too_long(self) -> bool:
        """Whether this machine can't finish in time."""
        return self.seconds is not None and self.seconds > self.live


def note(show: Show) -> str:
    """Whether what is shown happens now, and if not, where and when it did."""
    recording = show.recording
    if show.clock is not None and recording is not None:
        return (
            f"Replay, {_pace(recording.speed)}: real runs of {_date(recording)} on "
            f"{_machine(recording)}, {duration(recording.total)} of training in all, shown side by "
            f"side, {_recorded_settings(recording)}."
        )
    if show.sweep is not None or show.seconds is None:
        return ""
    time = f"about {duration(show.seconds)}"
    if not show.is_too_long:
        return f"Live on this machine, {time}."
    if recording is None:
        return f"This takes {time} here, and there is no recording of it: Start runs it live."
    return (
        f"This takes {time} here, longer than the {duration(show.live)} there are; S replays real "
        f"runs of {_date(recording)}, {_recorded_settings(recording)}."
    )


def _recorded_settings(recording: Recording) -> str:
    """What was recorded: the lab in full or quick, and what was changed from that."""
    sweep = recording.sweep
    settings = settings_of(lab_from_definition(sweep.lab, sweep.definition))
    _, *changes = in_words(settings).split(" · ")
    length = "in the lab's quick mode" if settings.is_quick else "at the lab's full length"
    return f"{length}, changed: {'; '.join(changes)}" if changes else length


def _pace(speed: float) -> str:
    if 0.7 < speed < 1.5:
        return "as fast as it was"
    if speed > 1:
        return f"{speed:.0f} times faster than it was"
    return f"{1 / max(speed, 1e-3):.0f} times slower than it was"


def _date(recording: Recording) -> str:
    return moments.date(recording.recorded_at, viewer_zone())


def _machine(recording: Recording) -> str:
    if not recording.is_bundled:
        return "this machine"
    card = recording.hardware.get("Graphics card", "none")
    return card if card != "none" else recording.hardware.get("Processor", "another machine")
