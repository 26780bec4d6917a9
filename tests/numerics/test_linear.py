"""Fully connected layers as convolutions of one pixel: the same layer, by oneDNN."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile

from l335.modules import linear
from l335.modules.linear import MIN_ROWS, Linear

SIZES = [(4096, 256, 256), (1000, 300, 40), (MIN_ROWS, 784, 512), (3617, 33, 57)]
"""Rows, inputs and outputs of layers that are convolutions."""

PLAIN = [(MIN_ROWS - 1, 784, 512), (4096, 2, 256), (4096, 256, 3), (128, 64, 64)]
"""Too few rows, inputs, outputs, values."""


@pytest.fixture(autouse=True)
def slow_mkl(monkeypatch: pytest.MonkeyPatch):
    # On any processor: what is chosen there by its maker is right everywhere.
    monkeypatch.setattr(linear, "IS_MKL_SLOW", True)


def pair(inputs: int, outputs: int, bias: bool = True) -> tuple[Linear, nn.Linear]:
    """A layer and PyTorch's own with the same weights."""
    torch.manual_seed(0)
    own, plain = Linear(inputs, outputs, bias), nn.Linear(inputs, outputs, bias)
    plain.load_state_dict(own.state_dict())
    return own, plain


def gradients(layer: nn.Linear, values: Tensor) -> list[Tensor]:
    """Of a sum of squares: by the values and by each parameter."""
    leaf = values.detach().requires_grad_()
    layer.zero_grad()
    layer(leaf).square().sum().backward()
    found = [leaf.grad, *(parameter.grad for parameter in layer.parameters())]
    return [one for one in found if one is not None]


def operations(layer: nn.Linear, values: Tensor) -> set[str]:
    """Names of what PyTorch ran."""
    with profile(activities=[ProfilerActivity.CPU]) as seen:
        layer(values)
    return {event.key for event in seen.key_averages()}


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("rows", "inputs", "outputs"), SIZES)
def test_it_computes_what_nn_linear_does(rows: int, inputs: int, outputs: int, bias: bool):
    own, plain = pair(inputs, outputs, bias)
    values = torch.randn(rows, inputs)
    found = own(values)
    assert found.is_contiguous()
    torch.testing.assert_close(found, plain(values))
    for mine, theirs in zip(gradients(own, values), gradients(plain, values), strict=True):
        # Sums over thousands of rows in another order.
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-4 * float(theirs.abs().max()))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("rows", "inputs", "outputs"), SIZES)
def test_the_product_is_onednns(rows: int, inputs: int, outputs: int, threads: int):
    own, _ = pair(inputs, outputs)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        assert "aten::mkldnn_convolution" in operations(own, torch.randn(rows, inputs))
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize(("rows", "inputs", "outputs"), PLAIN)
def test_small_products_are_left_as_they_are(rows: int, inputs: int, outputs: int):
    own, plain = pair(inputs, outputs)
    values = torch.randn(rows, inputs)
    assert "aten::convolution" not in operations(own, values)
    assert torch.equal(own(values), plain(values))


def test_values_of_any_shape_and_order_go_through():
    own, plain = pair(300, 40)
    for values in (torch.randn(3, 500, 300), torch.randn(300, 1000).T, torch.randn(300)):
        assert torch.equal(own(values), plain(values))
        assert "aten::convolution" not in operations(own, values)


def test_under_autocast_it_is_a_product_of_bf16():
    own, plain = pair(256, 256)
    values = torch.randn(4096, 256)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(own(values), plain(values))
        assert own(values).dtype == torch.bfloat16


def test_where_mkl_is_quick_it_is_mkls(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(linear, "IS_MKL_SLOW", False)
    own, plain = pair(256, 256)
    values = torch.randn(4096, 256)
    assert torch.equal(own(values), plain(values))
    assert "aten::convolution" not in operations(own, values)
