from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from l335.components.encodings import Encoding

if TYPE_CHECKING:
    from torch import Tensor


class NoEncoding(Encoding):
    """The bare coordinates. Pick it to see spectral bias: a plain ReLU network learns blur first.

    Shapes: [N, 2] in, [N, 2] out.
    """

    title: ClassVar[str] = "None (bare coordinates)"
    source: ClassVar[str] = "standard"
    kind: Literal["none"] = "none"

    def num_features(self, num_coordinates: int) -> int:
        return num_coordinates

    def draw(self, num_coordinates: int) -> Tensor | None:
        return None

    def encode(self, coords: Tensor, drawn: Tensor | None) -> Tensor:
        return coords
