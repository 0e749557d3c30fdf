# loses: test_conv1d, test_conv1d_edges
# module: puzzles_shared.py
# why: threads beyond the end of a return, and the others wait for them at the barrier


@cuda.jit
def conv1d_kernel(out, a, weights):
    tile = cuda.shared.array(WINDOW, np.float32)
    t, i, n = cuda.threadIdx.x, cuda.grid(1), a.shape[0]
    if i >= n:
        return
    for place in range(t, WINDOW, THREADS):
        j = cuda.blockIdx.x * THREADS + place - RADIUS
        tile[place] = a[j] if 0 <= j < n else np.float32(0)
    cuda.syncthreads()
    total = np.float32(0)
    for k in range(2 * RADIUS + 1):
        total += weights[k] * tile[t + k]
    out[i] = total
