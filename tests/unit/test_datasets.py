"""Fashion-MNIST is unpacked once, whole or not at all, and read without torch."""

from __future__ import annotations

import gzip
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from l335.core.errors import LabError, NotFound
from l335.core.settings import ASSETS
from l335.data import datasets


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    datasets.prepare_fashion_mnist(folder)
    return folder


def test_files_are_those_torchvision_reads(data_dir: Path) -> None:
    raw = data_dir / "FashionMNIST" / "raw"
    assert {file.name: file.stat().st_size for file in raw.iterdir()} == datasets.FILE_BYTES


def test_a_second_call_writes_nothing(data_dir: Path) -> None:
    raw = data_dir / "FashionMNIST" / "raw"
    before = {file: file.stat().st_mtime_ns for file in raw.iterdir()}
    assert datasets.prepare_fashion_mnist(data_dir) == raw
    assert {file: file.stat().st_mtime_ns for file in raw.iterdir()} == before


def test_a_torn_file_is_unpacked_again(data_dir: Path) -> None:
    labels = data_dir / "FashionMNIST" / "raw" / "t10k-labels-idx1-ubyte"
    whole = labels.read_bytes()
    labels.write_bytes(whole[:100])
    datasets.prepare_fashion_mnist(data_dir)
    assert labels.read_bytes() == whole


def test_images_and_labels_are_the_published_ones(data_dir: Path) -> None:
    packed = gzip.decompress((ASSETS / "fashion-mnist/t10k-images-idx3-ubyte.gz").read_bytes())
    last = np.frombuffer(packed[-784:], np.uint8).reshape(28, 28)
    assert np.array_equal(datasets.test_image(data_dir, 9_999), last)
    names = [datasets.CLASS_NAMES[datasets.test_label(data_dir, index)] for index in range(4)]
    assert names == ["Ankle boot", "Pullover", "Trouser", "Trouser"]


@pytest.mark.parametrize("index", [-1, 10_000])
def test_an_index_outside_the_test_set_is_refused(data_dir: Path, index: int) -> None:
    with pytest.raises(NotFound, match=r"choose one between 0 and 9,999"):
        datasets.test_image(data_dir, index)


def test_many_at_once_leave_whole_files_and_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels_only = {name: size for name, size in datasets.FILE_BYTES.items() if "labels" in name}
    monkeypatch.setattr(datasets, "FILE_BYTES", labels_only)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(datasets.prepare_fashion_mnist, [tmp_path] * 16))
    raw = tmp_path / "FashionMNIST" / "raw"
    assert {file.name: file.stat().st_size for file in raw.iterdir()} == labels_only


def test_a_damaged_package_is_named_and_leaves_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assets = tmp_path / "assets"
    shutil.copytree(ASSETS / "fashion-mnist", assets / "fashion-mnist")
    broken = assets / "fashion-mnist" / "train-images-idx3-ubyte.gz"
    broken.write_bytes(broken.read_bytes()[:1000])
    monkeypatch.setattr(datasets, "ASSETS", assets)
    with pytest.raises(LabError, match=r"could not be unpacked from .*train-images"):
        datasets.prepare_fashion_mnist(tmp_path / "data")
    assert list((tmp_path / "data" / "FashionMNIST" / "raw").iterdir()) == []
    assert datasets.damaged_files() == ["train-images-idx3-ubyte"]


def test_the_packed_files_are_whole() -> None:
    assert datasets.damaged_files() == []
