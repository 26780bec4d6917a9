from __future__ import annotations

import io
import json
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from l335.data.datasets import CLASS_NAMES, test_image, test_label
from l335.store.jobs import MAX_LARGE
from tests.dashboard import BASIC, CNN, Trained
from tests.web.conftest import Client

LOOK = {"kind": "feature_maps", "index": 3}


def ask(client: Client, uid: str, look: dict[str, Any]) -> str:
    answer = client.post(f"/api/runs/{uid}/looks", json=look)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["look"])


def finished(client: Client, look: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        answer: dict[str, Any] = client.get(f"/api/looks/{look}").json()
        if answer["state"] in ("done", "failed"):
            return answer
        time.sleep(0.1)
    raise AssertionError("the look was not finished within a minute")


def test_snapshots_lead_to_the_evaluation_of_each_step(client: Client, trained: Trained) -> None:
    answer = client.get(f"/api/runs/{trained.basic}/snapshots").json()
    assert answer["run"]["total_steps"] == BASIC.total_steps
    first, *others = answer["snapshots"]
    assert (first["step"], first["epoch"], first["evaluation"]) == (0, 0.0, None)
    assert others[-1]["step"] == BASIC.total_steps
    assert others[-1]["epoch"] == BASIC.epochs
    for snapshot in others:
        response = client.get(snapshot["evaluation"])
        assert response.headers["content-type"] == "application/json"
        assert "immutable" in response.headers["cache-control"]
        evaluation = response.json()
        assert evaluation["step"] == snapshot["step"]
        assert np.sum(evaluation["confusion"]) == evaluation["num_images"] == 10_000


def test_a_look_is_asked_for_once_and_leads_to_its_products(
    client: Client, trained: Trained
) -> None:
    look = ask(client, trained.cnn, LOOK)
    assert ask(client, trained.cnn, LOOK) == look
    answer = finished(client, look)
    assert (answer["state"], answer["error"]) == ("done", None)
    assert set(answer["products"]) == {
        "input",
        "prediction",
        *(f"{kind}/conv{number}" for kind in ("maps", "filters") for number in (1, 2, 3)),
    }
    sheet = answer["products"]["maps/conv1"]
    snapshots, channels, height, width = sheet["meta"]["shape"]
    assert channels == 4
    assert sheet["meta"]["steps"][-1] == CNN.total_steps
    with Image.open(io.BytesIO(client.get(sheet["url"]).content)) as picture:
        assert picture.size == (channels * width, snapshots * height)


def test_a_look_that_is_out_of_range_is_refused_with_a_sentence(
    client: Client, trained: Trained
) -> None:
    answer = client.post(f"/api/runs/{trained.cnn}/looks", json=LOOK | {"index": 10_000})
    assert answer.status_code == 400
    assert "10000" in answer.json()["error"].replace(",", "")
    answer = client.post(f"/api/runs/{trained.cnn}/looks", json={"index": 3})
    assert answer.status_code == 400
    assert "`kind` is missing" in answer.json()["error"]


def test_a_look_that_does_not_fit_the_run_is_refused(client: Client, trained: Trained) -> None:
    answer = client.post(f"/api/runs/{trained.fit}/looks", json=LOOK)
    assert answer.status_code == 409
    assert "does not fit" in answer.json()["error"]


@pytest.mark.parametrize("origin", ["http://elsewhere.example", "null", "https://lab.example"])
def test_other_sites_may_not_ask(client: Client, trained: Trained, origin: str) -> None:
    path = f"/api/runs/{trained.cnn}/looks"
    answer = client.post(path, json=LOOK, headers={"origin": origin})
    assert answer.status_code == 403
    assert origin in answer.json()["error"]
    assert client.post(path, json=LOOK, headers={"origin": "http://lab"}).status_code == 200


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_only_json_is_taken(client: Client, trained: Trained, media_type: str) -> None:
    path, body = f"/api/runs/{trained.cnn}/looks", json.dumps(LOOK).encode()
    answer = client.post(path, content=body, headers={"content-type": media_type})
    assert answer.status_code == 415
    assert "must be `application/json`" in answer.json()["error"]


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"{", 400), (b"[1]", 400), (b"\xff", 400), (b'"' + b"x" * 20_000 + b'"', 413)],
)
def test_a_body_that_is_no_look_is_refused(
    client: Client, trained: Trained, body: bytes, status: int
) -> None:
    headers = {"content-type": "application/json"}
    answer = client.post(f"/api/runs/{trained.cnn}/looks", content=body, headers=headers)
    assert answer.status_code == status
    assert answer.json()["error"].startswith("The body is")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
FIELDS = st.sampled_from(["kind", "index", "image", "step", "factor", "width", "bits", "fits"])
KINDS = st.sampled_from(["feature_maps", "unit", "upsample", "movie", "neurons", "compression"])


@given(values=st.dictionaries(FIELDS | st.text(), VALUES, max_size=5), kind=KINDS | VALUES)
@example(values={"\ud800": 1}, kind="feature_maps")
@example(values={"index": "\ud800"}, kind="feature_maps")
@example(values={"": 1, "factor.x": 2, "__class__": 3, "model_fields": 4}, kind="upsample")
@example(values={"width": 10**400, "height": float("nan")}, kind="upsample")
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_whatever_fields_are_sent_the_answer_is_a_sentence(
    client: Client, trained: Trained, values: dict[str, Any], kind: Any
) -> None:
    body = json.dumps({**values, "kind": kind}).encode()
    headers = {"content-type": "application/json"}
    for uid in (trained.cnn, trained.fit):
        answer = client.post(f"/api/runs/{uid}/looks", content=body, headers=headers)
        assert answer.status_code in (200, 400, 404, 409, 413, 429), answer.text
        if answer.status_code == 200:
            client.delete(f"/api/looks/{answer.json()['look']}")
        else:
            assert answer.json()["error"]


