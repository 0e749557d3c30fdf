# loses: test_dot, test_dot_edges
# module: puzzles_shared.py
# why: the last thread adds the sums without a barrier, as if it came last


@cuda.jit
def dot_kernel(out, a, b):
    tile = cuda.shared.array(THREADS, np.float32)
    t = cuda.threadIdx.x
    total = np.float32(0)
    for i in range(t, a.shape[0], THREADS):
        total += a[i] * b[i]
    tile[t] = total
    if t == THREADS - 1:
        for other in range(THREADS - 1):
            total += tile[other]
        out[0] = total
