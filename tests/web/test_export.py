"""The points of runs as a table."""

from __future__ import annotations

import io

import pandas as pd  # type: ignore[import-untyped]
import pytest

from l335.core.addresses import MAX_RUNS
from l335.results.views import Series
from l335.web.export import COLUMNS
from tests.dashboard import BASIC, CNN, Trained
from tests.web.conftest import Client


def test_the_table_holds_every_point_of_the_store(client: Client, trained: Trained) -> None:
    response = client.get(f"/api/metrics.csv?runs={trained.basic},{trained.cnn}")
    assert response.headers["content-type"].startswith("text/csv")
    assert response.headers["content-disposition"] == 'attachment; filename="2-runs.csv"'
    table = pd.read_csv(io.StringIO(response.text))
    assert list(table.columns) == COLUMNS
    for uid, spec in ((trained.basic, BASIC), (trained.cnn, CNN)):
        series = trained.lab.metrics(uid, limit=1_000_000).series
        own = table[table["run"] == uid]
        assert set(own["metric"]) == set(series)
        assert set(own["seed"]) == {spec.seed}
        for key, points in series.items():
            part = own[own["metric"] == key]
            assert list(part["step"]) == points.step
            known = [float("nan") if value is None else value for value in points.value]
            assert list(part["value"]) == pytest.approx(known, nan_ok=True)
            assert list(part["epoch"]) == pytest.approx(
                [spec.epochs_at(step) for step in points.step], rel=1e-5
            )
            assert list(part["samples"]) == [spec.samples_at(step) for step in points.step]


def test_one_run_gives_its_name_to_the_file(client: Client, trained: Trained) -> None:
    headers = client.get(f"/api/metrics.csv?runs={trained.basic}").headers
    name = "basic-net-lr-0.001-batch-64-seed-3.csv"
    assert headers["content-disposition"] == f'attachment; filename="{name}"'


@pytest.mark.parametrize(
    ("runs", "sentence"),
    [
        ("", "`runs` must list 1 to 64 addresses"),
        (",".join(f"{n:032x}" for n in range(MAX_RUNS + 1)), "`runs` must list 1 to 64 addresses"),
        ("x", "`x` is not an address"),
        ("../../etc/passwd", "32 hexadecimal digits"),
    ],
)
def test_what_is_no_run_is_refused_with_a_sentence(
    client: Client, runs: str, sentence: str
) -> None:
    response = client.get("/api/metrics.csv", params={"runs": runs})
    assert response.status_code == 400
    assert sentence in response.json()["error"]


def test_an_unknown_run_is_said_to_be_unknown(client: Client, trained: Trained) -> None:
    response = client.get(f"/api/metrics.csv?runs={trained.basic},{'0' * 32}")
    assert response.status_code == 404
    assert "There is no run" in response.json()["error"]


def test_points_written_a_second_time_count_once() -> None:
    kept = Series()
    for point in [(1, 0.3, 1.0), (2, 0.2, 2.0), (3, None, 3.0), (2, 0.25, 2.5), (3, 0.15, 3.5)]:
        kept.put(*point)
    assert kept == Series([1, 2, 3], [0.3, 0.25, 0.15], [1.0, 2.5, 3.5])
