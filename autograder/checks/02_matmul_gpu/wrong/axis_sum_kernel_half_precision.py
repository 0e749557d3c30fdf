# loses: test_axis_sum
# module: puzzles_scans.py
# why: saves shared memory with 16-bit numbers, and loses digits


@cuda.jit
def axis_sum_kernel(out, a):
    tile = cuda.shared.array(THREADS, np.float16)
    row, t = cuda.blockIdx.x, cuda.threadIdx.x
    total = np.float32(0)
    for j in range(t, a.shape[1], THREADS):
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
