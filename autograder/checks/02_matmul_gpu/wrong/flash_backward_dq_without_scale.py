# loses: test_flash_backward_dq
# module: flash_backward.py
# why: forgets the scale at the end of dq


@triton.autotune(configs(QUERIES), **TUNED)
@triton.jit
def _queries_kernel(
    q, k, v, do, lse, delta, dq, queries, keys, length, scale,
    D: tl.constexpr, BLOCK_D: tl.constexpr, CAUSAL: tl.constexpr, BLOCK_Q: tl.constexpr, BLOCK_K: tl.constexpr,
):  # fmt: skip
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

    tl.store(dq + tile, dq_tile.to(dq.dtype.element_ty), mask=inside)
