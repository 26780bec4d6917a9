"""Ready experiments on what convolution buys: the basic net against the CNN."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from l335.core.wording import signed
from l335.spec import ClassifySpec, with_changes
from l335.spec.presets import preset

NETS = {"basic": "Basic net", "cnn": "CNN"}
"""Titles of the two nets, by the name a setting has for them."""

QUICK = {"train_size": 10_000, "epochs": 5, "lr": 0.02}
QUICK_CUTS = (
    "The quick mode trains on 10,000 of the 60,000 images for 5 epochs instead of 20, at learning "
    "rate 0.02 instead of 0.001 lest the nets barely start; it shows the tendency, not the figures."
)
ONE_SEED = 1.0
"""Differences within this many points may be luck of one seed: the presets differ by 0.4."""


@dataclass(frozen=True)
class Experiment:
    """Two nets under the same conditions.

    Attributes:
        arms: Runs by name, at full length.
        x_title: What the results are drawn over.
        x: Their places there.
        needs_shifts: Whether finished runs are tested on shifted images.
        finding: Results by arm, in [0, 1] and as long as ``x``, to one sentence about them.
    """

    key: str
    title: str
    question: str
    look_for: str
    arms: dict[str, ClassifySpec]
    x_title: str
    x: tuple[str, ...]
    needs_shifts: bool
    finding: Callable[[Mapping[str, Sequence[float]]], str]

    def runs(self, *, quick: bool) -> dict[str, ClassifySpec]:
        """The runs by name, shortened in the quick mode."""
        changes = QUICK if quick else {}
        return {name: with_changes(spec, **changes) for name, spec in self.arms.items()}


def net(name: str, **changes: object) -> ClassifySpec:
    """The preset of a net with some of its settings changed.

    Args:
        name: ``basic`` or ``cnn``.
        **changes: Fields of its specification.

    Raises:
        SpecError: A value is out of range.
    """
    spec = with_changes(preset(f"classify-{name}").spec, **changes)
    assert isinstance(spec, ClassifySpec)
    return spec


def both_nets(**changes: object) -> dict[str, ClassifySpec]:
    """The two nets with the same settings changed, by their titles."""
    return {title: net(name, **changes) for name, title in NETS.items()}


def _permuted() -> dict[str, ClassifySpec]:
    return {f"{name}, permuted": spec for name, spec in both_nets(permute_pixels=True).items()}


def compared(difference: float) -> str:
    """A difference of the CNN to the basic net, in points, as a verdict of one seed."""
    if abs(difference) <= ONE_SEED:
        return f"too close to call from one seed ({signed(difference, 1)} points for the CNN)"
    side = "in favour of the CNN" if difference > 0 else "in favour of the basic net"
    return f"{abs(difference):.1f} points {side}"


def shift_finding(results: Mapping[str, Sequence[float]]) -> str:
    """What accuracies at shifts of 0 to 4 pixels show."""
    parts, kept = [], {}
    for name in NETS.values():
        first, last = 100 * results[name][0], 100 * results[name][-1]
        kept[name] = last
        change = "loses" if last <= first else "gains"
        parts.append(
            f"the {name[:1].lower() + name[1:] if name == 'Basic net' else name} {change} "
            f"{abs(first - last):.1f} points ({first:.1f} → {last:.1f} %)"
        )
    sentence = f"On images shifted by 4 pixels {parts[0]} and {parts[1]}"
    return f"{sentence}; there it is {compared(kept['CNN'] - kept['Basic net'])}."


def permutation_finding(results: Mapping[str, Sequence[float]]) -> str:
    """What accuracies without and with permuted pixels show."""
    whole = 100 * (results["CNN"][0] - results["Basic net"][0])
    permuted = 100 * (results["CNN"][1] - results["Basic net"][1])
    costs = {name: 100 * (results[name][0] - results[name][1]) for name in NETS.values()}
    return (
        f"With the pixels in place it is {compared(whole)}; permuted, it is {compared(permuted)}. "
        f"Permuting changes the CNN by {signed(-costs['CNN'], 1)} points and the basic net by "
        f"{signed(-costs['Basic net'], 1)}."
    )


EXPERIMENTS = (
    Experiment(
        "shift",
        "Shifted images",
        "Both nets learn from centred clothes. How much do they still know when the test images "
        "are moved by a few pixels, up, down, left or right?",
        "Which curve falls faster? A filter is the same at every place; a hidden unit of the "
        "basic net is tied to its 784 pixels.",
        both_nets(),
        "Shift of the test images, in pixels",
        ("0", "1", "2", "3", "4"),
        True,
        shift_finding,
    ),
    Experiment(
        "permuted",
        "Permuted pixels",
        "All pixels of all images are shuffled in one same way, before training and testing. No "
        "information is lost, but neighbours are no longer neighbours.",
        "Which net notices? To the basic net all orders of its inputs are alike.",
        both_nets() | _permuted(),
        "Pixels of all images",
        ("in place", "permuted"),
        False,
        permutation_finding,
    ),
)
