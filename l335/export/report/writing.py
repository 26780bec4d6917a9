"""Writing a report to a file: the whole of it, or nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

from l335.core.errors import LabError
from l335.export.report import html, markdown
from l335.export.report.archive import write_archive, write_markdown
from l335.export.report.document import Document
from l335.export.report.sources import Source
from l335.service import Lab

SUFFIXES = (".html", ".md", ".zip")


def check_suffix(path: Path) -> None:
    """Refuse a name whose ending says no kind of report.

    Raises:
        LabError: With the endings there are.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise LabError(
            f"{path.name} ends with no kind of report; name it .html for a page, .md for Markdown "
            "with pictures, or .zip for everything."
        )


def write_file(lab: Lab, sources: Sequence[Source], document: Document, path: Path) -> None:
    """Write a report; the ending of the file decides what it is.

    Figures of Markdown lie beside it, in a folder named after it.

    Raises:
        LabError: The ending is unknown.
    """
    check_suffix(path)
    kind = path.suffix.lower()
    if kind == ".html":
        _write(path, lambda file: _put(file, html.page(document)))
    elif kind == ".zip":
        _write(path, lambda file: write_archive(file, lab, sources, document))
    else:
        folder = path.with_name(f"{path.stem}_figures")
        _write_folder(folder, document)
        # A space in the address of a picture would end it.
        address = folder.name.replace("%", "%25").replace(" ", "%20")
        _write(path, lambda file: _put(file, markdown.text(document, address)))


def write_kind(
    file: IO[bytes], lab: Lab, sources: Sequence[Source], document: Document, kind: str
) -> None:
    """Write a report into an open file.

    Args:
        file: Opened for writing.
        lab: The lab.
        sources: What it is about.
        document: The report.
        kind: ``html``, ``md`` for a zip of Markdown and figures, or ``zip`` for everything.
    """
    if kind == "html":
        _put(file, html.page(document))
    elif kind == "md":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            write_markdown(archive, document, "report.md")
    else:
        write_archive(file, lab, sources, document)


def _put(file: IO[bytes], text: str) -> None:
    file.write(text.encode())


def _write(path: Path, fill: Callable[[IO[bytes]], None]) -> None:
    with _beside(path) as temporary:
        with temporary.open("wb") as file:
            fill(file)
        os.replace(temporary, path)


@contextlib.contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A file of another name in the same folder, that is gone afterwards."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    temporary = Path(name)
    temporary.chmod(0o666 & ~_umask())
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _write_folder(folder: Path, document: Document) -> None:
    fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        for figure in markdown.figure_files(document):
            (fresh / figure.name).write_bytes(figure.data)
        fresh.chmod(0o777 & ~_umask())
        if folder.exists():
            _remove_figures(folder)
            for file in fresh.iterdir():
                os.replace(file, folder / file.name)
        else:
            os.replace(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _remove_figures(folder: Path) -> None:
    # Only what an earlier report has put there: the folder is a person's.
    for file in folder.glob("figure-*"):
        if file.suffix in (".png", ".jpg"):
            file.unlink()
