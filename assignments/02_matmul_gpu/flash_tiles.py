"""FlashAttention-2 in plain torch, tile by tile: the whole algorithm, before any kernel.

Attention is o = softmax(s) @ v, row by row, with the scores s = q @ k.T / sqrt(d). Written like that it makes a matrix
of queries x keys numbers, writes it to memory and reads it back. Here nothing larger than a tile of QUERIES x KEYS
scores is ever made, forward or backward, and the answer is the same: it is not an approximation.

Nothing here is fast, and nothing depends on a GPU. `flash_forward.py` and `flash_backward.py` do the same in Triton.

Sources: T. Dao, FlashAttention-2, arXiv 2307.08691, Algorithms 1 and 2; M. Milakov and N. Gimelshein, Online
normalizer calculation for softmax, arXiv 1805.02867.
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
    """softmax(q @ k.T / sqrt(d)) @ v, row by row, for every batch: attention that torch can differentiate.

    q: (batch, queries, d). k, v: (batch, keys, d). One dtype: float32, float16, bfloat16 or float64; contiguous; d is
    at most 128. Several heads count as batch: x.reshape(batch * heads, length, d).
    causal: query i sees the keys 0 to i alone. Positions count from the start of both (from the top left), as in
    torch's scaled_dot_product_attention(is_causal=True); FlashAttention-2 counts from the end of both.
    Returns o: (batch, queries, d), of q's dtype.

    Cost: 4 * batch * queries * keys * d FLOP forward and 10 * ... backward, half of both when causal. The memory of a
    tile beside inputs and results: no number of bytes that grows with queries * keys.
    Raises TypeError or ValueError for anything else, before any work (see `check_attention`).
    """
    check_attention(causal, dtypes=DTYPES, q=q, k=k, v=v)
    return FlashTiles.apply(q, k, v, causal)  # pyright: ignore[reportReturnType]


class FlashTiles(torch.autograd.Function):
    """Saves q, k, v, o and one number a row for the backward pass, where plain attention saves the matrix p."""

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
    """(o, lse): attention, and the log-sum-exp of each row of scores.

    o: (batch, queries, d) of q's dtype. lse: (batch, queries), lse[b, i] = log(sum over j of exp(s[b, i, j])), float32
    (float64 where q is). Work in lse's dtype: turn each tile of q, k and v into it before any arithmetic.

    For each tile of QUERIES rows of q, walk over k and v in tiles of KEYS rows, and keep three things of each row:

        m      (batch, rows)     the largest score so far;                          at first -inf
        total  (batch, rows)     the sum of exp(score - m) so far (the papers' l);  at first 0
        acc    (batch, rows, d)  the sum of exp(score - m) * v so far;              at first 0

    A tile of scores s (batch, rows, columns) brings them up to date (Algorithm 1, lines 8 to 10):

        m_new = max(m, the largest score of each row of s)
        p     = exp(s - m_new)               (batch, rows, columns), each between 0 and 1
        total = exp(m - m_new) * total + the sum of each row of p
        acc   = exp(m - m_new) * acc + p @ v
        m     = m_new

    exp(m - m_new) takes what was summed with the old maximum to the new one. No exp can overflow, whatever the scores.
    At the end o = acc / total and lse = m + log(total).

    The last tile of rows, and of columns, may be smaller; one may have queries < keys, or keys < queries.
    causal: a score whose key comes after its query becomes -inf. A tile of which all scores would become -inf is
    not computed at all: about half of them.
    """
    raise NotImplementedError(
        "02.24 flash_tiles (_forward): (o, lse): attention, and the log-sum-exp of each row of scores."
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
    """(dq, dk, dv): the gradients of the loss, where `do` (batch, queries, d) is that of o.

    Each has the shape and dtype of its operand; sums are kept in lse's dtype until they are complete. o, lse: what
    `_forward` gave for the same q, k, v and causal.

    The probabilities are not stored. With lse, one tile of them can be made again without any other, because the two
    numbers of a row only ever appear as p = exp(s - m) / total = exp(s - (m + log(total))) = exp(s - lse).
    For the whole matrices, with scale = 1 / sqrt(d) (section 2.3.2 of arXiv 2307.08691 and its Algorithm 2):

        s  = scale * q @ k.T      (queries, keys)
        p  = exp(s - lse)         (queries, keys); 0 where the mask hides the key
        dv = p.T @ do             (keys, d)
        dp = do @ v.T             (queries, keys)
        ds = p * (dp - delta)     (queries, keys), delta = the sum of each row of do * o: (queries,)
        dq = scale * ds @ k       (queries, d)
        dk = scale * ds.T @ q     (keys, d)

    Where delta comes from: softmax has ds = p * (dp - the sum of each row of p * dp), and row i of that sum is
    sum_j p[i, j] * (do[i] . v[j]) = do[i] . o[i]. So one pass over d numbers gives what else needs a whole row of p.

    For each tile of KEYS rows of k and v, walk over the tiles of QUERIES rows of q, do, lse and delta. The tile's dk
    and dv are complete at its end; to dq each of them adds its part. causal: a tile of scores without any key that a
    query may see is not computed; a key that no query sees has gradients of 0.
    """
    raise NotImplementedError(
        "02.24 flash_tiles (_backward): (dq, dk, dv): the gradients of the loss, where `do` (batch, queries, "
        "d) is that of o."
    )
