# loses: test_flash_tiles_gradients
# module: flash_tiles.py
# why: takes p * dp for the gradient of the scores, without delta


def _backward(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    o: torch.Tensor,
    lse: torch.Tensor,
    do: torch.Tensor,
    causal: bool,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    wide = lse.dtype
    (_, queries, d), keys = q.shape, k.shape[1]
    scale = d**-0.5
    dq = torch.zeros_like(q, dtype=wide)
    dk, dv = torch.empty_like(k), torch.empty_like(v)
    for j in range(0, keys, KEYS):
        k_tile, v_tile = k[:, j : j + KEYS].to(wide), v[:, j : j + KEYS].to(wide)
        dk_tile, dv_tile = torch.zeros_like(k_tile), torch.zeros_like(v_tile)
        for i in range(j // QUERIES * QUERIES if causal else 0, queries, QUERIES):
            tile = slice(i, i + QUERIES)
            q_tile, do_tile = q[:, tile].to(wide), do[:, tile].to(wide)
            p = torch.exp(q_tile @ k_tile.mT * scale - lse[:, tile, None])
            if causal:
                rows = torch.arange(i, i + p.shape[1], device=q.device)
                columns = torch.arange(j, j + p.shape[2], device=q.device)
                p.masked_fill_(columns > rows[:, None], 0)
            ds = p * (do_tile @ v_tile.mT)
            dv_tile += p.mT @ do_tile
            dk_tile += scale * (ds.mT @ q_tile)
            dq[:, tile] += scale * (ds @ k_tile)
        dk[:, j : j + KEYS], dv[:, j : j + KEYS] = dk_tile, dv_tile
    return dq.to(q.dtype), dk, dv
