"""Looks: questions a worker answers about a run that has trained, checked once, at the edge."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from l335.spec import FASHION_MNIST_TEST, ClassifySpec, FitImageSpec
from l335.spec.problems import spec_error

MAX_ENLARGED_SIDE = 8192  # pixels


class Look(BaseModel):
    """One question about a run.

    Attributes:
        fits: The kind of run it can be asked about.
        needs_parts: Parts of the recorded snapshots that it looks at; empty where the end of the
            run is enough. Snapshots without the first of them are left out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    fits: ClassVar[type[ClassifySpec] | type[FitImageSpec]] = ClassifySpec
    needs_parts: ClassVar[tuple[str, ...]] = ()
    kind: str

    def stored(self) -> dict[str, Any]:
        """What the store takes of it: kind, params and needs_parts."""
        params = self.model_dump(exclude={"kind"})
        return {"kind": self.kind, "params": params, "needs_parts": self.needs_parts}


class AtImage(Look):
    """A look at what the network makes of one image.

    Attributes:
        index: A test image; None where ``image`` is given.
        image: SHA-256 of a stored image of the person's own; empty where ``index`` is given.
    """

    index: int | None = Field(default=None, ge=0, le=FASHION_MNIST_TEST - 1, title="Test image")
    image: str = Field(
        default="",
        pattern="^([0-9a-f]{64})?$",
        title="Stored image",
        description="The address of a stored image, its SHA-256.",
    )

    @model_validator(mode="after")
    def _has_one(self) -> Self:
        if (self.index is None) == (not self.image):
            raise ValueError("Give either `index`, a test image, or `image`, a stored one.")
        return self


class FeatureMapsLook(AtImage):
    """Feature maps, filters and probabilities at every snapshot of a run."""

    needs_parts: ClassVar[tuple[str, ...]] = ("weights",)
    kind: Literal["feature_maps"] = "feature_maps"


class UnitLook(AtImage):
    """The arithmetic of one unit of one feature map.

    Attributes:
        step: Snapshot to look at.
        layer: Module, such as ``conv1``.
        channel: Feature map.
        row: Row in the map.
        column: Column in the map.
    """

    needs_parts: ClassVar[tuple[str, ...]] = ("weights",)
    kind: Literal["unit"] = "unit"
    step: int = Field(ge=0, title="Step")
    layer: str = Field(
        pattern="^[a-z0-9_]{1,40}$", title="Layer", description="The name of a layer, as `conv1`."
    )
    channel: int = Field(ge=0, title="Channel")
    row: int = Field(ge=0, title="Row")
    column: int = Field(ge=0, title="Column")


class ShiftedAccuracyLook(Look):
    """Test accuracy on images shifted by 0 to 4 pixels."""

    kind: Literal["shifted_accuracy"] = "shifted_accuracy"


class UpsampleLook(Look):
    """The fitted image from a denser grid, beside what filters make of its pixels.

    Attributes:
        factor: How many times denser; None where width and height are given.
        width: Pixels across; None where a factor is given.
        height: Pixels down; None where a factor is given.
        bits: Of each colour in the file.
        margin: Band painted beyond the picture on each side, as a share of that side.
        place: Which of the run's networks, 0 for that of its first seed.
    """

    fits: ClassVar[type[ClassifySpec] | type[FitImageSpec]] = FitImageSpec
    kind: Literal["upsample"] = "upsample"
    factor: float | None = Field(default=None, ge=1, le=8, title="Factor")
    width: int | None = Field(default=None, ge=1, le=MAX_ENLARGED_SIDE, title="Width")
    height: int | None = Field(default=None, ge=1, le=MAX_ENLARGED_SIDE, title="Height")
    bits: Literal[8, 16] = Field(default=8, title="Bits per colour")
    margin: float = Field(default=0.0, ge=0.0, le=0.5, title="Margin")
    place: int = Field(default=0, ge=0, le=63, title="Network")

    @model_validator(mode="after")
    def _has_one_size(self) -> Self:
        sides = [side for side in (self.width, self.height) if side is not None]
        if len(sides) == 1 or (self.factor is None) == (not sides):
            raise ValueError("Give either `factor`, or both `width` and `height` in pixels.")
        return self


class CompressionLook(Look):
    """Bits per pixel of the network that was fitted, beside JPEG.

    Attributes:
        place: Which of the run's networks, 0 for that of its first seed.
    """

    fits: ClassVar[type[ClassifySpec] | type[FitImageSpec]] = FitImageSpec
    kind: Literal["compression"] = "compression"
    place: int = Field(default=0, ge=0, le=63, title="Network")


class NeuronsLook(Look):
    """What each unit of a coordinate network draws, at every snapshot with weights.

    Attributes:
        place: Which of the run's networks, 0 for that of its first seed.
    """

    fits: ClassVar[type[ClassifySpec] | type[FitImageSpec]] = FitImageSpec
    needs_parts: ClassVar[tuple[str, ...]] = ("weights",)
    kind: Literal["neurons"] = "neurons"
    place: int = Field(default=0, ge=0, le=63, title="Network")


class MovieLook(Look):
    """Picture, error map and spectrum over the recorded steps, as an animated GIF."""

    fits: ClassVar[type[ClassifySpec] | type[FitImageSpec]] = FitImageSpec
    needs_parts: ClassVar[tuple[str, ...]] = ("reconstruction", "error", "spectrum")
    kind: Literal["movie"] = "movie"


AnyLook = Annotated[
    FeatureMapsLook
    | UnitLook
    | ShiftedAccuracyLook
    | UpsampleLook
    | CompressionLook
    | NeuronsLook
    | MovieLook,
    Field(discriminator="kind"),
]
_LOOK: TypeAdapter[Look] = TypeAdapter(AnyLook)
_KINDS = {
    str(look.model_fields["kind"].default): look
    for look in (
        FeatureMapsLook,
        UnitLook,
        ShiftedAccuracyLook,
        UpsampleLook,
        CompressionLook,
        NeuronsLook,
        MovieLook,
    )
}


def look_from_dict(values: dict[str, Any]) -> Look:
    """The look a sent dictionary stands for.

    Raises:
        SpecError: The kind is unknown, or a field is missing or out of range.
    """
    try:
        return _LOOK.validate_python(values)
    except ValidationError as error:
        raise spec_error(error, values, "kind", _KINDS) from None
