"""Enlarging a fitted picture: the sizes, what to warn of, and what scores say."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from l335.analyses.looks import MAX_ENLARGED_SIDE, UpsampleLook
from l335.components.encodings.gaussian import GaussianEncoding
from l335.components.encodings.positional import PositionalEncoding
from l335.core.errors import Problem, SpecError
from l335.core.metrics import unspelt
from l335.data.images.spectrum import nyquist
from l335.spec import FitImageSpec

METHODS = ("nearest", "bicubic", "lanczos", "network")
"""Ways to enlarge, in the order they are shown."""

Scores = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Enlargement:
    """Sizes of an enlarged picture, in pixels.

    Attributes:
        frame: Width and height of the picture itself, coordinates 0 to 1.
        band: Columns and rows painted beyond it on each side.
    """

    frame: tuple[int, int]
    band: tuple[int, int]

    @property
    def whole(self) -> tuple[int, int]:
        """Width and height with the bands."""
        return self.frame[0] + 2 * self.band[0], self.frame[1] + 2 * self.band[1]


def enlargement(spec: FitImageSpec, look: UpsampleLook) -> Enlargement:
    """The sizes a look asks for.

    Raises:
        SpecError: The whole would be too large, or there is no such network.
    """
    if look.place >= spec.num_seeds:
        message = (
            f"`place` is {look.place}; this run has networks 0 to {spec.num_seeds - 1}."
            if spec.num_seeds > 1
            else f"`place` is {look.place}; this run has one network, 0."
        )
        raise SpecError([Problem("place", message)])
    if look.factor is not None:
        width, height = (max(1, round(side * look.factor)) for side in spec.fitted_size)
    else:
        assert look.width is not None
        assert look.height is not None
        width, height = look.width, look.height
    band = (round(width * look.margin), round(height * look.margin))
    made = Enlargement((width, height), band)
    if max(made.whole) > MAX_ENLARGED_SIDE:
        beyond = f" with its margin of {look.margin:g}" if look.margin else ""
        message = (
            f"The picture would have {made.whole[0]:,} × {made.whole[1]:,} pixels{beyond}; at most "
            f"{MAX_ENLARGED_SIDE:,} a side are painted. Lower its size or the margin."
        )
        raise SpecError([Problem("margin" if look.margin else "factor", message)])
    return made


def trained_nyquist(spec: FitImageSpec) -> float:
    """The highest frequency the pixels trained on can hold, in cycles per image."""
    width, height = spec.fitted_size
    if spec.held_out == "grid":  # every second pixel of every second row
        width, height = math.ceil(width / 2), math.ceil(height / 2)
    return nyquist(width, height)


def noise_warning(spec: FitImageSpec) -> str:
    """Why what is painted between the pixels will be noise; empty where it need not be."""
    limit = trained_nyquist(spec)
    if isinstance(spec.encoding, GaussianEncoding):
        name, highest = "Sigma", spec.encoding.sigma
        remedy = f"a sigma well below {limit:g}"
    elif isinstance(spec.encoding, PositionalEncoding):
        name, highest = "The highest band", 2.0 ** (spec.encoding.num_bands - 1)
        remedy = f"at most {max(1, math.floor(math.log2(max(limit, 1))) + 1)} bands"
    else:
        return ""
    if highest <= limit:
        return ""
    return (
        f"{name} is {highest:g} cycles per image, past {limit:g}, the Nyquist limit of the pixels "
        "trained on. Nothing tells the network what to do between them, so what it paints there "
        f"is noise. Train with {remedy} to enlarge the picture."
    )


class Figure(NamedTuple):
    """A figure of a way to enlarge: its title in tables and the digits it is shown with."""

    title: str
    digits: int


FIGURES = {
    "psnr_db": Figure("PSNR, dB", 2),
    "ssim_valid": Figure("SSIM", 3),
    "ssim": Figure("SSIM, padded", 3),  # of earlier looks: windows over the border counted too
    "consistency_psnr_db": Figure("Consistency, dB", 2),
}


def ssim_of(rows: Iterable[Mapping[str, Any]]) -> str:
    """Which of the two SSIMs some rows have; the two are never mixed."""
    return "ssim" if any("ssim" in row for row in rows) else "ssim_valid"


def figures_of(scores: Scores, *, has_original: bool) -> list[str]:
    """The figures of a table, in order."""
    against = ["psnr_db", ssim_of(scores.values())] if has_original else []
    return [*against, "consistency_psnr_db"]


def figure_text(row: Mapping[str, Any], figure: str) -> str:
    """A figure as it stands in a table; "exact" where nothing was lost, a dash without it."""
    value = unspelt(row.get(figure))
    is_exact = figure == "consistency_psnr_db" and row.get("is_consistent")
    if is_exact or value == math.inf:
        return "exact"
    return "–" if value is None else f"{value:.{FIGURES[figure].digits}f}"


def best_methods(scores: Scores, figure: str) -> list[str]:
    """The methods with the highest value of a figure; several where they tie when shown."""
    found = {name: unspelt(row.get(figure)) for name, row in scores.items()}
    known = {
        name: value if math.isinf(value) else round(value, FIGURES[figure].digits)
        for name, value in found.items()
        if value is not None
    }
    best = max(known.values(), default=None)
    return [name for name, value in known.items() if value == best]


def finding(scores: Scores) -> str:
    """Which method came nearest the original, in a sentence or two; empty without scores."""
    known = {name: unspelt(row.get("psnr_db")) for name, row in scores.items()}
    others = {name: value for name, value in known.items() if value is not None}
    network = others.pop("network", None)
    best = best_methods(scores, "psnr_db")
    if network is None or not others:
        return ""
    rival = max(others, key=lambda name: others[name])
    gap = network - others[rival]
    if math.inf in (network, others[rival]):
        verb = "is" if len(best) == 1 else "are"
        return f"{_listed(best).capitalize()} {verb} exactly the original."
    if "network" in best and len(best) > 1:
        text = f"The network and {rival} are equally near the original, at {network:.2f} dB."
    elif "network" in best:
        text = (
            f"The network is nearest the original, at {network:.2f} dB, {gap:.2f} dB ahead of "
            f"{rival}."
        )
    else:
        text = (
            f"{rival.capitalize()} is nearest the original, at {others[rival]:.2f} dB; the "
            f"network is {-gap:.2f} dB behind it."
        )
    by_ssim = best_methods(scores, ssim_of(scores.values()))
    if by_ssim and not set(by_ssim) & set(best):
        text += f" By SSIM, {_listed(by_ssim)} is ahead."
    return text


def _listed(names: list[str]) -> str:
    shown = ["the network" if name == "network" else name for name in names]
    return " and ".join(shown)
