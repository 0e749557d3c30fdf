# loses: test_prefix_sum
# module: puzzles_scans.py
# why: keeps whole numbers in shared memory, and loses what is behind the point


@cuda.jit
def prefix_sum_kernel(out, a):
    tile = cuda.shared.array(THREADS, np.int32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    tile[t] = a[i] if i < a.shape[0] else np.float32(0)
    step = 1
    while step < THREADS:
        cuda.syncthreads()
        left = tile[t - step] if t >= step else 0
        cuda.syncthreads()
        tile[t] += left
        step *= 2
    if i < a.shape[0]:
        out[i] = tile[t]
