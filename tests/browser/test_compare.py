"""Two classifiers that were trained for real, ticked in the list and compared."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from l335.components.architectures.cnn import Cnn
from l335.components.architectures.mlp import Mlp
from l335.data.datasets import NUM_TEST_IMAGES
from l335.spec import ClassifySpec
from tests.browser.dashboard_process import Dashboard
from tests.browser.screen import Screen
from tests.installation import eventually

pytestmark = pytest.mark.browser

NETS = (Mlp(width=32), Cnn(num_convs=2, channels=4, pooling=("max", "none"), hidden=16))


@pytest.fixture(scope="module")
def pair(dashboard: Dashboard) -> list[str]:
    lab = dashboard.lab
    uids = [
        lab.submit(ClassifySpec(model=net, train_size=1500, epochs=2, lr=0.03, seed=seed))
        for net in NETS
        for seed in (21,)
    ]
    eventually(lambda: all(lab.run(uid).state == "completed" for uid in uids), 120, "two runs")
    return uids


def test_two_ticked_runs_are_compared_image_by_image(
    screen: Screen, dashboard: Dashboard, pair: list[str]
) -> None:
    page = screen.page
    screen.open("/runs")
    for uid in pair:
        page.locator(f".st-key-tick-{uid} label").click()
        screen.settle()
    page.get_by_test_id("stMain").get_by_role("link", name="Compare", exact=True).click()
    expect(page.get_by_role("heading", name="Settings that differ")).to_be_visible()
    screen.settle()
    assert re.search(rf"runs=({'|'.join(pair)})(,|%2C)({'|'.join(pair)})", page.url)

    settings = page.get_by_role("region", name="Settings that differ")
    expect(settings).to_contain_text("Basic net")
    expect(settings).to_contain_text("CNN")
    table = page.get_by_role("region", name="Test images by who is right")
    rows = [table.locator("tbody tr").nth(row).locator("td").all_inner_texts() for row in (0, 1)]
    counts = [[int(cell.replace(",", "")) for cell in row[1:3]] for row in rows]
    assert sum(map(sum, counts)) == NUM_TEST_IMAGES
    expect(page.get_by_text("not about the two settings")).to_be_visible()

    # The images, as many as they are said to be, by keyboard as well as by mouse.
    expect(page.get_by_role("radio", name=f"Only A right: {counts[0][1]:,}")).to_be_visible()
    shown = page.locator("img[alt^='Test image']")
    expect(shown).to_have_count(24)
    assert shown.first.evaluate("image => image.complete && image.naturalWidth") == 28
    page.get_by_role("button", name="Show more").press("Enter")
    expect(shown).to_have_count(48)
    page.get_by_role("radio", name=re.compile("^Only B right")).click()
    screen.settle()
    expect(shown).to_have_count(24)
    tile = page.locator("li:has(img[alt^='Test image'])").first
    expect(tile.get_by_label("wrong")).to_have_count(1)
    expect(tile.get_by_label("right")).to_have_count(1)

    # Back undoes a choice, for the choice lives in the address.
    page.get_by_role("button", name="Train 3 more seeds of both settings").click()
    expect(page.get_by_text(re.compile("runs on the way"))).to_be_visible()
    expect(page.get_by_text(re.compile("95 % interval .* from 4 seeds"))).to_be_visible(
        timeout=120_000
    )
    assert len(re.findall("[0-9a-f]{32}", page.url)) == 8
    page.go_back()
    screen.settle()
    assert len(re.findall("[0-9a-f]{32}", page.url)) == 2
