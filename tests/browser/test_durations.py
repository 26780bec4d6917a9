"""Lengths of time as the browser says them: as the rest of the lab does."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from l335.core.settings import ROOT
from tests.unit.test_wording import DURATIONS

pytestmark = pytest.mark.browser
SCRIPT = (ROOT / "l335/ui/live_view/numbers.js").read_text()


def test_the_browser_says_durations_as_python_does(page: Page) -> None:
    said = page.evaluate(
        f"(seconds) => {{ {SCRIPT}\nreturn seconds.map(duration); }}", list(DURATIONS)
    )
    assert dict(zip(DURATIONS, said, strict=True)) == DURATIONS
