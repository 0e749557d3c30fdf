# loses: test_transpose_edges
# module: puzzles_scans.py
# why: turns in global memory: a warp writes a column of out


@cuda.jit
def transpose_kernel(out, a):
    j, i = cuda.grid(2)
    if i < a.shape[0] and j < a.shape[1]:
        out[j, i] = a[i, j]
