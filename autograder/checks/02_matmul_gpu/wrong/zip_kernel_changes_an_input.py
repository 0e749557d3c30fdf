# loses: test_zip, test_zip_edges
# module: puzzles_maps.py
# why: multiplies in place, in an input


@cuda.jit
def zip_kernel(out, a, b):
    i = cuda.threadIdx.x
    b[i] *= a[i]
    out[i] = b[i]
