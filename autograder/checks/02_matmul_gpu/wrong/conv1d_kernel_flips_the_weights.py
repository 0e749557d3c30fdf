# loses: test_conv1d
# module: puzzles_shared.py
# why: gives the first weight to the right neighbour


@cuda.jit
def conv1d_kernel(out, a, weights):
    tile = cuda.shared.array(WINDOW, np.float32)
    t, i, n = cuda.threadIdx.x, cuda.grid(1), a.shape[0]
    for place in range(t, WINDOW, THREADS):
        j = cuda.blockIdx.x * THREADS + place - RADIUS
        tile[place] = a[j] if 0 <= j < n else np.float32(0)
    cuda.syncthreads()
    if i < n:
        total = np.float32(0)
        for k in range(2 * RADIUS + 1):
            total += weights[2 * RADIUS - k] * tile[t + k]
        out[i] = total
