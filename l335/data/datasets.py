"""Fashion-MNIST from the copy in ``assets/``: unpacked once, read without torch."""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
import zlib
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from l335.core.errors import LabError, NotFound
from l335.core.settings import ASSETS

CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
"""Names of the ten labels, as the authors of the data set give them."""

NUM_TEST_IMAGES = 10_000

_IMAGE_HEADER_BYTES = 16
_LABEL_HEADER_BYTES = 8
_IMAGE_BYTES = 28 * 28

FILE_BYTES = {
    "train-images-idx3-ubyte": _IMAGE_HEADER_BYTES + 60_000 * _IMAGE_BYTES,
    "train-labels-idx1-ubyte": _LABEL_HEADER_BYTES + 60_000,
    "t10k-images-idx3-ubyte": _IMAGE_HEADER_BYTES + NUM_TEST_IMAGES * _IMAGE_BYTES,
    "t10k-labels-idx1-ubyte": _LABEL_HEADER_BYTES + NUM_TEST_IMAGES,
}
"""The four files and their unpacked sizes."""


def prepare_fashion_mnist(data_dir: Path) -> Path:
    """Unpack the data set where ``torchvision.datasets.FashionMNIST(root=data_dir)`` reads it.

    Costs four ``stat`` calls once the files are there. Any number of processes may call it at
    the same time: each file appears whole or not at all.

    Returns:
        The folder of the four files.

    Raises:
        LabError: A packed file is missing or damaged, or the disk is full.
    """
    folder = data_dir / "FashionMNIST" / "raw"
    for name in missing_files(data_dir):
        _unpack(ASSETS / "fashion-mnist" / f"{name}.gz", folder / name, FILE_BYTES[name])
    return folder


def missing_files(data_dir: Path) -> list[str]:
    """Names of the files that are not unpacked yet, or not wholly."""
    folder = data_dir / "FashionMNIST" / "raw"

    def is_whole(name: str) -> bool:
        return (folder / name).is_file() and (folder / name).stat().st_size == FILE_BYTES[name]

    return [name for name in FILE_BYTES if not is_whole(name)]


def damaged_files() -> list[str]:
    """Names of the packed files in ``assets/`` that are missing or do not unpack."""
    damaged = []
    for name, size in FILE_BYTES.items():
        try:
            with gzip.open(ASSETS / "fashion-mnist" / f"{name}.gz") as packed:
                # Seeking to the end unpacks it all and checks its CRC.
                if packed.seek(0, os.SEEK_END) != size:
                    damaged.append(name)
        except (OSError, EOFError, zlib.error):
            damaged.append(name)
    return damaged


def _unpack(packed: Path, target: Path, size: int) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, suffix=".part", delete=False) as part:
            try:
                with gzip.open(packed) as source:
                    shutil.copyfileobj(source, part, 1 << 20)
                part.flush()
                written = part.tell()
                os.fsync(part.fileno())
                os.chmod(part.name, 0o644)
                if written == size:
                    os.replace(part.name, target)
            finally:
                Path(part.name).unlink(missing_ok=True)
    except (OSError, EOFError, zlib.error) as error:
        raise LabError(
            f"Fashion-MNIST could not be unpacked from {packed} to {target.parent}: {error}. "
            "Check the free space and the rights of the data folder, and that the file in "
            "assets/fashion-mnist is the one of the repository."
        ) from error
    if written != size:
        raise LabError(
            f"{packed} unpacks to {written:,} bytes where {size:,} were expected; fetch the "
            "file again from the repository."
        )


def test_image(data_dir: Path, index: int) -> NDArray[np.uint8]:
    """Image ``index`` of the test set: [28, 28], 0 is background."""
    pixels = _read(data_dir, "t10k-images-idx3-ubyte", _IMAGE_HEADER_BYTES, _IMAGE_BYTES, index)
    return pixels.reshape(28, 28)


def test_label(data_dir: Path, index: int) -> int:
    """Label of image ``index`` of the test set, a place in ``CLASS_NAMES``."""
    return int(_read(data_dir, "t10k-labels-idx1-ubyte", _LABEL_HEADER_BYTES, 1, index)[0])


def test_labels(data_dir: Path) -> NDArray[np.uint8]:
    """Labels of all images of the test set, [10000], places in ``CLASS_NAMES``."""
    path = prepare_fashion_mnist(data_dir) / "t10k-labels-idx1-ubyte"
    return np.fromfile(path, np.uint8, offset=_LABEL_HEADER_BYTES)


# pytest collects functions by these names wherever they are imported.
test_image.__test__ = False  # type: ignore[attr-defined]
test_label.__test__ = False  # type: ignore[attr-defined]
test_labels.__test__ = False  # type: ignore[attr-defined]


def _read(
    data_dir: Path, name: str, header_bytes: int, item_bytes: int, index: int
) -> NDArray[np.uint8]:
    if not 0 <= index < NUM_TEST_IMAGES:
        raise NotFound(
            f"There is no test image {index}; choose one between 0 and {NUM_TEST_IMAGES - 1:,}."
        )
    path = prepare_fashion_mnist(data_dir) / name
    values = np.memmap(path, dtype=np.uint8, mode="r", offset=header_bytes)
    start = index * item_bytes
    return cast("NDArray[np.uint8]", np.array(values[start : start + item_bytes]))
