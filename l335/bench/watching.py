"""What many viewers cost: how quickly the web process answers, what training loses, memory."""

from __future__ import annotations

import contextlib
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from l335.bench.installation import Installation, installation, pin
from l335.bench.rows import Row, Rows, Say, Spread, in_turns
from l335.bench.waiting import SUITE, p95
from l335.core.errors import LabError
from l335.core.settings import ROOT
from l335.runner.process import worker_environment
from l335.spec import ClassifySpec

NUM_VIEWERS, REFRESH_MS = 100, 150.0
NUM_WATCHING, KEPT_SHARE = 10, 0.95
NUM_TABS, WEB_MB = 20, 300.0
GROWN_SHARE = 0.02  # less than that is no growth: the interpreter takes memory in pieces
SAMPLE_SECONDS = 1.0
MB = 1e6

LONG = ClassifySpec(epochs=300)  # reports some times a second; outlasts what is measured
LONGER = ClassifySpec(epochs=1000, batch_size=16)  # hours


class Program:
    """A program beside us that prints lines of JSON."""

    def __init__(self, module: str, *arguments: object) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *map(str, arguments)],
            cwd=ROOT,
            env=worker_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def line(self) -> dict[str, Any]:
        """Its next line.

        Raises:
            LabError: It has ended instead.
        """
        assert self._process.stdout is not None
        text = self._process.stdout.readline()
        if not text:
            _, errors = self._process.communicate()
            raise LabError(f"A helper of the benchmark ended: {errors.strip()[-500:]}")
        found: dict[str, Any] = json.loads(text)
        return found

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


@contextlib.contextmanager
def program(module: str, *arguments: object) -> Iterator[Program]:
    """A program for the length of a block."""
    own = Program(module, *arguments)
    try:
        yield own
    finally:
        own.close()


def viewers(images: Path, short: bool, say: Say) -> Rows:
    """A hundred viewers of a run that trains; the web process has one core."""
    seconds = 5.0 if short else 30.0
    with installation(images) as own:
        own.start_web()
        uid = own.lab.submit(LONG)
        own.wait_for_step(uid)
        assert own.web is not None
        pin(own.web, 0)
        with program("l335.bench.viewers", own.port, NUM_VIEWERS, seconds, uid) as crowd:
            crowd.line()
            cpu = sum(own.web.cpu_times()[:2])
            seen = crowd.line()
            cpu = sum(own.web.cpu_times()[:2]) - cpu
    waits = [1000 * wait for wait in seen["seconds"]]
    rate = len(waits) / seen["wall"]
    say(f"{NUM_VIEWERS} viewers: {rate:.0f} refreshes/s, 95 % within {p95(waits):.0f} ms")
    yield Row(
        SUITE,
        f"Refresh of a live chart with {NUM_VIEWERS} viewers, web process on one core",
        "ms",
        Spread.of(waits),
        target=f"95 % under {REFRESH_MS:.0f} ms",
        is_met=p95(waits) < REFRESH_MS,
        note=f"95 % within {p95(waits):.0f} ms. {rate:.0f} refreshes/s brought "
        f"{seen['points']:,} points; the web process used {100 * cpu / seen['wall']:.0f} % of its "
        "core. Viewers and a training run share the machine.",
    )


def watched(images: Path, short: bool, say: Say) -> Rows:
    """How fast two runs train with ten viewers and with none, in turns."""
    seconds, turns = (3.0, 2) if short else (6.0, 6)
    with installation(images) as own:
        own.start_web()
        uids = [own.lab.submit(LONG.model_copy(update={"seed": seed})) for seed in (1, 2)]
        for uid in uids:
            own.wait_for_step(uid, 100)

        def with_viewers() -> float:
            arguments = [own.port, NUM_WATCHING, 2 * seconds + 5.0, *uids, "--last"]
            with program("l335.bench.viewers", *arguments) as crowd:
                crowd.line()
                return _images_per_second(own, uids, seconds)

        ways = {
            "watched": with_viewers,
            "alone": lambda: _images_per_second(own, uids, seconds),
        }
        found = in_turns(ways, turns)
    row = Row(
        SUITE,
        f"Two runs train with {NUM_WATCHING} viewers",
        "images/s",
        found["watched"],
        is_rate=True,
        baseline=found["alone"],
        baseline_name="nobody watching",
        note="Basic net, evaluations left out. The viewers, which would be other machines, take "
        "only what processor time the rest leaves them.",
    ).held_to(KEPT_SHARE)
    say(f"{NUM_WATCHING} viewers leave training {row.ratio:.1%} of its speed")
    yield row


def _images_per_second(own: Installation, uids: list[str], seconds: float) -> float:
    """Of all runs together, by the steps and seconds the workers themselves report."""
    before = [own.lab.run(uid) for uid in uids]
    time.sleep(seconds)
    rates = []
    for then in before:
        now = own.lab.run(then.uid)
        num_images = (now.step - then.step) * now.spec.samples_per_step
        rates.append(num_images / (now.train_seconds - then.train_seconds))
    return sum(rates)


def memory(images: Path, short: bool, say: Say) -> Rows:
    """Memory of the web process while tabs are open on a run that trains, ten minutes."""
    yield from _memory(images, 60.0 if short else 600.0, say, may_grow=False)


def soak(images: Path, short: bool, say: Say) -> Rows:
    """The same for an hour; asked for by name only."""
    yield from _memory(images, 60.0 if short else 3600.0, say, may_grow=True)


def _memory(images: Path, seconds: float, say: Say, *, may_grow: bool) -> Rows:
    with installation(images) as own:
        own.start_web()
        uid = own.lab.submit(LONGER)
        own.wait_for_step(uid)
        tabs = ["--stay", NUM_TABS, seconds + 5.0]
        with (
            program("l335.ui.visitor", own.url, f"classify?run={uid}", *tabs) as visitors,
            program("l335.bench.viewers", own.port, NUM_TABS, seconds + 5.0, uid) as crowd,
        ):
            visitors.line()
            crowd.line()
            samples = _memory_mb(own, seconds)
            num_runs = visitors.line()["runs"]
    tenth = max(1, len(samples) // 10)
    first, last = (statistics.median(part) for part in (samples[:tenth], samples[-tenth:]))
    say(f"web process: {first:.0f} MB at first, {last:.0f} MB after {seconds / 60:.0f} min")
    yield Row(
        SUITE,
        f"Memory of the web process with {NUM_TABS} viewers over {seconds / 60:.0f} min",
        "MB",
        Spread.of(samples),
        target=f"under {WEB_MB:.0f} MB" + ("" if may_grow else ", no growth"),
        is_met=max(samples) < WEB_MB and (may_grow or last < first * (1 + GROWN_SHARE)),
        note=f"From {first:.1f} to {last:.1f} MB. Each viewer is an open Streamlit session and a "
        f"live chart's requests; scripts and fragments ran {num_runs:,} times.",
    )


def _memory_mb(own: Installation, seconds: float) -> list[float]:
    assert own.web is not None
    samples = []
    for _ in range(round(seconds / SAMPLE_SECONDS)):
        time.sleep(SAMPLE_SECONDS)
        samples.append(psutil.Process(own.web.pid).memory_info().rss / MB)
    return samples
