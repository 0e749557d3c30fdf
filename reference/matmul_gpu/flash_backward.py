"""FlashAttention-2 backward in Triton: three kernels without atomic operations.

    _delta_kernel    delta = row sums of do * o, one number per row
    _keys_kernel     a program computes a tile of rows of dk and dv, from all queries
                     that see these keys
    _queries_kernel  a program computes a tile of rows of dq, from all keys that these
                     queries see

The last two kernels each recompute the probabilities from the scores and the saved lse:
7 products of tiles. FlashAttention-2 has 5, because it computes dk, dv and dq in one
pass and adds up dq with atomic operations. Their order is not guaranteed, so its dq
differs in the last bits from run to run. Here the order of every sum is fixed.

Source: T. Dao, FlashAttention-2, arXiv 2307.08691, Algorithm 2 and sections 2.3.2 and
3.2.
"""

# To a type checker a kernel is the Python function it was written as.
# pyright: reportArgumentType=false, reportGeneralTypeIssues=false

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from torch.autograd.function import once_differentiable

from reference.lab.matmul_gpu.flash_tuning import KEYS, QUERIES, bucket, configs, fitting
from reference.matmul_gpu.flash_forward import flash_forward
from reference.matmul_gpu.tensors import check_attention, check_row_numbers, check_shape
from reference.shared import gpu

gpu.select()  # decides: Triton compiles these kernels, or interprets them

LOG2E = tl.constexpr(1.4426950408889634)  # log2(e)
TUNED = {"key": ["length", "D", "CAUSAL"], "prune_configs_by": {"early_config_prune": fitting}}


def flash_triton(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, causal: bool = False) -> torch.Tensor:
    """Compute attention, differentiable in torch: `flash_forward` and `flash_backward`.

    Takes the operands of `flash_forward`. Returns o: (batch, queries, d). Keeps q, k,
    v, o and lse for the backward pass, and no matrix of queries x keys.
    """
    return FlashTriton.apply(q, k, v, causal)  # pyright: ignore[reportReturnType]


