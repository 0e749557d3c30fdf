"""Layer normalisation in Triton, forward and backward.

Forward, one program per row computes mean, variance and result from one read of the
row. Backward, the gradient of a row needs two sums along that row. The gradients of
weight and bias need sums down the columns, over all rows, so programs would add to the
same elements. Instead each program takes every PROGRAMS-th row, adds up its own rows in
registers, and writes its partial sums to a row of its own. A second kernel adds these
up. No two programs write one element.

Source: J. L. Ba, J. R. Kiros, G. E. Hinton, Layer Normalization, arXiv:1607.06450,
equation 3.
"""

# To a type checker a kernel is the Python function it was written as.
# pyright: reportArgumentType=false, reportGeneralTypeIssues=false, reportCallIssue=false

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl

from reference.matmul_gpu.tensors import check_number, check_shape, check_tensors
from reference.shared import gpu

backend = gpu.select()  # decides: Triton compiles these kernels, or interprets them

LONGEST = 16384  # numbers of a row that one program keeps in its registers
# Programs of the backward pass: enough for all multiprocessors, and few partial sums.
PROGRAMS = 256 if backend.has_gpu else 3


def layer_norm(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, eps: float = 1e-5) -> torch.Tensor:
    """Compute (x - mean) / sqrt(variance + eps) * weight + bias for each row of `x`.

    x: (m, n), float32, float16 or bfloat16, on the kernels' device, any strides.
    weight, bias: (n,), of the same dtype. Returns a new tensor of x's shape and dtype.
    Mean and variance (divided by n, not n - 1) are of the row, in float32.
    Differentiable in x, weight and bias. A row of equal numbers becomes the bias.

    Cost: about 8 m n operations and 2 m n elements of traffic; backward about 14 m n,
    and 3 m n elements.

    Raises:
        TypeError: not tensors of one such dtype, or eps is not a number.
        ValueError: another device, not 2-D and 1-D, sizes other than n, rows of 0 or
            more than LONGEST numbers, or an eps that is not finite and above 0.
    """
    check_tensors(dims=2, x=x)
    check_tensors(dims=1, weight=weight, bias=bias)
    if weight.dtype != x.dtype:
        raise TypeError(
            f"expected weight and bias of dtype {x.dtype}, as x, got {weight.dtype}; try .to(x.dtype)"
        )
    for name, each in (("weight", weight), ("bias", bias)):
        check_shape(name, each, x.shape[1:], "one number a column of x")
    if not 1 <= x.shape[1] <= LONGEST:
        raise ValueError(f"x: expected rows of 1 to {LONGEST} numbers, got shape {tuple(x.shape)}")
    return _LayerNorm.apply(x, weight, bias, check_number("eps", eps, above=0.0))


class _LayerNorm(torch.autograd.Function):
    """Connect the kernels to autograd, and keep what the backward pass needs."""

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, eps: float
    ) -> torch.Tensor:
        m, n = x.shape
        weight, bias = weight.contiguous(), bias.contiguous()
        y = gpu.empty((m, n), x)
        mean, scale = gpu.empty((m,), x, torch.float32), gpu.empty((m,), x, torch.float32)
        gpu.refuse_unwritten(_forward_row)
        if m:
            settings = _settings(n)
            _forward_row[(m,)](x, weight, bias, y, mean, scale, n, *x.stride(), eps, **settings)
        ctx.save_for_backward(x, weight, mean, scale)
        return y

    @staticmethod
    def backward(ctx: Any, *grad_outputs: torch.Tensor) -> Any:
        x, weight, mean, scale = ctx.saved_tensors
        (m, n), dy = x.shape, grad_outputs[0].contiguous()
        dx = gpu.empty((m, n), x)
        programs = max(1, min(m, PROGRAMS))
        partial = gpu.empty((2, programs, n), x, torch.float32)  # of dweight, dbias
        dweight, dbias = gpu.empty((n,), weight), gpu.empty((n,), weight)
        gpu.refuse_unwritten(_backward_rows)
        gpu.refuse_unwritten(_add_rows)
        arguments = (x, dy, weight, mean, scale, dx, partial, m, n, *x.stride())
        _backward_rows[(programs,)](*arguments, **_settings(n))
        _add_rows[(triton.cdiv(n, 64),)](partial, dweight, dbias, programs, n, ROWS=8, BLOCK=64)
        return dx, dweight, dbias, None


