"""The benchmark of the dashboard in its short form: it finds figures, and they can be right.

It fails on wrong results only, never on time.
"""

from __future__ import annotations

import dataclasses
import math
import re
from pathlib import Path

import psutil
import pytest

from l335.bench import many_runs, viewers
from l335.bench.live import live_rows
from l335.bench.rows import Row
from l335.core.metrics import HEADLINE
from l335.core.settings import ROOT, Settings
from l335.service import Lab

NUM_RUNS = 60


def ours() -> set[int]:
    return {process.pid for process in psutil.Process().children(recursive=True)}


def check(row: Row) -> None:
    assert row.suite == "live"
    assert row.title
    assert row.unit
    for spread in filter(None, (row.ours, row.baseline)):
        assert spread.number > 0
        assert all(math.isfinite(value) for value in dataclasses.astuple(spread))
        assert 0 < spread.low <= spread.median <= spread.high
    assert (row.is_met is None) == (not row.target)
    assert (row.baseline is None) == (not row.baseline_name)


@pytest.mark.slow
def test_the_short_form_finds_figures_and_leaves_nothing_running(capsys):
    before = ours()
    said: list[str] = []
    rows = list(live_rows(True, said.append))
    with capsys.disabled():
        print("\n" + "\n".join(said))
    for row in rows:
        check(row)
    titles = [row.title for row in rows]
    assert len(titles) == len(set(titles))
    for word in ("/healthz", "submitted at once", "emitted", "viewers", "recorded"):
        assert any(word in title for title in titles), word
    assert ours() <= before


@pytest.mark.slow
def test_every_page_opens_over_a_session_with_finished_runs(
    prepared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many_runs, "NUM_RUNS_SHORT", NUM_RUNS)
    said: list[str] = []
    [row] = many_runs.pages(prepared, True, said.append)
    check(row)
    opened = {line.partition(":")[0] for line in said if line.startswith("/")}
    for page in (ROOT / "pages").glob("*.py"):
        name = page.stem.replace("_", "-")
        assert f"/{'' if name == 'home' else name}" in opened
    assert row.ours.number == many_runs.TIMES * len(opened)


def test_written_runs_are_those_a_runner_leaves(tmp_path: Path) -> None:
    lab = Lab.open(Settings(data_dir=tmp_path))
    many_runs.fill(lab, NUM_RUNS)
    assert lab.count_runs() == NUM_RUNS
    for run in lab.runs(limit=NUM_RUNS):
        assert run.state == "completed"
        assert run.step == run.total_steps
        headline = HEADLINE[run.task]
        series = lab.metrics(run.uid).series[headline]
        assert series.step[-1] == run.total_steps
        assert run.summary[headline]["best"] == max(value or 0 for value in series.value)
    assert len(lab.sweeps.one(lab.sweeps.listing()[0].uid).runs) == many_runs.CELLS_PER_SWEEP
    lab.close()


def test_viewers_ask_in_the_rhythm_of_the_live_chart() -> None:
    text = (ROOT / "l335/ui/live_view/feed.js").read_text()
    rhythm = {
        name: int(value) / 1000 for name, value in re.findall(r"const (\w+)_MS = (\d+)", text)
    }
    assert rhythm["HASTY_POLL"] == viewers.HASTY_POLL_SECONDS
    assert rhythm["HASTE"] == viewers.HASTE_SECONDS
    assert rhythm["FIRST_POLL"] == viewers.FIRST_POLL_SECONDS
    assert rhythm["POLL"] == viewers.POLL_SECONDS
    assert rhythm["IDLE_POLL"] == viewers.IDLE_POLL_SECONDS
    assert rhythm["PATIENCE"] == viewers.PATIENCE_SECONDS