@pytest.mark.parametrize("depth", [2, 100, 990, 1000, 1100, 4000])
@pytest.mark.parametrize("brackets", [(b"[", b"]"), (b'{"kind":', b"}")])
def test_lists_in_lists_are_refused_however_deep(
    client: Client, trained: Trained, depth: int, brackets: tuple[bytes, bytes]
) -> None:
    depth = min(depth, 9_000 // len(brackets[0] + brackets[1]))
    inner = depth * brackets[0] + b"1" + depth * brackets[1]
    body = b'{"kind": "feature_maps", "index": ' + inner + b"}"
    headers = {"content-type": "application/json"}
    answer = client.post(f"/api/runs/{trained.cnn}/looks", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"] in (
        "`index` holds a list or an object; each field must be one plain value.",
        "The body is not JSON; send one JSON object.",
    )


def test_more_than_a_visitor_may_wait_for_is_refused_and_the_list_cancels(
    client: Client, trained: Trained
) -> None:
    large = {"kind": "upsample", "width": 8192, "height": 8192, "bits": 16}
    looks = [ask(client, trained.fit, large | {"width": 8192 - each}) for each in range(MAX_LARGE)]
    refused = client.post(f"/api/runs/{trained.fit}/looks", json=large | {"width": 5000})
    assert refused.status_code == 429
    assert "large analyses of yours wait already" in refused.json()["error"]
    listed = client.get("/api/looks").json()["looks"]
    assert [one["look"] for one in listed if one["is_large"]] == looks
    foreign = {"origin": "http://elsewhere.example"}
    assert client.delete(f"/api/looks/{looks[0]}", headers=foreign).status_code == 403
    for look in looks:
        assert client.delete(f"/api/looks/{look}").status_code == 200
        assert "was cancelled" in client.get(f"/api/looks/{look}").json()["error"]
    assert not [one for one in client.get("/api/looks").json()["looks"] if one["is_large"]]
    assert client.delete(f"/api/looks/{'0' * 32}").status_code == 404


def test_unknown_runs_and_looks_are_answered_with_a_sentence(client: Client) -> None:
    uid = "0" * 32
    answers = [
        client.get(f"/api/runs/{uid}/snapshots"),
        client.get(f"/api/looks/{uid}"),
        client.post(f"/api/runs/{uid}/looks", json=LOOK),
    ]
    for answer in answers:
        assert answer.status_code == 404
        assert uid[:8] in answer.json()["error"]
    assert client.get("/api/looks/x").status_code == 400


def test_test_images_come_side_by_side(client: Client, trained: Trained) -> None:
    response = client.get("/api/test-images?indices=3,17,9999")
    assert response.headers["content-type"] == "image/png"
    assert "immutable" in response.headers["cache-control"]
    with Image.open(io.BytesIO(response.content)) as picture:
        strip = np.asarray(picture)
    folder = trained.lab.settings.data_dir
    assert np.array_equal(strip, np.hstack([test_image(folder, at) for at in (3, 17, 9999)]))


@pytest.mark.parametrize("indices", ["", "x", "-1", "10000", "3,", "\u0661", ",".join(["1"] * 201)])
def test_indices_that_name_no_images_are_refused(client: Client, indices: str) -> None:
    response = client.get("/api/test-images", params={"indices": indices})
    assert response.status_code == 400
    assert response.json()["error"].startswith("`indices`")


def test_true_labels_come_with_the_names_of_the_classes(client: Client, trained: Trained) -> None:
    answer = client.get("/api/test-labels").json()
    assert tuple(answer["names"]) == CLASS_NAMES
    assert len(answer["labels"]) == 10_000
    assert answer["labels"][17] == test_label(trained.lab.settings.data_dir, 17)


def test_spectra_of_a_fit_come_in_one_answer_with_what_they_say(
    client: Client, trained: Trained
) -> None:
    answer = client.get(f"/api/runs/{trained.fit}/spectra").json()
    snapshots = client.get(f"/api/runs/{trained.fit}/snapshots").json()["snapshots"]
    assert answer["steps"] == [snapshot["step"] for snapshot in snapshots]
    assert answer["sigma"] == 10.0
    for row, snapshot in enumerate(snapshots):
        recorded = client.get(snapshot["parts"]["spectrum"]).json()
        assert answer["error"][row] == recorded["error"]
        assert answer["fit"][row] == recorded["fit"]
        ratios = np.array(recorded["error"]) / np.array(recorded["target"])
        np.testing.assert_allclose(answer["relative"][row], ratios)
    assert "of it is left at step 60" in answer["sentence"] or "grew" in answer["sentence"]


def test_a_classifier_has_no_spectra(client: Client, trained: Trained) -> None:
    answer = client.get(f"/api/runs/{trained.cnn}/spectra")
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("This run classifies")


def test_the_film_is_asked_for_by_the_recorded_pictures(client: Client, trained: Trained) -> None:
    look = ask(client, trained.fit, {"kind": "movie"})
    assert ask(client, trained.fit, {"kind": "movie"}) == look
    movie = finished(client, look)["products"]["movie"]
    snapshots = client.get(f"/api/runs/{trained.fit}/snapshots").json()["snapshots"]
    assert movie["meta"]["steps"] == [snapshot["step"] for snapshot in snapshots]
    response = client.get(movie["url"])
    assert response.headers["content-type"] == "image/gif"
    with Image.open(io.BytesIO(response.content)) as film:
        assert film.n_frames == len(snapshots)
