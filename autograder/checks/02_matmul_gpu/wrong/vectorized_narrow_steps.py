# loses: test_vectorized_wide_steps
# module: wide.py
# why: takes its numbers of a out of shared memory one by one


@cuda.jit(device=True)
def _step(sums, a_tile, b_tile, p, y, x):
    left = cuda.local.array(EACH, np.float32)
    right = cuda.local.array(EACH, np.float32)
    for q in range(QUADS):
        i = 4 * q
        for e in range(4):
            left[i + e] = a_tile[p, y + q * (LANES_Y * 4) + e]
        right[i], right[i + 1], right[i + 2], right[i + 3] = load4(b_tile, p, x + q * (LANES_X * 4))
    for i in range(EACH):
        for j in range(EACH):
            sums[i, j] += left[i] * right[j]
