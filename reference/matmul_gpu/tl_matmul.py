"""Matrix multiplication in Triton: program a tile instead of a thread.

A Triton program corresponds to one block of threads, and works on whole tiles.
`tl.load` takes a tile of pointers, and `tl.dot` multiplies two tiles (on tensor cores
if the GPU has them). The compiler assigns the threads, the shared memory and the
barriers, which you wrote by hand in the ladder. You choose the tile of each program,
the order of the tiles, and the masks at the edges.

Source: P. Tillet, H. T. Kung, D. Cox, Triton: an intermediate language and compiler for
tiled neural network computations, MAPL 2019.
"""

# To a type checker a kernel is the Python function it was written as.
# pyright: reportArgumentType=false, reportGeneralTypeIssues=false, reportCallIssue=false

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from triton.tools.tensor_descriptor import TensorDescriptor

from reference.lab.matmul_gpu.matmul_tuning import (
    DESCRIBED,
    POINTED,
    empty_for_copy_engine,
    for_copy_engine,
    is_transposed,
    multiprocessors,
    prefers_persistent,
    prune,
    tuned_for,
)
from reference.matmul_gpu.tensors import check_tensors
from reference.shared import gpu

backend = gpu.select()  # decides: Triton compiles these kernels, or interprets them

# The autotuner measures again if one of these changes. It ignores names that are no
# argument of the kernel.
TUNED = {
    "key": ["tuned_for", "PRECISION", "PARTS", "A_TRANSPOSED", "B_TRANSPOSED"],
    "prune_configs_by": {"early_config_prune": prune},
}


def triton_matmul(
    a: torch.Tensor,
    b: torch.Tensor,
    *,
    precision: str = "ieee",
    split_k: int = 1,
    persistent: bool | None = None,
) -> torch.Tensor:
    """Compute `a` (m, k) times `b` (k, n), any sizes and strides.

    a, b: both float32, float16 or bfloat16, on the kernels' device. Returns a new
    (m, n) tensor of the same dtype. Products are added in float32 and rounded once.
    precision: of float32 operands. "ieee" uses all their bits; "tf32" uses the 11 that
        tensor cores use.
    split_k: the number of parts that k is cut into; each has programs of its own. Use
        it if m and n are small (few tiles, so most of the GPU is idle) and k is large.
    persistent: one program per multiprocessor computes tile after tile. Operands that
        the copy engine cannot read (see `copy_engine_reads` in
        reference/lab/matmul_gpu/matmul_tuning.py) are copied first. None: choose
        automatically.

    Cost: 2mkn FLOP; mkn (1/BM + 1/BN) elements read, more often from the L2 cache than
    from memory. With split_k, 8 m n split_k bytes more, to write and read the parts.

    Raises:
        TypeError: a or b is not a tensor of such a dtype, or split_k is not an int.
        ValueError: another device, not 2-D, inner sizes that differ, an unknown
            precision, split_k below 1, or both split_k and persistent.
    """
    m, k, n = _check(a, b, precision, split_k, persistent)
    if m == 0 or n == 0:
        return a.new_empty((m, n))
    gpu.refuse_unwritten(grouped)
    if persistent or (persistent is None and split_k == 1 and prefers_persistent(a, b)):
        return _by_descriptors(a, b, precision)
    # Each part of the depth has a matrix of its own: no two programs write one element,
    # and the sum of the parts has the same bits every time. Atomic additions need no
    # second kernel, but their order is not guaranteed.
    parts = gpu.empty((split_k, m, n), a, torch.float32 if split_k > 1 else a.dtype)
    gpu.refuse_unwritten(_matmul)
    _matmul[lambda meta: (triton.cdiv(m, meta["BM"]) * triton.cdiv(n, meta["BN"]), split_k)](
        *(a, b, parts, m, n, k, *a.stride(), *b.stride(), tuned_for(m, n, k, a.dtype)),
        PARTS=split_k,
        PRECISION=precision,
    )
    if split_k == 1:
        return parts[0]
    c = gpu.empty((m, n), a)
    gpu.refuse_unwritten(_add_parts)
    _add_parts[(triton.cdiv(m * n, 1024),)](parts, c, m * n, PARTS=split_k, BLOCK=1024)
    return c


@triton.jit
def grouped(number, height, width, GROUP: tl.constexpr):
    """Return (row, column) of the tile that program `number` computes.

    There are `height` x `width` tiles. Programs start in the order of their numbers,
    some hundred at a time. Programs that run at the same time should share rows of
    tiles of `a` and columns of tiles of `b`, which then come from the L2 cache. A
    hundred programs along one row read 1 row and 100 columns; ten by ten they read 10
    and 10.

    So group GROUP rows of tiles. Within a group the order goes down a column, GROUP
    tiles, then down the next column. After its last column comes the next group. The
    last group has fewer rows if GROUP does not divide `height`. For 3 x 4 tiles and
    GROUP 2:

        0  2  4  6
        1  3  5  7
        8  9 10 11

    number, height and width are integers on the GPU: `+`, `*`, `//`, `%` and
    tl.minimum(x, y) work on them. The function accesses no memory and calls no other.
    """
    first = number // (GROUP * width) * GROUP  # row of tiles at which the group begins
    rows = tl.minimum(GROUP, height - first)
    inside = number % (GROUP * width)
    return first + inside % rows, inside // rows


