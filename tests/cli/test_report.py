"""`l335 report` on a real classifier and a real image fit, as people use it."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from tests.cli.test_command_line import l335, trained

TINY_NET = ["--set", "train_size=200", "--set", "epochs=2", "--set", "model.channels=3"]
TINY_FIT = ["--set", "image_size=32", "--set", "steps=30", "--set", "width=32"]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lab")


def test_a_report_on_both_halves_with_everything(data_dir: Path, tmp_path: Path) -> None:
    net = trained(data_dir, tmp_path, "classify-cnn", *TINY_NET)["run"]
    fit = trained(data_dir, tmp_path, "fit-image", *TINY_FIT, "--set", "hold_back=2")["run"]
    own = tmp_path / "mine.md"
    own.write_text("# Mine\n\n<script>alert(1)</script> and **more**.")
    target = tmp_path / "report.zip"
    words = [net[:8], fit[:8], "--text", str(own), "--author", "Ada", "--out", str(target)]
    done = l335(data_dir, "report", *words)
    assert done.returncode == 0, done.stderr
    assert re.search(r"report.zip: \d+ sections, \d\.\d MB", done.stdout.replace("\n", " "))
    with zipfile.ZipFile(target) as archive:
        assert "runs/run-02/weights.safetensors" in archive.namelist()
        text = archive.read("report.html").decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; and <strong>more</strong>" in text
    assert "Ada, " in text
    assert "conv3: 3 maps of 24 × 24" in text, "the command makes the feature maps itself"
    assert "is nearest the original, at " in text, "and the enlarged picture"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--out", "x.html"], "Choose a run, a sweep or a lab"),
        (["--lab", "learning-rate", "--out", "x.html"], "did you mean `learning-rates`?"),
        (["--lab", "learning-rates", "--out", "x.html"], "was not started yet"),
        (["nowhere", "--out", "x.html"], "There is no run `nowhere`."),
        (["nowhere", "--out", "x.docx"], "x.docx ends with no kind of report"),
        (["nowhere", "--out", "/nowhere/x.html"], "The folder /nowhere does not exist."),
    ],
)
def test_what_can_not_be_is_said(data_dir: Path, words: list[str], sentence: str) -> None:
    done = l335(data_dir, "report", *words)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
