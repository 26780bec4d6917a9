from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from l335.components.encodings import Encoding

if TYPE_CHECKING:
    from torch import nn


class NoEncoding(Encoding):
    """The bare coordinates. Pick it to see how a plain ReLU network paints only smooth areas.

    Shapes: [N, 2] in, [N, 2] out.
    """

    title: ClassVar[str] = "No encoding"
    source: ClassVar[str] = "standard"
    kind: Literal["none"] = "none"

    def num_features(self, num_coordinates: int) -> int:
        return num_coordinates

    def build(self, num_coordinates: int) -> nn.Module:
        from torch import nn

        return nn.Identity()
