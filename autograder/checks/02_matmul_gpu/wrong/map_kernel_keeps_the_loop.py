# loses: test_map, test_map_edges
# module: puzzles_maps.py
# why: every thread runs the loop over all elements


@cuda.jit
def map_kernel(out, a):
    for i in range(a.shape[0]):
        out[i] = a[i] + np.float32(10)
