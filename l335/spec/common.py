"""What the specifications of both halves have in common."""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, model_validator

from l335.components import arithmetic
from l335.components.arithmetic import LayerCount
from l335.components.component import choice_of
from l335.components.initialisers import Initialiser
from l335.components.initialisers.default import DefaultInitialiser
from l335.components.schedules import Schedule
from l335.components.schedules.constant import Constant

MAX_PARAMETERS = 20_000_000
FLOAT_BYTES = 4
MAX_SEED = 2**31 - 1


class CommonSpec(BaseModel):
    """Fields and rules common to both halves.

    Attributes:
        LENGTH: The field that says how long a run is.
        LOWEST: Fields that decide how much memory it takes, with the lowest value of each; what
            changes the result least comes first.
    """

    LENGTH: ClassVar[str]
    LOWEST: ClassVar[dict[str, Any]]

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    lr: float = Field(
        default=1e-3,
        ge=1e-7,
        le=10.0,
        title="Learning rate",
        description="Size of each step, in units of the optimiser.",
        json_schema_extra={"scale": "log"},
    )
    initialiser: Annotated[SerializeAsAny[Initialiser], choice_of(Initialiser)] = Field(
        default=DefaultInitialiser(),
        title="Initialiser",
        description="The rule weights are drawn from before the first step.",
    )
    schedule: Annotated[SerializeAsAny[Schedule], choice_of(Schedule)] = Field(
        default=Constant(),
        title="Schedule",
        description="How the learning rate changes from the first step to the last.",
    )
    seed: int = Field(
        default=0,
        ge=0,
        le=MAX_SEED,
        title="Seed",
        description="Fixes initial weights and data order; the same seed repeats the run.",
    )

    def layers(self) -> list[LayerCount]:
        """Parameters and shapes layer by layer."""
        raise NotImplementedError

    def memory_bytes(self) -> int:
        """Rough upper estimate of the memory training needs beyond the bare process."""
        raise NotImplementedError

    def evaluation_steps(self) -> set[int]:
        """Steps after which the network is judged, the last one included."""
        raise NotImplementedError

    @property
    def work(self) -> tuple[object, ...]:
        """What decides the time of a step and of an evaluation; equal work goes equally fast."""
        raise NotImplementedError

    @property
    def headline(self) -> str:
        """Key of the metric a run is judged by: over what was held out wherever anything was."""
        raise NotImplementedError

    @property
    def seeds(self) -> list[int]:
        """The seeds of the networks that are trained."""
        return [self.seed]

    @property
    def shown_size(self) -> tuple[int, int]:
        """Width and height of what pictures of a run show, in pixels."""
        return (1, 1)

    @property
    def samples_per_epoch(self) -> int:
        """Images or pixels of one pass, each of which every pass shows once."""
        raise NotImplementedError

    @property
    def samples_per_batch(self) -> int:
        """Images or pixels of a step; the last one of a pass may have fewer."""
        raise NotImplementedError

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps of one pass; the last batch may be smaller."""
        return math.ceil(self.samples_per_epoch / self.samples_per_batch)

    def samples_at(self, step: int) -> int:
        """Images or pixels seen until a step has been taken, counted batch by batch."""
        epochs, batches = divmod(step, self.steps_per_epoch)
        rest = min(batches * self.samples_per_batch, self.samples_per_epoch)
        return epochs * self.samples_per_epoch + rest

    def epochs_at(self, step: int) -> float:
        """Passes until a step has been taken; whole after the last batch of each."""
        return self.samples_at(step) / self.samples_per_epoch

    @property
    def num_parameters(self) -> int:
        """Trainable parameters."""
        return arithmetic.total(self.layers())

    @model_validator(mode="after")
    def _check_network(self) -> Self:
        if self.num_parameters > MAX_PARAMETERS:
            raise ValueError(
                f"The network has {self.num_parameters:,} parameters; at most "
                f"{MAX_PARAMETERS:,} are allowed. Lower its width or depth."
            )
        return self
