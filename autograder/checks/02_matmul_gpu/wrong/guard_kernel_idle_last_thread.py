# loses: test_guard
# module: puzzles_maps.py
# why: takes the last thread to have no element, whatever n is


@cuda.jit
def guard_kernel(out, a):
    i = cuda.threadIdx.x
    if i < a.shape[0] and i < cuda.blockDim.x - 1:
        out[i] = np.float32(3) * a[i]
