"""A run to take home from its page: script, image, weights."""

from __future__ import annotations

import io
import zipfile

import numpy as np
from PIL import Image
from safetensors.numpy import load

from l335.core.metrics import METRICS
from l335.export.standalone import script
from l335.export.standalone.weights import exported_weights
from l335.spec import FitImageSpec
from l335.ui.reproduce import script_and_image
from tests.app.visit import Visit
from tests.dashboard import CNN, Trained


def buttons(visit: Visit) -> list[str]:
    return [button.proto.label for button in visit.at.get("download_button")]


def test_a_classifiers_page_has_script_and_weights(visit: Visit, full_lab: Trained) -> None:
    visit.open("runs", run=full_lab.cnn)
    assert {"Script", "Weights"} <= set(buttons(visit))
    assert script(CNN, threads=1) in visit.text
    weights = load(exported_weights(full_lab.lab.checkpoint(full_lab.cnn)))
    assert weights["model.conv1.weight"].dtype == np.float32
    assert weights["model.output.weight"].shape == (10, 16)


def test_an_image_fits_page_has_script_and_image(visit: Visit, full_lab: Trained) -> None:
    visit.open("runs", run=full_lab.fit)
    assert {"Script and image", "Weights"} <= set(buttons(visit))
    run = full_lab.lab.run(full_lab.fit)
    assert isinstance(run.spec, FitImageSpec)
    image = full_lab.lab.blob(run.spec.image)
    text = script(run.spec, threads=run.threads)
    with zipfile.ZipFile(io.BytesIO(script_and_image("fit.py", text, run.spec, image))) as archive:
        assert archive.namelist() == ["fit.py", "sky.png", "README.txt"]
        assert archive.read("fit.py").decode() == text
        assert 'with_name("sky.png")' in text
        with Image.open(io.BytesIO(archive.read("sky.png"))) as picture:
            assert picture.size == (run.spec.image_width, run.spec.image_height)


def test_a_runs_page_says_how_its_figures_are_measured(visit: Visit, full_lab: Trained) -> None:
    visit.open("runs", run=full_lab.fit)
    [box] = [box for box in visit.at.expander if box.label == "How figures are measured"]
    assert f"**PSNR.** {METRICS['train/psnr_db'].measured}" in box.markdown[0].value
    assert "Test accuracy" not in box.markdown[0].value
