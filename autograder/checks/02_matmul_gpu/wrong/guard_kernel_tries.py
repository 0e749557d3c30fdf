# loses: test_guard
# module: puzzles_maps.py
# why: catches the IndexError of the simulator; no GPU compiles this, and none raises it


@cuda.jit
def guard_kernel(out, a):
    i = cuda.threadIdx.x
    try:
        out[i] = np.float32(3) * a[i]
    except IndexError:
        return
