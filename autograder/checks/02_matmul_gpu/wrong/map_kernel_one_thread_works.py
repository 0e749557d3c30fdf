# loses: test_map_edges
# module: puzzles_maps.py
# why: one thread runs the loop, and all others stand by


@cuda.jit
def map_kernel(out, a):
    if cuda.threadIdx.x == 0:
        for i in range(a.shape[0]):
            out[i] = a[i] + np.float32(10)
