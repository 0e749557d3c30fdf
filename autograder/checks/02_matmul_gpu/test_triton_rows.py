"""Tasks 02.22 and 02.23: Triton kernels for rows, softmax and layer normalisation."""

from __future__ import annotations

import pytest
import torch
from front import ANSWER, judge, look
from replays import orders, run, unpack
from tl_oracle import expect_tensor, probe, reals, replay, replay_views

from autograder.judge.checking import expect_form, fail

FLOATS = (torch.float32, torch.float16, torch.bfloat16)
SUMS = 2e-6  # error of exp, sums of some hundred float32 numbers and a division, for values up to 1
INF = float("inf")


def check_softmax(student, rng, x, *, hint, kind="plain"):
    def check(got):
        expect_tensor(got, torch.softmax(x.double(), 1), x.dtype, atol=SUMS, hint=hint)

    replay_views(student, rng, "fused_softmax", (kind,), x, check=check)


@pytest.mark.task("02.22")
def test_fused_softmax_rows(student, rng):
    hint = "The block is longer than the row: choose `other` so that masked places change neither sum nor maximum."
    look(student, "triton", ("fused_softmax", reals(rng, 5, 7)), ("fused_softmax", reals(rng, 2, 300)))
    for dtype, (m, n) in zip(FLOATS, ((5, 7), (3, 100), (4, 33)), strict=True):
        check_softmax(student, rng, reals(rng, m, n, dtype=dtype) - 3, hint=hint)
    for kind in ("transposed", "stepped"):
        check_softmax(
            student, rng, reals(rng, 6, 10), kind=kind, hint=f"This is a {kind} view: use both strides of x."
        )


@pytest.mark.task("02.22")
def test_fused_softmax_large_values(student, rng):
    hint = "exp(100) overflows float32: subtract the maximum of the row first, which changes no share."
    check_softmax(student, rng, 200 * reals(rng, 4, 64), hint=hint)
    check_softmax(student, rng, reals(rng, 3, 64) + 3e4, hint=hint)
    check_softmax(student, rng, (reals(rng, 3, 64) - 3).clamp(-10, -1) * 1e4, hint=hint)


@pytest.mark.task("02.22")
def test_fused_softmax_long_rows(student, rng):
    hint = "If a block brings a larger value, multiply the sum so far by exp(old largest - new largest)."
    rising = torch.linspace(-20, 20, 300)
    x = torch.stack([rising, rising.flip(0), reals(rng, 300)])
    check_softmax(student, rng, x + reals(rng, 3, 300), hint=hint)
    x = torch.linspace(0, 12, 16400)[None] + reals(rng, 1, 16400)  # too long for one block on a GPU too
    want = torch.softmax(x.double(), 1)
    expect_tensor(run(student, "fused_softmax", x), want, torch.float32, atol=SUMS, hint=hint)


