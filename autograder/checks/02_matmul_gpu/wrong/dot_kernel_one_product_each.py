# loses: test_dot
# module: puzzles_shared.py
# why: takes one product a thread, and forgets the elements beyond the block


@cuda.jit
def dot_kernel(out, a, b):
    tile = cuda.shared.array(THREADS, np.float32)
    t = cuda.threadIdx.x
    tile[t] = a[t] * b[t] if t < a.shape[0] else np.float32(0)
    half = THREADS // 2
    while half > 0:
        cuda.syncthreads()
        if t < half:
            tile[t] += tile[t + half]
        half //= 2
    if t == 0:
        out[0] = tile[0]
