# loses: test_prefix_sum_edges
# module: puzzles_scans.py
# why: each thread adds all that lies to its left, from global memory


@cuda.jit
def prefix_sum_kernel(out, a):
    i = cuda.grid(1)
    if i < a.shape[0]:
        total = np.float32(0)
        for j in range(cuda.blockIdx.x * THREADS, i + 1):
            total += a[j]
        out[i] = total
