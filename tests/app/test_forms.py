"""The forms: what they refuse and with which sentence, and the arithmetic that follows them."""

from __future__ import annotations

import math

import pytest

from l335.components.architectures.cnn import Cnn
from l335.components.encodings.none import NoEncoding
from l335.service import Lab
from l335.spec import ClassifySpec, FitImageSpec
from l335.spec.budget import match_budget
from l335.spec.presets import preset
from l335.ui.budget_panel import sizes
from tests.app.visit import Visit

pytestmark = pytest.mark.usefixtures("empty_lab")


@pytest.mark.parametrize(
    ("page_name", "key", "value", "words"),
    [
        ("classify", ".epochs", 0, ["`epochs` is 0", "between 1 and 1,000"]),
        ("classify", ".lr", 11.0, ["`lr` is 11.0", "between 1e-07 and 10"]),
        ("classify", ".lr", -1.0, ["`lr` is -1.0"]),
        ("classify", ".lr", 0.0, ["`lr` is 0.0"]),
        ("classify", ".batch_size", 20_000, ["`batch_size` is 20000"]),
        ("classify", ".train_size", 60_001, ["`train_size` is 60001", "60,000"]),
        ("classify", ".model.width", "0", ["`model.width` is `0`"]),
        ("classify", ".model.width", "9, 8, 7", ["lists 3 values (9, 8, 7)", "layers is 2"]),
        ("classify", ".model.width", "", ["`model.width` is ``", "between 1 and 2,048"]),
        ("classify", ".model.dropout", 0.95, ["`model.dropout` is 0.95"]),
        ("classify", ".shift", 5, ["`shift` is 5", "between 0 and 4"]),
        ("classify", ".optimizer.momentum", 1.5, ["`optimizer.momentum` is 1.5"]),
        ("fit_image", ".encoding.sigma", 0.0, ["`encoding.sigma` is 0"]),
        ("fit_image", ".image_size", 5000, ["`image_size` is 5000", "between 8 and 1,024"]),
        ("fit_image", ".steps", -3, ["`steps` is -3"]),
    ],
)
def test_a_bad_value_is_answered_and_nothing_can_be_trained(
    visit: Visit, page_name: str, key: str, value: float, words: list[str]
) -> None:
    visit.open(page_name)
    assert visit.is_train_enabled
    visit.set(key, value)
    assert len(visit.errors) == 1
    for word in words:
        assert word in visit.errors[0]
    assert not visit.is_train_enabled
    assert visit.widget(key).label.startswith("⚠ ")


def test_the_first_layers_omega_is_a_number_or_that_of_the_others(visit: Visit) -> None:
    visit.open("fit_image").set(".activation", "sine")
    assert visit.widget(".first_omega_0=same").label == "The same"
    assert visit.widget(".first_omega_0").disabled
    visit.set(".first_omega_0=same", False)
    assert visit.widget(".first_omega_0").value == 30.0
    visit.set(".first_omega_0", 2000.0)
    assert "`activation.first_omega_0` is 2000" in visit.errors[0]
    assert "between 0.1 and 1,000 or `same`" in visit.errors[0]
    visit.set(".first_omega_0", 60.0)
    assert visit.is_train_enabled
    visit.click("FINER as published")
    assert visit.widget(".activation").value == "finer"
    assert (visit.widget(".interval").value, visit.widget(".output").value) == ("signed", "signed")
    assert visit.widget(".first_omega_0").value == 30.0
    assert visit.is_train_enabled


def test_a_kernel_larger_than_its_input_is_answered(visit: Visit) -> None:
    visit.open("classify").click("CNN").set(".padding", "0").set(".kernel_size", "25")
    assert not visit.is_train_enabled
    assert "`model.kernel_size` is 25, but the input of conv 2 is only 2" in visit.errors[0]
    visit.set(".kernel_size", "5")
    assert visit.is_train_enabled
    assert not visit.errors


@pytest.mark.parametrize("value", [math.nan, math.inf, None])
def test_what_is_no_number_never_reaches_the_form(visit: Visit, value: float | None) -> None:
    # Streamlit puts the starting value back; the specification refuses them elsewhere.
    visit.open("classify").set(".lr", value)
    assert visit.widget(".lr").value == preset("classify-basic").spec.lr
    assert visit.is_train_enabled


def test_several_bad_values_are_all_named(visit: Visit) -> None:
    visit.open("classify").set(".epochs", 0).set(".batch_size", 0)
    assert [text.partition(" is ")[0] for text in sorted(visit.errors)] == [
        "`batch_size`",
        "`epochs`",
    ]


def test_the_arithmetic_follows_the_form(visit: Visit) -> None:
    visit.open("classify")
    assert "669,706 parameters" in visit.text
    assert "| linear 1 | 512 | 784 × 512 + 512 | 401,920 | 802,816 |" in visit.text
    visit.set(".model", "cnn")
    assert "669,272 parameters" in visit.text
    assert "434 fewer than the budget of 669,706" in visit.text
    assert "| conv 1 | 9 × 28 × 28 | 9 × 1 × 5 × 5 + 9 | 234 | 352,800 | 5 × 5 |" in visit.text
    assert "| pool 2 | 9 × 24 × 24 | no parameters | 0 | 0 | 13 × 13 |" in visit.text
    visit.set(".channels", "8, 16, 32").set(".stride", "2, 1")
    model = {"kind": "cnn", "channels": (8, 16, 32), "stride": (2, 1)}
    total = ClassifySpec.model_validate({"model": model}).num_parameters
    assert f"| Total | {total:,} |" in visit.text
    assert "| 8 × 14 × 14 |" in visit.text
    assert "9 × 9, 2 apart |" in visit.text


