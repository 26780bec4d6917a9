"""The page on which a report is made."""

from __future__ import annotations

import io
import zipfile

import pytest
from streamlit.runtime.download_data_util import convert_data_to_bytes_and_infer_mime

from l335.export.report.sources import of_runs, with_folders
from l335.service import Lab
from l335.ui.report_page import KINDS, Draft
from tests.app.visit import Visit
from tests.dashboard import Trained


def downloads(visit: Visit) -> list[str]:
    return [each.proto.label for each in visit.at.get("download_button")]


def test_without_a_run_the_page_says_what_to_do(empty_lab: Lab, visit: Visit) -> None:
    visit.open("report")
    assert "There is no run yet to report on. Start a lab" in visit.text
    assert downloads(visit) == []


def test_without_a_choice_the_page_asks_for_one(full_lab: Trained, visit: Visit) -> None:
    visit.open("report")
    assert "Choose one lab, sweep or run, or several" in visit.text
    assert downloads(visit) == []


def test_runs_of_the_address_are_chosen_and_an_unknown_one_is_named(
    full_lab: Trained, visit: Visit
) -> None:
    visit.open("report", runs=f"{full_lab.cnn},{'0' * 32}")
    assert visit.at.multiselect(key="report.runs").value == [full_lab.cnn]
    [warning] = visit.at.warning
    assert f"There is no run \\`{'0' * 32}\\`." in warning.value
    assert downloads(visit) == ["HTML page", "Markdown", "Everything"]
    assert visit.has_button("Add feature maps")


def test_a_choice_is_kept_in_the_address(full_lab: Trained, visit: Visit) -> None:
    visit.open("report", runs=full_lab.cnn)
    visit.at.multiselect(key="report.runs").select(full_lab.fit)
    visit.run()
    assert visit.at.query_params["runs"] in (
        f"{full_lab.cnn},{full_lab.fit}",
        [f"{full_lab.cnn},{full_lab.fit}"],
    )
    [sections] = [each for each in visit.at.button_group if "sections" in str(each.key)]
    assert {"Feature maps", "Enlarged, beside filters"} <= set(sections.value)


def test_own_text_is_shown_as_it_will_look_and_never_runs(full_lab: Trained, visit: Visit) -> None:
    visit.open("report", runs=full_lab.fit)
    visit.at.text_area(key="report.text").set_value("**Seen** <script>alert(1)</script>")
    visit.run()
    bodies = [element.proto.body for element in visit.at.get("html")]
    [shown] = [body for body in bodies if "Seen" in body]
    assert "<strong>Seen</strong> &lt;script&gt;" in shown


def test_the_report_is_shown_on_the_page(full_lab: Trained, visit: Visit) -> None:
    visit.open("report", runs=full_lab.basic)
    visit.at.toggle(key="report.preview").set_value(True)
    visit.run()
    [frame] = visit.at.get("iframe")
    assert "Under-, well- or over-fitted" in frame.proto.srcdoc
    assert "None of these networks has a convolution" in frame.proto.srcdoc


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file_is_made_as_one_that_can_be_sent(full_lab: Trained, kind: str) -> None:
    lab = full_lab.lab
    draft = Draft(
        tuple(with_folders(of_runs(lab, [lab.run(full_lab.fit)]))), "", "", "", frozenset()
    )
    with draft.written(lab, kind) as file:
        data, _ = convert_data_to_bytes_and_infer_mime(file, AssertionError())
    assert data.startswith(b"<!doctype html>" if kind == "html" else b"PK")
    if kind != "html":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert "report.md" in archive.namelist()
