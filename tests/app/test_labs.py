"""The labs' page: a form for every lab, settings in the address, controls, predictions."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from PIL import Image

from l335.labs import lab_called, labs
from l335.results.views import SweepView
from l335.service import Lab
from l335.ui.lab_address import fields_of
from tests.app.visit import Visit
from tests.dashboard import Trained
from tests.installation import eventually

SMALL = {"rates": "0.1,0.001", "train_size": "1000", "epochs": "1", "seeds": "1"}
QUICK = lab_called("learning-rates").quick()
LABEL = f"Start {3 * QUICK.seeds} runs"


@pytest.fixture
def clean_lab(empty_lab: Lab) -> Iterator[Lab]:
    """A lab without runs and sweeps."""
    for line in empty_lab.sweeps.listing():
        empty_lab.sweeps.delete(line.uid)
    yield empty_lab
    for run in empty_lab.runs(limit=500):
        empty_lab.delete(run.uid)
    for line in empty_lab.sweeps.listing():
        empty_lab.sweeps.delete(line.uid)


def widget(visit: Visit, field: str) -> object:
    """The widget of a field, by the title it has in the form."""
    found = [
        element
        for kind in ("number_input", "text_input", "toggle", "selectbox", "multiselect")
        for element in getattr(visit.at, kind)
        if element.key and element.key.split(".")[2:3] == [field]
    ]
    found += [group for group in visit.at.button_group if group.key.split(".")[2:3] == [field]]
    [one] = found
    return one


def set_field(visit: Visit, field: str, value: object) -> Visit:
    widget(visit, field).set_value(value)  # type: ignore[attr-defined]
    return visit.run()


def query(visit: Visit) -> dict[str, str]:
    return {
        name: values[0] if isinstance(values, list) else values
        for name, values in visit.at.query_params.items()
    }


def test_both_nets_are_one_click_away(visit: Visit, clean_lab: Lab) -> None:
    visit.open("labs", lab="batch-sizes", epochs="2")
    net = widget(visit, "network")
    assert net.options == ["Basic net", "CNN"]  # type: ignore[attr-defined]
    assert "With the basic net" in [link.label for link in visit.at.get("page_link")]
    set_field(visit, "network", "basic")
    assert query(visit) == {"lab": "batch-sizes", "epochs": "2", "network": "basic"}
    assert "With the CNN" in [link.label for link in visit.at.get("page_link")]


def test_the_overview_has_a_card_for_each_lab(visit: Visit, clean_lab: Lab) -> None:
    visit.open("labs")
    for kind in labs().values():
        assert kind.title in visit.text
        assert kind.question in visit.text
    assert visit.text.count("Not run yet") == len(labs())


@pytest.mark.parametrize("name", labs())
def test_every_lab_has_a_widget_for_each_field(visit: Visit, clean_lab: Lab, name: str) -> None:
    visit.open("labs", lab=name)
    assert not visit.errors
    kind = labs()[name]
    quick = lab_called(name).quick()
    for field in fields_of(kind):
        value = widget(visit, field).value  # type: ignore[attr-defined]
        expected = getattr(quick, field)
        if isinstance(expected, tuple) and isinstance(value, str):
            assert [float(part) for part in value.split(",")] == list(expected)
        else:
            assert value == (list(expected) if isinstance(expected, tuple) else expected)
    for text in (kind.look_for, kind.deliverable, kind.quick_cuts):
        assert text in visit.text.replace("\\", "")
    number = len(quick.cells(clean_lab.images.called))
    assert visit.is_enabled(f"Start {number} runs")


@pytest.mark.parametrize("name", labs())
def test_the_full_mode_sets_every_field(visit: Visit, clean_lab: Lab, name: str) -> None:
    visit.open("labs", lab=name)
    set_field(visit, "quick", "Full")
    assert query(visit) == {"lab": name, "quick": "0"}
    assert widget(visit, "seeds").value == lab_called(name).seeds  # type: ignore[attr-defined]
    assert "Full is what the practical asks for." in visit.text


def test_what_is_changed_by_hand_is_in_the_address_and_opens_again(
    visit: Visit, clean_lab: Lab
) -> None:
    visit.open("labs", lab="learning-rates")
    set_field(visit, "rates", "0.1, 0.01")
    set_field(visit, "seeds", 4)
    assert query(visit) == {"lab": "learning-rates", "rates": "0.1,0.01", "seeds": "4"}
    assert visit.is_enabled("Start 8 runs")
    other = Visit().open("labs", **query(visit))
    assert widget(other, "rates").value == "0.1, 0.01"  # type: ignore[attr-defined]
    assert other.is_enabled("Start 8 runs")
    set_field(visit, "seeds", QUICK.seeds)
    assert "seeds" not in query(visit)


def test_switching_the_mode_can_be_undone(visit: Visit, clean_lab: Lab) -> None:
    visit.open("labs", lab="learning-rates", rates="0.1,0.01")
    set_field(visit, "quick", "Full")
    assert widget(visit, "rates").value == "0.1, 0.001, 0.00001"  # type: ignore[attr-defined]
    visit.click("Undo")
    assert query(visit) == {"lab": "learning-rates", "rates": "0.1,0.01"}
    assert widget(visit, "rates").value == "0.1, 0.01"  # type: ignore[attr-defined]
    assert widget(visit, "quick").value == "Quick"  # type: ignore[attr-defined]


def test_a_bad_link_is_answered_and_the_rest_of_it_kept(visit: Visit, clean_lab: Lab) -> None:
    visit.open("labs", lab="learning-rates", rates="0.1,abc", seeds="4", bath_size="8")
    said = " ".join(warning.value for warning in visit.at.warning).replace("\\", "")
    assert "rates is abc; it must be 1 to 12 numbers" in said
    assert "did you mean batch_size?" in said
    assert widget(visit, "rates").value == "0.1, 0.001, 0.00001"  # type: ignore[attr-defined]
    assert visit.is_enabled("Start 12 runs")


def test_a_wrong_value_typed_here_is_answered_below_and_nothing_starts(
    visit: Visit, clean_lab: Lab
) -> None:
    visit.open("labs", lab="learning-rates")
    set_field(visit, "epochs", 0)
    assert widget(visit, "epochs").value == 0  # type: ignore[attr-defined]
    assert "it must be a whole number between 1 and 200" in visit.text.replace("\\", "")
    assert not visit.is_enabled(LABEL)
    set_field(visit, "epochs", 2)
    assert visit.is_enabled(LABEL)


def test_an_unknown_lab_is_answered_with_the_overview(visit: Visit, clean_lab: Lab) -> None:
    visit.open("labs", lab="learning-rate")
    [error] = visit.errors
    assert "did you mean `learning-rates`?" in error
    assert "Batch sizes" in visit.text


@pytest.mark.parametrize("uid", ["0" * 32, "../../etc/passwd", "x"])
def test_an_address_of_unknown_runs_shows_the_settings(
    visit: Visit, clean_lab: Lab, uid: str
) -> None:
    visit.open("labs", lab="learning-rates", sweep=uid, **SMALL)
    assert "The settings of the link are shown." in visit.at.warning[0].value
    assert visit.is_enabled("Start 2 runs")
    assert "sweep" not in query(visit)


def test_start_puts_the_sweep_into_the_address_and_stop_ends_it(
    visit: Visit, clean_lab: Lab
) -> None:
    visit.open("labs", lab="learning-rates", **SMALL)
    visit.click("Start 2 runs")
    sweep = clean_lab.sweeps.one(query(visit)["sweep"])
    assert [cell.name for cell in sweep.cells] == ["lr 0.1", "lr 0.001"]
    assert "0 of 2 runs done, 2 waiting" in progress_text(visit)
    visit.click("Pause")
    assert {run.state for run in clean_lab.sweeps.one(sweep.uid).runs} == {"paused"}
    visit.click("Resume")
    visit.click("Stop all")
    assert {run.state for run in clean_lab.sweeps.one(sweep.uid).runs} == {"cancelled"}
    visit.run()
    visit.click("Rerun 2 stopped")
    assert {run.state for run in clean_lab.sweeps.one(sweep.uid).runs} == {"queued"}
    assert "0 of 2 runs, 2 waiting" in Visit().open("labs").text.replace(" done", "")


def progress_text(visit: Visit) -> str:
    return " ".join(str(element.proto.text) for element in visit.at.get("progress"))


def test_settings_that_were_run_are_shown_and_not_trained_again(
    visit: Visit, clean_lab: Lab
) -> None:
    uid = clean_lab.sweeps.start_lab(lab_called("learning-rates").quick().changed(SMALL))
    visit.open("labs", lab="learning-rates", **SMALL)
    assert query(visit)["sweep"] == uid
    assert not visit.has_button("Start 2 runs")
    set_field(visit, "rates", "0.1, 0.01")
    assert "sweep" not in query(visit)
    assert visit.is_enabled("Start 1 of 2 runs")
    set_field(visit, "rates", "0.1")
    visit.click("Show the results")
    assert len(clean_lab.runs()) == 2
    assert len(clean_lab.sweeps.listing()) == 2


def test_the_settings_of_a_sweep_lead(visit: Visit, clean_lab: Lab) -> None:
    uid = clean_lab.sweeps.start_lab(lab_called("learning-rates").changed({"epochs": 5}))
    visit.open("labs", lab="learning-rates", sweep=uid, epochs="7")
    assert widget(visit, "epochs").value == 5  # type: ignore[attr-defined]
    assert query(visit) == {"lab": "learning-rates", "sweep": uid, "quick": "0", "epochs": "5"}
    clean_lab.sweeps.start_lab(lab_called("learning-rates").quick())
    visit.run()
    [earlier] = [box for box in visit.at.selectbox if box.label == "Earlier results"]
    assert len(earlier.options) == 2
    earlier.set_value(clean_lab.sweeps.listing()[0].uid)
    visit.run()
    assert widget(visit, "epochs").value == lab_called("learning-rates").quick().epochs  # type: ignore[attr-defined]


def test_the_shared_link_holds_the_settings_and_no_results(visit: Visit, clean_lab: Lab) -> None:
    visit.open("labs", lab="learning-rates", predict="0:90,10", **SMALL)
    visit.click("Start 2 runs")
    assert "sweep" in query(visit)
    [shared] = [code.value for code in visit.at.code]
    expected = [f"{name}={value}" for name, value in SMALL.items()]
    assert sorted(shared.partition("?")[2].split("&")) == sorted(
        ["lab=learning-rates", "predict=1", *expected]
    )


def test_a_link_may_lock_and_leave_out_settings(visit: Visit, clean_lab: Lab) -> None:
    visit.open("labs", lab="learning-rates", lock="rates,predict", hide="batch_size", predict="1")
    assert widget(visit, "rates").disabled  # type: ignore[attr-defined]
    [predict] = [toggle for toggle in visit.at.toggle if toggle.label == "Predict first"]
    assert predict.disabled
    assert not [box for box in visit.at.number_input if "batch_size" in (box.key or "")]


@pytest.fixture
def trained_sweep(full_lab: Trained) -> Iterator[SweepView]:
    """A small lab whose runs are over; other tests do not see them."""
    lab = full_lab.lab
    uid = lab.sweeps.start_lab(lab_called("learning-rates").quick().changed(SMALL))
    eventually(lambda: lab.sweeps.one(uid).is_over, 120, "the runs are over")
    yield lab.sweeps.one(uid)
    for run in lab.sweeps.one(uid).runs:
        lab.delete(run.uid)
    lab.sweeps.delete(uid)


def test_a_prediction_hides_results_until_it_is_locked_in(
    visit: Visit, trained_sweep: SweepView
) -> None:
    visit.open("labs", lab="learning-rates", predict="1", **SMALL)
    assert "What these results show" not in visit.text
    assert not visit.is_enabled("Lock in")
    visit.at.radio[0].set_value("lr 0.1")
    visit.run()
    visit.at.slider[0].set_value(70.0)
    visit.at.slider[1].set_value(20.0)
    visit.run()
    visit.click("Lock in")
    assert query(visit)["predict"] == "0:70,20"
    assert "What these results show" in visit.text
    assert "You expected lr 0.1 ahead, and it is." in visit.text.replace("\\", "")
    again = Visit().open("labs", **query(visit))
    assert "Your figures are off by" in again.text
    assert any("| 70.0 % |" in table for table in again.tables)
    set_field(again, "seeds", 2)
    assert query(again)["predict"] == "1"


def test_a_prediction_of_other_settings_is_asked_again(visit: Visit, clean_lab: Lab) -> None:
    visit.open("labs", lab="learning-rates", predict="2:50,50,10", **SMALL)
    assert "does not fit these settings" in visit.at.warning[0].value
    assert visit.has_button("Lock in")


def test_pictures_are_named_in_the_address_and_an_upload_is_added(
    visit: Visit, clean_lab: Lab
) -> None:
    visit.open("labs", lab="sigma")
    set_field(visit, "images", ["sky", "creek"])
    assert query(visit)["images"] == "sky,creek"
    file = io.BytesIO()
    Image.new("RGB", (40, 40), "red").save(file, "PNG")
    visit.at.file_uploader(key="lab.sigma.images.upload").upload("=red.png", file.getvalue())
    visit.run()
    [image] = [image for image in clean_lab.images.all() if not image.bundled]
    assert query(visit)["images"] == f"sky,creek,{image.sha256}"
    assert widget(visit, "images").value == ["sky", "creek", image.sha256]  # type: ignore[attr-defined]
    assert not visit.errors
    runs = 3 * (5 + 1) * lab_called("sigma").quick().seeds  # one without encoding
    assert visit.is_enabled(f"Start {runs} runs")


def test_a_picture_that_is_not_here_is_said(visit: Visit, clean_lab: Lab) -> None:
    visit.open("labs", lab="sigma", images=f"sky,{'a' * 64}")
    assert "There is no image" in visit.errors[0].replace("\\", "")
    assert not visit.is_enabled("Start 0 runs")
