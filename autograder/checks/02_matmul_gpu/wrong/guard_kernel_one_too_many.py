# loses: test_guard_edges
# module: puzzles_maps.py
# why: lets thread n pass, and the last element is n - 1


@cuda.jit
def guard_kernel(out, a):
    i = cuda.threadIdx.x
    if i <= a.shape[0]:
        out[i] = np.float32(3) * a[i]
