"""Lab: depth, width, loss and optimiser, one at a time, over pictures, resolutions and seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from l335.core.tables import Table
from l335.core.wording import count, listed, signed
from l335.labs import FindImage, LabPreset, Words, parts
from l335.labs.design_findings import findings
from l335.labs.design_results import Reading, Row, final_reading, ranked, winner
from l335.labs.designs import BASE, LOSSES, OPTIMISERS, Cell, Design, DesignGrid, Place, design_name
from l335.labs.pictures import WHAT_IS_HELD_OUT, image_of, pictures, titles
from l335.labs.results import Arm, failures, spread
from l335.results.views import CellView, ImageView
from l335.spec import FitImageSpec, Spec
from l335.spec.sweeps import Cell as RunCell

TRAIN, TEST = "train/psnr_db", "test/psnr_db"

Depths = Annotated[tuple[Annotated[int, Field(ge=1, le=16)], ...], BeforeValidator(parts)]
Widths = Annotated[tuple[Annotated[int, Field(ge=1, le=1024)], ...], BeforeValidator(parts)]
Sizes = Annotated[tuple[Annotated[int, Field(ge=16, le=512)], ...], BeforeValidator(parts)]


class DesignChoices(LabPreset):
    """Designs that differ from a base in one choice each, on the same pictures and seeds."""

    title: ClassVar[str] = "Depth, width, loss, optimiser and resolution"
    number: ClassVar[int] = 5
    task: ClassVar[Literal["classify", "fit-image"]] = "fit-image"
    question: ClassVar[str] = (
        "Which design choices matter for a coordinate network, and do the same ones win on every "
        "picture and resolution?"
    )
    look_for: ClassVar[str] = (
        "Which axis spreads the designs furthest. Designs that are ahead at one resolution and "
        "behind at another. Differences smaller than those between pictures."
    )
    deliverable: ClassVar[str] = (
        "Held-out PSNR for each depth, width, loss and optimiser at several resolutions, against "
        "the base design, with an explanation."
    )
    metrics: ClassVar[tuple[str, ...]] = (TEST, TRAIN)
    page: ClassVar[str] = "designs"
    intervals: ClassVar[str] = (
        "Intervals are Student's at 95 %, over pictures: resolutions and seeds of one picture are "
        "averaged first, since they are not independent. Whether pictures or resolutions have "
        "another best design is judged over seeds."
    )
    quick_changes: ClassVar[dict[str, Any]] = {"sizes": (32, 64), "seeds": 1}
    quick_cuts: ClassVar[str] = (
        "Pictures of 32 and 64 pixels a side instead of 64 and 128, and 1 seed instead of 3."
    )

    kind: Literal["design_choices"] = "design_choices"
    images: Words = Field(
        default=("sky", "mountains"),
        min_length=1,
        max_length=8,
        title="Pictures",
        description="Each is cut to its central square.",
        json_schema_extra={"images": True},
    )
    sizes: Sizes = Field(
        default=(64, 128),
        min_length=1,
        max_length=6,
        title="Resolutions",
        description=f"Sides of the square, in pixels. {WHAT_IS_HELD_OUT}",
    )
    depths: Depths = Field(
        default=(1, 3, 5),
        max_length=8,
        title="Depths",
        description=f"Hidden layers; the base has {BASE.depth}.",
    )
    widths: Widths = Field(
        default=(64, 128, 256),
        max_length=8,
        title="Widths",
        description=f"Units of each hidden layer; the base has {BASE.width}.",
    )
    losses: Words = Field(
        default=tuple(LOSSES),
        title="Losses",
        description="What is minimised; the base has `l2`.",
        json_schema_extra={"options": list(LOSSES)},
    )
    optimizers: Words = Field(
        default=("adam", "sgd", "rmsprop"),
        title="Optimisers",
        description="Each at a learning rate that suits it; the base has `adam`.",
        json_schema_extra={"options": list(OPTIMISERS)},
    )
    sigma: float = Field(
        default=2.0,
        ge=0.01,
        le=1000.0,
        title="Sigma",
        description="Deviation of the Fourier features' frequencies, in cycles per image.",
        json_schema_extra={"scale": "log"},
    )
    steps: int = Field(
        default=300, ge=10, le=5000, title="Steps", description="Optimiser steps of each run."
    )

    def grid(self, images: Sequence[ImageView]) -> DesignGrid:
        """The designs of these settings on some images."""
        choices = {
            "depth": self.depths,
            "width": self.widths,
            "loss": self.losses,
            "optimizer": self.optimizers,
        }
        sizes = tuple(dict.fromkeys(self.sizes))
        return DesignGrid(
            tuple(images), sizes, BASE, choices,
            sigma=self.sigma, steps=self.steps, num_seeds=self.seeds,
        )  # fmt: skip

    def arms(self, find_image: FindImage) -> dict[str, Spec]:
        return {cell.name: cell.spec for cell in self.changed({"seeds": 1}).cells(find_image)}

    def cells(self, find_image: FindImage) -> list[RunCell]:
        """Its runs, place by place, so that all designs of one can be compared early."""
        images = pictures(self.images, find_image)
        grid, shown = self.grid(images), titles(images)
        specs = grid.runs()
        return [
            RunCell(
                f"{_shown(design)}, {shown[place.image]}, {place.size} px",
                specs[Cell(design, place)],
                {"seed": str(place.seed)},
            )
            for place in grid.places
            for design in grid.designs()
        ]

    def table(self, arms: Sequence[Arm]) -> Table:
        rows = []
        for row in self._rows(arms)[1]:
            if not any(cell.run for arm in arms for cell in arm.cells if _is_of(cell, row.design)):
                continue  # of settings made before this design was among them
            paired = row.paired
            has_interval = paired.low is not None and paired.high is not None
            ends = [signed(end, 2) for end in (paired.low, paired.high) if end is not None]
            scores = {
                part: [
                    value
                    for reading in row.readings.values()
                    if (value := getattr(reading, part)) is not None
                ]
                for part in ("test", "train")
            }
            rows.append(
                (
                    _shown(row.design),
                    f"{row.num_parameters:,}",
                    str(len(row.of_pictures)),
                    "–" if paired.mean is None else signed(paired.mean, 2),
                    " to ".join(ends) if has_interval else "–",
                    spread(scores["test"], TEST),
                    spread(scores["train"], TRAIN),
                )
            )
        head = (
            "Design", "Parameters", "n", "Above the base, dB", "95 % interval, dB",
            "Held-out PSNR, dB", "Train PSNR, dB",
        )  # fmt: skip
        caption = (
            f"After step {self.steps:,}. n counts pictures: differences to the base on the same "
            "picture, resolution and seed are averaged within each picture "
            f"({count(len(self.sizes), 'resolution')}, {count(self.seeds, 'seed')}), and Student's "
            "interval is over the pictures. ± is the deviation over all runs, pictures included."
        )
        return Table(head, tuple(rows), caption)

    def _rows(self, arms: Sequence[Arm]) -> tuple[DesignGrid, list[Row]]:
        """Designs by mean difference to the base, with the grid they are of."""
        images: dict[str, ImageView] = {}
        readings: dict[Cell, Reading | None] = {}
        for run in (run for arm in arms for run in arm.runs):
            spec = run.spec
            assert isinstance(spec, FitImageSpec)
            images[spec.image] = image_of(spec)
            readings[_cell(spec)] = final_reading(run)
        grid = self.grid(list(images.values()))
        return grid, ranked(grid, readings)

    def finding(self, arms: Sequence[Arm]) -> list[str]:
        grid, rows = self._rows(arms)
        complete = [row for row in rows if row.is_complete and row.differences]
        return [
            *findings(grid, rows),
            *_against_base(complete),
            *_by_resolution(grid, complete),
            *failures(arms),
        ]


def _shown(design: Design) -> str:
    name = design_name(design, BASE)
    return name[:1].upper() + name[1:]


def _cell(spec: FitImageSpec) -> Cell:
    """Where a run stands in the grid."""
    design = Design(
        spec.depth,
        spec.widths()[0],
        spec.loss.kind,
        spec.optimizer.kind,
        spec.activation.kind,
        spec.encoding.kind,
    )
    return Cell(design, Place(spec.image, spec.image_size, spec.seed))


def _against_base(rows: Sequence[Row]) -> list[str]:
    """Which designs the intervals tell from the base; empty where there is none."""
    above: list[str] = []
    below: list[str] = []
    close: list[str] = []
    for row in rows:
        paired = row.paired
        if row.design == BASE or paired.mean is None or paired.low is None:
            continue
        group = close if not paired.excludes_zero else above if paired.mean > 0 else below
        group.append(f"{_shown(row.design)} ({signed(paired.mean, 2)} dB)")
    groups = {
        "Above the base by more than pictures differ": above,
        "Below the base by more than pictures differ": below,
        "Too close to the base to call": close,
    }
    number = max((len(row.of_pictures) for row in rows), default=0)
    over = f"at 95 %, Student's t over {count(number, 'picture')}"
    return [f"{words}, {over}: {'; '.join(found)}." for words, found in groups.items() if found]


def _by_resolution(grid: DesignGrid, rows: Sequence[Row]) -> list[str]:
    """Whether the best design differs between resolutions by more than the seeds do."""
    sizes = sorted(grid.sizes)
    if len(sizes) < 2 or len(rows) < 2:
        return []
    found = {
        size: best
        for size in sizes
        if (best := winner(rows, [place for place in grid.places if place.size == size]))
    }
    if not found:
        return []
    names = {_shown(best.row.design) for best in found.values()}
    if len(names) == 1:
        return [f"The best on average is the same at every resolution: {names.pop()}."]
    words = [
        f"{_shown(best.row.design)} at {size} px ({signed(best.gain, 2)} dB)"
        for size, best in found.items()
    ]
    levels = [best.level for best in found.values()]
    if any(level is None for level in levels):
        return [f"The best at each resolution, with one seed, which may be luck: {listed(words)}."]
    common = frozenset.intersection(*(level for level in levels if level is not None))
    if common:
        return [
            f"The best at each resolution: {listed(words)}; level within the spread of seeds, for "
            f"{listed(sorted(common))} {'is' if len(common) == 1 else 'are'} not told from the "
            "best at any."
        ]
    return [f"The best on average differs between resolutions: {listed(words)}."]


def _is_of(cell: CellView, design: Design) -> bool:
    spec = cell.run.spec if cell.run else None
    return isinstance(spec, FitImageSpec) and _cell(spec).design == design
