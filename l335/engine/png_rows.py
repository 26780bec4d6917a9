"""PNG files of 8 or 16 bits, written row by row."""

from __future__ import annotations

import io
import zlib

import numpy as np
import png
from numpy.typing import NDArray

_UP = 2  # PNG's filter type "up": PNG specification, second edition, 9.2
_LEVEL = 4


class PngRows:
    """A PNG file of RGB pixels that grows with each band of rows.

    Pillow writes no colour of 16 bits and wants the whole picture at once.

    Args:
        width: Pixels of a row.
        height: Rows in all.
        bits: 8 or 16 for each colour.
    """

    def __init__(self, width: int, height: int, bits: int) -> None:
        self._levels = 2**bits - 1
        self._type = np.dtype(np.uint8) if bits == 8 else np.dtype(">u2")
        self._rows_left = height
        self._file = io.BytesIO()
        self._compressor = zlib.compressobj(_LEVEL)
        self._above: NDArray[np.uint8] = np.zeros(width * 3 * bits // 8, np.uint8)
        writer = png.Writer(width, height, greyscale=False, bitdepth=bits)
        writer.write_preamble(self._file)

    def add(self, rows: NDArray[np.float32]) -> None:
        """Write the next rows, [n, width, 3] in [0, 1]; what lies outside is clipped, nan is 0."""
        clean = np.nan_to_num(rows).clip(0, 1)
        whole = (clean * self._levels + np.float32(0.5)).astype(self._type)
        raw = np.ascontiguousarray(whole).view(np.uint8).reshape(len(rows), -1)
        # pypng filters no row, and its files are twice as large; each byte less the one above
        # packs well where little changes from row to row.
        lines = np.empty((len(rows), raw.shape[1] + 1), np.uint8)
        lines[:, 0] = _UP
        lines[0, 1:] = raw[0] - self._above
        lines[1:, 1:] = raw[1:] - raw[:-1]
        self._above = raw[-1].copy()
        self._rows_left -= len(rows)
        self._data(self._compressor.compress(lines.tobytes()))

    def finished(self) -> bytes:
        """The whole file, once every row was added."""
        assert self._rows_left == 0
        self._data(self._compressor.flush())
        png.write_chunk(self._file, b"IEND")
        return self._file.getvalue()

    def _data(self, packed: bytes) -> None:
        if packed:
            png.write_chunk(self._file, b"IDAT", packed)
