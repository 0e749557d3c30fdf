# loses: test_flash_tiles_values
# module: flash_tiles.py
# why: takes the log-sum-exp of only the last tile of keys


def _forward(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, causal: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    wide = torch.promote_types(q.dtype, torch.float32)
    batch, queries, d = q.shape
    keys = k.shape[1]
    o, lse = torch.empty_like(q), q.new_empty((batch, queries), dtype=wide)
    for i in range(0, queries, QUERIES):
        q_tile = q[:, i : i + QUERIES].to(wide) * d**-0.5
        rows = torch.arange(i, i + q_tile.shape[1], device=q.device)
        m = q.new_full((batch, len(rows)), -torch.inf, dtype=wide)
        total, acc = torch.zeros_like(m), torch.zeros_like(q_tile)
        for j in range(0, min(i + len(rows), keys) if causal else keys, KEYS):
            s = q_tile @ k[:, j : j + KEYS].to(wide).mT
            if causal:
                columns = torch.arange(j, j + s.shape[2], device=q.device)
                s.masked_fill_(columns > rows[:, None], -torch.inf)
            m_new = torch.maximum(m, s.amax(-1))
            p, old = torch.exp(s - m_new[..., None]), torch.exp(m - m_new)
            total = old * total + p.sum(-1)
            acc = old[..., None] * acc + p @ v[:, j : j + KEYS].to(wide)
            m, last_sum = m_new, p.sum(-1)
        o[:, i : i + QUERIES] = acc / total[..., None]
        lse[:, i : i + QUERIES] = m + torch.log(last_sum)
    return o, lse
