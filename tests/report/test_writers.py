"""One document as a page, as Markdown and as figure files; names of people's files stay names."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt
from PIL import Image

from l335.core.tables import Table
from l335.export.report import html, markdown
from l335.export.report.document import (
    Chart,
    Code,
    Curve,
    Document,
    Line,
    Missing,
    Picture,
    Pictures,
    Points,
    Section,
    StudentText,
    TableBlock,
    Text,
)
from l335.export.report.drawing import drawn
from l335.export.report.interactive import figure_json
from tests.report.markup import what_runs

EVIL = '<img src=x onerror=alert(1)> [a](javascript:alert(2)) "q" | $x_1$ </script>.png'


def png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 3), "red").save(buffer, "PNG")
    return buffer.getvalue()


def chart(name: str = "CNN") -> Chart:
    curves = (
        Curve(name, (1, 2, 3), (0.1, 0.2, None), (0.0, 0.1, None), (0.2, 0.3, None)),
        Curve(f"_{name}", (1, 2, 3), (0.2, 0.3, 0.4), color=1, dash="dash"),
    )
    return Chart("Accuracy", "Epoch", "Accuracy, %", curves, f"Of {name}.", (Line(name, 0.15),))


def document(name: str = EVIL) -> Document:
    table = Table(("Setting", "PSNR, dB"), ((name, "12.3 ± 0.4"), ("Total", "1")), f"Of {name}.")
    picture = Picture(name, png(), "image/png", f"The picture {name}.")
    blocks = (
        Text(name, name),
        Points((name,)),
        StudentText(name),
        TableBlock(table),
        chart(name),
        Pictures(name, (picture,), name, pixelated=True),
        Missing(name),
        Code(name),
    )
    sections = (Section(name, blocks), Section("Empty", (Missing("Nothing yet."),)))
    return Document(name, name, datetime(2030, 1, 2, tzinfo=UTC), sections)


def body_of(page: str) -> str:
    """The page without its own scripts and style."""
    body = page[page.index("<header>") : page.index("</main>")]
    return re.sub(r'<script type="application/json">[^<]*</script>', "", body)


def test_names_do_not_run_on_the_page() -> None:
    page = html.page(document())
    own = ("header", "nav", "main", "section", "figure", "figcaption", "caption", "div", "ul")
    found = [each for each in what_runs(body_of(page)) if each.split()[0] not in own]
    allowed = re.compile(
        r"(p|h2|li|nav|section|th|tr|table) (id|scope|role|tabindex|aria-\w+)|span"
    )
    assert [
        each for each in found if not allowed.fullmatch(each) and "data:image" not in each
    ] == []
    assert page.count("</script>") == page.count("<script")


def test_names_do_not_run_in_markdown() -> None:
    letting = MarkdownIt("commonmark", {"html": True}).enable("table")
    letting.validateLink = lambda url: True  # type: ignore[method-assign]
    made = letting.render(markdown.text(document()))
    assert what_runs(made) == []
    assert made.count("<img") == 2, "the figures alone"
    assert made.count("<td") == 4, "a bar in a name parts no cells"


def test_the_page_forbids_everything_but_its_own_scripts() -> None:
    page = html.page(document("CNN"))
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-inline" not in policy[1].partition("style-src")[0]
    assert not re.search(r"(src|href)=\"?https?:", body_of(page))


def test_the_page_says_what_a_reader_needs() -> None:
    page = html.page(document("CNN"))
    assert "2 January 2030" in page
    assert "<strong>Figure 1.</strong> Of CNN." in page
    assert "<strong>Figure 2.</strong> CNN" in page
    assert 'aria-label="Accuracy, % against Epoch: CNN, _CNN, CNN."' in page
    assert 'alt="The picture CNN."' in page
    assert 'Empty</a> <span class="note">(missing)</span>' in page
    assert '<tr class="total">' in page


def test_a_page_without_charts_needs_no_script() -> None:
    text = (Section("Words", (Text("Only."),)),)
    page = html.page(Document("Plain", "", datetime(2030, 1, 2, tzinfo=UTC), text))
    assert "<script" not in page
    assert "script-src 'none'" in page


def test_a_chart_ends_no_script_element() -> None:
    made = figure_json(chart(EVIL))
    assert "<" not in made
    figure = json.loads(made)
    names = [trace["name"] for trace in figure["data"] if trace.get("showlegend", True)]
    assert all("<" not in name and "&lt;img" in name for name in names)
    assert figure["layout"]["xaxis"]["title"]["text"] == "Epoch"


@pytest.mark.parametrize("name", ["CNN", EVIL, "$\\frac{1}{2$", "名前.png"])
def test_figures_open_as_png_and_svg_and_their_text_is_text(name: str) -> None:
    with Image.open(io.BytesIO(drawn(chart(name), "png"))) as image:
        assert image.format == "PNG"
        assert image.width > 1000
    root = ElementTree.fromstring(drawn(chart(name), "svg"))
    words = ["".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Epoch", "Accuracy, %"} <= {word.strip() for word in words}
    assert sum(name in word for word in words) == 3, "both curves and the line are in the legend"


def test_the_same_chart_is_the_same_file() -> None:
    assert drawn(chart(), "svg") == drawn(chart(), "svg")


def test_markdown_refers_to_files_that_are_made() -> None:
    made = document("Sky")
    named = set(re.findall(r"\]\(figures/([^)]+)\)", markdown.text(made)))
    files = {figure.name: figure.data for figure in markdown.figure_files(made, ("png", "svg"))}
    assert named == {"figure-01.png", "figure-02-01.png"}
    assert set(files) == {"figure-01.png", "figure-01.svg", "figure-02-01.png"}
    assert files["figure-02-01.png"] == png()
