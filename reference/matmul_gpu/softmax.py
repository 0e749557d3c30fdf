"""Softmax over rows in Triton: a fused kernel reads a row once, and writes it once.

Written with tensor operations, exp(x - max) / sum is five of them, each of which reads and writes the whole matrix.
There is hardly any arithmetic in it, so the time is the traffic: fusing is worth what it saves.

Source: M. Milakov, N. Gimelshein, Online normalizer calculation for softmax, arXiv:1805.02867, algorithm 3.
"""

# To a type checker a kernel is the Python function it was written as.
# pyright: reportArgumentType=false, reportGeneralTypeIssues=false, reportCallIssue=false

from __future__ import annotations

import torch
import triton
import triton.language as tl

from reference.matmul_gpu.tensors import check_tensors
from reference.shared import gpu

backend = gpu.select()  # Triton compiles the kernels of this file for a GPU, or interprets them

# The longest row that one program holds in its registers, 32 numbers for each thread of 16 warps; and the steps in
# which it walks along a longer one. On the interpreter rows are short, so that both kernels are played.
LONGEST, STEP = (16384, 4096) if backend.has_gpu else (128, 128)


def fused_softmax(x: torch.Tensor) -> torch.Tensor:
    """exp(x[i, j]) / sum over j of exp(x[i, j]), for each row i of `x` (m, n): a new tensor of its shape and dtype.

    x: float32, float16 or bfloat16, on the kernels' device, any sizes and strides. Computed in float32, rounded
    once. Numbers as large as their type holds are no trouble: the maximum of the row is taken off first. -inf has the
    share 0. A row of nothing but -inf has no shares: it becomes NaN, as does a row with +inf or NaN in it, and as
    torch.softmax has it.

    Cost: about 5 m n operations. Reads m n elements and writes m n; a row longer than LONGEST is read twice.
    Raises TypeError for what is no such tensor, ValueError for another device or not two dimensions.
    """
    check_tensors(dims=2, x=x)
    m, n = x.shape
    y = gpu.empty((m, n), x)
    if m == 0 or n == 0:
        return y
    kernel, block = (_softmax_row, triton.next_power_of_2(n)) if n <= LONGEST else (_softmax_long_row, STEP)
    gpu.refuse_unwritten(kernel)
    kernel[(m,)](x, y, n, *x.stride(), BLOCK=block, num_warps=min(16, max(1, block // 512)))
    return y


@triton.jit
def _softmax_row(x, y, n, row_stride, column_stride, BLOCK: tl.constexpr):
    """The softmax of one row, all of it at once: BLOCK is a power of two, and n <= BLOCK.

    Program i of the grid: row i. x points to element (0, 0) of the operand, whose element (i, j) lies
    i * row_stride + j * column_stride elements further; element (i, j) of the result lies at y + i * n + j. In a large
    matrix i * row_stride needs 64 bits: tl.program_id(0).to(tl.int64).

    tl.arange(0, BLOCK) counts the columns; load them once, with a mask for those there are, and an `other` that changes
    neither the maximum nor the sum. Convert with .to(tl.float32) before any arithmetic. tl.max(v, 0) and tl.sum(v, 0)
    make one number of a block, tl.exp(v) takes each element. Store .to(y.dtype.element_ty), with the mask.
    """
    row = tl.program_id(0).to(tl.int64)
    columns = tl.arange(0, BLOCK)
    values = tl.load(x + row * row_stride + columns * column_stride, mask=columns < n, other=float("-inf"))
    values = values.to(tl.float32)
    exponentials = tl.exp(values - tl.max(values, 0))
    shares = exponentials / tl.sum(exponentials, 0)
    tl.store(y + row * n + columns, shares.to(y.dtype.element_ty), mask=columns < n)


@triton.jit
def _softmax_long_row(x, y, n, row_stride, column_stride, BLOCK: tl.constexpr):
    """The softmax of one row that is longer than a block: once along the row for its maximum and sum, once to write.

    Arguments as `_softmax_row` has them, but n > BLOCK. The first pass keeps two numbers: the largest value so far, and
    the sum of exp(value - largest) so far. A block that brings a larger value makes the sum smaller: the old one is
    multiplied by exp(old largest - new largest). So one pass gives both, and the row is read twice, not three times.

    Begin with float("-inf") and 0.0 (in Triton: of tl.float32, the type that a loop must not change). While all values
    so far are -inf, the largest is -inf, and -inf - -inf is NaN: take 0 off instead, tl.where(condition, this, that).
    for start in range(0, n, BLOCK) visits the blocks.
    """
    row = tl.program_id(0).to(tl.int64)
    x += row * row_stride
    y += row * n
    columns = tl.arange(0, BLOCK)
    largest, total = float("-inf"), 0.0
    for start in range(0, n, BLOCK):
        here = columns < n - start
        values = tl.load(x + (start + columns) * column_stride, mask=here, other=float("-inf")).to(tl.float32)
        new = tl.maximum(largest, tl.max(values, 0))
        base = tl.where(new == float("-inf"), 0.0, new)
        total = total * tl.exp(largest - base) + tl.sum(tl.exp(values - base), 0)
        largest = new
    for start in range(0, n, BLOCK):
        here = columns < n - start
        values = tl.load(x + (start + columns) * column_stride, mask=here, other=float("-inf")).to(tl.float32)
        shares = tl.exp(values - largest) / total
        tl.store(y + start + columns, shares.to(y.dtype.element_ty), mask=here)
