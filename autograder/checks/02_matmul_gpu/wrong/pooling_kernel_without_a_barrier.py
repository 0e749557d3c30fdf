# loses: test_pooling, test_pooling_edges
# module: puzzles_shared.py
# why: counts on the threads to its left to have come first


@cuda.jit
def pooling_kernel(out, a):
    tile = cuda.shared.array(THREADS, np.float32)
    i = cuda.threadIdx.x
    if i < a.shape[0]:
        tile[i] = a[i]
        total = tile[i]
        for back in range(1, min(i, 2) + 1):
            total += tile[i - back]
        out[i] = total
