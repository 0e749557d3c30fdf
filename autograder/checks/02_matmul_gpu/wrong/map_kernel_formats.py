# loses: test_map
# module: puzzles_maps.py
# why: formats the thread's number as a text; no GPU compiles this


@cuda.jit
def map_kernel(out, a):
    place = f"{cuda.threadIdx.x}"
    out[int(place)] = a[int(place)] + np.float32(10)
