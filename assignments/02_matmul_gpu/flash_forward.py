"""FlashAttention-2 forward in Triton: each program makes one tile of rows of o, from all the keys that they see.

It is the recurrence of `flash_tiles.py` with two changes for the hardware. Exponentials are taken to base 2, for which
a GPU has an instruction: exp(x) = exp2(x * log2(e)), and the factor log2(e) joins the scale 1 / sqrt(d). And the tiles
that no mask touches have a loop of their own, without the comparisons.

The tile of q stays on the chip for the whole program; k and v stream past it. Nothing of the size of the score matrix
is ever written, so at d = 64 or more the tensor cores are the bound, and not the memory.

Source: T. Dao, FlashAttention-2, arXiv 2307.08691, Algorithm 1 and sections 3.1 and 3.2.
"""

# To a type checker a kernel is the Python function it was written as.
# pyright: reportArgumentType=false, reportGeneralTypeIssues=false

from __future__ import annotations

import torch
import triton
import triton.language as tl

from reference.lab.matmul_gpu.flash_tuning import FORWARD, bucket, configs, fitting
from tensors import check_attention
from reference.shared import gpu

gpu.select()  # Triton compiles the kernels of this file for a GPU, or interprets them

LOG2E = tl.constexpr(1.4426950408889634)  # log2(e)
LN2 = tl.constexpr(0.6931471805599453)  # log(2)


def flash_forward(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, causal: bool = False
) -> tuple[torch.Tensor, torch.Tensor]:
    """(o, lse): o = softmax(q @ k.T / sqrt(d)) @ v, row by row, and the log-sum-exp of each row of scores.

    q: (batch, queries, d). k, v: (batch, keys, d). One dtype: float32, float16 or bfloat16; contiguous, on
    the device where kernels run; d is at most 128. Several heads count as batch: x.reshape(batch * heads, length, d).
    causal: query i sees the keys 0 to i alone. Positions count from the start of both (from the top left), as in
    torch's scaled_dot_product_attention(is_causal=True); FlashAttention-2 counts from the end of both.
    Returns o: (batch, queries, d) of q's dtype, and lse: (batch, queries) float32, to base e. All sums are float32.

    Cost: 4 * batch * queries * keys * d FLOP, about half when causal. Reads q once, and k and v once for each tile of
    rows (mostly from the L2 cache); writes o and lse. No matrix of queries x keys exists.
    Raises TypeError or ValueError for anything else, before any work (see `check_attention`).
    """
    batch, queries, keys, d = check_attention(causal, q=q, k=k, v=v)
    gpu.refuse_unwritten(_forward_kernel)
    o, lse = gpu.empty(q.shape, q), gpu.empty((batch, queries), q, torch.float32)

    def grid(meta: dict[str, int]) -> tuple[int, int]:
        return -(-queries // meta["BLOCK_Q"]), batch

    sizes = queries, keys, bucket(max(queries, keys)), d**-0.5
    _forward_kernel[grid](q, k, v, o, lse, *sizes, d, max(16, triton.next_power_of_2(d)), causal)
    return o, lse


@triton.autotune(
    configs(FORWARD), key=["length", "D", "CAUSAL"], prune_configs_by={"early_config_prune": fitting}
)
@triton.jit
def _forward_kernel(
    q, k, v, o, lse, queries, keys, length, scale,  # noqa: ARG001
    D: tl.constexpr, BLOCK_D: tl.constexpr, CAUSAL: tl.constexpr, BLOCK_Q: tl.constexpr, BLOCK_K: tl.constexpr,
):  # fmt: skip
    """One tile of BLOCK_Q rows of o, and of lse, for one batch.

    The grid is (tiles of rows, batch): tl.program_id(0) and tl.program_id(1). q, k, v, o, lse point to first elements;
    all are contiguous, so element (b, i, c) of q is at q + (b * queries + i) * D + c, and lse[b, i] at
    lse + b * queries + i. b * queries * D may need 64 bits: tl.program_id(1).to(tl.int64). `length` is for the tuner.
    BLOCK_D is the power of two from D on, at least 16 (tl.dot and tl.arange want that).

    Four kinds of tiles, with rows = the numbers of this program's rows and seen = those of the current keys:

        q_tile  (BLOCK_Q, BLOCK_D)   loaded once. Load 0 (mask=..., other=0.0) beyond queries and beyond D.
        k_tile, v_tile  (BLOCK_K, BLOCK_D)   0 beyond keys and beyond D
        s, p    (BLOCK_Q, BLOCK_K)   s = tl.dot(q_tile, tl.trans(k_tile), input_precision="tf32x3")
        acc     (BLOCK_Q, BLOCK_D)   float32, as are m and total (BLOCK_Q,), the sums of every dtype

    "tf32x3" makes a float32 product of three on the tensor cores, nearly as exact; other dtypes ignore it.
    The recurrence (see `flash_tiles.py`), with x = s * scale * LOG2E the scores to base 2; at first m is -inf:

        m_new = max(m, the largest x of each row: tl.max(x, 1))
        p     = exp2(x - m_new)
        total = exp2(m - m_new) * total + tl.sum(p, 1)
        acc   = exp2(m - m_new) * acc + p @ v_tile:   tl.dot(p.to(v_tile.dtype), v_tile, <the old one>, ...)

    At the end o = acc / total, converted with .to(o.dtype.element_ty), and lse = (m + log2(total)) * LN2, both stored
    for rows < queries alone (and columns < D).

    A score becomes -inf where seen >= keys, and, when CAUSAL, where seen > row: tl.where(visible, s, float("-inf")).
    CAUSAL: tiles of keys that begin behind the last row of this program that exists are not visited.
    For speed: the tiles before `whole` need no mask at all (all of their keys exist, and come before the first row of
    this program). So loop over range(0, whole, BLOCK_K) without it and over range(whole, last, BLOCK_K) with it;
    `for masked in tl.static_range(2):` around one loop writes both. And give the longest programs, which when CAUSAL
    are the last tiles of rows, to the programs that start first: tl.num_programs(0) - 1 - tl.program_id(0).
    """
    raise NotImplementedError(
        "02.25 flash_forward: One tile of BLOCK_Q rows of o, and of lse, for one batch."
    )
