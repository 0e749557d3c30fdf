# loses: test_guard_edges
# module: puzzles_maps.py
# why: takes every thread to have an element


@cuda.jit
def guard_kernel(out, a):
    i = cuda.threadIdx.x
    out[i] = np.float32(3) * a[i]
