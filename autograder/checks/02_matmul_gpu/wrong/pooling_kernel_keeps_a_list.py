# loses: test_pooling
# module: puzzles_shared.py
# why: collects the terms in a Python list; no GPU compiles this


@cuda.jit
def pooling_kernel(out, a):
    tile = cuda.shared.array(THREADS, np.float32)
    i = cuda.threadIdx.x
    if i < a.shape[0]:
        tile[i] = a[i]
    cuda.syncthreads()
    if i < a.shape[0]:
        terms = []
        for back in range(min(i, 2) + 1):
            terms.append(tile[i - back])
        total = np.float32(0)
        for term in terms:
            total += term
        out[i] = total
