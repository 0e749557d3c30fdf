# loses: test_histogram
# module: puzzles_scans.py
# why: gives each thread one bin, and there are more bins than threads


@cuda.jit
def histogram_kernel(out, a):
    private = cuda.shared.array(BINS, np.int32)
    t = cuda.threadIdx.x
    private[t] = 0
    cuda.syncthreads()
    for i in range(cuda.grid(1), a.shape[0], cuda.gridsize(1)):
        cuda.atomic.add(private, a[i], 1)
    cuda.syncthreads()
    cuda.atomic.add(out, t, private[t])
