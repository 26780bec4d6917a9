"""The address follows the form, so that a reload finds it as it was."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from l335.service import Lab
from l335.spec import FitImageSpec
from tests.app.test_links import form_widgets
from tests.app.visit import Visit
from tests.dashboard import Trained


def values(visit: Visit) -> dict[str, Any]:
    return {name: widget.value for name, widget in form_widgets(visit).items()}


def reloaded(visit: Visit, page: str) -> Visit:
    """Another session at the same address."""
    again = Visit().open(page, **visit.address)  # type: ignore[arg-type]
    assert not again.errors
    return again


def test_a_form_nobody_changed_leaves_the_address_alone(visit: Visit, empty_lab: Lab) -> None:
    assert visit.open("classify").address == {}
    assert Visit().open("fit_image").address == {}
    by_hand = {"preset": ["classify-basic"], "set": ["lr=0.001", "momentum=0.5"], "lock": ["lr"]}
    assert Visit().open("classify", **by_hand).address == by_hand  # type: ignore[arg-type]


def test_the_address_holds_what_was_changed(visit: Visit, empty_lab: Lab) -> None:
    visit.open("classify", lock="seed", hide="schedule")
    visit.click("CNN").set(".lr", 0.02).set(".epochs", 3).set("num_seeds", 2)
    assert visit.address == {
        "lock": ["seed"],
        "hide": ["schedule"],
        "preset": ["classify-cnn"],
        "set": ["lr=0.02", "epochs=3"],
        "seeds": ["2"],
    }
    visit.set(".lr", 0.001).set(".epochs", 20).set(".model", "mlp").set("num_seeds", 1)
    assert visit.address == {"lock": ["seed"], "hide": ["schedule"]}


@pytest.mark.parametrize(
    ("page", "changes"),
    [
        ("classify", {".model": "cnn", ".channels": "8, 16", ".flip": True}),
        ("classify", {".optimizer": "adamw", ".weight_decay": 0.25, ".schedule": "one_cycle"}),
        ("fit_image", {".sigma": 3.5, ".steps": 70, ".hold_back": "2"}),
        ("fit_image", {".encoding": "positional", ".batch_pixels=all": True}),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("empty_lab")
def test_a_new_session_at_the_address_has_the_same_form(
    visit: Visit, page: str, changes: dict[str, Any]
) -> None:
    visit.open(page)
    for name, value in changes.items():
        visit.set(name, value)
    assert values(reloaded(visit, page)) == values(visit)


def test_what_does_not_fit_is_left_out_and_the_rest_kept(visit: Visit, empty_lab: Lab) -> None:
    visit.open("classify").set(".lr", 0.02).set(".epochs", 0).set(".model", "cnn")
    visit.set(".channels", "8, 16,").set(".batch_size", 32)
    again = values(reloaded(visit, "classify"))
    assert (again["lr"], again["batch_size"], again["model"]) == (0.02, 32, "cnn")
    assert again["epochs"] == 20
    assert visit.widget(".epochs").value == 0  # here it stays as it was typed


def test_an_upload_and_its_part_are_in_the_address(visit: Visit, empty_lab: Lab) -> None:
    file = io.BytesIO()
    pixels = np.random.default_rng(5).integers(0, 255, (40, 50, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(file, "PNG")
    visit.open("fit_image", set=["crop=square"])
    visit.at.file_uploader(key="upload").upload("mine.png", file.getvalue())
    visit.run().set(".steps", 70)
    [mine] = [image for image in empty_lab.images.all() if image.name == "mine.png"]
    assert visit.address["image"] == [mine.sha256]
    again = reloaded(visit, "fit_image").click("Train")
    [run] = empty_lab.runs()
    assert isinstance(run.spec, FitImageSpec)
    assert (run.spec.image, run.spec.crop, run.spec.steps) == (mine.sha256, "square", 70)
    # The run's settings are the form's, so the address needs no others.
    assert set(again.address) == {"run"}
    again.set(".sigma", 3.0)
    assert again.address["set"] == ["encoding.sigma=3"]
    assert reloaded(again, "fit_image").widget(".sigma").value == 3.0


def test_changes_of_a_run_stay_changes_of_that_run(visit: Visit, full_lab: Trained) -> None:
    asked = {"from": full_lab.basic, "set": ["lr=0.5"]}
    visit.open("classify", **asked).set(".batch_size", 77)  # type: ignore[arg-type]
    address = visit.address
    assert address == {"from": [full_lab.basic], "set": ["lr=0.5", "batch_size=77"]}
    again = reloaded(visit, "classify")
    assert again.has_button("Undo the change")
    assert again.widget(".batch_size").value == 77


def test_a_link_followed_on_the_page_still_leads(visit: Visit, empty_lab: Lab) -> None:
    visit.open("classify", set=["lr=0.02"]).set(".lr", 0.5)
    assert visit.address == {"set": ["lr=0.5"]}
    visit.at.query_params["set"] = "lr=0.02"
    visit.run()
    assert visit.widget(".lr").value == 0.02