def _settings(n: int) -> dict[str, Any]:
    """Return the block, which holds a whole row, and more warps for a longer row."""
    block = triton.next_power_of_2(n)
    return {"BLOCK": block, "num_warps": min(16, max(1, block // 512))}


@triton.jit
def _forward_row(x, weight, bias, y, mean, scale, n, row_stride, column_stride, eps, BLOCK: tl.constexpr):
    """Normalise one row: y = (x - mean) * scale * weight + bias.

    scale = 1 / sqrt(variance + eps). Program i of the grid computes row i. Element
    (i, j) of x is i * row_stride + j * column_stride elements behind x; element (i, j)
    of y is at y + i * n + j. weight, bias: n numbers each. mean, scale: one float32 per
    row; write them for the backward pass. BLOCK is a power of two, and n <= BLOCK.

    Use tl.load with a mask (j < n) and other=0.0, .to(tl.float32) before any
    arithmetic, tl.sum(v, 0) and tl.rsqrt(v). Masked columns are 0 after the load, but
    no longer after you subtract the mean: tl.where(condition, this, that) keeps them
    out of the variance. The mean of the squares minus the squared mean would need no
    second sum, but it loses all digits if the mean is large.
    """
    row = tl.program_id(0).to(tl.int64)
    columns = tl.arange(0, BLOCK)
    here = columns < n
    values = tl.load(x + row * row_stride + columns * column_stride, mask=here, other=0.0).to(tl.float32)
    middle = tl.sum(values, 0) / n
    centred = tl.where(here, values - middle, 0.0)
    factor = tl.rsqrt(tl.sum(centred * centred, 0) / n + eps)
    w = tl.load(weight + columns, mask=here, other=0.0).to(tl.float32)
    b = tl.load(bias + columns, mask=here, other=0.0).to(tl.float32)
    tl.store(y + row * n + columns, (centred * factor * w + b).to(y.dtype.element_ty), mask=here)
    tl.store(mean + row, middle)
    tl.store(scale + row, factor)


@triton.jit
def _backward_rows(
    x, dy, weight, mean, scale, dx, partial, m, n, row_stride, column_stride, BLOCK: tl.constexpr
):  # fmt: skip
    """Compute the gradients of the rows p, p + P, p + 2 P, ... in program p of P.

    With h = (x - mean) * scale and g = dy * weight, both rows of n numbers:

        dx = scale * (g - average of g - h * average of (g * h))  averages along the row
        dweight = sum of dy * h,  dbias = sum of dy               sums down the columns

    x has strides; dy and dx are (m, n), row-major. partial is float32 (2, P, n): write
    the sum of dy * h over this program's rows to row p of its first half, and the sum
    of dy to row p of its second half. tl.num_programs(0) is P.

    Keep the two sums in tl.zeros((BLOCK,), tl.float32), loop with
    for row in range(p, m, P), and store them after the loop.
    """
    program, programs = tl.program_id(0), tl.num_programs(0)
    columns = tl.arange(0, BLOCK)
    here = columns < n
    w = tl.load(weight + columns, mask=here, other=0.0).to(tl.float32)
    dweight = tl.zeros((BLOCK,), tl.float32)
    dbias = tl.zeros((BLOCK,), tl.float32)
    for row in range(program, m, programs):
        place = tl.cast(row, tl.int64)
        values = tl.load(x + place * row_stride + columns * column_stride, mask=here, other=0.0).to(
            tl.float32
        )
        given = tl.load(dy + place * n + columns, mask=here, other=0.0).to(tl.float32)
        factor = tl.load(scale + row)
        h = tl.where(here, (values - tl.load(mean + row)) * factor, 0.0)
        g = given * w
        change = factor * (g - tl.sum(g, 0) / n - h * (tl.sum(g * h, 0) / n))
        tl.store(dx + place * n + columns, change.to(dx.dtype.element_ty), mask=here)
        dweight += given * h
        dbias += given
    tl.store(partial + program * n + columns, dweight, mask=here)
    tl.store(partial + (programs + program) * n + columns, dbias, mask=here)


@triton.jit
def _add_rows(partial, dweight, dbias, programs, n, ROWS: tl.constexpr, BLOCK: tl.constexpr):
    """Add the partial sums of BLOCK columns into dweight and dbias.

    partial is (2, programs, n): its first half goes into dweight, its second into
    dbias. Program c of the grid computes the columns c * BLOCK to (c + 1) * BLOCK - 1
    that exist. Load ROWS x BLOCK numbers at a time, for first in range(0, programs,
    ROWS), and mask both axes; tl.sum(tile, 0) adds the rows of a tile. programs need
    not be a multiple of ROWS. Round to dweight.dtype.element_ty at the end.
    """
    columns = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    rows = tl.arange(0, ROWS)
    first_half = tl.zeros((ROWS, BLOCK), tl.float32)
    second_half = tl.zeros((ROWS, BLOCK), tl.float32)
    for first in range(0, programs, ROWS):
        here = (first + rows < programs)[:, None] & (columns < n)[None, :]
        places = partial + (first + rows)[:, None] * n + columns[None, :]
        first_half += tl.load(places, mask=here, other=0.0)
        second_half += tl.load(places + programs * n, mask=here, other=0.0)
    tl.store(dweight + columns, tl.sum(first_half, 0).to(dweight.dtype.element_ty), mask=columns < n)
    tl.store(dbias + columns, tl.sum(second_half, 0).to(dbias.dtype.element_ty), mask=columns < n)
