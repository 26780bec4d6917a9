"""The verdict on the page of a run."""

from __future__ import annotations

import json

from click.testing import CliRunner

from l335.cli import cli
from l335.export.report.build import document
from l335.export.report.document import Text
from l335.export.report.sources import of_runs, with_folders
from l335.labs.experiments import net
from l335.service import Lab
from l335.service.verdicts import verdict_on
from l335.spec import with_changes
from l335.ui.wording import plain
from tests.app.visit import Visit
from tests.courses import epochs
from tests.dashboard import BASIC, Trained


def test_a_finished_run_is_judged_with_numbers_and_remedies(
    visit: Visit, full_lab: Trained
) -> None:
    visit.open("classify", run=full_lab.basic)
    assert "Verdict" in visit.text
    assert "Under-fitted" in visit.text  # 20 steps in all
    assert "guess from one seed" in visit.text
    assert "Train loss per epoch" in visit.text
    assert visit.has_button("Epochs 2 → 4")


def test_a_remedy_opens_the_form_with_that_one_setting_changed(
    visit: Visit, full_lab: Trained
) -> None:
    visit.open("classify", run=full_lab.basic)
    visit.click("Epochs 2 → 4")
    assert visit.widget(".epochs").value == 4
    assert visit.widget(".train_size").value == BASIC.train_size
    assert visit.widget(".seed").value == BASIC.seed


def test_two_more_seeds_are_trained_and_shown_beside(visit: Visit, full_lab: Trained) -> None:
    visit.open("classify", run=full_lab.basic)
    visit.click("Train 2 more seeds")
    siblings = full_lab.lab.siblings(full_lab.basic)
    assert [run.seed for run in siblings] == [BASIC.seed, BASIC.seed + 1, BASIC.seed + 2]
    try:
        assert not visit.has_button("Train 2 more seeds")
        assert visit.run_uid == full_lab.basic
    finally:  # other tests count the runs of this lab
        for run in siblings:
            if run.uid != full_lab.basic:
                full_lab.lab.delete(run.uid)


def test_page_comparison_report_and_command_say_the_same(visit: Visit, full_lab: Trained) -> None:
    lab = full_lab.lab
    verdict = verdict_on(lab, lab.run(full_lab.basic))
    assert verdict is not None
    assert verdict.explanation
    said = plain(verdict.explanation)
    assert said in visit.open("classify", run=full_lab.basic).text
    assert said in visit.open("compare", runs=f"{full_lab.basic},{full_lab.cnn}").text
    made = document(lab, with_folders(of_runs(lab, [lab.run(full_lab.basic)])))
    paragraphs = [block for section in made.sections for block in section.blocks]
    assert verdict.explanation in [each.words for each in paragraphs if isinstance(each, Text)]
    folder = str(lab.settings.data_dir)
    shown = CliRunner().invoke(cli, ["show", full_lab.basic, "--json", "--data-dir", folder])
    assert json.loads(shown.output)["verdict"] == json.loads(json.dumps(verdict.as_dict()))
    assert (
        verdict.explanation
        in CliRunner().invoke(cli, ["show", full_lab.basic, "--data-dir", folder]).output
    )


def test_what_fits_well_is_told_why_and_what_was_tried_beside_it(
    visit: Visit, empty_lab: Lab
) -> None:
    def curves(accuracy: float) -> dict[str, list[float]]:
        loss = [3 * (1 - accuracy)] * 6
        return {
            "test/accuracy": [accuracy] * 6,
            "train/accuracy": [accuracy + 0.005] * 6,
            "train/eval_loss": loss,
            "test/loss": loss,
        }

    spec = net("cnn", epochs=6, train_size=6400)
    uid = epochs(empty_lab, spec, curves(0.9), 0.01)
    epochs(empty_lab, with_changes(spec, lr=0.00001), curves(0.86), 0.01)
    text = visit.open("classify", run=uid).text
    assert "Well-fitted" in text
    assert "**Why it fits.** The settings suit each other" in text
    assert plain("lr 0.001 90.00 % (1 seed), beside lr 0.00001 86.00 % (1 seed)") in text
    assert visit.has_button("All 60,000 training images")
