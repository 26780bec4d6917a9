"""Every ready lab in its quick mode, trained for real through the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from l335.labs import lab_called, labs
from tests.cli.test_command_line import l335

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # one to three minutes on two idle cores


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("labs")


@pytest.mark.parametrize("name", labs())
def test_a_quick_lab_goes_through(data_dir: Path, tmp_path: Path, name: str) -> None:
    target = tmp_path / "lab.json"
    done = l335(data_dir, "lab", name, "--quick", "--json", str(target))
    assert done.returncode == 0, done.stderr
    facts = json.loads(target.read_text())
    print(f"{name}: {facts['seconds']:.0f} s, {len(facts['runs'])} runs")
    quick = lab_called(name).quick()
    assert facts["settings"] == quick.model_dump(mode="json")
    assert quick.quick_cuts in done.stderr
    assert {run["state"] for run in facts["runs"]} == {"completed"}
    # Each figure of the table is one that was measured, and sentences are about them.
    key = quick.metrics[0]
    assert all(scores[key] for scores in facts["scores"].values())
    assert len(facts["table"]["rows"]) >= 2
    # Rows without an n are not of networks: the mean colour, or a filter.
    assert all("–" not in row[-2] for row in facts["table"]["rows"] if row[1] != "–")
    assert facts["finding"]
    assert "nan" not in json.dumps(facts["finding"])
