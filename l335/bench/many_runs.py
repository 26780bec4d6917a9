"""Ten thousand finished runs in the store: how long pages take to open and charts to draw."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from l335.bench.browser import ChromiumMissing, chromium
from l335.bench.installation import Installation, installation
from l335.bench.rows import Row, Rows, Say, Spread
from l335.bench.waiting import SUITE
from l335.bench.watching import program
from l335.components.architectures.cnn import Cnn
from l335.core.records import Row as MetricRow
from l335.core.records import Timing
from l335.core.settings import ROOT
from l335.labs import labs
from l335.results.pace import place_of
from l335.service import Lab
from l335.spec import ClassifySpec, FitImageSpec, Spec
from l335.store import queue, runs, sweeps
from l335.store.writer import Batch, Ending, commit

NUM_RUNS, NUM_RUNS_SHORT = 10_000, 1_000
RUNS_PER_SWEEP, CELLS_PER_SWEEP = 200, 20
NUM_LOSSES, NUM_EVALUATIONS = 20, 5
SECONDS = 1.0
TIMES = 3
NUM_DRAWN, NUM_DRAWN_SHORT = 51, 5
DRAWN_SECONDS = 5.0


def pages(images: Path, short: bool, say: Say) -> Rows:
    """Open every page over a session of its own, as Streamlit's front end does."""
    number = NUM_RUNS_SHORT if short else NUM_RUNS
    with installation(images) as own:
        started = time.perf_counter()
        fill(own.lab, number)
        say(f"{number:,} runs written in {time.perf_counter() - started:.0f} s")
        own.start_web()
        own.wait_until_warm()
        found = _opened(own, paths(own.lab))
    slowest = max(found, key=lambda path: max(found[path]))
    for path, seconds in sorted(found.items(), key=lambda item: -max(item[1])):
        say(f"/{path}: " + ", ".join(f"{one:.2f}" for one in seconds) + " s")
    yield Row(
        SUITE,
        f"A page opens, {number:,} finished runs in the store",
        "s",
        Spread.of([one for seconds in found.values() for one in seconds]),
        target=f"every page within {SECONDS:.0f} s",
        is_met=max(found[slowest]) <= SECONDS,
        note=f"{len(found)} addresses, each {TIMES} times, the first time included; from the "
        f"connection to the end of the script, without the browser's drawing. Slowest: /{slowest} "
        f"with {max(found[slowest]):.2f} s.",
    )


def charts(images: Path, short: bool, say: Say) -> Rows:
    """From the opening of an address that names 51 runs to the curves of all of them in Chromium.

    Once runs of many settings, once seeds of one.
    """
    number, drawn = (NUM_RUNS_SHORT, NUM_DRAWN_SHORT) if short else (NUM_RUNS, NUM_DRAWN)
    try:
        with installation(images) as own, chromium(own.url) as screen:
            fill(own.lab, number)
            own.start_web()
            own.wait_until_warm()
            waits = {}
            for name, path in chart_paths(own.lab, drawn).items():
                waits[name] = [screen.seconds_to_draw(path, drawn) for _ in range(TIMES)]
                say(f"{drawn} {name}: " + ", ".join(f"{one:.2f}" for one in waits[name]) + " s")
    except ChromiumMissing as missing:
        say(f"many runs in one chart: not measured. {missing}")
        return
    for name, seconds in waits.items():
        yield Row(
            SUITE,
            f"{drawn} {name} in one chart in Chromium, {number:,} in the store",
            "s",
            Spread.of(seconds),
            target=f"within {DRAWN_SECONDS:.0f} s",
            is_met=max(seconds) <= DRAWN_SECONDS,
            note="From the address to the last curve, Streamlit's own page included. The browser "
            "shares the machine; the first time fills its cache.",
        )


def chart_paths(lab: Lab, number: int) -> dict[str, str]:
    """Addresses that draw so many runs in one chart: of many settings, and seeds of one."""
    classified = lab.runs(limit=number, task="classify")
    seeds = lab.siblings(classified[0].uid)[:number]
    return {
        name: f"classify?run={chosen[0].uid}&with={','.join(run.uid for run in chosen[1:])}"
        for name, chosen in {"runs": classified, "seeds": seeds}.items()
    }


