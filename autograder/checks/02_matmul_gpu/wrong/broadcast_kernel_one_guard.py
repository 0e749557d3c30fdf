# loses: test_broadcast, test_broadcast_edges
# module: puzzles_maps.py
# why: guards the rows and not the columns


@cuda.jit
def broadcast_kernel(out, column, row):
    j, i = cuda.grid(2)
    if i < out.shape[0]:
        out[i, j] = column[i, 0] + row[0, j]
