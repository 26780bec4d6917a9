"""Two to eight runs on one page: what is chosen, what differs, and what is said of it."""

from __future__ import annotations

import re
from dataclasses import replace

from l335.components.architectures.mlp import Mlp
from l335.service import Lab
from l335.spec import ClassifySpec
from l335.ui.compare.seeds import values_by_seed
from l335.ui.comparison import names_of_runs, setting_rows, unlike
from tests.app.visit import Visit
from tests.dashboard import BASIC, CNN, FIT, Trained

TINY = ClassifySpec(model=Mlp(width=16), train_size=100, epochs=1)


def compare(visit: Visit, *uids: str) -> Visit:
    return visit.open("compare", runs=",".join(uids))


def warnings(visit: Visit) -> list[str]:
    return [warning.value for warning in visit.at.warning]


def address(visit: Visit) -> list[str]:
    found = visit.at.query_params.get("runs", "")
    return (found if isinstance(found, str) else found[0]).split(",")


def test_an_empty_lab_says_how_to_begin(visit: Visit, empty_lab: Lab) -> None:
    visit.open("compare")
    assert "press Train, twice with something changed" in visit.text
    assert "Open Classification" in [link.label for link in visit.at.page_link]


def test_the_page_is_usable_by_its_own_picker(visit: Visit, full_lab: Trained) -> None:
    visit.open("compare")
    assert "Choose two to eight runs above" in visit.text
    [picker] = visit.at.multiselect
    assert len(picker.options) == 3
    picker.set_value([full_lab.cnn])
    visit.run()
    assert "One run is chosen. Choose another one" in visit.text
    [picker] = visit.at.multiselect
    picker.set_value([full_lab.cnn, full_lab.basic])
    visit.run()
    assert address(visit) == [full_lab.cnn, full_lab.basic]
    assert " | Setting | CNN" in visit.text


def test_choices_stay_where_further_runs_change_the_names(visit: Visit, full_lab: Trained) -> None:
    lab = full_lab.lab
    other = lab.submit(CNN.model_copy(update={"batch_size": 32}))
    compare(visit, full_lab.basic, full_lab.cnn)
    labels = visit.at.multiselect[0].options
    visit.at.selectbox(key="compare.a").set_value(full_lab.cnn)
    visit.at.selectbox(key="compare.base").set_value(full_lab.cnn)
    visit.run()
    before = visit.at.selectbox(key="compare.a").options
    visit.at.multiselect[0].set_value([full_lab.basic, full_lab.cnn, other])
    visit.run()
    assert visit.at.selectbox(key="compare.a").options[:2] != before
    assert visit.at.selectbox(key="compare.a").value == full_lab.cnn
    assert visit.at.selectbox(key="compare.base").value == full_lab.cnn
    # Texts of the picker last, whatever becomes of the runs.
    lab.stop(other)
    visit.run()
    assert visit.at.multiselect[0].options == labels
    assert address(visit) == [full_lab.basic, full_lab.cnn, other]
    lab.delete(other)


def test_runs_that_are_not_there_are_said_and_passed_over(visit: Visit, full_lab: Trained) -> None:
    lab = full_lab.lab
    deleted = lab.submit(TINY)
    lab.delete(deleted)
    compare(visit, full_lab.basic, "<b>x</b>", deleted, full_lab.cnn)
    assert warnings(visit) == [
        r"There is no run \`\<b\>x\</b\>\`. It may have been deleted; pick one from the list. "
        "It is passed over.",
        "Basic net, lr 0.001, batch 64, seed 0, was deleted. It is passed over.",
    ]
    assert " | Setting | Basic net" in visit.text


def test_too_many_runs_are_said(visit: Visit, empty_lab: Lab) -> None:
    uids = [empty_lab.submit(TINY.model_copy(update={"seed": seed})) for seed in range(9)]
    compare(visit, *uids)
    assert warnings(visit)[0].startswith("The address names 9 runs; 8 at most are compared")
    [picker] = visit.at.multiselect
    assert picker.value == uids[:8]


