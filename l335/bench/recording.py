"""What training pays for being recorded, and for a second run beside it."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import select

from l335.bench.installation import Installation, installation
from l335.bench.noting import choose_recorder
from l335.bench.rows import Row, Rows, Say, in_turns
from l335.bench.waiting import SUITE
from l335.components.architectures.cnn import Cnn
from l335.core.records import Timing
from l335.service import Lab
from l335.spec import ClassifySpec
from l335.store.tables import run, run_event

SLOWER = 0.05
BOTH_SHARE = 0.9


def logging(images: Path, short: bool, say: Say) -> Rows:
    """The smallest batches, recorded and with a recorder that drops everything, in turns."""
    spec = ClassifySpec(batch_size=4, epochs=1, train_size=2_000 if short else 60_000)
    with installation(images) as own:
        own.start_runner("l335.bench.noting")

        def seconds(word: str, spec: ClassifySpec = spec) -> float:
            choose_recorder(own.settings.data_dir, word)
            uid = own.lab.submit(spec)
            own.wait_for_end(uid)
            if word == "real":
                assert own.lab.run(uid).step == spec.total_steps
            return _whole(_timing(own.lab, uid))

        # The first worker of a server is slower.
        seconds("real", spec.model_copy(update={"train_size": 1_000}))
        ways = {word: lambda word=word: seconds(word) for word in ("real", "dropped")}
        found = in_turns(ways, 1 if short else 3)
    share = found["real"].median / found["dropped"].median - 1
    say(f"recording makes batches of 4 {100 * share:.1f} % slower")
    yield Row(
        SUITE,
        f"Batch 4, an epoch of {spec.total_steps:,} steps, recorded",
        "s",
        found["real"],
        baseline=found["dropped"],
        baseline_name="the same with a recorder that drops everything",
        target=f"less than {100 * SLOWER:.0f} % slower",
        is_met=share < SLOWER,
        note=f"{100 * share:+.1f} %. From the start of the worker to its last word: recorder, "
        "channel, runner and store; both evaluate alike.",
    )


def two_at_once(images: Path, short: bool, say: Say) -> Rows:
    """Two runs of one thread each, against twice what one of them does alone."""
    size, turns = (6_000, 1) if short else (60_000, 3)
    specs = {
        "basic net": ClassifySpec(epochs=1, train_size=size),
        "CNN": ClassifySpec(model=Cnn(), epochs=1, train_size=size // 6),
    }
    with installation(images) as own:
        own.start_runner()
        for name, spec in specs.items():
            yield _two_at_once(own, name, spec, turns, say)


def _two_at_once(own: Installation, name: str, spec: ClassifySpec, turns: int, say: Say) -> Row:
    def rate(number: int) -> float:
        uids = [own.lab.submit(spec.model_copy(update={"seed": n})) for n in range(number)]
        for uid in uids:
            own.wait_for_end(uid)
        timings = [_timing(own.lab, uid) for uid in uids]
        return sum(spec.samples_per_step * timing.steps / timing.step_seconds for timing in timings)

    rate(2)
    found = in_turns({"two": lambda: rate(2), "twice": lambda: 2 * rate(1)}, turns)
    row = Row(
        SUITE,
        f"Two runs at once, {name}, one thread each",
        "images/s",
        found["two"],
        is_rate=True,
        baseline=found["twice"],
        baseline_name="twice one alone",
        note="Both together; evaluations left out.",
    ).held_to(BOTH_SHARE)
    say(f"two runs at once, {name}: {row.ratio:.0%} of twice one alone")
    return row


def _timing(lab: Lab, uid: str) -> Timing:
    """What the only attempt at a run has taken, by its worker's own clock."""
    query = (
        select(run_event.c.detail)
        .join(run, run_event.c.run_id == run.c.id)
        .where(run.c.uid == uid, run_event.c.kind == "timed")
    )
    with lab.store.read() as connection:
        return Timing(**json.loads(connection.execute(query).scalar_one()))


def _whole(timing: Timing) -> float:
    return timing.step_seconds + timing.evaluation_seconds + timing.other_seconds
