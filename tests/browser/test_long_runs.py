"""Curves of runs with more points than a chart is sent: what is drawn, and what is said of it."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from playwright.sync_api import expect

from l335.spec import ClassifySpec
from l335.web.payload import MAX_POINTS
from tests.browser.dashboard_process import Dashboard
from tests.browser.screen import Screen
from tests.courses import course

pytestmark = pytest.mark.browser

EPOCH = ClassifySpec(batch_size=4, epochs=1)
NUM_ROWS = EPOCH.total_steps
CAPTIONS = ".l335-caption"


def spiky(seed: int, level: float) -> list[float]:
    """Losses with rare large ones, whose mean lies far below the middle of their extremes."""
    noise = random.Random(seed)
    return [
        level * (1 + math.exp(-step / 3000)) * (0.5 + noise.expovariate(2))
        for step in range(1, NUM_ROWS + 1)
    ]


def drawn(screen: Screen, part: str) -> list[dict[str, Any]]:
    """Lines of the loss panel: epochs and values."""
    screen.page.wait_for_function(
        "part => document.querySelectorAll('.l335-plot')[1]?.data"
        "?.some(trace => trace.meta?.part === part && trace.x.length)",
        arg=part,
    )
    found: list[dict[str, Any]] = screen.page.evaluate(
        "part => document.querySelectorAll('.l335-plot')[1].data"
        ".filter(trace => trace.meta?.part === part && trace.x.length)"
        ".map(({x, y}) => ({x, y}))",
        part,
    )
    return found


def running_mean(losses: list[float], window: float) -> list[float]:
    """An exponential mean of every loss; a young curve has a shorter one."""
    means, mean = [], losses[0]
    for step, loss in enumerate(losses, 1):
        mean += (loss - mean) / max(1.0, min(window, step / 10))
        means.append(mean)
    return means


def test_a_long_run_says_how_many_of_its_points_are_shown(
    screen: Screen, dashboard: Dashboard
) -> None:
    uid = course(dashboard.lab, EPOCH, spiky(1, 0.4))
    screen.open(f"/classify?run={uid}")
    [raw] = drawn(screen, "raw")
    shown = f"{len(raw['x']):,} of {NUM_ROWS:,} points shown"
    expect(screen.page.locator(CAPTIONS).nth(1)).to_have_text(shown)
    expect(screen.page.locator(CAPTIONS).nth(0)).to_have_text("")
    assert 1800 < len(raw["x"]) <= MAX_POINTS

    short = course(dashboard.lab, EPOCH, spiky(1, 0.4)[:500])
    screen.open(f"/classify?run={short}")
    assert len(drawn(screen, "raw")[0]["x"]) == 500
    expect(screen.page.locator(CAPTIONS).nth(1)).to_have_text("")


def test_smoothing_lies_where_that_of_every_point_does(
    screen: Screen, dashboard: Dashboard
) -> None:
    losses = spiky(2, 0.4)
    uid = course(dashboard.lab, EPOCH, losses)
    screen.open(f"/classify?run={uid}")
    [line] = drawn(screen, "line")
    exact = running_mean(losses, NUM_ROWS / 60)
    steps = [round(epoch * EPOCH.steps_per_epoch) for epoch in line["x"]]
    assert len(steps) > 1800
    off = [
        abs(value - exact[step - 1]) / exact[step - 1]
        for step, value in zip(steps, line["y"], strict=True)
        if step > 500
    ]
    assert max(off) < 0.02


def test_thinned_seeds_are_averaged_between_their_points(
    screen: Screen, dashboard: Dashboard
) -> None:
    levels = {0: 0.2, 1: 0.6}
    uids = [
        course(dashboard.lab, EPOCH.model_copy(update={"seed": seed}), spiky(seed, level))
        for seed, level in levels.items()
    ]
    screen.open(f"/classify?run={uids[0]}&with={uids[1]}")
    screen.page.wait_for_function(
        "document.querySelectorAll('.l335-plot')[1]?.data"
        "?.some(trace => trace.text?.every(count => count === '2'))"
    )
    low, high = drawn(screen, "band")
    [mean] = drawn(screen, "line")
    late = [place for place, epoch in enumerate(mean["x"]) if epoch > 0.8]
    # Seeds that took turns would be drawn as a line that jumps from one to the other.
    assert [mean["y"][place] for place in late] == pytest.approx([0.4] * len(late), rel=0.2)
    late = [place for place, epoch in enumerate(low["x"]) if epoch > 0.8]
    assert all(high["y"][place] > 2 * low["y"][place] for place in late)
    expect(screen.page.locator(CAPTIONS).nth(1)).to_contain_text(f"of {NUM_ROWS:,} points shown")
