from __future__ import annotations

import gzip
import io

import pytest
from PIL import Image

from l335.web.chart_library import plotly_url
from tests.dashboard import BASIC, FIT, Trained
from tests.web.conftest import Client


def test_metrics_of_a_run_come_whole_and_then_only_what_is_new(
    client: Client, trained: Trained
) -> None:
    answer = client.get(f"/api/runs/{trained.basic}/metrics").json()
    run = answer["run"]
    assert run["state"] == "completed"
    assert run["step"] == run["total_steps"] == BASIC.total_steps
    assert run["steps_per_epoch"] == BASIC.steps_per_epoch
    assert run["samples_per_epoch"] == BASIC.train_size
    assert run["samples_per_batch"] == BASIC.batch_size
    assert {"train/loss", "test/loss", "train/accuracy", "test/accuracy"} <= set(answer["series"])
    accuracy = answer["series"]["test/accuracy"]
    assert accuracy["step"][-1] == BASIC.total_steps
    assert len(accuracy["step"]) == len(accuracy["value"]) == len(accuracy["wall"])
    assert run["summary"]["test/accuracy"]["last"] == accuracy["value"][-1]
    assert not answer["more"]
    assert answer["previews"] == {}

    later = client.get(f"/api/runs/{trained.basic}/metrics?after={answer['last_seq']}").json()
    assert later["series"] == {}
    assert later["last_seq"] == answer["last_seq"]


def test_metrics_of_several_runs_come_in_one_answer(client: Client, trained: Trained) -> None:
    alone = [
        client.get(f"/api/runs/{uid}/metrics?after={after}").json()
        for uid, after in ((trained.basic, 0), (trained.fit, 3))
    ]
    nobody = "0" * 32
    asked = f"{trained.basic}:0,{nobody}:0,{trained.fit}:3"
    response = client.get(f"/api/metrics?after={asked}")
    assert response.headers["cache-control"] == "no-store"
    first, missing, second = response.json()["answers"]
    assert [first, second] == alone
    assert f"There is no run `{nobody}`" in missing["error"]


@pytest.mark.parametrize(
    ("after", "sentence"),
    [
        ("", "`` is not an address here"),
        ("x:0", "`x` is not an address here"),
        (f"{'0' * 32}:-1", "`after` is `-1`; it must be a whole number, 0 or more"),
        (",".join(["0" * 32] * 33), "`after` names 33 runs; at most 32 are answered."),
    ],
)
def test_a_question_about_several_runs_is_checked(
    client: Client, after: str, sentence: str
) -> None:
    response = client.get(f"/api/metrics?after={after}")
    assert response.status_code == 400
    assert sentence in response.json()["error"]


def test_metrics_may_not_be_cached(client: Client, trained: Trained) -> None:
    headers = client.get(f"/api/runs/{trained.basic}/metrics").headers
    assert headers["cache-control"] == "no-store"


def test_previews_of_a_fitted_image_are_pictures_of_its_size(
    client: Client, trained: Trained
) -> None:
    previews = client.get(f"/api/runs/{trained.fit}/metrics").json()["previews"]
    assert set(previews) == {"original", "reconstruction", "error"}
    for preview in previews.values():
        response = client.get(preview["url"])
        assert response.headers["content-type"] == "image/png"
        assert "immutable" in response.headers["cache-control"]
        with Image.open(io.BytesIO(response.content)) as picture:
            assert max(picture.size) == FIT.image_size


@pytest.mark.parametrize("path", ["/api/runs/{}/metrics", "/api/artifacts/{}"])
def test_unknown_addresses_are_answered_with_a_sentence(client: Client, path: str) -> None:
    uid = "0" * 32
    response = client.get(path.format(uid))
    assert response.status_code == 404
    assert uid[:8] in response.json()["error"]


@pytest.mark.parametrize("path", ["/api/runs/{}/metrics", "/api/artifacts/{}"])
@pytest.mark.parametrize(
    "uid", ["x", "..%2f..%2fetc%2fpasswd", "A" * 32, "0" * 33, "%00", "' OR 1"]
)
def test_malformed_addresses_are_refused(client: Client, path: str, uid: str) -> None:
    response = client.get(path.format(uid))
    # A slash, even an encoded one, makes it a path no route knows.
    assert response.status_code == (404 if "%2f" in uid else 400)
    if response.status_code == 400:
        assert "must be 32 hexadecimal digits" in response.json()["error"]


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "9" * 30, "", "\u0661"])
def test_a_cursor_that_is_no_number_is_refused(
    client: Client, trained: Trained, after: str
) -> None:
    response = client.get(f"/api/runs/{trained.basic}/metrics", params={"after": after})
    assert response.status_code == 400
    assert "must be a whole number" in response.json()["error"]


def test_health_names_the_runner(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok", "runner": "alive"}


def test_plotly_is_served_packed_and_for_ever(client: Client) -> None:
    response = client.get(plotly_url(""))
    assert response.headers["content-encoding"] == "gzip"
    assert "immutable" in response.headers["cache-control"]
    assert "plotly.js" in response.text[:200]
    plain = client.get("/plotly.min.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == response.content
    assert len(gzip.compress(plain.content)) < len(plain.content) / 2


def test_routes_lie_below_the_base_path(trained: Trained, client: Client) -> None:
    below = Client("/lab")
    assert below.get("/healthz").status_code == 404
    assert below.get("/lab/healthz").status_code == 200
    previews = below.get(f"/lab/api/runs/{trained.fit}/metrics").json()["previews"]
    assert all(preview["url"].startswith("/lab/api/") for preview in previews.values())
    assert below.get(previews["original"]["url"]).status_code == 200
