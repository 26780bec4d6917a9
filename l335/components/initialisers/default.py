from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from l335.components.initialisers import Initialiser

if TYPE_CHECKING:
    from torch import Tensor


class DefaultInitialiser(Initialiser):
    """PyTorch's own reset: weights and biases uniform in +-1/sqrt(fan in).

    Pick it as the baseline. Its weights are Kaiming uniform with a = sqrt(5), so the variance
    falls about sixfold in every ReLU layer.

    Shapes: any weight.
    """

    title: ClassVar[str] = "PyTorch default"
    source: ClassVar[str] = "standard (torch.nn.Linear.reset_parameters)"
    kind: Literal["default"] = "default"

    def fill(self, weight: Tensor) -> None:
        """Leave the draw the layer was built with."""

    def weight_deviation(self, fan_in: int, fan_out: int, *, is_first: bool) -> float:
        return float((3 * fan_in) ** -0.5)
