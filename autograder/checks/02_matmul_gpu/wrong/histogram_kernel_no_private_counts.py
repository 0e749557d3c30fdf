# loses: test_histogram_edges
# module: puzzles_scans.py
# why: changes the counts in global memory for every element


@cuda.jit
def histogram_kernel(out, a):
    for i in range(cuda.grid(1), a.shape[0], cuda.gridsize(1)):
        cuda.atomic.add(out, a[i], 1)
