# loses: test_pooling_edges
# module: puzzles_shared.py
# why: threads without an element return, and the others wait for them at the barrier


@cuda.jit
def pooling_kernel(out, a):
    tile = cuda.shared.array(THREADS, np.float32)
    i = cuda.threadIdx.x
    if i >= a.shape[0]:
        return
    tile[i] = a[i]
    cuda.syncthreads()
    total = tile[i]
    for back in range(1, min(i, 2) + 1):
        total += tile[i - back]
    out[i] = total