def _opened(own: Installation, addresses: list[str]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {path: [] for path in addresses}
    with program("l335.ui.visitor", own.url, *(addresses * TIMES)) as visitor:
        for path in addresses * TIMES:
            found[path].append(visitor.line()["seconds"])
    return found


def paths(lab: Lab) -> list[str]:
    """Addresses of every page, and of one run, one sweep and one lab of each sort."""
    classified, fitted = lab.runs(task="classify"), lab.runs(task="fit-image")
    [sweep, *_] = lab.sweeps.listing(limit=1)
    names = [path.stem.replace("_", "-") for path in sorted((ROOT / "pages").glob("*.py"))]
    pair = ",".join(one.uid for one in classified[:2])
    return [
        "",
        *(name for name in names if name != "home"),
        f"runs?run={classified[0].uid}",
        f"runs?run={fitted[0].uid}",
        f"classify?run={classified[0].uid}",
        f"fit-image?run={fitted[0].uid}",
        f"sweeps?sweep={sweep.uid}",
        f"compare?runs={pair}",
        f"report?runs={pair}",
        *(f"labs?lab={name}" for name in labs()),
    ]


def fill(lab: Lab, number: int) -> None:
    """Write finished runs by the runner's own way: curves, summaries, timings, and sweeps."""
    chance = random.Random(0)
    specs = list(_specs(lab, number))
    with lab.store.write() as connection:
        runner = queue.register(connection)
        numbers = [_finish(connection, spec, runner, chance) for spec in specs]
        for first in range(0, number - CELLS_PER_SWEEP, RUNS_PER_SWEEP):
            places = range(first, first + CELLS_PER_SWEEP)
            seeds = [(place, str(specs[place].seed)) for place in places]
            cells = [(f"seed {seed}", {"seed": seed}, numbers[place]) for place, seed in seeds]
            sweeps.add(connection, "", f"Sweep from run {first:,}", {}, cells)


def _specs(lab: Lab, number: int) -> Iterator[Spec]:
    """Four classifiers to one fitted picture, each setting with many seeds."""
    sky = lab.images.all()[0]
    fit = FitImageSpec().with_image(sky.sha256, sky.name, sky.width, sky.height)
    rates = (0.1, 0.01, 0.001)
    for n in range(number):
        lr, size = rates[n % 3], (4, 16, 64)[n // 3 % 3]
        if n % 5 == 4:
            yield fit.model_copy(update={"lr": 0.001, "seed": n})
        else:
            changes: dict[str, Any] = {"model": Cnn()} if n % 2 else {}
            spec = ClassifySpec(lr=lr, batch_size=size, epochs=NUM_EVALUATIONS, seed=n)
            yield spec.model_copy(update=changes)


def _finish(connection: Connection, spec: Spec, runner: int, chance: random.Random) -> int:
    uid = runs.add(connection, spec, "cpu", 1)
    claimed = queue.claim(connection, runner, uid)
    assert claimed is not None
    seconds = 0.001 * spec.total_steps
    timing = Timing(spec.total_steps, seconds, NUM_EVALUATIONS, 1.0, 0.5, place_of("cpu"))
    batch = Batch(
        claimed.id,
        claimed.attempt,
        rows=list(_rows(spec, chance)),
        facts={"step": spec.total_steps, "train_seconds": seconds},
        ending=Ending("completed", timing=timing),
    )
    commit(connection, [batch])
    return claimed.id


def _rows(spec: Spec, chance: random.Random) -> Iterator[MetricRow]:
    """Curves that fall and rise as such curves do, with a little noise."""
    best = 0.8 + 0.1 * chance.random()

    def row(key: str, share: float, value: float) -> MetricRow:
        step = max(1, round(share * spec.total_steps))
        return MetricRow(key, step, value + 0.005 * chance.random(), 0.001 * step)

    for place in range(1, NUM_LOSSES + 1):
        share = place / NUM_LOSSES
        yield row("train/loss", share, 0.3 + 2.0 * math.exp(-5 * share))
    for place in range(1, NUM_EVALUATIONS + 1):
        share = place / NUM_EVALUATIONS
        risen = best * (1 - math.exp(-5 * share))
        if isinstance(spec, FitImageSpec):
            yield row("train/psnr_db", share, 35 * risen)
            yield row("train/ssim_valid", share, risen)
        else:
            yield row("test/accuracy", share, risen)
            yield row("train/accuracy", share, risen)
            yield row("test/loss", share, 1.5 - risen)
