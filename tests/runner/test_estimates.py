"""Probes by a real runner: what they tell, what they leave, and how true an estimate is."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import func, select

from l335.labs import lab_called
from l335.store import tables
from tests.installation import Installation, eventually

MAX_FACTOR = 2.0  # 1.5 on a machine that does nothing else


def estimated(own: Installation, specs: list) -> float:
    own.lab.estimates.probe(specs)
    eventually(lambda: own.lab.estimates.of(specs).is_complete, 60, "an estimate from probes")
    return own.lab.estimates.of(specs).seconds


@pytest.mark.slow
def test_probes_tell_how_long_a_lab_will_take(own: Installation) -> None:
    own.start()
    changes = {"train_size": 3000, "epochs": 1, "seeds": 2}
    lab = lab_called("basic-against-cnn").quick().changed(changes)
    specs = [cell.spec for cell in lab.cells(own.lab.images.called)]
    seconds = estimated(own, specs)
    started = time.monotonic()
    uid = own.lab.sweeps.start_lab(lab)
    eventually(lambda: own.lab.sweeps.one(uid).is_over, 250, "the end of the lab")
    taken = time.monotonic() - started
    print(f"estimated {seconds:.1f} s, taken {taken:.1f} s")
    assert 1 / MAX_FACTOR < seconds / taken < MAX_FACTOR
    assert own.lab.estimates.of(specs).num_trained == len(specs)


@pytest.mark.slow
def test_a_probe_leaves_nothing_but_its_figures(own: Installation) -> None:
    own.start()
    cells = lab_called("learning-rates").quick().cells(own.lab.images.called)
    assert estimated(own, [cell.spec for cell in cells]) > 0
    counts = []
    with own.lab.store.read() as connection:
        for table in (tables.metric, tables.checkpoint):
            counts.append(connection.scalar(select(func.count()).select_from(table)))
        made = select(func.count()).where(tables.artifact.c.run_id.is_not(None))
        counts.append(connection.scalar(made))
    assert counts == [0, 0, 0]
    assert own.lab.count_runs() == 0
