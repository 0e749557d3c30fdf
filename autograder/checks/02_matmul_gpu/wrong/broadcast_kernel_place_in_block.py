# loses: test_broadcast
# module: puzzles_maps.py
# why: reads the row at the place in the block, not in the grid


@cuda.jit
def broadcast_kernel(out, column, row):
    j, i = cuda.grid(2)
    if i < out.shape[0] and j < out.shape[1]:
        out[i, j] = column[i, 0] + row[0, cuda.threadIdx.x]
