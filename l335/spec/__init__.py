"""Specifications: everything that decides what a run does, checked once, at the edge."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar, cast

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from l335.spec.classify import (
    FASHION_MNIST_CLASSES,
    FASHION_MNIST_SHAPE,
    FASHION_MNIST_TEST,
    FASHION_MNIST_TRAIN,
    ClassifySpec,
)
from l335.spec.common import MAX_PARAMETERS, MAX_SEED
from l335.spec.fit_image import MIN_SIDE, FitImageSpec
from l335.spec.problems import spec_error

__all__ = [
    "FASHION_MNIST_CLASSES",
    "FASHION_MNIST_SHAPE",
    "FASHION_MNIST_TEST",
    "FASHION_MNIST_TRAIN",
    "MAX_PARAMETERS",
    "MAX_SEED",
    "MIN_SIDE",
    "RUN_SPEC",
    "ClassifySpec",
    "FitImageSpec",
    "RunSpec",
    "Spec",
    "spec_from_dict",
    "with_changes",
]

Spec = ClassifySpec | FitImageSpec

RunSpec = Annotated[Spec, Field(discriminator="task")]
"""What a run does: one of the two halves, told apart by ``task``."""

RUN_SPEC: TypeAdapter[Spec] = TypeAdapter(RunSpec)

TASKS: dict[str, type[BaseModel]] = {"classify": ClassifySpec, "fit-image": FitImageSpec}


def spec_from_dict(values: dict[str, Any]) -> Spec:
    """The specification a stored or sent dictionary stands for.

    Raises:
        SpecError: A field is unknown, out of range, or does not fit the others.
    """
    try:
        return RUN_SPEC.validate_python(values)
    except ValidationError as error:
        raise spec_error(error, values, "task", TASKS) from None


S = TypeVar("S", bound=Spec)


def with_changes(spec: S, **changes: Any) -> S:
    """The specification with other values, checked anew as a whole.

    Whatever changes a specification on its way to the store goes through here: pydantic's
    ``model_copy`` checks nothing, and what does not fit could not be read again.

    Raises:
        SpecError: The values do not fit, alone or with the others.
    """
    return cast(S, spec_from_dict(spec.model_dump() | changes))