def test_an_encoding_brings_its_own_settings(visit: Visit) -> None:
    visit.open("fit_image").set(".sigma", 3.0)
    visit.set(".encoding", "none")
    with pytest.raises(AssertionError):
        visit.widget(".sigma")
    total = FitImageSpec(encoding=NoEncoding()).num_parameters
    assert f"{total:,} parameters" in visit.text


def test_a_word_may_stand_for_a_number(visit: Visit, empty_lab: Lab) -> None:
    visit.open("fit_image").set(".batch_pixels=all", True)
    assert visit.widget(".batch_pixels").disabled
    visit.click("Train")
    spec = empty_lab.runs()[0].spec
    assert isinstance(spec, FitImageSpec)
    assert spec.batch_pixels == "all"


def test_the_preset_undoes_every_change(visit: Visit) -> None:
    visit.open("classify").set(".epochs", 0).set(".model", "cnn").set(".seed", 7)
    visit.click("Basic net")
    assert visit.is_train_enabled
    assert visit.widget(".epochs").value == preset("classify-basic").spec.total_steps // 938
    assert visit.widget(".seed").value == 0
    assert visit.widget(".model").value == "mlp"


def test_a_form_is_as_it_was_left(visit: Visit) -> None:
    visit.open("classify").set(".seed", 11)
    visit.open("runs").open("classify")
    assert visit.widget(".seed").value == 11


def test_what_is_trained_is_what_the_form_says(visit: Visit, empty_lab: Lab) -> None:
    visit.open("classify").click("CNN").set(".epochs", 2).set(".lr", 0.003).set(".channels", "3")
    visit.set(".optimizer", "adam").set(".initialiser", "xavier_normal").set(".bias", "zero")
    visit.set(".model.activation", "leaky_relu").set(".slope", 0.2).set(".batch_norm", True)
    visit.set(".pooling", "Average, none").set(".schedule", "one_cycle").set(".warmup", 0.1)
    visit.set(".weight_decay", 0.0001).set(".label_smoothing", 0.1).set(".flip", True)
    visit.click("Train")
    [run] = empty_lab.runs()
    assert visit.run_uid == run.uid
    assert run.state == "queued"
    expected = {
        "epochs": 2,
        "lr": 0.003,
        "model": {
            "kind": "cnn",
            "channels": 3,
            "activation": {"kind": "leaky_relu", "slope": 0.2},
            "batch_norm": True,
            "pooling": ["average", "none"],
        },
        "optimizer": {"kind": "adam", "weight_decay": 0.0001},
        "schedule": {"kind": "one_cycle", "warmup": 0.1},
        "label_smoothing": 0.1,
        "flip": True,
        "initialiser": {"kind": "xavier_normal", "bias": "zero"},
    }
    assert run.spec == ClassifySpec.model_validate(expected)


def test_too_much_memory_is_refused_before_a_run_exists(visit: Visit, empty_lab: Lab) -> None:
    visit.open("classify").click("CNN").set(".channels", "128").set(".num_convs", 8)
    visit.set(".kernel_size", "3").set(".padding", "1").set(".pooling", "none").set(".hidden", 8)
    visit.set(".batch_size", 10_000)
    assert visit.is_train_enabled
    visit.click("Train")
    assert "memory" in visit.errors[0].lower()
    assert empty_lab.runs() == []


def test_the_budget_button_sets_the_sizes_and_undo_takes_them_back(visit: Visit) -> None:
    visit.open("classify").click("CNN").set(".num_convs", 2).set(".pooling", "max").set(".seed", 4)
    visit.set(".channels", "50")
    before = visit.text
    visit.click("Match the basic net's budget")
    best = match_budget(Cnn(num_convs=2, pooling="max"), limit=1)[0]
    assert isinstance(best.model, Cnn)
    assert visit.widget(".channels").value == str(best.model.channels)
    assert visit.widget(".model.hidden").value == best.model.hidden
    assert f"{best.num_parameters:,} parameters" in visit.text
    assert visit.widget(".seed").value == 4
    visit.click("Undo")
    assert visit.widget(".channels").value == "50"
    assert not visit.has_button("Undo")
    assert visit.text == before


def test_any_of_the_nearest_networks_can_be_chosen(visit: Visit, empty_lab: Lab) -> None:
    visit.open("classify").click("CNN").set("budget.parameters", 100_000)
    third = match_budget(Cnn(), 100_000)[2]
    visit.click(sizes(third.model)).click("Train")
    [run] = empty_lab.runs()
    assert isinstance(run.spec, ClassifySpec)
    assert run.spec.model == third.model
    visit.set(".model", "mlp").set(".depth", 1).set(".width", "9")
    assert visit.has_button("Match 100,000 parameters")


def test_what_cannot_be_matched_is_answered(visit: Visit) -> None:
    visit.open("classify").set("budget.parameters", 0)
    assert "The budget is 0; it must be between 1 and 20,000,000" in visit.errors[0]
    visit.set("budget.parameters", 669_706).click("CNN").set(".kernel_size", "28, 28")
    assert any("the input of pool 1" in text or "conv 2" in text for text in visit.errors)
    assert not visit.is_enabled("Match the basic net's budget")


def test_too_many_parameters_can_be_matched_down(visit: Visit) -> None:
    visit.open("classify").set(".depth", 16).set(".width", "2048")
    assert not visit.is_train_enabled
    visit.click("Match the basic net's budget")
    assert visit.is_train_enabled
