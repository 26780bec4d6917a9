"""A cause in one or two sentences, with the numbers of the run it was found in."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from l335.core.wording import count, decimal, listed
from l335.results.verdict import causes, settings
from l335.results.verdict import evidence as ev
from l335.results.verdict.symptoms import Symptoms
from l335.results.verdict.words import Cause
from l335.spec import ClassifySpec

TITLES = {
    "model.dropout": "dropout",
    "optimizer.weight_decay": "weight decay",
    "shift": "random shift",
    "flip": "random flip",
    "label_smoothing": "label smoothing",
}


def explain(cause: Cause, symptoms: Symptoms) -> str:
    """The cause in words, of a fault or of its absence; empty where nothing is known."""
    return WORDS[cause](symptoms) if cause in WORDS else ""


def _lr_too_high(symptoms: Symptoms) -> str:
    spec = symptoms.spec
    momentum = getattr(spec.optimizer, "momentum", 0.0)
    push = ""
    if 0 < momentum < 1:
        push = f", which momentum {momentum:g} makes about {1 / (1 - momentum):.0f} times as large"
    text = f"The steps are too large: lr {decimal(spec.lr)}{push}."
    at_end, at_start, layer = symptoms.deadest
    if at_end - symptoms.dead_at_start > causes.DEAD_GROWTH:
        return (
            f"{text} {100 * at_end:.0f} % of the units of {layer} never fire at the end, "
            f"{100 * at_start:.0f} % did not before the first step; a dead unit gets no gradient "
            "of its own."
        )
    if symptoms.has_blown_up and math.isfinite(symptoms.highest_loss):
        return f"{text} The loss of a batch went up to {symptoms.highest_loss:.3g}."
    return text


def _lr_too_low(symptoms: Symptoms) -> str:
    spec = symptoms.spec
    return (
        f"The steps are too small: lr {decimal(spec.lr)} with {_optimiser(spec)}."
        f"{_ratio(symptoms)} In {count(symptoms.steps, 'step')} that covers a part of the way."
    )


def _ratio(symptoms: Symptoms) -> str:
    ratio = symptoms.update_ratio
    if math.isnan(ratio):
        return ""
    return f" An update is {ratio:.2g} of the weights; about 0.001 is healthy."


def _too_few_steps(symptoms: Symptoms) -> str:
    spec = symptoms.spec
    return (
        f"Too few steps: {count(symptoms.last, 'epoch')} of "
        f"{count(spec.steps_per_epoch, 'step')}, with {count(spec.samples_per_batch, 'image')} "
        f"in each, are {symptoms.steps:,} in all.{_ratio(symptoms)}"
    )


def _still_learning(symptoms: Symptoms) -> str:
    gain = 100 * symptoms.gain
    text = f"It is still learning after {count(symptoms.last, 'epoch')}"
    if math.isfinite(gain) and gain > 0:
        return f"{text}: test accuracy rises by {gain:.1f} points an epoch."
    if symptoms.slope < 0:
        return f"{text}: the train loss still falls."
    return f"{text}, as far as its last epochs tell: only the very last one looks like an end."


def _too_small(symptoms: Symptoms) -> str:
    spec = symptoms.spec
    units = count(settings.narrowest(spec), "unit")
    height = ", and train and test accuracy rest at the same height"
    return (
        f"The net is too small: everything passes a layer of {units}, fewer than the 10 classes"
        f"{height if causes.has_settled(symptoms) else ''} ({spec.num_parameters:,} parameters)."
    )


def _too_few_images(symptoms: Symptoms) -> str:
    spec = symptoms.spec
    return (
        f"Too few images: {spec.num_parameters:,} parameters learn {spec.samples_per_epoch:,} "
        f"training images by heart.{_held_by(spec)}"
    )


def _too_little_regularisation(symptoms: Symptoms) -> str:
    spec = symptoms.spec
    images = f"{spec.samples_per_epoch:,} images"
    return (
        f"{spec.num_parameters:,} parameters went over the same {images} "
        f"{count(symptoms.last, 'time')}, long enough to fit what is peculiar to them."
        f"{_held_by(spec) or ' Nothing in the settings holds them back.'}"
    )


def _held_by(spec: ClassifySpec) -> str:
    found = settings.regularisers(spec)
    if not found:
        return ""
    return f" {_are_set(found)}, and too weak to prevent it."


def _are_set(found: Mapping[str, float]) -> str:
    return f"{_named(found).capitalize()} {'is' if len(found) == 1 else 'are'} set"


def _named(found: Mapping[str, float]) -> str:
    return listed(
        [TITLES[name] if name == "flip" else f"{TITLES[name]} {v:g}" for name, v in found.items()]
    )


def _too_much_regularisation(symptoms: Symptoms) -> str:
    found = _named(settings.strong_regularisers(symptoms.spec))
    return (
        f"The net is held back: {found}. It can't even fit its training images "
        f"({100 * symptoms.train:.1f} %)."
    )


def _label_noise(symptoms: Symptoms) -> str:
    lowest = 100 * -symptoms.lowest_gap
    text = (
        f"Some training labels must be wrong: train accuracy was {lowest:.1f} points below test "
        "accuracy, and labels that are right are never harder to fit than to predict."
    )
    if symptoms.spec.label_noise:
        text += f" {100 * symptoms.spec.label_noise:g} % of them are replaced in the settings."
    return text


def _dead_initialisation(symptoms: Symptoms) -> str:
    rule = type(symptoms.spec.initialiser).title
    return (
        f"The net starts dead: the initialiser ({rule}) draws weights too small for any signal to "
        "pass, so that every image gives the same output and there is next to no gradient."
    )


def _vanishing_depth(symptoms: Symptoms) -> str:
    layers = count(settings.num_hidden(symptoms.spec), "hidden layer")
    share = symptoms.gradient_share
    told = (
        f" In one of them the gradient is {share:.1g} of that of the output layer."
        if math.isfinite(share)
        else ""
    )
    if symptoms.dead_at_start > ev.MANY_DEAD:
        told += f" {100 * symptoms.dead_at_start:.0f} % of the units of one are dead at the start."
    rule = type(symptoms.spec.initialiser).title
    return f"The signal fades in {layers} with this initialiser ({rule}).{told}"


def _exploding_depth(symptoms: Symptoms) -> str:
    layers = count(settings.num_hidden(symptoms.spec), "hidden layer")
    rule = type(symptoms.spec.initialiser).title
    return (
        f"The initial weights are too large: in {layers} the signal grows ({rule}), and the loss "
        f"of the first batch is {symptoms.start_loss:.3g} where guessing has 2.30."
    )


def _nothing_wrong(symptoms: Symptoms) -> str:
    spec = symptoms.spec
    ratio = symptoms.update_ratio
    step = f" (an update is {ratio:.1g} of the weights)" if math.isfinite(ratio) else ""
    text = (
        f"The settings suit each other: lr {decimal(spec.lr)} with {_optimiser(spec)}"
        f"{_schedule(spec)} brings the net to rest within {count(symptoms.last, 'epoch')}{step}, "
        f"and {spec.num_parameters:,} parameters don't learn {spec.samples_per_epoch:,} images by "
        "heart."
    )
    found = settings.regularisers(spec)
    return f"{text} {_are_set(found)}." if found else text


def _optimiser(spec: ClassifySpec) -> str:
    title = type(spec.optimizer).title
    if getattr(spec.optimizer, "momentum", None) == 0:
        title = title.removesuffix(" with momentum")
    return title


def _schedule(spec: ClassifySpec) -> str:
    is_constant = spec.schedule.kind == "constant"
    return "" if is_constant else f" and the schedule {type(spec.schedule).title.lower()}"


WORDS: Mapping[Cause, Callable[[Symptoms], str]] = {
    "lr_too_high": _lr_too_high,
    "lr_too_low": _lr_too_low,
    "too_few_steps": _too_few_steps,
    "still_learning": _still_learning,
    "too_small": _too_small,
    "too_few_images": _too_few_images,
    "label_noise": _label_noise,
    "too_little_regularisation": _too_little_regularisation,
    "too_much_regularisation": _too_much_regularisation,
    "dead_initialisation": _dead_initialisation,
    "vanishing_depth": _vanishing_depth,
    "exploding_depth": _exploding_depth,
    "none": _nothing_wrong,
}
