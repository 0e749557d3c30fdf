# loses: test_map
# module: puzzles_maps.py
# why: adds 10 to the place, not to what lies there


@cuda.jit
def map_kernel(out, a):
    i = cuda.threadIdx.x
    out[i] = i + np.float32(10)
