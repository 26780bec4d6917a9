"""Every link the page on sharing shows is opened, and does what it is said to do."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from l335.core.settings import ROOT
from l335.service import Lab
from tests.app.conftest import empty_folder, empty_lab
from tests.app.visit import Visit

__all__ = ["empty_folder", "empty_lab"]

TEXT = (ROOT / "docs/sharing.md").read_text()
LINKS = re.findall(r"^\| `(/[^`]+)` \|", TEXT, re.MULTILINE)
PAGES = {"fit-image": "fit_image"}


def test_there_are_examples_of_everything() -> None:
    shown = {name for link in LINKS for name in parse_qs(urlsplit(link).query)}
    assert {"preset", "set", "image", "seeds", "lock", "hide"} <= shown
    pages = "/classify /fit-image /labs /sigma /designs /initialisers /convolution"
    assert {urlsplit(link).path for link in LINKS} == set(pages.split())


@pytest.mark.parametrize("link", LINKS)
def test_an_example_opens_without_complaint(link: str, empty_lab: Lab) -> None:
    query = parse_qs(urlsplit(link).query)
    path = urlsplit(link).path.strip("/")
    visit = Visit().open(PAGES.get(path, path), **query)
    assert not visit.errors
    # Streamlit takes values it does not understand out of the address.
    kept = {name: values for name, values in query.items() if "." in name}
    assert {name: as_list(visit.at.query_params.get(name, "")) for name in kept} == kept
    assert ("Some settings are" in visit.text) == bool({"lock", "hide"} & set(query))


def test_the_pictures_named_are_those_there_are() -> None:
    [names] = re.findall(r"without its ending \((.*?)\)", TEXT)
    files = {path.stem for path in (ROOT / "assets/images").iterdir() if path.suffix != ".md"}
    assert set(re.findall(r"`(\w+)`", names)) == files


def as_list(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]
