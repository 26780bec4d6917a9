"""Every page with nothing to show, and with runs."""

from __future__ import annotations

import io
import time

import pytest
from PIL import Image

from l335.service import Lab
from tests.app.visit import PAGES, Visit
from tests.dashboard import BASIC, Trained

UNKNOWN = "0" * 32


@pytest.mark.parametrize("page_name", PAGES)
def test_every_page_opens_without_a_run(visit: Visit, empty_lab: Lab, page_name: str) -> None:
    visit.open(page_name)
    assert not visit.errors


@pytest.mark.parametrize("page_name", PAGES)
def test_every_page_opens_with_runs(visit: Visit, full_lab: Trained, page_name: str) -> None:
    visit.open(page_name)
    assert not visit.errors


def test_empty_pages_say_what_to_do(visit: Visit, empty_lab: Lab) -> None:
    assert "press Train" in visit.open("home").text
    assert "press Train" in visit.open("runs").text


@pytest.mark.parametrize("page_name", ["classify", "fit_image", "runs"])
@pytest.mark.parametrize("uid", [UNKNOWN, "../../etc/passwd", "x"])
def test_an_address_without_a_run_is_answered(
    visit: Visit, full_lab: Trained, page_name: str, uid: str
) -> None:
    visit.open(page_name, run=uid)
    [error] = visit.errors
    assert "run" in error


def test_home_lists_the_latest_runs(visit: Visit, full_lab: Trained) -> None:
    visit.open("home")
    assert "Basic net, lr 0.001, batch 64" in visit.text
    assert "The runner is ready" in visit.text


def test_the_list_shows_every_run_and_can_be_narrowed(visit: Visit, full_lab: Trained) -> None:
    visit.open("runs")
    assert "3 runs in all." in visit.text
    assert "Epoch 2 of 2" in visit.text
    assert "Step 60 of 60" in visit.text
    visit.at.get_by_key("runs.task").set_value("fit-image")
    visit.run()
    assert "1 run in all." in visit.text


def test_an_opened_run_shows_everything_about_it(visit: Visit, full_lab: Trained) -> None:
    visit.open("runs", run=full_lab.basic)
    text = visit.text
    assert "Basic net, lr 0.001, batch 64" in text
    assert "669,706 parameters" in text
    assert "| Training images | 600 | `train_size` |" in text
    assert "| Test accuracy |" in text
    assert (
        "python -m l335 train classify-basic --set seed=3 --set epochs=2 --set train_size=600"
        in text
    )
    assert not visit.has_button("Stop")


def test_settings_of_a_run_open_in_the_form(visit: Visit, full_lab: Trained) -> None:
    visit.open("classify").set(".seed", 99)
    visit.open("classify", **{"from": full_lab.basic})
    assert visit.widget(".seed").value == BASIC.seed
    assert visit.widget(".train_size").value == BASIC.train_size
    visit.set(".seed", 5)
    assert visit.widget(".seed").value == 5


def test_a_first_visit_to_a_run_brings_its_settings(visit: Visit, full_lab: Trained) -> None:
    visit.open("classify", run=full_lab.cnn)
    assert visit.widget(".model").value == "cnn"
    assert visit.widget(".channels").value == "4"


def test_a_deleted_run_can_be_brought_back(visit: Visit, full_lab: Trained) -> None:
    visit.open("runs", run=full_lab.fit).click("Delete")
    assert "2 runs in all." in visit.text
    assert "Deleted “Sky" in visit.text
    visit.click("Undo")
    assert full_lab.lab.count_runs() == 3
    assert "Delete" in [button.label for button in visit.at.button]


def test_a_run_is_stopped_paused_and_resumed(visit: Visit, empty_lab: Lab) -> None:
    visit.open("classify").click("Train")
    uid = visit.run_uid
    visit.click("Pause")
    assert empty_lab.run(uid).want == "pause" or empty_lab.run(uid).state == "paused"
    visit.run()
    if visit.has_button("Resume"):
        visit.click("Resume")
        assert empty_lab.run(uid).state == "queued"
    visit.run().click("Stop")
    assert empty_lab.run(uid).state == "cancelled" or empty_lab.run(uid).want == "cancel"


def test_a_fitted_picture_is_enlarged(visit: Visit, full_lab: Trained) -> None:
    visit.open("fit_image", run=full_lab.fit)
    factor = visit.at.get_by_key(f"factor.{full_lab.fit}")
    factor.set_value(3)
    visit.run()
    [make] = [button.label for button in visit.at.button if button.label.startswith("Make ")]
    visit.click(make)
    deadline = time.monotonic() + 30
    while not visit.at.get("download_button"):
        assert time.monotonic() < deadline
        time.sleep(0.2)
        visit.run()
    assert visit.at.get("download_button")[0].label.startswith("Download 96 ×")
    assert "Consistency, dB" in visit.text
    assert "no original to score against" in visit.text
    visit.click("Hold back an original, 4×")
    assert "hold_back=4" in visit.at.query_params["set"]
    assert visit.widget(".hold_back").value == "4"


def test_width_and_height_follow_each_other_unless_asked_not_to(
    visit: Visit, full_lab: Trained
) -> None:
    visit.open("fit_image", run=full_lab.fit)
    visit.at.get_by_key(f"size_by.{full_lab.fit}").set_value("Width × height")
    visit.run()
    width, height = (f"{side}.{full_lab.fit}" for side in ("width", "height"))
    visit.set(width, 300)
    assert visit.widget(height).value == 300  # the fitted picture is a square
    visit.set(f"keep_shape.{full_lab.fit}", False).set(height, 120)
    assert visit.widget(width).value == 300
    assert visit.has_button("Make 300 × 120 pixels")


def test_a_picture_too_large_is_refused_before_it_is_asked_for(
    visit: Visit, full_lab: Trained
) -> None:
    visit.open("fit_image", run=full_lab.fit)
    visit.at.get_by_key(f"size_by.{full_lab.fit}").set_value("Width × height")
    visit.run()
    visit.set(f"width.{full_lab.fit}", 8192).set(f"margin.{full_lab.fit}", 10)
    assert "at most 8,192 a side are painted" in visit.errors[0]
    assert not visit.is_enabled("Make the picture")


def test_an_upload_is_taken_and_chosen(visit: Visit, empty_lab: Lab) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 80, 10)).save(buffer, "PNG")
    visit.open("fit_image")
    visit.at.file_uploader[0].upload("my holiday.png", buffer.getvalue())
    visit.run()
    assert not visit.errors
    visit.run()
    assert "my holiday.png: 40 × 30 pixels." in visit.text
    visit.click("Train")
    assert empty_lab.runs()[0].title.startswith("my holiday.png")


def test_a_file_that_is_no_picture_is_refused_with_a_reason(visit: Visit, empty_lab: Lab) -> None:
    visit.open("fit_image")
    visit.at.file_uploader[0].upload("cat.png", b"GIF89a this is no picture")
    visit.run()
    [error] = visit.errors
    assert "cat.png" in error or "PNG" in error
    assert visit.is_train_enabled
