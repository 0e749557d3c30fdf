# loses: test_vectorized_banks
# module: wide.py
# why: stores a quad of b by four instructions, each of them to eight banks only


@cuda.jit(device=True)
def _put(a_tile, b_tile, a_quad, b_quad, a_p, a_i, b_p, b_j):
    p = natural(a_p)
    a_tile[p, a_i], a_tile[p + 1, a_i], a_tile[p + 2, a_i], a_tile[p + 3, a_i] = a_quad
    for e in range(4):
        b_tile[b_p, b_j + e] = b_quad[e]
