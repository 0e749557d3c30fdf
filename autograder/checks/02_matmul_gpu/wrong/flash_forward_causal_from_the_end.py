# loses: test_flash_forward_causal
# module: flash_forward.py
# why: lets the last query see the last key, as FlashAttention-2 does


@triton.autotune(
    configs(FORWARD), key=["length", "D", "CAUSAL"], prune_configs_by={"early_config_prune": fitting}
)
@triton.jit
def _forward_kernel(
    q, k, v, o, lse, queries, keys, length, scale,
    D: tl.constexpr, BLOCK_D: tl.constexpr, CAUSAL: tl.constexpr, BLOCK_Q: tl.constexpr, BLOCK_K: tl.constexpr,
):  # fmt: skip
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

    last = tl.minimum(keys, tl.maximum((block + 1) * BLOCK_Q + keys - queries, 1)) if CAUSAL else keys
    whole = (0 if CAUSAL else keys) // BLOCK_K * BLOCK_K
    for masked in tl.static_range(2):
        for start in range(whole if masked else 0, last if masked else whole, BLOCK_K):
            seen = start + tl.arange(0, BLOCK_K)
            place = seen[:, None] * D + columns[None, :]
            there = (columns[None, :] < D) & ((seen[:, None] < keys) if masked else True)
            k_tile = tl.load(k + place, mask=there, other=0.0)
            s = tl.dot(q_tile, tl.trans(k_tile), input_precision="tf32x3")
            if masked:
                visible = (seen[None, :] < keys) & (
                    (seen[None, :] <= tl.maximum(rows + keys - queries, 0)[:, None]) if CAUSAL else True
                )
                s = tl.where(visible, s, float("-inf"))
            # The maximum is scaled, and not each score: s * scale - m_new is one fused operation then.
            m_new = tl.maximum(m, tl.max(s, 1) * (scale * LOG2E))
            p = tl.exp2(s * (scale * LOG2E) - m_new[:, None])
            old = tl.exp2(m - m_new)
            total = old * total + tl.sum(p, 1)
            v_tile = tl.load(v + place, mask=there, other=0.0)
            acc = tl.dot(p.to(v_tile.dtype), v_tile, acc * old[:, None], input_precision="tf32x3")
            m = m_new

    tl.store(o + tile, (acc / total[:, None]).to(o.dtype.element_ty), mask=inside)
    tl.store(lse + rows, (m + tl.log2(total)) * LN2, mask=rows < queries)
