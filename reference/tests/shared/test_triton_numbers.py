"""Triton's interpreter has a GPU's numbers: bfloat16 that is no integer, TF32 where nobody asks for more."""

# To a type checker a kernel is the Python function it was written as.
# pyright: reportArgumentType=false, reportCallIssue=false, reportIndexIssue=false

from __future__ import annotations

import numpy as np
import pytest

from reference.shared import gpu

if gpu.select().has_gpu or not gpu.select().has_triton:
    pytest.skip("mends Triton's interpreter, which is used where there is no GPU", allow_module_level=True)

import torch
import triton
import triton.language as tl
from hypothesis import given
from hypothesis import strategies as st

from reference.shared.simulators.triton_numbers import narrow, tf32, widen
from reference.tests.effort import tries

INF, NAN = float("inf"), float("nan")
EDGES = (
    0.0,
    -0.0,
    1.0,
    1.00390625,
    1.01171875,
    1.9999999,
    -3.9999,
    3.4e38,
    -3.4e38,
    1e-40,
    1e-45,
    INF,
    -INF,
    NAN,
)


@triton.jit
def arithmetic(x, y, out, N: tl.constexpr):
    i = tl.arange(0, N)
    a, b = tl.load(x + i), tl.load(y + i)
    tl.store(out + i, a + b)
    tl.store(out + N + i, a - b)
    tl.store(out + 2 * N + i, a * b)
    tl.store(out + 3 * N + i, tl.where(a < b, a, b))
    tl.store(out + 4 * N + i, a * 2.5)
    tl.store(out + 5 * N, tl.sum(a, 0))


@triton.jit
def convert(x, out, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(out + i, tl.load(x + i))


@triton.jit
def product(x, y, out, N: tl.constexpr, PRECISION: tl.constexpr):
    i = tl.arange(0, N)
    places = i[:, None] * N + i[None, :]
    tl.store(out + places, tl.dot(tl.load(x + places), tl.load(y + places), input_precision=PRECISION))


def bits(x: torch.Tensor) -> np.ndarray:
    return x.view(torch.int16).numpy().astype(np.uint16)


@given(st.lists(st.floats(width=32), min_size=1, max_size=50))
@tries(100)
def test_narrow_rounds_as_torch_does(values: list[float]):
    x = np.array([*values, *EDGES], np.float32)
    want = torch.from_numpy(x).bfloat16()
    nan = np.isnan(x)
    assert np.array_equal(narrow(x)[~nan], bits(want)[~nan])
    assert np.isnan(widen(narrow(x))[nan]).all()
    assert np.array_equal(widen(bits(want))[~nan], want.float().numpy()[~nan])


def test_tf32_keeps_ten_bits_behind_the_point():
    assert tf32(np.float32([1 + 2**-10, 1 + 2**-12, 1 + 2**-11, -1 - 2**-11, INF])).tolist() == [
        *(1 + 2**-10, 1.0, 1 + 2**-10, -1 - 2**-10, INF)
    ]
    x = np.random.default_rng(1).standard_normal(1000).astype(np.float32)
    assert (np.abs(tf32(x) - x) <= 2.0**-11 * np.abs(x)).all()
    assert (tf32(x).view(np.uint32) % 2**13 == 0).all()
    assert np.isnan(tf32(np.float32([NAN]))).all()


def test_bfloat16_arithmetic_rounds_once():
    x, y = torch.randn(2, 32).bfloat16()
    out = torch.full((6 * 32,), NAN, dtype=torch.bfloat16)
    arithmetic[(1,)](x, y, out, N=32)
    for got, want in zip(
        out.reshape(6, 32), (x + y, x - y, x * y, torch.minimum(x, y), x * 2.5), strict=False
    ):
        assert torch.equal(got, want)
    assert abs(out[160].item() - x.double().sum().item()) <= 0.05


@pytest.mark.parametrize("source", [torch.float32, torch.float16, torch.int32])
def test_conversions_to_and_from_bfloat16(source: torch.dtype):
    x = torch.tensor(EDGES[2:10] if source != torch.int32 else range(8, 1032, 128)).to(source)
    out, back = torch.zeros(8, dtype=torch.bfloat16), torch.zeros(8, dtype=source)
    convert[(1,)](x, out, N=8)
    assert torch.equal(out, x.bfloat16())
    convert[(1,)](out, back, N=8)
    assert torch.equal(back, x.bfloat16().to(source))


def test_dot_of_bfloat16_and_float16_is_summed_in_float32():
    for dtype in (torch.bfloat16, torch.float16):
        x, y = torch.randn(2, 16, 16).to(dtype)
        out = torch.zeros(16, 16)
        product[(1,)](x, y, out, N=16, PRECISION="tf32")
        assert torch.allclose(out.double(), x.double() @ y.double(), rtol=1e-5, atol=1e-5)


def test_dot_of_float32_is_tf32_unless_told_otherwise():
    x, y = torch.randn(2, 16, 16)
    off = {}
    for precision in ("ieee", "tf32", None):
        out = torch.zeros(16, 16)
        product[(1,)](x, y, out, N=16, PRECISION=precision)
        off[precision] = (out.double() - x.double() @ y.double()).abs().max().item()
    assert off["ieee"] < 1e-5
    assert 1e-4 < off["tf32"] < 0.1
    assert off[None] == off["tf32"]
