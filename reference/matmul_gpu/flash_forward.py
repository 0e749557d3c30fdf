"""FlashAttention-2 forward in Triton: each program computes one tile of rows of o.

This is the recurrence of `flash_tiles.py` with two changes for the hardware.
Exponentials are to base 2, because a GPU has an instruction for them: exp(x) =
exp2(x * log2(e)), and the factor log2(e) joins the scale 1 / sqrt(d). And tiles that
need no mask have a loop of their own, without the comparisons.

The tile of q stays on the chip for the whole program; k and v stream past it. The
matrix of scores is never written to memory. So for d = 64 or more, the tensor cores are
the limit and not the memory.

Source: T. Dao, FlashAttention-2, arXiv 2307.08691, Algorithm 1 and sections 3.1 and
3.2.
"""

# To a type checker a kernel is the Python function it was written as.
# pyright: reportArgumentType=false, reportGeneralTypeIssues=false

from __future__ import annotations

import torch
import triton
import triton.language as tl

from reference.lab.matmul_gpu.flash_tuning import FORWARD, bucket, configs, fitting
from reference.matmul_gpu.tensors import check_attention
from reference.shared import gpu

gpu.select()  # decides: Triton compiles these kernels, or interprets them

LOG2E = tl.constexpr(1.4426950408889634)  # log2(e)
LN2 = tl.constexpr(0.6931471805599453)  # log(2)


def flash_forward(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, causal: bool = False
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return (o, lse): o = softmax(q @ k.T / sqrt(d)) @ v, and log-sum-exp of each row.

    q: (batch, queries, d). k, v: (batch, keys, d). One dtype: float32, float16 or
    bfloat16; contiguous, on the kernels' device; d is at most 128. Several heads count
    as batch: x.reshape(batch * heads, length, d).
    causal: query i sees only the keys 0 to i. Positions count from the start of both
    (from the top left), as in torch's scaled_dot_product_attention(is_causal=True);
    FlashAttention-2 counts from the end of both.
    Returns o: (batch, queries, d) of q's dtype, and lse: (batch, queries) float32, to
    base e. All sums are float32.

    Cost: 4 * batch * queries * keys * d FLOP, about half if causal. Reads q once, and k
    and v once for each tile of rows (mostly from the L2 cache); writes o and lse.
    Creates no matrix of queries x keys.
    Raises TypeError or ValueError for other operands, before any work (see
    `check_attention`).
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
    """Compute one tile of BLOCK_Q rows of o and of lse, for one batch.

    The grid is (tiles of rows, batch): tl.program_id(0) and tl.program_id(1). q, k, v,
    o, lse point to first elements. All are contiguous, so element (b, i, c) of q is at
    q + (b * queries + i) * D + c, and lse[b, i] at lse + b * queries + i. The offset
    b * queries * D may need 64 bits: tl.program_id(1).to(tl.int64). `length` is for the
    autotuner. BLOCK_D is the smallest power of two that is at least D and at least 16
    (tl.dot and tl.arange need it).

    Four kinds of tiles, with rows = the numbers of this program's rows and seen = those
    of the current keys:

        q_tile  (BLOCK_Q, BLOCK_D)   loaded once; 0 beyond queries and beyond D
                                     (mask=..., other=0.0)
        k_tile, v_tile  (BLOCK_K, BLOCK_D)   0 beyond keys and beyond D
        s, p    (BLOCK_Q, BLOCK_K)   s = tl.dot(q_tile, tl.trans(k_tile),
                                                input_precision="tf32x3")
        acc     (BLOCK_Q, BLOCK_D)   float32 for every dtype,
                                     like m and total (BLOCK_Q,)

    "tf32x3" computes a float32 product as three on the tensor cores, nearly as exact;
    other dtypes ignore it.
    The recurrence (see `flash_tiles.py`), with x = s * scale * LOG2E, the scores to
    base 2; at first m is -inf:

        m_new = max(m, the largest x of each row: tl.max(x, 1))
        p     = exp2(x - m_new)
        total = exp2(m - m_new) * total + tl.sum(p, 1)
        acc   = exp2(m - m_new) * acc + p @ v_tile
                with tl.dot(p.to(v_tile.dtype), v_tile, <the rescaled acc>, ...)

    At the end o = acc / total, converted with .to(o.dtype.element_ty), and lse =
    (m + log2(total)) * LN2. Store both only for rows < queries (and columns < D).

    A score becomes -inf if seen >= keys, and, if CAUSAL, also if seen > row:
    tl.where(visible, s, float("-inf")).
    CAUSAL: skip tiles of keys that start behind the last existing row of this program.
    For speed: the tiles before `whole` need no mask (all their keys exist, and come
    before the first row of this program). So loop over range(0, whole, BLOCK_K) without
    a mask and over range(whole, last, BLOCK_K) with one;
    `for masked in tl.static_range(2):` around one loop does both. If CAUSAL, the last
    tiles of rows take longest. Give them to the programs that start first:
    tl.num_programs(0) - 1 - tl.program_id(0).
    """
    block = tl.num_programs(0) - 1 - tl.program_id(0)
    batch = tl.program_id(1).to(tl.int64)
    q, o, lse = q + batch * queries * D, o + batch * queries * D, lse + batch * queries
    k, v = k + batch * keys * D, v + batch * keys * D

    rows = block * BLOCK_Q + tl.arange(0, BLOCK_Q)
    columns = tl.arange(0, BLOCK_D)
    tile = rows[:, None] * D + columns[None, :]
    inside = (rows[:, None] < queries) & (columns[None, :] < D)
    q_tile = tl.load(q + tile, mask=inside, other=0.0)
    m = tl.full([BLOCK_Q], float("-inf"), tl.float32)
    total = tl.zeros([BLOCK_Q], tl.float32)
    acc = tl.zeros([BLOCK_Q, BLOCK_D], tl.float32)

    last = tl.minimum(tl.minimum(keys, queries), (block + 1) * BLOCK_Q) if CAUSAL else keys
    whole = (tl.minimum(keys, block * BLOCK_Q) if CAUSAL else keys) // BLOCK_K * BLOCK_K
    for masked in tl.static_range(2):
        for start in range(whole if masked else 0, last if masked else whole, BLOCK_K):
            seen = start + tl.arange(0, BLOCK_K)
            place = seen[:, None] * D + columns[None, :]
            there = (columns[None, :] < D) & ((seen[:, None] < keys) if masked else True)
            k_tile = tl.load(k + place, mask=there, other=0.0)
            s = tl.dot(q_tile, tl.trans(k_tile), input_precision="tf32x3")
            if masked:
                visible = (seen[None, :] < keys) & ((seen[None, :] <= rows[:, None]) if CAUSAL else True)
                s = tl.where(visible, s, float("-inf"))
            # Scale the maximum, not each score: s * scale - m_new is then one fused
            # operation.
            m_new = tl.maximum(m, tl.max(s, 1) * (scale * LOG2E))
            p = tl.exp2(s * (scale * LOG2E) - m_new[:, None])
            old = tl.exp2(m - m_new)
            total = old * total + tl.sum(p, 1)
            v_tile = tl.load(v + place, mask=there, other=0.0)
            acc = tl.dot(p.to(v_tile.dtype), v_tile, acc * old[:, None], input_precision="tf32x3")
            m = m_new

    tl.store(o + tile, (acc / total[:, None]).to(o.dtype.element_ty), mask=inside)
    tl.store(lse + rows, (m + tl.log2(total)) * LN2, mask=rows < queries)
