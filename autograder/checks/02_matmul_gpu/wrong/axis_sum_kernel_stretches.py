# loses: test_axis_sum_edges
# module: puzzles_scans.py
# why: gives each thread a stretch of the row, so that neighbours read far apart


@cuda.jit
def axis_sum_kernel(out, a):
    tile = cuda.shared.array(THREADS, np.float32)
    row, t = cuda.blockIdx.x, cuda.threadIdx.x
    each = (a.shape[1] + THREADS - 1) // THREADS
    total = np.float32(0)
    for j in range(t * each, min(t * each + each, a.shape[1])):
        total += a[row, j]
    tile[t] = total
    half = THREADS // 2
    while half > 0:
        cuda.syncthreads()
        if t < half:
            tile[t] += tile[t + half]
        half //= 2
    if t == 0:
        out[row] = tile[0]
