# loses: test_pooling
# module: puzzles_shared.py
# why: gives out[1] one term


@cuda.jit
def pooling_kernel(out, a):
    tile = cuda.shared.array(THREADS, np.float32)
    i = cuda.threadIdx.x
    if i < a.shape[0]:
        tile[i] = a[i]
    cuda.syncthreads()
    if i < a.shape[0]:
        out[i] = tile[i] + tile[i - 1] + tile[i - 2] if i > 1 else tile[i]
