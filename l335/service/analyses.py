"""Questions about runs: asked for, listed, cancelled; the large ones wait apart."""

from __future__ import annotations

import math
from typing import Any

from l335.analyses.looks import AtImage, Look, ShiftedAccuracyLook, UpsampleLook, look_from_dict
from l335.core.errors import LabError
from l335.results.views import JobView
from l335.service.images import Images
from l335.spec import FASHION_MNIST_TEST, ClassifySpec, FitImageSpec, Spec
from l335.store import Store, jobs, runs

SMALL_OPERATIONS = 5e11
"""As many one core does in some 25 s, sines, filters and file included."""

OPERATIONS_PER_PIXEL = 20_000
"""What filters, scores and the file take for each pixel, as if it were products: some 1 µs."""

NUM_SHIFTS = 17
"""How often all test images are classified: once as they are, and moved by 1 to 4 pixels each way.
"""


def is_large(spec: Spec, look: Look) -> bool:
    """Whether a look will take longer than some half a minute."""
    return _operations(spec, look) > SMALL_OPERATIONS


def _operations(spec: Spec, look: Look) -> float:
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


class Analyses:
    """Questions about the runs of an installation."""

    def __init__(self, store: Store, images: Images) -> None:
        self._store, self._images = store, images

    def request(
        self,
        run_uid: str,
        kind: str,
        params: dict[str, Any],
        *,
        asked_by: str = "",
        again: bool = True,
    ) -> str:
        """Ask for a look at a run as it stands; asked again, it is the same look.

        Args:
            run_uid: The run.
            kind: Kind of a look in ``l335.analyses.looks``.
            params: The other fields of that look.
            asked_by: The visitor who asks; visitors take turns.
            again: Whether one that has failed, or was cancelled, is tried once more.

        Raises:
            SpecError: The kind is unknown, or a field is missing or out of range.
            TooMany: The visitor already waits for as many as one may.
            LabError: The kind does not fit the run, the run has recorded nothing yet, or it is
                deleted.
        """
        look = look_from_dict({**params, "kind": kind})
        with self._store.read() as connection:
            run = runs.one(connection, run_uid)
        spec = run.spec
        if run.is_deleted:
            raise LabError("This run is deleted. Undo that first, then ask for its analyses.")
        if not isinstance(spec, look.fits):
            raise LabError(f"`{kind}` does not fit a run of this task.")
        if isinstance(look, UpsampleLook) and isinstance(spec, FitImageSpec):
            from l335.analyses.enlargement import enlargement

            enlargement(spec, look)  # refuses what would be too large
        if isinstance(look, AtImage) and look.image:
            self._images.stored(look.image)
        with self._store.write() as connection:
            return jobs.request(
                connection,
                run_uid,
                **look.stored(),
                asked_by=asked_by,
                is_large=is_large(spec, look),
                again=again,
            )

    def unfinished(self) -> list[JobView]:
        """Looks that are worked on or wait, in the order of their turns, the small ones first."""
        with self._store.read() as connection:
            return jobs.unfinished(connection)

    def cancel(self, uid: str) -> None:
        """End a look that waits or is worked on; one that is over stays as it is.

        Raises:
            NotFound: There is none of this uid.
        """
        with self._store.write() as connection:
            jobs.cancel(connection, uid)

    def one(self, uid: str) -> JobView:
        """A look and what it has made.

        Raises:
            NotFound: There is none of this uid.
        """
        with self._store.read() as connection:
            return jobs.look(connection, uid)

    def newest(self, run_uid: str, kind: str) -> JobView | None:
        """What was asked last about a run as it stands; None where nothing was."""
        with self._store.read() as connection:
            return jobs.newest_look(connection, run_uid, kind)