def test_settings_that_differ_are_told_from_those_alike(visit: Visit, full_lab: Trained) -> None:
    compare(visit, full_lab.basic, full_lab.cnn)
    differing, alike = visit.tables[:2]
    assert re.search(r"Learning rate lr \| 0\.001 \| 0\.01 \|", differing)
    assert re.search(r"Channels model\.channels \| – \| 4 \|", differing)
    assert re.search(r"Seed seed \| 3 \| 0 \|", differing)
    assert "Batch size" not in differing
    assert re.search(r"Batch size batch_size \| 64 \|", alike)


def test_figures_of_each_run(visit: Visit, full_lab: Trained) -> None:
    compare(visit, full_lab.basic, full_lab.cnn)
    [figures] = [table for table in visit.tables if "Training time" in table]
    run = full_lab.lab.run(full_lab.cnn)
    last = 100 * run.summary["test/accuracy"]["last"]
    [line] = [line for line in figures.splitlines() if "CNN" in line]
    assert f" | {last:.1f} % | " in line
    assert f" | {run.num_parameters:,} | {run.total_steps:,} | " in line


def test_runs_of_both_halves_share_settings_and_figures_only(
    visit: Visit, full_lab: Trained
) -> None:
    compare(visit, full_lab.basic, full_lab.fit)
    assert "have no common curve and no difference" in visit.text
    assert [heading.value for heading in visit.at.subheader] == ["Settings that differ", "Figures"]


def test_no_seed_in_common_is_said_and_more_can_be_trained(visit: Visit, full_lab: Trained) -> None:
    lab = full_lab.lab
    compare(visit, full_lab.basic, full_lab.cnn)
    assert "no seed in common that can be compared; train both with the same seeds." in visit.text
    before = {run.uid for run in lab.runs()}
    visit.click("Train 3 more seeds of both settings")
    started = [run for run in lab.runs() if run.uid not in before]
    seeds = {
        name: sorted(run.seed for run in started if run.spec.model_copy(update={"seed": 0}) == spec)
        for name, spec in {"basic": BASIC.model_copy(update={"seed": 0}), "cnn": CNN}.items()
    }
    assert seeds == {"basic": [0, 4], "cnn": [3, 4]}
    assert set(address(visit)) == {full_lab.basic, full_lab.cnn} | {run.uid for run in started}
    assert "on the way" in visit.text or len(full_lab.lab.runs()) == 7
    for run in started:
        lab.delete(run.uid)


def test_two_classifiers_on_the_same_images(visit: Visit, full_lab: Trained) -> None:
    compare(visit, full_lab.basic, full_lab.cnn)
    [table] = [table for table in visit.tables if "Test images" in table]
    rows = re.findall(r"\| A (?:right|wrong) \| ([\d,]+) \| ([\d,]+) \|", table)
    counts = [int(count.replace(",", "")) for row in rows for count in row]
    assert len(counts) == 4
    assert sum(counts) == 10_000
    accuracies = [full_lab.lab.run(uid).summary["test/accuracy"]["last"]
                  for uid in (full_lab.basic, full_lab.cnn)]  # fmt: skip
    assert [counts[0] + counts[1], counts[0] + counts[2]] == [
        round(10_000 * share) for share in accuracies
    ]
    assert "not about the two settings" in visit.text


def images(visit: Visit) -> list[str]:
    pattern = r'alt="Test image [\d,]+, true class ([^"]+)"'
    bodies = [element.proto.body for element in visit.at.get("html")]
    return [name for body in bodies for name in re.findall(pattern, body)]


def test_disagreeing_images_are_chosen_and_continued(visit: Visit, full_lab: Trained) -> None:
    compare(visit, full_lab.basic, full_lab.cnn)
    assert len(images(visit)) == 24
    visit.click("Show more")
    assert len(images(visit)) == 48
    visit.at.selectbox(key="compare.class").set_value(8)
    visit.run()
    assert set(images(visit)) == {"Bag"}
    [kind] = [one for one in visit.at.get("button_group") if "kind" in (one.key or "")]
    kind.set_value("neither")
    visit.run()
    marks = [element.proto.body for element in visit.at.get("html") if "<ul" in element.proto.body]
    assert all('aria-label="right"' not in body for body in marks)


def test_a_run_without_answers_is_said(visit: Visit, empty_lab: Lab) -> None:
    uids = [empty_lab.submit(TINY.model_copy(update={"lr": lr})) for lr in (0.1, 0.2)]
    compare(visit, *uids)
    assert "No answers are recorded of **lr 0.1, seed 0**, **lr 0.2, seed 0**" in visit.text


