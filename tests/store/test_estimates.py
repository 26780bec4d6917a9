from __future__ import annotations

import dataclasses

import pytest

from l335.components.architectures.cnn import Cnn
from l335.core.records import Timing
from l335.core.settings import Settings
from l335.results.pace import place_of
from l335.service import Lab
from l335.spec import ClassifySpec
from l335.spec.sweeps import Cell
from l335.store import queue
from l335.store.writer import Ending
from tests.store.test_queue import claim, end

BASIC = ClassifySpec(train_size=20_000, epochs=1)
CNN = BASIC.model_copy(update={"model": Cnn()})
TIMING = Timing(100, 2.0, 1, 0.5, other_seconds=1.0, place=place_of("cpu"))
SECONDS = 313 * 0.02 + 3 * 0.5 + 1.0


@pytest.fixture
def lab(tmp_path):
    opened = Lab.open(Settings(data_dir=tmp_path, slots=2, threads=1, device="cpu"))
    yield opened
    opened.close()


def complete(
    lab: Lab, timing: Timing | None = TIMING, state: str = "completed"
) -> queue.ClaimedRun:
    run = claim(lab.store)
    end(lab.store, run, Ending(state, timing=timing))
    return run


def seeds(spec: ClassifySpec, number: int) -> list[ClassifySpec]:
    return [spec.model_copy(update={"seed": 100 + seed}) for seed in range(number)]


def test_a_run_tells_how_long_others_of_its_work_will_take(lab: Lab) -> None:
    assert lab.estimates.of([BASIC]).num_unmeasured == 1
    lab.submit(BASIC)
    complete(lab)
    estimate = lab.estimates.of([BASIC, *seeds(BASIC, 3), CNN])
    assert (estimate.num_trained, estimate.num_measured, estimate.num_unmeasured) == (1, 3, 1)
    assert estimate.seconds == pytest.approx(2 * SECONDS), "three runs in two slots"
    assert estimate.measured_at is not None
    assert not estimate.is_complete


@pytest.mark.parametrize(
    "settings", [{"threads": 2, "device": "cpu"}, {"threads": 1, "device": "cuda"}]
)
def test_another_device_or_number_of_threads_has_its_own_pace(lab: Lab, settings) -> None:
    lab.submit(BASIC)
    complete(lab)
    other = Lab.open(Settings(data_dir=lab.settings.data_dir, slots=2, **settings))
    assert other.estimates.of(seeds(BASIC, 1)).num_unmeasured == 1
    assert len(other.estimates.probe(seeds(BASIC, 1))) == 1
    other.close()


def test_a_pace_of_another_machine_does_not_count(lab: Lab) -> None:
    lab.submit(BASIC)
    complete(lab, dataclasses.replace(TIMING, place="cpu on elsewhere"))
    assert lab.estimates.of(seeds(BASIC, 1)).num_unmeasured == 1


def test_there_is_one_probe_of_each_kind_of_work_and_no_run_is_made_of_it(lab: Lab) -> None:
    specs = [*seeds(BASIC, 3), *seeds(CNN, 3)]
    assert len(lab.estimates.probe(specs)) == 2
    assert lab.estimates.probe(specs) == []
    assert lab.estimates.of(specs).is_measuring
    run = complete(lab)
    assert run.purpose == "probe"
    complete(lab)
    assert lab.estimates.probe(specs) == []
    estimate = lab.estimates.of(specs)
    assert (estimate.num_measured, estimate.is_measuring) == (6, False)
    assert lab.count_runs() == 0
    assert lab.find_runs([BASIC.model_copy(update={"seed": 100})]) == [None]


def test_a_probe_waits_for_one_run_of_a_sweep_not_for_all(lab: Lab) -> None:
    cells = [Cell("", spec) for spec in seeds(BASIC, 4)]
    lab.sweeps.start(cells, title="A sweep", definition={})
    complete(lab, timing=None)
    lab.estimates.probe([CNN])
    assert [claim(lab.store).purpose for _ in range(4)] == ["run", "probe", "run", "run"]


def test_a_probe_that_failed_is_not_made_again_at_once(lab: Lab) -> None:
    [uid] = lab.estimates.probe([BASIC])
    complete(lab, timing=None, state="failed")
    assert lab.run(uid).state == "failed"
    estimate = lab.estimates.of([BASIC])
    assert (estimate.num_unmeasured, estimate.is_measuring) == (1, False)
    assert lab.estimates.probe([BASIC]) == []


def test_runs_count_for_more_than_probes(lab: Lab) -> None:
    lab.estimates.probe([BASIC])
    complete(lab, dataclasses.replace(TIMING, step_seconds=50.0))
    lab.submit(BASIC)
    complete(lab)
    assert lab.estimates.of(seeds(BASIC, 1)).seconds == pytest.approx(SECONDS)


def test_a_run_under_way_takes_its_rest(lab: Lab) -> None:
    lab.submit(BASIC)
    complete(lab)
    [spec] = seeds(BASIC, 1)
    lab.submit(spec)
    assert lab.estimates.of([spec]).seconds == pytest.approx(SECONDS)
