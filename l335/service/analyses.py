"""Which analyses of a run are large: they wait apart from those that are done in seconds."""

from __future__ import annotations

import math

from l335.analyses.looks import Look, ShiftedAccuracyLook, UpsampleLook
from l335.spec import FASHION_MNIST_TEST, ClassifySpec, FitImageSpec

SMALL_OPERATIONS = 5e11
"""As many one core does in some 25 s, sines, filters and file included."""

OPERATIONS_PER_PIXEL = 20_000
"""What filters, scores and the file take for each pixel, as if it were products: some 1 µs."""

NUM_SHIFTS = 17
"""How often all test images are classified: once as they are, and moved by 1 to 4 pixels each way.
"""


def is_large(spec: ClassifySpec | FitImageSpec, look: Look) -> bool:
    """Whether a look will take longer than some half a minute."""
    return _operations(spec, look) > SMALL_OPERATIONS


def _operations(spec: ClassifySpec | FitImageSpec, look: Look) -> float:
    if isinstance(look, UpsampleLook) and isinstance(spec, FitImageSpec):
        from l335.analyses.enlargement import (
            enlargement,  # brings numpy, which short commands do without
        )

        num_pixels = math.prod(enlargement(spec, look).whole)
        return num_pixels * (2.0 * spec.num_parameters + OPERATIONS_PER_PIXEL)
    if isinstance(look, ShiftedAccuracyLook) and isinstance(spec, ClassifySpec):
        operations_per_image = sum(layer.flops for layer in spec.layers())
        return float(NUM_SHIFTS * FASHION_MNIST_TEST * operations_per_image)
    return 0.0  # done in seconds whatever the run
