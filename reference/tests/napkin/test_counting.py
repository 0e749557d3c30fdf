"""Parameters and FLOP beside what torch counts of its own."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from reference.napkin.layers import attention, conv2d, embedding, layer_norm, linear
from reference.napkin.modules import Row, count_module
from reference.tests.effort import tries

sizes = st.integers(1, 12)
few = tries(40)


def torch_counts(module: nn.Module, *inputs: Any) -> tuple[int, int]:
    """(parameters, FLOP of a forward pass), as torch sees them."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            module(*inputs)
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    return sum(p.numel() for p in module.parameters()), counter.get_total_flops()


def meta(*shape: int) -> torch.Tensor:
    return torch.empty(*shape, device="meta")


@few
@given(sizes, sizes, sizes, st.booleans())
def test_linear(batch, inputs, outputs, bias):
    layer = nn.Linear(inputs, outputs, bias, device="meta")
    assert linear(batch, inputs, outputs, bias) == torch_counts(layer, meta(batch, inputs))


@few
@given(
    *(sizes, sizes, sizes, st.integers(1, 15), st.integers(1, 15), st.integers(1, 4)),
    *(st.integers(1, 3), st.integers(0, 3), st.integers(1, 3), st.integers(1, 3), st.booleans()),
)
def test_conv2d(batch, ins, outs, height, width, kernel, stride, padding, dilation, groups, bias):
    assume(dilation * (kernel - 1) + 1 <= min(height, width) + 2 * padding)
    how = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups, "bias": bias}
    layer = nn.Conv2d(ins * groups, outs * groups, kernel, device="meta", **how)
    want = torch_counts(layer, meta(batch, ins * groups, height, width))
    assert conv2d(batch, ins * groups, outs * groups, height, width, kernel, **how) == want


@few
@given(sizes, sizes, sizes, sizes, st.sampled_from([1, 2, 4]))
def test_attention(batch, queries, keys, head, heads):
    layer = nn.MultiheadAttention(head * heads, heads, batch_first=True, device="meta")
    query, key = meta(batch, queries, head * heads), meta(batch, keys, head * heads)
    assert attention(batch, queries, keys, head * heads, heads) == torch_counts(layer, query, key, key)


@few
@given(sizes, sizes, sizes, sizes)
def test_embedding_and_layer_norm(batch, length, vocabulary, width):
    table = nn.Embedding(vocabulary, width, device="meta")
    tokens = torch.zeros(batch, length, dtype=torch.int64, device="meta")
    assert embedding(batch, length, vocabulary, width) == torch_counts(table, tokens)
    norm = nn.LayerNorm(width, device="meta")
    assert layer_norm(width) == torch_counts(norm, meta(batch, width))


def test_the_sizes_of_the_slides():
    assert linear(1, 4096, 4096)[1] == 2 * 4096**2
    # the first and the last layer of ResNet-50
    assert conv2d(1, 3, 64, 224, 224, 7, stride=2, padding=3, bias=False) == (9408, 2 * 118_013_952)
    assert linear(1, 2048, 1000) == (2_049_000, 4_096_000)


@pytest.mark.parametrize("groups", [2, 5])
def test_groups_must_divide_the_channels(groups):
    with pytest.raises(ValueError, match=f"divide 4 and 9 channels, got {groups}"):
        conv2d(1, 4, 9, 8, 8, 3, groups=groups)


def test_other_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match="covers 9"):
        conv2d(1, 1, 1, 8, 20, 5, dilation=2)
    with pytest.raises(ValueError, match="heads to divide width 10, got 4"):
        attention(1, 2, 2, 10, 4)


class Residual(nn.Module):
    """Two 3 x 3 convolutions with norms around a shortcut that halves the image: ResNet's block."""

    def __init__(self, ins: int, outs: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(ins, outs, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(outs),
            nn.ReLU(),
            nn.Conv2d(outs, outs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outs),
        )
        self.shortcut = nn.Conv2d(ins, outs, 1, stride=2, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.body(x) + self.shortcut(x))


def convnet() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1),
        nn.GroupNorm(4, 16),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, groups=4),
        nn.Flatten(),
        nn.Linear(32 * 14 * 14, 10),
    )


def language_model() -> nn.Module:
    layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True)
    return nn.Sequential(nn.Embedding(100, 32), nn.TransformerEncoder(layer, 2), nn.Linear(32, 100))


MODULES = {
    "MLP": (lambda: nn.Sequential(nn.Linear(20, 50), nn.ReLU(), nn.Linear(50, 5, bias=False)), (7, 20)),
    "convnet": (convnet, (4, 3, 32, 32)),
    "residual block": (lambda: Residual(8, 16), (2, 8, 14, 14)),
    "transformer layer": (lambda: nn.TransformerEncoderLayer(64, 8, 128, batch_first=True), (3, 10, 64)),
    "one linear layer": (lambda: nn.Linear(6, 4), (2, 5, 6)),
}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", MODULES)
def test_whole_modules(name, training):
    make, shape = MODULES[name]
    with torch.device("meta"):
        module, x = make().train(training), meta(*shape)
    rows = count_module(module, x)
    assert (sum(row.parameters for row in rows), sum(row.flop for row in rows)) == torch_counts(module, x)


def test_a_language_model():
    with torch.device("meta"):
        model, tokens = language_model(), torch.zeros(2, 9, dtype=torch.int64)
    rows = count_module(model, tokens)
    assert (sum(row.parameters for row in rows), sum(row.flop for row in rows)) == torch_counts(model, tokens)
    assert rows[0] == Row("0", "Embedding", 3200, 0)
    assert rows[1].name == "1.layers.0.self_attn"


def test_a_layer_that_is_used_twice_has_its_parameters_once():
    layer = nn.Linear(4, 4)
    twice = nn.Sequential(layer, nn.ReLU(), layer)
    rows = count_module(twice, torch.zeros(3, 4))
    assert [row.parameters for row in rows] == [20, 0]
    assert [row.flop for row in rows] == [96, 96]


def test_a_layer_that_is_not_known_is_named():
    model = nn.Sequential(nn.Linear(3, 3), nn.Sequential(nn.PReLU()))
    with pytest.raises(ValueError, match=r"got PReLU at '1\.0'"):
        count_module(model, torch.zeros(1, 3))


def test_settings_that_the_counts_do_not_cover_are_refused():
    with pytest.raises(ValueError, match="same stride both ways"):
        count_module(nn.Conv2d(1, 1, 3, stride=(1, 2)), torch.zeros(1, 1, 8, 8))
    attend, x = nn.MultiheadAttention(8, 2), torch.zeros(3, 5, 8)
    with pytest.raises(ValueError, match="batch_first"):
        count_module(Attend(attend), x)


class Attend(nn.Module):
    def __init__(self, attention: nn.MultiheadAttention) -> None:
        super().__init__()
        self.attention = attention

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.attention(x, key=x, value=x)[0]


def test_no_hook_stays_behind_after_an_error():
    model = nn.Sequential(nn.Linear(3, 3))
    with pytest.raises(RuntimeError):
        count_module(model, torch.zeros(1, 4))
    assert not model[0]._forward_hooks
