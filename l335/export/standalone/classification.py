"""The script of a classification run."""

from __future__ import annotations

from l335.export.standalone.assembly import (
    LENGTH_AT,
    LOAD_WEIGHTS,
    Script,
    Setting,
    figure_lines,
    filled,
    indented,
)
from l335.export.standalone.recorder import recorded
from l335.export.standalone.specialise import about_component, add_method
from l335.spec import FASHION_MNIST_CLASSES, FASHION_MNIST_SHAPE, ClassifySpec

HONOURED = frozenset(
    {
        "task", "lr", "initialiser", "schedule", "seed", "model", "optimizer", "batch_size",
        "epochs", "train_size", "validation", "label_noise", "label_smoothing",
        "shift", "flip", "permute_pixels",
    }
)  # fmt: skip
"""Settings the script knows what to do with."""

SWITCHED = {
    "shift": "augment.randomly_shifted",
    "flip": "augment.randomly_flipped",
    "label_noise": "label_noise.with_wrong_labels",
    "validation": "",
    "permute_pixels": "",
}
"""Settings with lines of their own where they are on, and the engine's function these call."""

MODEL = '''
def build_model():
    """@ABOUT@"""
    model = @NETWORK@
    initialise(model)  #? rule
    # The layers keep the weights they are made with.  #? !rule
    return model
'''

DATA = '''
def load_split(folder, train):
    """Images [N, 1, 28, 28] as bytes, and labels [N]."""
    dataset = FashionMNIST(folder, train=train, download=True)
    images = dataset.data.unsqueeze(1)
    # All images have their pixels shuffled in one same way, whatever the seed.  #? permute_pixels
    order = torch.randperm(28 * 28, generator=torch.Generator().manual_seed(335))  #? permute_pixels
    images = images.flatten(1)[:, order].view_as(images)  #? permute_pixels
    return images, dataset.targets


def to_inputs(images):
    """Network inputs in [0, 1] from images as bytes."""
    return images.to(torch.float32).div_(255)
'''

EVALUATE = '''
@torch.inference_mode()
def evaluate(model, images, labels):
    """Accuracy and mean cross-entropy, in batches that stay in the cache."""
    model.eval()
    logits = torch.cat([model(to_inputs(batch)) for batch in images.split(100)])  # [N, 10]
    model.train()
    accuracy = (logits.argmax(dim=1) == labels).float().mean().item()
    return accuracy, F.cross_entropy(logits, labels).item()


def figures(model, train, validation, test):  #? validation
def figures(model, train, test):  #? !validation
    """The figures of the run, by the names they have in the lab."""
    # As many training images as there are test images, so that the gap is fair.
    train_accuracy, train_loss = evaluate(model, *(values[:10_000] for values in train))
    validation_accuracy, validation_loss = evaluate(model, *validation)  #? validation
    test_accuracy, test_loss = evaluate(model, *test)
    return {
@LINES@
    }
'''

FIT = '''
def fit(model, *splits):
    """Train for EPOCHS passes over the training images; returns the figures after the last."""
    images, labels = splits[0]
    optimizer = build_optimizer(model.parameters(), LR)
    step = 0
    for epoch in range(EPOCHS):
        # A large odd multiplier keeps (seed 0, epoch 1) apart from (seed 1, epoch 0).
        generator = torch.Generator().manual_seed(SEED * 1_000_003 + epoch)
        order = torch.randperm(len(images), generator=generator).to(images.device)
        for indices in order.split(BATCH_SIZE):
            step += 1
            for group in optimizer.param_groups:
                group["lr"] = LR * lr_factor(step, @LENGTH@)
            batch = images[indices]
            batch = randomly_shifted(batch, SHIFT)  #? shift
            batch = randomly_flipped(batch)  #? flip
            optimizer.zero_grad(set_to_none=True)
            logits = model(to_inputs(batch))  # [B, 10]
            loss = F.cross_entropy(logits, labels[indices]@SMOOTHING@)
            loss.backward()
            optimizer.step()
        if not loss.isfinite():
            raise SystemExit(f"The loss is {loss.item()} in step {step}: lower LR.")
        found = figures(model, *splits)
        shown = ", ".join(f"{part} {found[part + '/accuracy']:.4f}" for part in ("train", "test"))
        print(f"epoch {epoch + 1} of {EPOCHS}: accuracy {shown}")
    return found
'''

