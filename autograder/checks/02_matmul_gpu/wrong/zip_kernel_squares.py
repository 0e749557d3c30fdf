# loses: test_zip
# module: puzzles_maps.py
# why: reads the first array twice


@cuda.jit
def zip_kernel(out, a, b):
    i = cuda.threadIdx.x
    out[i] = a[i] * a[i]
