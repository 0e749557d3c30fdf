"""FlashAttention-2 in plain torch, tile by tile: the whole algorithm, without kernels.

Attention is o = softmax(s) @ v, row by row, with the scores s = q @ k.T / sqrt(d). In
this form it computes a matrix of queries x keys numbers, writes it to memory and reads
it back. The functions here never create more than a tile of QUERIES x KEYS scores,
forward or backward. The result is the same: this is not an approximation.

This code is not fast, and it does not depend on a GPU. `flash_forward.py` and
`flash_backward.py` do the same in Triton.

Sources: T. Dao, FlashAttention-2, arXiv 2307.08691, Algorithms 1 and 2; M. Milakov and
N. Gimelshein, Online normalizer calculation for softmax, arXiv 1805.02867.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.autograd.function import once_differentiable

from tensors import FLOATS, check_attention

QUERIES = 64  # rows of a tile of scores
KEYS = 64  # columns of a tile of scores
DTYPES = (*FLOATS, torch.float64)


def flash_tiles(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, causal: bool = False) -> torch.Tensor:
    """Compute softmax(q @ k.T / sqrt(d)) @ v, row by row. Differentiable in torch.

    q: (batch, queries, d). k, v: (batch, keys, d). One dtype: float32, float16,
    bfloat16 or float64; contiguous; d is at most 128. Several heads count as batch:
    x.reshape(batch * heads, length, d).
    causal: query i sees only the keys 0 to i. Positions count from the start of both
    (from the top left), as in torch's scaled_dot_product_attention(is_causal=True);
    FlashAttention-2 counts from the end of both.
    Returns o: (batch, queries, d), of q's dtype.

    Cost: 4 * batch * queries * keys * d FLOP forward and 10 * ... backward, half of
    both if causal. Memory: a tile in addition to inputs and results; nothing grows with
    queries * keys.
    Raises TypeError or ValueError for other operands, before any work (see
    `check_attention`).
    """
    check_attention(causal, dtypes=DTYPES, q=q, k=k, v=v)
    return FlashTiles.apply(q, k, v, causal)  # pyright: ignore[reportReturnType]


class FlashTiles(torch.autograd.Function):
    """Save q, k, v, o and one number per row for backward, instead of the matrix p."""

    @staticmethod
    def forward(ctx: Any, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, causal: bool) -> torch.Tensor:
        o, lse = _forward(q, k, v, causal)
        ctx.save_for_backward(q, k, v, o, lse)
        ctx.causal = causal
        return o

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, do: torch.Tensor) -> tuple[torch.Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        q, k, v, o, lse = ctx.saved_tensors
        return *_backward(q, k, v, o, lse, do, ctx.causal), None


def _forward(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, causal: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return (o, lse): attention, and the log-sum-exp of each row of scores.

    o: (batch, queries, d) of q's dtype. lse: (batch, queries), with
    lse[b, i] = log(sum over j of exp(s[b, i, j])), float32 (float64 if q is). Compute
    in lse's dtype: convert each tile of q, k and v to it before any arithmetic.

    For each tile of QUERIES rows of q, loop over k and v in tiles of KEYS rows, and
    keep three values for each row:

        m      (batch, rows)     the largest score so far;                 at first -inf
        total  (batch, rows)     the sum of exp(score - m); the papers' l; at first 0
        acc    (batch, rows, d)  the sum of exp(score - m) * v;            at first 0

    Each tile of scores s (batch, rows, columns) updates them (Algorithm 1, lines 8 to
    10):

        m_new = max(m, the largest score of each row of s)
        p     = exp(s - m_new)             (batch, rows, columns), each between 0 and 1
        total = exp(m - m_new) * total + the sum of each row of p
        acc   = exp(m - m_new) * acc + p @ v
        m     = m_new

    exp(m - m_new) converts the old sums to the new maximum. No exp can overflow,
    whatever the scores. At the end o = acc / total and lse = m + log(total).

    The last tile of rows, and of columns, may be smaller; queries < keys and
    keys < queries are both allowed.
    causal: a score whose key comes after its query becomes -inf. Skip a tile in which
    all scores would become -inf: about half of them.
    """
    raise NotImplementedError(
        "02.24 flash_tiles (_forward): Return (o, lse): attention, and the log-sum-exp of each row of scores."
    )


def _backward(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    o: torch.Tensor,
    lse: torch.Tensor,
    do: torch.Tensor,
    causal: bool,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return (dq, dk, dv): the gradients of the loss, given `do`, its gradient for o.

    do: (batch, queries, d). Each gradient has the shape and dtype of its operand; keep
    sums in lse's dtype until they are complete. o, lse: the results of `_forward` for
    the same q, k, v and causal.

    The probabilities are not stored. With lse you can recompute one tile of them
    without any other, because the two numbers of a row only appear as
    p = exp(s - m) / total = exp(s - (m + log(total))) = exp(s - lse). For the whole
    matrices, with scale = 1 / sqrt(d) (section 2.3.2 of arXiv 2307.08691 and its
    Algorithm 2):

        s  = scale * q @ k.T      (queries, keys)
        p  = exp(s - lse)         (queries, keys); 0 if the mask hides the key
        dv = p.T @ do             (keys, d)
        dp = do @ v.T             (queries, keys)
        ds = p * (dp - delta)     (queries, keys); delta = row sums of do * o
        dq = scale * ds @ k       (queries, d)
        dk = scale * ds.T @ q     (keys, d)

    Derivation of delta: softmax has ds = p * (dp - the sum of each row of p * dp), and
    row i of that sum is sum_j p[i, j] * (do[i] . v[j]) = do[i] . o[i]. So one pass over
    d numbers replaces a sum over a whole row of p.

    For each tile of KEYS rows of k and v, loop over the tiles of QUERIES rows of q, do,
    lse and delta. At its end the tile's dk and dv are complete; each tile adds its part
    to dq.
    causal: skip a tile of scores in which no query may see a key. A key that no query
    sees has gradients of 0.
    """
    raise NotImplementedError(
        "02.24 flash_tiles (_backward): Return (dq, dk, dv): the gradients of the loss, given `do`, its "
        "gradient for o."
    )
