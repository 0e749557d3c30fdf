# loses: test_histogram, test_histogram_edges
# module: puzzles_scans.py
# why: two threads may read the same count, and one of the two additions is lost


@cuda.jit
def histogram_kernel(out, a):
    private = cuda.shared.array(BINS, np.int32)
    t = cuda.threadIdx.x
    for v in range(t, BINS, THREADS):
        private[v] = 0
    cuda.syncthreads()
    for i in range(cuda.grid(1), a.shape[0], cuda.gridsize(1)):
        private[a[i]] += 1
    cuda.syncthreads()
    for v in range(t, BINS, THREADS):
        cuda.atomic.add(out, v, private[v])
