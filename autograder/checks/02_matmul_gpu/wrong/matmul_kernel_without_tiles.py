# loses: test_matmul_edges
# module: puzzles_scans.py
# why: fetches both numbers of every product from global memory


@cuda.jit
def matmul_kernel(out, a, b):
    j, i = cuda.grid(2)
    if i < a.shape[0] and j < b.shape[1]:
        total = np.float32(0)
        for p in range(a.shape[1]):
            total += a[i, p] * b[p, j]
        out[i, j] = total
