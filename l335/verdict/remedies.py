"""What to try: single changed settings, with values that follow from the run's own."""

from __future__ import annotations

from collections.abc import Iterator

from l335.errors import SpecError
from l335.fields import with_settings
from l335.spec import FASHION_MNIST_TRAIN, ClassifySpec
from l335.verdict import evidence as ev
from l335.verdict.causes import MANY_IMAGES, is_slow
from l335.verdict.curves import Curves
from l335.verdict.words import Label, Remedy
from l335.wording import decimal

USUAL_LR = 0.001
MOST = 6
MOST_EPOCHS = 1000


def remedies_for(curves: Curves, label: Label, spec: ClassifySpec) -> tuple[Remedy, ...]:
    """Remedies that the form accepts and that change something, the likeliest first."""
    candidates = {
        "diverged": _smaller_steps,
        "under-fitted": _under_fitted,
        "not yet converged": _further,
        "over-fitted": _over_fitted,
    }
    if label not in candidates:
        return ()
    found = [r for r in candidates[label](curves, spec) if _changes(spec, r)]
    return tuple(found[:MOST])


def _changes(spec: ClassifySpec, remedy: Remedy) -> bool:
    try:
        return with_settings(spec, [remedy.setting]) != spec
    except SpecError:
        return False


def _smaller_steps(curves: Curves, spec: ClassifySpec) -> Iterator[Remedy]:
    yield _lr(spec.lr, spec.lr / 10)
    yield _lr(spec.lr, spec.lr / 100)
    if getattr(spec.optimizer, "momentum", 0.0) > 0:
        yield Remedy("No momentum", "optimizer.momentum", "0")


def _lr(old: float, new: float) -> Remedy:
    return Remedy(f"Learning rate {decimal(old)} → {decimal(new)}", "lr", f"{new:g}")


def _under_fitted(curves: Curves, spec: ClassifySpec) -> Iterator[Remedy]:
    last = curves.epochs[-1]
    if is_slow(curves, last):
        yield _lr(spec.lr, max(10 * spec.lr, USUAL_LR) if spec.lr < USUAL_LR else 3 * spec.lr)
        yield from _more_epochs(spec)
    if spec.optimizer.kind == "sgd" and getattr(spec.optimizer, "momentum", 0.9) == 0:
        yield Remedy("Momentum 0.9", "optimizer.momentum", "0.9")
    if getattr(spec.model, "dropout", 0.0) > 0:
        yield Remedy("No dropout", "model.dropout", "0")
    yield from _larger_net(spec)


def _larger_net(spec: ClassifySpec) -> Iterator[Remedy]:
    for name, title in (("width", "units"), ("channels", "channels"), ("depth", "hidden layers")):
        value = getattr(spec.model, name, None)
        if isinstance(value, int):
            yield Remedy(f"Twice the {title}: {2 * value}", f"model.{name}", str(2 * value))


def _further(curves: Curves, spec: ClassifySpec) -> Iterator[Remedy]:
    ratio = ev.update_ratio(curves, 1, curves.epochs[-1])
    is_large = ratio is not None and ratio[1] > ev.HIGH_RATIO
    if spec.batch_size >= MANY_IMAGES:
        # The usual rule: lr in proportion to the batch, from the preset's 0.001 at 64.
        fitting = USUAL_LR * spec.batch_size / 64
        if not is_large:
            yield _lr(spec.lr, fitting if fitting > spec.lr else 3 * spec.lr)
        yield Remedy(f"Batch {spec.batch_size} → 64: more steps", "batch_size", "64")
    elif not is_large:  # Steps that are large as it is would only be thrown about.
        yield _lr(spec.lr, 3 * spec.lr)
    yield from _more_epochs(spec)


def _more_epochs(spec: ClassifySpec) -> Iterator[Remedy]:
    more = min(2 * spec.epochs, MOST_EPOCHS)
    yield Remedy(f"Epochs {spec.epochs} → {more}", "epochs", str(more))


def _over_fitted(curves: Curves, spec: ClassifySpec) -> Iterator[Remedy]:
    if spec.train_size < FASHION_MNIST_TRAIN:
        yield Remedy("All 60,000 training images", "train_size", str(FASHION_MNIST_TRAIN))
    best = ev.best_epoch(curves)
    if best is not None and best < spec.epochs:
        yield Remedy(f"Stop after epoch {best}, the best on test images", "epochs", str(best))
    if not getattr(spec.optimizer, "weight_decay", 0.0):
        yield Remedy("Weight decay 0.0005", "optimizer.weight_decay", "0.0005")
    if not getattr(spec.model, "dropout", 0.0):
        yield Remedy("Dropout 0.2", "model.dropout", "0.2")
    # Neighbours mean nothing once the pixels are permuted, so neither does moving the image.
    if not spec.permute_pixels and spec.shift == 0:
        yield Remedy("Random shift by up to 2 pixels", "shift", "2")
    if not spec.permute_pixels and not spec.flip:
        yield Remedy("Random flip", "flip", "true")
