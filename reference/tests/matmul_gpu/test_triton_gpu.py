"""The Triton kernels against float64, with programs in any order, and against bad input."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest

from reference.shared import gpu

if not gpu.select().has_triton:
    pytest.skip("Triton is made for Linux alone", allow_module_level=True)

import torch
from hypothesis import given
from hypothesis import strategies as st

from autograder.judge.checking import gamma, roundoff
from reference.matmul_gpu import norm, softmax, tl_matmul
from reference.matmul_gpu.softmax import LONGEST
from reference.matmul_gpu.tl_matmul import tile_order
from reference.shared.simulators.triton_watch import watch_triton
from reference.tests.effort import tries

backend = gpu.select()
layer_norm: Any = norm.layer_norm  # Any: bad input is what some tests are about
fused_softmax: Any = softmax.fused_softmax
triton_matmul: Any = tl_matmul.triton_matmul
INF, NAN = float("inf"), float("nan")

dtypes = st.sampled_from([torch.float32, torch.float16, torch.bfloat16])
orders = st.one_of(st.sampled_from(["forward", "backward"]), st.integers(0, 2**31))
seeds = st.integers(0, 2**31)
kinds = st.sampled_from(["plain", "transposed", "stepped"])
examples = tries(12)


def reals(seed: int, *shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return (
        torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        .to(dtype)
        .to(backend.device)
    )


def viewed(x: torch.Tensor, kind: str) -> torch.Tensor:
    if kind == "transposed":
        return x.T.contiguous().T
    if kind == "stepped":
        return x.new_full([2 * side for side in x.shape], NAN)[::2, ::2].copy_(x)
    return x


def watched(order: Any) -> Any:
    return nullcontext() if backend.has_gpu else watch_triton(order)


def faults(log: Any) -> list[str]:
    return [] if log is None else log.faults()


def assert_near(got: torch.Tensor, want: torch.Tensor, atol: Any = 0.0) -> None:
    """`want` is float64: `got` is that to one rounding and `atol` more, NaN at the same places."""
    bound = 1.01 * roundoff(got.dtype) * want.abs() + torch.as_tensor(atol, device=want.device) + 1e-37
    assert torch.equal(got.isnan(), want.isnan())
    assert ((got.double() - want).abs() <= bound)[~want.isnan()].all()


def assert_product(got: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> None:
    assert got.shape == (a.shape[0], b.shape[1])
    assert got.dtype == a.dtype
    x, y = a.double(), b.double()
    assert_near(got, x @ y, 2 * gamma(a.shape[1] + 2, torch.float32) * (x.abs() @ y.abs()))


@given(
    m=st.integers(0, 40), k=st.integers(0, 70), n=st.integers(0, 70), dtype=dtypes, order=orders, seed=seeds,
    turns=st.tuples(kinds, kinds), how=st.sampled_from([{}, {"split_k": 2}, {"split_k": 3}, {"persistent": True}]),
)  # fmt: skip
@tries(25)
def test_triton_matmul_stays_in_the_error_bound(m, k, n, dtype, order, seed, turns, how):
    a, b = reals(seed, m, k, dtype=dtype), reals(seed + 1, k, n, dtype=dtype)
    before = a.clone()
    with watched(order) as log:
        got = triton_matmul(viewed(a, turns[0]), viewed(b, turns[1]), **how)
    assert_product(got, a, b)
    assert faults(log) == []
    assert torch.equal(a, before)


def test_triton_matmul_of_many_tiles_is_exact_for_whole_numbers():
    a, b = reals(1, 70, 40).mul(3).round(), reals(2, 40, 130).mul(3).round()
    for how in ({}, {"persistent": True}, {"split_k": 4}, {"precision": "tf32"}):
        assert torch.equal(triton_matmul(a, b, **how).double(), a.double() @ b.double())


def test_float32_is_float32_unless_tf32_is_asked_for():
    a, b = reals(3, 40, 60), reals(4, 60, 50)
    assert_product(triton_matmul(a, b), a, b)
    assert_product(triton_matmul(a, b, persistent=True), a, b)
    x, y = a.double(), b.double()
    off = (triton_matmul(a, b, precision="tf32") - x @ y).abs()
    assert (off <= 2.0**-9 * (x.abs() @ y.abs())).all()
    if not backend.has_gpu or torch.cuda.get_device_capability() >= (8, 0):
        assert off.max() > 1e-4


def test_nan_and_infinity_go_where_they_belong():
    a, b = reals(5, 20, 33), reals(6, 33, 70)
    a[3, 32], b[32, 69] = NAN, INF
    got = triton_matmul(a, b)
    assert got[3].isnan().all()
    assert got[:3, 69].isinf().all()
    assert got[4:, :69].isfinite().all()


@given(height=st.integers(1, 9), width=st.integers(1, 9), group=st.integers(1, 10))
@examples
def test_grouped_order_visits_every_tile_once_and_in_groups(height, width, group):
    order = tile_order(height, width, group).tolist()
    assert sorted(order) == [[row, column] for row in range(height) for column in range(width)]
    groups = [row // group for row, _ in order]
    assert groups == sorted(groups)
    for number in set(groups):
        inside = [(column, row) for row, column in order if row // group == number]
        assert inside == sorted(inside)


def test_the_picture_in_the_docstring_of_grouped_is_right():
    assert tile_order(3, 4, 2).tolist() == [
        [0, 0], [1, 0], [0, 1], [1, 1], [0, 2], [1, 2], [0, 3], [1, 3], [2, 0], [2, 1], [2, 2], [2, 3],
    ]  # fmt: skip


@given(m=st.integers(0, 5), n=st.integers(0, 300), dtype=dtypes, order=orders, seed=seeds, kind=kinds)
@examples
def test_fused_softmax_is_softmax(m, n, dtype, order, seed, kind):
    x = 4 * reals(seed, m, n, dtype=dtype)
    with watched(order) as log:
        got = fused_softmax(viewed(x, kind))
    assert got.dtype == dtype
    assert_near(got, torch.softmax(x.double(), 1), 2e-6)
    assert faults(log) == []


@pytest.mark.parametrize("n", [50, LONGEST, LONGEST + 1, 3 * LONGEST])
def test_fused_softmax_of_extreme_rows(n: int):
    x = torch.zeros(8, n, device=backend.device)
    x[0], x[1, :-1], x[2, 1:] = -INF, -INF, -INF
    x[3, n // 2], x[4, n // 2], x[5] = INF, NAN, 3e38
    x[6], x[7, -1] = -3e38, 1e30
    assert_near(fused_softmax(x), torch.softmax(x.double(), 1), 2e-6)


@pytest.mark.skipif(backend.has_gpu, reason="counts what the interpreter reads; here there is a GPU")
def test_fused_softmax_reads_a_row_once_or_twice():
    for n, reads in ((LONGEST, 1), (LONGEST + 1, 2)):
        with watch_triton() as log:
            fused_softmax(reals(7, 3, n))
        assert (log.read_bytes, log.written_bytes) == (reads * 12 * n, 12 * n)


@given(m=st.integers(0, 9), n=st.integers(1, 140), dtype=dtypes, order=orders, seed=seeds, kind=kinds)
@examples
def test_layer_norm_and_its_gradients(m, n, dtype, order, seed, kind):
    x, weight, bias, dy = (
        reals(seed + i, *shape, dtype=dtype) for i, shape in enumerate(((m, n), (n,), (n,), (m, n)))
    )
    leaves = [each.clone().requires_grad_() for each in (viewed(x, kind), weight, bias)]
    with watched(order) as log:
        got = layer_norm(*leaves, 0.1)
        got.backward(dy)
    wide = [each.double().requires_grad_() for each in (x, weight, bias)]
    want = torch.nn.functional.layer_norm(wide[0], (n,), wide[1], wide[2], 0.1)
    want.backward(dy.double())
    assert_near(got.detach(), want.detach(), 2e-5)
    for leaf, exact in zip(leaves, wide, strict=True):
        assert leaf.grad is not None
        assert exact.grad is not None
        assert_near(leaf.grad, exact.grad, 2e-4)
    assert faults(log) == []


def test_layer_norm_of_constant_and_of_offset_rows():
    weight, bias = reals(8, 100), reals(9, 100)
    x = torch.tensor([[0.0], [5.0], [-1e4]], device=backend.device).expand(3, 100)
    assert_near(layer_norm(x, weight, bias), bias.double().expand(3, 100), 1e-6)
    x = reals(10, 3, 100) + 4000
    want = torch.nn.functional.layer_norm(x.double(), (100,), weight.double(), bias.double())
    assert_near(layer_norm(x, weight, bias), want, 5e-3)


ONES = torch.ones(2, 2, device=backend.device)
ROW = torch.ones(2, device=backend.device)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: triton_matmul([[1.0]], ONES), TypeError, "a: expected a torch tensor, got list"),
        (
            lambda: triton_matmul(ONES, ONES.double()),
            TypeError,
            "b: expected dtype float32 or .* got float64",
        ),
        (lambda: triton_matmul(ONES, ONES.half()), TypeError, "float32 for a and float16 for b"),
        (lambda: triton_matmul(ONES[0], ONES), ValueError, r"a: expected 2 dimensions, got shape \(2,\)"),
        (
            lambda: triton_matmul(ONES, torch.ones(3, 2, device=backend.device)),
            ValueError,
            r"\(2, 2\) and \(3, 2\)",
        ),
        (
            lambda: triton_matmul(ONES, ONES.to("meta")),
            ValueError,
            f"b: expected a tensor on '{backend.device}'",
        ),
        (lambda: triton_matmul(ONES, ONES.to_sparse()), ValueError, "b: expected a dense tensor"),
        (lambda: triton_matmul(ONES, ONES, precision="fp8"), ValueError, "'ieee' or 'tf32', got 'fp8'"),
        (lambda: triton_matmul(ONES, ONES, split_k=0), ValueError, "1 to 65535 parts, got 0"),
        (lambda: triton_matmul(ONES, ONES, split_k=True), TypeError, "split_k: expected an int, got bool"),
        (lambda: triton_matmul(ONES, ONES, split_k=2, persistent=True), ValueError, "got both"),
        (lambda: fused_softmax(ONES.int()), TypeError, "x: expected dtype float32 or .* got int32"),
        (lambda: fused_softmax(ROW), ValueError, r"x: expected 2 dimensions, got shape \(2,\)"),
        (lambda: layer_norm(ONES, ROW, ROW.half()), TypeError, "float32 for weight and float16 for bias"),
        (lambda: layer_norm(ONES, ROW.half(), ROW.half()), TypeError, "as x, got torch.float16"),
        (
            lambda: layer_norm(ONES, ROW[:1], ROW),
            ValueError,
            r"weight: expected shape \(2,\), one number a column",
        ),
        (
            lambda: layer_norm(ONES, ROW, ROW, 0.0),
            ValueError,
            "eps: expected a finite number above 0.0, got 0.0",
        ),
        (
            lambda: layer_norm(ONES, ROW, ROW, NAN),
            ValueError,
            "eps: expected a finite number above 0.0, got nan",
        ),
        (lambda: layer_norm(ONES, ROW, ROW, None), TypeError, "eps: expected a number, got NoneType"),
        (lambda: layer_norm(ONES[:, :0], ROW[:0], ROW[:0]), ValueError, "rows of 1 to 16384 numbers"),
    ],
)
def test_triton_kernels_refuse_bad_input(call: Any, error: type[Exception], words: str):
    with pytest.raises(error, match=words):
        call()