MAIN = """
def main():
    parser = argparse.ArgumentParser(description="Repeats one run of L335 Lab.")
    parser.add_argument("--data", default="data", help="folder of Fashion-MNIST")
    parser.add_argument("--device", default=DEVICE, help="cpu, cuda or mps")
    parser.add_argument("--threads", type=int, default=THREADS, help="0: as many as torch likes")
    parser.add_argument("--load", metavar="FILE", help="judge these weights instead of training")
    parser.add_argument("--json", metavar="FILE", help="write the final figures here")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)

    torch.manual_seed(SEED)
    # Convolutions run about twice as fast on the CPU with channels last.
    model = build_model().to(memory_format=torch.channels_last).to(args.device)
    train_images, train_labels = load_split(args.data, train=True)
    # Which images are used follows from the seed alone.
    chosen = torch.randperm(len(train_images), generator=torch.Generator().manual_seed(SEED))
    chosen = chosen[:TRAIN_SIZE]
    train_labels = with_wrong_labels(train_labels, LABEL_NOISE, SEED)  #? label_noise
    parts = [chosen]  #? !validation
    parts = chosen[:-VALIDATION], chosen[-VALIDATION:]  #? validation
    splits = [(train_images[part], train_labels[part]) for part in parts]
    splits.append(load_split(args.data, train=False))
    splits = [tuple(values.to(args.device) for values in split) for split in splits]

    if args.load:
        load_weights(model, args.load)
        found = figures(model, *splits)
    else:
        found = fit(model, *splits)
    if args.json:
        Path(args.json).write_text(json.dumps(found, indent=2) + "\\n")
    print("  ".join(f"{name} {value:.6f}" for name, value in found.items()))


if __name__ == "__main__":
    main()
"""


def classification_script(
    spec: ClassifySpec, threads: int, device: str, continued: tuple[int, ...] = ()
) -> Script:
    """A run of a classifier as a script of its own."""
    script = Script(
        f"{type(spec.model).title} on Fashion-MNIST, a run of L335 Lab in plain PyTorch",
        [
            ("python script.py", "downloads Fashion-MNIST to data/ where it is not there yet"),
            ("python script.py --data FOLDER", "reads FOLDER/FashionMNIST/raw"),
            ("python script.py --load FILE", "judges weights that the lab saved (safetensors)"),
        ],
        _settings(spec, threads, device, continued),
        ("torch", "torchvision"),
    )
    definitions = script.definitions
    rule = add_method(definitions, spec.initialiser, "apply_to", "initialise")
    built = recorded(spec.model, "build", FASHION_MNIST_SHAPE, FASHION_MNIST_CLASSES)
    network = script.expression(built, 4, len("model = "))
    script.add_taken()
    about = about_component(spec.model)
    script.add(filled(MODEL, {"rule"} if rule else set(), ABOUT=about, NETWORK=network))
    add_method(definitions, spec.optimizer, "build", "build_optimizer")
    add_method(definitions, spec.schedule, "factor", "lr_factor")
    script.add_taken()
    flags = {name for name in SWITCHED if getattr(spec, name)}
    for name in sorted(flags):
        if SWITCHED[name]:
            definitions.take(f"l335.engine.{SWITCHED[name]}")
    script.add_taken()
    for part in (DATA, EVALUATE):
        script.add(filled(part, flags, LINES=indented(_figures(spec))))
    smoothing = ", label_smoothing=LABEL_SMOOTHING" if spec.label_smoothing else ""
    if continued:
        script.add(LENGTH_AT)
    length = "length_at(step)" if continued else "STEPS"
    script.add(filled(FIT, flags, SMOOTHING=smoothing, LENGTH=length))
    script.add(LOAD_WEIGHTS)
    script.add(filled(MAIN, flags))
    return script


def _figures(spec: ClassifySpec) -> list[str]:
    lines: list[str] = []
    for part in ("train", *(["validation"] if spec.validation else []), "test"):
        loss = "eval_loss" if part == "train" else "loss"
        lines += figure_lines(f"{part}/accuracy", f"{part}_accuracy")
        lines += figure_lines(f"{part}/{loss}", f"{part}_loss")
    return lines


def _settings(
    spec: ClassifySpec, threads: int, device: str, continued: tuple[int, ...]
) -> list[Setting]:
    settings: list[tuple[bool, Setting]] = [
        (True, ("SEED", spec.seed, "")),
        (True, ("EPOCHS", spec.epochs, "")),
        (True, ("BATCH_SIZE", spec.batch_size, "")),
        (True, ("LR", spec.lr, "")),
        (True, ("TRAIN_SIZE", spec.train_size, "of the 60,000 training images")),
        (spec.validation > 0, ("VALIDATION", spec.validation, "of them, not trained on")),
        (spec.label_noise > 0, ("LABEL_NOISE", spec.label_noise, "of the training labels")),
        (spec.label_smoothing > 0, ("LABEL_SMOOTHING", spec.label_smoothing, "over all classes")),
        (spec.shift > 0, ("SHIFT", spec.shift, "pixels, at most, in both directions")),
        (True, ("STEPS", spec.total_steps, "EPOCHS * ceil(images trained on / BATCH_SIZE)")),
        (bool(continued), ("CONTINUED", continued, "steps it had each time it was trained on")),
        (True, ("THREADS", threads, "part of what makes the figures the same")),
        (True, ("DEVICE", device, "")),
    ]
    return [setting for is_wanted, setting in settings if is_wanted]
