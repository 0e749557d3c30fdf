# loses: test_prefix_sum, test_prefix_sum_edges
# module: puzzles_scans.py
# why: threads beyond the end of a return, and the others wait for them at the barrier


@cuda.jit
def prefix_sum_kernel(out, a):
    tile = cuda.shared.array(THREADS, np.float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    if i >= a.shape[0]:
        return
    tile[t] = a[i]
    step = 1
    while step < THREADS:
        cuda.syncthreads()
        left = tile[t - step] if t >= step else np.float32(0)
        cuda.syncthreads()
        tile[t] += left
        step *= 2
    out[i] = tile[t]
