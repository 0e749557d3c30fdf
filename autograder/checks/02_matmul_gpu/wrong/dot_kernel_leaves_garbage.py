# loses: test_dot_edges
# module: puzzles_shared.py
# why: a thread without an element leaves its place in shared memory as it was


@cuda.jit
def dot_kernel(out, a, b):
    tile = cuda.shared.array(THREADS, np.float32)
    t = cuda.threadIdx.x
    if t < a.shape[0]:
        total = np.float32(0)
        for i in range(t, a.shape[0], THREADS):
            total += a[i] * b[i]
        tile[t] = total
    half = THREADS // 2
    while half > 0:
        cuda.syncthreads()
        if t < half:
            tile[t] += tile[t + half]
        half //= 2
    if t == 0:
        out[0] = tile[0]
