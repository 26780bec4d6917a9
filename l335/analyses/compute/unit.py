"""The arithmetic of one unit of one feature map."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from l335.analyses.compute.networks import inspected_image, network_at
from l335.analyses.compute.product import Product, as_json
from l335.core.errors import LabError
from l335.engine.classify import to_inputs
from l335.engine.train import Resources
from l335.spec import FASHION_MNIST_SHAPE, ClassifySpec


def unit(spec: ClassifySpec, params: dict[str, Any], resources: Resources) -> Product:
    """Inputs, weights and every intermediate value behind one output of a conv layer.

    Raises:
        LabError: There is no such snapshot, layer, map or place.
    """
    layer, step = str(params["layer"]), int(params["step"])
    found = dict(map(tuple, params["snapshots"]))
    if step not in found:
        known = ", ".join(f"{one:,}" for one in found)
        raise LabError(f"`step` is {step:,}, which has no snapshot; there are {known}.")
    field = {row.module: row.field for row in spec.layers()}.get(layer)
    if not layer.startswith("conv") or field is None:
        raise LabError(f"`layer` is `{layer}`, which is not a conv layer of this network.")
    image, _, _ = inspected_image(spec, params, resources)
    model = network_at(spec, resources.read_blob(found[step]))
    place = int(params["channel"]), int(params["row"]), int(params["column"])
    result = arithmetic_of(model, image, layer, *place)
    side = FASHION_MNIST_SHAPE[1]
    box = [min(side, max(0, edge)) for edge in field.box(*place[1:])]
    return as_json("unit", {"step": step, "layer": layer, "box": box, **result})


@torch.inference_mode()
def arithmetic_of(
    model: nn.Sequential, image: Tensor, layer: str, channel: int, row: int, column: int
) -> dict[str, Any]:
    """One output of a conv layer, from the patch it reads to its activation."""
    values, modules = to_inputs(image), dict(model.named_children())
    for name, module in modules.items():
        if name == layer:
            break
        values = module(values)
    conv = modules[layer]
    assert isinstance(conv, nn.Conv2d)
    after = conv(values)  # [1, C, H, W]
    for name, index, size in zip(
        ("channel", "row", "column"), (channel, row, column), after.shape[1:], strict=True
    ):
        if index >= size:
            raise LabError(
                f"`{name}` is {index}; in `{layer}` it must be between 0 and {size - 1}."
            )
    padded = F.pad(values, [int(conv.padding[0])] * 4)[0]
    stride, size = conv.stride[0], conv.kernel_size[0]
    top, left = row * stride, column * stride
    inputs = padded[:, top : top + size, left : left + size]  # [C_in, k, k]
    weights = conv.weight[channel]
    bias = 0.0 if conv.bias is None else conv.bias[channel].item()
    products = (inputs * weights).sum((1, 2))
    normalised = None
    if f"{layer}_norm" in modules:
        after = modules[f"{layer}_norm"](after)
        normalised = after[0, channel, row, column].item()
    output = modules[f"{layer}_activation"](after)[0, channel, row, column].item()
    return {
        "channel": channel,
        "row": row,
        "column": column,
        "inputs": inputs.tolist(),
        "weights": weights.tolist(),
        "products": products.tolist(),
        "products_sum": products.sum().item(),
        "bias": bias,
        "pre_activation": products.sum().item() + bias,
        "normalised": normalised,
        "activation": type(modules[f"{layer}_activation"]).__name__,
        "output": output,
    }
