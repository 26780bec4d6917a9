"""Links that open a page with settings, and lock or leave out some of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from l335.service import Lab
from l335.spec import ClassifySpec, FitImageSpec
from l335.spec.fields import dotted_fields
from l335.spec.from_text import with_settings
from l335.spec.presets import PRESETS, preset
from l335.ui.form_links import control_names, control_titles, link_of, opening
from l335.ui.sharing import LOCKED
from tests.app.visit import Visit
from tests.dashboard import Trained

KINDS = ("number_input", "selectbox", "toggle", "text_input")
NO_SETTINGS = {"num_seeds", "num_seeds.held.1", "budget.parameters"}


def form_widgets(visit: Visit) -> dict[str, Any]:
    """The widgets of the form by dotted name."""
    found = {}
    for kind in KINDS:
        for widget in getattr(visit.at, kind):
            if widget.key and widget.key not in NO_SETTINGS:
                _, _, name = widget.key.partition(".")
                found[name.partition(".")[2].removeprefix("held.")] = widget
    return found


def link(visit: Visit) -> str:
    """What the Share popover shows to copy."""
    [code] = [element.value for element in visit.at.code if element.value.startswith(("?", "http"))]
    return str(code)


def query_of(text: str) -> Mapping[str, list[str]]:
    return parse_qs(urlsplit(text).query)


def choose(visit: Visit, word: str, names: list[str]) -> None:
    visit.share_choice(word).set_value(names)
    visit.run()


def test_a_link_starts_the_form_from_a_preset_with_changes(visit: Visit, empty_lab: Lab) -> None:
    visit.open("classify", preset="classify-cnn", set=["lr=0.01", "epochs=5", "optimizer=adam"])
    assert not visit.errors
    visit.click("Train")
    [run] = empty_lab.runs()
    expected = with_settings(preset("classify-cnn").spec, ["lr=0.01", "epochs=5", "optimizer=adam"])
    assert run.spec == expected


def test_settings_alone_change_the_first_preset(visit: Visit, empty_lab: Lab) -> None:
    visit.open("classify", set=["epochs=3"])
    assert visit.widget(".epochs").value == 3
    assert visit.widget(".model").value == "mlp"


@pytest.mark.parametrize(
    ("page", "query", "sentence"),
    [
        ("classify", {"preset": "clasify-cnn"}, "did you mean `classify-cnn`?"),
        ("classify", {"preset": "fit-image"}, "There is no preset `fit-image` on this page"),
        ("classify", {"set": ["lrr=1"]}, "`lrr` is not a setting here; did you mean `lr`?"),
        ("classify", {"set": ["lr=99"]}, "`lr` is 99; it must be a number between"),
        ("classify", {"set": ["lr"]}, "`lr` is not a setting; write key=value"),
        ("classify", {"seeds": "0"}, "`seeds` is “0”; it must be a whole number between 1 and"),
        ("classify", {"lock": "learning_rate"}, "`lock` names `learning_rate`, which is no"),
        ("classify", {"hide": "batch"}, "did you mean `batch_size`?"),
        ("classify", {"from": "nothing"}, "nothing"),
        ("fit_image", {"image": "sky2"}, "No picture `sky2` is stored on this machine; did you "
         "mean `sky`?"),
        ("fit_image", {"image": "0" * 64}, "is stored on this machine; known:"),
        ("sigma", {"sigma.images": "Skye"}, "No picture named “Skye” is stored on this machine; "
         "did you mean \\`Sky\\`?"),
        ("sigma", {"lock": "sigma.steps"}, "did you mean `steps`?"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("empty_lab")
def test_what_a_link_asks_for_in_vain_is_said_and_the_page_works_on(
    visit: Visit, page: str, query: dict[str, Any], sentence: str
) -> None:
    visit.open(page, **query)
    assert len(visit.errors) == 1
    assert sentence in visit.errors[0]
    if page != "sigma":
        assert visit.is_train_enabled


def test_what_a_link_says_is_never_taken_for_markup(visit: Visit, empty_lab: Lab) -> None:
    trap = "`![x](https://example.org/x.png)`"
    visit.open("classify", preset=trap, lock=trap, seeds=trap, set=[f"{trap}=1"])
    assert len(visit.errors) == 4
    for text in visit.errors:
        outside = "".join(text.split("`")[::2])  # what stands between backticks is code
        assert "![" not in outside.replace("\\!\\[", "")


def test_the_same_link_counts_again_after_a_run(visit: Visit, empty_lab: Lab) -> None:
    visit.open("classify", set=["lr=0.02"], seeds="2").click("Train").set(".lr", 0.5)
    visit.set("num_seeds", 1)
    visit.at.query_params.clear()
    visit.run()
    visit.at.query_params["set"] = "lr=0.02"
    visit.at.query_params["seeds"] = "3"
    visit.run()
    assert visit.widget(".lr").value == 0.02
    assert visit.widget("num_seeds").value == 3


def test_the_rest_of_a_link_counts_where_one_part_is_wrong(visit: Visit, empty_lab: Lab) -> None:
    visit.open("fit_image", image="skyy", set=["steps=7"])
    assert visit.widget(".steps").value == 7
    assert "skyy" in visit.errors[0]
    visit.run()
    assert visit.errors  # it is said as long as the address says so


@pytest.mark.parametrize("name", ["sky", "Sky", "sha256"])
def test_a_picture_is_chosen_by_name_or_address(visit: Visit, empty_lab: Lab, name: str) -> None:
    [sky] = [image for image in empty_lab.images.all() if image.name.startswith("Sky")]
    visit.open("fit_image", image=sky.sha256 if name == "sha256" else name, set=["steps=7"])
    visit.click("Train")
    [run] = empty_lab.runs()
    assert isinstance(run.spec, FitImageSpec)
    assert (run.spec.image, run.spec.image_name, run.spec.steps) == (sky.sha256, "Sky", 7)


def test_a_part_of_a_picture_comes_with_the_link(visit: Visit, empty_lab: Lab) -> None:
    box = ["crop=box", "crop_box=10, 20, 64, 48"]
    visit.open("fit_image", image="grass", set=box, lock="crop,image").click("Train")
    [run] = empty_lab.runs()
    assert isinstance(run.spec, FitImageSpec)
    assert run.spec.crop_box == (10, 20, 64, 48)
    assert not visit.at.file_uploader
    assert not Visit().open("fit_image", image="grass", hide="image").at.file_uploader
    assert Visit().open("fit_image", image="grass").at.file_uploader


def test_locked_settings_are_shown_disabled_with_the_links_values(
    visit: Visit, empty_lab: Lab
) -> None:
    visit.open("classify", preset="classify-cnn", set=["lr=0.02"], lock="lr,batch_size,model")
    widgets = form_widgets(visit)
    disabled = {name for name, widget in widgets.items() if widget.disabled}
    assert disabled == {"lr", "batch_size"} | {
        name for name in widgets if name == "model" or name.startswith("model.")
    }
    assert widgets["lr"].value == 0.02
    assert widgets["lr"].help.startswith(LOCKED)
    assert not widgets["epochs"].disabled
    assert "Some settings are locked by this link." in visit.text
    assert not visit.has_button("Match the basic net's budget")


def test_hidden_settings_are_not_there_and_keep_the_links_values(
    visit: Visit, empty_lab: Lab
) -> None:
    visit.open(
        "classify",
        set=["optimizer.momentum=0.5", "initialiser=xavier_normal"],
        hide="optimizer,initialiser,seeds,preset",
    )
    names = set(form_widgets(visit))
    assert not {name for name in names if name.startswith(("optimizer", "initialiser"))}
    assert "lr" in names
    assert not visit.has_button("CNN")
    assert not [each for each in visit.at.number_input if each.label == "Seeds"]
    visit.set(".epochs", 2).click("Train")
    [run] = empty_lab.runs()
    assert run.spec == with_settings(
        ClassifySpec(), ["optimizer.momentum=0.5", "initialiser=xavier_normal", "epochs=2"]
    )


def test_a_star_locks_everything_but(visit: Visit, empty_lab: Lab) -> None:
    visit.open("classify", lock="*,-lr")
    free = [name for name, widget in form_widgets(visit).items() if not widget.disabled]
    assert free == ["lr"]
    assert not visit.is_enabled("CNN")
    assert visit.at.number_input(key="num_seeds.held.1").disabled
    assert visit.is_train_enabled


@pytest.mark.parametrize("page", ["classify", "fit_image"])
def test_a_form_can_be_left_out_as_a_whole(visit: Visit, empty_lab: Lab, page: str) -> None:
    visit.open(page, hide="*")
    assert not form_widgets(visit)
    assert not {"**Network**", "**Training**", "**Data**"} & {md.value for md in visit.at.markdown}
    assert not [each for each in visit.at.expander if each.label.startswith("More of")]
    visit.click("Train")
    [run] = empty_lab.runs()
    assert run.spec.model_copy(update={"image": ""}).lr == run.spec.lr


def test_a_field_can_be_shown_without_its_component(visit: Visit, empty_lab: Lab) -> None:
    visit.open("classify", hide="*,-momentum")
    assert list(form_widgets(visit)) == ["optimizer.momentum"]


def test_presets_leave_what_is_locked(visit: Visit, empty_lab: Lab) -> None:
    visit.open("classify", set=["lr=0.02", "optimizer.momentum=0.5"], lock="lr,momentum")
    visit.set(".epochs", 3).set(".optimizer", "adam").click("CNN")
    assert visit.widget(".model").value == "cnn"
    assert visit.widget(".epochs").value == preset("classify-cnn").spec.model_dump()["epochs"]
    assert visit.widget(".lr").value == 0.02
    assert visit.widget(".momentum").value == 0.5


def test_a_preset_that_does_not_fit_what_is_locked_is_refused(visit: Visit, empty_lab: Lab) -> None:
    visit.open("fit_image", set=["optimizer=lbfgs", "batch_pixels=all"], lock="optimizer")
    visit.click("Fit an image")
    [error] = visit.errors
    assert "do not fit" in error
    assert "`optimizer` is `lbfgs`" in error
    assert visit.is_train_enabled


def test_what_was_typed_before_does_not_outlive_a_lock(visit: Visit, empty_lab: Lab) -> None:
    visit.open("classify").set(".lr", 0.5)
    visit.at.query_params["lock"] = "lr"
    visit.run()
    assert visit.widget(".lr").value == 0.001
    visit.click("Train")
    assert empty_lab.runs()[0].spec.lr == 0.001


def test_undo_and_remedies_leave_what_is_locked(visit: Visit, full_lab: Trained) -> None:
    visit.open("classify", set=["lr=0.02", "epochs=3"], lock="lr", **{"from": full_lab.basic})
    before = full_lab.lab.run(full_lab.basic).spec.lr
    assert before != 0.02
    visit.click("Undo the change")
    assert visit.widget(".lr").value == 0.02
    assert visit.widget(".epochs").value != 3
    other = Visit().open("classify", set=["lr=0.02"], lock="lr", **{"from": full_lab.basic})
    assert not other.has_button("Undo the change")
    everything = Visit().open("classify", run=full_lab.basic, lock="*")
    assert not [each for each in everything.at.button if (each.key or "").startswith("remedy.")]
    assert not everything.has_button("Train 2 more seeds")
    free = Visit().open("classify", run=full_lab.basic)
    remedies = [each.key for each in free.at.button if (each.key or "").startswith("remedy.")]
    assert remedies
    assert "held by the link you came by" in everything.text


def test_training_and_a_reload_keep_the_locks(visit: Visit, empty_lab: Lab) -> None:
    query = {"preset": "classify-cnn", "lock": "lr", "hide": "optimizer", "seeds": "2"}
    visit.open("classify", set=["lr=0.02"], **query).click("Train")
    assert len(empty_lab.runs()) == 2
    params = {name: visit.at.query_params[name] for name in visit.at.query_params}
    assert set(params) == {"run", "with", "lock", "hide", "seeds"}
    reloaded = Visit().open("classify", **params)
    assert reloaded.widget(".lr").disabled
    assert reloaded.widget(".lr").value == 0.02
    assert "optimizer" not in form_widgets(reloaded)
    assert reloaded.at.number_input(key="num_seeds").value == 2


def test_a_page_can_be_opened_without_its_locks(visit: Visit, empty_lab: Lab) -> None:
    visit.open("classify", set=["lr=0.02"], lock="lr", hide="optimizer").set(".epochs", 4)
    visit.click("Open without it")
    assert not visit.widget(".lr").disabled
    assert visit.widget(".lr").value == 0.02
    assert visit.widget(".epochs").value == 4
    assert "optimizer" in form_widgets(visit)
    assert "Some settings" not in visit.text


def test_the_shared_link_opens_the_same_settings(visit: Visit, empty_lab: Lab) -> None:
    visit.open("classify").click("CNN").set(".lr", 0.003).set(".channels", "8, 16")
    visit.set(".optimizer", "adamw").set(".flip", True).set("num_seeds", 2)
    choose(visit, "lock", ["lr", "optimizer"])
    choose(visit, "hide", ["seed"])
    query = query_of(link(visit))
    assert query["preset"] == ["classify-cnn"]
    assert query["lock"] == ["lr,optimizer"]
    assert query["hide"] == ["seed"]
    assert query["seeds"] == ["2"]
    other = Visit().open("classify", **query)
    assert not other.errors
    visit.click("Train")
    other.click("Train")
    newer, *_ = empty_lab.runs()
    assert {run.spec.model_copy(update={"seed": 0}) for run in empty_lab.runs()} == {
        newer.spec.model_copy(update={"seed": 0})
    }
    assert other.widget(".optimizer").disabled
    # What came by a link is shared on with its locks.
    assert query_of(link(other))["lock"] == ["lr,optimizer"]


def test_the_shared_link_names_picture_part_and_changes(visit: Visit, empty_lab: Lab) -> None:
    visit.open("fit_image", image="grass", set=["crop=square", "sigma=3"])
    query = query_of(link(visit))
    assert query["image"] == ["grass"]
    assert sorted(query["set"]) == ["crop=square", "encoding.sigma=3"]
    assert "Preset Fit an image, with" in visit.text
    assert "sigma **3**" in visit.text
    assert "part of the picture **square**" in visit.text


def test_a_choice_to_lock_outlives_the_component_it_belongs_to(
    visit: Visit, empty_lab: Lab
) -> None:
    visit.open("classify", lock="momentum,lr")
    assert visit.share_choice("lock").value == ["lr", "optimizer.momentum"]
    visit.set(".optimizer", "adam")
    assert query_of(link(visit))["lock"] == ["lr"]
    choose(visit, "lock", ["lr", "epochs", "optimizer.weight_decay"])
    assert query_of(link(visit))["lock"] == ["lr,optimizer.weight_decay,epochs"]
    visit.set(".optimizer", "rmsprop").set(".optimizer", "sgd")
    assert query_of(link(visit))["lock"][0].startswith("lr,")


def test_an_unlocked_page_shares_no_locks(visit: Visit, empty_lab: Lab) -> None:
    visit.open("classify", lock="lr")
    assert "lock" in query_of(link(visit))
    visit.click("Open without it")
    assert "lock" not in query_of(link(visit))


def test_there_is_no_link_to_settings_that_do_not_fit(visit: Visit, empty_lab: Lab) -> None:
    visit.open("classify").set(".epochs", 0)
    assert not visit.at.code


@pytest.mark.parametrize(
    "changes",
    [
        [],
        ["optimizer=adamw", "optimizer.weight_decay=0.1"],
        ["model=cnn", "model.activation=leaky_relu", "slope=0.3", "pooling=max,none"],
        ["schedule=one_cycle", "flip=true", "seed=9", "train_size=6000"],
    ],
)
def test_a_link_stands_for_its_settings(empty_lab: Lab, changes: list[str]) -> None:
    spec = with_settings(ClassifySpec(), changes)
    made = link_of(empty_lab, spec, 1)
    asked = {name: [value] if isinstance(value, str) else value for name, value in
             made.query.items()}  # fmt: skip
    start = opening(empty_lab, "classify", asked, "")
    assert start is not None
    assert (start.spec, start.problems) == (spec, ())
    assert len(made.query.get("set", [])) <= len(changes)


@pytest.mark.parametrize("task", ["classify", "fit-image"])
def test_every_control_of_a_form_can_be_named(task: str) -> None:
    for ready in PRESETS.values():
        if ready.spec.task == task:
            titles = control_titles(ready.spec)
            assert set(titles) <= set(control_names(task))
            assert len(set(titles.values())) == len(titles)
            shown = {name for name, _ in dotted_fields(ready.spec)} - {"image_name", "crop_box"}
            assert shown <= set(titles)


LABS = {
    "sigma": ("sigma", {"sigma.steps": "40", "sigma.kind": "A range", "sigma.low": "2"}),
    "initialisers": ("studio", {"studio.steps": "40", "studio.output": "linear"}),
    "designs": ("designs", {"designs.steps": "40", "designs.base.depth": "5"}),
}


def widgets_of(visit: Visit, key: str) -> dict[str, Any]:
    kinds = (*KINDS, "multiselect", "radio", "select_slider", "button_group")
    return {
        widget.key.removeprefix(f"{key}."): widget
        for kind in kinds
        for widget in visit.at.get(kind)
        if (getattr(widget, "key", None) or "").startswith(f"{key}.")
    }


@pytest.mark.parametrize("page", LABS)
@pytest.mark.usefixtures("empty_lab")
def test_every_setting_of_a_lab_can_be_locked(visit: Visit, page: str) -> None:
    key, query = LABS[page]
    visit.open(page, **query, lock="*")
    assert not visit.errors
    widgets = widgets_of(visit, key)
    assert [name for name, widget in widgets.items() if not widget.disabled] == []
    assert widgets["steps"].value == 40
    assert not visit.at.file_uploader


@pytest.mark.parametrize("page", LABS)
@pytest.mark.usefixtures("empty_lab")
def test_a_hidden_setting_of_a_lab_has_the_links_value(visit: Visit, page: str) -> None:
    key, query = LABS[page]
    plain = Visit().open(page, **query)
    [train] = [each.label for each in plain.at.button if each.label.startswith("Train ")]
    visit.open(page, **query, hide="*")
    assert widgets_of(visit, key) == {}
    assert not visit.at.file_uploader
    assert visit.has_button(train)
    visit.run()
    assert visit.has_button(train)


def test_a_labs_runs_have_the_links_settings(visit: Visit, empty_lab: Lab) -> None:
    visit.open("sigma", **{"sigma.images": "Grass", "sigma.steps": "40"}, hide="steps,images")
    visit.click("Train 6 runs")
    assert {(run.spec.image_name, run.spec.total_steps) for run in empty_lab.runs()} == {
        ("Grass", 40)
    }


def test_a_lab_shares_its_address(visit: Visit, empty_lab: Lab) -> None:
    visit.open("sigma", **{"sigma.steps": "40", "sigma.images": ["Grass", "Creek"]})
    choose(visit, "lock", ["steps"])
    query = query_of(link(visit))
    assert query == {"sigma.steps": ["40"], "sigma.images": ["Grass", "Creek"], "lock": ["steps"]}


def test_the_experiments_length_is_in_the_address(visit: Visit, empty_lab: Lab) -> None:
    visit.open("convolution", **{"length.shift": "Full"}, lock="shift", hide="permuted")
    [group] = visit.at.get("button_group")
    assert (group.value, group.disabled) == ("Full", True)
