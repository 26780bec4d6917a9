"""A run as a script in plain PyTorch, that a student can read from top to bottom.

It imports nothing of the lab. The code of the components comes from the components themselves
(``recorder`` and ``specialise``), so a new component needs nothing here.
"""

from __future__ import annotations

from l335.core.errors import LabError
from l335.export.standalone.classification import HONOURED as OF_CLASSIFICATION
from l335.export.standalone.classification import classification_script
from l335.export.standalone.image_fit import HONOURED as OF_IMAGE_FIT
from l335.export.standalone.image_fit import image_script, picture_name
from l335.spec import ClassifySpec, Spec

__all__ = ["file_stem", "picture_name", "script"]


SHORT_UID = 8


def script(
    spec: Spec,
    *,
    threads: int = 0,
    device: str = "cpu",
    continued: tuple[int, ...] = (),
    precision: str = "",
) -> str:
    """The script that repeats a run of these settings.

    Args:
        spec: The run's settings.
        threads: CPU threads the run had; 0 leaves the number to torch. With the same number, on
            the same machine, the script ends with the figures of the run.
        device: Where it trains unless told otherwise: ``cpu``, ``cuda`` or ``mps``; ``auto``
            stands for ``cpu``.
        continued: Steps at which the run was trained on past its end under a schedule; the script
            does the same.
        precision: How the run's products were computed; the script's are float32, and it says so
            where that makes a difference.

    Raises:
        LabError: A setting or a component can't be written out; the text names it.
    """
    device = "cpu" if device == "auto" else device
    if isinstance(spec, ClassifySpec):
        _check(spec, OF_CLASSIFICATION)
        made = classification_script(spec, threads, device, continued)
    else:
        _check(spec, OF_IMAGE_FIT)
        made = image_script(spec, threads, device, continued)
    if precision and precision != "float32":
        made.figures = (
            f"The run's products were computed in {precision.replace(',', ' and ')}, those of this "
            "script in float32, so its figures differ from the run's by more than rounding."
        )
    return made.text()


def _check(spec: Spec, honoured: frozenset[str]) -> None:
    for name, field in type(spec).model_fields.items():
        if name not in honoured and getattr(spec, name) != field.default:
            raise LabError(
                f"There is no script for runs with `{name}` set; it must be {field.default!r}."
            )


def file_stem(spec: Spec, uid: str) -> str:
    """A name for files of a run: ``classify-cnn-ab12cd34``, ``fit-image-ab12cd34``."""
    kind = f"{spec.task}-{spec.model.kind}" if isinstance(spec, ClassifySpec) else spec.task
    return f"{kind}-{uid[:SHORT_UID]}"