@triton.autotune(POINTED, **TUNED)
@triton.jit
def _matmul(
    a, b, c, m, n, k, a_row, a_column, b_row, b_column, tuned_for,  # noqa: ARG001
    PARTS: tl.constexpr, PRECISION: tl.constexpr,
    BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr, GROUP: tl.constexpr,
):  # fmt: skip
    """Compute one BM x BN tile of one part of the product.

    a, b, c point to the first element of each. Element (i, j) of `a` is
    i * a_row + j * a_column elements further, and likewise for `b`. c holds PARTS
    matrices (m, n) one after the other, row-major. tuned_for is for the autotuner.

    The grid is (tiles, parts). tl.program_id(0) is the number of the tile, and
    `grouped` returns its row and column, of tl.cdiv(m, BM) x tl.cdiv(n, BN);
    tl.program_id(1) is the part. The parts take blocks of BK along the depth in turns:
    part p takes blocks p, p + PARTS, p + 2 PARTS, ...

    First compute the rows, columns and depths of the first block, with tl.arange(0, BM)
    and so on, and from them the tiles of pointers:
    `a + rows[:, None] * a_row + depths[None, :] * a_column` has shape (BM, BK). Then,
    for each block, load both tiles, add their product to a float32 tile, and advance.
    Load with tl.load(pointers, mask=..., other=0.0): masked elements are 0 and add
    nothing. Multiply with tl.dot(x, y, total, input_precision=PRECISION). At the end,
    call tl.store(pointers, total.to(c.dtype.element_ty), mask=...).
    No program may access an element outside of a, b and c: m, n and k need not be
    multiples of BM, BN and BK. In a large matrix i * a_row needs 64 bits:
    rows.to(tl.int64).
    """
    row, column = grouped(tl.program_id(0), tl.cdiv(m, BM), tl.cdiv(n, BN), GROUP)
    # BEGIN SOLUTION
    part = tl.program_id(1)
    rows = row * BM + tl.arange(0, BM)
    columns = column * BN + tl.arange(0, BN)
    depths = tl.arange(0, BK)
    # Rows of a tile below the matrix read some other row of it (% m). Their sums are
    # never stored, and the loop needs a mask only along the depth.
    a += (rows % m).to(tl.int64)[:, None] * a_row + (part * BK + depths)[None, :] * a_column
    b += (columns % n).to(tl.int64)[None, :] * b_column + (part * BK + depths)[:, None] * b_row
    total = tl.zeros((BM, BN), tl.float32)
    for first in range(part * BK, k, PARTS * BK):
        x = tl.load(a, mask=depths[None, :] < k - first, other=0.0)
        y = tl.load(b, mask=depths[:, None] < k - first, other=0.0)
        total = tl.dot(x, y, total, input_precision=PRECISION)
        a += PARTS * BK * a_column
        b += PARTS * BK * b_row
    inside = (rows < m)[:, None] & (columns < n)[None, :]
    c += part.to(tl.int64) * m * n + rows.to(tl.int64)[:, None] * n + columns[None, :]
    tl.store(c, total.to(c.dtype.element_ty), mask=inside)
    # END SOLUTION


@triton.jit
def _add_parts(parts, c, size, PARTS: tl.constexpr, BLOCK: tl.constexpr):
    """Add PARTS matrices: c[i] = parts[i] + parts[size + i] + ..., for BLOCK elements.

    Program p of the grid computes the elements p * BLOCK to (p + 1) * BLOCK - 1 of `c`
    with an index below `size`. parts is float32, and so is the sum; round it to the
    dtype of `c` (c.dtype.element_ty) once, at the end.
    """
    places = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    total = tl.zeros((BLOCK,), tl.float32)
    for _ in range(PARTS):
        total += tl.load(parts + places, mask=places < size, other=0.0)
        parts += size
    tl.store(c + places, total.to(c.dtype.element_ty), mask=places < size)


def _by_descriptors(a: torch.Tensor, b: torch.Tensor, precision: str) -> torch.Tensor:
    """Compute the product with descriptors, in one program per multiprocessor."""
    (m, k), n = a.shape, b.shape[1]
    if k == 0:
        return a.new_zeros((m, n))  # an empty matrix has no descriptor
    a, b, c = for_copy_engine(a), for_copy_engine(b), empty_for_copy_engine((m, n), a)
    gpu.refuse_unwritten(_persistent)
    _persistent[
        lambda meta: (min(multiprocessors(), triton.cdiv(m, meta["BM"]) * triton.cdiv(n, meta["BN"])),)
    ](
        *(_descriptor(a), _descriptor(b), _descriptor(c), m, n, k, tuned_for(m, n, k, a.dtype)),
        A_TRANSPOSED=is_transposed(a),
        B_TRANSPOSED=is_transposed(b),
        PRECISION=precision,
    )
    return c.contiguous()


