"""Looking inside a run that has trained: one slider, and what can be clicked."""

from __future__ import annotations

import io
import json
import re

import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from l335.components.architectures.cnn import Cnn
from l335.data.datasets import CLASS_NAMES
from l335.data.datasets import test_image as stored_image
from l335.data.datasets import test_label as stored_label
from l335.spec import ClassifySpec
from tests.browser.dashboard_process import Dashboard
from tests.browser.screen import Screen
from tests.installation import eventually

pytestmark = pytest.mark.browser

SMALL = Cnn(num_convs=2, channels=(4, 3), pooling=("max", "none"), hidden=16)
LONG = 60_000  # milliseconds a look may take on a busy machine


@pytest.fixture(scope="module")
def trained(dashboard: Dashboard) -> str:
    lab = dashboard.lab
    uid = lab.submit(ClassifySpec(model=SMALL, train_size=1000, epochs=3, lr=0.02, batch_size=32))
    eventually(lambda: lab.run(uid).state == "completed", 120, "a trained CNN")
    return uid


@pytest.fixture
def inside(screen: Screen, trained: str) -> Screen:
    screen.open(f"/classify?run={trained}")
    expect(screen.page.locator(".explorer .verdict")).to_contain_text("Prediction", timeout=LONG)
    return screen


def tab(screen: Screen, name: str) -> None:
    screen.page.locator(".explorer").get_by_text(name, exact=True).click()


def pixels(canvas: Locator) -> str:
    return str(canvas.evaluate("canvas => canvas.toDataURL()"))


def test_the_slider_moves_everything_together(
    inside: Screen, dashboard: Dashboard, trained: str
) -> None:
    steps = [snapshot.step for snapshot in dashboard.lab.snapshots(trained)]
    page = inside.page
    slider = page.get_by_label("Recorded step")
    marker = page.locator(".explorer .marker")
    expect(marker).to_have_attribute("data-step", str(steps[-1]))
    tile = page.locator(".explorer .tile canvas").first
    seen = []
    for step in (steps[-1], steps[1]):
        slider.fill(str(step))
        expect(marker).to_have_attribute("data-step", str(step))
        expect(slider).to_have_attribute("aria-valuetext", re.compile(f"step {step:,}$"))
        expect(page.locator(".explorer .verdict")).to_have_attribute("data-step", str(step))
        expect(page.locator(".explorer h4[data-step]").first).to_have_attribute(
            "data-step", str(step)
        )
        counts = {"tile": pixels(tile)}
        tab(inside, "Confusion")
        matrix = page.locator(".explorer table.confusion")
        expect(matrix).to_have_attribute("data-step", str(step))
        counts["confusion"] = matrix.inner_text()
        tab(inside, "Layers")
        layers = page.locator(".explorer table.numbers[data-step]")
        expect(layers).to_have_attribute("data-step", str(step))
        counts["layers"] = layers.inner_text()
        tab(inside, "Feature maps")
        seen.append(counts)
    assert all(seen[0][name] != seen[1][name] for name in seen[0])
    slider.press("ArrowRight")
    expect(marker).to_have_attribute("data-step", str(steps[2]))
    slider.press("Home")
    expect(page.locator(".explorer .step-label")).to_have_text("Epoch 0 of 3, step 0")


def test_the_confusion_shown_is_the_recorded_one_and_a_click_shows_its_images(
    inside: Screen, dashboard: Dashboard, trained: str
) -> None:
    lab, page = dashboard.lab, inside.page
    snapshot = lab.snapshots(trained)[-1]
    assert snapshot.evaluation is not None
    confusion = json.loads(lab.blob(snapshot.evaluation.sha256))["confusion"]
    tab(inside, "Confusion")
    cells = page.locator(".explorer button.count")
    expect(cells).to_have_count(100)
    assert [int(text) for text in cells.all_inner_texts()] == [
        n for line in confusion for n in line
    ]
    mistakes = [
        (count, row, column)
        for row, line in enumerate(confusion)
        for column, count in enumerate(line)
        if row != column and count
    ]
    count, row, column = min(mistakes)
    cells.nth(10 * row + column).click()
    expect(page.locator(".explorer .tab h4").get_by_text("predicted as")).to_contain_text(
        f"{CLASS_NAMES[row]} predicted as {CLASS_NAMES[column]}: {count} images"
    )
    shots = page.locator(".explorer .shot:visible")
    expect(shots).to_have_count(min(count, 60))
    index = int(shots.first.get_attribute("data-index") or -1)
    assert stored_label(dashboard.settings.data_dir, index) == row
    shots.first.click()
    expect(page.get_by_label("Test image, 0 to 9,999")).to_have_value(str(index))
    expect(page.locator(".explorer .verdict")).to_contain_text(
        f"Prediction: {CLASS_NAMES[column]}", timeout=LONG
    )
    expect(page.locator(".explorer .verdict")).to_contain_text(f"wrong: it is {CLASS_NAMES[row]}")


def test_a_click_on_a_unit_shows_a_sum_that_adds_up(inside: Screen) -> None:
    page = inside.page
    page.get_by_role("button", name="conv2, map 1", exact=True).click()
    large = page.locator(".explorer canvas.large-map:visible")
    large.click(position={"x": 40, "y": 40})
    values = page.locator(".explorer .sum dd")
    expect(values).to_have_count(4, timeout=LONG)
    total, bias, before, after = (
        float(text or "nan") for text in values.evaluate_all("all => all.map(v => v.dataset.value)")
    )
    assert total + bias == pytest.approx(before, abs=1e-6)
    assert after == pytest.approx(max(0.0, before), abs=1e-5)
    expect(page.locator(".explorer .field-box")).to_be_visible()
    old = values.first.get_attribute("data-value") or ""
    number = page.get_by_label("Test image, 0 to 9,999")
    number.fill("7")
    number.press("Enter")
    expect(values.first).not_to_have_attribute("data-value", old, timeout=LONG)
    large.press("Escape")
    expect(large).to_be_hidden()


def test_a_picture_of_ones_own_is_classified_as_the_network_sees_it(
    inside: Screen, dashboard: Dashboard
) -> None:
    page = inside.page
    garment = Image.fromarray(255 - stored_image(dashboard.settings.data_dir, 1))
    file = io.BytesIO()
    garment.resize((280, 280), Image.Resampling.NEAREST).convert("RGB").save(file, "PNG")
    page.get_by_text("A picture of your own").click()
    page.locator("[data-testid=stFileUploaderDropzoneInput]").last.set_input_files(
        {"name": "pullover.png", "mimeType": "image/png", "buffer": file.getvalue()}
    )
    caption = page.locator(".explorer .picture > .note").first
    expect(caption).to_have_text(
        "Your picture as the net sees it: 28 × 28 pixels, greyed and inverted", timeout=LONG
    )
    size = page.locator(".explorer canvas.input").evaluate("one => [one.width, one.height]")
    assert size == [28, 28]
    expect(page.locator(".explorer .verdict")).to_have_text(
        re.compile(r"^Prediction: [\w/ -]+, [\d.]+ %$")
    )
