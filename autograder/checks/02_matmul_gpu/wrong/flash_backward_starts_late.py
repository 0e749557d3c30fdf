# loses: test_flash_backward_causal
# module: flash_backward.py
# why: begins behind the tile of queries that the diagonal crosses


@triton.autotune(configs(KEYS), **TUNED)
@triton.jit
def _keys_kernel(
    q, k, v, do, lse, delta, dk, dv, queries, keys, length, scale,
    D: tl.constexpr, BLOCK_D: tl.constexpr, CAUSAL: tl.constexpr, BLOCK_Q: tl.constexpr, BLOCK_K: tl.constexpr,
):  # fmt: skip
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

    free = tl.cdiv(begin + BLOCK_K, BLOCK_Q) * BLOCK_Q if CAUSAL else 0
    for masked in tl.static_range(2):
        for start in range(free, free if masked else queries, BLOCK_Q):
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