def _descriptor(x: torch.Tensor) -> TensorDescriptor:
    """Describe `x` as it is stored, row by row; the autotuner sets the block."""
    return TensorDescriptor.from_tensor(x.T if is_transposed(x) else x, [1, 1])


@triton.autotune(DESCRIBED, **TUNED)
@triton.jit
def _persistent(
    a, b, c, m, n, k, tuned_for,  # noqa: ARG001
    A_TRANSPOSED: tl.constexpr, B_TRANSPOSED: tl.constexpr, HALVES: tl.constexpr, PRECISION: tl.constexpr,
    BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr, GROUP: tl.constexpr,
):  # fmt: skip
    """Compute the tiles p, p + P, p + 2 P, ... in program p of P programs.

    a, b, c are descriptors. a.load([i, j]) returns the BM x BK block of `a` whose first
    element is (i, j), with 0 outside of the matrix; b.load([i, j]) returns a BK x BN
    block. No pointers, no masks. If A_TRANSPOSED, the descriptor is of the transpose of
    `a`, because that is stored row by row: a.load([j, i]) returns a BK x BM block;
    transpose it with .T. Likewise for `b`, whose block is then BN x BK.

    tl.program_id(0) is the number of the program, tl.num_programs(0) the number of
    programs. Tiles are counted from 0 to tl.cdiv(m, BM) * tl.cdiv(n, BN) - 1; `grouped`
    returns the row and column of each. Add each tile up in float32, with
    input_precision=PRECISION, and write it with _put(c, i, j, total, HALVES), where
    (i, j) is its first element; _put leaves out elements outside of `c`. A loop over
    tl.range(first, last, step, flatten=True) lets the compiler load the first blocks of
    the next tile while it writes this one.
    """
    height, width = tl.cdiv(m, BM), tl.cdiv(n, BN)
    for tile in tl.range(tl.program_id(0), height * width, tl.num_programs(0), flatten=True):
        row, column = grouped(tile, height, width, GROUP)
        total = tl.zeros((BM, BN), tl.float32)
        for first in range(0, k, BK):
            x = a.load([first, row * BM]).T if A_TRANSPOSED else a.load([row * BM, first])
            y = b.load([column * BN, first]).T if B_TRANSPOSED else b.load([first, column * BN])
            total = tl.dot(x, y, total, input_precision=PRECISION)
        _put(c, row * BM, column * BN, total, HALVES)


@triton.jit
def _put(c, row, column, total, HALVES: tl.constexpr):
    """Write the tile at (row, column) of `c`, in halves to need less shared memory."""
    if HALVES:
        halves = tl.reshape(total, (total.shape[0], 2, total.shape[1] // 2)).permute(0, 2, 1)
        left, right = tl.split(halves)
        c.store([row, column], left.to(c.dtype))
        c.store([row, column + total.shape[1] // 2], right.to(c.dtype))
    else:
        c.store([row, column], total.to(c.dtype))


def tile_order(height: int, width: int, group: int) -> torch.Tensor:
    """Return (row, column) of `grouped` for each program, an int32 tensor."""
    order = gpu.empty((height * width, 2), torch.empty(0, device=backend.device), torch.int32)
    gpu.refuse_unwritten(grouped)
    _list_order[(height * width,)](order, height, width, GROUP=group)
    return order


@triton.jit
def _list_order(order, height, width, GROUP: tl.constexpr):
    """Write the tile of one program, as `grouped` returns it, to `order`."""
    row, column = grouped(tl.program_id(0), height, width, GROUP)
    tl.store(order + 2 * tl.program_id(0), row)
    tl.store(order + 2 * tl.program_id(0) + 1, column)


def _check(a: Any, b: Any, precision: Any, split_k: Any, persistent: Any) -> tuple[int, int, int]:
    """Return the sizes (m, k, n). Raises as `triton_matmul` does."""
    check_tensors(dims=2, a=a, b=b)
    if a.shape[1] != b.shape[0]:
        raise ValueError(
            f"expected as many columns in a as rows in b, got shapes {tuple(a.shape)} and {tuple(b.shape)}; "
            "try transposing one of them"
        )
    if precision not in ("ieee", "tf32"):
        raise ValueError(f"precision: expected 'ieee' or 'tf32', got {precision!r}")
    if isinstance(split_k, bool) or not isinstance(split_k, int):
        raise TypeError(f"split_k: expected an int, got {type(split_k).__name__}; try split_k=1")
    if not 1 <= split_k <= 65535:
        raise ValueError(f"split_k: expected 1 to 65535 parts, got {split_k}; try split_k=1")
    if split_k > 1 and persistent:
        raise ValueError(f"expected split_k or persistent, got both: split_k={split_k}; try split_k=1")
    return a.shape[0], a.shape[1], b.shape[1]
