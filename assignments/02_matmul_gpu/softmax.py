"""Softmax over rows in Triton: a fused kernel reads a row once and writes it once.

Softmax written with tensor operations takes five of them, and each reads and writes the
whole matrix. They do little arithmetic, so the memory traffic sets the time: fusing the
operations gains as much as it saves in bytes.

Source: M. Milakov, N. Gimelshein, Online normalizer calculation for softmax,
arXiv:1805.02867, algorithm 3.
"""

# To a type checker a kernel is the Python function it was written as.
# pyright: reportArgumentType=false, reportGeneralTypeIssues=false, reportCallIssue=false

from __future__ import annotations

import torch
import triton
import triton.language as tl

from tensors import check_tensors
from reference.shared import gpu

backend = gpu.select()  # decides: Triton compiles these kernels, or interprets them

# The longest row that one program keeps in its registers, 32 numbers for each thread of
# 16 warps; and the block for longer rows. The interpreter gets short ones: small inputs
# then run both kernels.
LONGEST, STEP = (16384, 4096) if backend.has_gpu else (128, 128)


def fused_softmax(x: torch.Tensor) -> torch.Tensor:
    """Compute exp(x[i, j]) / sum over j of exp(x[i, j]), for each row i of `x` (m, n).

    x: float32, float16 or bfloat16, on the kernels' device, any sizes and strides.
    Returns a new tensor of its shape and dtype, computed in float32 and rounded once.
    Large numbers do not overflow: each row's maximum is subtracted first. The share of
    -inf is 0. A row of only -inf becomes NaN, and so does a row that contains +inf or
    NaN, as in torch.softmax.

    Cost: about 5 m n operations. Reads m n elements and writes m n; a row longer than
    LONGEST is read twice.
    Raises TypeError if x is not such a tensor, and ValueError if it is on another
    device or not 2-D.
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
    """Compute the softmax of one row in one block: BLOCK is a power of two, n <= BLOCK.

    Program i of the grid computes row i. x points to element (0, 0) of the operand. Its
    element (i, j) is i * row_stride + j * column_stride elements further; element
    (i, j) of the result is at y + i * n + j. In a large matrix i * row_stride needs 64
    bits: tl.program_id(0).to(tl.int64).

    tl.arange(0, BLOCK) counts the columns. Load them once, with a mask for the columns
    that exist, and an `other` that changes neither the maximum nor the sum. Convert
    with .to(tl.float32) before any arithmetic. tl.max(v, 0) and tl.sum(v, 0) reduce a
    block to one number; tl.exp(v) works on each element. Store .to(y.dtype.element_ty),
    with the mask.
    """
    raise NotImplementedError(
        "02.22 fused_softmax (_softmax_row): Compute the softmax of one row in one block: BLOCK is a power of"
        " two, n <= BLOCK."
    )


@triton.jit
def _softmax_long_row(x, y, n, row_stride, column_stride, BLOCK: tl.constexpr):
    """Compute the softmax of one row longer than a block, in two passes over the row.

    The arguments are those of `_softmax_row`, but n > BLOCK. The first pass computes
    the maximum and the sum, the second one writes. The first pass keeps two numbers:
    the largest value so far, and the sum of exp(value - largest) so far. If a block
    brings a larger value, multiply the old sum by exp(old largest - new largest). So
    one pass gives both, and the row is read twice instead of three times.

    Start with float("-inf") and 0.0 (Triton makes both tl.float32, and a loop must keep
    the type). While all values so far are -inf, the largest is -inf, and -inf - -inf is
    NaN: subtract 0 instead, with tl.where(condition, this, that).
    for start in range(0, n, BLOCK) loops over the blocks.
    """
    raise NotImplementedError(
        "02.22 fused_softmax (_softmax_long_row): Compute the softmax of one row longer than a block, in two "
        "passes over the row."
    )