def test_pictures_stand_side_by_side(visit: Visit, full_lab: Trained) -> None:
    lab = full_lab.lab
    first = lab.run(full_lab.fit)
    waiting = lab.submit(first.spec.model_copy(update={"lr": 0.02, "seed": 5}))
    compare(visit, full_lab.fit, waiting)
    [body] = [e.proto.body for e in visit.at.get("html") if "Pictures side by side" in e.proto.body]
    for picture in lab.previews(full_lab.fit).values():
        assert f"/api/artifacts/{picture.uid}" in body
    assert f"PSNR {first.summary['train/psnr_db']['last']:.2f} dB" in body
    assert body.count("image-rendering: pixelated") >= 3
    lab.delete(waiting)


def test_names_tell_runs_apart(full_lab: Trained) -> None:
    runs = [full_lab.lab.run(uid) for uid in (full_lab.basic, full_lab.cnn, full_lab.fit)]
    names = names_of_runs(runs[:2])
    assert names[full_lab.cnn].startswith("CNN, lr 0.01")
    assert names[full_lab.basic].endswith("seed 3")
    assert names_of_runs(runs)[full_lab.fit].startswith("Sky")
    assert unlike({"a" * 32: "CNN", "b" * 32: "CNN", "c" * 32: "Net"}) == {
        "a" * 32: "CNN · aaaaaa",
        "b" * 32: "CNN · bbbbbb",
        "c" * 32: "Net",
    }


def test_every_setting_has_one_row() -> None:
    rows = setting_rows([BASIC, CNN])
    keys = [row.key for row in rows]
    assert len(set(keys)) == len(keys)
    assert keys.index("model.channels") < keys.index("optimizer")
    assert [row.key for row in setting_rows([BASIC, BASIC]) if row.differs] == []


def test_values_by_seed_take_each_network_of_a_stacked_run(full_lab: Trained) -> None:
    fit = full_lab.lab.run(full_lab.fit)
    last = fit.summary["train/psnr_db"]["last"]
    assert values_by_seed([fit], "train/psnr_db") == {FIT.seed: last}
    assert values_by_seed([fit], "test/psnr_db") == {}
    summary = {"train/psnr_db": {"last": 20.0}, "test/psnr_db": {"last": 9.0}}
    summary |= {f"seed_{place}/psnr_db": {"last": 20.0 + place} for place in range(2)}
    spec = fit.spec.model_copy(update={"seed": 7, "num_seeds": 2})
    stacked = replace(fit, spec=spec, seed=7, summary=summary)
    assert values_by_seed([stacked], "train/psnr_db") == {7: 20.0, 8: 21.0}
    assert values_by_seed([stacked], "test/psnr_db") == {}


def test_only_completed_runs_count_and_a_diverged_one_is_known(full_lab: Trained) -> None:
    run = full_lab.lab.run(full_lab.basic)
    stopped = replace(run, state="cancelled", seed=8)
    diverged = replace(run, state="failed", error_code="diverged", seed=9)
    last = run.summary["test/accuracy"]["last"]
    assert values_by_seed([stopped, diverged, run], "test/accuracy") == {9: None, 3: last}


def test_two_seeds_of_one_setting_have_no_setting_to_compare(visit: Visit, empty_lab: Lab) -> None:
    uids = [empty_lab.submit(TINY.model_copy(update={"seed": seed})) for seed in (0, 1)]
    compare(visit, *uids)
    assert "All of these runs have the same settings" in visit.text


def test_the_training_page_leads_to_the_comparison(visit: Visit, full_lab: Trained) -> None:
    visit.open("classify", run=full_lab.basic, **{"with": full_lab.cnn})
    assert "Compare" in [link.label for link in visit.at.page_link]


def test_ticked_runs_lead_to_the_comparison(visit: Visit, full_lab: Trained) -> None:
    visit.open("runs")
    for uid in (full_lab.basic, full_lab.fit):
        visit.at.checkbox(key=f"tick.{uid}").check()
    visit.run()
    assert "Compare" in [link.label for link in visit.at.page_link]
