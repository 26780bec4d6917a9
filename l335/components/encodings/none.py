from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from l335.components.encodings import Encoding

if TYPE_CHECKING:
    from torch import nn


class NoEncoding(Encoding):
    """The bare coordinates.

    Pick it to see how a plain ReLU network paints only smooth areas, or with activations that
    reach detail by themselves: sines, FINER, Gaussians.

    Shapes: [N, 2] in, [N, 2] out.
    """

    title: ClassVar[str] = "No encoding"
    source: ClassVar[str] = "standard"
    kind: Literal["none"] = "none"
    interval: Literal["unit", "signed"] = Field(
        default="unit",
        title="Coordinates",
        description=(
            "`unit`: from 0 to 1 along each side. `signed`: from -1 to 1, with the origin in the "
            "middle of the picture, as SIREN and FINER are published; every frequency is doubled."
        ),
    )

    def num_features(self, num_coordinates: int) -> int:
        return num_coordinates

    def build(self, num_coordinates: int) -> nn.Module:
        from torch import nn

        from l335.modules.signed import ToSigned

        kept: nn.Module = nn.Identity()
        if self.interval == "signed":
            kept = ToSigned()
        return kept
