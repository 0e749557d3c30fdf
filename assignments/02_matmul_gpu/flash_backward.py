"""FlashAttention-2 backward in Triton: three kernels, none of which needs an atomic operation or another program.

    _delta_kernel     delta = the sum of each row of do * o: two tensors read, one number a row written
    _keys_kernel      each program makes one tile of rows of dk and dv, from all queries that see these keys
    _queries_kernel   each program makes one tile of rows of dq, from all keys that these queries see

The probabilities are made again from the scores and the saved lse, once in each of the last two kernels: 7 products of
tiles where FlashAttention-2 has 5, because it makes dk, dv and dq in one pass and adds up dq with atomic operations.
Those come in any order, so its dq differs in the last bits from run to run. Here every sum has its order.

Source: T. Dao, FlashAttention-2, arXiv 2307.08691, Algorithm 2 and sections 2.3.2 and 3.2.
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
from flash_forward import flash_forward
from tensors import check_attention, check_row_numbers, check_shape
from reference.shared import gpu

gpu.select()  # Triton compiles the kernels of this file for a GPU, or interprets them

LOG2E = tl.constexpr(1.4426950408889634)  # log2(e)
TUNED = {"key": ["length", "D", "CAUSAL"], "prune_configs_by": {"early_config_prune": fitting}}


def flash_triton(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, causal: bool = False) -> torch.Tensor:
    """Attention that torch can differentiate: `flash_forward` and `flash_backward`, which say what they take.

    Returns o: (batch, queries, d). Keeps q, k, v, o and lse for the backward pass, and nothing of queries x keys.
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
        # The gradient of o.sum() is one number that poses as a tensor, with strides of 0.
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
    """(dq, dk, dv): the gradients of the loss, where `do` is that of o.

    q, o, do: (batch, queries, d). k, v: (batch, keys, d). lse: (batch, queries) float32. All else as `flash_forward`
    takes it; o and lse are what it gave for q, k, v and causal. Each gradient has the shape and dtype of its operand.
    With scale = 1 / sqrt(d), and 0 in p where the mask hides a key (section 2.3.2):

        p  = exp(scale * q @ k.T - lse)   (queries, keys): m and total are not needed apart, see `flash_tiles.py`
        dv = p.T @ do                     (keys, d)
        ds = p * (do @ v.T - delta)       (queries, keys), delta = the sum of each row of do * o: (queries,)
        dq = scale * ds @ k               (queries, d)
        dk = scale * ds.T @ q             (keys, d)

    Cost: 14 * batch * queries * keys * d FLOP, about half when causal. Memory: one float32 number a row for delta.
    Raises TypeError or ValueError for anything else, before any work (see `check_attention`).
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
    """BLOCK numbers of delta, float32: delta[r] = the sum over c of do[r, c] * o[r, c].

    Program tl.program_id(0) makes the rows from there * BLOCK on. All batches count as one matrix of `count` rows and
    D columns, row r at o + r * D; r * D may need 64 bits. Turn o and do into float32 (.to(tl.float32)) before the
    product. BLOCK_D is the power of two from D on, at least 16; rows >= count and columns >= D do not exist.
    """
    raise NotImplementedError(
        "02.26 flash_backward (_delta_kernel): BLOCK numbers of delta, float32: delta[r] = the sum over c of "
        "do[r, c] * o[r, c]."
    )


@triton.autotune(configs(KEYS), **TUNED)
@triton.jit
def _keys_kernel(
    q, k, v, do, lse, delta, dk, dv, queries, keys, length, scale,  # noqa: ARG001
    D: tl.constexpr, BLOCK_D: tl.constexpr, CAUSAL: tl.constexpr, BLOCK_Q: tl.constexpr, BLOCK_K: tl.constexpr,
):  # fmt: skip
    """One tile of BLOCK_K rows of dk and dv, for one batch. The grid is (tiles of keys, batch).

    Pointers, sizes and batches as in `_forward_kernel`; delta lies like lse. Tiles k_tile, v_tile, and the float32 sums
    dk_tile, dv_tile are (BLOCK_K, BLOCK_D). For each tile of BLOCK_Q queries: q_tile, do_tile (BLOCK_Q, BLOCK_D), and
    lse_tile, delta_tile (BLOCK_Q,), all of them 0 beyond queries and D. It is easiest to make scores and probabilities
    transposed, (BLOCK_K, BLOCK_Q), because p.T and ds.T are what the two sums need:

        p.T      = exp2(scale * LOG2E * k_tile @ q_tile.T - LOG2E * lse_tile[None, :])
        dv_tile += p.T @ do_tile
        ds.T     = p.T * (v_tile @ do_tile.T - delta_tile[None, :])
        dk_tile += ds.T @ q_tile                       and scale * dk_tile is stored at the end

    with tl.dot(x, y, sum, input_precision="tf32x3") for products; p and ds go into them as .to(q_tile.dtype).
    CAUSAL: key j is seen by the queries i >= j. Begin with the first tile of queries that has such a one; a score with
    j > i becomes -inf. Tiles whose queries all come after these keys need no mask (the second loop of two).
    No other mask is needed: a query that does not exist has do = 0, delta = 0 and so adds 0 to both sums; rows of keys
    that do not exist may become infinite or NaN, and are not stored. A key without any query has the gradients 0.
    """
    raise NotImplementedError(
        "02.26 flash_backward (_keys_kernel): One tile of BLOCK_K rows of dk and dv, for one batch. The grid "
        "is (tiles of keys, batch)."
    )


@triton.autotune(configs(QUERIES), **TUNED)
@triton.jit
def _queries_kernel(
    q, k, v, do, lse, delta, dq, queries, keys, length, scale,  # noqa: ARG001
    D: tl.constexpr, BLOCK_D: tl.constexpr, CAUSAL: tl.constexpr, BLOCK_Q: tl.constexpr, BLOCK_K: tl.constexpr,
):  # fmt: skip
    """One tile of BLOCK_Q rows of dq, for one batch. The grid is (tiles of queries, batch).

    It visits the tiles of keys that `_forward_kernel` visits, with the same masks. q_tile, do_tile and the float32 sum
    dq_tile are (BLOCK_Q, BLOCK_D); lse_tile and delta_tile (BLOCK_Q,); k_tile and v_tile (BLOCK_K, BLOCK_D):

        p        = exp2(scale * LOG2E * q_tile @ k_tile.T - LOG2E * lse_tile[:, None])   (BLOCK_Q, BLOCK_K)
        ds       = p * (do_tile @ v_tile.T - delta_tile[:, None])
        dq_tile += ds @ k_tile                         and scale * dq_tile is stored at the end

    Here keys that do not exist have to be masked: their k is 0, and so is their score, but exp2(0 - lse) is infinite
    where all scores of a row are far below 0, and infinity times 0 is NaN.
    """
    raise NotImplementedError(
        "02.26 flash_backward (_queries_kernel): One tile of BLOCK_Q rows of dq, for one batch. The grid is "
        "(tiles of queries, batch)."
    )
