"""What a reload keeps: every setting of a form, a part of a picture, an upload."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from l335.spec import ClassifySpec
from l335.spec.from_text import with_settings
from tests.browser.dashboard_process import Dashboard
from tests.browser.screen import LONG, Screen
from tests.browser.test_crop import drag, numbers

pytestmark = pytest.mark.browser


def form(page: Page) -> dict[str, str]:
    """What each field of the form in the sidebar holds, by its label."""
    held: dict[str, str] = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll(
            "[data-testid=stSidebar] :is([data-testid=stNumberInput], [data-testid=stTextInput],"
            + "[data-testid=stSelectbox], [data-testid=stCheckbox])")].map((widget) => {
          const input = widget.querySelector("input");
          const label = widget.querySelector("label").innerText.trim();
          const chosen = widget.querySelector("[data-baseweb=select]")?.innerText.trim();
          return [label, input.type === "checkbox" ? String(input.checked) : chosen || input.value];
        }))"""
    )
    return held


def expect_form(page: Page, held: dict[str, str]) -> None:
    """Wait until the form holds this; it is drawn piece by piece."""
    for _ in range(50):
        if form(page) == held:
            return
        page.wait_for_timeout(200)
    assert form(page) == held


def choose(screen: Screen, label: str, option: str) -> None:
    screen.page.get_by_role("combobox", name=re.compile(label)).first.click()
    screen.page.get_by_role("option", name=option, exact=True).click()
    screen.settle()


def reload(screen: Screen) -> None:
    screen.page.wait_for_timeout(500)
    screen.page.reload()
    screen.settle()


def picture(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (60, 90, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def upload(screen: Screen, name: str, data: bytes) -> None:
    field = screen.page.locator("[data-testid=stFileUploaderDropzoneInput]").first
    field.set_input_files({"name": name, "mimeType": "image/png", "buffer": data})
    screen.settle()


def history_length(screen: Screen) -> int:
    return int(screen.page.evaluate("history.length"))


def test_a_reload_keeps_a_classifiers_form_and_history_stays_short(screen: Screen) -> None:
    page = screen.page
    screen.open("/classify")
    before = history_length(screen)
    screen.press("CNN")
    screen.settle()
    screen.type("Channels", "8, 16")
    screen.type("Learning rate", "0.02")
    choose(screen, "Optimiser", "AdamW")
    screen.type("Seeds", "2")
    held = form(page)
    reload(screen)
    expect_form(page, held)
    assert history_length(screen) == before
    # What is half typed is left as it was, and the rest is kept.
    screen.type("Epochs", "0")
    screen.type("Batch size", "32")
    reload(screen)
    expect_form(page, held | {"Batch size": "32"})
    assert history_length(screen) == before


def test_a_reload_keeps_an_image_fits_form_part_and_upload(screen: Screen) -> None:
    page = screen.page
    page.set_viewport_size({"width": 1366, "height": 1200})
    screen.open("/fit-image")
    upload(screen, "mine.png", picture(1))
    expect(page.get_by_text("mine.png: 90 × 60 pixels")).to_be_visible()
    drag(screen, (0.1, 0.1), (0.7, 0.8))
    box = numbers(screen)
    assert box[2] > 30
    screen.type("Resolution", "48")
    screen.type("Steps", "60")
    screen.type("Sigma", "3")
    held = form(page)
    reload(screen)
    expect(page.get_by_text("mine.png: 90 × 60 pixels")).to_be_visible()
    assert numbers(screen) == box
    expect_form(page, held)
    screen.press("Train")
    screen.expect_state("Completed")
    screen.type("Sigma", "7")
    held = form(page)
    reload(screen)
    screen.expect_state("Completed")
    expect_form(page, held)
    assert numbers(screen) == box


def test_a_reload_keeps_a_new_sweep_and_a_sigma_lab_with_uploads(screen: Screen) -> None:
    page = screen.page
    screen.open("/sweeps?preset=fit-image")
    before = history_length(screen)
    upload(screen, "swept.png", picture(2))
    screen.type("Changed for all runs", "steps=70")
    screen.type("Seeds", "2")
    screen.type("Name", "Mine")
    reload(screen)
    expect(page.get_by_text("swept.png: 90 × 60 pixels")).to_be_visible()
    for label, value in {"Changed for all runs": "steps=70", "Seeds": "2", "Name": "Mine"}.items():
        expect(page.get_by_label(label, exact=True)).to_have_value(value)
    assert history_length(screen) == before

    screen.open("/sigma")
    upload(screen, "swept.png", picture(2))
    screen.type("Seeds", "2")
    reload(screen)
    expect(page.get_by_label("Seeds", exact=True)).to_have_value("2")
    expect(page.get_by_role("button", name="Train 36 runs")).to_be_enabled()


def test_a_reload_keeps_the_draft_of_a_report_and_no_other_tab_sees_it(
    screen: Screen, dashboard: Dashboard
) -> None:
    page = screen.page
    uid = dashboard.lab.submit(with_settings(ClassifySpec(), ["train_size=500", "epochs=1"]))
    screen.open(f"/report?runs={uid}")
    text = page.get_by_role("textbox", name="Your own text, in Markdown")
    screen.type("Title", "What I saw")
    text.fill("It *learns*.")
    text.press("Control+Enter")
    sections = page.locator("[data-testid=stButtonGroup] button")
    sections.first.click()
    screen.settle()
    expect(page.locator("em", has_text="learns")).to_be_visible()
    left_out = sections.first.get_attribute("aria-pressed")
    reload(screen)
    expect(text).to_have_value("It *learns*.")
    expect(page.get_by_label("Title", exact=True)).to_have_value("What I saw")
    expect(page.locator("em", has_text="learns")).to_be_visible()
    assert sections.first.get_attribute("aria-pressed") == left_out
    assert "learns" not in page.url
    other = page.context.new_page()
    other.goto(page.url)
    field = other.get_by_role("textbox", name="Your own text, in Markdown")
    expect(field).to_have_value("", timeout=LONG)
    other.close()
