"""Long runs: the metrics route answers with few points and loses nothing that matters."""

from __future__ import annotations

import csv
import io
import itertools
import math
import random
import statistics
from pathlib import Path

import pytest

from l335.service import Lab
from l335.service.current import current_lab
from l335.spec import ClassifySpec
from l335.web import routes
from l335.web.payload import MAX_POINTS
from tests.courses import course, go_on
from tests.dashboard import use
from tests.web.conftest import Client

EPOCH = ClassifySpec(batch_size=4, epochs=1)
NUM_ROWS = 15_012


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A lab without a runner, which no other test shares."""
    use(tmp_path, monkeypatch)
    return current_lab()


def losses(number: int) -> list[float]:
    noise = random.Random(5)
    return [math.exp(-step / number + noise.gauss(0, 0.3)) for step in range(number)]


def test_a_long_series_comes_thinned_with_ends_and_extremes(lab: Lab) -> None:
    recorded = losses(NUM_ROWS)
    uid = course(lab, EPOCH, recorded)
    response = Client().get(f"/api/runs/{uid}/metrics")
    answer = response.json()
    assert not answer["more"]
    assert len(response.content) < 200_000
    series = answer["series"]["train/loss"]
    steps, values = series["step"], series["value"]
    assert 0.9 * MAX_POINTS < len(steps) <= MAX_POINTS
    assert series["num_recorded"] == NUM_ROWS
    assert steps == sorted(set(steps))
    assert values == [recorded[step - 1] for step in steps]
    assert (steps[0], steps[-1]) == (1, NUM_ROWS)
    assert (min(values), max(values)) == (min(recorded), max(recorded))
    best = answer["run"]["summary"]["train/loss"]
    assert values[steps.index(best["best_step"])] == best["best"] == min(recorded)
    lengths = [step - before for before, step in itertools.pairwise([0, *steps])]
    whole = sum(n * mean for n, mean in zip(lengths, series["mean"], strict=True)) / NUM_ROWS
    assert whole == pytest.approx(statistics.fmean(recorded))


def test_what_is_new_comes_exactly(lab: Lab) -> None:
    recorded = losses(3000)
    uid = course(lab, EPOCH, recorded[:2900], is_over=False)
    before = Client().get(f"/api/runs/{uid}/metrics").json()
    go_on(lab, uid, recorded[2900:], 2901)
    answer = Client().get(f"/api/runs/{uid}/metrics?after={before['last_seq']}").json()
    series = answer["series"]["train/loss"]
    assert series["step"] == list(range(2901, 3001))
    assert series["value"] == recorded[2900:]
    assert series["num_recorded"] == 100
    assert "mean" not in series


def test_a_short_series_comes_whole(lab: Lab) -> None:
    recorded = losses(MAX_POINTS)
    uid = course(lab, EPOCH, recorded)
    series = Client().get(f"/api/runs/{uid}/metrics").json()["series"]["train/loss"]
    assert series["value"] == recorded
    assert series["num_recorded"] == MAX_POINTS
    assert "mean" not in series


def test_steps_an_attempt_has_gone_back_behind_do_not_count(lab: Lab) -> None:
    recorded = losses(5000)
    uid = course(lab, EPOCH, [9.0] * 5000, is_over=False)
    go_on(lab, uid, recorded[2500:4000], 2501, attempt=2)
    series = Client().get(f"/api/runs/{uid}/metrics").json()["series"]["train/loss"]
    assert series["step"] == sorted(set(series["step"]))
    assert (series["step"][-1], series["num_recorded"]) == (4000, 4000)
    expected = [9.0] * 2500 + recorded[2500:4000]
    assert series["value"] == [expected[step - 1] for step in series["step"]]


def test_more_rows_than_one_answer_reads_come_in_several(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "MAX_ROWS", 4000)
    recorded = losses(10_000)
    uid = course(lab, EPOCH, recorded)
    after, num_recorded, values = 0, 0, []
    for is_last in (False, False, True):
        answer = Client().get(f"/api/runs/{uid}/metrics?after={after}").json()
        series = answer["series"]["train/loss"]
        assert answer["more"] is not is_last
        assert len(series["step"]) <= MAX_POINTS
        after, num_recorded = answer["last_seq"], num_recorded + series["num_recorded"]
        values += series["value"]
    assert num_recorded == len(recorded)
    assert (min(values), max(values)) == (min(recorded), max(recorded))


def test_the_table_to_take_home_stays_complete(lab: Lab) -> None:
    recorded = losses(NUM_ROWS)
    uid = course(lab, EPOCH, recorded)
    table = csv.DictReader(io.StringIO(Client().get(f"/api/metrics.csv?runs={uid}").text))
    assert [float(row["value"]) for row in table] == recorded
