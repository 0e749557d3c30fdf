# loses: test_zip_edges
# module: puzzles_maps.py
# why: keeps what is half done in global memory


@cuda.jit
def zip_kernel(out, a, b):
    i = cuda.threadIdx.x
    out[i] = a[i]
    out[i] *= b[i]
