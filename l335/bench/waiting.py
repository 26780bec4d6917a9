"""How long a person waits: for the start, for the first row, for a row to be seen."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from l335.bench.browser import ChromiumMissing, Screen, chromium
from l335.bench.installation import Installation, installation
from l335.bench.noting import LOSS, choose_recorder, emitted
from l335.bench.rows import Row, Rows, Say, Spread
from l335.bench.viewers import Answer, watch
from l335.spec import ClassifySpec

SUITE = "live"

ANSWERS_SECONDS = 3.0
ACCEPTED_SECONDS = 8.0
CLICK_SECONDS, CLICK_SECONDS_P95 = 0.6, 1.2
VISIBLE_SECONDS = 1.5
NUM_WAITS = 15


def p95(values: Sequence[float]) -> float:
    """What 95 of 100 values stay within."""
    return float(np.percentile(values, 95))


def start(images: Path, short: bool, say: Say) -> Rows:
    """From the start of the process to an answer, and to the first row of a run queued then.

    Each start has a data folder of its own, whose store is made in it; the data set is unpacked.
    """
    answers, rows = [], []
    for number in range(1 if short else 6):
        with installation(images) as own:
            began = time.perf_counter()
            answered = own.start_web()
            uid = own.lab.submit(ClassifySpec())
            watch(own.port, uid, _has_points)
            rows.append(time.perf_counter() - began)
            answers.append(answered)
        say(f"start {number + 1}: /healthz after {answered:.2f} s, a first row {rows[-1]:.2f} s")
    if len(answers) > 1:  # the first one warms the disk
        del answers[0], rows[0]
    yield Row(
        SUITE,
        "Start of `serve` to /healthz",
        "s",
        Spread.of(answers),
        target=f"within {ANSWERS_SECONDS:.0f} s on a warm disk",
        is_met=max(answers) <= ANSWERS_SECONDS,
        note="In a new data folder, whose store is made; Fashion-MNIST is unpacked.",
    )
    yield Row(
        SUITE,
        "Start of `serve` to the first row of a run submitted at once",
        "s",
        Spread.of(rows),
        target=f"within {ACCEPTED_SECONDS:.0f} s",
        is_met=max(rows) <= ACCEPTED_SECONDS,
        note="The run waits for the fork server, which imports torch.",
    )


def _has_points(answer: Answer) -> bool:
    return bool(answer["series"])


def submit(images: Path, short: bool, say: Say) -> Rows:
    """From the call that queues a run to its first row, as the live chart's requests see it."""
    with installation(images) as own:
        own.start_web()
        own.wait_until_warm()
        waits = [_first_row(own, seed) for seed in range(1 + (3 if short else NUM_WAITS))]
    waits = waits[1:]  # the first fork of a server touches pages that later ones find
    say(f"first row after {np.median(waits):.2f} s, 95 % within {p95(waits):.2f} s")
    yield Row(
        SUITE,
        "Submit to the first row over HTTP, fork server warm",
        "s",
        Spread.of(waits),
        note=f"95 % within {p95(waits):.2f} s. Basic net, asked for in the rhythm of the chart.",
    )


def _first_row(own: Installation, seed: int) -> float:
    started = time.perf_counter()
    uid = own.lab.submit(ClassifySpec(seed=seed))
    watch(own.port, uid, _has_points)
    waited = time.perf_counter() - started
    own.lab.stop(uid)
    own.wait_for_end(uid)
    return waited


def click(images: Path, short: bool, say: Say) -> Rows:
    """From the click on Train to the first point in Chromium."""
    try:
        with installation(images) as own, chromium(own.url) as screen:
            own.start_web()
            own.wait_until_warm()
            waits = [_click(own, screen) for _ in range(1 + (2 if short else NUM_WAITS))]
    except ChromiumMissing as missing:
        say(f"click on Train: not measured. {missing}")
        return
    first, waits = waits[0], waits[1:]
    say(f"click to first point: {np.median(waits):.2f} s, 95 % within {p95(waits):.2f} s")
    yield Row(
        SUITE,
        "Click on Train to the first point in Chromium",
        "s",
        Spread.of(waits),
        target=f"median under {CLICK_SECONDS} s, 95 % under {CLICK_SECONDS_P95} s",
        is_met=float(np.median(waits)) < CLICK_SECONDS and p95(waits) < CLICK_SECONDS_P95,
        note=f"95 % within {p95(waits):.2f} s. The browser shares the machine; the very first "
        f"click after the start took {first:.2f} s.",
    )


def _click(own: Installation, screen: Screen) -> float:
    screen.open("classify")
    started = time.perf_counter()
    screen.train()
    screen.wait_for_point()
    waited = time.perf_counter() - started
    [newest] = own.lab.runs(limit=1)
    own.lab.stop(newest.uid)
    own.wait_for_end(newest.uid)
    return waited


def visible(images: Path, short: bool, say: Say) -> Rows:
    """From the moment the engine hands a training loss over until a client has it."""
    seconds = 6.0 if short else 25.0
    spec = ClassifySpec(epochs=50)
    with installation(images) as own:
        choose_recorder(own.settings.data_dir, "noted")
        own.start_runner("l335.bench.noting")
        own.start_web()
        uid = own.lab.submit(spec)
        seen = _seen_by_client(own, uid, seconds)
        yield _visible_row("a client that asks like the live chart has it", seen, own, say)
        try:
            with chromium(own.url) as screen:
                epochs = screen.seen_epochs(uid, seconds)
        except ChromiumMissing as missing:
            say(f"rows seen in Chromium: not measured. {missing}")
            return
        seen = [(at, round(epoch * spec.steps_per_epoch)) for at, epoch in epochs]
        yield _visible_row("the chart in Chromium holds it", seen, own, say)


def _seen_by_client(own: Installation, uid: str, seconds: float) -> list[tuple[float, int]]:
    """Times of day, and the last step of the loss the client had from then on."""
    seen: list[tuple[float, int]] = []
    until = time.monotonic() + seconds

    def note(answer: Answer) -> bool:
        if LOSS in answer["series"]:
            seen.append((time.time(), answer["series"][LOSS]["step"][-1]))
        return time.monotonic() > until

    watch(own.port, uid, note)
    return seen


def _visible_row(what: str, seen: list[tuple[float, int]], own: Installation, say: Say) -> Row:
    waits = _delays(emitted(own.settings.data_dir), seen)
    say(f"emitted until {what}: 95 % within {p95(waits):.2f} s of {len(waits):,} rows")
    return Row(
        SUITE,
        f"A row is emitted until {what}",
        "s",
        Spread.of(waits),
        target=f"95 % under {VISIBLE_SECONDS} s",
        is_met=p95(waits) < VISIBLE_SECONDS,
        note=f"95 % within {p95(waits):.2f} s. {len(waits):,} training losses of the basic net.",
    )


def _delays(times: Mapping[int, float], seen: Sequence[tuple[float, int]]) -> list[float]:
    # What was there at the first look came before anybody watched, so it has no delay.
    delays = []
    for (_, before), (at, last) in itertools.pairwise(seen):
        delays += [at - moment for step, moment in times.items() if before < step <= last]
    return delays
