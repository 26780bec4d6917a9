"""What a replay says it is: the settings it was recorded with, not those the lab has now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from l335.export.recordings import Recording, bundled, unpacked
from l335.labs import lab_called, lab_from_definition
from l335.ui.lab_address import LabSettings
from l335.ui.lecture_show import Show, note
from l335.ui.replay_clock import ReplayClock


def recorded(name: str, **changes: object) -> Recording:
    """The recording that came with a lab, as if it had been made with other settings."""
    recording = bundled(name)
    definition = lab_called(name).model_dump(mode="json") | changes
    sweep = replace(recording.sweep, definition=definition)
    return unpacked(replace(recording, sweep=sweep).packed())


def show(name: str, recording: Recording, *, is_replay: bool) -> Show:
    clock = ReplayClock.started() if is_replay else None
    settings = LabSettings(lab_called(name).quick(), is_quick=True)
    return Show(settings, None, 9000.0, 120.0, clock, recording, [], [])


@pytest.mark.parametrize("is_replay", [True, False])
@pytest.mark.parametrize("name", ["learning-rates", "batch-sizes"])
def test_a_recording_of_the_basic_net_opens_and_says_so(name: str, is_replay: bool) -> None:
    recording = recorded(name, network="basic")
    shown = show(name, recording, is_replay=is_replay)
    assert "at the lab's full length, changed: Net Basic net." in note(shown)
    assert lab_from_definition(name, recording.sweep.definition).network == "basic"
    assert shown.preset.network == ("basic" if is_replay else "cnn")
    assert len(recording.sweep.runs) == 9


def test_a_recording_of_the_labs_own_settings_says_its_length_alone() -> None:
    assert note(show("sigma", recorded("sigma"), is_replay=True)).endswith(
        "shown side by side, at the lab's full length."
    )
    quick = lab_called("sigma").quick().model_dump(mode="json")
    assert note(show("sigma", recorded("sigma", **quick), is_replay=True)).endswith(
        "shown side by side, in the lab's quick mode."
    )