@pytest.mark.task("02.22")
def test_fused_softmax_traffic(student, rng):
    for n, reads, hint in (
        (128, 1, "Load a row that fits into one block once, and do everything else in registers."),
        (
            512,
            2,
            "Compute the largest value and the sum in one pass, and write in the second: two passes, not three.",
        ),
    ):
        x = reals(rng, 4, 128).repeat(1, n // 128)  # every block has the same maximum
        answer = probe(student, "traffic", "fused_softmax", x, gives=((object, dict), list))
        got, counted = unpack(student, answer)
        expect_tensor(got, torch.softmax(x.double(), 1), x.dtype, atol=SUMS, hint=hint)
        size = 4 * x.numel()
        most = {"read": reads * size, "written": size}
        for what, limit in most.items():
            if type(counted.get(what, 0)) is not int:
                student.protocol_error("an answer of the harness with counts that are no integers")
            if counted.get(what, 0) > limit:
                got, expected = f"{counted[what]} bytes", f"at most {limit} bytes"
                fail(f"rows of {n}: too many bytes {what}", got=got, expected=expected, hint=hint)


@pytest.mark.hidden
@pytest.mark.task("02.22")
def test_fused_softmax_minus_infinity(student, rng):
    hint = "The share of -inf is 0, also if a whole block is -inf; a row of only -inf is NaN."
    short, long = reals(rng, 2, 64), reals(rng, 2, 1).expand(2, 400).clone()
    short[0, 5:], short[1], long[0, :300], long[1] = -INF, -INF, -INF, -INF
    for x in (short, long):
        check_softmax(student, rng, x, hint=hint)


def check_norm(student, rng, x, weight, bias, eps, *, hint, atol):
    want = torch.nn.functional.layer_norm(x.double(), x.shape[1:], weight.double(), bias.double(), eps)

    def check(got):
        expect_tensor(got, want, x.dtype, atol=atol, hint=hint)

    replay(student, rng, "layer_norm", x, weight, bias, eps, check=check)


def rows(rng, m, n, dtype=torch.float32):
    """Return x, weight, bias and the gradient of the result."""
    return (
        2 * reals(rng, m, n, dtype=dtype) + 1,
        1 + reals(rng, n, dtype=dtype),
        reals(rng, n, dtype=dtype),
        reals(rng, m, n, dtype=dtype),
    )


@pytest.mark.task("02.23")
def test_layer_norm_forward(student, rng):
    hint = "Compute (x - mean) * scale * weight + bias in float32; keep masked places out of the variance."
    for dtype in FLOATS[:2]:
        x, weight, bias, dy = rows(rng, 5, 7, dtype)
        judge(student, "triton", probe(student, "look_at_gradients", x, weight, bias, 1e-5, dy, gives=ANSWER))
    for dtype, (m, n) in zip(FLOATS, ((5, 7), (3, 100), (4, 64)), strict=True):
        x, weight, bias, _ = rows(rng, m, n, dtype)
        check_norm(
            student, rng, x, weight, bias, 1e-8, hint=hint, atol=2e-5
        )  # test_layer_norm_eps is about eps


@pytest.mark.hidden
@pytest.mark.task("02.23")
def test_layer_norm_eps(student, rng):
    hint = "scale = 1 / sqrt(variance + eps): put eps under the root; it keeps rows of equal numbers finite."
    bias = reals(rng, 64)
    x = torch.ones(3, 64) * torch.tensor([[0.0], [2.0], [-3.0]])
    check_norm(student, rng, x, torch.ones(64), bias, 1e-5, hint=hint, atol=2e-5)
    check_norm(
        student, rng, 0.01 * reals(rng, 3, 64), torch.ones(64), torch.zeros(64), 4.0, hint=hint, atol=2e-5
    )


@pytest.mark.task("02.23")
def test_layer_norm_offset(student, rng):
    hint = "The mean is 4000 times the deviation: subtract it first, and square the difference."
    x = reals(rng, 3, 1024) + 4000
    check_norm(student, rng, x, torch.ones(1024), torch.zeros(1024), 1e-5, hint=hint, atol=5e-3)


def wanted_gradients(x, weight, bias, eps, dy):
    leaves = [each.double().requires_grad_() for each in (x, weight, bias)]
    torch.nn.functional.layer_norm(leaves[0], x.shape[1:], leaves[1], leaves[2], eps).backward(dy.double())
    return [leaf.grad for leaf in leaves]


def check_gradients(student, rng, cases, places, *, hint):
    for dtype, m, n in cases:
        x, weight, bias, dy = rows(rng, m, n, dtype)
        want = wanted_gradients(x, weight, bias, 1e-5, dy)
        for order in orders(rng):
            answer = probe(student, "gradients", order, x, weight, bias, 1e-5, dy)
            got = expect_form(unpack(student, answer), (object,) * 3)
            for place in places:
                expect_tensor(got[place], want[place], dtype, atol=2e-5 * (m + 4), hint=hint)


@pytest.mark.task("02.23")
def test_layer_norm_input_gradient(student, rng):
    hint = "dx has three terms: g, its average along the row, and h times the average of g * h."
    cases = ((torch.float32, 2, 7), (torch.float32, 5, 64), (torch.bfloat16, 3, 33))
    check_gradients(student, rng, cases, [0], hint=hint)


@pytest.mark.task("02.23")
def test_layer_norm_parameter_gradients(student, rng):
    hint = "dweight is the sum of dy * h over all rows, dbias that of dy: add each row and each partial sum once."
    cases = ((torch.float32, 1, 64), (torch.float32, 11, 70), (torch.float16, 37, 8))
    check_gradients(student, rng, cases, [1, 2], hint=hint)