class FlashTriton(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, causal: bool) -> torch.Tensor:
        o, lse = flash_forward(q, k, v, causal)
        ctx.save_for_backward(q, k, v, o, lse)
        ctx.causal = causal
        return o

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, do: torch.Tensor) -> tuple[torch.Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        q, k, v, o, lse = ctx.saved_tensors
        # The gradient of o.sum() is one number expanded to a tensor, with strides of 0.
        return *flash_backward(q, k, v, o, lse, do.contiguous(), ctx.causal), None


def flash_backward(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    o: torch.Tensor,
    lse: torch.Tensor,
    do: torch.Tensor,
    causal: bool = False,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return (dq, dk, dv): the gradients of the loss, given `do`, its gradient for o.

    q, o, do: (batch, queries, d). k, v: (batch, keys, d). lse: (batch, queries)
    float32. The rest is as in `flash_forward`; o and lse are its results for q, k, v
    and causal. Each gradient has the shape and dtype of its operand. With scale =
    1 / sqrt(d), and p = 0 if the mask hides a key (section 2.3.2):

        p  = exp(scale * q @ k.T - lse)   (queries, keys)
        dv = p.T @ do                     (keys, d)
        ds = p * (do @ v.T - delta)       (queries, keys); delta = row sums of do * o
        dq = scale * ds @ k               (queries, d)
        dk = scale * ds.T @ q             (keys, d)

    `flash_tiles.py` says why lse replaces the maximum and the sum of each row.

    Cost: 14 * batch * queries * keys * d FLOP, about half if causal. Memory: one
    float32 number per row for delta.
    Raises TypeError or ValueError for other operands, before any work (see
    `check_attention`).
    """
    batch, queries, keys, d = check_attention(causal, q=q, k=k, v=v, o=o, do=do)
    check_shape("o", o, (batch, queries, d), "as q has")
    check_shape("do", do, (batch, queries, d), "as q has")
    check_row_numbers("lse", lse, (batch, queries))
    for kernel in (_delta_kernel, _keys_kernel, _queries_kernel):
        gpu.refuse_unwritten(kernel)
    dq, dk, dv, delta = (
        gpu.empty(q.shape, q),
        gpu.empty(k.shape, k),
        gpu.empty(v.shape, v),
        gpu.empty(lse.shape, lse),
    )
    block_d = max(16, triton.next_power_of_2(d))
    _delta_kernel[(triton.cdiv(batch * queries, 64),)](o, do, delta, batch * queries, d, block_d, 64)
    sizes = queries, keys, bucket(max(queries, keys)), d**-0.5, d, block_d, causal
    _keys_kernel[lambda meta: (triton.cdiv(keys, meta["BLOCK_K"]), batch)](
        q, k, v, do, lse, delta, dk, dv, *sizes
    )
    _queries_kernel[lambda meta: (triton.cdiv(queries, meta["BLOCK_Q"]), batch)](
        q, k, v, do, lse, delta, dq, *sizes
    )
    return dq, dk, dv


@triton.jit
def _delta_kernel(o, do, delta, count, D: tl.constexpr, BLOCK_D: tl.constexpr, BLOCK: tl.constexpr):
    """Compute BLOCK numbers of delta: delta[r] = the sum over c of do[r, c] * o[r, c].

    Program p = tl.program_id(0) computes the rows from p * BLOCK on. All batches count
    as one matrix of `count` rows and D columns, row r at o + r * D; r * D may need 64
    bits. Convert o and do to float32 (.to(tl.float32)) before the product. delta is
    float32. BLOCK_D is the smallest power of two that is at least D and at least 16;
    rows >= count and columns >= D do not exist.
    """
    rows = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    columns = tl.arange(0, BLOCK_D)
    tile = rows[:, None] * D + columns[None, :]
    inside = (rows[:, None] < count) & (columns[None, :] < D)
    o_tile = tl.load(o + tile, mask=inside, other=0.0).to(tl.float32)
    do_tile = tl.load(do + tile, mask=inside, other=0.0).to(tl.float32)
    tl.store(delta + rows, tl.sum(o_tile * do_tile, 1), mask=rows < count)


@triton.autotune(configs(KEYS), **TUNED)
@triton.jit
def _keys_kernel(
    q, k, v, do, lse, delta, dk, dv, queries, keys, length, scale,  # noqa: ARG001
    D: tl.constexpr, BLOCK_D: tl.constexpr, CAUSAL: tl.constexpr, BLOCK_Q: tl.constexpr, BLOCK_K: tl.constexpr,
):  # fmt: skip
    """Compute one tile of BLOCK_K rows of dk and dv, for one batch.

    The grid is (tiles of keys, batch). Pointers, sizes and batches are as in
    `_forward_kernel`; delta is stored like lse. The tiles k_tile and v_tile, and the
    float32 sums dk_tile and dv_tile, are (BLOCK_K, BLOCK_D). For each tile of BLOCK_Q
    queries: q_tile, do_tile (BLOCK_Q, BLOCK_D), and lse_tile, delta_tile (BLOCK_Q,),
    all of them 0 beyond queries and D. It is easiest to compute scores and
    probabilities transposed, (BLOCK_K, BLOCK_Q), because the two sums need p.T and
    ds.T:

        p.T      = exp2(scale * LOG2E * k_tile @ q_tile.T - LOG2E * lse_tile[None, :])
        dv_tile += p.T @ do_tile
        ds.T     = p.T * (v_tile @ do_tile.T - delta_tile[None, :])
        dk_tile += ds.T @ q_tile                  store scale * dk_tile at the end

    Use tl.dot(x, y, sum, input_precision="tf32x3") for products, with p and ds as
    .to(q_tile.dtype).
    CAUSAL: queries i >= j see key j. Start with the first tile that has such a query; a
    score with j > i becomes -inf. Tiles whose queries all come after these keys need no
    mask (the second loop of two).
    No other mask is needed. A query that does not exist has do = 0 and delta = 0, so it
    adds 0 to both sums. Rows of keys that do not exist may become infinite or NaN; they
    are not stored. A key that no query sees has gradients of 0.
    """
    batch = tl.program_id(1).to(tl.int64)
    q, do = q + batch * queries * D, do + batch * queries * D
    lse, delta = lse + batch * queries, delta + batch * queries
    k, v, dk, dv = k + batch * keys * D, v + batch * keys * D, dk + batch * keys * D, dv + batch * keys * D

    begin = tl.program_id(0) * BLOCK_K
    seen = begin + tl.arange(0, BLOCK_K)
    columns = tl.arange(0, BLOCK_D)
    tile = seen[:, None] * D + columns[None, :]
    inside = (seen[:, None] < keys) & (columns[None, :] < D)
    k_tile = tl.load(k + tile, mask=inside, other=0.0)
    v_tile = tl.load(v + tile, mask=inside, other=0.0)
    dk_tile = tl.zeros([BLOCK_K, BLOCK_D], tl.float32)
    dv_tile = tl.zeros([BLOCK_K, BLOCK_D], tl.float32)

    first = begin // BLOCK_Q * BLOCK_Q if CAUSAL else 0
    free = tl.cdiv(begin + BLOCK_K, BLOCK_Q) * BLOCK_Q if CAUSAL else 0
    middle = tl.minimum(free, queries)
    for masked in tl.static_range(2):
        for start in range(first if masked else free, middle if masked else queries, BLOCK_Q):
            rows = start + tl.arange(0, BLOCK_Q)
            place = rows[:, None] * D + columns[None, :]
            there = (rows[:, None] < queries) & (columns[None, :] < D)
            q_tile = tl.load(q + place, mask=there, other=0.0)
            lse_tile = tl.load(lse + rows, mask=rows < queries, other=0.0)
            s = tl.dot(k_tile, tl.trans(q_tile), input_precision="tf32x3")
            if masked:
                s = tl.where(seen[:, None] <= rows[None, :], s, float("-inf"))
            p = tl.exp2(s * (scale * LOG2E) - lse_tile[None, :] * LOG2E)
            do_tile = tl.load(do + place, mask=there, other=0.0)
            dv_tile = tl.dot(p.to(do_tile.dtype), do_tile, dv_tile, input_precision="tf32x3")
            dp = tl.dot(v_tile, tl.trans(do_tile), input_precision="tf32x3")
            delta_tile = tl.load(delta + rows, mask=rows < queries, other=0.0)
            ds = p * (dp - delta_tile[None, :])
            dk_tile = tl.dot(ds.to(q_tile.dtype), q_tile, dk_tile, input_precision="tf32x3")

    tl.store(dk + tile, (dk_tile * scale).to(dk.dtype.element_ty), mask=inside)
    tl.store(dv + tile, dv_tile.to(dv.dtype.element_ty), mask=inside)


@triton.autotune(configs(QUERIES), **TUNED)
@triton.jit
def _queries_kernel(
    q, k, v, do, lse, delta, dq, queries, keys, length, scale,  # noqa: ARG001
    D: tl.constexpr, BLOCK_D: tl.constexpr, CAUSAL: tl.constexpr, BLOCK_Q: tl.constexpr, BLOCK_K: tl.constexpr,
):  # fmt: skip
    """Compute one tile of BLOCK_Q rows of dq, for one batch.

    The grid is (tiles of queries, batch). The kernel loops over the tiles of keys that
    `_forward_kernel` loops over, with the same masks. q_tile, do_tile and the float32
    sum dq_tile are (BLOCK_Q, BLOCK_D); lse_tile and delta_tile (BLOCK_Q,); k_tile and
    v_tile (BLOCK_K, BLOCK_D):

        p        = exp2(scale * LOG2E * q_tile @ k_tile.T - LOG2E * lse_tile[:, None])
        ds       = p * (do_tile @ v_tile.T - delta_tile[:, None])    (BLOCK_Q, BLOCK_K)
        dq_tile += ds @ k_tile                    store scale * dq_tile at the end

    Here you must mask keys that do not exist. Their k is 0, and so is their score, but
    exp2(0 - lse) is infinite if all scores of a row are far below 0, and infinity times
    0 is NaN.
    """
    block = tl.num_programs(0) - 1 - tl.program_id(0)
    batch = tl.program_id(1).to(tl.int64)
    q, do, dq = q + batch * queries * D, do + batch * queries * D, dq + batch * queries * D
    lse, delta = lse + batch * queries, delta + batch * queries
    k, v = k + batch * keys * D, v + batch * keys * D

    rows = block * BLOCK_Q + tl.arange(0, BLOCK_Q)
    columns = tl.arange(0, BLOCK_D)
    tile = rows[:, None] * D + columns[None, :]
    inside = (rows[:, None] < queries) & (columns[None, :] < D)
    q_tile = tl.load(q + tile, mask=inside, other=0.0)
    do_tile = tl.load(do + tile, mask=inside, other=0.0)
    lse_tile = tl.load(lse + rows, mask=rows < queries, other=0.0) * LOG2E
    delta_tile = tl.load(delta + rows, mask=rows < queries, other=0.0)
    dq_tile = tl.zeros([BLOCK_Q, BLOCK_D], tl.float32)

    last = tl.minimum(tl.minimum(keys, queries), (block + 1) * BLOCK_Q) if CAUSAL else keys
    whole = (tl.minimum(keys, block * BLOCK_Q) if CAUSAL else keys) // BLOCK_K * BLOCK_K
    for masked in tl.static_range(2):
        for start in range(whole if masked else 0, last if masked else whole, BLOCK_K):
            seen = start + tl.arange(0, BLOCK_K)
            place = seen[:, None] * D + columns[None, :]
            there = (columns[None, :] < D) & ((seen[:, None] < keys) if masked else True)
            k_tile = tl.load(k + place, mask=there, other=0.0)
            v_tile = tl.load(v + place, mask=there, other=0.0)
            s = tl.dot(q_tile, tl.trans(k_tile), input_precision="tf32x3")
            if masked:
                visible = (seen[None, :] < keys) & ((seen[None, :] <= rows[:, None]) if CAUSAL else True)
                s = tl.where(visible, s, float("-inf"))
            p = tl.exp2(s * (scale * LOG2E) - lse_tile[:, None])
            dp = tl.dot(do_tile, tl.trans(v_tile), input_precision="tf32x3")
            ds = p * (dp - delta_tile[:, None])
            dq_tile = tl.dot(ds.to(k_tile.dtype), k_tile, dq_tile, input_precision="tf32x3")

    tl.store(dq + tile, (dq_tile * scale).to(dq.dtype.element_ty), mask=inside)
